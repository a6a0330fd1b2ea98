"""Keys out of passwords and secrets: PBKDF2, scrypt, HKDF. The price is known before any of it is done."""

import hashlib
import hmac
from collections.abc import Callable, Mapping

from host.capabilities.base import Later, Refusal
from host.capabilities.crypto.derive_job import Pbkdf2, Scrypt, key_of
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.fields import data, number, text, unpack
from host.capabilities.crypto.hashes import hash_name
from host.capabilities.crypto.secrets import secret_key
from host.capabilities.crypto.slowly import derived_apart
from host.capabilities.crypto.work import ON_THREAD_NS, Work

CRYPTO_PBKDF2 = 42
CRYPTO_SCRYPT = 43
CRYPTO_HKDF = 44

#: Nanoseconds for one round of HMAC within PBKDF2, and the bytes that it gives, by the policy's names.
_ROUNDS = {
    "md5": (350, 16), "sha1": (250, 20), "sha224": (300, 28), "sha256": (300, 32), "sha384": (500, 48),
    "sha512": (500, 64), "sha512-224": (500, 28), "sha512-256": (500, 32), "sha3-224": (1_500, 28),
    "sha3-256": (1_500, 32), "sha3-384": (1_500, 48), "sha3-512": (1_500, 64), "blake2b512": (700, 64),
    "blake2s256": (500, 32), "ripemd160": (1_000, 20), "sm3": (1_200, 32),
}  # fmt: skip
_CALL_NS = 5_000
#: What HKDF may take; its thread cannot be stopped.
HKDF_NS_MAX = 50_000_000
#: Nanoseconds for a block of 128 * r bytes, for each r, twice through (RFC 7914).
_SCRYPT_NS = 400
SCRYPT_MEMORY_BYTES_MAX = 128 * 1024 * 1024
OUTPUT_BYTES_MAX = 1024 * 1024
#: A salt, and HKDF's info.
SALT_BYTES_MAX = 1024 * 1024
#: For a byte that goes through a hash.
_BYTE_NS = 3
_HKDF_BLOCKS_MAX = 255
#: OpenSSL counts iterations with an int, and lanes of scrypt as RFC 7914 does.
_ITERATIONS_MAX = 2**31 - 1
_SCRYPT_LANES_MAX = 2**30 - 1


def _secret(work: Work, field: bytes | None, algorithm: str) -> bytes:
    return secret_key(work, field, "derive", "derive", algorithm, None)


def _digest(field: bytes | None) -> str:
    name = text(field)
    if name not in _ROUNDS:
        raise Refusal("ValidationError", "There is no such hash")
    return name


def _output(field: bytes | None) -> int:
    length = number(field)
    if not 0 <= length <= OUTPUT_BYTES_MAX:
        raise Refusal("ValidationError", f"A derived key has at most {OUTPUT_BYTES_MAX} bytes")
    return length


def _salt(field: bytes | None) -> bytes:
    salt = data(field)
    if len(salt) > SALT_BYTES_MAX:
        raise Refusal("ValidationError", f"A salt has at most {SALT_BYTES_MAX} bytes here")
    return salt


def pbkdf2(work: Work, payload: bytes) -> bytes | Later:
    """password, salt, iterations, bytes, hash → the key (RFC 8018)."""
    password, salt, iterations, size, digest = unpack(payload, 5)
    secret, length, name = _secret(work, password, "pbkdf2"), _output(size), _digest(digest)
    rounds = number(iterations)
    if not 1 <= rounds <= _ITERATIONS_MAX:
        raise Refusal("ValidationError", "There is no such number of iterations")
    if length == 0:
        return b""
    round_ns, block_bytes = _ROUNDS[name]
    blocks, salted = -(-length // block_bytes), _salt(salt)
    # The salt goes through the hash again for each block.
    price_ns = _CALL_NS + blocks * (rounds * round_ns + len(salted) * _BYTE_NS) + len(secret) * _BYTE_NS
    return _derived(work, price_ns, Pbkdf2(hash_name(name), secret, salted, rounds, length))


def scrypt(work: Work, payload: bytes) -> bytes | Later:
    """password, salt, N, r, p, bytes → the key (RFC 7914). The guest has checked the parameters."""
    password, salt, cost, block, parallel, size = unpack(payload, 6)
    secret, length = _secret(work, password, "scrypt"), _output(size)
    n, r, p, salted = number(cost), number(block), number(parallel), _salt(salt)
    memory_bytes = 128 * r * (n + p + 2)
    # The memory comes first: it bounds the numbers that the rest calculates with.
    is_too_much = n < 2 or min(r, p) < 1 or memory_bytes > SCRYPT_MEMORY_BYTES_MAX or r * p > _SCRYPT_LANES_MAX
    if is_too_much or n & (n - 1) or n >= 2 ** (16 * r):
        raise Failure(
            "ERR_CRYPTO_INVALID_SCRYPT_PARAMS",
            f"Invalid scrypt params: a key is derived with {SCRYPT_MEMORY_BYTES_MAX} bytes of memory at most",
            "RangeError",
        )
    price_ns = _CALL_NS + n * r * p * _SCRYPT_NS + (len(salted) + len(secret)) * _BYTE_NS
    if length == 0:
        return b""
    # OpenSSL copies the lanes once more at the end.
    return _derived(work, price_ns, Scrypt(secret, salted, n, r, p, length), memory_bytes + 128 * r * p)


def _derived(work: Work, price_ns: int, what: Pbkdf2 | Scrypt, memory_bytes: int = 0) -> bytes | Later:
    """At once, on a thread, or apart, by what it costs: on a thread it could not be stopped."""
    if price_ns <= ON_THREAD_NS:
        return work.somewhere(price_ns, key_of, what)
    work.spend(price_ns)
    return derived_apart(work, what, memory_bytes)


def hkdf(work: Work, payload: bytes) -> bytes | Later:
    """hash, key, salt, info, bytes → the key (RFC 5869)."""
    digest, key, salt, info, size = unpack(payload, 5)
    name, length, secret = _digest(digest), _output(size), _secret(work, key, "hkdf")
    salted, told = _salt(salt), _salt(info)
    round_ns, block_bytes = _ROUNDS[name]
    blocks = -(-length // block_bytes)
    if blocks > _HKDF_BLOCKS_MAX:
        raise Failure("ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length", "RangeError")
    price_ns = _CALL_NS + (blocks + 2) * (2_000 + 2 * round_ns) + blocks * len(told) * _BYTE_NS
    price_ns += (len(secret) + len(salted)) * _BYTE_NS
    if price_ns > HKDF_NS_MAX:
        raise Refusal("ValidationError", "So long an info goes with a shorter key alone")
    return work.somewhere(price_ns, _hkdf, hash_name(name), secret, salted, told, length)


def _hkdf(name: str, secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    extracted = hmac.digest(salt or bytes(hashlib.new(name).digest_size), secret, name)
    derived, block = b"", b""
    while len(derived) < length:
        block = hmac.digest(extracted, block + info + bytes([len(derived) // len(extracted) + 1]), name)
        derived += block
    return derived[:length]


OPERATIONS: Mapping[int, Callable[[Work, bytes], bytes | Later]] = {
    CRYPTO_PBKDF2: pbkdf2,
    CRYPTO_SCRYPT: scrypt,
    CRYPTO_HKDF: hkdf,
}
