"""The capability: one execution's requests, by the operations that its guest calls."""

import asyncio
from collections.abc import Mapping

from host.capabilities.base import Asynchronous, Immediate, Refusal, Site
from host.capabilities.fetch import failure, wire
from host.capabilities.fetch.body import ROOM_BYTES
from host.capabilities.fetch.client import FetchClient
from host.capabilities.fetch.exchange import Again, Exchange, Head
from host.capabilities.fetch.failure import Failure
from host.capabilities.fetch.guard import Guard
from host.capabilities.fetch.session import Session

#: Requests of one execution that are open at once, and what their bodies may come to together.
OPEN_MAX = 512
INLINE_BYTES_MAX = 16 << 20


class Fetch:
    """The requests of one execution."""

    name = "fetch"

    def __init__(self, site: Site, client: FetchClient) -> None:
        self._site = site
        self._client = client
        self._open: dict[int, Exchange] = {}
        self._inline_bytes = 0
        #: Told to end, perhaps before they have begun: the guest says so on another thread.
        self._aborted: set[int] = set()
        self._session: Session | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.immediate: Mapping[int, Immediate] = {wire.FETCH_ABORT: self._abort}
        self.asynchronous: Mapping[int, Asynchronous] = {
            wire.FETCH: self._fetch,
            wire.FETCH_READ: self._read,
            wire.FETCH_WRITE: self._write,
            wire.FETCH_HEAD: self._head,
        }

    async def _fetch(self, payload: bytes) -> bytes:
        asked = wire.parse_request(payload)
        if asked.id in self._open:
            raise Refusal("ValidationError", "There is a request of fetch with that id")
        if asked.id in self._aborted:
            self._aborted.discard(asked.id)
            return wire.failure(failure.aborted())
        size = len(asked.body or b"")
        if len(self._open) >= OPEN_MAX or self._inline_bytes + size > INLINE_BYTES_MAX:
            raise Refusal("CapabilityError", "The execution has too many requests open at once")
        if self._session is None:
            self._loop = asyncio.get_running_loop()
            guard = Guard(self._site, self._client.resolve)
            self._session = Session(self._site, guard, self._client.bytes_max, self._open)
        exchange = self._open[asked.id] = Exchange(asked, self._client, self._session)
        self._inline_bytes += exchange.body_bytes
        try:
            self._session.moved(size)
            exchange.begin()
            return await self._answer(asked.id, exchange)
        except Failure as why:
            self._forget(asked.id)
            return wire.failure(why)
        except Refusal:
            self._forget(asked.id)
            raise

    async def _head(self, payload: bytes) -> bytes:
        id = wire.parse_id(payload)
        exchange = self._exchange(id)
        exchange.asked_again()
        try:
            return await self._answer(id, exchange)
        except Failure as why:
            self._forget(id)
            return wire.failure(why)
        except Refusal:
            self._forget(id)
            raise

    async def _answer(self, id: int, exchange: Exchange) -> bytes:
        """The answer, with what is there of the body."""
        head = await exchange.head()
        if isinstance(head, Again):
            return bytes([wire.AGAIN])
        body = exchange.download.take(ROOM_BYTES)
        flags = head.flags
        if exchange.download.last:
            flags |= wire.COMPLETE
            self._forget(id)
        return _response(head, flags, body)

    async def _read(self, payload: bytes) -> bytes:
        id, most, fill = wire.parse_read(payload)
        exchange = self._exchange(id)
        try:
            body = await exchange.download.read(most, fill)
        except Failure as why:
            self._forget(id)
            return wire.failure(why)
        last = exchange.download.last
        if last:
            self._forget(id)
        return wire.piece(last, body)

    async def _write(self, payload: bytes) -> bytes:
        id, last, piece = wire.parse_write(payload)
        exchange = self._open.get(id)
        # Its answer may have come, and gone, while this was on its way.
        return bytes([exchange is not None and await exchange.write(piece, last)])

    def _exchange(self, id: int) -> Exchange:
        exchange = self._open.get(id)
        if exchange is None:
            raise Refusal("ValidationError", "There is no such request of fetch")
        return exchange

    def _abort(self, payload: bytes) -> bytes:
        """On whichever thread runs the guest; the rest follows on the event loop, where the request may begin later."""
        id = wire.parse_id(payload)
        self._aborted.add(id)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._abort_on_loop, id)
        return b""

    def _abort_on_loop(self, id: int) -> None:
        exchange = self._open.get(id)
        if exchange is not None:
            self._aborted.discard(id)
            exchange.stop(failure.aborted())

    def _forget(self, id: int) -> None:
        exchange = self._open.pop(id, None)
        if exchange is not None:
            self._inline_bytes -= exchange.body_bytes
            exchange.stop(failure.aborted())

    def close(self) -> None:
        """The execution has ended."""
        for id in list(self._open):
            self._forget(id)


def _response(head: Head, flags: int, body: bytes) -> bytes:
    return wire.response(flags, head.status, head.url, head.reason, head.headers, body)
