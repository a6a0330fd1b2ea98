"""Groups for Diffie-Hellman: those of RFC 2409 and RFC 3526."""

from functools import cache

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


def is_known(prime: int) -> bool:
    """Whether it is the prime of one of these groups."""
    return any(_prime(*size) == prime for size in _GROUPS.values() if size[0] == prime.bit_length())
