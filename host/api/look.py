"""What the service says of itself: where things are, and whether it is well."""

from enum import StrEnum

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from host.api.wire import timestamp
from host.version import version

SERVICE = "cellblock"


class Phase(StrEnum):
    """Where a worker process is in its life."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Readiness:
    """The phase of this worker. `host/app.py` moves it, `/health/ready` tells it."""

    __slots__ = ("phase",)

    def __init__(self) -> None:
        self.phase = Phase.STARTING

    @property
    def ready(self) -> bool:
        """Whether requests are taken."""
        return self.phase is Phase.READY


class Endpoint(Struct, frozen=True):
    """A route, for people."""

    method: str
    path: str
    does: str


ENDPOINTS = (
    Endpoint("POST", "/flow/codeblock", "runs a code block"),
    Endpoint("GET", "/flow/executions", "lists the executions that have not ended"),
    Endpoint("DELETE", "/flow/executions/{id}", "ends an execution"),
    Endpoint("GET", "/flow/health", "says how the node is"),
    Endpoint("GET", "/flow/status", "says what the node has done and does"),
    Endpoint("GET", "/flow/limits", "says which limits hold for the caller"),
    Endpoint("GET", "/metrics", "gives the node's figures to Prometheus"),
    Endpoint("GET", "/", "this list"),
    Endpoint("GET", "/health", "says that the process is alive"),
    Endpoint("GET", "/health/ready", "says whether it takes requests: 200, or 503 while starting or draining"),
    Endpoint("GET", "/schema", "a page that shows the API and can run a code block"),
    Endpoint("GET", "/schema/openapi.json", "OpenAPI as JSON"),
)


class Links(Struct, frozen=True):
    """Where to read on."""

    docs: str


class Index(Struct, frozen=True):
    """What this is and what it offers."""

    service: str
    version: str
    endpoints: tuple[Endpoint, ...]
    links: Links


class Health(Struct, frozen=True):
    """How the worker process is that answered."""

    status: str
    timestamp: str
    service: str
    version: str


def look_routes(readiness: Readiness) -> list[HTTPRouteHandler]:
    """The routes of this file."""

    @get("/", sync_to_thread=False, summary="What is here", response_description="The routes.")
    def index() -> Index:
        return Index(SERVICE, version(), ENDPOINTS, Links(docs="/schema"))

    @get("/health", sync_to_thread=False, summary="Whether the process is alive", response_description="It is.")
    def health() -> Health:
        return _health("ok")

    @get(
        "/health/ready",
        sync_to_thread=False,
        summary="Whether requests are taken",
        response_description="They are: `status` is `ready`.",
        responses={503: ResponseSpec(Health, False, "They are not: `status` is `starting` or `draining`.")},
    )
    def ready() -> Response[Health]:
        return Response(_health(readiness.phase), status_code=200 if readiness.ready else 503)

    return [index, health, ready]


def _health(status: str) -> Health:
    return Health(status, timestamp(), SERVICE, version())
