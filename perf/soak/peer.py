"""One client of the soak test, in a thread of its own: blocking sockets, because what it does takes its time."""

import contextlib
import select
import socket
import time
from collections.abc import Iterator

from perf.client import NO_ANSWER, Reply, answer_length

_SECONDS_MAX = 60.0


class Peer:
    """Keeps one connection for ordinary requests, and opens others for those that end theirs."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._kept: socket.socket | None = None

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
        self._kept = None

    def exchange(self, request: bytes) -> Reply:
        """One request on the kept connection."""
        if self._kept is None or _is_closed(self._kept):
            self.close()
            self._kept = self._connect(_SECONDS_MAX)
        self.push(self._kept, request)
        reply = self.receive(self._kept)
        if reply.status == NO_ANSWER or b"\r\nconnection: close" in reply.head.lower():
            self.close()
        return reply

    def alone(self, request: bytes, seconds_max: float) -> Reply:
        """One request, or what looks like one, on a connection of its own."""
        with self.open(seconds_max) as connection:
            self.push(connection, request)
            return self.receive(connection)

    @contextlib.contextmanager
    def open(self, seconds_max: float = _SECONDS_MAX) -> Iterator[socket.socket]:
        with contextlib.closing(self._connect(seconds_max)) as connection:
            yield connection

    def push(self, connection: socket.socket, data: bytes) -> None:
        """Sends; that the other side is gone is told by receiving."""
        with contextlib.suppress(OSError):
            connection.sendall(data)

    def receive(self, connection: socket.socket) -> Reply:
        """The next answer, whole."""
        sent_at = time.perf_counter()
        received = bytearray()
        try:
            while not (length := answer_length(received)):
                part = connection.recv(1 << 18)
                if not part:
                    raise ConnectionError("closed by the server")
                received += part
        except OSError as error:
            return Reply(NO_ANSWER, bytes(received), str(error).encode(), sent_at, time.perf_counter())
        head, _, body = bytes(received[:length]).partition(b"\r\n\r\n")
        return Reply(int(head[9:12]), head, body, sent_at, time.perf_counter())

    def _connect(self, seconds_max: float) -> socket.socket:
        connection = socket.socket()
        connection.settimeout(seconds_max)
        # A worker that is killed takes what it has not accepted yet with it: that is told by receiving, too.
        with contextlib.suppress(ConnectionError):
            connection.connect(("127.0.0.1", self._port))
        return connection


def _is_closed(connection: socket.socket) -> bool:
    """The server has closed the idle connection; nothing was asked on it, so nothing is lost."""
    # Looked at first: a socket with a timeout waits for what is to be read, whatever the flags of `recv` say.
    if not select.select([connection], [], [], 0)[0]:
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
