"""Keys that take long to derive, as a process apart derives them."""

import hashlib

import msgspec
from msgspec import Struct

from host.capabilities.apart.door import Door

#: OpenSSL counts its own overhead of scrypt, too.
SCRYPT_OVERHEAD_BYTES = 1024 * 1024


class Pbkdf2(Struct, frozen=True, tag=True):
    """RFC 8018; `name` is that of hashlib."""

    name: str
    secret: bytes
    salt: bytes
    iterations: int
    length: int

    def __repr__(self) -> str:
        return "Pbkdf2()"


class Scrypt(Struct, frozen=True, tag=True):
    """RFC 7914."""

    secret: bytes
    salt: bytes
    n: int
    r: int
    p: int
    length: int

    def __repr__(self) -> str:
        return "Scrypt()"


_decode = msgspec.msgpack.Decoder(Pbkdf2 | Scrypt).decode
encode = msgspec.msgpack.Encoder().encode


def derive(door: Door) -> None:
    """One frame says what, one is the key."""
    door.send(key_of(_decode(door.receive())))


def key_of(what: Pbkdf2 | Scrypt) -> bytes:
    """The key."""
    match what:
        case Pbkdf2(name, secret, salt, iterations, length):
            return hashlib.pbkdf2_hmac(name, secret, salt, iterations, length)
        case Scrypt(secret, salt, n, r, p, length):
            memory_bytes = 128 * r * (n + p + 2) + SCRYPT_OVERHEAD_BYTES
            return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=memory_bytes, dklen=length)
