"""Executions are listed and ended, whichever worker has them, by those who may; what they held comes back."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from msgspec import structs

from host.errors import CancelledError, CellblockError
from host.execution.execution import State
from host.execution.registry import CANCELLED
from host.execution.run import Executor, ExecutorOptions
from host.sandbox.engine import Engine
from tests.execution.gate import SLEEP, Gate, until
from tests.harness import policy_of, request_of


def test_two_workers_see_and_end_each_others_executions(engine: Engine) -> None:
    """In every state and only for whom they belong to; and the death of one gives its slots to the other."""
    program = [sys.executable, "-m", "tests.execution.two_workers"]
    ended = subprocess.run(program, capture_output=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    seen: dict = {}
    for line in ended.stdout.splitlines():
        if line.startswith(b'{"'):
            seen |= json.loads(line)
    none = {"running": 0, "queued": 0, "waiting": 0, "memory_mib": 0}
    assert seen == {
        "states": {"1running": "alice running", "2waiting": "bob waiting", "3queued": "alice queued"},
        "of carol": {},
        "cancelled": {
            "another's": False,
            "nobody's": False,
            "queued, own": True,
            "running, own": True,
            "waiting, by an operator": True,
        },
        "endings": [
            "Failure CancelledError",
            "Failure CancelledError",
            "raised CancelledError: The execution was cancelled",
        ],
        "left": [0, 0, 0, 0],
        "here": "Success Success(result=b'1')",
        "after its death": "Success Success(result=b'2')",
        "gauges": none,
        "lost": 1,
    }


@pytest.fixture
def small(engine: Engine) -> Iterator[Executor]:
    """An executor with one slot; in the end nothing of it is taken."""
    executor = Executor(engine, ExecutorOptions(running_max=1, queue_max=2, queue_timeout_s=60, threads=1))
    yield executor
    assert {key: pool.used for key, pool in executor.node.pools._pools.items() if pool.used} == {}
    assert (len(executor.registry), executor.tally.node()["waiting"]) == (0, 0)
    executor.close()


STAGES = {State.QUEUED: "return 1", State.RUNNING: "for (;;); return 1", State.WAITING: SLEEP}


@pytest.mark.parametrize("stage", STAGES)
def test_an_execution_is_ended_at_every_stage(small: Executor, stage: State) -> None:
    """With an answer, within a slice, and with its open host call; another principal does not even find it."""

    async def story() -> None:
        gate = Gate()
        policy = policy_of("test", fuel=10**13, wall_time_ms=600_000)
        asked = request_of(STAGES[stage], policy=policy, capabilities=(gate,))
        holder = None
        if stage is State.QUEUED:
            holder = asyncio.ensure_future(small.run(request_of(SLEEP, capabilities=(gate,))))
            await until(lambda: gate.arrived == 1)
        task = asyncio.ensure_future(small.run(structs.replace(asked, principal="alice", execution_id="it")))
        await until(lambda: (found := small.registry.listed("it")) is not None and found.state is stage)
        if stage is State.WAITING:
            await until(lambda: gate.arrived == 1)
        (listed,), complete = await small.registry.running("alice")
        assert (complete, listed.execution_id, listed.principal, listed.state) == (True, "it", "alice", stage)
        assert await small.registry.running("bob") == ([], True)
        assert not await small.registry.cancel("it", "bob")
        assert await small.registry.cancel("it", "alice")
        assert await small.registry.cancel("it", "alice") == (not task.done())
        if stage is State.QUEUED:
            with pytest.raises(CancelledError, match="The execution was cancelled"):
                await task
        else:
            assert (await task).outcome == CANCELLED
        assert not await small.registry.cancel("it", "alice")
        if stage is State.WAITING:
            await until(lambda: gate.cancelled == 1)
        if holder is not None:
            gate.open.set()
            await holder

    asyncio.run(story())


def test_a_task_that_is_cancelled_beside_is_cancelled(small: Executor) -> None:
    """Ending a queued execution from outside turns its cancellation into an answer; not that of the task by whoever
    owns it, in the same turn of the loop."""

    async def story() -> None:
        gate = Gate()
        holder = asyncio.ensure_future(small.run(request_of(SLEEP, capabilities=(gate,))))
        await until(lambda: gate.arrived == 1)
        asked = structs.replace(request_of("return 1"), execution_id="it")
        for both in (False, True):
            task = asyncio.ensure_future(small.run(asked))
            await until(lambda: small.registry.listed("it") is not None)
            assert await small.registry.cancel("it", None)
            if both:
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled() == both
            assert both or isinstance(task.exception(), CellblockError)
        gate.open.set()
        await holder

    asyncio.run(story())


def test_ending_all_ends_all(small: Executor) -> None:
    """Those that wait for a slot and the one that has it."""

    async def story() -> None:
        tasks = [asyncio.ensure_future(small.run(request_of("for (;;); return 1", fuel=10**13))) for _ in range(3)]
        await until(lambda: len(small.registry) == 3)
        small.registry.stop_all(CANCELLED)
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert ended[0].outcome == CANCELLED
        assert [type(each) for each in ended[1:]] == [CancelledError] * 2

    asyncio.run(story())
