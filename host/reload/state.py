"""How the loading of policies went: what `/flow/health`, the metrics and the log tell of it."""

from datetime import UTC, datetime

from msgspec import Struct

from host.policy.diagnose import Diagnostic
from host.policy.resolve import PolicyFolderError


class LoadError(Struct, frozen=True, rename="camel"):
    """Why the newest policies are not in force: the first of what is wrong. `file` is a name inside the policy folder;
    it, `line` and `column` are None where the folder as a whole is meant. `at` is in UTC."""

    message: str
    file: str | None
    line: int | None
    column: int | None
    at: str


class ShadowState(Struct, frozen=True, rename="camel"):
    """How many candidates are asked beside the policies in force, their digest, and why newer ones are not, if so."""

    policies: int
    digest: str | None = None
    last_error: LoadError | None = None


class LoadState(Struct, frozen=True):
    """`digest` and `loaded_unix_s` are about what is in force, `last_error` about what is not, if anything. `loads` and
    `failures` count since the node began."""

    digest: str
    loaded_unix_s: float
    loads: int = 1
    failures: int = 0
    last_error: LoadError | None = None
    shadow: ShadowState | None = None


def errors_of(error: PolicyFolderError) -> list[Diagnostic]:
    """What keeps a folder from being taken, without what is only unwise."""
    return [each for each in error.diagnostics if each.severity == "error"]


def load_error(error: PolicyFolderError, at_unix_s: float) -> LoadError:
    """The first error of a folder."""
    first = errors_of(error)[0]
    at = datetime.fromtimestamp(int(at_unix_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if first.file == ".":
        return LoadError(first.message, None, None, None, at)
    return LoadError(first.message, first.file, first.line, first.column, at)
