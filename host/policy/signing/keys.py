"""Ed25519 keys: the signer's in PEM (PKCS #8), the verifier's in PEM or as the base64 of its 32 bytes."""

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_FILE_BYTES_MAX = 16 * 1024


class KeyFault(ValueError):
    """Why a key cannot be used: `str()` goes on a sentence that begins with what names the key."""


class PublicKey:
    """What signatures are checked with."""

    def __init__(self, raw: bytes) -> None:
        # Imported late: most who read policies check no signature.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        self.raw = raw
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    @property
    def text(self) -> str:
        """The base64 of its bytes, as POLICY_PUBLIC_KEY takes it."""
        return base64.b64encode(self.raw).decode()

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether the owner of the private key has signed just `data`."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


class PrivateKey:
    """What signs."""

    def __init__(self, key: "Ed25519PrivateKey") -> None:
        self._key = key
        self.public = PublicKey(key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> "PrivateKey":
        """A new one."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(data)

    def pem(self) -> tuple[bytes, bytes]:
        """The private key (PKCS #8, not encrypted) and the public one, as `openssl genpkey` and `openssl pkey -pubout`
        write them."""
        from cryptography.hazmat.primitives import serialization as form

        private = self._key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        public = self._key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
        return private, public


def read_public_key(value: str) -> PublicKey:
    """The key that `value` is (base64), or that the PEM file of that path holds. Raises KeyFault."""
    raw = _from_base64(value.strip(), _KEY_BYTES)
    if raw is not None:
        return PublicKey(raw)
    try:
        with Path(value).open("rb") as file:
            data = file.read(_FILE_BYTES_MAX)
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is no path"
        raise KeyFault(f"is neither the base64 of 32 bytes nor a file that can be read ({why})") from None
    return _public_from_pem(data)


def _public_from_pem(data: bytes) -> PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE KEY" in data:
        raise KeyFault("holds a private key, which belongs to the signer alone")
    try:
        key = load_pem_public_key(data)
    except Exception:
        # cryptography has many ways to say that it is not a key.
        raise KeyFault("is a file without a public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFault("holds a key that is not Ed25519")
    return PublicKey(key.public_bytes_raw())


def private_key_from_pem(data: bytes) -> PrivateKey:
    """Raises KeyFault."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(data, None)
    except TypeError:
        raise KeyFault("is encrypted: `openssl pkey -in FILE | cellblock policy sign --key -` decrypts it") from None
    except Exception:
        raise KeyFault("holds no private key in PEM") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFault("holds a key that is not Ed25519")
    return PrivateKey(key)


def signature_text(signature: bytes) -> bytes:
    """The content of a signature file: base64 and a line break."""
    return base64.b64encode(signature) + b"\n"


def signature_from_text(data: bytes) -> bytes | None:
    """The signature in a signature file; None where it holds none."""
    return _from_base64(data.strip().decode("latin-1"), _SIGNATURE_BYTES)


def _from_base64(text: str, size: int) -> bytes | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # Written again, it has to be the same: base64 has other spellings of the last bits.
    return raw if len(raw) == size and base64.b64encode(raw).decode() == text else None
