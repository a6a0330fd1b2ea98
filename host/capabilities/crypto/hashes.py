"""Hashes and HMACs of what is too large for the guest, or of an algorithm that it does not have.

A stream is opened with the first bytes, fed, copied, and ended once. HMAC's key goes in with the opening.
"""

import hashlib
import hmac
import struct
from collections.abc import Callable, Mapping
from typing import Any

from host.capabilities.base import Later, Refusal
from host.capabilities.crypto.failure import ossl
from host.capabilities.crypto.fields import data, number, text, unpack
from host.capabilities.crypto.secrets import secret_key
from host.capabilities.crypto.work import Work

CRYPTO_DIGEST = 33
CRYPTO_HASH_OPEN = 34
CRYPTO_HASH_DATA = 35
CRYPTO_HASH_END = 36
CRYPTO_HASH_COPY = 37

#: Picoseconds for a byte, by the policy's names; measured with OpenSSL 3.0 on x86-64.
_BYTE_PS = {
    "md5": 1_200, "sha1": 600, "sha224": 600, "sha256": 600, "sha384": 1_000, "sha512": 1_000, "sha512-224": 1_000,
    "sha512-256": 1_000, "sha3-224": 1_800, "sha3-256": 1_800, "sha3-384": 2_300, "sha3-512": 3_300, "shake128": 1_500,
    "shake256": 1_800, "blake2b512": 900, "blake2s256": 1_400, "ripemd160": 3_000, "sm3": 2_200,
}  # fmt: skip
_NAMES = {
    "sha512-224": "sha512_224", "sha512-256": "sha512_256", "sha3-224": "sha3_224", "sha3-256": "sha3_256",
    "sha3-384": "sha3_384", "sha3-512": "sha3_512", "shake128": "shake_128", "shake256": "shake_256",
    "blake2b512": "blake2b", "blake2s256": "blake2s",
}  # fmt: skip
_XOFS = frozenset({"shake128", "shake256"})
_XOF_SIZES = {"shake128": 16, "shake256": 32}
_CALL_NS = 2_000
#: One call goes through so much at most: it is over within a millisecond or few.
DATA_BYTES_MAX = 1024 * 1024
OUTPUT_BYTES_MAX = 16 * 1024 * 1024
_ID = struct.Struct("<I")


def hash_name(algorithm: str) -> str:
    """The name that `hashlib` has for an algorithm of the policy's."""
    return _NAMES.get(algorithm, algorithm)


def price_ns(algorithm: str, length: int) -> int:
    """The price of going through so many bytes."""
    return _CALL_NS + length * _BYTE_PS[algorithm] // 1000


class Stream:
    """A hash or an HMAC that is under way."""

    __slots__ = ("algorithm", "size", "state")

    def __init__(self, algorithm: str, state: Any, size: int | None) -> None:
        self.algorithm = algorithm
        self.state = state
        self.size = size

    def end(self, work: Work) -> bytes | Later:
        if self.algorithm not in _XOFS:
            return self.state.digest()
        size = _XOF_SIZES[self.algorithm] if self.size is None else self.size
        return work.somewhere(price_ns(self.algorithm, size), self.state.digest, size)

    def copy(self) -> "Stream":
        return Stream(self.algorithm, self.state.copy(), self.size)


def _begin(work: Work, algorithm: str, size: bytes | None, key: bytes | None, begun: bytes) -> Stream:
    if algorithm not in _BYTE_PS or len(begun) > DATA_BYTES_MAX:
        raise Refusal("ValidationError", "There is no such hash")
    if key is not None:
        if algorithm in _XOFS:
            raise Refusal("ValidationError", "There is no such hash")
        secret = secret_key(work, key, "hmac", "hmac", algorithm, None)
        work.charge(price_ns(algorithm, len(secret) + len(begun)))
        return Stream(algorithm, hmac.new(secret, begun, hash_name(algorithm)), None)
    work.ask("hash", algorithm)
    length = None if size is None else number(size)
    if length is not None and not 0 <= length <= OUTPUT_BYTES_MAX:
        raise Refusal("ValidationError", f"A hash has at most {OUTPUT_BYTES_MAX} bytes")
    work.charge(price_ns(algorithm, len(begun)))
    state = hashlib.new(hash_name(algorithm), begun)
    if length is not None and algorithm not in _XOFS and length != state.digest_size:
        raise _no_such_length()
    return Stream(algorithm, state, length)


def _no_such_length() -> Exception:
    return ossl(
        "ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH", "030000B2", "digital envelope routines", "not XOF or invalid length"
    )


def digest(work: Work, payload: bytes) -> bytes | Later:
    """algorithm, size or absent, HMAC's key or absent, data → the hash."""
    algorithm, size, key, begun = unpack(payload, 4)
    return _begin(work, text(algorithm), size, key, data(begun)).end(work)


def open_stream(work: Work, payload: bytes) -> bytes:
    """algorithm, size or absent, HMAC's key or absent, first bytes → the stream's id u32."""
    algorithm, size, key, begun = unpack(payload, 4)
    return work.hashes.add(_begin(work, text(algorithm), size, key, data(begun)))


def feed(work: Work, payload: bytes) -> bytes:
    """id u32, bytes → nothing."""
    stream = work.hashes.get(payload)
    length = len(payload) - _ID.size
    if length > DATA_BYTES_MAX:
        raise Refusal("ValidationError", f"A hash takes {DATA_BYTES_MAX} bytes at a time at most")
    work.charge(price_ns(stream.algorithm, length))
    stream.state.update(memoryview(payload)[_ID.size :])
    return b""


def end(work: Work, payload: bytes) -> bytes | Later:
    """id u32 → the hash; the stream is over."""
    stream = work.hashes.get(payload)
    work.hashes.drop(payload)
    work.charge(_CALL_NS)
    return stream.end(work)


def copy(work: Work, payload: bytes) -> bytes:
    """id u32 → the id of a stream that has come as far."""
    work.charge(_CALL_NS)
    return work.hashes.add(work.hashes.get(payload).copy())


OPERATIONS: Mapping[int, Callable[[Work, bytes], bytes | Later]] = {
    CRYPTO_DIGEST: digest,
    CRYPTO_HASH_OPEN: open_stream,
    CRYPTO_HASH_DATA: feed,
    CRYPTO_HASH_END: end,
    CRYPTO_HASH_COPY: copy,
}
