"""The guest's side of fetch's operations, in Python: requests go through a real site, under a real policy."""

import asyncio
import json
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from host.capabilities.base import Decided, Refusal
from host.capabilities.fetch import wire
from host.capabilities.fetch.client import FetchClient
from host.capabilities.fetch.fetch import Fetch
from host.capabilities.random import RandomSource
from host.execution.site import ExecutionSite, HostThreads, Rules
from host.policy.decide.rulebook import Rulebook
from host.policy.resolve import resolve_files

MODES = {"follow": 0, "error": 1, "manual": 2}


class Got(Struct):
    """What a request came to: a response, a failure, or a refusal."""

    status: int = 0
    url: str = ""
    reason: str = ""
    headers: list[tuple[str, str]] = []
    body: bytes = b""
    flags: int = 0
    failure: tuple[str, ...] | None = None
    refused: str | None = None

    def header(self, name: str) -> str | None:
        return next((value for each, value in self.headers if each == name), None)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def verdict(self) -> str:
        """In a word: the status, `refused`, or the code of the failure."""
        if self.refused is not None:
            return "refused" if self.refused.startswith("CapabilityError: ") else self.refused
        return str(self.status) if self.failure is None else self.failure[0] or self.failure[2]


class Calls:
    """The budget of host calls."""

    def __init__(self, most: int) -> None:
        self._left = most

    def charge(self, fuel: int) -> None:
        return

    def end_slice(self) -> None:
        return

    def spend_call(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Refusal("CapabilityError", "The execution has made the host calls that its policy allows")


class Execution:
    """An execution that only fetches."""

    def __init__(
        self,
        client: FetchClient,
        policy: str,
        *,
        secrets: Callable[[str], bytes | None] = lambda name: None,
        principal: str = "tester",
        host_calls: int = 1_000_000,
    ) -> None:
        files = {"test.yaml": f"version: 1\npolicy: test\n{policy}".encode()}
        rulebook = Rulebook(resolve_files(files).policies["test"])
        rules = Rules(rulebook, rulebook.policy.mode.audits_on(datetime.now(UTC).date()))
        now = time.monotonic()
        self.site = ExecutionSite(
            rules, principal, "id", RandomSource(), secrets, HostThreads(), now, now + 60, Calls(host_calls)
        )
        self.fetch = Fetch(self.site, client)
        self._last_id = 0

    @property
    def decided(self) -> list[Decided]:
        return list(self.site.decisions.all())

    def close(self) -> None:
        self.fetch.close()

    async def call(self, operation: int, payload: bytes) -> bytes:
        return await self.fetch.asynchronous[operation](payload)

    def abort(self, id: int) -> None:
        self.fetch.immediate[wire.FETCH_ABORT](struct.pack("<I", id))

    def begin(
        self,
        url: str,
        method: str = "GET",
        headers: list[tuple[str, str]] | dict[str, str] | None = None,
        body: bytes | None = None,
        *,
        redirect: str = "follow",
        redirects: int = 20,
        length: int | None = None,
        stream: bool = False,
        again: bool = False,
        raw: bool = False,
    ) -> tuple[int, asyncio.Task[bytes]]:
        """Starts a request: its id, and its answer."""
        self._last_id += 1
        pairs = list(headers.items()) if isinstance(headers, dict) else headers or []
        lines = [method, url, *(each for pair in pairs for each in pair)]
        head = "\n".join(lines).encode()
        flags = MODES[redirect] | 4 * (body is not None) | 8 * stream | 16 * again | 32 * raw
        payload = struct.pack("<IBBId", self._last_id, flags, redirects, len(head), -1 if length is None else length)
        answer = self.call(wire.FETCH, payload + head + (body or b""))
        return self._last_id, asyncio.ensure_future(answer)

    async def request(
        self, url: str, method: str = "GET", headers: Any = None, body: Any = None, **options: Any
    ) -> Got:
        """A whole request, with its whole response."""
        id, answer = self.begin(url, method, headers, body, **options)
        return await self.finish(id, answer)

    async def finish(self, id: int, answer: Any) -> Got:
        """The response to its end."""
        try:
            got = parse(await answer)
            while got.failure is None and not got.flags & wire.COMPLETE:
                last, piece = await self.read(id)
                if isinstance(piece, tuple):
                    got.failure = piece
                    break
                got.body += piece
                got.flags |= wire.COMPLETE * last
            return got
        except Refusal as refusal:
            return Got(refused=f"{refusal.type}: {refusal.message}")

    async def read(self, id: int, most: int = 1 << 20, fill: bool = False) -> tuple[bool, bytes | tuple[str, ...]]:
        """A piece, and whether it is the last; or why there is none."""
        answer = await self.call(wire.FETCH_READ, struct.pack("<IIB", id, most, fill))
        if answer[0] == wire.FAILURE:
            return True, tuple(answer[1:].decode().split("\n"))
        return bool(answer[1]), answer[2:]

    async def write(self, id: int, piece: bytes, last: bool = False) -> bool:
        """Whether more is wanted. What was begun before has begun on the host by then."""
        await asyncio.sleep(0)
        return bool((await self.call(wire.FETCH_WRITE, struct.pack("<IB", id, last) + piece))[0])


def parse(answer: bytes) -> Got:
    """An answer of FETCH."""
    if answer[0] == wire.FAILURE:
        return Got(failure=tuple(answer[1:].decode().split("\n")))
    if answer[0] == wire.AGAIN:
        return Got(reason="again")
    _, flags, status, size = struct.unpack_from("<BBHI", answer)
    url, reason, *rest = answer[8 : 8 + size].decode().split("\n")
    return Got(status, url, reason, list(zip(rest[::2], rest[1::2], strict=True)), answer[8 + size :], flags)
