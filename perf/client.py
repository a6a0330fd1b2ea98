"""An HTTP client for many connections in one thread: raw sockets, one epoll, and a clock read for each answer.

It is quick enough to measure with (`fairness` says in each run what it costs itself) and keeps to what a benchmark
has to decide on its own: which request goes out when, on which connection, and what came back.
"""

import contextlib
import re
import select
import socket
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import msgspec

NO_ANSWER = 0
"""The status of a request whose connection ended before its answer."""

_RECEIVE_BYTES = 1 << 18
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_ERROR_TYPE = re.compile(rb'"error":\{"type":"(\w+)"')


class Reply(msgspec.Struct, frozen=True):
    """One answer, with the clock (`time.perf_counter`) at both ends of it."""

    status: int
    head: bytes
    body: bytes
    sent_at: float
    answered_at: float

    @property
    def seconds(self) -> float:
        return self.answered_at - self.sent_at

    @property
    def succeeded(self) -> bool:
        return self.status == 200 and b'"success":true' in self.body

    @property
    def kind(self) -> str:
        """Status and error type, for counting: `200`, `503 ConcurrencyError`, `no answer`."""
        if self.status == NO_ANSWER:
            return "no answer"
        if found := _ERROR_TYPE.search(self.body):
            return f"{self.status} {found[1].decode()}"
        return str(self.status) if self.succeeded else f"{self.status} without success"


def http_request(
    method: str, path: str, body: bytes = b"", token: str | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """The bytes of a request."""
    listed = {"Host": "127.0.0.1", "Content-Length": str(len(body))}
    if body:
        listed["Content-Type"] = "application/json"
    if token is not None:
        listed["Authorization"] = f"Bearer {token}"
    lines = [
        f"{method} {path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in {**listed, **(headers or {})}.items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answer_length(received: bytes | bytearray) -> int:
    """How long the first answer in these bytes is, or 0 while it is not whole."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return 0
    if length := _LENGTH.search(received, 0, head_end):
        end = head_end + 4 + int(length[1])
    elif _CHUNKED.search(received, 0, head_end):
        last = received.find(b"\r\n0\r\n\r\n", head_end + 2)
        end = last + 7 if last >= 0 else len(received) + 1
    else:
        end = head_end + 4
    return end if len(received) >= end else 0


class Connection:
    """One connection of a crowd. `busy` from a request until its answer; `note` is the caller's own."""

    __slots__ = ("_out", "_received", "_sent_at", "busy", "note", "socket")

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        self.busy = False
        self.note: Any = None
        self._out = b""
        self._received = bytearray()
        self._sent_at = 0.0

    @property
    def local_port(self) -> int:
        return self.socket.getsockname()[1]


class Crowd:
    """Connections to 127.0.0.1:`port`, driven by `wait`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._epoll = select.epoll()
        self._open: dict[int, Connection] = {}

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for connection in list(self._open.values()):
            self.drop(connection)
        self._epoll.close()

    def __len__(self) -> int:
        return len(self._open)

    def connect(self) -> Connection:
        opened = socket.socket()
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.connect_ex(("127.0.0.1", self._port))
        self._open[opened.fileno()] = connection = Connection(opened)
        self._epoll.register(opened.fileno(), select.EPOLLIN)
        return connection

    def send(self, connection: Connection, request: bytes) -> None:
        """Begins a request; its answer comes from `wait`. One at a time on a connection."""
        assert not connection.busy, "a request before the last one's answer"
        connection.busy = True
        connection._out = request
        connection._sent_at = time.perf_counter()
        self._flush(connection)

    def wait(self, seconds: float) -> list[tuple[Connection, Reply]]:
        """The answers that came, at the latest after `seconds`. A connection that ended is dropped, and where it was
        busy that is an answer too, of status NO_ANSWER."""
        answers = []
        for number, events in self._epoll.poll(max(0.0, seconds)):
            connection = self._open.get(number)
            if connection is None:
                continue
            if events & select.EPOLLOUT:
                self._flush(connection)
            if events & ~select.EPOLLOUT and (reply := self._receive(connection)) is not None:
                answers.append((connection, reply))
        return answers

    def drop(self, connection: Connection) -> None:
        """Closes the connection, whatever is going on there."""
        number = connection.socket.fileno()
        if self._open.pop(number, None) is not None:
            self._epoll.unregister(number)
            connection.socket.close()

    def is_open(self, connection: Connection) -> bool:
        return connection.socket.fileno() >= 0

    def _flush(self, connection: Connection) -> None:
        number = connection.socket.fileno()
        blocked = bool(connection._out)
        with contextlib.suppress(BlockingIOError, ConnectionError):  # that it is gone is told by reading
            while connection._out:
                connection._out = connection._out[connection.socket.send(connection._out) :]
        if blocked or connection._out:
            self._epoll.modify(number, select.EPOLLIN | (select.EPOLLOUT if connection._out else 0))

    def _receive(self, connection: Connection) -> Reply | None:
        try:
            part = connection.socket.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            return self._end(connection, str(error.strerror or error).encode())
        if not part:
            return self._end(connection, b"closed by the server")
        answered_at = time.perf_counter()
        connection._received += part
        length = answer_length(connection._received)
        return self._answer(connection, length, answered_at) if length and connection.busy else None

    def _answer(self, connection: Connection, length: int, answered_at: float) -> Reply:
        whole = bytes(connection._received[:length])
        del connection._received[:length]
        connection.busy = False
        head, _, body = whole.partition(b"\r\n\r\n")
        if _CLOSES.search(head):
            self.drop(connection)
        return Reply(int(head[9:12]), head, body, connection._sent_at, answered_at)

    def _end(self, connection: Connection, reason: bytes) -> Reply | None:
        was_busy = connection.busy
        connection.busy = False
        self.drop(connection)
        return Reply(NO_ANSWER, b"", reason, connection._sent_at, time.perf_counter()) if was_busy else None
