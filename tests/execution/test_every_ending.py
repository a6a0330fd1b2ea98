"""Executions that end in every way there is, many at once: in the end nothing is taken that was not before."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest
from msgspec import structs

from host.errors import CellblockError
from host.execution.outcome import Success
from host.execution.registry import CANCELLED, CLIENT_GONE
from host.execution.request import ExecutionRequest, new_execution_id
from host.execution.run import Executor, ExecutorOptions
from host.policy.model import Policy, Quota, Rate
from host.sandbox.engine import Engine
from tests.conftest import held_by_process
from tests.execution.gate import SLEEP, Gate, until
from tests.harness import policy_of, request_of

SHORT_SLEEP = "await new Promise((done) => setTimeout(done, 1)); return 1"
LOOP = "for (;;); return 1"
NO_QUOTA = Quota()
COUNT = 10_000


@pytest.fixture
def executor(engine: Engine) -> Iterator[Executor]:
    """An executor with little of everything: 6 slots, 500 MiB and a queue of 12."""
    options = ExecutorOptions(running_max=6, queue_max=12, queue_timeout_s=60, memory_mib=500, threads=2)
    executor = Executor(engine, options)
    yield executor
    executor.close()


class Broken:
    """A capability whose calls are faults of the host."""

    name = "broken"
    asynchronous: dict = {}  # noqa: RUF012
    immediate = {16: lambda payload: 1 // 0}  # noqa: RUF012


def _kinds() -> list[tuple[ExecutionRequest, str]]:
    """Requests, and what is done to each: nothing, ending it, its client going away, or cancelling its task."""
    rated = Quota(rate=Rate(50, 3600), concurrency=2, fuel_per_day=10**12)
    plain, narrow = policy_of("plain", fuel=10**10), policy_of("narrow", concurrency=1)
    cheap, large = policy_of("cheap", fuel=2_000_000), policy_of("large", memory_bytes=300 << 20)

    def asked(code: str, policy: Policy, principal: str, quota: Quota = NO_QUOTA, **more: object) -> ExecutionRequest:
        return structs.replace(request_of(code, policy=policy, **more), principal=principal, quota=quota)

    return [
        (asked("return 1", plain, "alice"), ""),
        (asked(SHORT_SLEEP, plain, "alice"), ""),
        (asked("return 1", plain, "rated", rated), ""),
        (asked("throw new TypeError('x'); return 1", narrow, "bob"), ""),
        (asked(LOOP, cheap, "bob"), ""),
        (asked(SHORT_SLEEP, large, "carol"), ""),
        (asked("return new Uint8Array(1e9).length", plain, "carol"), ""),
        (asked("return require('cellblock:echo').reply('x')", plain, "dave", capabilities=(Broken(),)), ""),
        (asked(SLEEP, plain, "dave", capabilities=(Gate(),), timeout_ms=3), ""),
        (asked(SLEEP, narrow, "alice", capabilities=(Gate(),)), "end"),
        (asked(SLEEP, plain, "bob", capabilities=(Gate(),)), "leave"),
        (asked(LOOP, plain, "carol"), "end"),
        (asked(LOOP, plain, "rated", rated), "cancel"),
        (asked(SHORT_SLEEP, narrow, "dave"), "cancel"),
        (asked("return 1", policy_of("huge", memory_bytes=600 << 20), "dave"), ""),
        (asked("1", plain, "dave"), ""),
    ]


async def _ended(executor: Executor, asked: ExecutionRequest, done_to_it: str, turns: int) -> str:
    execution_id = new_execution_id()
    task = asyncio.ensure_future(executor.run(structs.replace(asked, execution_id=execution_id)))
    if done_to_it:
        for _ in range(turns):
            await asyncio.sleep(0)
        if done_to_it == "cancel":
            task.cancel()
        elif done_to_it == "end":
            await executor.registry.cancel(execution_id, asked.principal)
            # Before its first turn it is not known yet: whoever asks again finds it.
            while not task.done() and not await executor.registry.cancel(execution_id, asked.principal):
                await asyncio.sleep(0)
        else:
            while not task.done():
                executor.registry.stop(execution_id, CLIENT_GONE)
                await asyncio.sleep(0)
    try:
        outcome = (await task).outcome
    except asyncio.CancelledError:
        return "cancelled"
    except CellblockError as error:
        return type(error).__name__
    assert isinstance(outcome, Success) or outcome.type != "CancelledError" or outcome in (CANCELLED, CLIENT_GONE)
    return "Success" if isinstance(outcome, Success) else outcome.type


def test_every_ending_gives_everything_back(executor: Executor) -> None:
    """10,000 executions of five principals, 24 at once: successes, failures, limits, host faults, refusals by rate,
    queue and memory, and those that are ended while they wait in the queue, run, or wait for a host call."""
    kinds, endings = _kinds(), Counter()

    async def client(numbers: range) -> None:
        for number in numbers:
            asked, done_to_it = kinds[number % len(kinds)]
            endings[await _ended(executor, asked, done_to_it, number // len(kinds) % 9)] += 1

    async def all_of_them() -> None:
        await asyncio.gather(*(client(range(first, COUNT, 24)) for first in range(24)))
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(executor_warm(executor))
    before = held_by_process()
    asyncio.run(all_of_them())
    after = held_by_process()
    assert endings.total() == COUNT
    assert set(endings) == {
        "Success", "TypeError", "TimeoutError", "MemoryLimitError", "InternalError", "RateLimitError",
        "ConcurrencyError", "CancelledError", "ValidationError", "cancelled",
    }  # fmt: skip
    assert {key: pool.used for key, pool in executor.node.pools._pools.items() if pool.used} == {}
    assert (executor.admission.running, executor.admission.queued, executor.admission._waiting) == (0, 0, {})
    assert (len(executor.registry), len(executor.memory._growing)) == (0, 0)
    assert executor._scheduler._lanes == {}
    # What was dropped leaves the heap when a thread next looks.
    asyncio.run(until(lambda: not executor._scheduler._heap))
    counts = executor.tally.node()
    assert [counts[name] for name in ("running", "queued", "waiting", "memory_mib")] == [0, 0, 0, 0]
    assert after[0] <= before[0]
    assert after[1] <= before[1]


async def executor_warm(executor: Executor) -> None:
    """What a first execution leaves for good."""
    await executor.run(request_of(LOOP, fuel=50_000_000))
