"""Shares of memory: never more than there is, those who go on before those who come, and nobody waits for what never
comes."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from host.errors import ConcurrencyError
from host.execution.admission import Claim
from host.execution.memory import MIB, MemoryShare
from host.execution.registry import CANCELLED
from host.execution.request import new_execution_id
from host.execution.run import Executor, ExecutorOptions
from host.sandbox.engine import Engine
from tests.execution.door import Door, door, turns
from tests.execution.gate import SLEEP, Gate, until
from tests.harness import request_of


class Guest:
    """A made-up execution that does what it is told: it rests, wants to go on, and ends."""

    def __init__(self, there: Door, claim: Claim) -> None:
        self.orders: asyncio.Queue[int | None] = asyncio.Queue()
        self.share: MemoryShare | None = None
        self.claim = claim
        self.task = asyncio.ensure_future(self._live(there))

    async def _live(self, there: Door) -> None:
        async with there.admission.slot(self.claim) as self.share:
            while (order := await self.orders.get()) is not None:
                if order < 0:
                    await self.share.wake(60)
                else:
                    self.share.rest(order * MIB)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["enter", "enter", "enter", "rest", "rest", "wake", "end", "end", "cancel", "give up"]),
        st.integers(0, 9),
        st.integers(1, 60),
        st.integers(0, 3),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_never_more_than_there_is_and_nothing_lost(steps: list) -> None:
    """Whatever executions of four principals do, in whatever order they are cancelled: memory, slots and places stay
    within what there is, what is counted is what is held, and in the end everybody who waited has had a slot."""

    async def story() -> None:
        there = Door(3, queue_max=6, memory_mib=100)
        guests: list[Guest] = []
        try:
            for what, which, mib, how_many in steps:
                _do(there, guests, what, which, mib)
                await turns(how_many)
                _check(there, guests)
            await turns()
            for _ in range(10 * len(guests)):
                for each in guests:
                    if each.share is not None:
                        each.orders.put_nowait(None)
                await turns()
                _check(there, guests)
            assert there.counts == (0, 0)
            ended = await asyncio.wait_for(asyncio.gather(*(each.task for each in guests), return_exceptions=True), 60)
            assert all(each is None or isinstance(each, ConcurrencyError | asyncio.CancelledError) for each in ended)
            assert there.is_empty()
        finally:
            there.close()

    asyncio.run(story())


def _do(there: Door, guests: list[Guest], what: str, which: int, mib: int) -> None:
    if what == "enter":
        principal = "abcd"[which % 4]
        guests.append(Guest(there, there.claim(principal, f"policy {which % 3}", which % 3 + 1, 2, mib)))
    elif guests:
        guest = guests[which % len(guests)]
        if what == "cancel":
            guest.task.cancel()
        elif what == "give up" and guest.share is not None:
            guest.share.give_up()
        elif what != "give up":
            guest.orders.put_nowait({"rest": mib, "wake": -1, "end": None}[what])


def _check(there: Door, guests: list[Guest]) -> None:
    used = there.used()
    held = sum(each.share._held_mib for each in guests if each.share is not None)
    granted = [waiter.share for waiters in there.admission._waiting.values() for waiter in waiters if waiter.share]
    assert granted == []
    assert held <= used.get("node memory", 0) <= 100
    assert used.get("node executions", 0) == there.admission.running <= 3
    assert used.get("node queue", 0) <= 6


def test_new_executions_leave_some_memory_to_those_who_go_on() -> None:
    """An eighth is for those who rested and want to go on; but one that needs more than the rest gets in alone."""

    async def story() -> None:
        with door(100, memory_mib=80) as there:
            held = [there.begin(there.claim(mib=10)) for _ in range(8)]
            await turns()
            assert there.counts == (7, 1)
            held[0].share.rest(MIB)
            await turns()
            assert there.counts == (7, 1)
            assert await held[0].share.wake(0)
            await held[0].let_go()
            await turns()
            assert there.counts == (7, 0)
            await asyncio.gather(*(each.let_go() for each in held))
            large = there.begin(there.claim(mib=80))
            await turns()
            assert there.counts == (1, 0)
            await large.let_go()

    asyncio.run(story())


def test_those_who_go_on_are_served_in_their_order() -> None:
    """A small one does not pass a large one that has waited longer, and new ones wait for both."""

    async def story() -> None:
        with door(100, memory_mib=100) as there:
            large, small = there.begin(there.claim(mib=60)), there.begin(there.claim(mib=15))
            await turns()
            large.share.rest(MIB)
            small.share.rest(MIB)
            others = [there.begin(there.claim("bob", mib=40)) for _ in range(2)]
            await turns()
            goes_on = [asyncio.ensure_future(each.share.wake(60)) for each in (large, small)]
            await turns()
            new = there.begin(there.claim("carol", mib=1))
            await turns()
            assert ([each.done() for each in goes_on], there.counts) == ([False, False], (4, 1))
            await others[0].let_go()
            await turns()
            assert ([each.done() for each in goes_on], there.counts) == ([False, False], (3, 1))
            await others[1].let_go()
            await turns()
            assert [each.result() for each in goes_on] == [True, True]
            assert there.counts == (3, 0)
            await asyncio.gather(*(each.let_go() for each in (large, small, new)))

    asyncio.run(story())


def test_what_never_fits_is_refused_at_once() -> None:
    """It would wait for the whole queue time; and the operator is told which setting it is."""

    async def story() -> None:
        with door(10, memory_mib=100) as there:
            with pytest.raises(ConcurrencyError) as refused:
                await there.begin(there.claim(mib=101)).task
            assert refused.value.message == (
                "An execution under this policy may need 101 MiB, and the server has 100 MiB for all of them"
            )
            assert "MAX_EXECUTION_MEMORY_MB" in refused.value.hint

    asyncio.run(story())


@pytest.fixture
def tight(engine: Engine) -> Iterator[Executor]:
    """An executor with 128 MiB, which is one execution that runs with a cap of 64 MiB and its stack, and no more."""
    executor = Executor(engine, ExecutorOptions(memory_mib=128, queue_timeout_s=60, threads=1))
    yield executor
    assert executor.node.pools.get("node", "memory").used == executor.tally.node()["memory_mib"] == 0
    assert (executor.admission.running, executor.admission.queued, executor.tally.node()["waiting"]) == (0, 0, 0)
    executor.close()


def test_sleepers_fit_though_their_caps_do_not(tight: Executor) -> None:
    """Who waits counts with what it has: five at once, whose caps are three times what there is."""
    gate = Gate()

    async def story() -> None:
        request = request_of(SLEEP, capabilities=(gate,))
        sleepers = [asyncio.ensure_future(tight.run(request)) for _ in range(5)]
        await until(lambda: tight.tally.node()["waiting"] == 5)
        assert 0 < tight.tally.node()["memory_mib"] <= 128
        gate.open.set()
        assert [(await each).outcome.result for each in sleepers] == [b'"x"'] * 5

    asyncio.run(story())


def test_one_that_goes_on_waits_for_its_memory(tight: Executor) -> None:
    """Until its wall time is over, if it does not come; the next one has it when it comes."""
    gate = Gate()

    async def story() -> None:
        late = asyncio.ensure_future(tight.run(request_of(SLEEP, capabilities=(gate,), timeout_ms=500)))
        patient = asyncio.ensure_future(tight.run(request_of(SLEEP, capabilities=(gate,))))
        await until(lambda: tight.tally.node()["waiting"] == 2 or late.done())
        loop = asyncio.ensure_future(tight.run(request_of("for (;;); return 1", fuel=10**13)))
        await turns()
        gate.open.set()
        assert (await late).outcome.limit == "wall_time"
        assert not patient.done()
        loop.cancel()
        assert (await patient).outcome.result == b'"x"'
        await asyncio.gather(loop, return_exceptions=True)

    asyncio.run(story())


def test_one_that_waits_for_its_memory_can_be_ended(tight: Executor) -> None:
    """At once, and not only when its wall time is over."""
    gate = Gate()

    async def story() -> None:
        execution_id = new_execution_id()
        request = structs.replace(request_of(SLEEP, capabilities=(gate,)), execution_id=execution_id)
        sleeper = asyncio.ensure_future(tight.run(request))
        await until(lambda: tight.tally.node()["waiting"] == 1)
        loop = asyncio.ensure_future(tight.run(request_of("for (;;); return 1", fuel=10**13)))
        await turns()
        gate.open.set()
        await until(lambda: len(tight.memory._growing) == 1)
        assert await tight.registry.cancel(execution_id, None)
        async with asyncio.timeout(30):
            assert (await sleeper).outcome == CANCELLED
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    asyncio.run(story())


def test_a_policy_that_never_fits_is_refused_at_once(tight: Executor) -> None:
    """With the executor's own figures: its cap, and 28 MiB for its native stack."""
    with pytest.raises(ConcurrencyError, match="may need 228 MiB, and the server has 128 MiB for all of them"):
        asyncio.run(tight.run(request_of("return 1", memory_bytes=200 * MIB)))
