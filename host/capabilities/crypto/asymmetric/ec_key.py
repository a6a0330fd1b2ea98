"""Private scalars and public points on a curve, with the library's keys or, for SM2, ours."""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from host.capabilities.crypto.asymmetric import sm2
from host.capabilities.crypto.asymmetric.curves import Curve
from host.capabilities.crypto.asymmetric.der import bits, tlv
from host.capabilities.crypto.asymmetric.faults import unsupported
from host.capabilities.crypto.asymmetric.sm2 import Sm2Key

_UNCOMPRESSED = (Encoding.X962, PublicFormat.UncompressedPoint)


def private_handle(curve: Curve, scalar: int) -> tuple[ec.EllipticCurvePrivateKey | Sm2Key, bytes]:
    """The key, and its public point without compression. Raises Failure where the scalar is out of range."""
    try:
        if curve.library is None:
            key = sm2.private_key(scalar)
            return key, key.point
        handle = ec.derive_private_key(scalar, curve.library)
    except (ValueError, TypeError):
        raise unsupported() from None
    return handle, handle.public_key().public_bytes(*_UNCOMPRESSED)


def checked_handle(der: bytes) -> ec.EllipticCurvePrivateKey:
    """The library's key of canonical PKCS #8. Raises Failure where the scalar is out of range, or not the point's."""
    try:
        return load_der_private_key(der, None)
    except ValueError:
        raise unsupported() from None


def public_handle(curve: Curve, point: bytes) -> tuple[ec.EllipticCurvePublicKey | Sm2Key, bytes]:
    """The key, and its point without compression. Raises Failure for what is no point of the curve."""
    encoded = _without_hybrid(curve, point)
    if curve.library is None:
        try:
            key = sm2.public_key(encoded)
        except ValueError:
            raise unsupported() from None
        return key, key.point
    try:
        handle = ec.EllipticCurvePublicKey.from_encoded_point(curve.library, encoded)
    except ValueError:
        raise unsupported() from None
    return handle, handle.public_bytes(*_UNCOMPRESSED)


def uncompressed(curve: Curve, point: bytes) -> bytes:
    return public_handle(curve, point)[1]


def _without_hybrid(curve: Curve, point: bytes) -> bytes:
    if point[:1] in (b"\x06", b"\x07") and len(point) == 1 + 2 * curve.size and point[0] & 1 == point[-1] & 1:
        return b"\x04" + point[1:]
    if len(point) > 1 + 2 * curve.size:
        raise unsupported()
    return point


def point_of(curve: Curve, handle: ec.EllipticCurvePrivateKey | Sm2Key) -> bytes:
    """The public point of a private key, without compression."""
    return handle.point if curve.library is None else handle.public_key().public_bytes(*_UNCOMPRESSED)


def scalar_of(curve: Curve, handle: ec.EllipticCurvePrivateKey | Sm2Key) -> int:
    return handle.scalar if curve.library is None else handle.private_numbers().private_value


def written(point: bytes, form: str) -> bytes:
    """A point that is not compressed, in another form: `compressed`, `uncompressed` or `hybrid`."""
    parity = point[-1] & 1
    if form == "compressed":
        return bytes((2 + parity,)) + point[1 : 1 + len(point) // 2]
    return bytes((6 + parity,)) + point[1:] if form == "hybrid" else point


def tagged_point(point: bytes) -> bytes:
    """A point as an ECPrivateKey has it (RFC 5915)."""
    return tlv(0xA1, bits(point))
