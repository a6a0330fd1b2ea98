"""What a job sees of the world: a door that frames come in and go out by.

A job is a function of a module that the zygote has imported: `def work(door: Door) -> None`. What it raises as
`Refused` reaches the guest in those words; any other exception is a fault of ours.
"""

import contextlib
import select
import socket
import time

from host.capabilities.apart.frames import DATA, FRAME_BYTES_MAX, IN, OUT

_PIECE_BYTES = 256 * 1024


class Refused(Exception):
    """The work cannot or may not be done; `type` is that of a refused host call."""

    def __init__(self, type: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.hint = hint

    def payload(self) -> bytes:
        """As a guest reads it: three lines, the last of which may hold more."""
        one_line = self.message.replace("\n", " ")
        return f"{self.type}\n{one_line}\n{self.hint}".encode(errors="replace")


class Door:
    """Frames in and out. Both directions wait: a worker that does not read holds the work up, and no memory."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._began_ns = time.process_time_ns()

    def receive(self) -> bytes | None:
        """The next frame, or None where no more will come."""
        header = self._read(IN.size)
        if header is None:
            return None
        (length,) = IN.unpack(header)
        return self._read(length)

    def send(self, data: bytes, kind: int = DATA) -> None:
        """Sends one frame of at most FRAME_BYTES_MAX. Raises OSError where nobody reads any more."""
        assert len(data) <= FRAME_BYTES_MAX
        self._end.sendall(OUT.pack(len(data), kind, time.process_time_ns() - self._began_ns))
        self._end.sendall(data)

    def is_called(self) -> bool:
        """Whether a frame, or the end of them, is there to be received at once."""
        return bool(select.select([self._end], [], [], 0)[0])

    def close(self) -> None:
        """Nothing more goes out. Waits for the worker to close its end: what it still sends must not fail, because it
        would then not read what is on its way to it."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_WR)
            while self._end.recv(_PIECE_BYTES):
                pass

    def _read(self, length: int) -> bytes | None:
        if length == 0:
            return b""
        data = bytearray(length)
        view = memoryview(data)
        at = 0
        while at < length:
            count = self._end.recv_into(view[at : at + _PIECE_BYTES])
            if count == 0:
                return None
            at += count
        return bytes(data)
