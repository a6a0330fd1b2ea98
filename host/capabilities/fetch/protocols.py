"""HTTP/1.1 and HTTP/2 on a connection: httpcore2's, which send a body while they receive the response.

So a server may answer before it has read all of it: one that echoes as it reads would stand still otherwise.
"""

import asyncio
from collections.abc import Awaitable

import h11
import httpcore2

from host.capabilities.fetch.stream import Stream

#: Responses with 1xx on one connection; they cost time, and tell a guest nothing.
_INFORMATIONAL_MAX = 64


class Http1(httpcore2.AsyncHTTP11Connection):
    """HTTP/1.1."""

    READ_NUM_BYTES = 256 * 1024

    def __init__(self, origin: httpcore2.Origin, stream: Stream, header_bytes_max: int) -> None:
        self.MAX_INCOMPLETE_EVENT_SIZE = header_bytes_max
        super().__init__(origin, stream)
        self._sending: asyncio.Task | None = None
        self._informational = 0

    async def _receive_event(self, timeout: float | None = None) -> h11.Event | type[h11.PAUSED]:
        event = await super()._receive_event(timeout)
        if isinstance(event, h11.InformationalResponse):
            self._informational += 1
            if self._informational > _INFORMATIONAL_MAX:
                raise httpcore2.RemoteProtocolError("too many informational responses")
        return event

    async def _send_request_body(self, request: httpcore2.Request) -> None:
        send = super()._send_request_body
        if request.extensions.get("written"):
            self._sending = asyncio.create_task(_send(send(request), request))
        else:
            await send(request)

    async def _response_closed(self) -> None:
        _end(self._sending)
        await super()._response_closed()

    @property
    def clean(self) -> bool:
        """Whether another request may be sent."""
        return self.is_idle() and not self._h11_state.trailing_data[0] and self._network_stream.quiet


class Http2(httpcore2.AsyncHTTP2Connection):
    """HTTP/2, for one request at a time."""

    def __init__(self, origin: httpcore2.Origin, stream: Stream) -> None:
        super().__init__(origin, stream)
        self._sending: asyncio.Task | None = None

    async def _send_request_body(self, request: httpcore2.Request, stream_id: int) -> None:
        send = super()._send_request_body
        if request.extensions.get("written"):
            self._sending = asyncio.create_task(_send(send(request, stream_id), request))
        else:
            await send(request, stream_id)

    async def _response_closed(self, stream_id: int) -> None:
        _end(self._sending)
        await super()._response_closed(stream_id)

    @property
    def clean(self) -> bool:
        """Whether another request may be sent. Frames of the connection itself may come at any time."""
        return self.is_idle() and self.is_available()


async def _send(sending: Awaitable[None], request: httpcore2.Request) -> None:
    """Sends a body beside the receiving of the response, which tells what became of it; unless the body is stuck."""
    try:
        await sending
    except httpcore2.WriteTimeout as error:
        request.extensions["stuck"](error)
    except Exception:
        return


def _end(sending: asyncio.Task | None) -> None:
    if sending is not None:
        sending.cancel()
