"""Agreeing on a secret with keys (ECDH, X25519, Diffie-Hellman over numbers), and with points and scalars alone."""

from cryptography.hazmat.primitives.asymmetric import ec

from host.capabilities.base import Later, Refusal
from host.capabilities.crypto.asymmetric import dh_key, ec_key, faults, prices, sm2
from host.capabilities.crypto.asymmetric.curves import Curve, find_curve
from host.capabilities.crypto.asymmetric.key import Key, ec_private, ec_public, new_ec
from host.capabilities.crypto.asymmetric.keyring import hold
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.fields import data, pack, text, unpack
from host.capabilities.crypto.work import Work

_ALGORITHMS = {"ec": "ecdh", "x25519": "x25519", "x448": "x448", "dh": "dh"}
_POINT_NS = 30_000


def agree(work: Work, payload: bytes) -> bytes | Later:
    """private key, public key → the shared secret."""
    mine_field, theirs_field = unpack(payload, 2)
    held = hold(work, mine_field, "exchange", private=True)
    mine, theirs = held.key, hold(work, theirs_field, "exchange", private=False).key
    if mine.kind != theirs.kind or mine.kind not in _ALGORITHMS:
        message = f"Incompatible key types for Diffie-Hellman: {mine.kind} and {theirs.kind}"
        raise Failure("ERR_CRYPTO_INCOMPATIBLE_KEY", message)
    held.permit(work, "exchange", _algorithm(mine.kind, mine.curve))
    if mine.curve is not theirs.curve or (mine.kind == "dh" and not _same_group(mine.handle, theirs.handle)):
        raise faults.provider("1C8000CB", "mismatching domain parameters")
    return work.somewhere(_price_ns(mine), _agree, mine, theirs)


def _algorithm(kind: str, curve: Curve | None) -> str:
    return "sm2" if curve is not None and curve.library is None else _ALGORITHMS[kind]


def _same_group(mine: dh_key.DhKey, theirs: dh_key.DhKey) -> bool:
    return (mine.prime, mine.generator) == (theirs.prime, theirs.generator)


def _price_ns(key: Key) -> int:
    if key.kind != "dh":
        return prices.private_ns(key)
    return dh_key.price_ns(key.handle.prime.bit_length(), key.handle.secret.bit_length())


def _agree(mine: Key, theirs: Key) -> bytes:
    """Raises Failure where the secret is one that everybody knows: of a point of small order (RFC 7748, 6.1)."""
    if mine.kind == "dh":
        return dh_key.agree(mine.handle, theirs.handle.public)
    if mine.kind == "ec" and mine.curve.library is None:
        return sm2.agree(mine.handle, theirs.handle)
    try:
        if mine.kind == "ec":
            return mine.handle.exchange(ec.ECDH(), theirs.handle)
        return mine.handle.exchange(theirs.handle)
    except ValueError:
        raise faults.provider("1C8000A4", "failed during derivation") from None


def point(work: Work, payload: bytes) -> bytes | Later:
    """what (`generate`, `agree`, `public`, `convert`), curve, scalar, point, form → for Node's ECDH objects: a new
    scalar and its point, the secret that scalar and point make (its own point in the place of the form), the scalar's
    own point, or the point in another form (`compressed`, `uncompressed`, `hybrid`)."""
    what, curve_field, scalar, encoded, form = unpack(payload, 5)
    curve = known_curve(curve_field)
    match text(what):
        case "generate":
            work.ask("keypair", "sm2" if curve.library is None else "ec")
            return work.somewhere(2 * curve.price_ns, _generate, curve)
        case "agree":
            work.ask("exchange", _algorithm("ec", curve))
            work.charge(curve.price_ns + _POINT_NS)
            message = "Public key is not valid for specified curve"
            theirs = _point(curve, data(encoded), "ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY", message)
            return work.somewhere(curve.price_ns, _agree, _scalar(curve, data(scalar), form), theirs)
        case "public":
            return work.somewhere(curve.price_ns, _public_point, curve, data(scalar))
        case "convert":
            work.charge(_POINT_NS)
            _point(curve, data(encoded), "ERR_CRYPTO_OPERATION_FAILED", "Failed to convert Buffer to EC_POINT")
            return ec_key.written(ec_key.uncompressed(curve, data(encoded)), text(form))
    raise Refusal("ValidationError", "There is no such work on a curve")


def _generate(curve: Curve) -> bytes:
    key = new_ec(curve)
    scalar = ec_key.scalar_of(curve, key.handle)
    return pack(scalar.to_bytes(curve.size, "big"), ec_key.point_of(curve, key.handle))


def _public_point(curve: Curve, scalar: bytes) -> bytes:
    return ec_key.point_of(curve, _scalar(curve, scalar).handle)


def known_curve(field: bytes | None) -> Curve:
    """Raises Failure for a curve that there is not."""
    curve = find_curve(text(field))
    if curve is None:
        raise Failure("ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name", "TypeError")
    return curve


def _scalar(curve: Curve, scalar: bytes, point: bytes | None = None) -> Key:
    try:
        if len(scalar) > curve.size:
            raise faults.unsupported()
        return ec_private(curve, int.from_bytes(scalar, "big"), point)
    except Failure:
        message = "Private key is not valid for specified curve."
        raise Failure("ERR_CRYPTO_INVALID_KEYTYPE", message, "RangeError") from None


def _point(curve: Curve, point: bytes, code: str, message: str) -> Key:
    try:
        return ec_public(curve, point)
    except Failure:
        raise Failure(code, message) from None
