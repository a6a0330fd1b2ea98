"""Files of one process apart: in memory while they are small, then on a disk and without a name."""

import io
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


class Pieces:
    """A file whose bytes are read as they are asked for. They are not mapped: a process would count what it has seen of
    them as its own memory."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._length = os.fstat(fd).st_size

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, key: slice) -> bytes:
        begin, end, _ = key.indices(self._length)
        return os.pread(self._fd, max(end - begin, 0), begin)

    def __del__(self) -> None:
        os.close(self._fd)


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

    def close(self) -> None:
        self._file.close()
        super().close()

    def whole(self) -> "bytes | Pieces":
        """What was written, to be looked at in any order."""
        if self._in_memory:
            return self._file.getvalue()
        self._file.flush()
        return Pieces(os.dup(self._file.fileno()))
