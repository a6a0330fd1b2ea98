"""PEM (RFC 7468, and RFC 1421 for encrypted keys of old): the blocks of a text, and text of blocks."""

import binascii
import re

from host.capabilities.crypto.asymmetric.hidden import Hidden

#: Of a text that is searched for blocks, and blocks that are looked at.
TEXT_BYTES_MAX = 128 * 1024
_BLOCKS_MAX = 16
_HEADERS_MAX = 4
_BEGIN = re.compile(rb"^-----BEGIN ([A-Z0-9 ]{1,64})-----[ \t]*\r?$", re.MULTILINE)
_HEADER = re.compile(rb"([A-Za-z-]{1,32}): ?([^\r\n]{0,256})")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_LINE_CHARS = 64


class Block(Hidden, frozen=True):
    """`headers` are those of RFC 1421: how the body is encrypted."""

    label: str
    headers: dict[str, str]
    body: bytes


def read_blocks(text: bytes) -> list[Block]:
    """The blocks of a text, in their order. What is cut off or no base64 is none."""
    found: list[Block] = []
    at = 0
    while len(found) < _BLOCKS_MAX and len(text) <= TEXT_BYTES_MAX:
        begin = _BEGIN.search(text, at)
        if begin is None:
            break
        label = begin[1]
        end = text.find(b"\n-----END " + label + b"-----", begin.end())
        if end < 0:
            break
        at = end + 1
        block = _read(label.decode(), text[begin.end() : end])
        if block is not None:
            found.append(block)
    return found


def _read(label: str, content: bytes) -> Block | None:
    lines = [line.strip() for line in content.split(b"\n")]
    headers: dict[str, str] = {}
    body = [line for line in lines if line]
    for line in body[:_HEADERS_MAX]:
        header = _HEADER.fullmatch(line)
        if header is None:
            break
        headers[header[1].decode()] = header[2].decode("latin-1").strip()
    joined = b"".join(body[len(headers) :])
    if not _BASE64.fullmatch(joined):
        return None
    try:
        return Block(label, headers, binascii.a2b_base64(joined, strict_mode=True))
    except binascii.Error:
        return None


def write(label: str, der: bytes, headers: tuple[str, ...] = ()) -> bytes:
    """A block, with the end of its last line."""
    text = binascii.b2a_base64(der, newline=False).decode()
    lines = [text[start : start + _LINE_CHARS] for start in range(0, len(text), _LINE_CHARS)]
    above = (*headers, "") if headers else ()
    return "\n".join((f"-----BEGIN {label}-----", *above, *lines, f"-----END {label}-----", "")).encode()
