"""What crosses between the guest's fetch and the host's, as bytes: guest/quickjs-wasm/ABI.md has the tables."""

import math
import struct
from typing import Literal

from msgspec import Struct

from host.capabilities.base import Refusal
from host.capabilities.fetch.failure import Failure

FETCH = 64
FETCH_READ = 65
FETCH_WRITE = 66
FETCH_ABORT = 67
FETCH_HEAD = 68

#: A body that comes with its request, a piece of one that does not, and a piece of a response's.
PIECE_BYTES_MAX = 1 << 20
HEAD_BYTES_MAX = 256 * 1024
HEADERS_MAX = 256

RESPONSE, FAILURE, AGAIN = range(3)
REDIRECTED, COMPLETE, NO_BODY = 1, 2, 4

_REQUEST = struct.Struct("<IBBId")
_RESPONSE = struct.Struct("<BBHI")
_READ = struct.Struct("<IIB")
_WRITE = struct.Struct("<IB")
_U32 = struct.Struct("<I")
_MODES: tuple[Literal["follow", "error", "manual"], ...] = ("follow", "error", "manual")
_INLINE, _STREAMED, _AGAIN, _RAW = 4, 8, 16, 32

Pairs = list[tuple[str, str]]


class Asked(Struct, frozen=True):
    """A request as the guest has it. `body` is None where there is none or it is `streamed`; `body_bytes` is None where
    its length is not known."""

    id: int
    method: str
    url: str
    headers: Pairs
    redirect: Literal["follow", "error", "manual"]
    redirects_max: int
    body: bytes | None
    streamed: bool
    body_bytes: int | None
    again: bool
    raw: bool


def parse_request(payload: bytes) -> Asked:
    """Raises Refusal for what the guest's fetch never sends."""
    if len(payload) < _REQUEST.size:
        raise _malformed()
    id, flags, redirects_max, head_bytes, length = _REQUEST.unpack_from(payload)
    body_at = _REQUEST.size + head_bytes
    mode = flags & 3
    if head_bytes > HEAD_BYTES_MAX or body_at > len(payload) or len(payload) - body_at > PIECE_BYTES_MAX or mode == 3:
        raise _malformed()
    try:
        method, url, *rest = payload[_REQUEST.size : body_at].decode().split("\n")
    except ValueError:  # too few lines, or no UTF-8
        raise _malformed() from None
    if len(rest) % 2 or len(rest) > 2 * HEADERS_MAX:
        raise _malformed()
    inline, streamed = bool(flags & _INLINE), bool(flags & _STREAMED)
    if inline and streamed:
        raise _malformed()
    body = payload[body_at:] if inline else None
    return Asked(
        id, method, url, list(zip(rest[::2], rest[1::2], strict=True)), _MODES[mode], redirects_max, body, streamed,
        _length(length) if streamed else len(body or b""), bool(flags & _AGAIN), bool(flags & _RAW),
    )  # fmt: skip


def _length(value: float) -> int | None:
    if value == -1:
        return None
    if not (math.isfinite(value) and value >= 0 and value == int(value)):
        raise _malformed()
    return int(value)


def parse_read(payload: bytes) -> tuple[int, int, bool]:
    """The id, the most bytes, and whether so many are waited for. Raises Refusal."""
    if len(payload) != _READ.size:
        raise _malformed()
    id, most, fill = _READ.unpack(payload)
    if not 1 <= most <= PIECE_BYTES_MAX:
        raise _malformed()
    return id, most, bool(fill)


def parse_write(payload: bytes) -> tuple[int, bool, bytes]:
    """The id, whether it is the last piece, and the piece. Raises Refusal."""
    if not _WRITE.size <= len(payload) <= _WRITE.size + PIECE_BYTES_MAX:
        raise _malformed()
    id, last = _WRITE.unpack_from(payload)
    return id, bool(last), payload[_WRITE.size :]


def parse_id(payload: bytes) -> int:
    """The id alone. Raises Refusal."""
    if len(payload) != _U32.size:
        raise _malformed()
    return _U32.unpack(payload)[0]


def response(flags: int, status: int, url: str, reason: str, headers: Pairs, body: bytes) -> bytes:
    """The answer of a request that has its response."""
    lines = [url, reason]
    for name, value in headers:
        lines += (name, value)
    head = "\n".join(lines).encode()
    return _RESPONSE.pack(RESPONSE, flags, status, len(head)) + head + body


def failure(why: Failure) -> bytes:
    """The answer of a request that failed."""
    message = why.message.replace("\n", " ")
    return bytes([FAILURE]) + f"{why.code}\n{why.name}\n{message}".encode()


def piece(last: bool, body: bytes) -> bytes:
    """The answer of a read."""
    return bytes([RESPONSE, last]) + body


def _malformed() -> Refusal:
    return Refusal("ValidationError", "There is no such request of fetch")
