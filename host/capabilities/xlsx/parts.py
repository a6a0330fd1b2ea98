"""XML as workbooks have it, read in pieces: no DTD and so no entity, no depth and no tag without end.

Names come without their prefixes: producers choose them as they like, and both dialects of the standard (ECMA-376,
transitional and strict) have the same local names.
"""

from collections.abc import Callable, Iterable
from xml.parsers import expat

from host.capabilities.xlsx.fault import malformed

DEPTH_MAX = 100
#: How long a tag, a comment or the like may be. A parser that has to wait for its end looks at all of it again.
TOKEN_BYTES_MAX = 1024 * 1024

Start = Callable[[str, dict[str, str]], None]


class Parser:
    """One part on its way through the parser. `start` and `end` hear of elements, `text` of the text between them."""

    def __init__(self, part: str, start: Start, end: Callable[[str], None], text: Callable[[str], None]) -> None:
        self._part = part
        self._start = start
        self._end = end
        self._fed = 0
        self.depth = 0
        self._expat = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._opened
        parser.EndElementHandler = self._closed
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, data: bytes, last: bool = False) -> None:
        """Parses on. Raises Refused for what is no XML, or none of a workbook's."""
        try:
            self._expat.Parse(data, last)
        except expat.ExpatError as error:
            why = expat.ErrorString(error.code)
            raise malformed(f"its part {self._part!r} is not well-formed ({why}, line {error.lineno})") from error
        except LookupError as error:
            if self.depth:
                raise  # of whoever listens
            raise malformed(f"its part {self._part!r} is in no known encoding") from error
        self._fed += len(data)
        if not last and self._fed - self._expat.CurrentByteIndex > TOKEN_BYTES_MAX:
            raise malformed(f"its part {self._part!r} has a tag without end")

    def _opened(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise malformed(f"its part {self._part!r} is nested deeper than {DEPTH_MAX} elements")
        self._start(name.rpartition(":")[2], attributes)

    def _closed(self, name: str) -> None:
        self.depth -= 1
        self._end(name.rpartition(":")[2])

    def _doctype(self, *_: object) -> None:
        raise malformed(f"its part {self._part!r} has a document type definition, which workbooks do not have")


def _nothing(*_: object) -> None:
    """For what is not listened to."""


def parse(part: str, pieces: Iterable[bytes], start: Start, end: Callable[[str], None] = _nothing) -> None:
    """Parses a whole part for its elements."""
    parser = Parser(part, start, end, _nothing)
    for piece in pieces:
        parser.feed(piece)
    parser.feed(b"", True)


def whole(attributes: dict[str, str], name: str, default: int | None = None) -> int:
    """A whole number out of attributes. Raises Refused for what is none."""
    text = attributes.get(name)
    if text is None and default is not None:
        return default
    try:
        value = int(text or "")
    except ValueError:
        raise malformed(f"an attribute {name!r} is no number") from None
    if not 0 <= value < 2**32:
        raise malformed(f"an attribute {name!r} is out of range")
    return value


def is_set(attributes: dict[str, str], name: str) -> bool:
    """Whether a flag is set (xsd:boolean, and `on` of older producers)."""
    return attributes.get(name) in ("1", "true", "on")


def local(attributes: dict[str, str], name: str) -> str | None:
    """An attribute by its local name, whatever its prefix: `r:id`."""
    for key, value in attributes.items():
        if key.rpartition(":")[2] == name and ":" in key:
            return value
    return None
