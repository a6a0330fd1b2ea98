"""Keys as callers want them written: PEM, DER or JWK, with or without a passphrase."""

from msgspec import Struct

from host.capabilities.crypto.asymmetric import ec_key, locked, pem, rsa_key
from host.capabilities.crypto.asymmetric.der import integer, octets, oid, sequence, tlv
from host.capabilities.crypto.asymmetric.jwk import write_jwk
from host.capabilities.crypto.asymmetric.key import Key
from host.capabilities.crypto.failure import Failure


class Form(Struct, frozen=True):
    """`encoding` is `pem`, `der` or `jwk`, and `kind` what stands in the first two: `spki`, `pkcs1`, `pkcs8` or
    `sec1`. `cipher` is one of PBES2's, or None."""

    encoding: str
    kind: str
    cipher: str | None


def write(key: Key, form: Form, passphrase: bytes | None) -> bytes:
    """The key in this form. Raises Failure for a form that it does not have."""
    if form.encoding == "jwk":
        return write_jwk(key)
    label, der = _encoded(key, form.kind)
    if form.cipher is None or not key.private:
        return der if form.encoding == "der" else pem.write(label, der)
    if form.kind == "pkcs8":
        secret = locked.lock_pkcs8(der, form.cipher, passphrase)
        return secret if form.encoding == "der" else pem.write("ENCRYPTED PRIVATE KEY", secret)
    if form.encoding == "der":
        raise incompatible(f"The selected key encoding {form.kind} does not support encryption.")
    secret, headers = locked.lock_pem(der, form.cipher, passphrase)
    return pem.write(label, secret, headers)


def _encoded(key: Key, kind: str) -> tuple[str, bytes]:
    """The label and the DER of a key."""
    if kind == "pkcs1":
        if key.kind != "rsa":
            raise incompatible("The selected key encoding pkcs1 can only be used for RSA keys.")
        if key.private:
            return "RSA PRIVATE KEY", rsa_key.write_private(rsa_key.private_numbers(key.handle))
        return "RSA PUBLIC KEY", rsa_key.write_public(rsa_key.public_numbers(key.handle))
    if kind == "sec1":
        if key.kind != "ec":
            raise incompatible("The selected key encoding sec1 can only be used for EC keys.")
        return "EC PRIVATE KEY", _sec1(key)
    return ("PRIVATE KEY" if key.private else "PUBLIC KEY"), key.der


def _sec1(key: Key) -> bytes:
    curve = key.curve
    scalar = ec_key.scalar_of(curve, key.handle).to_bytes(curve.size, "big")
    point = ec_key.tagged_point(ec_key.point_of(curve, key.handle))
    return sequence(integer(1), octets(scalar), tlv(0xA0, oid(curve.oid)), point)


def incompatible(message: str) -> Failure:
    return Failure("ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS", message)
