"""SM2 (GM/T 0003, formats of GM/T 0009): keys, signatures over SM3, and encryption."""

import secrets

from cryptography.hazmat.primitives.hashes import SM3, Hash

from host.capabilities.crypto.asymmetric import sm2_curve as curve
from host.capabilities.crypto.asymmetric.der import OCTET_STRING, DerError, Reader, integer, octets, sequence
from host.capabilities.crypto.asymmetric.hidden import Hidden

#: Who signs, where nobody says otherwise (GM/T 0009, 10).
DEFAULT_ID = b"1234567812345678"
ID_BYTES_MAX = 8191
_BYTES = curve.BYTES
_DIGEST_BYTES = 32
_SIGNATURE_BYTES_MAX = 2 * (_BYTES + 3) + 2
#: A secret is multiplied with itself plus so many bits of multiples of the order, so that its own bits do not show.
_BLINDING_BITS = 64


class Sm2Key(Hidden, frozen=True):
    """`point` is without compression, `scalar` None in a public key."""

    x: int
    y: int
    scalar: int | None = None

    @property
    def point(self) -> bytes:
        return b"\x04" + _bytes(self.x) + _bytes(self.y)


def private_key(scalar: int) -> Sm2Key:
    """Raises ValueError where the scalar is out of range: 1 to n - 2 (GM/T 0003.1, 6.1)."""
    if not 0 < scalar < curve.N - 1:
        raise ValueError("out of range")
    x, y = curve.affine(curve.multiply_base(scalar))
    return Sm2Key(x, y, scalar)


def public_key(point: bytes) -> Sm2Key:
    """The key of an encoded point. Raises ValueError for what is none."""
    if len(point) == 1 + _BYTES and point[0] in (2, 3):
        x = int.from_bytes(point[1:], "big")
        return Sm2Key(x, curve.y_of(x, point[0] & 1))
    if len(point) != 1 + 2 * _BYTES or point[0] != 4:
        raise ValueError("no point")
    x, y = int.from_bytes(point[1 : 1 + _BYTES], "big"), int.from_bytes(point[1 + _BYTES :], "big")
    if not curve.is_on_curve(x, y):
        raise ValueError("no point of the curve")
    return Sm2Key(x, y)


def generate() -> Sm2Key:
    return private_key(1 + secrets.randbelow(curve.N - 2))


def sign(key: Sm2Key, message: bytes, signer: bytes = DEFAULT_ID) -> tuple[int, int]:
    e = _hashed(key, message, signer)
    inverse = _inverse_of_secret(key.scalar)
    while True:
        k = 1 + secrets.randbelow(curve.N - 1)
        r = (e + curve.affine(curve.multiply_base(k))[0]) % curve.N
        if r == 0 or r + k == curve.N:
            continue
        s = inverse * (k - r * key.scalar) % curve.N
        if s:
            return r, s


def verify(key: Sm2Key, message: bytes, r: int, s: int, signer: bytes = DEFAULT_ID) -> bool:
    if not (0 < r < curve.N and 0 < s < curve.N):
        return False
    t = (r + s) % curve.N
    if t == 0:
        return False
    total = curve.add(curve.multiply_base(s), curve.multiply(t, (key.x, key.y)))
    if not total[2]:
        return False
    return (_hashed(key, message, signer) + curve.affine(total)[0]) % curve.N == r


def encrypt(key: Sm2Key, message: bytes) -> bytes:
    """The DER of GM/T 0009, 7.2: the point, the digest, the masked message."""
    while True:
        k = 1 + secrets.randbelow(curve.N - 1)
        x1, y1 = curve.affine(curve.multiply_base(k))
        x2, y2 = (_bytes(value) for value in curve.affine(curve.multiply(k, (key.x, key.y))))
        mask = _mask(x2 + y2, len(message))
        if any(mask) or not message:
            break
    digest = _sm3(x2, message, y2)
    return sequence(integer(x1), integer(y1), octets(digest), octets(_xor(message, mask)))


def decrypt(key: Sm2Key, ciphertext: bytes) -> bytes:
    """Raises ValueError for what was not encrypted for this key."""
    x, y, digest, masked = _read_ciphertext(ciphertext)
    if not curve.is_on_curve(x, y) or len(digest) != _DIGEST_BYTES:
        raise ValueError("no ciphertext")
    blinded = key.scalar + secrets.randbits(_BLINDING_BITS) * curve.N
    x2, y2 = (_bytes(value) for value in curve.affine(curve.multiply(blinded, (x, y))))
    message = _xor(masked, _mask(x2 + y2, len(masked)))
    if not secrets.compare_digest(_sm3(x2, message, y2), digest):
        raise ValueError("no ciphertext of this key")
    return message


def agree(mine: Sm2Key, theirs: Sm2Key) -> bytes:
    """The x of the shared point: plain Diffie-Hellman on the curve (SEC 1, 3.3.1)."""
    blinded = mine.scalar + secrets.randbits(_BLINDING_BITS) * curve.N
    return _bytes(curve.affine(curve.multiply(blinded, (theirs.x, theirs.y)))[0])


def write_signature(r: int, s: int) -> bytes:
    return sequence(integer(r), integer(s))


def read_signature(signature: bytes) -> tuple[int, int] | None:
    """None for what is not the DER of two numbers and nothing else."""
    if len(signature) > _SIGNATURE_BYTES_MAX:
        return None
    try:
        outer = Reader(signature)
        inner = outer.inside()
        r, s = inner.integer(), inner.integer()
        inner.finish()
        outer.finish()
    except DerError:
        return None
    return r, s


def _read_ciphertext(ciphertext: bytes) -> tuple[int, int, bytes, bytes]:
    outer = Reader(ciphertext)
    inner = outer.inside()
    parts = inner.integer(), inner.integer(), inner.read(OCTET_STRING), inner.read(OCTET_STRING)
    inner.finish()
    outer.finish()
    return parts


def _inverse_of_secret(scalar: int) -> int:
    """The inverse of 1 + scalar, by way of a random multiple."""
    factor = 1 + secrets.randbelow(curve.N - 1)
    return factor * pow(factor * (1 + scalar) % curve.N, -1, curve.N) % curve.N


def _hashed(key: Sm2Key, message: bytes, signer: bytes) -> int:
    """What is signed: the message behind the digest of who signs and with which key (GM/T 0003.2, 5.5)."""
    length = (8 * len(signer)).to_bytes(2, "big")
    base = (curve.A, curve.B, curve.GX, curve.GY, key.x, key.y)
    identity = _sm3(length, signer, *(_bytes(value) for value in base))
    return int.from_bytes(_sm3(identity, message), "big")


def _mask(shared: bytes, length: int) -> bytes:
    """The key derivation of GM/T 0003.4, 5.4.3."""
    blocks = -(-length // _DIGEST_BYTES)
    return b"".join(_sm3(shared, count.to_bytes(4, "big")) for count in range(1, blocks + 1))[:length]


def _xor(data: bytes, mask: bytes) -> bytes:
    return (int.from_bytes(data, "big") ^ int.from_bytes(mask, "big")).to_bytes(len(data), "big")


def _sm3(*parts: bytes) -> bytes:
    digest = Hash(SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


def _bytes(value: int) -> bytes:
    return value.to_bytes(_BYTES, "big")
