"""Secret keys as fields of a payload: bytes of the guest's own, or the name of a key that it cannot see."""

import base64
import binascii

from host.capabilities.base import Refusal
from host.capabilities.crypto.fields import data
from host.capabilities.crypto.work import NamedKey, Work

#: What the first byte of a key's field says.
RAW = ord("S")
NAMED = ord("N")
#: Keys of HMAC and passwords may be of any length; a longer one than this is none.
RAW_BYTES_MAX = 1024 * 1024


def secret_key(work: Work, field: bytes | None, use: str, operation: str, algorithm: str, size: int | None) -> bytes:
    """The key, of `size` bytes where that matters. Asks the policy: about the algorithm for a key of the guest's own,
    about the key's use for a named one."""
    field = data(field)
    kind = field[0] if field else 0
    if len(field) > RAW_BYTES_MAX:
        raise Refusal("ValidationError", f"A key or password has at most {RAW_BYTES_MAX} bytes")
    if kind == RAW:
        work.ask(operation, algorithm)
        return field[1:]
    if kind != NAMED:
        raise Refusal("ValidationError", "There is no such key")
    return key_bytes(named_for(work, _name(field), use, algorithm), size)


def named_for(work: Work, name: str, use: str, algorithm: str) -> NamedKey:
    """A key of the policy's, which must be for the use and for the algorithm."""
    key = work.named_key(name, use)
    if key.algorithm != algorithm:
        raise Refusal(
            "CapabilityError",
            f"The key {key.name} is for {key.algorithm}, and not for {algorithm}",
            "A policy names one algorithm for each key.",
        )
    return key


def _name(field: bytes) -> str:
    try:
        return field[1:].decode()
    except UnicodeDecodeError:
        raise Refusal("ValidationError", "There is no such key") from None


def key_bytes(key: NamedKey, size: int | None) -> bytes:
    """What an operator wrote as a key: `hex:…` or `base64:…`, or else the bytes as they are. Where the algorithm wants
    a number of bytes, digits or base64 that come to just as many are taken for them."""
    for prefix, decode in ((b"hex:", _hex), (b"base64:", _base64)):
        if key.secret.startswith(prefix):
            decoded = decode(key.secret.removeprefix(prefix))
            break
    else:
        written = key.secret.strip() if size is not None and len(key.secret) != size else key.secret
        fitting = (written, _hex(written), _base64(written)) if size is not None else (written,)
        decoded = next((each for each in fitting if size is None or (each is not None and len(each) == size)), None)
    if decoded is None or (size is not None and len(decoded) != size):
        raise Refusal(
            "CapabilityError",
            f"What the server has for the key {key.name} is not a key for {key.algorithm}",
            "Its operator has to provide one.",
        )
    return decoded


def _hex(written: bytes) -> bytes | None:
    try:
        return bytes.fromhex(written.decode("ascii"))
    except ValueError:
        return None


def _base64(written: bytes) -> bytes | None:
    try:
        return base64.b64decode(
            written.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(written) % 4), validate=True
        )
    except (ValueError, binascii.Error):
        return None
