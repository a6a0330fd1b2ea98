"""A part that is a long list of records of one kind: rows of a sheet, shared strings.

Producers write them in one and the same plain way, nearly always. A pattern takes such a stretch of text apart some six
times as fast as a parser calls back. What it does not know, to the last character, goes to the parser, which has seen
everything before the list and will see everything after it, so that no text counts that the parser would refuse.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from host.capabilities.xlsx.fault import malformed
from host.capabilities.xlsx.parts import Parser

#: How much text is taken apart at once. The first stretch is shorter: who reads waits for it.
_STRETCH_BYTES = 512 * 1024
_FIRST_STRETCH_BYTES = 256 * 1024
#: A record longer than this is none: a row has at most 16,384 cells, of at most 32,767 characters.
RECORD_BYTES_MAX = 32 * 1024 * 1024
#: After so many stretches in a row that the pattern did not know, it is not asked again.
_STRANGE_MAX = 3


class Records:
    """Takes the records of one part. `known(text)` is given a stretch of whole records; it gives False where it does
    not know all of them, and then has taken none. The parser's handlers take the others."""

    def __init__(self, parser: Parser, inside: str, record: str, known: Callable[[str], bool]) -> None:
        self._parser = parser
        self._opens = re.compile(rb"<%s(?:\s[^<>]*)?>" % inside.encode())
        self._closes = b"</%s>" % record.encode()
        self._known = known
        self._strange = 0
        self._rest = b""
        self._searched = 0
        self._begun = False
        self._depth = 0
        self._plain: bool | None = None

    def read(self, pieces: Iterable[bytes]) -> Iterator[None]:
        """Reads the part; yields after each stretch."""
        most = _FIRST_STRETCH_BYTES
        waiting: list[bytes] = []
        size = 0
        for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            if size >= most:
                self._feed(b"".join(waiting))
                waiting, size, most = [], 0, _STRETCH_BYTES
                yield
        self._feed(b"".join(waiting))
        self._parser.feed(self._rest, True)
        yield

    def _feed(self, data: bytes) -> None:
        if self._plain is None:
            data = self._find_list(data)
        if not self._plain:
            self._parser.feed(data)
            return
        self._rest += data
        end = self._rest.rfind(self._closes, max(self._searched - len(self._closes), 0))
        self._searched = len(self._rest)
        if end < 0:
            if len(self._rest) > RECORD_BYTES_MAX:
                raise malformed("a row or a string in it has no end")
            return
        end += len(self._closes)
        stretch, self._rest = self._rest[:end], self._rest[end:]
        self._searched = 0
        if not self._begun:
            # The first record is often unlike the others: the row with the columns' names.
            self._begun = True
            first = stretch.index(self._closes) + len(self._closes)
            self._rest = stretch[first:] + self._rest
            self._take(stretch[:first])
            if not self._plain or first == end:
                return
            stretch, self._rest = self._rest[: end - first], self._rest[end - first :]
        self._take(stretch)

    def _find_list(self, data: bytes) -> bytes:
        """Gives the parser what stands before the list; what is left is the list's beginning. Only text in UTF-8 is
        plain, and a list that begins in the first stretch."""
        before = self._rest + data
        opening = self._opens.search(before)
        if opening is None or opening[0].endswith(b"/>") or not _is_utf8(before) or b"<!" in before[: opening.end()]:
            self._plain = False
            return data
        self._plain = True
        self._parser.feed(before[: opening.end()])
        self._depth = self._parser.depth
        return before[opening.end() :]

    def _take(self, stretch: bytes) -> None:
        if self._strange < _STRANGE_MAX:
            try:
                text = stretch.decode()
            except UnicodeDecodeError as error:
                raise malformed("its text is not UTF-8") from error
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            if self._known(text):
                self._strange = 0
                return
            self._strange += 1
        self._parser.feed(stretch)
        # What a comment or the like began here may go on in the next stretch, which only the parser can see.
        if b"<!" in stretch or b"<?" in stretch or self._parser.depth != self._depth:
            self._plain = False
            self._parser.feed(self._rest)
            self._rest = b""


def _is_utf8(head: bytes) -> bool:
    """Whether a part is in UTF-8, as far as its beginning says."""
    if head.startswith((b"\xfe\xff", b"\xff\xfe")) or b"\0" in head[:4]:
        return False
    declared = re.match(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)", head)
    return declared is None or declared[1].lower() in (b"utf-8", b"utf8", b"us-ascii")
