"""What is made apart, because it may take long: RSA keys, and primes for Diffie-Hellman (host/capabilities/apart)."""

import secrets

import msgspec
from Crypto.Math.Numbers import Integer
from Crypto.Math.Primality import COMPOSITE, miller_rabin_test
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec import Struct

from host.capabilities.apart.door import Door

_SMALL_PRIMES = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]
_ROUNDS = 12


class RsaKey(Struct, frozen=True, tag=True):
    """An RSA key: how many bits, and its public exponent."""

    bits: int
    exponent: int


class SafePrime(Struct, frozen=True, tag=True):
    """A prime p of so many bits where (p - 1) / 2 is one too, and p modulo `modulus` is `rest`."""

    bits: int
    modulus: int
    rest: int


_decode = msgspec.json.Decoder(RsaKey | SafePrime).decode
encode = msgspec.json.Encoder().encode


def make(door: Door) -> None:
    """One frame says what, one is it: PKCS #8, or the prime's bytes."""
    match _decode(door.receive()):
        case RsaKey(bits, exponent):
            door.send(_rsa_key(bits, exponent))
        case SafePrime(bits, modulus, rest):
            door.send(_safe_prime(bits, modulus, rest).to_bytes((bits + 7) // 8, "big"))


def _rsa_key(bits: int, exponent: int) -> bytes:
    key = rsa.generate_private_key(exponent, bits)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _safe_prime(bits: int, modulus: int, rest: int) -> int:
    """By trying; the process ends with the execution, so this may go on for as long as that has."""
    while True:
        start = secrets.randbits(bits - 2) | 1 << (bits - 2) | 1 << (bits - 3)
        for half in range(start | 1, (start | 1) + 20_000, 2):
            prime = 2 * half + 1
            if prime % modulus != rest or prime.bit_length() != bits:
                continue
            if any(half % small in (0, (small - 1) // 2) for small in _SMALL_PRIMES):
                continue
            if pow(Integer(2), Integer(half - 1), Integer(half)) == 1 and _is_prime(half) and _is_prime(prime):
                return prime


def _is_prime(number: int) -> bool:
    return miller_rabin_test(Integer(number), _ROUNDS) != COMPOSITE
