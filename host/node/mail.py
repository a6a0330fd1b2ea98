"""Messages between the workers of a node, for what is rare: who runs what, end this one, look again.

One datagram socket for each row of the segment, made by the main process before it forks. Whoever owns a row reads
its socket; everybody can write to it. A datagram is one JSON array: kind, the sender's row, the number of the question,
the content.
"""

import asyncio
import contextlib
import itertools
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

#: Datagrams that are longer are refused by the kernel at its default buffer size (about 200 KiB).
PART_ITEMS_MAX = 200
_DATAGRAM_BYTES_MAX = 256 * 1024
_RETRY_S = 0.002
_RETRIES_MAX = 250
_READ_AT_ONCE_MAX = 64

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[str, int, int, Any]).decode

#: Answers a question: an iterable of items, or None for no answer.
Handler = Callable[[Any], Iterable[Any] | None]


class Sockets:
    """A pair of sockets for each row; made before the fork."""

    def __init__(self, rows: int) -> None:
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(rows)]
        for pair in pairs:
            for end in pair:
                end.setblocking(False)
        self.inboxes = [pair[0] for pair in pairs]
        self.outboxes = [pair[1] for pair in pairs]

    def tell(self, rows: Iterable[int], kind: str) -> None:
        """A note from the main process, which has no row and gets no answer. One whose mailbox is full gets none."""
        for row in rows:
            with contextlib.suppress(OSError):
                self.outboxes[row].send(_encode((kind, row, 0, None)))

    def close(self) -> None:
        for end in (*self.inboxes, *self.outboxes):
            end.close()


class _Question:
    __slots__ = ("answers", "done", "open_rows")

    def __init__(self, rows: Iterable[int], done: asyncio.Future) -> None:
        self.open_rows = set(rows)
        self.answers: list[Any] = []
        self.done = done


class Mail:
    """This worker's mailbox. `peers` gives the rows of the other workers that are alive."""

    def __init__(self, sockets: Sockets, row: int, peers: Callable[[], Iterable[int]]) -> None:
        self._sockets = sockets
        self._row = row
        self._peers = peers
        self._handlers: dict[str, Handler] = {}
        self._listeners: dict[str, Callable[[], None]] = {}
        # Not those of the row's former owner, whose answers may still be on their way.
        self._numbers = itertools.count(time.monotonic_ns())
        self._questions: dict[int, _Question] = {}
        self._sending: set[asyncio.Task] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        #: Called when another worker rings.
        self.on_ring: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Begins to read, on the running event loop. What a dead owner of the row left unread is dropped."""
        self._loop = asyncio.get_running_loop()
        while self._read():
            pass
        self._loop.add_reader(self._sockets.inboxes[self._row], self._read_some)

    def close(self) -> None:
        """Stops reading."""
        if self._loop is not None:
            self._loop.remove_reader(self._sockets.inboxes[self._row])
            for task in self._sending:
                task.cancel()

    def answer(self, kind: str, handler: Handler) -> None:
        """Says what answers questions of `kind`. Called on the event loop; it may not wait."""
        self._handlers[kind] = handler

    def listen(self, kind: str, listener: Callable[[], None]) -> None:
        """Says what hears notes of `kind`. Called on the event loop; it may not wait."""
        self._listeners[kind] = listener

    def ring(self) -> None:
        """Tells the other workers to look again. One whose mailbox is full looks again anyway, when it reads that."""
        for row in self._peers():
            self._post(row, "ring", 0, None)

    async def ask(self, kind: str, content: Any, timeout_s: float) -> tuple[list[Any], bool]:
        """The items that the other workers answer with, and whether all of them answered in time."""
        rows = list(self._peers())
        if not rows:
            return [], True
        number = next(self._numbers)
        question = self._questions[number] = _Question(rows, self._loop.create_future())
        try:
            async with asyncio.timeout(timeout_s):
                for row in rows:
                    await self._post_patiently(row, kind, number, content)
                await question.done
            return question.answers, True
        except TimeoutError:
            return question.answers, False
        finally:
            del self._questions[number]

    def _post(self, row: int, kind: str, number: int, content: Any) -> bool:
        try:
            self._sockets.outboxes[row].send(_encode((kind, self._row, number, content)))
        except OSError:  # it is full, or its owner is gone
            return False
        return True

    async def _post_patiently(self, row: int, kind: str, number: int, content: Any) -> None:
        """Posts, and waits while the mailbox is full; gives up after half a second: its owner does not read."""
        for _ in range(_RETRIES_MAX):
            if self._post(row, kind, number, content):
                return
            await asyncio.sleep(_RETRY_S)

    def _read(self) -> bytes | None:
        try:
            return self._sockets.inboxes[self._row].recv(_DATAGRAM_BYTES_MAX)
        except BlockingIOError:
            return None

    def _read_some(self) -> None:
        """What has come, up to a limit; the rest in the loop's next turn. However many rang, one look is enough."""
        for _ in range(_READ_AT_ONCE_MAX):
            data = self._read()
            if data is None:
                break
            self._receive(data)
        self.on_ring()

    def _receive(self, data: bytes) -> None:
        kind, sender, number, content = _decode(data)
        if kind == "answer":
            self._take_answer(sender, number, content)
        elif kind in self._listeners:
            self._listeners[kind]()
        elif kind in self._handlers:
            task = self._loop.create_task(self._reply(sender, number, self._handlers[kind](content) or ()))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _reply(self, row: int, number: int, items: Iterable[Any]) -> None:
        """The answer in parts; the last one is followed by an empty part that says so."""
        part: list[Any] = []
        for item in items:
            part.append(item)
            if len(part) == PART_ITEMS_MAX:
                await self._post_patiently(row, "answer", number, part)
                part = []
        if part:
            await self._post_patiently(row, "answer", number, part)
        await self._post_patiently(row, "answer", number, [])

    def _take_answer(self, sender: int, number: int, part: list[Any]) -> None:
        question = self._questions.get(number)
        if question is None:
            return  # it has waited long enough, or it was a question of the row's former owner
        question.answers.extend(part)
        if not part:
            question.open_rows.discard(sender)
            if not question.open_rows and not question.done.done():
                question.done.set_result(None)
