"""Permits for what the guest computes itself, what is said of a named key, randomness, and wrapped keys (AES-KW)."""

from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from host.capabilities.base import Later, Refusal
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.fields import data, number, pack, text, unpack
from host.capabilities.crypto.secrets import named_for, secret_key
from host.capabilities.crypto.work import Work

CRYPTO_ASK = 32
CRYPTO_RANDOM = 45
CRYPTO_KEY = 46
CRYPTO_WRAP = 47

#: The web's limit for one call; the guest asks again for more.
RANDOM_BYTES_MAX = 1024 * 1024
WRAPPED_BYTES_MAX = 64 * 1024
_ASK_NS = 1_000
_RANDOM_BYTE_NS = 3
_WRAP_BYTE_NS = 100


def ask(work: Work, payload: bytes) -> bytes:
    """operation, algorithm or absent, a key's name or absent (the operation is then a use of it) → nothing."""
    operation, algorithm, name = unpack(payload, 3)
    work.charge(_ASK_NS)
    if name is not None:
        named_for(work, text(name), text(operation), text(algorithm))
    else:
        work.ask(text(operation), None if algorithm is None else text(algorithm))
    return b""


def random(work: Work, payload: bytes) -> bytes:
    """count → so many random bytes."""
    (count,) = unpack(payload, 1)
    wanted = number(count)
    if not 0 <= wanted <= RANDOM_BYTES_MAX:
        raise Refusal("ValidationError", f"Random bytes come {RANDOM_BYTES_MAX} at a time at most")
    work.ask("random", None)
    work.charge(_ASK_NS + wanted * _RANDOM_BYTE_NS)
    return work.draw(wanted)


def describe(work: Work, payload: bytes) -> bytes:
    """name → algorithm, uses (with commas)."""
    (name,) = unpack(payload, 1)
    grant = work.key_grant(text(name))
    return pack(grant.algorithm, ",".join(grant.use))


def wrap(work: Work, payload: bytes) -> bytes:
    """wraps (1) or unwraps (0), key to wrap with, key → the other."""
    wraps, key, wrapped = unpack(payload, 3)
    plain = data(wrapped)
    # A named key has its name behind its first byte, and wraps nothing: `crypto.subtle` takes none.
    bits = (len(data(key)) - 1) * 8 if data(key)[:1] == b"S" else 0
    if bits not in (128, 192, 256) or len(plain) > WRAPPED_BYTES_MAX:
        raise Refusal("ValidationError", "There is no such key to wrap with")
    wrapping = secret_key(work, key, "encrypt", "cipher", f"aes{bits}-wrap", bits // 8)
    work.charge(_ASK_NS + len(plain) * _WRAP_BYTE_NS)
    try:
        return aes_key_wrap(wrapping, plain) if number(wraps) else aes_key_unwrap(wrapping, plain)
    except (ValueError, InvalidUnwrap):
        raise Failure("", "The operation failed for an operation-specific reason", "OperationError") from None


OPERATIONS: Mapping[int, Callable[[Work, bytes], bytes | Later]] = {
    CRYPTO_ASK: ask,
    CRYPTO_RANDOM: random,
    CRYPTO_KEY: describe,
    CRYPTO_WRAP: wrap,
}
