"""One request of a guest, from its first hop to the last byte of its response.

It is one task on the event loop. What a guest asks meanwhile (for the answer, a piece of the body, its end) waits for
what the task brings; timers end the task with the reason why.
"""

import asyncio
import time
from collections.abc import Callable

from msgspec import Struct

from host.capabilities.base import Refusal
from host.capabilities.fetch import failure, headers, redirect, wire
from host.capabilities.fetch.body import Download, Upload
from host.capabilities.fetch.client import FetchClient
from host.capabilities.fetch.failure import Failure
from host.capabilities.fetch.guard import Admitted
from host.capabilities.fetch.redirect import Sent
from host.capabilities.fetch.response import Receiver
from host.capabilities.fetch.session import Session
from host.capabilities.fetch.transfer import Answer, Transfer
from host.capabilities.fetch.wire import Asked
from host.policy.grants.model import FetchGrant
from host.policy.url import UrlError, parse_url

REDIRECTS_MAX = 20
Why = Failure | Refusal


class Head(Struct, frozen=True):
    """A response as the guest sees it, but for its body."""

    flags: int
    status: int
    url: str
    reason: str
    headers: wire.Pairs


class Again(Struct, frozen=True):
    """A redirect wants the body once more."""


class Exchange:
    """A request that is open."""

    def __init__(self, asked: Asked, client: FetchClient, session: Session) -> None:
        self._asked = asked
        self._client = client
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._head: asyncio.Future[Head | Again | Exception] = self._loop.create_future()
        self._why: Exception | None = None
        self._task: asyncio.Task | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._ends_at = session.deadline
        self._redirects = 0
        self._sent: Sent | None = None
        self._late: Callable[[], None] | None = None
        #: Set while the guest does not know yet that a redirect wants the body once more.
        self._resumes: asyncio.Event | None = None
        self.rule: FetchGrant | None = None
        self.body_bytes = len(asked.body or b"")
        self.upload = Upload(asked.body_bytes) if asked.streamed else None
        self.download = Download()

    def begin(self) -> None:
        """Starts it."""
        self._end_within(self._client.timeout_ms, "the server allows")
        self._task = self._loop.create_task(self._run())

    def stop(self, why: Why) -> None:
        """Ends it, for a reason."""
        if self._why is None and not self.download.complete:
            self._settle(why)
            if self._task is not None:
                self._task.cancel()

    def sends_under(self) -> FetchGrant | None:
        """The rule under which more of its body may still be sent."""
        return self.rule if self.upload is not None and self.upload.wanted and not self.upload.complete else None

    def asked_again(self) -> None:
        """The guest knows of the redirect: what it writes from now on is the body once more."""
        if self._resumes is not None:
            self._head = self._loop.create_future()
            if self._why is not None:
                self._head.set_result(self._why)
            self._resumes.set()
            self._resumes = None

    async def head(self) -> Head | Again:
        """The answer, as soon as it is there. Raises Failure or Refusal."""
        head = await asyncio.shield(self._head)
        if isinstance(head, Exception):
            raise head
        return head

    async def write(self, piece: bytes, last: bool) -> bool:
        """A piece of the body: whether more is wanted. Raises Refusal, also one of the whole request."""
        upload, rule, sent = self.upload, self.rule, self._sent
        if upload is None:
            raise Refusal("ValidationError", "There is no such body of fetch")
        if self._resumes is not None:
            # It was on its way when a redirect wanted the body once more, from its beginning.
            return False
        try:
            if rule is not None and upload.written + len(piece) > rule.request.max_body_bytes:
                self._session.guard.refuse_larger_body(sent.method, sent.url, rule)
            self._session.moved(len(piece))
            self._restart_headers_timer()
            return await upload.write(piece, last)
        except (Failure, Refusal) as why:
            self.stop(why)
            upload.end()
            return False

    async def _run(self) -> None:
        try:
            await self._follow()
        except (Failure, Refusal) as why:
            self._settle(why)
        except asyncio.CancelledError:
            if self._why is None:
                raise
        except Exception as fault:
            # Ours: whoever waits for the answer hears of it, and the execution ends.
            self._settle(fault)
        finally:
            for timer in self._timers.values():
                timer.cancel()
            if self.upload is not None:
                self.upload.end()

    def _settle(self, why: Exception) -> None:
        self._why = self._why or why
        if not self._head.done():
            self._head.set_result(why)
        self.download.end(why)

    async def _follow(self) -> None:
        """Sends the request, and what redirects make of it."""
        sent = self._first()
        while sent is not None:
            self._sent = sent
            body_bytes = self._asked.body_bytes if sent.has_body else 0
            admitted = await self._session.guard.admit(sent.method, sent.url, sent.headers, body_bytes)
            self.rule = admitted.rule
            self._check_written(sent, admitted.rule)
            self._end_within(admitted.rule.timeout_ms, f"the rule `{admitted.rule.name}` allows")
            async with self._session.slot(admitted.rule, sent.url):
                sent = await self._hop(sent, admitted)

    def _first(self) -> Sent:
        asked = self._asked
        try:
            url = parse_url(asked.url)
        except UrlError as fault:
            raise failure.invalid_url(str(fault)) from None
        has_body = asked.streamed or asked.body is not None
        return Sent(headers.check_method(asked.method), url, headers.clean(asked.headers), has_body)

    def _check_written(self, sent: Sent, rule: FetchGrant) -> None:
        """Pieces may have been written before the rule was known."""
        if sent.has_body and self.upload is not None and self.upload.written > rule.request.max_body_bytes:
            self._session.guard.refuse_larger_body(sent.method, sent.url, rule)

    async def _hop(self, sent: Sent, admitted: Admitted) -> Sent | None:
        """One request and its response. Gives the next request where it is a redirect to be followed."""
        began = time.monotonic()
        outcome = admitted.permit.record.note
        transfer = Transfer(self._client, self._session, sent, admitted, self._asked, self.upload, self.stop)
        try:
            self._headers_within(admitted.rule, transfer)
            answer = await transfer.send()
            outcome(status=answer.status)
            after = await self._next(sent, answer, admitted.rule)
            if after is None:
                self._cancel("headers")
                await self._receive(sent, answer, admitted)
            return after
        except Failure as why:
            outcome(failure=why.code or why.message)
            raise
        except asyncio.CancelledError:
            outcome(failure=self._why.code if isinstance(self._why, Failure) else "stopped")
            raise
        finally:
            self._cancel("headers")
            transfer.close()
            outcome(
                request_bytes=transfer.sent_bytes,
                response_bytes=transfer.received_bytes,
                ms=round((time.monotonic() - began) * 1000, 1),
            )

    async def _next(self, sent: Sent, answer: Answer, rule: FetchGrant) -> Sent | None:
        """What a redirect leads to, None where the answer is for the guest."""
        if self._asked.redirect == "manual" or not redirect.is_redirect(answer.status, answer.headers):
            return None
        if self._asked.redirect == "error":
            raise Failure("", "unexpected redirect")
        if self._redirects >= min(REDIRECTS_MAX, self._asked.redirects_max):
            raise Failure("", "redirect count exceeded")
        if self._redirects >= rule.max_redirects:
            raise Failure("", f"redirect count exceeded (the rule `{rule.name}` allows {rule.max_redirects})")
        self._redirects += 1
        # A server may put what it got into where it leads; no secret goes on to wherever that is.
        location = self._session.scrubber.clean_text(headers.first(answer.headers, "location"))
        after = redirect.following(sent, answer.status, location)
        if self.upload is not None:
            self.upload.end()
        await answer.discard()
        if after.has_body and self.upload is not None:
            await self._have_again()
        return after

    async def _have_again(self) -> None:
        """Returns when the guest is about to write the body once more."""
        if not self._asked.again:
            raise Failure("", "A redirect wants the body again, and it was a stream")
        self.upload = Upload(self._asked.body_bytes)
        resumes = self._resumes = asyncio.Event()
        self._head.set_result(Again())
        await resumes.wait()

    async def _receive(self, sent: Sent, answer: Answer, admitted: Admitted) -> None:
        receiver = Receiver(answer, admitted.rule, self._session, self.download, raw=self._asked.raw)
        empty = sent.method == "HEAD" or answer.status in (204, 205, 304)
        if not empty:
            receiver.check_length()
        flags = wire.REDIRECTED * bool(self._redirects) | wire.NO_BODY * empty
        clean = self._session.scrubber.clean_text
        shown = [(name, clean(value)) for name, value in answer.headers]
        self._session.was_read(admitted.rule, self)
        self._head.set_result(Head(flags, answer.status, clean(sent.url.href), clean(answer.reason), shown))
        await receiver.run()
        self.download.end()

    def _headers_within(self, rule: FetchGrant, transfer: Transfer) -> None:
        milliseconds = rule.headers_timeout_ms

        def expire() -> None:
            self.stop(transfer.late(milliseconds))

        self._cancel("headers")
        self._timers["headers"] = self._loop.call_later(milliseconds / 1000, expire)
        self._late = lambda: self._headers_within(rule, transfer)

    def _restart_headers_timer(self) -> None:
        """No server has to answer before it has the body."""
        if "headers" in self._timers:
            self._late()

    def _end_within(self, milliseconds: int, who_allows: str) -> None:
        """All of it, hops and headers included, ends by then."""
        ends_at = time.monotonic() + milliseconds / 1000
        if ends_at >= self._ends_at and "all" in self._timers:
            return
        self._ends_at = min(ends_at, self._ends_at)
        self._cancel("all")
        what = f"{who_allows} {milliseconds} ms for all of it"

        def expire() -> None:
            self.stop(failure.body_timeout(what) if self._head.done() else failure.headers_timeout(what))

        self._timers["all"] = self._loop.call_later(milliseconds / 1000, expire)

    def _cancel(self, timer: str) -> None:
        if timer in self._timers:
            self._timers.pop(timer).cancel()
