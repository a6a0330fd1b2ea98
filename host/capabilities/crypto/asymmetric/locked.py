"""Keys under a passphrase: PBES2 around PKCS #8 (RFC 8018, RFC 7914), and the DEK-Info of PEM (RFC 1421)."""

import hashlib
import secrets

import msgspec
from Crypto.Cipher import AES, DES3

from host.capabilities.crypto.asymmetric.der import (
    NULL,
    OCTET_STRING,
    DerError,
    Reader,
    integer,
    null,
    octets,
    oid,
    sequence,
)
from host.capabilities.crypto.asymmetric.faults import bad_decrypt, bad_der, unsupported
from host.capabilities.crypto.asymmetric.hidden import Hidden
from host.capabilities.crypto.derive_job import Pbkdf2, Scrypt, key_of

_PBES2, _PBKDF2, _SCRYPT = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.3.6.1.4.1.11591.4.11"
_PRFS = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.8": "sha224",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
_SHA256_PRF = "1.2.840.113549.2.9"
_CIPHER_OIDS = {
    "aes-128-cbc": "2.16.840.1.101.3.4.1.2",
    "aes-192-cbc": "2.16.840.1.101.3.4.1.22",
    "aes-256-cbc": "2.16.840.1.101.3.4.1.42",
    "des-ede3-cbc": "1.2.840.113549.3.7",
}
_CIPHERS = {number: name for name, number in _CIPHER_OIDS.items()}
_KEY_BYTES = {"aes-128-cbc": 16, "aes-192-cbc": 24, "aes-256-cbc": 32, "des-ede3-cbc": 24}
#: What a key is encrypted with here, and how: as OpenSSL does.
ITERATIONS = 2048
SALT_BYTES = 8

PASSPHRASE_BYTES_MAX = 1024
ITERATIONS_MAX = 2_000_000
SCRYPT_BYTES_MAX = 64 * 1024 * 1024
SCRYPT_P_MAX = 16
_ITERATION_NS = 350
_SCRYPT_BYTE_NS = 6


class Lock(Hidden, frozen=True):
    """How a key is encrypted. `way` is what finds the key to it, with a passphrase still to be put in; None for that of
    RFC 1421. That takes about `price_ns`, and `memory_bytes`."""

    cipher: str
    iv: bytes
    ciphertext: bytes
    way: Pbkdf2 | Scrypt | None
    price_ns: int
    memory_bytes: int = 0


def read_pkcs8(der: bytes) -> Lock:
    """The lock of an EncryptedPrivateKeyInfo. Raises Failure, also where opening it would take too long."""
    try:
        outer = Reader(der).inside()
        algorithm = outer.inside()
        ciphertext = outer.read(OCTET_STRING)
        if algorithm.oid() != _PBES2:
            raise unsupported()
        scheme = algorithm.inside()
        derivation, encryption = scheme.inside(), scheme.inside()
        cipher = _CIPHERS.get(encryption.oid())
        iv = encryption.read(OCTET_STRING)
        way = _read_derivation(derivation, _KEY_BYTES.get(cipher, 0))
    except DerError as error:
        raise bad_der(error.reason) from None
    if cipher is None or len(iv) != _block_bytes(cipher):
        raise unsupported()
    if isinstance(way, Pbkdf2):
        return Lock(cipher, iv, ciphertext, way, way.iterations * _ITERATION_NS)
    memory_bytes = 128 * way.n * way.r
    return Lock(cipher, iv, ciphertext, way, memory_bytes * way.p * _SCRYPT_BYTE_NS, 2 * memory_bytes)


def _read_derivation(derivation: Reader, length: int) -> Pbkdf2 | Scrypt:
    name, inner = derivation.oid(), derivation.inside()
    salt = inner.read(OCTET_STRING)
    if name == _PBKDF2:
        iterations, digest = inner.integer(), "sha1"
        if inner.peek() == 0x02:
            inner.integer()
        if not inner.at_end:
            prf = inner.inside()
            digest = _PRFS.get(prf.oid(), "")
            if prf.peek() == NULL:
                prf.read(NULL)
        if not digest or not 1 <= iterations <= ITERATIONS_MAX:
            raise unsupported()
        return Pbkdf2(digest, b"", salt, iterations, length)
    if name != _SCRYPT:
        raise unsupported()
    n, r, p = inner.integer(), inner.integer(), inner.integer()
    if n < 2 or n & (n - 1) or not 1 <= p <= SCRYPT_P_MAX or r < 1 or 128 * n * r > SCRYPT_BYTES_MAX:
        raise unsupported()
    return Scrypt(b"", salt, n, r, p, length)


