"""A connection's bytes: httpcore2's network stream, straight on asyncio's transport."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from httpcore2 import AsyncNetworkStream, ReadError, ReadTimeout, WriteError, WriteTimeout

#: What may lie here unread before the other side is made to wait.
_UNREAD_BYTES_MAX = 256 * 1024
#: What a reader has without waiting before it lets others have the event loop.
_AT_ONCE_BYTES = 64 * 1024


class Stream(asyncio.Protocol, AsyncNetworkStream):
    """One connection, from its making to its end. A reader and a writer may wait at the same time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._received: deque[bytes] = deque()
        self._unread = 0
        self._at_once = 0
        self._ended = False
        self._error: Exception | None = None
        self._lost = False
        self._on_lost: Callable[[], None] | None = None
        self._full = False
        self._reader: asyncio.Future | None = None
        self._writer: asyncio.Future | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received.append(data)
        self._unread += len(data)
        if self._unread > _UNREAD_BYTES_MAX:
            self._transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        self._ended = True
        _wake(self._reader)

    def connection_lost(self, error: Exception | None) -> None:
        self._ended = True
        self._error = error
        self._lost = True
        if self._on_lost is not None:
            self._on_lost()
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        _wake(self._writer)

    def when_lost(self, call: Callable[[], None]) -> None:
        """Calls once, when the connection is gone; that may have been before anybody had it."""
        if self._lost:
            call()
        else:
            self._on_lost = call

    @property
    def quiet(self) -> bool:
        """Whether the connection is open, and nothing came that nobody has asked for."""
        return not self._ended and not self._received

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come; empty at the end. `timeout` in seconds. Raises ReadTimeout or ReadError."""
        while not self._received:
            if self._error is not None:
                raise ReadError(self._error)
            if self._ended:
                return b""
            self._reader = self._loop.create_future()
            self._at_once = 0
            await _wait(self._loop, self._reader, timeout, ReadTimeout)
        if self._at_once >= _AT_ONCE_BYTES:
            # What came is read as fast as it can be, and others have their turn meanwhile.
            self._at_once = 0
            await asyncio.sleep(0)
        data = self._received.popleft()
        if len(data) > max_bytes:
            self._received.appendleft(data[max_bytes:])
            data = data[:max_bytes]
        paused = self._unread > _UNREAD_BYTES_MAX
        self._unread -= len(data)
        self._at_once += len(data)
        if paused and self._unread <= _UNREAD_BYTES_MAX and not self._ended:
            self._transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Returns when there is room for more. `timeout` in seconds. Raises WriteTimeout or WriteError."""
        if not buffer:
            return
        if self._transport.is_closing():
            raise WriteError(self._error or "closed")
        self._transport.write(buffer)
        while self._full:
            if self._ended and self._transport.is_closing():
                raise WriteError(self._error or "closed")
            self._writer = self._loop.create_future()
            await _wait(self._loop, self._writer, timeout, WriteTimeout)

    async def aclose(self) -> None:
        """As httpcore2 closes it."""
        self.close()

    def close(self) -> None:
        """Gives the connection up; what is unsent of a broken one is not sent."""
        if self.quiet and not self._full:
            self._transport.close()
        else:
            self._transport.abort()

    def abort(self) -> None:
        """Breaks the connection off."""
        self._transport.abort()

    def get_extra_info(self, info: str) -> Any:
        """What httpcore2 asks for: whether an idle connection has ended, and what TLS has agreed on."""
        if info == "is_readable":
            return not self.quiet
        return self._transport.get_extra_info(info)


async def _wait(loop: asyncio.AbstractEventLoop, woken: asyncio.Future, timeout: float | None, error: type) -> None:
    """Waits until `woken`; after `timeout` seconds raises `error`."""
    timer = None if timeout is None else loop.call_later(timeout, _expire, woken, error)
    try:
        await woken
    finally:
        if timer is not None:
            timer.cancel()


def _wake(future: asyncio.Future | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)


def _expire(future: asyncio.Future, error: type) -> None:
    if not future.done():
        future.set_exception(error())
