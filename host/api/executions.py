"""POST /flow/codeblock: authenticate, read, decode, run, answer.

The route is an ASGI handler inside Litestar. It reads and writes the ASGI messages itself, because that is most of
what a short execution costs outside of the guest (requests/s of an empty route on 2 cores, 2 workers, 32
connections, load generator beside it: a `@post` handler 19,000, this 28,000, no framework at all 30,000).
"""

from collections.abc import Mapping
from functools import partial

import structlog
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import Receive, Scope, Send
from msgspec import UNSET

from host.api.answers import Answers
from host.api.auth import Caller, Callers
from host.api.body import BodyRoom, HeldBody
from host.api.client_watch import watching
from host.api.idempotency import KEY_HEADER, Idempotency, Outcome
from host.api.intake import check_content, read_headers, read_request, to_execution
from host.api.problems import HEADERS, Headers, in_language, problem_of, problem_of_status, rate_headers, status_of
from host.api.record import Recorder, Recording
from host.api.stream import EventStream, wants_events
from host.api.wire import error_type_of, render_failure, render_success, wire_error
from host.errors import RefusedError
from host.execution.outcome import Failure, Report, Success
from host.execution.registry import CLIENT_GONE
from host.execution.request import new_execution_id
from host.execution.run import Executor

PATH = "/flow/codeblock"

log = structlog.get_logger()


