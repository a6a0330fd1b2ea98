"""Turns on the threads: fair by principal and weight, dropped at any moment, and nothing left behind."""

import asyncio
import gc
import random
import threading
import time
import weakref
from collections.abc import Iterator
from functools import partial

import pytest
from msgspec import structs

from host.errors import InternalError
from host.execution.request import ExecutionRequest
from host.execution.run import Executor, ExecutorOptions
from host.execution.scheduler import Scheduler
from host.sandbox.engine import Engine
from host.sandbox.hostcalls import SLICE_FUEL
from tests.harness import policy_of, request_of

LOOP = "for (;;); return 1"


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    """One thread; in the end nobody has a lane, nothing is in the heap, and the thread is gone."""
    before = threading.active_count()
    scheduler = Scheduler(1)
    yield scheduler
    assert scheduler._lanes == {}
    scheduler.close()
    assert scheduler._heap == []
    assert threading.active_count() == before


#: What a guest answers that wants its next slice at once.
NOW = 0.0


class Guest:
    """Slices on a thread, until it has had enough or is told to stop; each waits to be let through if it is gated."""

    def __init__(self, slices: int = 1 << 60, gated: bool = False) -> None:
        self.slices = 0
        self.entered = threading.Semaphore(0)
        self._left = slices
        self._gate = threading.Semaphore(0) if gated else None

    def run_slice(self) -> float | None:
        self.entered.release()
        if self._gate is not None:
            assert self._gate.acquire(timeout=60)
        self.slices += 1
        return NOW if self.slices < self._left else None

    def let_through(self) -> None:
        self._gate.release()


async def entered(guest: Guest) -> None:
    """Waits until a thread is in the guest."""
    assert await asyncio.to_thread(guest.entered.acquire, timeout=60)


@pytest.fixture
def executor(engine: Engine) -> Iterator[Executor]:
    """An executor with one thread, so that shares are exact."""
    executor = Executor(engine, ExecutorOptions(threads=1))
    yield executor
    assert executor._scheduler._lanes == {}
    executor.close()
    assert executor._scheduler._heap == []


def loop_of(principal: str, fuel: int = 10**13, weight: int = 10) -> ExecutionRequest:
    request = request_of(LOOP, policy=policy_of(f"of {principal}", fuel=fuel, weight=weight, wall_time_ms=600_000))
    return structs.replace(request, principal=principal)


async def burnt_beside(executor: Executor, endless: list[ExecutionRequest], measured: ExecutionRequest) -> list[int]:
    """Runs endless loops, then one that ends with its fuel; what each of the endless ones burnt meanwhile."""
    tasks = [asyncio.ensure_future(executor.run(request)) for request in endless]
    async with asyncio.timeout(120):
        while sum(1 for each in _fuel(executor).values() if each) < len(tasks):
            await asyncio.sleep(0.001)
    before = _fuel(executor)
    assert (await executor.run(measured)).outcome.limit == "fuel"
    after = _fuel(executor)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return [after[key] - before[key] for key in sorted(before)]


def _fuel(executor: Executor) -> dict[str, int]:
    return {each.execution_id: each.fuel for each in executor.registry._of(None)}


FUEL = 4_000_000_000
#: What a guest burns in a turn at most, with something to spare: slices that have begun in 3 ms.
TURN_FUEL = 15 * SLICE_FUEL


def test_a_principal_with_twenty_loops_gets_as_much_as_one_with_one(executor: Executor) -> None:
    """While the one burns its fuel, the twenty burn as much together, and none of them a turn more than another."""
    burnt = asyncio.run(burnt_beside(executor, [loop_of("many")] * 20, loop_of("one", FUEL)))
    assert sum(burnt) == pytest.approx(FUEL, rel=0.15)
    assert max(burnt) - min(burnt) <= TURN_FUEL


@pytest.mark.parametrize("weight", [5, 40])
def test_a_policys_weight_counts(executor: Executor, weight: int) -> None:
    """A principal under a policy of half the weight gets half as much, under one of four times that four times."""
    burnt = asyncio.run(burnt_beside(executor, [loop_of("other")], loop_of("one", FUEL, weight)))
    assert sum(burnt) == pytest.approx(FUEL * 10 / weight, rel=0.15)


