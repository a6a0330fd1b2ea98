"""Connections of a worker: made for a request, and kept for a while for another one that may have them.

A connection is taken for one request at a time. It serves another only if that comes from the same principal, is for
the same scheme, name and port, and the address was judged for that request too. After a response that was not read to
its end, or with bytes that nobody asked for, it is closed: what is left on it would be taken for the next response.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence

import h11
import httpcore2
from msgspec import Struct

from host.capabilities.fetch.dial import Dialled, Endpoint, dial
from host.capabilities.fetch.stream import Stream

_KEPT_S = 15.0
_KEPT_MAX = 256
_KEPT_FOR_ONE_MAX = 32
_SWEEP_S = 5.0
#: Responses with 1xx on one connection; they cost time, and tell a guest nothing.
_INFORMATIONAL_MAX = 64


class Key(Struct, frozen=True):
    """Who may have a connection."""

    principal: str
    scheme: str
    host: str
    port: int
    header_bytes_max: int


class Http1(httpcore2.AsyncHTTP11Connection):
    """HTTP/1.1 that sends a body while it receives the response: a server may answer before it has read all of it."""

    READ_NUM_BYTES = 256 * 1024

    def __init__(self, origin: httpcore2.Origin, stream: Stream, header_bytes_max: int) -> None:
        self.MAX_INCOMPLETE_EVENT_SIZE = header_bytes_max
        super().__init__(origin, stream)
        self._sending: asyncio.Task | None = None
        self._informational = 0

    async def _receive_event(self, timeout: float | None = None) -> h11.Event | type[h11.PAUSED]:
        event = await super()._receive_event(timeout)
        if isinstance(event, h11.InformationalResponse):
            self._informational += 1
            if self._informational > _INFORMATIONAL_MAX:
                raise httpcore2.RemoteProtocolError("too many informational responses")
        return event

    async def _send_request_body(self, request: httpcore2.Request) -> None:
        send = super()._send_request_body
        if request.extensions.get("written"):
            self._sending = asyncio.create_task(_send(send(request), request))
        else:
            await send(request)

    async def _response_closed(self) -> None:
        _end(self._sending)
        await super()._response_closed()

    @property
    def clean(self) -> bool:
        """Whether another request may be sent."""
        return self.is_idle() and not self._h11_state.trailing_data[0] and self._network_stream.quiet


class Http2(httpcore2.AsyncHTTP2Connection):
    """HTTP/2, with the same."""

    def __init__(self, origin: httpcore2.Origin, stream: Stream) -> None:
        super().__init__(origin, stream)
        self._sending: asyncio.Task | None = None

    async def _send_request_body(self, request: httpcore2.Request, stream_id: int) -> None:
        send = super()._send_request_body
        if request.extensions.get("written"):
            self._sending = asyncio.create_task(_send(send(request, stream_id), request))
        else:
            await send(request, stream_id)

    async def _response_closed(self, stream_id: int) -> None:
        _end(self._sending)
        await super()._response_closed(stream_id)

    @property
    def clean(self) -> bool:
        """Whether another request may be sent. Frames of the connection itself may come at any time."""
        return self.is_idle() and self.is_available()


async def _send(sending: Awaitable[None], request: httpcore2.Request) -> None:
    """Sends a body beside the receiving of the response, which tells what became of it; unless the body is stuck."""
    try:
        await sending
    except httpcore2.WriteTimeout as error:
        request.extensions["stuck"](error)
    except Exception:
        return


def _end(sending: asyncio.Task | None) -> None:
    if sending is not None:
        sending.cancel()


class Connection:
    """One that a request has."""

    def __init__(self, key: Key, dialled: Dialled) -> None:
        origin = httpcore2.Origin(key.scheme.encode(), key.host.encode(), key.port)
        self.key = key
        self.address = dialled.address
        self.stream = dialled.stream
        self.used = False
        self.kept_until = 0.0
        self.http: Http1 | Http2 = (
            Http2(origin, dialled.stream) if dialled.http2 else Http1(origin, dialled.stream, key.header_bytes_max)
        )

    def abort(self) -> None:
        """Breaks it off, with whatever is on it."""
        self.stream.abort()


class Connections:
    """The connections that wait for another request. One a worker."""

    def __init__(self, make_tls: Callable[[], Awaitable[ssl.SSLContext]]) -> None:
        self._make_tls = make_tls
        self._kept: dict[Key, list[Connection]] = {}
        self._count = 0
        self._sweeper: asyncio.TimerHandle | None = None

    async def take(self, key: Key, endpoint: Endpoint, addresses: Sequence[str], fresh: bool = False) -> Connection:
        """A connection to one of `addresses`, which were judged for the request. Raises Failure."""
        kept = self._kept.get(key)
        while kept and not fresh:
            connection = self._pop(key, kept, addresses)
            if connection is None:
                break
            if connection.http.clean:
                return connection
            connection.stream.close()
        tls = await self._make_tls() if endpoint.scheme == "https" else None
        return Connection(key, await dial(endpoint, addresses, tls))

    def _pop(self, key: Key, kept: list[Connection], addresses: Sequence[str]) -> Connection | None:
        for index in range(len(kept) - 1, -1, -1):
            if kept[index].address in addresses:
                self._count -= 1
                connection = kept.pop(index)
                if not kept:
                    del self._kept[key]
                return connection
        return None

    def give_back(self, connection: Connection) -> None:
        """Keeps a connection for another request, or closes it."""
        kept = self._kept.get(connection.key, ())
        if not connection.http.clean or self._count >= _KEPT_MAX or len(kept) >= _KEPT_FOR_ONE_MAX:
            connection.stream.close()
            return
        connection.used = True
        connection.kept_until = time.monotonic() + _KEPT_S
        self._kept.setdefault(connection.key, []).append(connection)
        self._count += 1
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

    def _sweep(self) -> None:
        now = time.monotonic()
        for key, kept in list(self._kept.items()):
            old = [each for each in kept if each.kept_until < now or not each.http.clean]
            for connection in old:
                kept.remove(connection)
                connection.stream.close()
            self._count -= len(old)
            if not kept:
                del self._kept[key]
        again = self._kept
        self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep) if again else None

    def close(self) -> None:
        """Closes them all."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for kept in self._kept.values():
            for connection in kept:
                connection.stream.close()
        self._kept.clear()
        self._count = 0
