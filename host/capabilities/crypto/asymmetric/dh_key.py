"""Diffie-Hellman over numbers: keys (PKCS #3), the groups of RFC 2409 and RFC 3526, and agreement.

The library's own is on its way out, and Python's `pow` is many times slower than that of pycryptodome, which also takes
the same time for all exponents of a length."""

from Crypto.Math.Numbers import Integer

from host.capabilities.crypto.asymmetric.der import Reader, integer, oid, sequence
from host.capabilities.crypto.asymmetric.faults import dh, no_inverse, unsupported
from host.capabilities.crypto.asymmetric.hidden import Hidden

PRIME_BITS_MIN, PRIME_BITS_MAX = 512, 8192
#: A private number for a long prime need not be as long as that (RFC 7919, 5.2). With one that is so long that a power
#: takes this much, a key is refused.
_SECRET_NS_MAX = 50_000_000


class DhKey(Hidden, frozen=True):
    """`secret` is None in a public key, and `public` may be in a private one: it is computed where it is asked for."""

    prime: int
    generator: int
    public: int | None
    secret: int | None = None

    def public_half(self) -> "DhKey":
        public = self.public
        return DhKey(
            self.prime, self.generator, power(self.generator, self.secret, self.prime) if public is None else public
        )

    @property
    def size(self) -> int:
        """The length of the prime in bytes."""
        return (self.prime.bit_length() + 7) // 8


def power(base: int, exponent: int, prime: int) -> int:
    """`base ** exponent` modulo an odd number."""
    return int(pow(Integer(base), Integer(exponent), Integer(prime)))


def price_ns(prime_bits: int, exponent_bits: int) -> int:
    """About what a power takes."""
    return 3_000 + exponent_bits * prime_bits * prime_bits // 3000


def agree(mine: DhKey, theirs: int) -> bytes:
    """The shared number, as long as the prime. The caller has checked the range of `theirs`."""
    return power(theirs, mine.secret, mine.prime).to_bytes(mine.size, "big")


def read_private(parameters: Reader, content: Reader) -> DhKey:
    prime, generator = _read_parameters(parameters)
    secret = content.integer()
    content.finish()
    if not 0 < secret < prime or price_ns(prime.bit_length(), secret.bit_length()) > _SECRET_NS_MAX:
        raise unsupported()
    return DhKey(prime, generator, None, secret)


def read_public(parameters: Reader, content: Reader) -> DhKey:
    prime, generator = _read_parameters(parameters)
    public = content.integer()
    content.finish()
    if not 1 < public < prime - 1:
        raise unsupported()
    return DhKey(prime, generator, public)


def _read_parameters(algorithm: Reader) -> tuple[int, int]:
    inner = algorithm.inside()
    algorithm.finish()
    prime, generator = inner.integer(), inner.integer()
    if not inner.at_end:
        inner.integer()
    inner.finish()
    check_group(prime, generator)
    return prime, generator


def check_group(prime: int, generator: int) -> None:
    """Raises Failure for what is too small, too large or out of range."""
    if not PRIME_BITS_MIN <= prime.bit_length() <= PRIME_BITS_MAX or not prime & 1:
        raise unsupported()
    if not 1 < generator < prime - 1:
        raise unsupported()


def check_prime(prime: int) -> None:
    """The same of a prime alone, in OpenSSL's words."""
    if prime.bit_length() < PRIME_BITS_MIN:
        raise dh("0280007E", "modulus too small")
    if prime.bit_length() > PRIME_BITS_MAX:
        raise dh("02800067", "modulus too large")
    if not prime & 1:
        raise no_inverse()


def algorithm(name: str, key: DhKey) -> bytes:
    return sequence(oid(name), sequence(integer(key.prime), integer(key.generator)))
