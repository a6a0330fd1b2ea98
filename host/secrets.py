"""The secrets that policies name: looked up by the main process, held in memory, and given to nobody who prints.

A secret is a file of SECRETS_DIR, or an environment variable; the file holds where there are both, since it alone can
change while the service runs. A file that everybody can read is no secret, and is refused.
"""

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from host.policy.secrets import SECRET_NAME

SECRET_BYTES_MAX = 64 * 1024
_VARIABLE = "CELLBLOCK_SECRET_"


class SecretStore:
    """Secrets by name. It never shows one: not when it is printed, logged, compared or copied."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, bytes] = {}) -> None:
        self._values = dict(values)

    def get(self, name: str) -> bytes | None:
        """The secret, or None where there is none of that name."""
        return self._values.get(name)

    def reveal(self) -> dict[str, bytes]:
        """All of them, for who hands them on to the workers."""
        return dict(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<{len(self._values)} secrets>"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not written anywhere")


class SecretFault(Exception):
    """Why a secret cannot be had: `reason` ends a sentence that names it, `fix` says what to do. Neither holds any of
    the secret, or the path of a folder."""

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix


class SecretSource:
    """Where secrets come from: `folder` (None: no folder) and the variables that `environ` had when it was made."""

    def __init__(self, folder: Path | None, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._variables = {name: value for name, value in environ.items() if name.startswith(_VARIABLE)}

    @property
    def given(self) -> bool:
        """Whether this machine has any secrets at all, or a place for them."""
        return self._folder is not None or bool(self._variables)

    def take_out_of(self, environ: dict[str, str]) -> None:
        """Removes the variables: what this process starts later (a compiler, a worker of a capability) has no use for
        them."""
        for name in self._variables:
            environ.pop(name, None)

    def load(self, names: Iterable[str]) -> tuple[SecretStore, dict[str, SecretFault]]:
        """The secrets of these names, and why the others cannot be had."""
        values: dict[str, bytes] = {}
        faults: dict[str, SecretFault] = {}
        for name in sorted(set(names)):
            try:
                values[name] = self._one(name)
            except SecretFault as fault:
                faults[name] = fault
        return SecretStore(values), faults

    def doubled(self, names: Iterable[str]) -> list[str]:
        """Those that are both a file and a variable."""
        return sorted(name for name in set(names) if variable_of(name) in self._variables and self._has_file(name))

    def seen(self) -> object:
        """What changes when a file of the folder does; equal while none has."""
        return None if self._folder is None else look_at(self._folder)

    def _has_file(self, name: str) -> bool:
        return self._folder is not None and (self._folder / name).exists()

    def _one(self, name: str) -> bytes:
        assert SECRET_NAME.fullmatch(name), "policies name nothing else"
        variable = variable_of(name)
        data = self._from_file(name) if self._folder is not None else None
        if data is None and variable in self._variables:
            data = os.fsencode(self._variables[variable])
        if data is None:
            where = "the folder SECRETS_DIR" if self._folder is not None else "the folder that SECRETS_DIR names"
            fix = f"Set the variable {variable}, or write the secret to the file {name} in {where}."
            raise SecretFault("which is not there", fix)
        return _checked(data, name)

    def _open_to_all(self) -> bool:
        """Whether everybody can replace its files: not where it is sticky, as mounts of Kubernetes are."""
        try:
            mode = os.stat(self._folder).st_mode
        except OSError:
            return False  # without it there are no files either
        return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX

    def _from_file(self, name: str) -> bytes | None:
        """What the secret's file holds; None where there is none. Opened once: what is judged is what is read."""
        if self._open_to_all():
            fix = "`chmod o-w` the folder SECRETS_DIR."
            raise SecretFault("and everybody can write to the folder of the secrets", fix)
        try:
            opened = os.open(self._folder / name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise SecretFault(
                f"whose file cannot be read: {fault.strerror}", "Let the service's user read it."
            ) from None
        try:
            _require_private(os.fstat(opened), name)
            return _read(opened)
        finally:
            os.close(opened)


def _require_private(found: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SecretFault("whose file is not a regular one", f"Write the secret to a file called {name}.")
    if found.st_mode & (stat.S_IROTH | stat.S_IWOTH):
        what = "read" if found.st_mode & stat.S_IROTH else "write to"
        raise SecretFault(f"whose file everybody can {what}", f"`chmod o= {name}`, in the folder SECRETS_DIR.")


def _read(opened: int) -> bytes:
    """The whole of a file, or of a larger one a little more than a secret may have."""
    data = b""
    most = SECRET_BYTES_MAX + len(b"\r\n") + 1
    while len(data) < most and (part := os.read(opened, most - len(data))):
        data += part
    return data


def variable_of(name: str) -> str:
    """The environment variable of a secret."""
    return _VARIABLE + name.upper().replace("-", "_")


def _checked(data: bytes, name: str) -> bytes:
    for ending in (b"\r\n", b"\n"):
        if data.endswith(ending):
            data = data.removesuffix(ending)
            break
    if not data:
        raise SecretFault("which is empty", f"Give {name} its value.")
    if len(data) > SECRET_BYTES_MAX:
        raise SecretFault(f"which is larger than {SECRET_BYTES_MAX // 1024} KiB", "Keep something smaller in it.")
    return data


def fits_text(secret: bytes) -> bool:
    """Whether it can stand in a header or a query: without control characters, of which a line break is one."""
    return not any(byte < 0x20 or byte == 0x7F for byte in secret)


def look_at(folder: Path) -> object:
    """What changes when anything in `folder` does: the names of what is not hidden, and of each its inode, size,
    times and mode. Links are followed."""
    try:
        here = os.stat(folder)
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
    except OSError as fault:
        return fault.errno
    return (here.st_dev, here.st_ino, tuple((name, _stat(folder / name)) for name in names))


def _stat(path: Path) -> tuple[int, ...] | int | None:
    try:
        found = os.stat(path)
    except OSError as fault:
        return fault.errno
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_mode
