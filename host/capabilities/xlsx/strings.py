"""The strings that the cells of a workbook share, by number."""

import re
from array import array
from collections.abc import Iterable

from host.capabilities.xlsx.parts import Parser
from host.capabilities.xlsx.records import Records
from host.capabilities.xlsx.text import plain, unescaped

_KNOWN = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>\s*|<si><t/></si>|([^<]+|<)')
#: From this size on strings are kept as bytes, side by side.
_LOOSE_BYTES_MAX = 16 * 1024 * 1024


class Packed:
    """Strings as bytes, side by side: a fifth of the memory, and each is decoded when it is asked for."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._ends = array("I", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> str:
        if index < 0:
            raise IndexError(index)
        begin, end = self._ends[index : index + 2]
        return self._text[begin:end].decode()

    def extend(self, strings: Iterable[str]) -> None:
        """More of them."""
        for string in strings:
            self._text += string.encode()
            self._ends.append(len(self._text))


class _Reader:
    def __init__(self, part: str, packed: bool) -> None:
        self.strings: list[str] | Packed = Packed() if packed else []
        self.parser = Parser(part, self._start, self._end, self._characters)
        self._text: list[str] = []
        self._inside: list[str] = []

    def known(self, text: str) -> bool:
        """Takes a stretch of plain strings."""
        found = _KNOWN.findall(text)
        if any(strange and not strange.isspace() for _, strange in found):
            return False
        if "&" in text or "_x" in text:
            self.strings.extend(plain(string) for string, strange in found if not strange)
        else:
            self.strings.extend(string for string, strange in found if not strange)
        return True

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._inside.append(name)

    def _end(self, name: str) -> None:
        self._inside.pop()
        if name == "si":
            string = "".join(self._text)
            self._text.clear()
            self.strings.extend([unescaped(string) if "_x" in string else string])

    def _characters(self, text: str) -> None:
        # A phonetic reading (rPh) is no part of the text.
        if self._inside[-1] == "t" and "rPh" not in self._inside:
            self._text.append(text)


def read_strings(part: str, pieces: Iterable[bytes], size_bytes: int) -> list[str] | Packed:
    """The strings of a part that comes to `size_bytes`."""
    reader = _Reader(part, size_bytes > _LOOSE_BYTES_MAX)
    for _ in Records(reader.parser, "sst", "si", reader.known).read(pieces):
        pass
    return reader.strings
