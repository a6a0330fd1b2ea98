"""About what an operation with a key takes, in nanoseconds: by the key alone, so that it is the same everywhere."""

from host.capabilities.crypto.asymmetric import rsa_key
from host.capabilities.crypto.asymmetric.key import Key

_RSA_PRIVATE_2048_NS = 300_000
_RSA_PUBLIC_2048_NS = 30_000
_OKP_NS = {"ed25519": 60_000, "x25519": 60_000, "ed448": 200_000, "x448": 200_000}
#: The exponent that nearly all keys have is so long.
_USUAL_EXPONENT_BITS = 17


def private_ns(key: Key) -> int:
    """Of signing, decrypting or agreeing."""
    if key.kind in ("rsa", "rsa-pss"):
        return _RSA_PRIVATE_2048_NS * key.handle.key_size**3 // 2048**3
    return key.curve.price_ns if key.curve is not None else _OKP_NS[key.kind]


def public_ns(key: Key) -> int:
    """Of verifying or encrypting."""
    if key.kind in ("rsa", "rsa-pss"):
        exponent_bits = max(rsa_key.public_numbers(key.handle).e.bit_length(), _USUAL_EXPONENT_BITS)
        return _RSA_PUBLIC_2048_NS * key.handle.key_size**2 * exponent_bits // (2048**2 * _USUAL_EXPONENT_BITS)
    return 2 * private_ns(key)
