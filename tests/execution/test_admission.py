"""Slots: taken and given back on every path, handed out first come first served, and never more than there are."""

import asyncio
from collections.abc import Iterator

import pytest

from host.errors import ConcurrencyError, InternalError
from host.execution.admission import Admission
from host.execution.run import Executor, ExecutorOptions
from host.sandbox.engine import Engine
from tests.harness import policy_of, request_of

HOLD = "await new Promise((done) => setTimeout(done, 60000)); return 1"


async def turns(count: int = 5) -> None:
    """Lets everything run that is ready."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_no_more_than_there_are_slots() -> None:
    """And the next one waits until one is given back."""

    async def story() -> None:
        admission = Admission(2, 10, 60)
        order = []

        async def hold(name: str, gate: asyncio.Event) -> None:
            async with admission.slot("p", 10):
                order.append(name)
                await gate.wait()

        gates = {name: asyncio.Event() for name in "abcd"}
        tasks = [asyncio.ensure_future(hold(name, gates[name])) for name in "abcd"]
        await turns()
        assert (order, admission.running, admission.queued) == (["a", "b"], 2, 2)
        gates["b"].set()
        await turns()
        assert (order, admission.running, admission.queued) == (["a", "b", "c"], 2, 1)
        for gate in gates.values():
            gate.set()
        await asyncio.gather(*tasks)
        assert (order, admission.running, admission.queued) == (list("abcd"), 0, 0)

    asyncio.run(story())


def test_first_come_first_served_as_far_as_policies_allow() -> None:
    """One whose policy is full does not stand in the way of those behind it, and keeps its place."""

    async def story() -> None:
        admission = Admission(3, 10, 60)
        order = []

        async def hold(name: str, key: str, gate: asyncio.Event) -> None:
            async with admission.slot(key, 1 if key == "narrow" else 10):
                order.append(name)
                await gate.wait()

        names = [("n1", "narrow"), ("n2", "narrow"), ("n3", "narrow"), ("w1", "wide"), ("w2", "wide"), ("w3", "wide")]
        gates = {name: asyncio.Event() for name, _ in names}
        tasks = [asyncio.ensure_future(hold(name, key, gates[name])) for name, key in names]
        await turns()
        assert order == ["n1", "w1", "w2"]
        gates["n1"].set()
        await turns()
        assert order == ["n1", "w1", "w2", "n2"]
        gates["w1"].set()
        await turns()
        assert order == ["n1", "w1", "w2", "n2", "w3"]
        gates["n2"].set()
        await turns()
        assert order == ["n1", "w1", "w2", "n2", "w3", "n3"]
        for gate in gates.values():
            gate.set()
        await asyncio.gather(*tasks)
        assert (admission.running, admission.queued) == (0, 0)

    asyncio.run(story())


def test_a_full_queue_turns_away_at_once() -> None:
    """With a hint, and a time to try again."""

    async def story() -> None:
        admission = Admission(1, 1, 60)
        async with admission.slot("p", 10):
            waiting = asyncio.ensure_future(admission.slot("p", 10).__aenter__())
            await turns()
            with pytest.raises(
                ConcurrencyError, match="All execution slots are taken and the queue is full"
            ) as refused:
                await admission.slot("p", 10).__aenter__()
            assert (refused.value.hint, refused.value.retry_after_s) == ("Try again later.", 1)
        await waiting
        admission.give_back("p")
        assert (admission.running, admission.queued) == (0, 0)

    asyncio.run(story())


def test_waiting_ends_with_the_queue_time() -> None:
    """And leaves the queue as it was."""

    async def story() -> None:
        admission = Admission(1, 5, 0.01)
        async with admission.slot("p", 10):
            with pytest.raises(ConcurrencyError, match=r"No execution slot became free within 0\.01 s"):
                await admission.slot("p", 10).__aenter__()
            assert (admission.running, admission.queued) == (1, 0)
        assert admission.running == 0

    asyncio.run(story())


@pytest.mark.parametrize("granted_first", [False, True])
def test_cancelling_while_waiting_loses_no_slot(granted_first: bool) -> None:
    """Also where the slot is handed over in the very turn in which the wait is cancelled."""

    async def story() -> None:
        admission = Admission(1, 5, 60)
        await admission.slot("p", 10).__aenter__()
        waiting = asyncio.ensure_future(admission.slot("p", 10).__aenter__())
        await turns()
        if granted_first:
            admission.give_back("p")
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
        if not granted_first:
            admission.give_back("p")
        assert (admission.running, admission.queued) == (0, 0)
        assert admission.take("p", 1)

    asyncio.run(story())


@pytest.fixture
def small(engine: Engine) -> Iterator[Executor]:
    """An executor with two slots and a queue of one."""
    executor = Executor(engine, ExecutorOptions(running_max=2, queue_max=1, queue_timeout_s=60, threads=1))
    yield executor
    executor.close()


def test_an_executor_turns_away_what_it_has_no_room_for(small: Executor) -> None:
    """The third waits, the fourth is refused, and waiting is told as queue time."""

    async def story() -> None:
        holding = [asyncio.ensure_future(small.run(request_of(HOLD))) for _ in range(2)]
        await turns()
        third = asyncio.ensure_future(small.run(request_of("return 1")))
        await turns()
        with pytest.raises(ConcurrencyError):
            await small.run(request_of("return 1"))
        await asyncio.sleep(0.01)
        holding[0].cancel()
        report = await third
        assert (report.outcome.result, report.timing.queue_ms > 9) == (b"1", True)
        holding[1].cancel()
        await asyncio.gather(*holding, return_exceptions=True)
        assert (small.admission.running, small.admission.queued) == (0, 0)

    asyncio.run(story())


def test_a_policy_has_slots_of_its_own(small: Executor) -> None:
    """One that is full leaves room for others."""

    async def story() -> None:
        one = policy_of("one", concurrency=1)
        holding = asyncio.ensure_future(small.run(request_of(HOLD, policy=one)))
        await turns()
        waiting = asyncio.ensure_future(small.run(request_of("return 1", policy=one)))
        await turns()
        assert (small.admission.running, small.admission.queued) == (1, 1)
        assert (await small.run(request_of("return 2"))).outcome.result == b"2"
        assert small.admission.queued == 1
        holding.cancel()
        assert (await waiting).outcome.result == b"1"
        assert (small.admission.running, small.admission.queued) == (0, 0)

    asyncio.run(story())


def test_a_fault_of_the_host_gives_the_slot_back(small: Executor) -> None:
    """Whatever it is."""

    class Broken:
        name = "broken"
        immediate = {16: lambda payload: 1 // 0}  # noqa: RUF012
        asynchronous: dict = {}  # noqa: RUF012

    async def story() -> None:
        for _ in range(10):
            with pytest.raises(InternalError):
                await small.run(request_of("return require('cellblock:echo').reply('x')", capabilities=(Broken(),)))
        assert small.admission.running == 0

    asyncio.run(story())
