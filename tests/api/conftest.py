"""The service with policies and principals made on the spot, on the real executor."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from host.api.answers import Answers
from host.api.auth import Callers
from host.api.body import BodyRoom
from host.api.executions import Executions
from host.api.figures import NodeFigures
from host.api.look import Phase, Readiness
from host.api.record import Recorder
from host.api.service import make_service
from host.api.status import Status
from host.execution.run import Executor
from host.policy.model import WIDEST, Access, PolicySet, Principal, token_sha256
from host.reload.state import LoadState
from host.settings import load_settings
from tests.api.client import Client
from tests.api.node import OLGA, node
from tests.api.server import Server
from tests.api.stores import Store, store_in
from tests.harness import Guests, policy_of

POLICIES = (
    policy_of("sandbox", modules=["lodash"]),
    policy_of("small", code_bytes=100, input_bytes=50, result_bytes=20),
    policy_of("seeded", random="seeded"),
    policy_of("loose", require_return=False),
    policy_of("quiet", console=False),
    policy_of("tight", fuel=20_000_000, memory_bytes=8 << 20),
    policy_of("quick", wall_time_ms=20, fuel=10_000_000_000_000),
    policy_of("secret"),
)
ALICE, BOB, NOBODY = "alice-token", "bob-token", "nobody-token"
PRINCIPALS = (
    Principal("alice", token_sha256(ALICE), ("small", "sandbox")),
    Principal("bob", token_sha256(BOB), ("sandbox", "seeded", "loose", "quiet", "tight", "quick", "small")),
    Principal("nobody", token_sha256(NOBODY), ()),
)
#: The largest body that can be of use under each policy.
ALL_LIMITS = {each.name: 6 * each.limits.code_bytes + each.limits.input_bytes + 4096 for each in POLICIES}
LOADED = LoadState("sha256:0", 0.0)
ACCESS = Access(PRINCIPALS, anonymous="sandbox")


def policies_with(access: Access | None) -> PolicySet:
    return PolicySet({policy.name: policy for policy in POLICIES}, access)


@pytest.fixture
def readiness() -> Readiness:
    readiness = Readiness()
    readiness.phase = Phase.READY
    return readiness


def service_for(
    guests: Guests,
    readiness: Readiness,
    access: Access | None = ACCESS,
    executor: Executor | None = None,
    body_timeout_s: float = 30,
    body_room_bytes: int = 256 << 20,
    recorder: Recorder | None = None,
    answers: Answers | None = None,
    callers: Callers | None = None,
    **options: object,
) -> Client:
    """A service on the real executor, or on another one."""
    callers = callers or Callers(policies_with(access), WIDEST)
    executor = executor or guests.executor
    bodies = BodyRoom(body_room_bytes, body_timeout_s)
    executions = Executions(callers, executor, bodies, recorder=recorder, answers=answers)
    settings = load_settings({}, {})
    status = Status(executor, callers, NodeFigures(executor), readiness, settings, lambda: LOADED)
    return Client(make_service(executions, status, readiness, _no_lifespan, **options), guests)


@pytest.fixture
def serve(guests: Guests, readiness: Readiness) -> Callable[..., Client]:
    """Makes a service: `serve(access=…, executor=…, answers=…)`."""
    return partial(service_for, guests, readiness)


@pytest.fixture
def client(serve: Callable[..., Client], unharmed: None) -> Client:
    """The service; after the test it has no slot, thread or file more than before."""
    return serve()


def _no_lifespan(_: object) -> None:
    raise AssertionError("requests are sent without a lifespan")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store of answers, open to the test alone."""
    with store_in(tmp_path) as store:
        yield store


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A node of four workers for the tests of one file, unless the file has a server of its own."""
    with node(tmp_path_factory.mktemp("node")) as server:
        yield server


@pytest.fixture
def idle(server: Server) -> Iterator[None]:
    """After each test nothing runs, nobody waits, and nothing was a fault of the service."""
    yield
    server.wait_until_idle()
    assert server.executions(OLGA) == []
    records = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert [each for each in records if each["level"] == "error"] == []
