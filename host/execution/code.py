"""What is known of a code block's text, and the bytecode of it, kept for those that come again: most code is sent many
times.

Bytecode is made by our own guest in an instance that then runs nothing, and goes to instances of the same engine, in
this process. It is looked up by the whole text. What is found out by looking at the text is hints and sizes: which
image to begin in, and whether there is a `return`; it decides nothing that code may do.
"""

import re
from collections import OrderedDict

from msgspec import Struct

#: What code says when it fetches: an image has that ready too, under this name.
FETCH = "fetch"
_FETCHES = re.compile(rb"""\bfetch\s*\(|\bnew\s+(?:Request|Response|Headers)\b""")
_REQUIRE = re.compile(rb"""\brequire\s*\(\s*['"`](?:node:)?([\w.-]+)""")


class Compiled(Struct, frozen=True):
    """Bytecode, with the fuel and the memory that compiling took. An execution is charged with both whenever it runs,
    so that what it uses does not depend on what is kept."""

    bytecode: bytes
    fuel: int
    memory_bytes: int


class Code:
    """What is known of one text. `requires` are the names that it seems to require, each once, and FETCH."""

    __slots__ = ("compiled", "has_return", "requires")

    def __init__(self, text: bytes) -> None:
        names = () if b"require" not in text else dict.fromkeys(name.decode() for name in _REQUIRE.findall(text))
        self.has_return = b"return" in text
        self.requires = (*names, *((FETCH,) if _FETCHES.search(text) else ()))
        self.compiled: Compiled | None = None


class CodeCache:
    """The code blocks that were used last: at most `size_max` of them, with at most `bytes_max` of bytecode."""

    def __init__(self, size_max: int, bytes_max: int = 32 << 20) -> None:
        self.size_max = size_max
        self._bytes_max = bytes_max
        self._bytes = 0
        self._codes: OrderedDict[bytes, Code] = OrderedDict()

    def __len__(self) -> int:
        return len(self._codes)

    def get(self, text: bytes) -> Code:
        """What is known of `text`; looked through now if it is not kept."""
        code = self._codes.get(text)
        if code is not None:
            self._codes.move_to_end(text)
            return code
        return Code(text)

    def keep(self, text: bytes, code: Code) -> None:
        """Keeps what has been compiled, and drops what was used longest ago."""
        size = len(code.compiled.bytecode)
        if text in self._codes or not self.size_max or size > self._bytes_max:
            return
        self._codes[text] = code
        self._bytes += size
        while len(self._codes) > self.size_max or self._bytes > self._bytes_max:
            _, dropped = self._codes.popitem(last=False)
            self._bytes -= len(dropped.compiled.bytecode)