def test_dropped_guests_buy_no_turns(scheduler: Scheduler) -> None:
    """A principal that begins and drops fifty guests while another of its own runs has one turn at a time after that,
    like everybody else, and not fifty."""
    order: list[str] = []

    def work(name: str) -> float | None:
        began_ns = time.thread_time_ns()
        while time.thread_time_ns() - began_ns < 1_000_000:
            pass
        order.append(name)
        return NOW if order.count(name) < 20 else None

    async def story() -> None:
        blocker = Guest(1, gated=True)
        scheduler.begin("greedy", 10, blocker.run_slice)
        await entered(blocker)
        for _ in range(50):
            scheduler.drop(scheduler.begin("greedy", 10, Guest().run_slice))
        turns = [scheduler.begin(name, 10, partial(work, name)) for name in ("greedy", "modest")]
        blocker.let_through()
        await asyncio.gather(*(turn.done for turn in turns))

    asyncio.run(story())
    half = order[:20]
    assert abs(half.count("greedy") - half.count("modest")) <= 4


@pytest.mark.parametrize("moment", ["queued", "in a slice", "after the end"])
def test_a_guest_is_dropped_at_any_moment(scheduler: Scheduler, moment: str) -> None:
    """Queued: at once and without a slice. In a slice: after it. After its end: it makes no difference."""

    async def story() -> None:
        blocker, guest = Guest(1, gated=True), Guest(1 << 60 if moment == "in a slice" else 1, gated=True)
        if moment == "queued":
            scheduler.begin("a", 10, blocker.run_slice)
            await entered(blocker)
        turn = scheduler.begin("a", 10, guest.run_slice)
        if moment != "queued":
            await entered(guest)
        if moment == "after the end":
            guest.let_through()
            await turn.done
        scheduler.drop(turn)
        scheduler.drop(turn)
        assert turn.done.done() == (moment != "in a slice")
        if moment == "in a slice":
            guest.let_through()
            await turn.done
        assert guest.slices == (0 if moment == "queued" else 1)
        if moment == "queued":
            other = scheduler.begin("a", 10, Guest(1).run_slice)
            blocker.let_through()
            await other.done

    asyncio.run(story())


def test_a_fault_in_a_slice_reaches_whoever_waits(scheduler: Scheduler) -> None:
    """Whatever it is; and the thread serves on."""

    class Odd(BaseException):
        pass

    def fail() -> float | None:
        raise Odd

    async def story() -> None:
        with pytest.raises(Odd):
            await scheduler.begin("a", 10, fail).done
        await scheduler.begin("a", 10, Guest(3).run_slice).done

    asyncio.run(story())


def test_begun_and_dropped_in_any_order_nothing_stays() -> None:
    """500 guests of seven principals on three threads, dropped at random moments: lanes, heap and threads are empty."""
    before = threading.active_count()
    scheduler, dice = Scheduler(3), random.Random(3)

    async def story() -> None:
        turns = []
        for _ in range(500):
            guest = Guest(dice.choice([1, 2, 50, 1 << 60]))
            turns.append(scheduler.begin(f"p{dice.randrange(7)}", dice.randint(1, 100), guest.run_slice))
            if dice.random() < 0.6:
                scheduler.drop(dice.choice(turns))
            if dice.random() < 0.1:
                await asyncio.sleep(0)
        for turn in turns:
            scheduler.drop(turn)
        await asyncio.gather(*(turn.done for turn in turns))
        assert scheduler._lanes == {}

    asyncio.run(story())
    scheduler.close()
    assert scheduler._heap == []
    assert threading.active_count() == before


def test_closing_ends_guests_that_want_more() -> None:
    """Those that are queued and those in a slice get an InternalError, and so does whoever comes later; a loop that
    never ends does not hold it up."""
    scheduler = Scheduler(1)

    async def story() -> None:
        endless, queued = Guest(), Guest()
        turns = [scheduler.begin("a", 10, endless.run_slice)]
        await entered(endless)
        turns += [scheduler.begin(key, 10, queued.run_slice) for key in ("a", "b", "b")]
        await asyncio.to_thread(scheduler.close)
        for turn in turns:
            with pytest.raises(InternalError, match="the threads for guests have ended"):
                await turn.done
        with pytest.raises(InternalError, match="the threads for guests have ended"):
            scheduler.begin("a", 10, Guest().run_slice)
        assert (scheduler._lanes, scheduler._heap) == ({}, [])

    asyncio.run(story())


def test_an_idle_thread_keeps_nothing_of_the_last_guest(scheduler: Scheduler) -> None:
    """Its code and its input are megabytes."""

    async def story() -> weakref.ref:
        guest = Guest(2)
        turn = scheduler.begin("a", 10, guest.run_slice)
        await turn.done
        return weakref.ref(guest)

    left = asyncio.run(story())
    # The thread has settled the guest before it waits for the next: with the lock it has forgotten it.
    with scheduler._changed:
        gc.collect()
        assert left() is None
