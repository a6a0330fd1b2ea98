"""The one place of this package that reads files: a folder of policies, or one of them."""

import os
import stat
from pathlib import Path

from host.policy.diagnose import Diagnostic
from host.policy.document import FILE_BYTES_MAX
from host.policy.model import PolicySet
from host.policy.resolve import FILES_MAX, PolicyFolderError, folder_error, is_policy_file, resolve_files

FOLDER_BYTES_MAX = 8 << 20


def load_folder(path: str | Path) -> PolicySet:
    """The policies and access rules of the folder `path`.

    Raises PolicyFolderError where the folder or one of its files cannot be read or has an error: all is taken or
    nothing. Diagnostics name files without the folder.
    """
    return resolve_files(read_folder(path))


def read_folder(path: str | Path) -> dict[str, bytes]:
    """The policy files of a folder by name: `.yaml` and `.yml`, not hidden, and no folders below it.

    Of a file that is too large, one byte more than may be is read. Raises PolicyFolderError.
    """
    try:
        names = sorted(entry for entry in os.listdir(path) if is_policy_file(entry))
    except OSError as fault:
        message = f"the policy folder cannot be read: {fault.strerror}"
        raise PolicyFolderError((folder_error("unreadable", message),), {}) from fault
    files: dict[str, bytes] = {}
    faults: list[Diagnostic] = []
    size = 0
    for name in names[: FILES_MAX + 1]:
        try:
            files[name] = _read_file(path, name)
        except OSError as fault:
            shown = os.fsencode(name).decode("utf-8", "replace")
            faults.append(folder_error("unreadable", f"the file cannot be read: {fault.strerror}", shown))
        size += len(files.get(name, b""))
        if size > FOLDER_BYTES_MAX:
            faults.append(folder_error("too-large", "the policy files are larger than 8 MiB together"))
            break
    if faults:
        raise PolicyFolderError(tuple(faults), {})
    return files


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
