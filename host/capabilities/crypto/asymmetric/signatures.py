"""Signing and verifying: RSA by PKCS #1 v1.5 and PSS, ECDSA, Ed25519, and SM2 with SM3."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from msgspec import Struct

from host.capabilities.base import Later, Refusal
from host.capabilities.crypto.asymmetric import digests, faults, prices, sm2
from host.capabilities.crypto.asymmetric.key import Key
from host.capabilities.crypto.asymmetric.keyring import Held, hold
from host.capabilities.crypto.asymmetric.rsa_key import MODULUS_BITS_MAX
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.fields import data, number, text, unpack
from host.capabilities.crypto.work import Work

#: Node's constants of paddings and of lengths of salts.
PKCS1, NO_PADDING, PSS = 1, 3, 6
#: What Node itself hands on where no padding was asked for.
_NO_WISH = -1
_SALT_DIGEST, _SALT_AUTO, _SALT_MAX = -1, -2, -3
_SALTS = {_SALT_DIGEST: padding.PSS.DIGEST_LENGTH, _SALT_AUTO: padding.PSS.AUTO, _SALT_MAX: padding.PSS.MAX_LENGTH}
_TRUE, _FALSE = b"\1", b"\0"


class Wish(Struct, frozen=True):
    """What a caller asks for. `digest`, `padding` and `salt` are None for what goes with the key; `raw` is the form of
    ECDSA signatures of IEEE P1363; `streamed` says that the message came in pieces, which not every algorithm takes."""

    digest: str | None
    padding: int | None
    salt: int | None
    raw: bool
    streamed: bool
    signer: bytes


class Scheme(Struct, frozen=True):
    """How a key signs: `algorithm` in the policy's words, and the library's digest and padding where it has them."""

    algorithm: str
    digest: hashes.HashAlgorithm | None = None
    pad: padding.AsymmetricPadding | None = None


def sign(work: Work, payload: bytes) -> bytes | Later:
    """key, digest, padding, salt length, form, streamed, signer, message → signature."""
    fields = unpack(payload, 8)
    message = data(fields[7])
    held = hold(work, fields[0], "sign", private=True)
    wish = _wish(fields, held)
    scheme = _scheme(held.key, wish, signing=True)
    held.permit(work, "sign", scheme.algorithm)
    price_ns = prices.private_ns(held.key) + digests.price_ns(len(message))
    return work.somewhere(price_ns, _sign, held.key, scheme, wish, message)


def verify(work: Work, payload: bytes) -> bytes | Later:
    """key, digest, padding, salt length, form, streamed, signer, message, signature → 1 or 0."""
    fields = unpack(payload, 9)
    message, signature = data(fields[7]), data(fields[8])
    held = hold(work, fields[0], "verify", private=False)
    wish = _wish(fields, held)
    scheme = _scheme(held.key, wish, signing=False)
    held.permit(work, "verify", scheme.algorithm)
    price_ns = prices.public_ns(held.key) + digests.price_ns(len(message))
    return work.somewhere(price_ns, _verify, held.key, scheme, wish, message, signature)


def _wish(fields: list[bytes | None], held: Held) -> Wish:
    digest, pad, salt, form, streamed, signer = fields[1:7]
    chosen = None if digest is None else text(digest)
    chosen_padding = None if pad is None else number(pad)
    if chosen_padding == _NO_WISH:
        chosen_padding = None
    if held.named is not None:
        # A named key has one algorithm, so what goes with it goes without saying.
        if chosen is None:
            chosen = _digest_of(held.named.algorithm)
        if chosen_padding is None and held.named.algorithm.startswith("rsa-pss-"):
            chosen_padding = PSS
    if signer is not None and len(signer) > sm2.ID_BYTES_MAX:
        raise Refusal("ValidationError", f"An SM2 signer's name has at most {sm2.ID_BYTES_MAX} bytes")
    length = None if salt is None else number(salt)
    return Wish(chosen, chosen_padding, length, text(form) == "raw", text(streamed) == "1", signer or b"")


def _digest_of(algorithm: str) -> str | None:
    """The digest in the name of a named key's algorithm."""
    for prefix in ("rsa-pss-", "rsa-", "ecdsa-"):
        if algorithm.startswith(prefix):
            return algorithm.removeprefix(prefix)
    return None


def _scheme(key: Key, wish: Wish, signing: bool) -> Scheme:
    """Raises Failure for what does not go together."""
    if key.kind in ("rsa", "rsa-pss"):
        return _rsa_scheme(key, wish, signing)
    if key.kind == "ec":
        return _curve_scheme(key, wish)
    if key.kind not in ("ed25519", "ed448"):
        raise faults.not_for_this_key()
    if wish.streamed:
        raise faults.unsupported_operation()
    if wish.digest is not None:
        raise faults.provider("1C80007A", "invalid digest")
    return Scheme(key.kind)


