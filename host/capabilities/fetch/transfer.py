"""One request on one connection: sent as it was decided on, and its answer as it comes."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import httpcore2

from host.capabilities.fetch import failure, headers
from host.capabilities.fetch.body import Upload
from host.capabilities.fetch.client import FetchClient
from host.capabilities.fetch.connections import Connection, Key
from host.capabilities.fetch.dial import Endpoint
from host.capabilities.fetch.failure import CONNECTION_ERRORS, Failure
from host.capabilities.fetch.guard import Admitted
from host.capabilities.fetch.redirect import Sent
from host.capabilities.fetch.secrets import put_on
from host.capabilities.fetch.session import Session
from host.capabilities.fetch.wire import Asked, Pairs

#: RFC 9110, 9.2.2: may be sent once more where a kept connection turns out to be closed.
_IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")
#: What of a redirect's body is read, so that its connection can be kept.
_DISCARDED_BYTES_MAX = 16 * 1024


class Answer:
    """A response whose headers are there."""

    def __init__(self, transfer: "Transfer", response: httpcore2.Response, received: Pairs) -> None:
        self._transfer = transfer
        self._stream = response.stream
        self.status = response.status
        self.reason = response.extensions.get("reason_phrase", b"").decode("latin-1")
        self.headers = received

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The body as it is on the wire; its connection is given back at the end of it. Raises Failure."""
        transfer = self._transfer
        try:
            async with aclosing(aiter(self._stream)) as chunks:
                async for chunk in chunks:
                    transfer.received_bytes += len(chunk)
                    yield chunk
            await self._stream.aclose()
        except CONNECTION_ERRORS as error:
            raise failure.of_exchange(error, "body") from error
        transfer.complete()

    async def discard(self) -> None:
        """Reads a short body to its end; a longer one costs the connection."""
        length = headers.first(self.headers, "content-length") or ""
        if not length.isdigit() or int(length) > _DISCARDED_BYTES_MAX:
            return
        async with aclosing(self.chunks()) as chunks:
            async for _ in chunks:
                pass


class Transfer:
    """A request with its connection."""

    def __init__(
        self,
        client: FetchClient,
        session: Session,
        sent: Sent,
        admitted: Admitted,
        asked: Asked,
        upload: Upload | None,
        stop: Callable[[Failure], None],
    ) -> None:
        self._client = client
        self._guard = session.guard
        self._admitted = admitted
        self._url = sent.url
        self._body = asked.body if sent.has_body else None
        self._upload = upload if sent.has_body else None
        self._connection: Connection | None = None
        self._stop = stop
        self._key = Key(
            session.principal, sent.url.scheme, sent.url.host, sent.url.port,
            admitted.rule.response.max_header_bytes,
        )  # fmt: skip
        self._again = sent.method in _IDEMPOTENT and self._upload is None
        self._timeouts: dict[str, float] = {}
        self._request = self._make(sent, session)
        self.received_bytes = 0

    @property
    def sent_bytes(self) -> int:
        """How much of a body was sent, or handed to the connection."""
        return self._upload.written if self._upload is not None else len(self._body or b"")

    def _make(self, sent: Sent, session: Session) -> httpcore2.Request:
        rule, url = self._admitted.rule, sent.url
        secrets = put_on(rule, url.scheme, session.secret)
        kept = headers.without(sent.headers, [headers.same_name(name) for name, _ in secrets.headers])
        length = self._upload.length if self._upload is not None else len(self._body or b"")
        sends_body = sent.has_body or sent.method in ("POST", "PUT")
        pairs = headers.framed(url.authority, [*kept, *secrets.headers], length, sends_body, session.scrubs)
        self._timeouts["write"] = rule.idle_timeout_ms / 1000
        content = self._upload.pieces() if self._upload is not None else self._body or b""
        return httpcore2.Request(
            sent.method.encode(),
            httpcore2.URL(scheme=url.scheme, host=url.host, port=url.port, target=secrets.target(url.target)),
            headers=[(name.encode(), value.encode("latin-1")) for name, value in pairs],
            content=content,
            extensions={"timeout": self._timeouts, "written": self._upload is not None, "stuck": self._stuck},
        )

    def _stuck(self, error: Exception) -> None:
        self._stop(failure.of_exchange(error, "headers"))

    async def send(self) -> Answer:
        """Sends the request; returns with the headers of its answer. Raises Failure."""
        try:
            response = await self._answered()
        except CONNECTION_ERRORS as error:
            if failure.is_overflow(error):
                raise self._overflow() from error
            raise failure.of_exchange(error, "headers") from error
        received = headers.received(response.headers, self._admitted.rule.response.max_header_bytes)
        if received is None:
            raise self._overflow()
        if not 200 <= response.status <= 999:
            raise Failure("HPE_INVALID_CONSTANT", "Response does not match the HTTP/1.1 protocol", "HTTPParserError")
        # From here on it is the time between two pieces that counts.
        self._timeouts["read"] = self._admitted.rule.idle_timeout_ms / 1000
        return Answer(self, response, received)

    async def _answered(self) -> httpcore2.Response:
        await self._connect(fresh=False)
        try:
            return await self._connection.http.handle_async_request(self._request)
        except CONNECTION_ERRORS:
            if not self._connection.used or not self._again:
                raise
        self.close()
        await self._connect(fresh=True)
        return await self._connection.http.handle_async_request(self._request)

    async def _connect(self, fresh: bool) -> None:
        url = self._url
        endpoint = Endpoint(url.scheme, url.host.strip("[]"), url.port, url.authority)
        self._connection = await self._client.connections.take(self._key, endpoint, self._admitted.addresses, fresh)
        self._guard.keep_flows(self._admitted.rule)

    def _overflow(self) -> Failure:
        rule = self._admitted.rule
        return failure.headers_too_large(rule.response.max_header_bytes, rule.name)

    def late(self, milliseconds: int) -> Failure:
        """Why there are no headers when they should be there."""
        if self._connection is None:
            return failure.connect_timeout(self._url.authority, milliseconds)
        return failure.headers_timeout(f"the rule `{self._admitted.rule.name}` allows {milliseconds} ms")

    def complete(self) -> None:
        """The response has ended: its connection may serve another request."""
        connection, self._connection = self._connection, None
        self._client.connections.give_back(connection)

    def close(self) -> None:
        """What was not ended is broken off."""
        if self._connection is not None:
            self._connection.abort()
            self._connection = None
