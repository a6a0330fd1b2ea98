"""The numbers of RSA keys (RFC 8017), their bounds, and the parameters that an `rsa-pss` key may be tied to."""

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key
from msgspec import Struct

from host.capabilities.crypto.asymmetric.der import NULL, DerError, Reader, integer, null, octets, oid, sequence, tlv
from host.capabilities.crypto.asymmetric.faults import modulus_out_of_range, unsupported
from host.capabilities.crypto.asymmetric.hidden import Hidden

MODULUS_BITS_MIN, MODULUS_BITS_MAX = 1024, 8192
#: A public operation takes time with the length of the exponent; OpenSSL has the same bound for large moduli.
EXPONENT_BITS_MAX = 64
_SMALL_MODULUS_BITS, _SMALL_MODULUS_EXPONENT_BITS_MAX = 3072, 256
#: What a digest is called in the parameters of PSS (RFC 4055, RFC 8702).
_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.5": "sha512-224",
    "2.16.840.1.101.3.4.2.6": "sha512-256",
    "2.16.840.1.101.3.4.2.7": "sha3-224",
    "2.16.840.1.101.3.4.2.8": "sha3-256",
    "2.16.840.1.101.3.4.2.9": "sha3-384",
    "2.16.840.1.101.3.4.2.10": "sha3-512",
}
_DIGEST_OIDS = {name: number for number, name in _DIGESTS.items()}
_MGF1 = "1.2.840.113549.1.1.8"
_PLAIN = "1.2.840.113549.1.1.1"


class Public(Struct, frozen=True):
    n: int
    e: int


class Private(Hidden, frozen=True):
    n: int
    e: int
    d: int
    p: int
    q: int
    dp: int
    dq: int
    qi: int


class Restriction(Struct, frozen=True):
    """What an `rsa-pss` key signs with, and `der`, which says so. Signatures have at least so much salt, in bytes."""

    digest: str
    mgf1_digest: str
    salt_length: int
    der: bytes


def read_private(inner: Reader) -> Private:
    """The numbers of a key with two primes. Raises DerError."""
    if inner.integer() != 0:
        raise DerError
    numbers = Private(*(inner.integer() for _ in range(8)))
    inner.finish()
    return numbers


def read_public(inner: Reader) -> Public:
    numbers = Public(inner.integer(), inner.integer())
    inner.finish()
    return numbers


def write_private(numbers: Private) -> bytes:
    return sequence(integer(0), *(integer(getattr(numbers, name)) for name in numbers.__struct_fields__))


def write_public(numbers: Public) -> bytes:
    return sequence(integer(numbers.n), integer(numbers.e))


def private_handle(numbers: Private) -> rsa.RSAPrivateKey:
    """The library's key. That the primes are prime is not looked at, as it is not in Node: it takes 30 ms, and who
    makes such a key is alone with it. That the numbers fit together is, since a key whose numbers do not gives itself
    away with its first signature. Raises Failure."""
    _check_public(numbers.n, numbers.e)
    p, q, d = numbers.p, numbers.q, numbers.d
    if max(p, q).bit_length() > numbers.n.bit_length():
        raise unsupported()
    if p < 3 or q < 3 or p * q != numbers.n or not p & q & 1 or not 0 < d < numbers.n:
        raise unsupported()
    crt = (d % (p - 1), d % (q - 1))
    if (numbers.dp, numbers.dq) != crt or numbers.qi >= p or numbers.qi * q % p != 1:
        raise unsupported()
    if numbers.dp * numbers.e % (p - 1) != 1 or numbers.dq * numbers.e % (q - 1) != 1:
        raise unsupported()
    der = sequence(integer(0), sequence(oid(_PLAIN), null()), octets(write_private(numbers)))
    try:
        return load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    except ValueError:
        raise unsupported() from None


def public_handle(numbers: Public) -> rsa.RSAPublicKey:
    """Raises Failure."""
    _check_public(numbers.n, numbers.e)
    try:
        return rsa.RSAPublicNumbers(numbers.e, numbers.n).public_key()
    except ValueError:
        raise unsupported() from None


def _check_public(n: int, e: int) -> None:
    if not MODULUS_BITS_MIN <= n.bit_length() <= MODULUS_BITS_MAX:
        raise modulus_out_of_range(MODULUS_BITS_MIN, MODULUS_BITS_MAX)
    bits_max = EXPONENT_BITS_MAX if n.bit_length() > _SMALL_MODULUS_BITS else _SMALL_MODULUS_EXPONENT_BITS_MAX
    if not n & e & 1 or e < 3 or e.bit_length() > bits_max:
        raise unsupported()


def private_numbers(handle: rsa.RSAPrivateKey) -> Private:
    found = handle.private_numbers()
    public = found.public_numbers
    return Private(public.n, public.e, found.d, found.p, found.q, found.dmp1, found.dmq1, found.iqmp)


def public_numbers(handle: rsa.RSAPrivateKey | rsa.RSAPublicKey) -> Public:
    public = handle.public_key() if isinstance(handle, rsa.RSAPrivateKey) else handle
    found = public.public_numbers()
    return Public(found.n, found.e)


def restriction(parameters: bytes | None) -> Restriction | None:
    """What the DER of RSASSA-PSS-params (RFC 4055, 3.1) says; None for keys of any sort that are not restricted."""
    if not parameters:
        return None
    inner = Reader(parameters).inside()
    digest, mgf1_digest, salt_length = "sha1", "sha1", 20
    if inner.peek() == 0xA0:
        digest = _digest(inner.inside(0xA0).inside())
    if inner.peek() == 0xA1:
        mask = inner.inside(0xA1).inside()
        if mask.oid() != _MGF1:
            raise DerError
        mgf1_digest = _digest(mask.inside())
    if inner.peek() == 0xA2:
        salt_length = inner.inside(0xA2).integer()
    if inner.peek() == 0xA3 and inner.inside(0xA3).integer() != 1:
        raise DerError
    inner.finish()
    if salt_length > MODULUS_BITS_MAX // 8:
        raise DerError
    return Restriction(digest, mgf1_digest, salt_length, parameters)


def parameters(found: Restriction | None) -> bytes:
    return b"" if found is None else found.der


def write_restriction(digest: str, mgf1_digest: str, salt_length: int) -> bytes:
    """The parameters of a key that is to be restricted; what is a default is left out (X.690, 11.5)."""
    parts = []
    if digest != "sha1":
        parts.append(tlv(0xA0, _algorithm(digest)))
    if mgf1_digest != "sha1":
        parts.append(tlv(0xA1, sequence(oid(_MGF1), _algorithm(mgf1_digest))))
    if salt_length != 20:
        parts.append(tlv(0xA2, integer(salt_length)))
    return sequence(*parts)


def knows_digest(name: str) -> bool:
    return name in _DIGEST_OIDS


def _algorithm(digest: str) -> bytes:
    return sequence(oid(_DIGEST_OIDS[digest]), null())


def _digest(algorithm: Reader) -> str:
    name = _DIGESTS.get(algorithm.oid())
    if name is None:
        raise DerError
    if algorithm.peek() == NULL:
        algorithm.read(NULL)
    algorithm.finish()
    return name
