"""Diffie-Hellman over numbers, for Node's objects of that name: numbers, keys and primes."""

import secrets

from host.capabilities.base import Later, Refusal
from host.capabilities.crypto.asymmetric import dh_groups, dh_key, faults, job
from host.capabilities.crypto.asymmetric import key as keys
from host.capabilities.crypto.asymmetric.generate import made_apart, power
from host.capabilities.crypto.asymmetric.key_calls import pair
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.fields import pack, text, unpack
from host.capabilities.crypto.work import ON_THREAD_NS, Work

SAFE_PRIME_BITS_MAX = 2048
_GROUP_NS = 100_000
#: What verifyError is where all is well, and of a prime that is too short or too long.
_NOTHING_WRONG, _TOO_SMALL, _TOO_LARGE = b"0", b"128", b"256"
#: A number that is given; the longest prime has half as many, and what is longer than it is reduced.
_NUMBER_BYTES_MAX = 2048
#: On the average; it varies by some times.
_SAFE_PRIME_1024_NS = 3_000_000_000
#: A private number is so long for a prime of a length, by what both resist (RFC 7919, 5.2).
_SECRET_BITS = ((2048, 225), (3072, 275), (4096, 325), (6144, 375), (8192, 400))


def dh(work: Work, payload: bytes) -> bytes | Later:
    """what, prime, number, number → by what: `generate` (the generator) a private number and its public one, `pair` the
    same as keys, `public` (generator, private number) the public one, `agree` (the other's public number,
    private number) the secret, `check` (generator) Node's verifyError, `prime` (bits in the place of the prime,
    generator) a safe prime, `group` (its name in the place of the prime) a prime and its generator."""
    what, *rest = unpack(payload, 4)
    if text(what) == "group":
        return _group(work, text(rest[0]))
    if any(field is not None and len(field) > _NUMBER_BYTES_MAX for field in rest):
        raise faults.dh("02800067", "modulus too large")
    prime, base, exponent = (int.from_bytes(field or b"", "big") for field in rest)
    if text(what) == "prime":
        return _prime(work, prime, base)
    if text(what) == "check":
        return _check(work, prime, base)
    dh_key.check_prime(prime)
    if exponent.bit_length() > dh_key.PRIME_BITS_MAX:
        raise faults.dh("02800067", "modulus too large")
    work.ask("exchange" if text(what) == "agree" else "keypair", "dh")
    bits = exponent.bit_length() or _secret_bits(prime)
    price_ns = dh_key.price_ns(prime.bit_length(), bits)
    match text(what):
        case "generate":
            return work.somewhere(price_ns, _generate, prime, base, bits)
        case "pair":
            dh_key.check_group(prime, base)
            return work.somewhere(price_ns, _pair, prime, base, bits)
        case "public":
            return power(work, base % prime, exponent, prime, _trimmed)
        case "agree":
            return power(work, base % prime, exponent, prime, lambda secret: _known_by_two(secret, prime))
    raise Refusal("ValidationError", "There is no such work with numbers")


def _group(work: Work, name: str) -> bytes:
    work.charge(_GROUP_NS)
    prime = dh_groups.prime_of(name)
    if prime is None:
        raise Failure("ERR_CRYPTO_UNKNOWN_DH_GROUP", "Unknown DH group")
    return pack(_bytes(prime), _bytes(dh_groups.GENERATOR))


def _secret_bits(prime: int) -> int:
    bits = prime.bit_length()
    return next(secret for most, secret in _SECRET_BITS if bits <= most)


def _secret(bits: int) -> int:
    return secrets.randbits(bits - 1) | 1 << (bits - 1)


def _generate(prime: int, generator: int, bits: int) -> bytes:
    secret = _secret(bits)
    return pack(_bytes(secret), _public(prime, generator, secret))


def _pair(prime: int, generator: int, bits: int) -> bytes:
    secret = _secret(bits)
    handle = dh_key.DhKey(prime, generator, dh_key.power(generator, secret, prime), secret)
    return pair(keys.dh_private(handle))


def _public(prime: int, generator: int, secret: int) -> bytes:
    return _bytes(dh_key.power(generator % prime, secret, prime))


def _known_by_two(secret: bytes, prime: int) -> bytes:
    """The same secret. Raises Failure for one that everybody knows."""
    if int.from_bytes(secret, "big") in (0, 1, prime - 1):
        raise faults.dh("02800066", "invalid secret")
    return secret


def _trimmed(number: bytes) -> bytes:
    return number.lstrip(b"\0")


def _check(work: Work, prime: int, generator: int) -> bytes | Later:
    """Node's verifyError, in decimal digits."""
    bits = prime.bit_length()
    if not dh_key.PRIME_BITS_MIN <= bits <= dh_key.PRIME_BITS_MAX:
        return _TOO_SMALL if bits < dh_key.PRIME_BITS_MIN else _TOO_LARGE
    work.charge(_GROUP_NS)
    if dh_groups.is_known(prime) and 1 < generator < prime - 1:
        return _NOTHING_WRONG
    price_ns = 2 * job.ROUNDS * dh_key.price_ns(bits, bits)
    if price_ns > ON_THREAD_NS:
        return made_apart(work, job.Check(f"{prime:x}", f"{generator:x}"), price_ns, bytes)
    return work.somewhere(price_ns, lambda: str(job.check(prime, generator)).encode())


def _bytes(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _prime(work: Work, bits: int, generator: int) -> Later:
    if bits < dh_key.PRIME_BITS_MIN:
        raise faults.dh("0280007E", "modulus too small")
    if bits > SAFE_PRIME_BITS_MAX:
        raise faults.dh("02800067", "modulus too large")
    # Modulo what, so that the generator is one of the subgroup of prime order.
    modulus, rest = {2: (24, 23), 5: (60, 59)}.get(generator, (12, 11))
    work.ask("keypair", "dh")
    price_ns = _SAFE_PRIME_1024_NS * bits**4 // 1024**4
    return made_apart(work, job.SafePrime(bits, modulus, rest), price_ns, bytes)
