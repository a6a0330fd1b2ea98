"""Reading and writing keys for a guest. They need no grant: what a guest has written it may also have read."""

import hashlib

from host.capabilities.base import Later, Refusal
from host.capabilities.crypto.asymmetric import dh_key, export_key, locked, rsa_key
from host.capabilities.crypto.asymmetric.faults import unsupported
from host.capabilities.crypto.asymmetric.jwk import read_jwk
from host.capabilities.crypto.asymmetric.key import KEY_BYTES_MAX, Key, public_of
from host.capabilities.crypto.asymmetric.keyring import hold, kept_as
from host.capabilities.crypto.asymmetric.pem import TEXT_BYTES_MAX
from host.capabilities.crypto.asymmetric.read_key import Written, check_passphrase, find_private, find_public, take
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.fields import data, pack, text, unpack
from host.capabilities.crypto.slowly import derived_apart
from host.capabilities.crypto.work import ON_THREAD_NS, Work

_OTHER_NAMES = {
    "des3": "des-ede3-cbc", "aes128": "aes-128-cbc", "aes192": "aes-192-cbc", "aes256": "aes-256-cbc"
}  # fmt: skip
_READ_NS = 150_000
_CURVE_NS = 250_000
#: For a byte that is searched for the blocks of PEM.
_SEARCH_BYTE_NS = 30


def read_key(work: Work, payload: bytes) -> bytes | Later:
    """wanted (`private`, `public`), encoding, kind, passphrase, content → what the key is; see `described`."""
    wanted, encoding_field, kind_field, passphrase, content_field = unpack(payload, 5)
    content, public, encoding = data(content_field), text(wanted) == "public", text(encoding_field)
    kind = None if kind_field is None else text(kind_field)
    if len(content) > (TEXT_BYTES_MAX if encoding == "pem" else KEY_BYTES_MAX):
        raise unsupported()
    if encoding == "jwk":
        work.charge(_READ_NS)
        return _told(work, read_jwk(content, not public))
    work.charge(len(content) * _SEARCH_BYTE_NS)
    asked = (hashlib.sha256(content).digest(), public, encoding, kind)
    known = work.kept.find(asked)
    if known is not None:
        return known
    found = (find_public if public else find_private)(encoding, kind, content)
    if found.lock is None:
        work.charge(_READ_NS)
        key = take(found, False)
        if public and key.private and key.kind == "dh":
            return _public(work, key)
        return work.kept.get(asked, lambda: _told(work, public_of(key) if public else key))
    check_passphrase(passphrase)
    work.ask("cipher", found.lock.cipher)
    price_ns = _READ_NS + found.lock.price_ns
    work.spend(price_ns)
    if price_ns <= ON_THREAD_NS:
        return work.off_loop(_unlocked, found, public, passphrase)
    return Later(lambda: _unlocked_apart(work, found, public, passphrase))


def _unlocked(found: Written, public: bool, passphrase: bytes) -> bytes:
    return described(take(found, public, locked.key_to(found.lock, passphrase)))


async def _unlocked_apart(work: Work, found: Written, public: bool, passphrase: bytes) -> bytes:
    what = locked.asked(found.lock, passphrase)
    key = await derived_apart(work, what, found.lock.memory_bytes).work()
    return await work.site.off_loop(lambda: described(take(found, public, key)))


def _public(work: Work, key: Key) -> bytes | Later:
    """The public key of a private one, described. With Diffie-Hellman that is a power of a long number."""
    price_ns = _CURVE_NS
    if key.kind == "dh":
        price_ns += dh_key.price_ns(key.handle.prime.bit_length(), key.handle.secret.bit_length())
    return work.somewhere(price_ns, lambda: described(public_of(key)))


def _told(work: Work, key: Key) -> bytes:
    """What a key is; the key itself is kept for its use."""
    work.kept.get(kept_as(key.der, key.private), lambda: key)
    return described(key)


def described(key: Key) -> bytes:
    """type, Node's type, canonical DER, modulus bits, public exponent, digest, MGF1's digest, salt length, curve; what
    a key does not have is absent."""
    bits = exponent = None
    if key.kind in ("rsa", "rsa-pss"):
        bits, exponent = key.handle.key_size, rsa_key.public_numbers(key.handle).e
    limits = key.restriction
    restricted = (limits.digest, limits.mgf1_digest, limits.salt_length) if limits else (None, None, None)
    sort = "private" if key.private else "public"
    return pack(sort, key.kind, key.der, bits, exponent, *restricted, key.curve.name if key.curve else None)


def pair(private: Key) -> bytes:
    """Both halves, described: the private one first."""
    return pack(described(private), described(public_of(private)))


def export(work: Work, payload: bytes) -> bytes | Later:
    """key, type (`private`, `public`), encoding, kind, cipher, passphrase → the key in that form."""
    key_field, sort, encoding, kind, cipher_field, passphrase = unpack(payload, 6)
    if (key_field or b"")[:1] == b"N":
        raise Refusal("CapabilityError", "A named key can be used, and not read", "Use it by its handle.")
    key = hold(work, key_field, "export", private=text(sort) == "private").key
    cipher = None if cipher_field is None else text(cipher_field).lower()
    price_ns = _READ_NS
    if cipher is not None:
        cipher = _OTHER_NAMES.get(cipher, cipher)
        if not locked.has_cipher(cipher):
            raise Failure("ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher")
        work.ask("cipher", cipher)
        if passphrase is None or len(passphrase) > locked.PASSPHRASE_BYTES_MAX:
            raise Refusal("ValidationError", f"A passphrase has {locked.PASSPHRASE_BYTES_MAX} bytes at most")
        price_ns += locked.lock_price_ns()
    form = export_key.Form(text(encoding), "" if kind is None else text(kind), cipher)
    return work.somewhere(price_ns, export_key.write, key, form, passphrase)


def public_key(work: Work, payload: bytes) -> bytes | Later:
    """private key → its public one, described."""
    (key_field,) = unpack(payload, 1)
    if (key_field or b"")[:1] == b"N":
        raise Refusal("CapabilityError", "A named key can be used, and not read", "Use it by its handle.")
    return _public(work, hold(work, key_field, "export", private=True).key)