def _curve_scheme(key: Key, wish: Wish) -> Scheme:
    if key.curve.library is None:
        if wish.digest not in (None, "sm3"):
            raise faults.provider("1C80007A", "invalid digest")
        return Scheme("sm2-sm3")
    name = wish.digest or "sha256"
    if name not in digests.ECDSA_DIGESTS:
        raise faults.digest_not_allowed()
    return Scheme(f"ecdsa-{name}", digests.ECDSA_DIGESTS[name])


def _rsa_scheme(key: Key, wish: Wish, signing: bool) -> Scheme:
    restriction = key.restriction
    name = wish.digest or (restriction.digest if restriction else "sha256")
    pad = wish.padding if wish.padding is not None else PSS if key.kind == "rsa-pss" else PKCS1
    if name not in digests.RSA_DIGESTS or (restriction and name != restriction.digest):
        raise faults.digest_not_allowed()
    digest = digests.RSA_DIGESTS[name]
    if pad == PKCS1 and key.kind == "rsa":
        return Scheme(f"rsa-{name}", digest, padding.PKCS1v15())
    if pad == NO_PADDING:
        raise faults.provider("1C8000A8", "invalid padding mode")
    if pad != PSS:
        raise faults.provider("1C8000A5", "illegal or unsupported padding mode")
    salt = _salt_length(key, digest, wish.salt, signing)
    mask = digests.RSA_DIGESTS[restriction.mgf1_digest] if restriction else digest
    return Scheme(f"rsa-pss-{name}", digest, padding.PSS(padding.MGF1(mask), salt))


def _salt_length(key: Key, digest: hashes.HashAlgorithm, wanted: int | None, signing: bool) -> object:
    """What the library takes for a length of salt. Raises Failure."""
    least = key.restriction.salt_length if key.restriction else 0
    if wanted is None:
        wanted = least if key.restriction else _SALT_AUTO
    if wanted < _SALT_MAX or (wanted == _SALT_AUTO and key.restriction and not signing):
        raise faults.provider("1C800070", "invalid salt length")
    if (digest.digest_size if wanted == _SALT_DIGEST else wanted) < least and wanted not in (_SALT_AUTO, _SALT_MAX):
        raise faults.provider("1C8000AC", "pss saltlen too small")
    if wanted == _SALT_AUTO and signing:
        return padding.PSS.MAX_LENGTH
    # More than the longest modulus has room for is as wrong as a little more.
    return _SALTS.get(wanted, min(wanted, MODULUS_BITS_MAX))


def _sign(key: Key, scheme: Scheme, wish: Wish, message: bytes) -> bytes:
    if scheme.algorithm == "sm2-sm3":
        r, s = sm2.sign(key.handle, message, wish.signer)
        return _raw(r, s, key.curve.size) if wish.raw else sm2.write_signature(r, s)
    if key.kind in ("ed25519", "ed448"):
        return key.handle.sign(message)
    if key.kind == "ec":
        signature = key.handle.sign(message, ec.ECDSA(scheme.digest))
        return _raw(*decode_dss_signature(signature), key.curve.size) if wish.raw else signature
    try:
        return key.handle.sign(message, scheme.pad, scheme.digest)
    except (ValueError, UnsupportedAlgorithm):
        # The digest, or it and the salt, are longer than the modulus.
        raise faults.rsa("0200006E", "data too large for key size") from None


def _verify(key: Key, scheme: Scheme, wish: Wish, message: bytes, signature: bytes) -> bytes:
    if wish.raw and key.kind == "ec":
        size = key.curve.size
        if len(signature) != 2 * size:
            if wish.streamed:
                raise Failure("ERR_CRYPTO_OPERATION_FAILED", "Malformed signature")
            return _FALSE
        numbers = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        signature = encode_dss_signature(*numbers)
    if scheme.algorithm == "sm2-sm3":
        pair = sm2.read_signature(signature)
        return _TRUE if pair is not None and sm2.verify(key.handle, message, *pair, wish.signer) else _FALSE
    try:
        if key.kind in ("ed25519", "ed448"):
            key.handle.verify(signature, message)
        elif key.kind == "ec":
            key.handle.verify(signature, message, ec.ECDSA(scheme.digest))
        elif len(signature) != (key.handle.key_size + 7) // 8:
            # OpenSSL takes a PSS signature without its first zeros.
            return _FALSE
        else:
            key.handle.verify(signature, message, scheme.pad, scheme.digest)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return _FALSE
    return _TRUE


def _raw(r: int, s: int, size: int) -> bytes:
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")
