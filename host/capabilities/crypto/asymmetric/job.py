"""What is computed apart, because it may take long: RSA keys, and Diffie-Hellman with long numbers
(host/capabilities/apart)."""

import secrets

import msgspec
from Crypto.Math.Numbers import Integer
from Crypto.Math.Primality import COMPOSITE, miller_rabin_test
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec import Struct

from host.capabilities.apart.door import Door

_SMALL_PRIMES = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]
ROUNDS = 8
_NOT_PRIME, _NOT_SAFE, _BAD_GENERATOR = 1, 2, 8


class RsaKey(Struct, frozen=True, tag=True):
    """An RSA key: how many bits, and its public exponent."""

    bits: int
    exponent: int


class SafePrime(Struct, frozen=True, tag=True):
    """A prime p of so many bits where (p - 1) / 2 is one too, and p modulo `modulus` is `rest`."""

    bits: int
    modulus: int
    rest: int


class Power(Struct, frozen=True, tag=True):
    """`base ** exponent` modulo `prime`, each in hexadecimal digits."""

    base: str
    exponent: str
    prime: str

    def __repr__(self) -> str:
        return "Power()"


class Check(Struct, frozen=True, tag=True):
    """What is wrong with a group: both numbers in hexadecimal digits."""

    prime: str
    generator: str


Job = RsaKey | SafePrime | Power | Check
_decode = msgspec.json.Decoder(Job).decode
encode = msgspec.json.Encoder().encode


def make(door: Door) -> None:
    """One frame says what, one is it: PKCS #8, the bytes of a number, or the decimal digits of what is wrong."""
    match _decode(door.receive()):
        case RsaKey(bits, exponent):
            door.send(_rsa_key(bits, exponent))
        case SafePrime(bits, modulus, rest):
            door.send(_safe_prime(bits, modulus, rest).to_bytes((bits + 7) // 8, "big"))
        case Power(base, exponent, prime):
            value = pow(Integer(int(base, 16)), Integer(int(exponent, 16)), Integer(int(prime, 16)))
            door.send(int(value).to_bytes((len(prime) + 1) // 2, "big"))
        case Check(prime, generator):
            door.send(str(check(int(prime, 16), int(generator, 16))).encode())


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
            if pow(Integer(2), Integer(half - 1), Integer(half)) == 1 and is_prime(half) and is_prime(prime):
                return prime


def check(prime: int, generator: int) -> int:
    """What Node's verifyError says of a group (OpenSSL's DH_CHECK_…), the length of the prime aside."""
    found = 0
    if not is_prime(prime):
        found |= _NOT_PRIME
    elif not is_prime(prime // 2):
        found |= _NOT_SAFE
    return found if 1 < generator < prime - 1 else found | _BAD_GENERATOR


def is_prime(number: int) -> bool:
    return number & 1 == 1 and miller_rabin_test(Integer(number), ROUNDS) != COMPOSITE
