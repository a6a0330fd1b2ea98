"""How a payload is written: a row of fields, each its length (u32, little-endian) and its bytes.

The guest's side is js/node/crypto/host.js. A length of 0xFFFFFFFF is a field that is absent.
"""

import struct

from host.capabilities.base import Refusal

_LENGTH = struct.Struct("<I")
_ABSENT = 0xFFFFFFFF
_NUMBER_DIGITS_MAX = 20


def unpack(payload: bytes, count: int) -> list[bytes | None]:
    """The fields of a payload that has just so many. Raises Refusal for any other."""
    fields: list[bytes | None] = []
    at, end = 0, len(payload)
    for _ in range(count):
        if end - at < _LENGTH.size:
            raise _malformed()
        (length,) = _LENGTH.unpack_from(payload, at)
        at += _LENGTH.size
        if length == _ABSENT:
            fields.append(None)
            continue
        if length > end - at:
            raise _malformed()
        fields.append(payload[at : at + length])
        at += length
    if at != end:
        raise _malformed()
    return fields


def pack(*fields: bytes | str | int | None) -> bytes:
    """A row of fields; text is UTF-8, and a number its decimal digits."""
    parts: list[bytes] = []
    for field in fields:
        if field is None:
            parts.append(_LENGTH.pack(_ABSENT))
            continue
        data = field if isinstance(field, bytes) else str(field).encode()
        parts += (_LENGTH.pack(len(data)), data)
    return b"".join(parts)


def data(field: bytes | None) -> bytes:
    """The bytes of a field that has to be there."""
    if field is None:
        raise _malformed()
    return field


def text(field: bytes | None) -> str:
    """The text of a field."""
    try:
        return data(field).decode()
    except UnicodeDecodeError:
        raise _malformed() from None


def number(field: bytes | None) -> int:
    """The whole number of a field."""
    digits = text(field)
    if len(digits) > _NUMBER_DIGITS_MAX or not digits.removeprefix("-").isdecimal() or not digits.isascii():
        raise _malformed()
    return int(digits)


def _malformed() -> Refusal:
    return Refusal("ValidationError", "A call of crypto is not made of the fields that it has to have")
