"""Ciphers: opened with a key, fed, and ended; or, for what takes a message whole (CCM, WebCrypto), in one call."""

import struct
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from msgspec import Struct

from host.capabilities.base import Later, Refusal
from host.capabilities.crypto.engines import Engine, open_engine, unauthentic
from host.capabilities.crypto.fields import data, number, text, unpack
from host.capabilities.crypto.secrets import secret_key
from host.capabilities.crypto.work import Work

CRYPTO_CIPHER_OPEN = 38
CRYPTO_CIPHER_DATA = 39
CRYPTO_CIPHER_END = 40
CRYPTO_CIPHER_ONCE = 41

#: One call goes through so much at most. A message of CCM goes through whole, and has the size of a payload.
DATA_BYTES_MAX = 1024 * 1024
_CALL_NS = 5_000
_HEAD = struct.Struct("<IB")
#: Bits of the second field of a call with data.
_IS_AAD = 1
_IS_PADDED = 2


class Kind(Struct, frozen=True):
    """A cipher as its name tells: `policy_name` is what a policy calls it."""

    policy_name: str
    family: str
    mode: str
    key_bytes: int
    byte_ps: int


def _kinds() -> dict[str, Kind]:
    """By their names. Picoseconds for a byte were measured with OpenSSL on x86-64."""
    prices = {
        "ecb": 200,
        "cbc": 1_600,
        "ctr": 200,
        "gcm": 200,
        "ccm": 1_000,
        "cfb": 1_600,
        "cfb8": 20_000,
        "ofb": 1_600,
    }
    kinds = {}
    for bits in (128, 192, 256):
        for mode, price in prices.items():
            granted = f"aes-{bits}-{'cfb' if mode == 'cfb8' else mode}"
            kinds[f"aes-{bits}-{mode}"] = Kind(granted, "aes", mode, bits // 8, price)
    for mode in ("ecb", "cbc", "cfb", "ofb"):
        kinds[f"des-ede3-{mode}"] = Kind(f"des-ede3-{mode}", "des", mode, 24, 30_000)
    kinds["des-ede3-cfb8"] = Kind("des-ede3-cfb", "des", "cfb8", 24, 240_000)
    for mode in ("ecb", "cbc", "ctr", "cfb", "ofb", "gcm"):
        kinds[f"sm4-{mode}"] = Kind(f"sm4-{mode}", "sm4", mode, 16, 8_000)
    kinds["chacha20-poly1305"] = Kind("chacha20-poly1305", "chacha20", "stream", 32, 500)
    return kinds


KINDS = _kinds()


class Open:
    """A cipher that is under way."""

    __slots__ = ("engine", "kind")

    def __init__(self, kind: Kind, engine: Engine) -> None:
        self.kind = kind
        self.engine = engine


def _open(work: Work, name: str, encrypts: bool, key: bytes | None, iv: bytes, tag_bytes: int) -> Open:
    kind = KINDS.get(name)
    if kind is None or kind.mode == "ccm":
        raise Refusal("ValidationError", "There is no such cipher")
    work.charge(_CALL_NS)
    secret = _key(work, kind, encrypts, key)
    try:
        return Open(kind, open_engine(kind.family, kind.mode, secret, iv, encrypts, tag_bytes))
    except ValueError:
        raise Refusal("ValidationError", "The lengths of key and nonce do not fit the cipher") from None


def _key(work: Work, kind: Kind, encrypts: bool, field: bytes | None) -> bytes:
    use = "encrypt" if encrypts else "decrypt"
    secret = secret_key(work, field, use, "cipher", kind.policy_name, kind.key_bytes)
    if len(secret) != kind.key_bytes:
        raise Refusal("ValidationError", "The lengths of key and nonce do not fit the cipher")
    return secret


def _price_ns(kind: Kind, length: int) -> int:
    return _CALL_NS + length * kind.byte_ps // 1000


def open_cipher(work: Work, payload: bytes) -> bytes | Later:
    """name, encrypts (1 or 0), key, nonce, bytes of the tag, flags (2: padded), additional data, first data → the
    cipher's id u32, and what the data become."""
    name, encrypts, key, iv, tag_bytes, flags, aad, first = unpack(payload, 8)
    opened = _open(work, text(name), bool(number(encrypts)), key, data(iv), number(tag_bytes))
    part = data(first)
    if len(data(aad)) > DATA_BYTES_MAX or len(part) > DATA_BYTES_MAX:
        raise _too_much()
    identifier = work.ciphers.add(opened)
    arguments = (opened.engine, identifier, data(aad), part, bool(number(flags) & _IS_PADDED))
    return work.somewhere(_price_ns(opened.kind, len(part) + len(data(aad))), _begin, *arguments)


def _begin(engine: Engine, identifier: bytes, aad: bytes, first: bytes, padded: bool) -> bytes:
    if aad:
        engine.add(aad)
    return identifier + engine.update(first, padded) if first else identifier


def _too_much() -> Refusal:
    return Refusal("ValidationError", f"A cipher takes {DATA_BYTES_MAX} bytes at a time at most")


def feed(work: Work, payload: bytes) -> bytes | Later:
    """id u32, flags u8 (1: additional data, 2: padded), bytes → what they become."""
    opened = work.ciphers.get(payload)
    if not _HEAD.size <= len(payload) <= DATA_BYTES_MAX + _HEAD.size:
        raise _too_much()
    flags = payload[4]
    part = memoryview(payload)[_HEAD.size :]
    price_ns = _price_ns(opened.kind, len(part))
    if flags & _IS_AAD:
        work.charge(price_ns)
        opened.engine.add(part)
        return b""
    return work.somewhere(price_ns, opened.engine.update, part, bool(flags & _IS_PADDED))


def end(work: Work, payload: bytes) -> bytes:
    """id u32, padded u8, the tag to be checked if there is one → the rest, and behind it the tag if one was made."""
    opened = work.ciphers.get(payload)
    work.ciphers.drop(payload)
    work.charge(_CALL_NS)
    rest, tag = opened.engine.end(payload[4:5] == b"\1", payload[_HEAD.size :] or None)
    return rest + tag if tag else rest


def once(work: Work, payload: bytes) -> bytes | Later:
    """name, encrypts (1 or 0), key, nonce, bytes of the tag, additional data, message → the other, each with its tag
    behind it where the cipher has one."""
    name, encrypts, key, iv, tag_bytes, aad, message = unpack(payload, 7)
    kind, direction, size = KINDS.get(text(name)), bool(number(encrypts)), number(tag_bytes)
    if kind is None:
        raise Refusal("ValidationError", "There is no such cipher")
    length = len(data(message)) + len(data(aad))
    if kind.mode == "ccm":
        secret = _key(work, kind, direction, key)
        arguments = (secret, direction, data(iv), size, data(aad), data(message))
        return work.somewhere(_price_ns(kind, length), _ccm, *arguments)
    opened = _open(work, text(name), direction, key, data(iv), size)
    arguments = (opened.engine, direction, size, data(aad), data(message))
    return work.somewhere(_price_ns(kind, length), _whole, *arguments)


def _whole(engine: Engine, encrypts: bool, tag_bytes: int, aad: bytes, message: bytes) -> bytes:
    if aad:
        engine.add(aad)
    if encrypts:
        changed = engine.update(message, True)
        rest, tag = engine.end(True, None)
        return changed + rest + (tag or b"")[:tag_bytes]
    if len(message) < tag_bytes:
        raise unauthentic()
    cut = len(message) - tag_bytes
    changed = engine.update(message[:cut], True)
    rest, _ = engine.end(True, message[cut:] if tag_bytes else None)
    return changed + rest


def _ccm(key: bytes, encrypts: bool, nonce: bytes, tag_bytes: int, aad: bytes, message: bytes) -> bytes:
    """NIST SP 800-38C."""
    try:
        cipher = AESCCM(key, tag_bytes)
        return cipher.encrypt(nonce, message, aad) if encrypts else cipher.decrypt(nonce, message, aad)
    except (InvalidTag, ValueError, OverflowError):
        raise unauthentic() from None


OPERATIONS: Mapping[int, Callable[[Work, bytes], bytes | Later]] = {
    CRYPTO_CIPHER_OPEN: open_cipher,
    CRYPTO_CIPHER_DATA: feed,
    CRYPTO_CIPHER_END: end,
    CRYPTO_CIPHER_ONCE: once,
}
