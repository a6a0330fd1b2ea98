"""Keys as callers write them: PEM, DER or JWK, private or public, with or without a passphrase."""

import binascii
from collections.abc import Callable

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from host.capabilities.crypto.asymmetric import key as keys
from host.capabilities.crypto.asymmetric import locked, pem
from host.capabilities.crypto.asymmetric.der import SEQUENCE, DerError, Reader
from host.capabilities.crypto.asymmetric.faults import bad_decrypt, bad_der, no_passphrase, unsupported
from host.capabilities.crypto.asymmetric.hidden import Hidden
from host.capabilities.crypto.asymmetric.jwk import read_jwk
from host.capabilities.crypto.asymmetric.key import Key, public_of, read
from host.capabilities.crypto.failure import Failure

_PRIVATE_LABELS: dict[str, Callable[[Reader], Key]] = {
    "PRIVATE KEY": keys.pkcs8,
    "RSA PRIVATE KEY": keys.pkcs1_private,
    "EC PRIVATE KEY": keys.sec1,
}
_LOCKED_LABEL = "ENCRYPTED PRIVATE KEY"
_PUBLIC_LABELS: dict[str, Callable[[Reader], Key]] = {
    "PUBLIC KEY": keys.spki,
    "RSA PUBLIC KEY": keys.pkcs1_public,
}
#: What OpenSSL says of a private key that is cut off, by what there is to say of DER.
_CUT = {"too long": "not enough data", "header too long": "header too long"}
_CERTIFICATE_LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")


class Written(Hidden, frozen=True):
    """A key as it was found, not read yet. `lock` is there where a passphrase has to open it first, and `armored` says
    that it was PEM."""

    reader: Callable[[Reader], Key]
    der: bytes
    lock: locked.Lock | None = None
    armored: bool = False


def find_private(encoding: str, kind: str | None, content: bytes) -> Written:
    """The private key in `content`: `encoding` is `pem` or `der`, with `pkcs1`, `pkcs8` or `sec1` for its kind. Raises
    Failure."""
    if encoding == "pem":
        return _private_of_pem(pem.read_blocks(content))
    if kind == "sec1":
        return Written(keys.sec1, content)
    if kind == "pkcs8" and _is_locked(content):
        return Written(keys.pkcs8, b"", locked.read_pkcs8(content))
    if kind == "pkcs1" and _second_tag(content) != SEQUENCE:
        return Written(keys.pkcs1_private, content)
    return Written(keys.pkcs8, content)


def _private_of_pem(blocks: list[pem.Block]) -> Written:
    for block in blocks:
        if block.label == _LOCKED_LABEL:
            return Written(keys.pkcs8, b"", locked.read_pkcs8(block.body), armored=True)
        reader = _PRIVATE_LABELS.get(block.label)
        if reader is None:
            continue
        if "DEK-Info" in block.headers:
            lock = locked.read_dek_info(block.headers["DEK-Info"], block.body)
            return Written(reader, b"", lock, armored=True)
        # OpenSSL goes by what is in a block rather than by its label.
        is_pkcs8 = _second_tag(block.body) == SEQUENCE
        return Written(keys.pkcs8 if is_pkcs8 else reader, block.body, armored=True)
    raise unsupported()


def find_public(encoding: str, kind: str | None, content: bytes) -> Written:
    """The public key in `content`, or the private one that it can be taken from. Raises Failure."""
    if encoding == "pem":
        blocks = pem.read_blocks(content)
        for label, reader in _PUBLIC_LABELS.items():
            for block in blocks:
                if block.label == label:
                    return Written(reader, block.body)
        for block in blocks:
            if block.label in _CERTIFICATE_LABELS:
                return Written(keys.spki, certified_key(block.body))
        return _private_of_pem(blocks)
    if kind == "spki":
        return Written(keys.spki, content)
    if kind == "pkcs1" and not _is_private_pkcs1(content):
        return Written(keys.pkcs1_public, content)
    return find_private(encoding, kind, content)


def certified_key(certificate: bytes) -> bytes:
    """The SPKI in the DER of a certificate. Raises Failure."""
    try:
        public = x509.load_der_x509_certificate(certificate).public_key()
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise unsupported() from None


def take(found: Written, public: bool, key_to_lock: bytes | None = None) -> Key:
    """Reads what was found, behind its lock if it has one. Raises Failure."""
    der = found.der
    if found.lock is not None:
        if key_to_lock is None:
            raise no_passphrase()
        der = locked.unlock(found.lock, key_to_lock)
    try:
        key = read(der, found.reader)
    except ValueError:
        raise unsupported() from None
    except Failure as failure:
        raise _as_openssl_says(found, failure) from None
    return public_of(key) if public else key


def _as_openssl_says(found: Written, failure: Failure) -> Failure:
    """Of a private key OpenSSL tells no more than that it is none, or that DER is cut off."""
    if found.reader in _PUBLIC_LABELS.values() or failure.code == "ERR_CRYPTO_INVALID_KEYLEN":
        return failure
    if found.armored or found.reader is not keys.pkcs8:
        return unsupported()
    return bad_der(_CUT.get(failure.reason, ""))


def check_passphrase(passphrase: bytes | None) -> None:
    """Raises Failure where there is none, or one that is too long to be any."""
    if passphrase is None:
        raise no_passphrase()
    if len(passphrase) > locked.PASSPHRASE_BYTES_MAX:
        raise bad_decrypt()


def read_secret(content: bytes, private: bool) -> Key:
    """A key as an operator keeps it: PEM, JWK, or the base64 of DER. Raises Failure."""
    text = content.strip()
    if text.startswith(b"{"):
        key = read_jwk(text, None)
        return key if private else public_of(key)
    if b"-----BEGIN" in text:
        return take((find_private if private else find_public)("pem", None, text + b"\n"), not private)
    try:
        der = binascii.a2b_base64(text)
    except binascii.Error:
        raise unsupported() from None
    for reader in (keys.pkcs8, keys.spki, keys.pkcs1_private, keys.pkcs1_public, keys.sec1):
        try:
            key = read(der, reader)
        except (Failure, ValueError):
            continue
        if key.private or not private:
            return key if private else public_of(key)
    raise unsupported()


def _is_locked(content: bytes) -> bool:
    """Whether a sequence begins with another: an EncryptedPrivateKeyInfo, and no PrivateKeyInfo."""
    try:
        return Reader(content).inside().peek() == SEQUENCE
    except DerError:
        return False


def _second_tag(content: bytes) -> int | None:
    try:
        inner = Reader(content).inside()
        inner.integer()
        return inner.peek()
    except DerError:
        return None


def _is_private_pkcs1(content: bytes) -> bool:
    """Whether a sequence begins with the version 0, and is longer than the two numbers of a public key."""
    try:
        inner = Reader(content).inside()
        return inner.integer() == 0
    except DerError:
        return False
