"""A parsed key, and how one is read from the DER of PKCS #8 (RFC 5958), SPKI (RFC 5280), PKCS #1 (RFC 8017) and SEC 1
(RFC 5915). What is read is checked, written anew and only then given to a library, so that nothing of a caller's
encoding gets there."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, x448, x25519

from host.capabilities.crypto.asymmetric import dh_key, ec_key, rsa_key, sm2
from host.capabilities.crypto.asymmetric.curves import BY_OID, Curve
from host.capabilities.crypto.asymmetric.der import (
    NULL,
    OCTET_STRING,
    SEQUENCE,
    DerError,
    Reader,
    bits,
    integer,
    null,
    octets,
    oid,
    sequence,
)
from host.capabilities.crypto.asymmetric.faults import bad_der, unsupported
from host.capabilities.crypto.asymmetric.hidden import Hidden

#: What a key may come to, encoded in any way.
KEY_BYTES_MAX = 64 * 1024

_RSA, _RSA_PSS = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"
_EC, _DH = "1.2.840.10045.2.1", "1.2.840.113549.1.3.1"
_OKP = {"1.3.101.112": "ed25519", "1.3.101.113": "ed448", "1.3.101.110": "x25519", "1.3.101.111": "x448"}
_OKP_OIDS = {kind: number for number, kind in _OKP.items()}
_OKP_CLASSES = {
    "ed25519": (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey),
    "ed448": (ed448.Ed448PrivateKey, ed448.Ed448PublicKey),
    "x25519": (x25519.X25519PrivateKey, x25519.X25519PublicKey),
    "x448": (x448.X448PrivateKey, x448.X448PublicKey),
}
#: The length of either half (RFC 7748, RFC 8032).
OKP_BYTES = {"ed25519": 32, "ed448": 57, "x25519": 32, "x448": 56}
_CONTEXT_0, _CONTEXT_1, _ATTRIBUTES, _PUBLIC = 0xA0, 0xA1, 0xA0, 0x81


class Key(Hidden, frozen=True):
    """`kind` is Node's asymmetricKeyType, `handle` what signs and decrypts (the library's, or Sm2Key or DhKey), and
    `der` the canonical PKCS #8 of a private key or SPKI of a public one. `curve` is there for `ec` alone, and
    `restriction` for `rsa-pss` keys that are for certain parameters only."""

    private: bool
    kind: str
    handle: object
    der: bytes
    curve: Curve | None = None
    restriction: rsa_key.Restriction | None = None


def read(der: bytes, reader: Callable[[Reader], Key]) -> Key:
    """A key by one of the readers below. Raises Failure."""
    if len(der) > KEY_BYTES_MAX:
        raise unsupported()
    try:
        return reader(Reader(der).inside())
    except DerError as error:
        raise bad_der(error.reason) from None


def pkcs8(outer: Reader) -> Key:
    if outer.integer() > 1:
        raise DerError
    algorithm = outer.inside()
    content = outer.read(OCTET_STRING)
    for tag in (_ATTRIBUTES, _PUBLIC):
        if outer.peek() == tag:
            outer.read(tag)
    outer.finish()
    name = algorithm.oid()
    if name in (_RSA, _RSA_PSS):
        return rsa_private(rsa_key.read_private(_only(content)), _rsa_parameters(name, algorithm))
    if name == _EC:
        return _ec_private(_only(content), _curve(algorithm))
    if name == _DH:
        return dh_private(dh_key.read_private(algorithm, _whole(content)))
    if name in _OKP:
        algorithm.finish()
        seed = _whole(content).read(OCTET_STRING)
        return okp_private(_OKP[name], seed)
    raise unsupported()


def spki(outer: Reader) -> Key:
    algorithm = outer.inside()
    name = algorithm.oid()
    if name in (_RSA, _RSA_PSS):
        return rsa_public(rsa_key.read_public(_only(outer.bits())), _rsa_parameters(name, algorithm))
    if name == _EC:
        return ec_public(_curve(algorithm), outer.bits())
    if name == _DH:
        return dh_public(dh_key.read_public(algorithm, _whole(outer.bits())))
    if name in _OKP:
        algorithm.finish()
        return okp_public(_OKP[name], outer.bits())
    raise unsupported()


def pkcs1_private(outer: Reader) -> Key:
    return rsa_private(rsa_key.read_private(outer), None)


def pkcs1_public(outer: Reader) -> Key:
    return rsa_public(rsa_key.read_public(outer), None)


def sec1(outer: Reader) -> Key:
    return _ec_private(outer, None)


def _only(content: bytes) -> Reader:
    """The inside of the one sequence that fills `content`."""
    outer = _whole(content)
    inner = outer.inside()
    outer.finish()
    return inner


def _whole(content: bytes) -> Reader:
    return Reader(content)


def _rsa_parameters(name: str, algorithm: Reader) -> bytes | None:
    """None for a plain RSA key; for `rsa-pss` the DER of its parameters, which may be empty."""
    if name == _RSA:
        if not algorithm.at_end:
            algorithm.read(NULL)
        algorithm.finish()
        return None
    parameters = b"" if algorithm.at_end else algorithm.skip()
    algorithm.finish()
    return parameters


def rsa_private(numbers: rsa_key.Private, pss: bytes | None) -> Key:
    """Raises Failure where the numbers are no key."""
    handle = rsa_key.private_handle(numbers)
    der = sequence(integer(0), _rsa_algorithm(pss), octets(rsa_key.write_private(numbers)))
    return Key(True, "rsa" if pss is None else "rsa-pss", handle, der, restriction=rsa_key.restriction(pss))


def rsa_public(numbers: rsa_key.Public, pss: bytes | None) -> Key:
    handle = rsa_key.public_handle(numbers)
    der = sequence(_rsa_algorithm(pss), bits(rsa_key.write_public(numbers)))
    return Key(False, "rsa" if pss is None else "rsa-pss", handle, der, restriction=rsa_key.restriction(pss))


def _rsa_algorithm(pss: bytes | None) -> bytes:
    return sequence(oid(_RSA), null()) if pss is None else sequence(oid(_RSA_PSS), pss)


def _curve(algorithm: Reader) -> Curve:
    """A curve by its name; one that is spelled out may be any that only looks like a known one."""
    if algorithm.peek() == SEQUENCE:
        raise unsupported()
    curve = BY_OID.get(algorithm.oid())
    algorithm.finish()
    if curve is None:
        raise unsupported()
    return curve


def _ec_private(inner: Reader, curve: Curve | None) -> Key:
    if inner.integer() != 1:
        raise DerError
    scalar = inner.read(OCTET_STRING)
    if inner.peek() == _CONTEXT_0:
        named = _curve(inner.inside(_CONTEXT_0))
        if curve is not None and named is not curve:
            raise unsupported()
        curve = named
    point = inner.inside(_CONTEXT_1).bits() if inner.peek() == _CONTEXT_1 else None
    inner.finish()
    if curve is None or len(scalar) > curve.size + 1:
        raise unsupported()
    return ec_private(curve, int.from_bytes(scalar, "big"), point)


def ec_private(curve: Curve, scalar: int, point: bytes | None = None) -> Key:
    """`point`, where it is there, has to be the scalar's. Raises Failure."""
    if point is None or curve.library is None:
        handle, encoded = ec_key.private_handle(curve, scalar)
        if point is not None and ec_key.uncompressed(curve, point) != encoded:
            raise unsupported()
        return Key(True, "ec", handle, write_pkcs8_ec(curve, scalar, encoded), curve)
    # To check a point takes the library half as long as to find it.
    if not 0 < scalar < 1 << 8 * curve.size:
        raise unsupported()
    der = write_pkcs8_ec(curve, scalar, ec_key.uncompressed(curve, point))
    return Key(True, "ec", ec_key.checked_handle(der), der, curve)


