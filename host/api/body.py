"""Reading a request's body: bounded in size and time, and in what all of them together take."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from litestar.types import Receive

from host.errors import ConcurrencyError, TooLargeError, ValidationError


class BodyRoom:
    """The memory of a worker for bodies that come in or whose execution has not ended. `timeout_s` is for one body."""

    def __init__(self, room_bytes: int, timeout_s: float) -> None:
        self._free_bytes = room_bytes
        self._timeout_s = timeout_s

    @contextmanager
    def holding(self) -> Iterator["HeldBody"]:
        """One request's part of the room; given back at the end."""
        held = HeldBody(self)
        try:
            yield held
        finally:
            self._free_bytes += held.size_bytes

    def take(self, size_bytes: int) -> None:
        """Raises ConcurrencyError where there is no room for so much more."""
        if size_bytes > self._free_bytes:
            raise ConcurrencyError("The server holds as many bodies as it has memory for", "Try again later.")
        self._free_bytes -= size_bytes

    @property
    def timeout_s(self) -> float:
        """How long one body may take, in seconds."""
        return self._timeout_s


class HeldBody:
    """A body, and how much of the room it has."""

    __slots__ = ("_room", "size_bytes")

    def __init__(self, room: BodyRoom) -> None:
        self._room = room
        self.size_bytes = 0

    async def read(self, receive: Receive, headers: Mapping[bytes, bytes], size_max: int) -> bytes:
        """The whole body. Raises TooLargeError before more than `size_max` bytes of it are kept, ConcurrencyError
        where there is no room, ValidationError where it does not come whole and in time."""
        declared = int(headers.get(b"content-length", -1))
        if declared > size_max:
            raise _too_large(size_max)
        try:
            async with asyncio.timeout(self._room.timeout_s):
                return await self._receive(receive, declared, size_max)
        except TimeoutError:
            raise ValidationError("The body did not come in time", "Send it without pauses.") from None

    async def _receive(self, receive: Receive, declared: int, size_max: int) -> bytes:
        parts: list[bytes] = []
        while True:
            message = await receive()
            if message["type"] != "http.request":
                # Gone, or its framing broke: who is gone reads no answer, and who is not has to get one.
                raise ValidationError("The body ended too early", "Check its length or its chunks.")
            part = message.get("body", b"")
            if self.size_bytes + len(part) > size_max:
                raise _too_large(size_max)
            self._room.take(len(part))
            self.size_bytes += len(part)
            parts.append(part)
            if self.size_bytes == declared or not message.get("more_body"):
                return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(size_max: int) -> TooLargeError:
    return TooLargeError(f"The body is larger than {size_max} bytes", "Send less code or less input.")
