"""Files of one process apart: in memory while they are small, then on a disk and without a name."""

import io
import mmap
import os
import tempfile
from typing import IO

#: A file up to this size is kept in memory.
IN_MEMORY_BYTES_MAX = 8 * 1024 * 1024


def nameless_file() -> IO[bytes]:
    """On a disk, where there is one to write to; else in memory. It is gone with the process."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return os.fdopen(os.memfd_create("workbook"), "w+b")


class Spool(io.RawIOBase):
    """A file to be written, then read."""

    def __init__(self) -> None:
        self._file: IO[bytes] = io.BytesIO()
        self._in_memory = True

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        if self._in_memory and self._file.tell() + len(data) > IN_MEMORY_BYTES_MAX:
            written = self._file
            self._file = nameless_file()
            self._in_memory = False
            self._file.write(written.getbuffer())
            self._file.seek(written.tell())
        self._file.write(data)
        return len(data)

    def seek(self, at: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(at, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def whole(self) -> bytes | mmap.mmap:
        """What was written, to be looked at in any order."""
        if self._in_memory:
            return self._file.getvalue()
        self._file.flush()
        return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
