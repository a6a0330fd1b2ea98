"""DER (ITU-T X.690), in which keys and certificates are written: strict, and no more of it than they need."""

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
SEQUENCE = 0x30

#: How long the length of a value may itself be: no key here has 16 MiB.
_LENGTH_BYTES_MAX = 3


class DerError(ValueError):
    """What is read is not the DER of what is looked for. `reason` is OpenSSL's word for it."""

    def __init__(self, reason: str = "wrong tag") -> None:
        super().__init__(reason)
        self.reason = reason


class Reader:
    """Values one behind the other. Lengths are definite and as short as they can be."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._data)

    def peek(self) -> int | None:
        """The tag of the next value, None at the end."""
        return self._data[self._at] if not self.at_end else None

    def read(self, tag: int) -> bytes:
        """The content of the next value, which has this tag. Raises DerError."""
        found = self.peek()
        if found is None:
            raise DerError("not enough data")
        if found != tag:
            raise DerError
        start, length = self._length()
        if start + length > len(self._data):
            raise DerError("too long")
        self._at = start + length
        return self._data[start : self._at]

    def inside(self, tag: int = SEQUENCE) -> "Reader":
        return Reader(self.read(tag))

    def integer(self) -> int:
        """An integer that is not negative."""
        content = self.read(INTEGER)
        if not content or content[0] & 0x80 or (content[0] == 0 and len(content) > 1 and not content[1] & 0x80):
            raise DerError("illegal padding")
        return int.from_bytes(content, "big")

    def bits(self) -> bytes:
        """A bit string of whole bytes."""
        content = self.read(BIT_STRING)
        if not content or content[0] != 0:
            raise DerError("invalid bit string bits left")
        return content[1:]

    def oid(self) -> str:
        return oid_text(self.read(OID))

    def skip(self) -> bytes:
        """The next value with its tag and length, whatever it is."""
        start, tag = self._at, self.peek()
        if tag is None:
            raise DerError("not enough data")
        self.read(tag)
        return self._data[start : self._at]

    def finish(self) -> None:
        """Raises DerError where something is left."""
        if not self.at_end:
            raise DerError("extra data")

    def _length(self) -> tuple[int, int]:
        """Where the content of the next value begins, and how long it is."""
        data, at = self._data, self._at + 1
        if at >= len(data):
            raise DerError("not enough data")
        first = data[at]
        if first < 0x80:
            return at + 1, first
        count = first & 0x7F
        if not 1 <= count <= _LENGTH_BYTES_MAX or at + 1 + count > len(data):
            raise DerError("header too long")
        length = int.from_bytes(data[at + 1 : at + 1 + count], "big")
        if length < 0x80 or length >> (8 * (count - 1)) == 0:
            raise DerError("bad object header")
        return at + 1 + count, length


def oid_text(content: bytes) -> str:
    """The dotted form of an object identifier's content. Raises DerError."""
    if not content or content[-1] & 0x80 or len(content) > 64:
        raise DerError("invalid object encoding")
    arcs: list[int] = []
    value = 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def sequence(*parts: bytes) -> bytes:
    return tlv(SEQUENCE, b"".join(parts))


def integer(value: int) -> bytes:
    """An integer that is not negative."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bits(content: bytes) -> bytes:
    return tlv(BIT_STRING, b"\0" + content)


def octets(content: bytes) -> bytes:
    return tlv(OCTET_STRING, content)


def null() -> bytes:
    return tlv(NULL, b"")


def oid(text: str) -> bytes:
    first, second, *rest = (int(arc) for arc in text.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        group = [arc & 0x7F]
        while arc := arc >> 7:
            group.append(arc & 0x7F | 0x80)
        content += bytes(reversed(group))
    return tlv(OID, bytes(content))
