"""Groups for Diffie-Hellman: those of RFC 2409 and RFC 3526, and whether another one is any good."""

from functools import cache

from Crypto.Math.Numbers import Integer
from Crypto.Math.Primality import COMPOSITE, miller_rabin_test

from host.capabilities.base import Later
from host.capabilities.crypto.asymmetric import dh_key
from host.capabilities.crypto.work import Work

GENERATOR = 2
#: Each prime is 2**n - 2**(n - 64) - 1 + 2**64 * (floor(2**(n - 130) * pi) + k): by name, n and k.
_GROUPS = {
    "modp1": (768, 149686),
    "modp2": (1024, 129093),
    "modp5": (1536, 741804),
    "modp14": (2048, 124476),
    "modp15": (3072, 1690314),
    "modp16": (4096, 240904),
    "modp17": (6144, 929484),
    "modp18": (8192, 4743158),
}
_GUARD_BITS = 64
#: What Node's verifyError is made of (OpenSSL's DH_CHECK_…).
_NOT_PRIME, _NOT_SAFE, _BAD_GENERATOR, _TOO_SMALL, _TOO_LARGE = 1, 2, 8, 128, 256
_ROUNDS = 8


def prime_of(name: str) -> int | None:
    """The prime of a group by its name, in capitals or not; None where there is no such group."""
    size = _GROUPS.get(name.lower())
    return None if size is None else _prime(*size)


@cache
def _prime(bits: int, k: int) -> int:
    return 2**bits - 2 ** (bits - 64) - 1 + 2**64 * ((_pi(bits - 130 + _GUARD_BITS) >> _GUARD_BITS) + k)


def _pi(bits: int) -> int:
    """Pi times 2**bits, by Machin's formula."""
    return 4 * (4 * _arctan_of_inverse(5, bits) - _arctan_of_inverse(239, bits))


def _arctan_of_inverse(number: int, bits: int) -> int:
    power = (1 << bits) // number
    total, divisor, sign = power, 1, -1
    while power:
        power //= number * number
        divisor += 2
        total += sign * (power // divisor)
        sign = -sign
    return total


def dh_check(work: Work, prime: int, generator: int) -> bytes | Later:
    """Node's verifyError, in decimal digits."""
    bits = prime.bit_length()
    if bits < dh_key.PRIME_BITS_MIN:
        return str(_TOO_SMALL).encode()
    if bits > dh_key.PRIME_BITS_MAX:
        return str(_TOO_LARGE).encode()
    return work.somewhere(2 * _ROUNDS * dh_key.price_ns(bits, bits), _check, prime, generator)


def _check(prime: int, generator: int) -> bytes:
    found = 0
    if prime not in {_prime(*size) for size in _GROUPS.values() if size[0] == prime.bit_length()}:
        if not _is_prime(prime):
            found |= _NOT_PRIME
        elif not _is_prime(prime // 2):
            found |= _NOT_SAFE
    if not 1 < generator < prime - 1:
        found |= _BAD_GENERATOR
    return str(found).encode()


def _is_prime(number: int) -> bool:
    return number & 1 == 1 and miller_rabin_test(Integer(number), _ROUNDS) != COMPOSITE
