"""The manifest of a signed folder: every file with its size and SHA-256, and a serial that only goes up.

Its bytes are canonical, so that one folder has one manifest, and the signature is over just these bytes: any Ed25519
tool can make and check it (RFC 8032).
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

MANIFEST_FILE = "MANIFEST.json"
SIGNATURE_FILE = "MANIFEST.sig"
SIGNING_FILES = (MANIFEST_FILE, SIGNATURE_FILE)
SERIAL_MAX = 2**53 - 1
_NAME_BYTES_MAX = 255


class SignedFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What one file held when it was signed. `sha256` is lower-case hexadecimal."""

    bytes: Annotated[int, Meta(ge=0)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a signature is about. `serial` is higher than that of any manifest the same key signed before."""

    cellblock_policies: Literal[1]
    serial: Annotated[int, Meta(ge=1, le=SERIAL_MAX)]
    files: dict[str, SignedFile]


class ManifestError(ValueError):
    """Why bytes are not a manifest, or files cannot be in one."""


def manifest_of(files: Mapping[str, bytes], serial: int) -> Manifest:
    """The manifest of `files` by name. Raises ManifestError for names that not every system keeps apart."""
    check_names(files)
    return Manifest(1, serial, {name: _signed(data) for name, data in sorted(files.items())})


def encode(manifest: Manifest) -> bytes:
    """The canonical bytes: JSON in ASCII with sorted keys, two spaces a level, and a line break at the end."""
    return (json.dumps(msgspec.to_builtins(manifest), sort_keys=True, indent=2, ensure_ascii=True) + "\n").encode()


def decode(data: bytes) -> Manifest:
    """Reads canonical bytes. Raises ManifestError for all others."""
    try:
        manifest = _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise ManifestError(f"it is not a manifest that this program reads: {fault}") from None
    check_names(manifest.files)
    if encode(manifest) != data:
        raise ManifestError("it is not in the canonical form")
    return manifest


_decode = msgspec.json.Decoder(Manifest).decode


def check_names(names: Iterable[str]) -> None:
    """Raises ManifestError for a name that cannot be in a manifest, and for two that a file system may take for one."""
    seen: dict[str, str] = {}
    for name in names:
        if not _is_name(name):
            raise ManifestError(f"a file cannot be signed under the name {name!a}")
        first = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if first != name:
            raise ManifestError(f"{first!a} and {name!a} are one name where case does not count")


def _is_name(name: str) -> bool:
    if not name or name.startswith(".") or name in SIGNING_FILES or not name.isprintable():
        return False
    return not set(name) & {"/", "\\"} and len(name.encode("utf-8", "surrogatepass")) <= _NAME_BYTES_MAX


def holds(signed: SignedFile, data: bytes) -> bool:
    """Whether `data` is what was signed."""
    return signed == _signed(data)


def _signed(data: bytes) -> SignedFile:
    return SignedFile(len(data), hashlib.sha256(data).hexdigest())
