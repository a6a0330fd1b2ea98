"""What the main process hands to the workers: policies as they were read, who may use them, and the secrets.

A policy is a piece of its own, so that a worker decodes only those that have changed, one in a turn of its event loop.
"""

import zlib

import msgspec
from msgspec import Struct

from host.policy.model import Access, Origin, Place, Policy, PolicySet
from host.reload.state import LoadState
from host.secrets import SecretStore

_QUICKLY = 1
#: What a policy of 8 MiB can come to when every default is written out. Nobody but the main process writes these.
_PIECE_BYTES_MAX = 1 << 30


class Piece(Struct, frozen=True):
    """One policy, its digest, and where each of its rules stands."""

    policy: Policy
    digest: str
    file: str
    rules: dict[str, Place]


class Snapshot(Struct, frozen=True):
    """`policies` are the pieces by name, encoded and packed, `candidates` those that are asked beside them."""

    state: LoadState
    access: Access | None
    policies: dict[str, bytes]
    secrets: dict[str, bytes]
    candidates: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"<snapshot {self.state.digest}>"


_encode = msgspec.msgpack.Encoder().encode
_decode_snapshot = msgspec.msgpack.Decoder(Snapshot).decode
_decode_piece = msgspec.msgpack.Decoder(Piece).decode


def snapshot_of(state: LoadState, policies: PolicySet, secrets: SecretStore) -> Snapshot:
    """Everything that a worker needs. The text of the files and the tests stay behind."""
    return Snapshot(state, policies.access, pack_all(policies), secrets.reveal())


def pack_all(policies: PolicySet) -> dict[str, bytes]:
    """The pieces by name."""
    return {name: _pack(policy, policies.origins.get(name)) for name, policy in policies.policies.items()}


def _pack(policy: Policy, origin: Origin | None) -> bytes:
    file, rules = (origin.file, dict(origin.rules)) if origin is not None else ("", {})
    return zlib.compress(_encode(Piece(policy, policy.digest, file, rules)), _QUICKLY)


def unpack(packed: bytes) -> tuple[Policy, Origin]:
    """A policy that knows its digest already: working that out takes longer than all else here."""
    piece = _decode_piece(zlib.decompressobj().decompress(packed, _PIECE_BYTES_MAX))
    piece.policy.__dict__["digest"] = piece.digest
    return piece.policy, Origin(piece.file, {}, piece.rules)


def encode(snapshot: Snapshot) -> bytes:
    """The bytes for the board."""
    return _encode(snapshot)


def decode(document: bytes) -> Snapshot:
    """The snapshot of these bytes, which are the main process's."""
    return _decode_snapshot(document)