def read_dek_info(info: str, ciphertext: bytes) -> Lock:
    """The lock of a PEM block by its DEK-Info. Raises Failure."""
    name, _, written = info.partition(",")
    cipher = name.strip().lower()
    try:
        iv = bytes.fromhex(written)
    except ValueError:
        raise unsupported() from None
    if cipher not in _KEY_BYTES or len(iv) != _block_bytes(cipher):
        raise unsupported()
    return Lock(cipher, iv, ciphertext, None, _ITERATION_NS)


def unlock(lock: Lock, key: bytes) -> bytes:
    """What is encrypted. Raises Failure where the key is that of another passphrase."""
    cipher = _cipher(lock.cipher, key, lock.iv)
    size = _block_bytes(lock.cipher)
    if not lock.ciphertext or len(lock.ciphertext) % size:
        raise bad_decrypt()
    plain = cipher.decrypt(lock.ciphertext)
    padding = plain[-1]
    if not 1 <= padding <= size or plain[-padding:] != bytes((padding,)) * padding:
        raise bad_decrypt()
    return plain[:-padding]


def lock_pkcs8(der: bytes, cipher: str, passphrase: bytes) -> bytes:
    """An EncryptedPrivateKeyInfo, by PBKDF2 with HMAC-SHA-256."""
    salt, iv = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(_block_bytes(cipher))
    key = key_of(Pbkdf2("sha256", passphrase, salt, ITERATIONS, _KEY_BYTES[cipher]))
    derivation = sequence(octets(salt), integer(ITERATIONS), sequence(oid(_SHA256_PRF), null()))
    scheme = sequence(sequence(oid(_PBKDF2), derivation), sequence(oid(_CIPHER_OIDS[cipher]), octets(iv)))
    return sequence(sequence(oid(_PBES2), scheme), octets(_encrypted(cipher, key, iv, der)))


def lock_pem(der: bytes, cipher: str, passphrase: bytes) -> tuple[bytes, tuple[str, str]]:
    """The encrypted body of a PEM block, and its headers."""
    iv = secrets.token_bytes(_block_bytes(cipher))
    key = _pem_key(passphrase, iv[:SALT_BYTES], _KEY_BYTES[cipher])
    headers = "Proc-Type: 4,ENCRYPTED", f"DEK-Info: {cipher.upper()},{iv.hex().upper()}"
    return _encrypted(cipher, key, iv, der), headers


def lock_price_ns() -> int:
    return ITERATIONS * _ITERATION_NS


def has_cipher(name: str) -> bool:
    return name in _KEY_BYTES


def _encrypted(cipher: str, key: bytes, iv: bytes, der: bytes) -> bytes:
    size = _block_bytes(cipher)
    padding = size - len(der) % size
    return _cipher(cipher, key, iv).encrypt(der + bytes((padding,)) * padding)


def asked(lock: Lock, passphrase: bytes) -> Pbkdf2 | Scrypt | None:
    """What has to be derived for the passphrase; None for a key of RFC 1421."""
    return lock.way if lock.way is None else msgspec.structs.replace(lock.way, secret=passphrase)


def key_to(lock: Lock, passphrase: bytes) -> bytes:
    """The key that the passphrase stands for."""
    what = asked(lock, passphrase)
    return _pem_key(passphrase, lock.iv[:SALT_BYTES], _KEY_BYTES[lock.cipher]) if what is None else key_of(what)


def _pem_key(passphrase: bytes, salt: bytes, length: int) -> bytes:
    """MD5 upon MD5, as OpenSSL has done it from its beginning (EVP_BytesToKey)."""
    derived = last = b""
    while len(derived) < length:
        last = hashlib.md5(last + passphrase + salt, usedforsecurity=False).digest()
        derived += last
    return derived[:length]


def _cipher(name: str, key: bytes, iv: bytes):
    if name == "des-ede3-cbc":
        try:
            return DES3.new(key, DES3.MODE_CBC, iv)
        except ValueError:
            # A derived key that is none for three-key DES: one of 2**56.
            raise bad_decrypt() from None
    return AES.new(key, AES.MODE_CBC, iv)


def _block_bytes(cipher: str) -> int:
    return 8 if cipher.startswith("des") else 16
