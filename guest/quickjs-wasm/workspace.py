"""The build's own cache: what was downloaded and compiled before, each under the hash of what it was made from."""

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_UNUSED_SECONDS_MAX = 30 * 24 * 3600
#: Folders of finished things; what lies beside them is finished too.
_SHELVES = ("objects", "bytecode", "bundles", "frozen")


def key_of(*parts: bytes | str) -> str:
    """A short name for what is made from `parts`."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        whole.update(f"{len(content)}\0".encode() + content)
    return whole.hexdigest()[:32]


class Workspace:
    """A folder of finished things: a file or folder that has its final name is complete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_user(cls) -> "Workspace":
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(base) / "cellblock" / "build"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One build at a time; the lock goes away with the process, however it ends."""
        with open(self.folder / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("image: waiting for another build ...", file=sys.stderr, flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def file(self, name: str, make: Callable[[Path], None]) -> Path:
        """The file `name`, made by `make` at a temporary path where it is not there yet."""
        return self._finished(name, make, lambda partial: partial.unlink(missing_ok=True))

    def tree(self, name: str, make: Callable[[Path], None]) -> Path:
        """The folder `name`, filled by `make` where it is not there yet."""

        def filled(partial: Path) -> None:
            partial.mkdir()
            make(partial)

        return self._finished(name, filled, lambda partial: shutil.rmtree(partial, ignore_errors=True))

    def drop(self, name: str) -> None:
        """Forgets a folder, so that it is filled anew."""
        shutil.rmtree(self.folder / name)

    def _finished(self, name: str, make: Callable[[Path], None], discard: Callable[[Path], None]) -> Path:
        path = self.folder / name
        if path.exists():
            os.utime(path)
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        discard(partial)
        try:
            make(partial)
            partial.rename(path)
        finally:
            discard(partial)
        return path

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="scratch-") as folder:
            yield Path(folder)

    def prune(self) -> None:
        """Drops what no build has used for long; what is left behind by a killed build is among it."""
        oldest = time.time() - _UNUSED_SECONDS_MAX
        for folder in (self.folder, *(self.folder / name for name in _SHELVES)):
            for entry in folder.iterdir() if folder.is_dir() else ():
                if entry.name in {"lock", *_SHELVES} or entry.stat().st_mtime > oldest:
                    continue
                if entry.is_dir():
                    shutil.rmtree(entry, ignore_errors=True)
                else:
                    entry.unlink(missing_ok=True)
