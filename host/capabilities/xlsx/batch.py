"""Batches of rows, as they cross between guest and host; the guest's end is `guest/quickjs-wasm/c/cells.c`.

A batch keeps what is alike together: all numbers, all strings, and a tag for each cell that says what comes next. That
is what Python makes in few calls, and C reads without looking twice. All numbers are little-endian:

    u32 × 8     flags (1: the last), rows, bytes of tags, numbers, strings, bytes of text, bytes of trailer, 0
    f64 × …     numbers
    u32 × 2 × … for each row its number, from 0, and how many bytes of tags it has
    u8 × …      tags
    u8 × …      text: the strings in UTF-8, each followed by a NUL
    u8 × …      trailer: JSON, in the last batch
"""

import itertools
import struct
from array import array

#: What a cell is. A format and a formula stand before the cell that they belong to; SKIP (u16) and FORMAT (u16) have
#: their number behind them.
EMPTY, NUMBER, STRING, FALSE, TRUE, ERROR, DATE, SKIP, FORMULA, FORMAT = range(10)

LAST = 1
_HEADER = struct.Struct("<8I")
_ROW = struct.Struct("<2I")


class Opened:
    """A batch that has come. Raises ValueError for one that is none."""

    def __init__(self, data: bytes | memoryview) -> None:
        header = _HEADER.unpack_from(data)
        _, rows, tags, numbers, strings, text, trailer, _ = header
        ends = list(itertools.accumulate((_HEADER.size, numbers * 8, rows * _ROW.size, tags, text, trailer)))
        if ends[-1] != len(data):
            raise ValueError("a batch of the wrong length")
        self.numbers = array("d", bytes(data[ends[0] : ends[1]]))
        self.rows = list(_ROW.iter_unpack(data[ends[1] : ends[2]]))
        self.tags = bytes(data[ends[2] : ends[3]])
        self.text = str(data[ends[3] : ends[4]], "utf-8")
        self.strings = self.text.split("\0")
        if self.strings.pop() or len(self.strings) != strings:
            raise ValueError("a batch with strings that are none")
        self.trailer = bytes(data[ends[4] : ends[5]])


class Batch:
    """Rows on their way out. `tags`, `numbers` (also as text) and `strings` are filled by whoever has the cells."""

    __slots__ = ("_began", "_rows", "_weighed", "_weight", "count", "numbers", "strings", "tags")

    def __init__(self) -> None:
        self.tags: list[int] = []
        self.numbers: list[str | float] = []
        self.strings: list[str] = []
        self._rows = array("I")
        self._began = 0
        self._weight = self._weighed = 0
        self.count = 0

    def begin_row(self, number: int) -> None:
        """The cells from here on are those of a row. A row without cells is none of the batch."""
        self._end_row()
        self._rows.extend((number, 0))
        self._began = len(self.tags)
        self.count += 1

    def add(self, other: "Batch") -> None:
        """Puts the rows of another batch behind these."""
        self._end_row()
        self._began = len(self.tags) + other._began
        self._rows += other._rows
        self.count += other.count
        self.tags += other.tags
        self.numbers += other.numbers
        self.strings += other.strings

    def weight(self) -> int:
        """How many characters its strings have."""
        self._weight += sum(map(len, self.strings[self._weighed :]))
        self._weighed = len(self.strings)
        return self._weight

    def _end_row(self) -> None:
        if not self.count:
            return
        self._rows[-1] = len(self.tags) - self._began
        if not self._rows[-1]:
            del self._rows[-2:]
            self.count -= 1

    def regular_rows(self, numbers: list[int], tags: int) -> None:
        """All the rows, each of so many bytes of tags."""
        self.count = len(numbers)
        self._rows = array("I", bytes(_ROW.size * self.count))
        self._rows[::2] = array("I", numbers)
        self._rows[1::2] = array("I", (tags,)) * self.count
        self._began = len(self.tags) - tags

    @property
    def first_row(self) -> int:
        """The number of the first row, where there is one."""
        return self._rows[0]

    def encode(self, trailer: bytes = b"") -> bytes:
        """The batch. Raises ValueError where a number is none."""
        self._end_row()
        numbers = array("d", map(float, self.numbers))
        text = ("\0".join(self.strings) + "\0").encode() if self.strings else b""
        rows = len(self._rows) // 2
        header = _HEADER.pack(0, rows, len(self.tags), len(numbers), len(self.strings), len(text), len(trailer), 0)
        return b"".join((header, numbers.tobytes(), self._rows.tobytes(), bytes(self.tags), text, trailer))


def last(batch: bytes, trailer: bytes) -> bytes:
    """A batch without a trailer, made the last one of its sheet."""
    header = list(_HEADER.unpack_from(batch))
    header[0], header[6] = LAST, len(trailer)
    return b"".join((_HEADER.pack(*header), memoryview(batch)[_HEADER.size :], trailer))
