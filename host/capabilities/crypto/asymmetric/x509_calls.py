"""Certificates for a guest: reading one, and asking whom it is for and who signed it."""

from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate

from host.capabilities.base import Later, Refusal
from host.capabilities.crypto.asymmetric import key as keys
from host.capabilities.crypto.asymmetric import prices, x509_certificate, x509_names
from host.capabilities.crypto.asymmetric.faults import bad_der, unsupported
from host.capabilities.crypto.asymmetric.key import Key, public_of, read
from host.capabilities.crypto.asymmetric.key_calls import described
from host.capabilities.crypto.asymmetric.keyring import hold
from host.capabilities.crypto.asymmetric.read_key import certified_key
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.fields import data, pack, text, unpack
from host.capabilities.crypto.work import Work

_READ_NS = 150_000
#: One that consists of many short names takes so long.
_BYTE_NS = 500
#: A longer one than most are is read on another thread.
_AT_ONCE_BYTES_MAX = 4096
_TRUE, _FALSE = b"\1", b"\0"


def read_certificate(work: Work, payload: bytes) -> bytes | Later:
    """PEM or DER → DER, JSON of what it says."""
    (content,) = unpack(payload, 1)
    return _somewhere(work, len(data(content)), _read, content)


def _somewhere(work: Work, length: int, function: Callable[..., bytes], *arguments: object) -> bytes | Later:
    """What is done with certificates of so many bytes."""
    if length > 2 * x509_certificate.CERTIFICATE_BYTES_MAX:
        raise unsupported()
    price_ns = _READ_NS + length * _BYTE_NS
    if length <= _AT_ONCE_BYTES_MAX:
        work.charge(price_ns)
        return function(*arguments)
    work.spend(price_ns)
    return work.off_loop(function, *arguments)


def _read(content: bytes) -> bytes:
    certificate = x509_certificate.load(content)
    try:
        der = certificate.public_bytes(Encoding.DER)
        return pack(der, msgspec.json.encode(x509_certificate.facts(certificate, der)))
    except x509_certificate.BAD_CERTIFICATE:
        raise bad_der("wrong tag") from None


def ask_certificate(work: Work, payload: bytes) -> bytes | Later:
    """See `_ask`."""
    fields = unpack(payload, 7)
    return _somewhere(work, sum(len(field or b"") for field in fields[1:3]), _answered, work, fields)


def _answered(work: Work, fields: list[bytes | None]) -> bytes:
    """What the library finds out late to be malformed is a Failure as well."""
    try:
        return _ask(work, fields)
    except x509_certificate.BAD_CERTIFICATE:
        raise bad_der("wrong tag") from None


def _ask(work: Work, fields: list[bytes | None]) -> bytes:
    """what, DER, other, name, subject, wildcards (1 or 0), letters for other rules of names → by what: `key` the public
    key, described; `host`, `email`, `ip` the name that matches, in one field; `verify` (a public key), `issued`
    (another certificate's DER) and `certifies` (a private key) 1 or 0."""
    what, content, other, *names = fields
    certificate = x509_certificate.load(data(content))
    match text(what):
        case "key":
            return described(_certified(certificate))
        case "verify":
            return _verify(work, certificate, other)
        case "issued":
            yes = x509_certificate.may_be_issued_by(certificate, x509_certificate.load(data(other)))
        case "certifies":
            private = hold(work, other, "verify", private=True).key
            certified = _certified(certificate)
            # Keys of Diffie-Hellman sign nothing, and their public halves take long to find.
            yes = certified.kind == private.kind != "dh" and certified.der == public_of(private).der
        case kind:
            return pack(_matching(certificate, kind, names))
    return _TRUE if yes else _FALSE


def _certified(certificate: Certificate) -> Key:
    return read(certified_key(certificate.public_bytes(Encoding.DER)), keys.spki)


def _verify(work: Work, certificate: Certificate, key_field: bytes | None) -> bytes:
    held = hold(work, key_field, "verify", private=False)
    if held.key.kind == "dh":
        return _FALSE
    held.permit(work, "verify", x509_certificate.signature_algorithm(certificate))
    work.charge(prices.public_ns(held.key))
    return _TRUE if x509_certificate.is_signed_by(certificate, held.key.handle) else _FALSE


def _matching(certificate: Certificate, kind: str, fields: list[bytes | None]) -> str | None:
    name, subject, wildcards, partial = (text(field) for field in fields)
    match kind:
        case "host":
            rules = x509_names.Rules(wildcards == "1", "p" in partial, "m" in partial, "s" in partial)
            return x509_names.matching_host(certificate, name, subject, rules)
        case "email":
            return x509_names.matching_email(certificate, name, subject)
        case "ip":
            if not x509_names.is_address(name):
                raise Failure("ERR_INVALID_ARG_VALUE", "Invalid IP", "TypeError")
            return x509_names.matching_ip(certificate, name)
    raise Refusal("ValidationError", "There is no such question about a certificate")
