"""GET and DELETE /flow/executions: what runs on the node, and ending it. A principal sees its own, an operator all."""

import datetime

from litestar import Request, delete, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from msgspec import Struct

from host.api.auth import Callers
from host.api.status import identify
from host.api.wire import ExecuteFailure, timestamp
from host.errors import NotFoundError
from host.execution.execution import Listed
from host.execution.registry import Registry


class RunningExecution(Struct, frozen=True, rename="camel"):
    """An execution that has not ended. `fuel`, `memoryBytes` and `hostCalls` are as of its last slice."""

    execution_id: str
    principal: str
    policy: str
    state: str
    started_at: str
    elapsed_ms: int
    fuel: int
    memory_bytes: int
    host_calls: int


class RunningExecutions(Struct, frozen=True):
    """What runs. `complete` is false when a worker did not answer in time, whose executions are then missing."""

    success: bool
    executions: list[RunningExecution]
    complete: bool
    timestamp: str


class Cancelled(Struct, frozen=True, rename="camel"):
    """The execution was told to end; its own request is answered with CancelledError."""

    success: bool
    execution_id: str
    timestamp: str


def running_routes(callers: Callers, registry: Registry) -> list[HTTPRouteHandler]:
    """The routes of this file."""

    @get("/flow/executions", summary="What runs now", response_description="Oldest first.")
    async def executions(request: Request) -> RunningExecutions:
        caller = identify(callers, request)
        found, complete = await registry.running(caller.sees)
        return RunningExecutions(True, [_shown(each) for each in found], complete, timestamp())

    @delete(
        "/flow/executions/{execution_id:str}",
        status_code=200,
        summary="Ends an execution",
        response_description="It ends within a slice.",
        responses={404: ResponseSpec(ExecuteFailure, False, "The caller has no such execution, or it has ended.")},
    )
    async def cancel(request: Request, execution_id: FromPath[str]) -> Cancelled:
        caller = identify(callers, request)
        if not await registry.cancel(execution_id, caller.sees):
            raise NotFoundError("You have no execution of that id that is running", "It may have ended.")
        return Cancelled(True, execution_id, timestamp())

    return [executions, cancel]


def _shown(listed: Listed) -> RunningExecution:
    started = datetime.datetime.fromtimestamp(listed.began_unix_ms / 1000, datetime.UTC)
    return RunningExecution(
        listed.execution_id,
        listed.principal,
        listed.policy,
        listed.state,
        started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        listed.elapsed_ms,
        listed.fuel,
        listed.memory_bytes,
        listed.host_calls,
    )
