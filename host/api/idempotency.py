"""The header Idempotency-Key: a request that is sent again gets the answer that it got, and does not run again.

After draft-ietf-httpapi-idempotency-key-header. What is kept is the answer of code that ran, whether it returned or
threw. Where nothing ran, or not to its end, the key is free again.
"""

import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from msgspec import Struct

from host.api.answers import KEPT_FOR_S, Answers, Found, Fresh, Full, Mismatch, NotKept, Replay, Running, Ticket
from host.errors import (
    CellblockError,
    KeyReuseError,
    RateLimitError,
    StillRunningError,
    UnavailableError,
    ValidationError,
)

KEY_HEADER = b"idempotency-key"
KEY_CHARS_MAX = 255
_NONCE_BYTES = 16
#: What is hashed before the body: a key that another route may take one day is of another request.
_OPERATION = b"POST /flow/codeblock\n"
#: Visible ASCII. Bare, it is without what could be read as a list, a parameter or a quoted string.
_BARE = re.compile(rb"[!#-+\--:<-\[\]-~]{1,%d}" % KEY_CHARS_MAX)
_QUOTED = re.compile(rb'"((?:[!#-\[\]-~]|\\["\\]){1,%d})"' % KEY_CHARS_MAX)
_ESCAPED = re.compile(rb"\\(.)")

log = structlog.get_logger()


class Outcome(Struct, frozen=True):
    """The answer of an execution, and whether the code ran to its end: it returned, or failed by itself."""

    status: int
    body: bytes
    final: bool


class Answer(Struct, frozen=True):
    """An answer, and where it comes from: `replayed` from the store, `kept` in it."""

    status: int
    body: bytes
    replayed: bool = False
    kept: bool = True

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """What tells the caller so."""
        if self.replayed:
            return ((b"idempotency-replayed", b"true"),)
        return () if self.kept else ((b"idempotency-stored", b"false"),)


class Idempotency:
    """Runs what carries a key at most once. Without a store every key is refused: it would promise nothing."""

    def __init__(self, answers: Answers | None) -> None:
        self._answers = answers

    async def once(
        self, principal: str, header: bytes, body: bytes, execute: Callable[[], Awaitable[Outcome]]
    ) -> Answer:
        """The answer to the request with this key and body: the one that is kept, else that of `execute`.

        Raises what `execute` raises; ValidationError, KeyReuseError, StillRunningError, RateLimitError and
        UnavailableError where it is not called.
        """
        ticket = Ticket(principal, read_key(header), _digest(body), secrets.token_bytes(_NONCE_BYTES))
        if self._answers is None:
            raise UnavailableError("The service keeps no answers", "Send the request without an Idempotency-Key.")
        async with _claimed(self._answers, ticket) as claim:
            if claim.replay is not None:
                return Answer(claim.replay.status, claim.replay.body, replayed=True)
            outcome = await execute()
            if not outcome.final:
                return Answer(outcome.status, outcome.body)
            kept = await claim.keep(outcome.status, outcome.body)
            return Answer(outcome.status, outcome.body, kept=kept)


class _Claim:
    """The key of a ticket, as far as this request holds it. `replay` is the answer that was found instead."""

    __slots__ = ("_answers", "_ticket", "held", "replay")

    def __init__(self, answers: Answers, ticket: Ticket) -> None:
        self._answers = answers
        self._ticket = ticket
        self.held = False
        self.replay: Replay | None = None

    async def take(self) -> None:
        """Takes the key, or finds the answer. Raises what the caller is told where neither can be."""
        # Before the outcome is known: a request that is cancelled here may have claimed.
        self.held = True
        try:
            found = await self._answers.claim(self._ticket)
        except CellblockError:
            self.held = False
            raise
        self.held = isinstance(found, Fresh)
        if not self.held:
            self.replay = _replay_of(found)

    async def keep(self, status: int, body: bytes) -> bool:
        """Ends the claim with an answer; whether it is kept. The code has run: whatever happens now, the key does not
        become free at once, or a retry would run it again."""
        self.held = False
        try:
            return await self._answers.keep(self._ticket, status, body)
        except CellblockError:
            log.error("an idempotent answer could not be kept", principal=self._ticket.principal)
            return False

    async def release(self) -> None:
        """Ends the claim without an answer. A fault costs the caller the key for a while, and not the answer."""
        self.held = False
        try:
            await self._answers.release(self._ticket)
        except CellblockError:
            log.error("an idempotency key could not be released", principal=self._ticket.principal)


@asynccontextmanager
async def _claimed(answers: Answers, ticket: Ticket) -> AsyncIterator[_Claim]:
    """Holds the key of `ticket`. A claim that has not ended with an answer is released, on every path."""
    claim = _Claim(answers, ticket)
    try:
        await claim.take()
        yield claim
    finally:
        if claim.held:
            await claim.release()


def _replay_of(found: Found) -> Replay:
    """The answer that was found. Raises what the caller is told where there is none."""
    match found:
        case Replay():
            return found
        case Mismatch():
            raise KeyReuseError(
                "The Idempotency-Key belongs to another request",
                "Take a new key for each request; repeat one unchanged.",
            )
        case Running():
            raise StillRunningError(
                "The first request with this Idempotency-Key is still running", "Try again later with the same key."
            )
        case NotKept():
            raise RateLimitError(
                "The code has run under this Idempotency-Key, and there was no room to keep its answer",
                "It is not run again. Take a new key to run it once more, and return less.",
                retry_after_s=KEPT_FOR_S,
            )
        case Full(what="keys"):
            raise RateLimitError(
                "All of your idempotency keys are in use",
                "Each is free again 24 hours after its first request. Until then send what needs none without a key.",
                found.free_in_s,
            )
        case Full(what="principal"):
            raise RateLimitError(
                "The answers that are kept for your idempotency keys take up all of their room",
                "An answer is dropped after 24 hours. Return less, or send what needs no key without one.",
                found.free_in_s,
            )
        case Full():
            raise RateLimitError(
                "The answers that are kept for idempotency keys take up all of the room that this service has for them",
                "An answer is dropped after 24 hours. Until then send what needs no key without one.",
                found.free_in_s,
            )


def read_key(header: bytes) -> str:
    """The key, written bare or as a string of RFC 8941. Raises ValidationError."""
    value = header.strip(b" \t")
    if _BARE.fullmatch(value):
        return value.decode()
    if quoted := _QUOTED.fullmatch(value):
        return _ESCAPED.sub(rb"\1", quoted[1]).decode()
    raise ValidationError(
        "The Idempotency-Key is not a key",
        "Send 1 to 255 visible ASCII characters, such as a UUID; with commas, semicolons or quotes among them, as a "
        "string in quotes.",
    )


def _digest(body: bytes) -> bytes:
    digest = hashlib.sha256(_OPERATION)
    digest.update(body)
    return digest.digest()
