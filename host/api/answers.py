"""What a store of idempotent answers does, whatever it is built on. Its HTTP side is host/api/idempotency.py, its one
implementation host/api/sqlite_answers.py.

A ticket is claimed before its execution begins. The one who got `Fresh` runs it, and then either keeps the answer or
releases the ticket, so that the key is free again.
"""

from typing import Literal, Protocol

from msgspec import Struct

_MIB = 1 << 20
#: From the first request with the key.
KEPT_FOR_S = 24 * 3600


class Ticket(Struct, frozen=True):
    """One request that carries a key. `digest` is of all that selects its answer; `nonce` tells this request from
    another one with the same key and digest, and is made before the claim, so that a claim whose outcome nobody
    waited for can be released too."""

    principal: str
    key: str
    digest: bytes
    nonce: bytes


class Fresh(Struct, frozen=True):
    """The key is yours: run, then keep or release."""


class Replay(Struct, frozen=True):
    """The request has been answered, with this."""

    status: int
    body: bytes


class Mismatch(Struct, frozen=True):
    """The key belongs to another request."""


class Running(Struct, frozen=True):
    """The first request with this key has no answer yet."""


class NotKept(Struct, frozen=True):
    """The request has been answered, and there was no room to keep the answer. It is not run again."""


class Full(Struct, frozen=True):
    """There is no room for another key: `what` has no room, and some of it becomes free in `free_in_s`, in seconds."""

    what: Literal["keys", "principal", "node"]
    free_in_s: int


Found = Fresh | Replay | Mismatch | Running | NotKept | Full


class Room(Struct, frozen=True):
    """How much is kept, at most. A key counts `key_bytes` beside its answer: its row and its places in the indexes.

    No new key is taken where less than `clearance_bytes` are left: that is the largest answer under the default
    settings, so that an execution whose answer has no place is a rare thing, and takes several at the same time.
    """

    keys_max: int = 10_000
    principal_bytes_max: int = 64 * _MIB
    node_bytes_max: int = 1024 * _MIB
    clearance_bytes: int = 6 * _MIB
    key_bytes: int = 1024


ROOM = Room()


class Answers(Protocol):
    """The store. Each method raises UnavailableError where the store cannot be used.

    What has been asked of it is done, also when the one who waits for it is cancelled.
    """

    async def claim(self, ticket: Ticket) -> Found:
        """Takes the key for this ticket, if it is free."""

    async def keep(self, ticket: Ticket, status: int, body: bytes) -> bool:
        """Ends a claim with an answer. False where the answer is not kept: no room, or the claim has gone to another
        request meanwhile."""

    async def release(self, ticket: Ticket) -> None:
        """Ends a claim without an answer. Nothing happens where the key is not this ticket's."""
