"""Encrypting with RSA and with SM2, and what Node calls encrypting with a private key.

A wrong PKCS #1 v1.5 padding is no error when it is decrypted: there is a message then too, which depends on key and
ciphertext and on nothing else (implicit rejection, as OpenSSL does it since 3.2), so that nobody learns from errors
what a ciphertext holds."""

import secrets
from collections.abc import Callable

from Crypto.Cipher import PKCS1_OAEP
from Crypto.Hash import MD5, SHA3_224, SHA3_256, SHA3_384, SHA3_512, SHA512
from Crypto.PublicKey import RSA
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

from host.capabilities.base import Later, Refusal
from host.capabilities.crypto.asymmetric import dh_key, digests, faults, prices, rsa_key, sm2
from host.capabilities.crypto.asymmetric.key import Key
from host.capabilities.crypto.asymmetric.keyring import hold
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.fields import data, number, text, unpack
from host.capabilities.crypto.work import Work

PKCS1, NO_PADDING, OAEP = 1, 3, 4
#: What is encrypted with SM2 is masked by one digest for each 32 bytes.
SM2_BYTES_MAX = 1024 * 1024
_SM2_BYTE_NS = 20
_LABEL_BYTES_MAX = 64 * 1024

#: Digests that OpenSSL's bindings do not do OAEP with, and pycryptodome does.
_OTHER_OAEP = {
    "md5": MD5,
    "sha512-224": SHA512.new(truncate="224"),
    "sha512-256": SHA512.new(truncate="256"),
    "sha3-224": SHA3_224,
    "sha3-256": SHA3_256,
    "sha3-384": SHA3_384,
    "sha3-512": SHA3_512,
}


def encrypt(work: Work, payload: bytes) -> bytes | Later:
    """key, padding, OAEP's digest, label, message → ciphertext, with a public key."""
    return _crypt(work, payload, "encrypt")


def decrypt(work: Work, payload: bytes) -> bytes | Later:
    """key, padding, OAEP's digest, label, ciphertext → message, with a private key."""
    return _crypt(work, payload, "decrypt")


def _crypt(work: Work, payload: bytes, use: str) -> bytes | Later:
    key_field, padding_field, digest_field, label_field, content_field = unpack(payload, 5)
    content, pad, label = data(content_field), number(padding_field), label_field or b""
    held = hold(work, key_field, use, private=use == "decrypt")
    key = held.key
    if key.kind == "ec" and key.curve.library is None:
        held.permit(work, "cipher", "sm2")
        if len(content) > SM2_BYTES_MAX:
            raise Refusal("ResultTooLargeError", f"SM2 encrypts {SM2_BYTES_MAX} bytes at most here")
        return work.somewhere(key.curve.price_ns + len(content) * _SM2_BYTE_NS, _sm2, key, use, content)
    _check_rsa(key)
    if held.named is not None and pad == 0:
        pad = PKCS1 if held.named.algorithm == "rsa-pkcs1" else OAEP
    algorithm = {PKCS1: "rsa-pkcs1", NO_PADDING: "rsa-raw", 0: "rsa-oaep", OAEP: "rsa-oaep"}.get(pad)
    if algorithm is None:
        raise faults.rsa("02000076", "unknown padding type")
    digest = "sha1" if digest_field is None else text(digest_field)
    if digest not in digests.RSA_DIGESTS:
        raise Failure("ERR_OSSL_EVP_INVALID_DIGEST", "Invalid digest used")
    if len(label) > _LABEL_BYTES_MAX:
        raise Refusal("ValidationError", f"A label has {_LABEL_BYTES_MAX} bytes at most here")
    held.permit(work, "cipher", algorithm)
    if use == "encrypt":
        return work.somewhere(prices.public_ns(key), _encrypt, key, algorithm, digest, label, content)
    return work.somewhere(prices.private_ns(key), _decrypt, key, algorithm, digest, label, content)


def private_encrypt(work: Work, payload: bytes) -> bytes | Later:
    """key, padding, message → what is signed, without a digest."""
    key_field, padding_field, content_field = unpack(payload, 3)
    key = _own_rsa(work, key_field, True)
    algorithm = _signing_padding(number(padding_field))
    work.ask("cipher", algorithm)
    return work.somewhere(prices.private_ns(key), _private_encrypt, key, algorithm, data(content_field))


def public_decrypt(work: Work, payload: bytes) -> bytes | Later:
    """key, padding, what was signed → message."""
    key_field, padding_field, content_field = unpack(payload, 3)
    key = _own_rsa(work, key_field, False)
    algorithm = _signing_padding(number(padding_field))
    work.ask("cipher", algorithm)
    return work.somewhere(prices.public_ns(key), _public_decrypt, key, algorithm, data(content_field))


def _own_rsa(work: Work, field: bytes | None, private: bool) -> Key:
    if (field or b"")[:1] == b"N":
        message = "A named key signs by its algorithm alone, and encrypts nothing as a private key"
        raise Refusal("CapabilityError", message, "Use crypto.sign and crypto.verify.")
    key = hold(work, field, "encrypt", private).key
    _check_rsa(key)
    return key


def _check_rsa(key: Key) -> None:
    if key.kind == "rsa-pss":
        raise faults.provider("1C8000B2", "operation not supported for this keytype")
    if key.kind != "rsa":
        raise faults.not_for_this_key()


