"""Connections of a worker: made for a request, and kept for a while for another one that may have them.

A connection is taken for one request at a time. It serves another only if that comes from the same principal, is for
the same scheme, name and port, and the address was judged for that request too. After a response that was not read to
its end, or with bytes that nobody asked for, it is closed: what is left on it would be taken for the next response.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence

import httpcore2
from msgspec import Struct

from host.capabilities.fetch.dial import Dialled, Endpoint, dial
from host.capabilities.fetch.failure import Failure
from host.capabilities.fetch.protocols import Http1, Http2
from host.capabilities.fetch.room import Room, open_files_max

_KEPT_S = 15.0
_KEPT_MAX = 256
_KEPT_FOR_ONE_MAX = 32
_SWEEP_S = 5.0


class Key(Struct, frozen=True):
    """Who may have a connection."""

    principal: str
    scheme: str
    host: str
    port: int
    header_bytes_max: int


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

    def __init__(self, make_tls: Callable[[], Awaitable[ssl.SSLContext]], offline: bool) -> None:
        self._make_tls = make_tls
        self._offline = offline
        self._room = Room(open_files_max())
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
        if self._offline:
            raise Failure("ENETUNREACH", f"connect ENETUNREACH {endpoint.authority}")
        tls = await self._make_tls() if endpoint.scheme == "https" else None
        if self._room.full:
            self._close_oldest()
        await self._room.enter(key.principal)
        try:
            connection = Connection(key, await dial(endpoint, addresses, tls))
        except BaseException:
            self._room.leave(key.principal)
            raise
        connection.stream.when_lost(lambda: self._room.leave(key.principal))
        return connection

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
        if not connection.http.clean or len(kept) >= _KEPT_FOR_ONE_MAX:
            connection.stream.close()
            return
        if self._count >= _KEPT_MAX:
            self._close_oldest()
        connection.used = True
        connection.kept_until = time.monotonic() + _KEPT_S
        self._kept.setdefault(connection.key, []).append(connection)
        self._count += 1
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

    def _close_oldest(self) -> None:
        """Of those who were the first to keep any."""
        for key, kept in self._kept.items():
            kept.pop(0).stream.close()
            self._count -= 1
            if not kept:
                del self._kept[key]
            return

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
