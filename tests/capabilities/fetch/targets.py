"""Servers that requests are sent to: real ones on loopback, which keep what they saw."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import h2.config
import h2.connection
import h2.events
import trustme
from msgspec import Struct


class Seen(Struct):
    """A request as it came in, byte for byte (over HTTP/2: as its frames said)."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    raw: bytes = b""
    connection: int = 0
    server_name: str | None = None
    version: str = "HTTP/1.1"

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each.lower() == name]

    @property
    def line(self) -> str:
        return f"{self.method} {self.target}"


Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
#: Answers a request: gives the bytes of a response, or writes them itself and closes.
Handler = Callable[[Seen, Writer], Awaitable[bytes | None]]


def reply(body: bytes = b"ok", status: str = "200 OK", **headers: str) -> bytes:
    """A response with its length; `x_y` is the header `x-y`."""
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"HTTP/1.1 {status}\r\n{''.join(lines)}content-length: {len(body)}\r\n\r\n".encode() + body


def redirect(location: str, status: int = 302) -> bytes:
    return reply(b"", f"{status} Found", location=location)


async def ok(seen: Seen, writer: Writer) -> bytes:
    """The handler where a test names none."""
    return reply()


@asynccontextmanager
async def serving(
    handler: Callable[[Reader, Writer], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """A server that does what `handler` does with each connection, and closes it then: its port."""
    tasks: set[asyncio.Task] = set()

    async def handle(reader: Reader, writer: Writer) -> None:
        tasks.add(asyncio.current_task())
        try:
            await handler(reader, writer)
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Target:
    """An HTTP/1.1 server. A request is answered by the handler of its path, else of `*`."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.handlers: dict[str, Handler] = {}
        self.connections = 0
        self.open = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._names: list[str | None] = []
        self._tasks: set[asyncio.Task] = set()

    async def start(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> "Target":
        if tls is not None:
            tls.sni_callback = lambda _, name, __: self._names.append(name)
        self._server = await asyncio.start_server(self._serve, host, 0, ssl=tls, limit=1 << 20, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def reset(self) -> None:
        """Forgets what it saw and how to answer."""
        self.seen.clear()
        self.handlers.clear()

    @property
    def lines(self) -> list[str]:
        """The request lines that came in."""
        return [seen.line for seen in self.seen]

    def answers(self, path: str, response: bytes | Handler) -> None:
        """What a path is answered with."""
        if isinstance(response, bytes):

            async def handler(seen: Seen, writer: Writer) -> bytes:
                return response

            self.handlers[path] = handler
        else:
            self.handlers[path] = response

    async def _serve(self, reader: Reader, writer: Writer) -> None:
        self.connections += 1
        self.open += 1
        number = self.connections
        self._tasks.add(asyncio.current_task())
        try:
            while True:
                seen = await read_request(reader)
                seen.connection = number
                seen.server_name = self._names[-1] if self._names else None
                self.seen.append(seen)
                handler = self.handlers.get(seen.target.partition("?")[0]) or self.handlers.get("*", ok)
                response = await handler(seen, writer)
                if response is None:
                    break
                writer.write(response)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            self._tasks.discard(asyncio.current_task())
            writer.close()

    async def stop(self) -> None:
        """Ends it, and what it is doing."""
        self._server.close()
        await self.drop()

    async def drop(self) -> None:
        """Ends its connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def read_request(reader: Reader) -> Seen:
    """One request, taken apart as a plain server does."""
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw[:-4].decode("latin-1").split("\r\n")
    method, target, version = first.split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    seen = Seen(method, target, headers, b"", raw, version=version)
    if seen.values("transfer-encoding"):
        while size := int(await reader.readuntil(b"\r\n"), 16):
            seen.body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
    elif seen.values("content-length"):
        seen.body = await reader.readexactly(int(seen.values("content-length")[0]))
    return seen


class Http2Target(Target):
    """An HTTP/2 server: it answers with the method and the target, or as `respond` says."""

    def __init__(self) -> None:
        super().__init__()
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: bytes | None = None
        self.resets = False

    async def _serve(self, reader: Reader, writer: Writer) -> None:
        self.connections += 1
        number = self.connections
        self._tasks.add(asyncio.current_task())
        conn = h2.connection.H2Connection(
            h2.config.H2Configuration(
                client_side=False, validate_outbound_headers=False, normalize_outbound_headers=False
            )
        )
        conn.initiate_connection()
        writer.write(conn.data_to_send())
        streams: dict[int, Seen] = {}
        try:
            while data := await reader.read(65536):
                for event in conn.receive_data(data):
                    self._react(conn, event, streams, number)
                writer.write(conn.data_to_send())
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(asyncio.current_task())
            writer.close()

    def _react(self, conn: h2.connection.H2Connection, event: object, streams: dict[int, Seen], number: int) -> None:
        if isinstance(event, h2.events.RequestReceived):
            pairs = [(name.decode(), value.decode("latin-1")) for name, value in event.headers]
            fields = dict(pairs)
            streams[event.stream_id] = Seen(
                fields[":method"], fields[":path"], pairs, b"", connection=number, version="HTTP/2"
            )
        elif isinstance(event, h2.events.DataReceived):
            streams[event.stream_id].body += event.data
            conn.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            seen = streams.pop(event.stream_id)
            self.seen.append(seen)
            if self.resets:
                conn.reset_stream(event.stream_id)
                return
            body = self.body if self.body is not None else seen.line.encode()
            conn.send_headers(event.stream_id, [(b":status", b"200"), *self.headers])
            conn.send_data(event.stream_id, body, end_stream=True)


class Authority:
    """A certificate authority of the test's own, and what it vouches for."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def server(
        self, *names: str, alpn: tuple[str, ...] = ("http/1.1",), until: datetime | None = None
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names, not_after=until).configure_cert(context)
        context.set_alpn_protocols(list(alpn))
        return context

    def trust(self, context: ssl.SSLContext) -> ssl.SSLContext:
        self._ca.configure_trust(context)
        return context
