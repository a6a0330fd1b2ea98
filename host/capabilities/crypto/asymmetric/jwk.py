"""JSON Web Keys (RFC 7517, 7518, 8037): keys of them, and them of keys."""

import binascii

import msgspec

from host.capabilities.crypto.asymmetric import ec_key, rsa_key
from host.capabilities.crypto.asymmetric.curves import BY_JWK, Curve
from host.capabilities.crypto.asymmetric.faults import invalid_jwk
from host.capabilities.crypto.asymmetric.hidden import Hidden
from host.capabilities.crypto.asymmetric.key import (
    OKP_BYTES,
    Key,
    ec_private,
    ec_public,
    okp_private,
    okp_public,
    public_of,
    rsa_private,
    rsa_public,
)
from host.capabilities.crypto.failure import Failure

_OKP = {"Ed25519": "ed25519", "Ed448": "ed448", "X25519": "x25519", "X448": "x448"}
_OKP_NAMES = {kind: name for name, kind in _OKP.items()}
_URL_SAFE = str.maketrans("-_", "+/")


class Jwk(Hidden, frozen=True):
    """The members that make a key; what else there is is left alone."""

    kty: str
    crv: str = ""
    n: str = ""
    e: str = ""
    d: str = ""
    p: str = ""
    q: str = ""
    dp: str = ""
    dq: str = ""
    qi: str = ""
    x: str = ""
    y: str = ""


_decode = msgspec.json.Decoder(Jwk).decode


def read_jwk(text: bytes, private: bool | None) -> Key:
    """The key of a JWK; where `private` is None, it is what the JWK is. Raises Failure."""
    try:
        jwk = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise invalid_jwk() from None
    if private is None:
        private = bool(jwk.d)
    try:
        return _of(jwk, private)
    except Failure as failure:
        if failure.code == "ERR_CRYPTO_INVALID_KEYLEN":
            raise
        raise invalid_jwk(f"Invalid JWK {jwk.kty} key" if jwk.kty in ("EC", "RSA") else "Invalid JWK data") from None


def _of(jwk: Jwk, private: bool) -> Key:
    if jwk.kty == "RSA":
        if not private:
            return rsa_public(rsa_key.Public(_number(jwk.n), _number(jwk.e)), None)
        members = (jwk.n, jwk.e, jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi)
        return rsa_private(rsa_key.Private(*(_number(member) for member in members)), None)
    if jwk.kty == "EC" and jwk.crv in BY_JWK:
        return _of_curve(jwk, BY_JWK[jwk.crv], private)
    if jwk.kty == "OKP" and jwk.crv in _OKP:
        kind = _OKP[jwk.crv]
        return okp_private(kind, _bytes(jwk.d)) if private else okp_public(kind, _bytes(jwk.x))
    raise invalid_jwk()


def _of_curve(jwk: Jwk, curve: Curve, private: bool) -> Key:
    x, y = _bytes(jwk.x), _bytes(jwk.y)
    if max(len(x), len(y)) > curve.size:
        raise invalid_jwk()
    point = b"\x04" + x.rjust(curve.size, b"\0") + y.rjust(curve.size, b"\0")
    if not private:
        return ec_public(curve, point)
    scalar = _bytes(jwk.d)
    if len(scalar) > curve.size:
        raise invalid_jwk()
    return ec_private(curve, int.from_bytes(scalar, "big"), point)


def write_jwk(key: Key) -> bytes:
    """The JSON of a key, in Node's order of members. Raises Failure for what no JWK has."""
    members = _members(key)
    if members is None:
        raise Failure("ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE", "Unsupported JWK Key Type.")
    return msgspec.json.encode(members)


def _members(key: Key) -> dict[str, str] | None:
    if key.kind == "rsa":
        if not key.private:
            found = rsa_key.public_numbers(key.handle)
            return {"kty": "RSA", "n": _text(found.n), "e": _text(found.e)}
        numbers = rsa_key.private_numbers(key.handle)
        return {"kty": "RSA"} | {name: _text(getattr(numbers, name)) for name in numbers.__struct_fields__}
    if key.kind == "ec":
        return _curve_members(key)
    if key.kind in _OKP_NAMES:
        crv = {"crv": _OKP_NAMES[key.kind]}
        secret = {"d": _base64url(key.handle.private_bytes_raw())} if key.private else {}
        # The public half stands at the end of an SPKI.
        return crv | secret | {"x": _base64url(public_of(key).der[-OKP_BYTES[key.kind] :]), "kty": "OKP"}
    return None


def _curve_members(key: Key) -> dict[str, str]:
    curve = key.curve
    if curve.jwk is None:
        raise Failure("ERR_CRYPTO_JWK_UNSUPPORTED_CURVE", f"Unsupported JWK EC curve: {curve.name}.")
    point = public_of(key).der[-2 * curve.size :]
    members = {"kty": "EC", "x": _base64url(point[: curve.size]), "y": _base64url(point[curve.size :])}
    members["crv"] = curve.jwk
    if key.private:
        members["d"] = _base64url(ec_key.scalar_of(curve, key.handle).to_bytes(curve.size, "big"))
    return members


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


def _bytes(text: str) -> bytes:
    """What base64 of either alphabet stands for; empty for what is none."""
    plain = text.translate(_URL_SAFE).rstrip("=")
    try:
        return binascii.a2b_base64(plain + "=" * (-len(plain) % 4), strict_mode=True)
    except (binascii.Error, ValueError):
        return b""


def _text(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64url(content: bytes) -> str:
    return binascii.b2a_base64(content, newline=False).decode().rstrip("=").replace("+", "-").replace("/", "_")
