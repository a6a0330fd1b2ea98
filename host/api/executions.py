"""POST /flow/codeblock: authenticate, read, decode, run, answer.

The route is an ASGI handler inside Litestar. It reads and writes the ASGI messages itself, because that is most of
what a short execution costs outside of the guest (requests/s of an empty route on 2 cores, 2 workers, 32
connections, load generator beside it: a `@post` handler 19,000, this 28,000, no framework at all 30,000).
"""

import asyncio
from collections.abc import Mapping

import structlog
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import Receive, Scope, Send
from msgspec import UNSET

from host.api.answers import Answers
from host.api.auth import Callers
from host.api.idempotency import KEY_HEADER, Idempotency
from host.api.intake import check_content, read_headers, read_request, to_execution
from host.api.problems import HEADERS, Headers, in_language, problem_of, problem_of_status
from host.api.wire import render_failure, render_success, wire_error
from host.errors import RefusedError, TooLargeError, ValidationError
from host.execution.outcome import Failure, Report, Success
from host.execution.request import ExecutionRequest, new_execution_id
from host.execution.run import Executor

PATH = "/flow/codeblock"
#: An execution that is done by then is never watched for its client going away.
_WATCH_AFTER_S = 0.02

log = structlog.get_logger()


class _ClientGone(Exception):
    """The client closed the connection: there is nobody to answer."""


class Executions:
    """The route, with what it needs: who may call, and what runs the code.

    `hints` replace the hint of an error by its type, where the server's settings and not a policy are the reason.
    """

    def __init__(
        self,
        callers: Callers,
        executor: Executor,
        body_timeout_s: float,
        hints: Mapping[str, str] | None = None,
        answers: Answers | None = None,
    ) -> None:
        self._callers = callers
        self._executor = executor
        self._body_timeout_s = body_timeout_s
        self._hints = hints or {}
        self._idempotency = Idempotency(answers)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, whatever comes."""
        execution_id = new_execution_id()
        headers: dict[bytes, bytes] = {}
        policy = None
        more: Headers
        try:
            headers = read_headers(scope["headers"])
            caller = self._callers.identify(headers.get(b"authorization"), headers.get(b"host"))
            check_content(headers)
            sent = await self._read_body(receive, headers, caller.body_bytes_max)

            async def execute() -> tuple[int, bytes]:
                nonlocal policy
                asked = read_request(sent)
                policy = caller.policy(None if asked.policy is UNSET else asked.policy)
                report = await self._run(to_execution(asked, policy, caller.name, execution_id), receive)
                return self._render(report, headers.get(b"accept-language"))

            if KEY_HEADER in headers:
                once = await self._idempotency.once(caller.name, headers[KEY_HEADER], sent, execute)
                status, body, more = once.status, once.body, once.headers
            else:
                (status, body), more = await execute(), ()
        except _ClientGone:
            return
        except Exception as error:
            problem = problem_of(error)
            if problem.status >= 500 and not isinstance(error, RefusedError):
                log.error("execution failed", execution_id=execution_id, exc_info=error)
            status, more = problem.status, problem.headers
            body = problem.body(headers.get(b"accept-language"), execution_id, policy)
        await send_json(send, status, body, more)

    async def _read_body(self, receive: Receive, headers: dict[bytes, bytes], size_max: int) -> bytes:
        """The whole body. Raises TooLargeError before more than `size_max` bytes of it are kept."""
        declared = int(headers.get(b"content-length", -1))
        if declared > size_max:
            raise _too_large(size_max)
        try:
            async with asyncio.timeout(self._body_timeout_s):
                return await _receive_body(receive, declared, size_max)
        except TimeoutError:
            raise ValidationError("The body did not come in time", "Send it without pauses.") from None

    async def _run(self, request: ExecutionRequest, receive: Receive) -> Report:
        """Runs the execution; when the client goes away before it is done, cancels it and raises _ClientGone."""
        watch = _ClientWatch(receive)
        try:
            return await self._executor.run(request)
        except asyncio.CancelledError:
            if watch.gone:
                raise _ClientGone from None
            raise
        finally:
            watch.stop()

    def _render(self, report: Report, accept_language: bytes | None) -> tuple[int, bytes]:
        """Status and body for an execution that ran."""
        match report.outcome:
            case Success():
                return 200, render_success(report)
            case Failure() as failure:
                error = in_language(wire_error(failure, self._hints.get(failure.type)), accept_language)
                return 500 if failure.type == "InternalError" else 400, render_failure(report, error)


class _ClientWatch:
    """Cancels the task that made it when its client goes away. It begins late, so that short executions pay for a
    timer and no more."""

    __slots__ = ("_receive", "_task", "_timer", "_watching", "gone")

    def __init__(self, receive: Receive) -> None:
        self.gone = False
        self._receive = receive
        self._task = asyncio.current_task()
        self._watching: asyncio.Task | None = None
        self._timer = asyncio.get_running_loop().call_later(_WATCH_AFTER_S, self._begin)

    def _begin(self) -> None:
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self._task.cancel()

    def stop(self) -> None:
        """Ends the watch; nothing is cancelled after this."""
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()


async def _receive_body(receive: Receive, declared: int, size_max: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            # Gone, or its framing broke: who is gone reads no answer, and who is not has to get one.
            raise ValidationError("The body ended too early", "Check its length or its chunks.")
        part = message.get("body", b"")
        size += len(part)
        if size > size_max:
            raise _too_large(size_max)
        parts.append(part)
        if size == declared or not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(size_max: int) -> TooLargeError:
    return TooLargeError(f"The body is larger than {size_max} bytes", "Send less code or less input.")


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
