"""Bodies on their way through the host: a few pieces of each, and never the whole of it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from host.capabilities.base import Refusal
from host.capabilities.fetch.failure import length_mismatch

#: What may wait here, either way. A guest that asks for more at once gets more.
ROOM_BYTES = 256 * 1024


class Upload:
    """A request's body that its guest writes. `length` is None where it is not known."""

    def __init__(self, length: int | None) -> None:
        self.length = length
        self.written = 0
        self.complete = False
        self.wanted = True
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._changed = asyncio.Event()

    async def write(self, piece: bytes, last: bool) -> bool:
        """Takes a piece; returns when there is room for another one: whether that is wanted. Raises Failure."""
        if not self.wanted or self.complete:
            return False
        self.written += len(piece)
        if self.length is not None and (self.written > self.length or (last and self.written < self.length)):
            raise length_mismatch()
        self.complete = last
        if piece:
            self._pieces.append(piece)
            self._waiting += len(piece)
        self._changed.set()
        while self._waiting > ROOM_BYTES and self.wanted:
            self._changed.clear()
            await self._changed.wait()
        return self.wanted and not self.complete

    async def pieces(self) -> AsyncIterator[bytes]:
        """What was written, as it comes."""
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                yield piece
                self._waiting -= len(piece)
                self._changed.set()
            if self.complete:
                return
            self._changed.clear()
            await self._changed.wait()

    def end(self) -> None:
        """Nothing more is wanted."""
        self.wanted = False
        self._pieces.clear()
        self._changed.set()


class Download:
    """A response's body that its guest reads."""

    def __init__(self) -> None:
        self.complete = False
        self._why: Exception | None = None
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._room = ROOM_BYTES
        self._wanted = 1
        self._reader: asyncio.Future | None = None
        self._writer: asyncio.Future | None = None

    async def put(self, piece: bytes) -> None:
        """Adds a piece; returns when there is room for another one."""
        self._pieces.append(piece)
        self._waiting += len(piece)
        if self._waiting >= self._wanted:
            self._reader = _wake(self._reader)
        while self._waiting >= self._room:
            self._writer = asyncio.get_running_loop().create_future()
            await self._writer

    def end(self, why: Exception | None = None) -> None:
        """Nothing more comes: that was all, or it went wrong. What ended it first counts."""
        if self.complete or self._why is not None:
            return
        self.complete = why is None
        self._why = why
        self._reader = _wake(self._reader)

    def take(self, most: int) -> bytes:
        """What is there now."""
        taken: list[bytes] = []
        while self._pieces and most:
            piece = self._pieces.popleft()
            if len(piece) > most:
                self._pieces.appendleft(piece[most:])
                piece = piece[:most]
            most -= len(piece)
            self._waiting -= len(piece)
            taken.append(piece)
        self._writer = _wake(self._writer)
        return taken[0] if len(taken) == 1 else b"".join(taken)

    async def read(self, most: int, fill: bool) -> bytes:
        """Up to `most` bytes, as soon as there are some, or with `fill` when there are so many. Raises what ended it
        where nothing is left."""
        if self._reader is not None and not self._reader.done():
            raise Refusal("ValidationError", "A piece of that body is being read already")
        self._wanted = most if fill else 1
        self._room = max(ROOM_BYTES, self._wanted)
        self._writer = _wake(self._writer)
        while self._waiting < self._wanted and not self.complete and self._why is None:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        self._room = ROOM_BYTES
        if self._why is not None and not self._pieces:
            raise self._why
        return self.take(most)

    @property
    def last(self) -> bool:
        """Whether all was taken."""
        return self.complete and not self._pieces


def _wake(future: asyncio.Future | None) -> None:
    """Wakes who waits; there is nobody any more."""
    if future is not None and not future.done():
        future.set_result(None)
