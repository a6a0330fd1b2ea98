"""The ciphers themselves: each takes bytes, gives bytes, and ends once."""

import struct
from hmac import compare_digest
from typing import Any, Protocol

from Crypto.Cipher import AES
from cryptography.exceptions import AlreadyUpdated, InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

from host.capabilities.crypto.failure import Failure, ossl

try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB, CFB8, OFB
except ImportError:
    from cryptography.hazmat.primitives.ciphers.modes import CFB, CFB8, OFB

#: What OpenSSL's bindings take as a nonce of GCM; others are pycryptodome's, which is some ten times slower.
_GCM_NONCE_BYTES = range(8, 129)
NONCE_BYTES_MAX = 64 * 1024
_TAG_BYTES = 16
_POLY1305_BLOCK_BYTES = 16


class Engine(Protocol):
    """A cipher under way. `end` takes the tag to be checked, where there is one, and gives the rest and the tag."""

    def add(self, aad: bytes | memoryview) -> None: ...

    def update(self, data: bytes | memoryview, padded: bool) -> bytes: ...

    def end(self, padded: bool, tag: bytes | None) -> tuple[bytes, bytes | None]: ...


class NoAad:
    """What the engines without a tag share."""

    def add(self, aad: bytes | memoryview) -> None:
        raise Failure("", "Unsupported state or unable to authenticate data")


class Flow(NoAad):
    """Modes that make a stream of a block cipher: as many bytes come out as go in."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def update(self, data: bytes | memoryview, padded: bool) -> bytes:
        return self._context.update(data)

    def end(self, padded: bool, tag: bytes | None) -> tuple[bytes, bytes | None]:
        return self._context.finalize(), None


class Blocks(NoAad):
    """ECB and CBC. With padding, a decipher keeps the last block until it knows that it is the last."""

    def __init__(self, context: Any, size: int, encrypts: bool) -> None:
        self._context = context
        self._size = size
        self._encrypts = encrypts
        self._held = b""

    def update(self, data: bytes | memoryview, padded: bool) -> bytes:
        held = self._held + bytes(data) if self._held else data
        whole = len(held) - len(held) % self._size
        if padded and not self._encrypts and whole == len(held) and whole:
            whole -= self._size
        self._held = bytes(held[whole:])
        return self._context.update(memoryview(held)[:whole]) if whole else b""

    def end(self, padded: bool, tag: bytes | None) -> tuple[bytes, bytes | None]:
        held, size = self._held, self._size
        if padded and self._encrypts:
            fill = size - len(held) % size
            return self._context.update(held + bytes([fill]) * fill) + self._context.finalize(), None
        if len(held) % size or (padded and not held):
            raise ossl("ERR_OSSL_WRONG_FINAL_BLOCK_LENGTH", "1C80006B", "Provider routines", "wrong final block length")
        plain = self._context.update(held) + self._context.finalize()
        return (_unpadded(plain, size) if padded else plain), None


def _unpadded(plain: bytes, size: int) -> bytes:
    """PKCS #7, all of it looked at whatever it is (RFC 5652, 6.3)."""
    fill = plain[-1]
    wrong = fill == 0 or fill > size
    for at in range(1, size + 1):
        wrong |= (at <= fill) & (plain[-at] != fill)
    if wrong:
        raise ossl("ERR_OSSL_BAD_DECRYPT", "1C800064", "Provider routines", "bad decrypt")
    return plain[:-fill]


class Gcm:
    """GCM of OpenSSL's (NIST SP 800-38D)."""

    def __init__(self, context: Any, encrypts: bool) -> None:
        self._context = context
        self._encrypts = encrypts

    def add(self, aad: bytes | memoryview) -> None:
        try:
            self._context.authenticate_additional_data(aad)
        except AlreadyUpdated:
            raise unauthentic() from None

    def update(self, data: bytes | memoryview, padded: bool) -> bytes:
        return self._context.update(data)

    def end(self, padded: bool, tag: bytes | None) -> tuple[bytes, bytes | None]:
        if self._encrypts:
            return self._context.finalize(), self._context.tag
        if tag is None:
            raise unauthentic()
        try:
            return self._context.finalize_with_tag(tag), None
        except (InvalidTag, ValueError):
            raise unauthentic() from None