def new_ec(curve: Curve) -> Key:
    """A key that nobody has had."""
    if curve.library is None:
        return ec_private(curve, sm2.generate().scalar)
    handle = ec.generate_private_key(curve.library)
    point = ec_key.point_of(curve, handle)
    return Key(True, "ec", handle, write_pkcs8_ec(curve, ec_key.scalar_of(curve, handle), point), curve)


def write_pkcs8_ec(curve: Curve, scalar: int, point: bytes) -> bytes:
    inner = sequence(integer(1), octets(scalar.to_bytes(curve.size, "big")), ec_key.tagged_point(point))
    return sequence(integer(0), sequence(oid(_EC), oid(curve.oid)), octets(inner))


def ec_public(curve: Curve, point: bytes) -> Key:
    handle, encoded = ec_key.public_handle(curve, point)
    return Key(False, "ec", handle, sequence(sequence(oid(_EC), oid(curve.oid)), bits(encoded)), curve)


def okp_private(kind: str, seed: bytes) -> Key:
    if len(seed) != OKP_BYTES[kind]:
        raise unsupported()
    handle = _OKP_CLASSES[kind][0].from_private_bytes(seed)
    return Key(True, kind, handle, sequence(integer(0), sequence(oid(_OKP_OIDS[kind])), octets(octets(seed))))


def new_okp(kind: str) -> Key:
    """A key that nobody has had."""
    return okp_private(kind, _OKP_CLASSES[kind][0].generate().private_bytes_raw())


def okp_public(kind: str, content: bytes) -> Key:
    if len(content) != OKP_BYTES[kind]:
        raise unsupported()
    handle = _OKP_CLASSES[kind][1].from_public_bytes(content)
    return Key(False, kind, handle, sequence(sequence(oid(_OKP_OIDS[kind])), bits(content)))


def dh_private(handle: dh_key.DhKey) -> Key:
    der = sequence(integer(0), dh_key.algorithm(_DH, handle), octets(integer(handle.secret)))
    return Key(True, "dh", handle, der)


def dh_public(handle: dh_key.DhKey) -> Key:
    return Key(False, "dh", handle, sequence(dh_key.algorithm(_DH, handle), bits(integer(handle.public))))


def public_of(key: Key) -> Key:
    """The public key of a private one; a public one is its own."""
    if not key.private:
        return key
    if key.kind in ("rsa", "rsa-pss"):
        pss = rsa_key.parameters(key.restriction) if key.kind == "rsa-pss" else None
        return rsa_public(rsa_key.public_numbers(key.handle), pss)
    if key.kind == "ec":
        return ec_public(key.curve, ec_key.point_of(key.curve, key.handle))
    if key.kind == "dh":
        return dh_public(key.handle.public_half())
    return okp_public(key.kind, key.handle.public_key().public_bytes_raw())
