"""The HTTP service as one Litestar application: its routes, its errors, its documentation."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

import structlog
from litestar import Litestar, Request, Response
from litestar.config.cors import CORSConfig
from litestar.exceptions import HTTPException

from host.api.executions import Executions, execution_route
from host.api.look import Readiness, look_routes
from host.api.metrics import metrics_routes
from host.api.problems import HEADERS, Problem, problem_of, problem_of_status
from host.api.running import running_routes
from host.api.schema import openapi_config
from host.api.status import Status, status_routes
from host.errors import CellblockError

log = structlog.get_logger()

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]

_NO_BODY_MAX = 4096


def make_service(
    executions: Executions, status: Status, readiness: Readiness, lifespan: Lifespan, cors_origins: Sequence[str] = ()
) -> Litestar:
    """The application. `lifespan` surrounds its serving."""
    return Litestar(
        [
            execution_route(executions),
            *look_routes(readiness),
            *status_routes(status),
            *running_routes(status.callers, status.executor.registry),
            *metrics_routes(status.figures, status.loads),
        ],
        lifespan=[lifespan],
        openapi_config=openapi_config(),
        exception_handlers={HTTPException: _refused, CellblockError: _answered, Exception: _failed},
        cors_config=_cors(cors_origins),
        response_headers={name.decode(): value.decode() for name, value in HEADERS if name != b"content-type"},
        logging_config=None,
        request_max_body_size=_NO_BODY_MAX,
    )


def _cors(origins: Sequence[str]) -> CORSConfig | None:
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["authorization", "content-type", "idempotency-key"],
        expose_headers=["retry-after", "ratelimit", "ratelimit-policy", "idempotency-replayed", "idempotency-stored"],
    )


def _refused(request: Request, error: HTTPException) -> Response[bytes]:
    """What the framework refuses: unknown paths, wrong methods, broken requests."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return _response(request, problem_of_status(error.status_code, headers.get("allow")))


def _answered(request: Request, error: CellblockError) -> Response[bytes]:
    """What a route refuses."""
    problem = problem_of(error)
    if problem.status == 500:
        return _failed(request, error)
    return _response(request, problem)


def _failed(request: Request, error: Exception) -> Response[bytes]:
    log.error("request failed", path=request.scope["path"], exc_info=error)
    return _response(request, problem_of_status(500))


def _response(request: Request, problem: Problem) -> Response[bytes]:
    language = dict(request.scope["headers"]).get(b"accept-language")
    headers = {name.decode(): value.decode() for name, value in (*HEADERS, *problem.headers)}
    return Response(problem.body(language), status_code=problem.status, headers=headers, media_type="application/json")
