"""One document that the main process writes and every worker reads: in memory that they share, and nowhere else.

There is no lock, because a writer that is killed must not leave one behind. A document has a number and a digest in
front of it: whoever reads while another one is being written finds that they do not fit, and reads again.
"""

import hashlib
import mmap
import struct

from host.errors import InternalError

#: Number, length and digest of the document.
_HEAD = struct.Struct("<QQ16s")
#: Reserved, not taken: a page costs memory when it is first written to.
BOARD_BYTES = 64 << 20
_READS_MAX = 100


class Board:
    """Made by the main process before it forks the workers. It alone writes."""

    def __init__(self, size: int = BOARD_BYTES) -> None:
        self._size = size
        # Anonymous and shared: what is forked later has the same pages, and no file holds them.
        self._memory = mmap.mmap(-1, size)

    def close(self) -> None:
        """Gives the memory back, in this process."""
        self._memory.close()

    @property
    def room(self) -> int:
        """The most bytes that a document can have."""
        return self._size - _HEAD.size

    @property
    def number(self) -> int:
        """How many documents have been written: 0 while there is none. It may be one that is still being written."""
        return _HEAD.unpack_from(self._memory)[0]

    def write(self, document: bytes) -> int:
        """Puts `document` in the place of the last one, and gives its number. Raises InternalError where there is no
        room for it; then the last one stays."""
        if len(document) > self.room:
            raise InternalError(f"a document of {len(document):,} bytes is more than the board has room for")
        number, last, _ = _HEAD.unpack_from(self._memory)
        end = _HEAD.size + len(document)
        self._memory[_HEAD.size : end] = document
        # Nothing of what was there before is left behind it: it may hold secrets.
        self._memory[end : max(end, _HEAD.size + last)] = bytes(max(0, last - len(document)))
        _HEAD.pack_into(self._memory, 0, number + 1, len(document), _digest(number + 1, document))
        return number + 1

    def read(self) -> tuple[int, bytes] | None:
        """The number of the document and its bytes; None where there is none, or one was being written all the time."""
        for _ in range(_READS_MAX):
            number, length, digest = _HEAD.unpack_from(self._memory)
            if not number:
                return None
            document = self._memory[_HEAD.size : _HEAD.size + min(length, self.room)]
            if _digest(number, document) == digest:
                return number, document
        return None


def _digest(number: int, document: bytes) -> bytes:
    return hashlib.blake2b(document, digest_size=16, key=number.to_bytes(8, "little")).digest()
