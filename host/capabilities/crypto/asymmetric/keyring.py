"""The key of a call: of the caller's bytes, parsed once in an execution, or one that the policy names."""

import hashlib
from collections.abc import Callable

from host.capabilities.base import Refusal
from host.capabilities.crypto.asymmetric import key as keys
from host.capabilities.crypto.asymmetric.der import Reader
from host.capabilities.crypto.asymmetric.hidden import Hidden
from host.capabilities.crypto.asymmetric.key import KEY_BYTES_MAX, Key, read
from host.capabilities.crypto.asymmetric.read_key import read_secret
from host.capabilities.crypto.failure import Failure
from host.capabilities.crypto.work import NamedKey, Work

#: Of reading any key; those on a curve take a multiplication more.
_READ_NS = 100_000
_OWN, _NAMED = b"K", b"N"


class Held(Hidden, frozen=True):
    """A key that may be used in this call; `named` is there for one of the policy's."""

    key: Key
    named: NamedKey | None

    def permit(self, work: Work, operation: str, algorithm: str) -> None:
        """Raises Refusal where the policy does not grant the algorithm, or gave the key for another."""
        if self.named is None:
            work.ask(operation, algorithm)
        elif self.named.algorithm != algorithm:
            message = f"The key {self.named.name} is for {self.named.algorithm}, and not for {algorithm}"
            raise Refusal("CapabilityError", message, "Use the algorithm that the policy gives the key for.")


def hold(work: Work, field: bytes | None, use: str, private: bool) -> Held:
    """The key of a field of a payload. Raises Refusal and Failure."""
    sort, content = (field or b"")[:1], (field or b"")[1:]
    if sort == _NAMED:
        return _hold_named(work, content, use, private)
    if sort != _OWN or len(content) > KEY_BYTES_MAX:
        raise Refusal("ValidationError", "That is no key")
    reader = keys.pkcs8 if private else keys.spki
    key = work.kept.get(kept_as(content, private), lambda: _charged(work, content, reader))
    return Held(key, None)


def kept_as(der: bytes, private: bool) -> tuple[bytes, bool]:
    """Under what an execution keeps a parsed key."""
    return hashlib.sha256(der).digest(), private


def _charged(work: Work, content: bytes, reader: Callable[[Reader], Key]) -> Key:
    work.charge(_READ_NS)
    key = read(content, reader)
    if key.curve is not None:
        work.charge(key.curve.price_ns)
    return key


def _hold_named(work: Work, content: bytes, use: str, private: bool) -> Held:
    try:
        name = content.decode()
    except UnicodeDecodeError:
        raise Refusal("ValidationError", "That is no key") from None
    named = work.named_key(name, use)
    try:
        work.charge(_READ_NS)
        key = work.kept.get((name, private), lambda: read_secret(named.secret, private))
    except Failure:
        sort = "private" if private else "public"
        message = f"The key {name} cannot be used: its secret is no {sort} key that can be read"
        hint = "Whoever runs the service has to store it as PEM, as a JWK or as DER in base64."
        raise Refusal("CapabilityError", message, hint) from None
    return Held(key, named)
