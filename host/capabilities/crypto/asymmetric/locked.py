"""Keys under a passphrase: PBES2 around PKCS #8 (RFC 8018, RFC 7914), and the DEK-Info of PEM (RFC 1421)."""

import hashlib
import secrets

from Crypto.Cipher import AES, DES3
from msgspec import Struct

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


class Lock(Struct, frozen=True):
    """How a key is encrypted. `price_ns` is about what finding the key to it takes, and `derive` the name of how:
    `pbkdf2` with (digest, salt, iterations), `scrypt` with (salt, n, r, p), or `md5` with (salt,)."""

    cipher: str
    iv: bytes
    derive: str
    parameters: tuple
    ciphertext: bytes
    price_ns: int


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
        derive, parameters, price_ns = _read_derivation(derivation)
        cipher = _CIPHERS.get(encryption.oid())
        iv = encryption.read(OCTET_STRING)
    except DerError as error:
        raise bad_der(error.reason) from None
    if cipher is None or len(iv) != _block_bytes(cipher):
        raise unsupported()
    return Lock(cipher, iv, derive, parameters, ciphertext, price_ns)


def _read_derivation(derivation: Reader) -> tuple[str, tuple, int]:
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
        return "pbkdf2", (digest, salt, iterations), iterations * _ITERATION_NS
    if name != _SCRYPT:
        raise unsupported()
    n, r, p = inner.integer(), inner.integer(), inner.integer()
    if n < 2 or n & (n - 1) or not 1 <= p <= SCRYPT_P_MAX or r < 1 or 128 * n * r > SCRYPT_BYTES_MAX:
        raise unsupported()
    return "scrypt", (salt, n, r, p), 128 * n * r * p * _SCRYPT_BYTE_NS


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
    return Lock(cipher, iv, "md5", (iv[:SALT_BYTES],), ciphertext, _ITERATION_NS)


def unlock(lock: Lock, passphrase: bytes) -> bytes:
    """What is encrypted. Raises Failure where the passphrase is another."""
    cipher = _cipher(lock.cipher, _derived(lock, passphrase), lock.iv)
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
    lock = Lock(cipher, iv, "pbkdf2", ("sha256", salt, ITERATIONS), b"", 0)
    derivation = sequence(octets(salt), integer(ITERATIONS), sequence(oid(_SHA256_PRF), null()))
    scheme = sequence(sequence(oid(_PBKDF2), derivation), sequence(oid(_CIPHER_OIDS[cipher]), octets(iv)))
    return sequence(sequence(oid(_PBES2), scheme), octets(_encrypted(lock, der, passphrase)))


def lock_pem(der: bytes, cipher: str, passphrase: bytes) -> tuple[bytes, tuple[str, str]]:
    """The encrypted body of a PEM block, and its headers."""
    iv = secrets.token_bytes(_block_bytes(cipher))
    lock = Lock(cipher, iv, "md5", (iv[:SALT_BYTES],), b"", 0)
    headers = "Proc-Type: 4,ENCRYPTED", f"DEK-Info: {cipher.upper()},{iv.hex().upper()}"
    return _encrypted(lock, der, passphrase), headers


def lock_price_ns() -> int:
    return ITERATIONS * _ITERATION_NS


def has_cipher(name: str) -> bool:
    return name in _KEY_BYTES


def _encrypted(lock: Lock, der: bytes, passphrase: bytes) -> bytes:
    size = _block_bytes(lock.cipher)
    padding = size - len(der) % size
    return _cipher(lock.cipher, _derived(lock, passphrase), lock.iv).encrypt(der + bytes((padding,)) * padding)


def _derived(lock: Lock, passphrase: bytes) -> bytes:
    length = _KEY_BYTES[lock.cipher]
    if lock.derive == "pbkdf2":
        digest, salt, iterations = lock.parameters
        return hashlib.pbkdf2_hmac(digest, passphrase, salt, iterations, length)
    if lock.derive == "scrypt":
        salt, n, r, p = lock.parameters
        return hashlib.scrypt(passphrase, salt=salt, n=n, r=r, p=p, maxmem=2 * SCRYPT_BYTES_MAX, dklen=length)
    (salt,) = lock.parameters
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