def _signing_padding(pad: int) -> str:
    if pad in (0, PKCS1):
        return "rsa-pkcs1"
    if pad == NO_PADDING:
        return "rsa-raw"
    raise faults.provider("1C8000A5", "illegal or unsupported padding mode")


def _encrypt(key: Key, algorithm: str, digest: str, label: bytes, content: bytes) -> bytes:
    if algorithm == "rsa-raw":
        return _raw(key, content, _public_power)
    size = key.handle.key_size // 8 + (key.handle.key_size % 8 > 0)
    room = size - (11 if algorithm == "rsa-pkcs1" else 2 * digests.RSA_DIGESTS[digest].digest_size + 2)
    if len(content) > room:
        raise faults.rsa("0200006E", "data too large for key size")
    if algorithm == "rsa-pkcs1":
        return key.handle.encrypt(content, padding.PKCS1v15())
    if digest in _OTHER_OAEP:
        return _other_oaep(key, digest, label).encrypt(content)
    return key.handle.encrypt(content, _oaep(digest, label))


def _decrypt(key: Key, algorithm: str, digest: str, label: bytes, content: bytes) -> bytes:
    numbers = rsa_key.public_numbers(key.handle)
    size = (numbers.n.bit_length() + 7) // 8
    if len(content) > size:
        raise faults.rsa("0200006C", "data greater than mod len")
    if algorithm == "rsa-raw":
        return _raw(key, content.rjust(size, b"\0"), _private_power)
    if int.from_bytes(content, "big") >= numbers.n:
        raise faults.rsa("02000084", "data too large for modulus")
    try:
        # OpenSSL would take a ciphertext without its first zeros; RFC 8017 has it refused (7.1.2 and 7.2.2).
        if len(content) != size:
            raise ValueError("too short")
        if algorithm == "rsa-pkcs1":
            return key.handle.decrypt(content, padding.PKCS1v15())
        if digest in _OTHER_OAEP:
            return _other_oaep(key, digest, label).decrypt(content)
        return key.handle.decrypt(content, _oaep(digest, label))
    except (ValueError, TypeError):
        raise faults.rsa("02000079", "oaep decoding error") from None


def _oaep(digest: str, label: bytes) -> padding.OAEP:
    algorithm = digests.RSA_DIGESTS[digest]
    return padding.OAEP(padding.MGF1(algorithm), algorithm, label or None)


def _other_oaep(key: Key, digest: str, label: bytes) -> PKCS1_OAEP.PKCS1OAEP_Cipher:
    public = rsa_key.public_numbers(key.handle)
    if not key.private:
        other = RSA.construct((public.n, public.e), consistency_check=False)
    else:
        numbers = rsa_key.private_numbers(key.handle)
        other = RSA.construct((public.n, public.e, numbers.d, numbers.p, numbers.q), consistency_check=False)
    return PKCS1_OAEP.new(other, _OTHER_OAEP[digest], label=label)


def _private_encrypt(key: Key, algorithm: str, content: bytes) -> bytes:
    if algorithm == "rsa-raw":
        return _raw(key, content, _private_power)
    try:
        return key.handle.sign(content, padding.PKCS1v15(), NoDigestInfo())
    except ValueError:
        raise faults.rsa("0200006E", "data too large for key size") from None


def _public_decrypt(key: Key, algorithm: str, content: bytes) -> bytes:
    if algorithm == "rsa-raw":
        return _raw(key, content, _public_power)
    try:
        return key.handle.recover_data_from_signature(content, padding.PKCS1v15(), None)
    except (ValueError, InvalidSignature):
        raise faults.rsa("0200008A", "invalid padding") from None


def _raw(key: Key, content: bytes, power: Callable[[Key, int], int]) -> bytes:
    """RSA without padding: a number as long as the modulus, and below it."""
    n = rsa_key.public_numbers(key.handle).n
    size = (n.bit_length() + 7) // 8
    if len(content) != size:
        if len(content) < size:
            raise faults.rsa("0200007A", "data too small for key size")
        raise faults.rsa("0200006E", "data too large for key size")
    value = int.from_bytes(content, "big")
    if value >= n:
        raise faults.rsa("02000084", "data too large for modulus")
    return power(key, value).to_bytes(size, "big")


def _public_power(key: Key, value: int) -> int:
    numbers = rsa_key.public_numbers(key.handle)
    return pow(value, numbers.e, numbers.n)


def _private_power(key: Key, value: int) -> int:
    """By the primes (RFC 8017, 5.1.2), of a number that is blinded."""
    key_numbers = rsa_key.private_numbers(key.handle)
    n, e, p, q = key_numbers.n, key_numbers.e, key_numbers.p, key_numbers.q
    factor = 1 + secrets.randbelow(n - 1)
    blinded = value * pow(factor, e, n) % n
    mp = dh_key.power(blinded % p, key_numbers.dp, p)
    mq = dh_key.power(blinded % q, key_numbers.dq, q)
    return (mq + (mp - mq) * key_numbers.qi % p * q) * pow(factor, -1, n) % n


def _sm2(key: Key, use: str, content: bytes) -> bytes:
    if use == "encrypt":
        return sm2.encrypt(key.handle, content)
    try:
        return sm2.decrypt(key.handle, content)
    except ValueError:
        raise faults.bad_decrypt() from None
