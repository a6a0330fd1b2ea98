"""The one place of this package that reads files: a folder of policies, or one of them."""

import os
import stat
from pathlib import Path

from host.policy.diagnose import Diagnostic
from host.policy.document import FILE_BYTES_MAX
from host.policy.model import PolicySet
from host.policy.resolve import FILES_MAX, PolicyFolderError, folder_error, is_policy_file, resolve_files
from host.policy.signing.keys import PublicKey
from host.policy.signing.manifest import Manifest
from host.policy.signing.verify import Contents, verify

FOLDER_BYTES_MAX = 8 << 20
#: A signed folder has a manifest, a signature and a schema beside its policies, and may have a page that explains them.
_SIGNED_FILES_MAX = FILES_MAX + 100


def load_folder(path: str | Path, key: PublicKey | None = None) -> PolicySet:
    """The policies and access rules of the folder `path`; with a `key`, only where its owner has signed them.

    Raises PolicyFolderError where the folder or one of its files cannot be read or has an error: all is taken or
    nothing. Diagnostics name files without the folder.
    """
    return resolve_files(read_folder(path) if key is None else read_signed_folder(path, key)[0])


def read_folder(path: str | Path) -> dict[str, bytes]:
    """The policy files of a folder by name: `.yaml` and `.yml`, not hidden, and no folders below it.

    Of a file that is too large, one byte more than may be is read. Raises PolicyFolderError.
    """
    return _read_files(path, [name for name in _names(path) if is_policy_file(name)], FILES_MAX)


def read_signed_folder(path: str | Path, key: PublicKey) -> tuple[dict[str, bytes], Manifest]:
    """The policy files of a folder that the owner of `key` has signed, and the manifest. Raises PolicyFolderError.

    Every file is read once: what was found to be signed are the bytes that are given.
    """
    contents = read_contents(path)
    manifest = verify(contents, key)
    return {name: data for name, data in contents.files.items() if is_policy_file(name)}, manifest


def read_contents(path: str | Path) -> Contents:
    """Everything in a folder that is not hidden, whether it is a policy or not. Raises PolicyFolderError.

    A link to a file counts as the file: the bytes are what is signed.
    """
    names = _names(path)
    files = [name for name in names if os.path.isfile(os.path.join(path, name))]
    others = tuple(_shown(name) for name in names if name not in set(files))
    return Contents(_read_files(path, files, _SIGNED_FILES_MAX), others)


def _names(path: str | Path) -> list[str]:
    """The names in a folder that are not hidden."""
    try:
        return sorted(name for name in os.listdir(path) if not name.startswith("."))
    except OSError as fault:
        message = f"the policy folder cannot be read: {fault.strerror}"
        raise PolicyFolderError((folder_error("unreadable", message),), {}) from fault


def _read_files(path: str | Path, names: list[str], files_max: int) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    faults: list[Diagnostic] = []
    size = 0
    for name in names[: files_max + 1]:
        try:
            files[name] = _read_file(path, name)
        except OSError as fault:
            faults.append(folder_error("unreadable", f"the file cannot be read: {fault.strerror}", _shown(name)))
        size += len(files.get(name, b""))
        if size > FOLDER_BYTES_MAX:
            faults.append(folder_error("too-large", "the policy files are larger than 8 MiB together"))
            break
    if faults:
        raise PolicyFolderError(tuple(faults), {})
    return files


def _shown(name: str) -> str:
    """A name as text that can be written anywhere, whatever bytes the file system has for it."""
    return os.fsencode(name).decode("utf-8", "replace")


def _read_file(folder: str | Path, name: str) -> bytes:
    if not name.isprintable():
        raise OSError(0, "its name holds characters that cannot be shown")
    return read_file(os.path.join(folder, name))


def read_file(path: str | Path) -> bytes:
    """One policy file; of one that is too large, one byte more than may be. Raises OSError."""
    # Opened before it is looked at, so that what was looked at is what is read; a pipe does not block.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is not a regular file")
        return file.read(FILE_BYTES_MAX + 1)
