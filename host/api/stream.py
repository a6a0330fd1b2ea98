"""An execution as server-sent events (HTML Living Standard, 9.2): `log`, `progress`, and one last `result`."""

import asyncio
import re
from collections.abc import Callable

from litestar.types import Send
from msgspec import Struct

from host.api.wire import encode, wire_log
from host.execution.execution import Listed
from host.execution.outcome import LogRecord

_PROGRESS_EVERY_S = 1.0
_ACCEPT_BYTES_MAX = 1024
_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


class WireProgress(Struct, frozen=True, rename="camel"):
    """What an execution has used so far."""

    state: str
    elapsed_ms: int
    fuel: int
    memory_bytes: int
    host_calls: int


def wants_events(headers: dict[bytes, bytes]) -> bool:
    """Whether the client asked for a stream: by name, and not for JSON rather (RFC 9110, 12.5.1)."""
    accept = headers.get(b"accept")
    if accept is None or b"event-stream" not in accept.lower():
        return False
    stream = _liking(accept, b"text/event-stream")
    return stream > 0 and stream >= _liking(accept, b"application/json")


def _liking(accept: bytes, media_type: bytes) -> float:
    """The weight that the header gives to a type by its full name; 0 where it does not name it."""
    for part in accept[:_ACCEPT_BYTES_MAX].lower().split(b","):
        name, *parameters = (piece.strip() for piece in part.split(b";"))
        if name == media_type:
            weights = [parameter[2:] for parameter in parameters if parameter.startswith(b"q=")]
            return _weight(weights[0]) if weights else 1.0
    return 0.0


def _weight(text: bytes) -> float:
    return float(text) if re.fullmatch(rb"[01](\.[0-9]{0,3})?", text) else 0.0


def event(name: str, data: bytes) -> bytes:
    """One event. JSON from `encode` has no line breaks, and what a guest wrote into it has none outside of strings."""
    lines = data.replace(b"\r", b"").split(b"\n")
    return b"".join((b"event: ", name.encode(), b"\n", *(b"data: " + line + b"\n" for line in lines), b"\n"))


class EventStream:
    """The client's end of one execution: a Listener whose events are sent in order, as fast as the client reads.

    What waits to be sent is bounded by the policy's log limit; progress is not told to a client that is behind.
    """

    def __init__(self, send: Send, progress: Callable[[], Listed | None]) -> None:
        self._send = send
        self._progress = progress
        self._events: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._tasks: list[asyncio.Task] = []

    @property
    def open(self) -> bool:
        """Whether the answer has begun."""
        return bool(self._tasks)

    def began(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._write()), loop.create_task(self._tell_progress())]

    def logged(self, records: tuple[LogRecord, ...]) -> None:
        for record in records:
            self._events.put_nowait(event("log", encode(wire_log(record))))

    async def finish(self, result: bytes) -> None:
        """Sends the last event, and waits until all are sent."""
        writing, telling = self._tasks
        telling.cancel()
        self._events.put_nowait(event("result", result))
        self._events.put_nowait(None)
        await writing

    async def abandon(self) -> None:
        """Nobody reads any more."""
        for task in self._tasks:
            task.cancel()

    async def _write(self) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
        while (data := await self._events.get()) is not None:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell_progress(self) -> None:
        while True:
            await asyncio.sleep(_PROGRESS_EVERY_S)
            listed = self._progress()
            if listed is not None and self._events.empty():
                figures = listed.fuel, listed.memory_bytes, listed.host_calls
                progress = WireProgress(listed.state, listed.elapsed_ms, *figures)
                self._events.put_nowait(event("progress", encode(progress)))
