"""Lines to a file descriptor that several processes write to: many at a time, none torn, none lost.

A record of each execution, written by itself, would cost a system call for each. So lines are kept until the event loop
has done everything that is ready, and go out together. What is written at once ends at a line's end and has no more
bytes than a pipe takes whole (PIPE_BUF), so that lines of two workers never mix.
"""

import asyncio
import os
import select
import time
from collections import deque
from collections.abc import Callable

#: PIPE_BUF of Linux: up to here a pipe takes a write whole or not at all.
CHUNK_BYTES_MAX = 4096
#: What a reader may be behind before the worker waits for it.
BACKLOG_BYTES_MAX = 8 << 20
_RETRY_S = 0.01
#: How long the end of the process waits for a reader that does not read.
CLOSE_TIMEOUT_S = 5.0


class LineWriter:
    """Writes whole lines to `descriptor`. For one thread: the event loop's.

    While nobody reads, lines wait, and the event loop goes on; over BACKLOG_BYTES_MAX the worker waits too. Lines are
    lost only where the descriptor is broken (closed, or its disk full), or nobody reads to the very end; `on_lost` is
    told of the former when lines can be written again: how many, and why.
    """

    def __init__(self, descriptor: int, on_lost: Callable[[int, str], None]) -> None:
        self._descriptor = descriptor
        self._on_lost = on_lost
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._lines: list[bytes] = []
        #: Chunks that are due, the first perhaps without its beginning.
        self._chunks: deque[bytes] = deque()
        self._backlog_bytes = 0
        self._scheduled = False
        self._deadline: float | None = None
        self._lost, self._reason = 0, ""

    def write(self, line: bytes) -> None:
        """Takes one line, with its line break, to be written before long."""
        self._lines.append(line)
        if self._deadline is not None:
            self.flush()
        elif not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def flush(self) -> None:
        """Writes everything now, and waits for who does not read up to CLOSE_TIMEOUT_S."""
        self._collect()
        self._send(self._deadline or time.monotonic() + CLOSE_TIMEOUT_S)

    def close(self) -> None:
        """Writes everything. Lines that come after it are written at once."""
        self._deadline = time.monotonic() + CLOSE_TIMEOUT_S
        self.flush()

    def _turn(self) -> None:
        self._scheduled = False
        self._collect()
        self._send()
        if self._chunks:
            self._scheduled = True
            asyncio.get_running_loop().call_later(_RETRY_S, self._turn)

    def _collect(self) -> None:
        """Makes chunks of the lines. A line that is longer than a chunk is one by itself."""
        chunk: list[bytes] = []
        size = 0
        for line in self._lines:
            if chunk and size + len(line) > CHUNK_BYTES_MAX:
                self._chunks.append(b"".join(chunk))
                chunk, size = [], 0
            chunk.append(line)
            size += len(line)
            self._backlog_bytes += len(line)
        if chunk:
            self._chunks.append(b"".join(chunk))
        self._lines.clear()

    def _send(self, deadline: float | None = None) -> None:
        """Writes as long as somebody reads, and waits for that until `deadline`, or while too much is behind."""
        while self._chunks:
            wait_ms: float | None = 0
            if deadline is not None:
                wait_ms = max(0, (deadline - time.monotonic()) * 1000)
            elif self._backlog_bytes > BACKLOG_BYTES_MAX:
                wait_ms = None
            if not self._poll.poll(wait_ms) or not self._write_some(self._chunks[0]):
                return

    def _write_some(self, chunk: bytes) -> bool:
        """Writes of the first chunk what the descriptor takes. False where it takes nothing now."""
        try:
            written = os.write(self._descriptor, chunk)
        except BlockingIOError:
            # Who shares the descriptor has made it non-blocking, and it was filled since it was asked.
            return False
        except OSError as error:
            self._lost += chunk.count(b"\n")
            self._reason = error.strerror or type(error).__name__
            written = len(chunk)
        else:
            if self._lost:
                lost, self._lost = self._lost, 0
                self._on_lost(lost, self._reason)
        self._backlog_bytes -= written
        if written == len(chunk):
            self._chunks.popleft()
        else:
            self._chunks[0] = chunk[written:]
        return True
