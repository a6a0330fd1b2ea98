"""Where policies and their secrets come from: everything is read, and checked as a whole, or nothing is taken."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from host.policy.folder import read_folder, read_signed_folder
from host.policy.model import PolicySet
from host.policy.resolve import PolicyFolderError, resolve_files
from host.policy.signing.keys import PublicKey
from host.policy.signing.manifest import Manifest
from host.policy.wants import Want, missing, wants
from host.secrets import SecretFault, SecretSource, SecretStore, fits_text, look_at


class Loaded(Struct, frozen=True):
    """Policies that can be used, with every secret that they want. `manifest` is None where nothing has to be signed;
    `doubled` are secrets that are both a file and a variable."""

    policies: PolicySet
    secrets: SecretStore
    manifest: Manifest | None = None
    doubled: tuple[str, ...] = ()


class Source:
    """A folder, the key that has to have signed it (None: nobody has to), and where secrets are. `adapt` makes of
    policies what this server lets them have."""

    def __init__(
        self,
        folder: Path,
        key: PublicKey | None,
        secrets: SecretSource,
        adapt: Callable[[PolicySet], PolicySet] = lambda policies: policies,
    ) -> None:
        self._folder = folder
        self._key = key
        self._secrets = secrets
        self._adapt = adapt

    def seen(self) -> object:
        """What changes when a file does, and is cheap to look at."""
        return look_at(self._folder), self._secrets.seen()

    def load(self) -> Loaded:
        """Raises PolicyFolderError with everything that is wrong."""
        if self._key is None:
            files, manifest = read_folder(self._folder), None
        else:
            files, manifest = read_signed_folder(self._folder, self._key)
        policies = self._adapt(resolve_files(files))
        found = wants(policies)
        names = {want.secret for want in found}
        secrets, faults = self._secrets.load(names)
        _require_secrets(policies, found, secrets, faults)
        return Loaded(policies, secrets, manifest, tuple(self._secrets.doubled(names)))


def _require_secrets(
    policies: PolicySet, found: list[Want], secrets: SecretStore, faults: dict[str, SecretFault]
) -> None:
    diagnostics = missing(found, why_not(secrets, faults))
    if diagnostics:
        told = sorted((*policies.warnings, *diagnostics), key=lambda each: (each.file, each.line, each.column))
        raise PolicyFolderError(tuple(told), policies.sources)


def why_not(
    secrets: SecretStore, faults: dict[str, SecretFault]
) -> Callable[[str, bool], tuple[str, str] | None]:  # fmt: skip
    """Why a secret cannot be used, as `missing` asks for it."""

    def why(name: str, as_text: bool) -> tuple[str, str] | None:
        if name in faults:
            return faults[name].reason, faults[name].fix
        if as_text and not fits_text(secrets.get(name) or b""):
            return "which holds a line break or another control character", "A header and a query take one line."
        return None

    return why