class OddGcm:
    """GCM of AES with a nonce that OpenSSL's bindings do not take."""

    def __init__(self, key: bytes, nonce: bytes, encrypts: bool, tag_bytes: int) -> None:
        self._cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=tag_bytes)
        self._encrypts = encrypts

    def add(self, aad: bytes | memoryview) -> None:
        try:
            self._cipher.update(aad)
        except TypeError:  # data came before it
            raise unauthentic() from None

    def update(self, data: bytes | memoryview, padded: bool) -> bytes:
        return self._cipher.encrypt(data) if self._encrypts else self._cipher.decrypt(data)

    def end(self, padded: bool, tag: bytes | None) -> tuple[bytes, bytes | None]:
        if self._encrypts:
            return b"", self._cipher.digest()
        try:
            self._cipher.verify(tag or b"")
        except ValueError:
            raise unauthentic() from None
        return b"", None


class ChaCha:
    """ChaCha20-Poly1305 (RFC 8439), of OpenSSL's two halves, because its bindings know it for whole messages alone."""

    def __init__(self, key: bytes, nonce: bytes, encrypts: bool) -> None:
        first = Cipher(algorithms.ChaCha20(key, bytes(4) + nonce), None).encryptor()
        self._mac = Poly1305(first.update(bytes(32)))
        self._context = Cipher(algorithms.ChaCha20(key, (1).to_bytes(4, "little") + nonce), None).encryptor()
        self._encrypts = encrypts
        self._aad_bytes = 0
        self._data_bytes: int | None = None

    def add(self, aad: bytes | memoryview) -> None:
        self._mac.update(aad)
        self._aad_bytes += len(aad)

    def update(self, data: bytes | memoryview, padded: bool) -> bytes:
        if self._data_bytes is None:
            self._fill(self._aad_bytes)
            self._data_bytes = 0
        self._data_bytes += len(data)
        changed = self._context.update(data)
        self._mac.update(changed if self._encrypts else data)
        return changed

    def _fill(self, length: int) -> None:
        self._mac.update(bytes(-length % _POLY1305_BLOCK_BYTES))

    def end(self, padded: bool, tag: bytes | None) -> tuple[bytes, bytes | None]:
        self.update(b"", False)
        self._fill(self._data_bytes)
        self._mac.update(struct.pack("<QQ", self._aad_bytes, self._data_bytes))
        made = self._mac.finalize()
        if self._encrypts:
            return b"", made
        if tag is None or not compare_digest(made[: len(tag)], tag):
            raise unauthentic()
        return b"", None


def unauthentic() -> Failure:
    """A tag is wrong, or missing."""
    return Failure("", "Unsupported state or unable to authenticate data")


_BLOCK_CIPHERS = {"aes": algorithms.AES, "des": TripleDES, "sm4": algorithms.SM4}
_FLOWS = {"ctr": modes.CTR, "cfb": CFB, "cfb8": CFB8, "ofb": OFB}


def open_engine(family: str, mode: str, key: bytes, iv: bytes, encrypts: bool, tag_bytes: int) -> Engine:
    """A cipher of the family (`aes`, `des`, `sm4`, `chacha20`) in a mode. Raises ValueError for lengths that it does
    not have."""
    if len(iv) > NONCE_BYTES_MAX:
        raise ValueError("the nonce is too long")
    if family == "chacha20":
        return ChaCha(key, iv, encrypts)
    if mode == "gcm":
        if len(iv) not in _GCM_NONCE_BYTES:
            if family != "aes":
                raise Failure("ERR_CRYPTO_INVALID_IV", "Invalid initialization vector", "TypeError")
            return OddGcm(key, iv, encrypts, tag_bytes)
        cipher = Cipher(_BLOCK_CIPHERS[family](key), modes.GCM(iv, None, min(tag_bytes, _TAG_BYTES)))
        return Gcm(cipher.encryptor() if encrypts else cipher.decryptor(), encrypts)
    algorithm = _BLOCK_CIPHERS[family](key)
    chosen = modes.ECB() if mode == "ecb" else (modes.CBC if mode == "cbc" else _FLOWS[mode])(iv)
    cipher = Cipher(algorithm, chosen)
    context = cipher.encryptor() if encrypts else cipher.decryptor()
    if mode in ("ecb", "cbc"):
        return Blocks(context, algorithm.block_size // 8, encrypts)
    return Flow(context)
