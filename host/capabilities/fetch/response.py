"""A response's body on its way to the guest: decoded, counted and scrubbed, piece by piece."""

import asyncio
import time
from contextlib import aclosing

from host.capabilities.fetch import failure, headers
from host.capabilities.fetch.body import Download
from host.capabilities.fetch.decoding import HEAVY, STEP_BYTES, Plain, decoder_of
from host.capabilities.fetch.scrub import BodyScrubber
from host.capabilities.fetch.session import Session
from host.capabilities.fetch.transfer import Answer
from host.policy.grants.model import FetchGrant

#: So much may come of a body whatever its ratio: a short text that repeats itself is no bomb.
_RATIO_FREE_BYTES = 64 * 1024
#: What the framing of an encoding may add to a body that cannot be compressed.
_WIRE_SLACK_BYTES = 64 * 1024
#: A body in many pieces of a few bytes costs far more than its size; beyond so many it is read with pauses.
_PIECES_FREE = 4_096
_PIECE_BYTES_MIN = 64
_PAUSE_EVERY, _PAUSE_S = 8, 0.002


class Receiver:
    """One body."""

    def __init__(self, answer: Answer, rule: FetchGrant, session: Session, download: Download, raw: bool) -> None:
        """Raises Failure where the headers tell that the body cannot be taken."""
        self._answer = answer
        self._rule = rule
        self._session = session
        self._download = download
        encodings = [value for name, value in answer.headers if name == "content-encoding"]
        self._decoder = Plain() if raw and not session.scrubs else decoder_of(encodings, session.scrubs)
        self._scrubber = BodyScrubber(session.scrubber)
        self._received = self._decoded = self._pieces = 0
        self._most = rule.response.max_body_bytes

    def check_length(self) -> None:
        """Raises Failure where the length that is announced is too much already."""
        length = headers.first(self._answer.headers, "content-length") or ""
        if isinstance(self._decoder, Plain) and length.isdigit() and int(length[:20]) > self._most:
            raise self._too_large()

    async def run(self) -> None:
        """Hands the body over. Raises Failure."""
        if isinstance(self._decoder, HEAVY):
            async with self._session.heavy:
                await self._run()
        else:
            await self._run()

    async def _run(self) -> None:
        async with aclosing(self._answer.chunks()) as chunks:
            async for chunk in chunks:
                self._received += len(chunk)
                self._pieces += 1
                self._session.moved(len(chunk))
                if self._received > self._most + _WIRE_SLACK_BYTES:
                    raise self._too_large()
                await self._hand_over(chunk)
                if self._pieces > _PIECES_FREE and self._pieces % _PAUSE_EVERY == 0:
                    await self._pause()
        self._decoder.finish()
        rest = self._scrubber.finish()
        if rest:
            await self._download.put(rest)

    async def _hand_over(self, chunk: bytes) -> None:
        began_ns = time.thread_time_ns()
        for step in self._decoder.feed(chunk):
            self._decoded += len(step)
            self._check()
            piece = self._scrubber.feed(step)
            self._session.worked(time.thread_time_ns() - began_ns)
            if piece:
                await self._download.put(piece)
            if len(step) >= STEP_BYTES:
                await asyncio.sleep(0)
            began_ns = time.thread_time_ns()

    def _check(self) -> None:
        if self._decoded > self._most:
            raise self._too_large()
        ratio = self._rule.response.max_ratio
        if self._decoded > _RATIO_FREE_BYTES and self._decoded > self._received * ratio:
            raise failure.too_large(f"The body inflates to more than {ratio} times its size (rule `{self._rule.name}`)")

    async def _pause(self) -> None:
        if self._received < self._pieces * _PIECE_BYTES_MIN:
            await asyncio.sleep(_PAUSE_S)

    def _too_large(self) -> failure.Failure:
        return failure.too_large(f"The body has more than the {self._most} bytes that `{self._rule.name}` allows")
