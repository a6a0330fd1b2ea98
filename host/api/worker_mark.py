"""Which worker processes of this node are alive.

Each holds a lock on a file of its own, which the system takes back when the process ends, however it ends. Process ids
would not do: they are given out again, and two containers that share the folder do not see each other's.
"""

import contextlib
import fcntl
import os
import secrets
from pathlib import Path

_NAME_BYTES = 8


class WorkerMark:
    """The sign of life of this process: `name` is alive until it is closed or the process ends."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._remove_dead()
        self.name, self._file = self._make()

    def close(self) -> None:
        """From now on `name` is dead."""
        with contextlib.suppress(FileNotFoundError):
            (self._folder / self.name).unlink()
        os.close(self._file)

    def is_in_place(self) -> bool:
        """Whether others can still see it."""
        return (self._folder / self.name).exists()

    def is_alive(self, name: str) -> bool:
        """Whether the process lives whose mark has this name."""
        try:
            file = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return False
        try:
            # Shared: two who look at the same time do not take each other for the owner.
            return not _lock(file, fcntl.LOCK_SH)
        finally:
            os.close(file)

    def _make(self) -> tuple[str, int]:
        while True:
            name = secrets.token_hex(_NAME_BYTES)
            path = self._folder / name
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            # Between these two lines it looks dead, and another process that begins now may remove it.
            if _lock(file, fcntl.LOCK_EX) and path.exists():
                return name, file
            os.close(file)

    def _remove_dead(self) -> None:
        for path in self._folder.iterdir():
            if not self.is_alive(path.name):
                path.unlink(missing_ok=True)


def _lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
