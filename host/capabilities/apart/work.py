"""One piece of work apart, as the worker sees it: frames in and out, its CPU time, and its end."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Callable

from host.capabilities.apart.frames import (
    DATA,
    END,
    FAULT,
    FRAME_BYTES_MAX,
    IN,
    OUT,
    REFUSED,
    Began,
    Ended,
    Limits,
    cpu_ns_of,
)
from host.capabilities.base import Refusal

#: How far the work may be ahead of who reads, beside what the sockets hold.
_AHEAD_BYTES = 512 * 1024
_MIB = 1024 * 1024
#: How long a process that has closed its door may take to be gone.
_GONE_S = 5


class Work:
    """Made by Apart. It is an asynchronous iterator over the frames that the work sends, until its end."""

    def __init__(
        self,
        number: int,
        limits: Limits,
        worked: Callable[[int], None],
        kill: Callable[[int], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._number = number
        self._limits = limits
        self._worked = worked
        self._kill = kill
        self._loop = loop
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._timer = loop.call_later(max(limits.deadline - time.monotonic(), 0), self._expire)
        self._gone: asyncio.Future[Ended | None] = loop.create_future()
        self._pid: int | None = None
        self._cpu_ns_before = 0
        self._finished = False
        self._expired = False
        self._killed = False
        self.cpu_ns = 0

    async def open(self, end: socket.socket) -> None:
        """Begins to talk to the process."""
        self._reader, self._writer = await asyncio.open_unix_connection(sock=end, limit=_AHEAD_BYTES)

    async def send(self, data: bytes) -> None:
        """Sends a frame of at most FRAME_BYTES_MAX, and waits while the work is not ready for it. What is sent to a
        process that has ended is lost: `receive` says why it has."""
        if len(data) > FRAME_BYTES_MAX:
            raise ValueError("a frame is too long")
        with contextlib.suppress(ConnectionError):
            self._writer.write(IN.pack(len(data)))
            self._writer.write(data)
            await self._writer.drain()

    async def receive(self) -> bytes | None:
        """The next frame, or None where the work is done. Raises Refusal for what the work refuses, and where it was
        ended because of its limits."""
        if self._finished:
            return None
        try:
            length, kind, cpu_ns = OUT.unpack(await self._reader.readexactly(OUT.size))
            if length > FRAME_BYTES_MAX:
                raise RuntimeError("a process apart sent a frame that is too long")
            data = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise await self._why() from None
        self._count(cpu_ns)
        if kind == DATA:
            return data
        self._finished = True
        with contextlib.suppress(OSError):
            self._writer.write_eof()  # nothing more comes from here either: the process can go
        if kind == REFUSED:
            raise Refusal(*data.decode(errors="replace").split("\n", 2))
        if kind == FAULT:
            raise RuntimeError(f"work apart failed:\n{data.decode(errors='replace')}")
        if kind != END:
            raise RuntimeError("a process apart sent a frame of no known kind")
        return None

    def __aiter__(self) -> "Work":
        return self

    async def __anext__(self) -> bytes:
        frame = await self.receive()
        if frame is None:
            raise StopAsyncIteration
        return frame

    def kill(self) -> None:
        """Ends the work now, if it has not ended. What it sent and nobody has read is lost."""
        if self._killed:
            return
        self._killed = True
        self._timer.cancel()
        if not self._gone.done():
            self._count(cpu_ns_of(self._pid) - self._cpu_ns_before)
            self._kill(self._number)
        if self._writer is not None and not self._loop.is_closed():
            self._writer.transport.abort()

    def began(self, began: Began) -> None:
        """The process is there."""
        self._pid = began.pid
        self._cpu_ns_before = began.cpu_ns

    def ended(self, ended: Ended | None) -> None:
        """The process is gone; None: with its zygote, and nothing is known of it."""
        self._timer.cancel()
        if ended is not None:
            self._count(ended.cpu_ns)
        if not self._gone.done() and not self._loop.is_closed():
            self._gone.set_result(ended)

    def _count(self, cpu_ns: int) -> None:
        if cpu_ns > self.cpu_ns:
            self._worked(cpu_ns - self.cpu_ns)
            self.cpu_ns = cpu_ns

    def _expire(self) -> None:
        self._expired = True
        self.kill()

    async def _why(self) -> Exception:
        """Why the process has ended before its work was done."""
        if self._expired:
            return Refusal("CapabilityError", "The work was not done by its deadline")
        if self._killed:
            return Refusal("CapabilityError", "The work was ended")
        try:
            async with asyncio.timeout(_GONE_S):
                ended = await asyncio.shield(self._gone)
        except TimeoutError:
            ended = None
        if ended is not None and ended.status == -signal.SIGXCPU:
            return Refusal("CapabilityError", f"The work took more than {self._limits.cpu_s} s of a processor")
        memory = f"{self._limits.memory_bytes // _MIB} MiB"
        return Refusal("CapabilityError", f"The work broke off; it may have needed more memory than its {memory}")
