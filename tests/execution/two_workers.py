"""Two real workers, started by test_registry.py as a process of its own: an engine does not survive a fork, so this one
forks first. Prints what the first worker saw, as JSON."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import structs

from host.errors import CellblockError
from host.execution.membership import membership
from host.execution.request import ExecutionRequest
from host.execution.run import Executor, ExecutorOptions
from host.execution.tally import FIGURES, GAUGES
from host.node.node import Shared
from host.sandbox.engine import open_engine
from host.sandbox.image import find_image
from tests.execution.gate import SLEEP, Gate, until
from tests.harness import policy_of, request_of
from tests.node.forks import Forked, Signal

RUNNING_MAX = 2
LOOP = "for (;;); return 1"


@asynccontextmanager
async def worker(shared: Shared) -> AsyncIterator[Executor]:
    """An executor that takes part in its node."""
    options = ExecutorOptions(running_max=RUNNING_MAX, queue_max=10, queue_timeout_s=120, threads=1)
    executor = Executor(open_engine(find_image(), instances_max=8, warm_slots=0), options, shared.join())
    async with membership(executor):
        yield executor
    executor.close()


def request(code: str, principal: str, execution_id: str, gate: Gate | None = None) -> ExecutionRequest:
    policy = policy_of("test", fuel=10**13, wall_time_ms=600_000)
    made = request_of(code, policy=policy, capabilities=(gate,) if gate else ())
    return structs.replace(made, principal=principal, execution_id=execution_id)


async def outcome_of(executor: Executor, asked: ExecutionRequest) -> str:
    try:
        outcome = (await executor.run(asked)).outcome
        return f"{type(outcome).__name__} {getattr(outcome, 'type', outcome)}"
    except CellblockError as error:
        return f"raised {type(error).__name__}: {error.message}"


async def second(shared: Shared, again: Signal) -> dict:
    """Begins an execution of each kind, and says how they ended; then fills the node until it is killed."""
    async with worker(shared) as executor:
        gate = Gate()
        tasks = []
        for asked in (
            request(LOOP, "alice", "1running"),
            request(SLEEP, "bob", "2waiting", gate),
            request("return 1", "alice", "3queued"),
        ):
            tasks.append(asyncio.ensure_future(outcome_of(executor, asked)))
            await asyncio.sleep(0)
        await until(lambda: gate.arrived == 1)
        endings = await asyncio.gather(*tasks)
        await until(lambda: gate.cancelled == 1)
        left = [
            executor.admission.running,
            executor.admission.queued,
            len(executor.registry),
            executor.memory._pool.used,
        ]
        tell({"endings": endings, "left": left})
        await asyncio.to_thread(again.wait)
        await asyncio.gather(*(outcome_of(executor, request(LOOP, "alice", f"again{n}")) for n in range(RUNNING_MAX)))
    raise AssertionError("it was not killed")


def tell(what: object) -> None:
    """A line for the test."""
    os.write(sys.stdout.fileno(), json.dumps(what).encode() + b"\n")


async def states_of(executor: Executor, principal: str | None) -> dict[str, str]:
    found, complete = await executor.registry.running(principal)
    assert complete
    return {each.execution_id: f"{each.principal} {each.state}" for each in found}


async def first(shared: Shared, other: Forked, again: Signal) -> None:
    """Lists and cancels what the other worker runs, and outlives it."""
    async with worker(shared) as executor:
        while len(states := await states_of(executor, None)) < 3 or "bob waiting" not in states.values():
            await asyncio.sleep(0.01)
        registry = executor.registry
        cancelled = {
            "another's": await registry.cancel("2waiting", "alice"),
            "nobody's": await registry.cancel("nothing", None),
            "queued, own": await registry.cancel("3queued", "alice"),
            "running, own": await registry.cancel("1running", "alice"),
            "waiting, by an operator": await registry.cancel("2waiting", None),
        }
        tell({"states": states, "of carol": await states_of(executor, "carol"), "cancelled": cancelled})
        while await states_of(executor, None):
            await asyncio.sleep(0.01)
        gauges = {name: executor.tally.node()[name] for name in GAUGES}
        tell({"gauges": gauges, "here": await outcome_of(executor, request("return 1", "alice", "here"))})
        again.tell()
        while len(await states_of(executor, "alice")) < RUNNING_MAX or executor.tally.node()["running"] < RUNNING_MAX:
            await asyncio.sleep(0.01)
        waiting = asyncio.ensure_future(outcome_of(executor, request("return 2", "bob", "waits")))
        await until(lambda: executor.admission.queued == 1)
        other.kill()
        ending = await waiting
        gauges = {name: executor.tally.node()[name] for name in GAUGES}
        tell({"after its death": ending, "gauges": gauges, "lost": executor.tally.node()["workers_lost"]})


def main() -> None:
    shared, again = Shared(2, len(FIGURES), len(GAUGES)), Signal()
    other = Forked(lambda: asyncio.run(second(shared, again)))
    try:
        asyncio.run(first(shared, other, again))
    finally:
        with contextlib.suppress(ProcessLookupError):
            other.kill()


if __name__ == "__main__":
    main()