class Answer:
    """What is sent, and what it is about: `report` if something ran, `error_type` if it was no success. `replayed` says
    that it was kept for its Idempotency-Key."""

    __slots__ = ("body", "error_type", "headers", "replayed", "report", "status")

    def __init__(
        self, status: int, body: bytes, headers: Headers, error_type: str | None, report: Report | None = None
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers
        self.error_type = error_type
        self.report = report
        self.replayed = False


class Exchange:
    """One request on its way to its answer, with what is known of it by now."""

    __slots__ = ("client_gone", "execution_id", "headers", "receive", "recording", "send", "stream")

    def __init__(self, recording: Recording, receive: Receive, send: Send) -> None:
        self.receive = receive
        self.send = send
        self.recording = recording
        self.execution_id = recording.execution_id
        self.headers: dict[bytes, bytes] = {}
        self.stream: EventStream | None = None
        self.client_gone = False

    @property
    def language(self) -> bytes | None:
        """The Accept-Language header."""
        return self.headers.get(b"accept-language")


class Executions:
    """The route, with what it needs: who may call, what runs the code, and room for bodies.

    `hints` replace the hint of an error by its type, where the server's settings and not a policy are the reason.
    """

    def __init__(
        self,
        callers: Callers,
        executor: Executor,
        bodies: BodyRoom,
        hints: Mapping[str, str] | None = None,
        recorder: Recorder | None = None,
        answers: Answers | None = None,
    ) -> None:
        self._callers = callers
        self._executor = executor
        self._bodies = bodies
        self._hints = hints or {}
        self._recorder = recorder or Recorder()
        self._idempotency = Idempotency(answers)
        #: Requests that have no answer yet.
        self.open = 0

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, whatever comes, and leaves a record of it."""
        self.open += 1
        try:
            with self._recorder.begin(new_execution_id(), scope) as recording:
                exchange = Exchange(recording, receive, send)
                answer = await self._answer(exchange, scope)
                recording.ended(answer.status, answer.error_type, answer.report, exchange.client_gone)
                # Counted before it is sent: whoever has the answer finds it counted.
                self._executor.tally.answered(answer.error_type, answer.report)
                await self._deliver(exchange, answer)
        finally:
            self.open -= 1

    async def _answer(self, exchange: Exchange, scope: Scope) -> Answer:
        try:
            with self._bodies.holding() as body:
                return await self._understand(exchange, scope, body)
        except Exception as error:
            return self._answer_to_error(exchange, error)

    async def _understand(self, exchange: Exchange, scope: Scope, body: HeldBody) -> Answer:
        """Finds out who asks for what, and does it, or finds that it has been done."""
        recording = exchange.recording
        headers = exchange.headers = read_headers(scope["headers"])
        recording.read_trace(headers)
        caller, version = self._identify(exchange), self._callers.version
        check_content(headers)
        sent = await body.read(exchange.receive, headers, caller.body_bytes_max)
        if self._callers.version != version:
            # Policies came into force while the body was on its way: what its sender may do now is what counts.
            caller = self._identify(exchange)
        if wants_events(headers):
            listed = partial(self._executor.registry.listed, exchange.execution_id)
            exchange.stream = EventStream(exchange.send, listed)
        if KEY_HEADER not in headers:
            return self._answer_to(exchange, await self._run(exchange, caller, sent))
        return await self._run_once(exchange, caller, sent)

    def _identify(self, exchange: Exchange) -> Caller:
        headers = exchange.headers
        caller = self._callers.identify(headers.get(b"authorization"), headers.get(b"host"))
        exchange.recording.principal = caller.name
        return caller

    async def _run_once(self, exchange: Exchange, caller: Caller, sent: bytes) -> Answer:
        """Runs what carries an Idempotency-Key, or gives the answer that is kept for it."""
        ran: Answer | None = None

        async def execute() -> Outcome:
            nonlocal ran
            ran = self._answer_to(exchange, await self._run(exchange, caller, sent))
            return Outcome(ran.status, ran.body, ran.error_type not in ("CancelledError", "InternalError"))

        once = await self._idempotency.once(caller.name, exchange.headers[KEY_HEADER], sent, execute)
        if ran is None:
            kept = Answer(once.status, once.body, once.headers, error_type_of(once.body))
            kept.replayed = True
            return kept
        ran.headers = (*ran.headers, *once.headers)
        return ran

    async def _run(self, exchange: Exchange, caller: Caller, sent: bytes) -> Report:
        recording = exchange.recording
        asked = read_request(sent)
        policy = recording.policy = caller.policy(None if asked.policy is UNSET else asked.policy)
        request = to_execution(asked, policy, caller, exchange.execution_id)
        recording.runs(request)
        on_gone = partial(self._executor.registry.stop, exchange.execution_id, CLIENT_GONE)
        with watching(exchange.receive, on_gone) as watch:
            try:
                return await self._executor.run(request, exchange.stream)
            finally:
                exchange.client_gone = watch.gone

    def _answer_to(self, exchange: Exchange, report: Report) -> Answer:
        """The answer for an execution that ran."""
        match report.outcome:
            case Success():
                return Answer(200, render_success(report), rate_headers(report.rates), None, report)
            case Failure() as failure:
                error = in_language(wire_error(failure, self._hints.get(failure.type)), exchange.language)
                status, headers = status_of(failure, report.rates)
                return Answer(status, render_failure(report, error), headers, failure.type, report)

    def _answer_to_error(self, exchange: Exchange, error: Exception) -> Answer:
        problem = problem_of(error)
        if problem.status >= 500 and not isinstance(error, RefusedError):
            log.error("execution failed", execution_id=exchange.execution_id, exc_info=error)
        body = problem.body(exchange.language, exchange.execution_id, exchange.recording.policy)
        return Answer(problem.status, body, problem.headers, problem.error.type)

    async def _deliver(self, exchange: Exchange, answer: Answer) -> None:
        stream = exchange.stream
        if stream is not None and answer.replayed:
            stream.began()  # an answer that was kept has no other events
        if stream is not None and stream.open:
            await (stream.abandon() if exchange.client_gone else stream.finish(answer.body))
        elif not exchange.client_gone:
            await send_json(exchange.send, answer.status, answer.body, answer.headers)


async def send_json(send: Send, status: int, body: bytes, more: Headers = ()) -> None:
    """Sends a whole answer."""
    headers = [*HEADERS, (b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def execution_route(executions: Executions) -> ASGIRouteHandler:
    """The route as Litestar takes it."""

    async def codeblock(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await executions.answer(scope, receive, send)
        else:
            problem = problem_of_status(405, allow="POST")
            language = dict(scope["headers"]).get(b"accept-language")
            await send_json(send, problem.status, problem.body(language), problem.headers)

    return asgi(PATH, copy_scope=False)(codeblock)
