"""Who gets in: everything or nothing, in turns, never more than there is, and given back on every path."""

import asyncio
from collections.abc import Iterator

import pytest

from host.errors import ConcurrencyError, InternalError
from host.execution.run import Executor, ExecutorOptions
from host.sandbox.engine import Engine
from tests.execution.door import door, turns
from tests.harness import policy_of, request_of

HOLD = "await new Promise((done) => setTimeout(done, 60000)); return 1"


def test_no_more_than_there_are_slots() -> None:
    """And the next one waits until one is given back."""

    async def story() -> None:
        with door(2) as there:
            order: list[str] = []
            held = {name: there.begin(there.claim(), order, name) for name in "abcd"}
            await turns()
            assert (order, there.counts) == (["a", "b"], (2, 2))
            await held["b"].let_go()
            await turns()
            assert (order, there.counts) == (["a", "b", "c"], (2, 1))
            await held["a"].let_go()
            await turns()
            assert order == list("abcd")
            await asyncio.gather(held["c"].let_go(), held["d"].let_go())

    asyncio.run(story())


def test_first_come_first_served_as_far_as_policies_allow() -> None:
    """One whose policy is full does not stand in the way of those behind it, and keeps its place."""

    async def story() -> None:
        with door(3) as there:
            order: list[str] = []
            narrow, wide = there.claim(policy="narrow", policy_max=1), there.claim()
            held = {
                name: there.begin(narrow if name[0] == "n" else wide, order, name)
                for name in ("n1", "n2", "n3", "w1", "w2", "w3")
            }
            await turns()
            expected = ["n1", "w1", "w2"]
            assert order == expected
            for leaves, enters in [("n1", "n2"), ("w1", "w3"), ("n2", "n3")]:
                await held[leaves].let_go()
                await turns()
                expected.append(enters)
                assert order == expected
            await asyncio.gather(*(each.let_go() for each in held.values()))

    asyncio.run(story())


def test_principals_and_policies_take_turns() -> None:
    """However long the queue of one is, each of the others has its turn after one of it."""

    async def story() -> None:
        with door(1) as there:
            order: list[str] = []
            first = there.begin(there.claim(), order, "first")
            await turns()
            kinds = {
                "a": there.claim("alice"),
                "A": there.claim("alice", "other"),
                "b": there.claim("bob"),
                "c": there.claim("carol"),
            }
            names = "aaaaaAbbc"
            held = [there.begin(kinds[name], order, name) for name in names]
            await turns()
            assert there.counts == (1, 9)
            await first.let_go()
            while len(order) < 10:
                running = next(each for each in held if each.share is not None and not each.gate.is_set())
                await running.let_go()
                await turns()
            assert "".join(order[1:]) == "aAbcabaaa"
            await asyncio.gather(*(each.let_go() for each in held))

    asyncio.run(story())


@pytest.mark.parametrize(
    ("limits", "message"),
    [({"policy_max": 1}, "policy full"), ({"own_max": 1}, "principal full"), ({"mib": 600}, "memory")],
)
def test_everything_or_nothing_is_taken(limits: dict, message: str) -> None:
    """Where one thing is missing, nothing else is held while it is waited for."""

    async def story() -> None:
        with door(5) as there:
            holder = there.begin(there.claim(**limits))
            await turns()
            before = there.used()
            waiting = there.begin(there.claim(**limits))
            await turns()
            assert there.counts == (1, 1)
            assert there.used() == {**before, "node queue": 1}
            await holder.let_go()
            await turns()
            assert there.counts == (1, 0)
            await waiting.let_go()

    asyncio.run(story())


def test_a_principal_has_slots_of_its_own() -> None:
    """Over all its policies; the others are not held up by one that has used its own."""

    async def story() -> None:
        with door(10) as there:
            order: list[str] = []
            claims = [there.claim("alice", policy, own_max=2) for policy in ("one", "two", "three")]
            held = [there.begin(claim, order, claim.key[1]) for claim in claims]
            held.append(there.begin(there.claim("bob", "one", own_max=2), order, "bob"))
            await turns()
            assert order == ["one", "two", "bob"]
            await held[1].let_go()
            await turns()
            assert order == ["one", "two", "bob", "three"]
            await asyncio.gather(*(each.let_go() for each in held))

    asyncio.run(story())


def test_a_cancelled_waiter_hides_nobody() -> None:
    """One that leaves the queue in the turn in which a slot comes free, before one whose policy is full: who comes
    after them gets the slot."""

    async def story() -> None:
        with door(2) as there:
            order: list[str] = []
            holder = there.begin(there.claim(), order, "holder")
            full = there.begin(there.claim(policy="narrow", policy_max=1), order, "full")
            await turns()
            gone = there.begin(there.claim("bob"), order, "gone")
            narrow = there.begin(there.claim("carol", "narrow", policy_max=1), order, "narrow")
            last = there.begin(there.claim("dave"), order, "last")
            await turns()
            gone.task.cancel()
            holder.gate.set()
            await turns()
            assert order == ["holder", "full", "last"]
            await full.let_go()
            await turns()
            assert order[-1] == "narrow"
            await asyncio.gather(last.let_go(), narrow.let_go())

    asyncio.run(story())


def test_a_full_queue_turns_away_at_once() -> None:
    """With a hint, and a time to try again."""

    async def story() -> None:
        with door(1, queue_max=1) as there:
            holder, waiting = there.begin(there.claim()), there.begin(there.claim())
            await turns()
            with pytest.raises(
                ConcurrencyError, match="All execution slots are taken and the queue is full"
            ) as refused:
                await there.begin(there.claim()).task
            assert (refused.value.hint, refused.value.retry_after_s) == ("Try again later.", 1)
            assert there.counts == (1, 1)
            await holder.let_go()
            await waiting.let_go()

    asyncio.run(story())


def test_a_full_queue_has_room_for_who_waits_for_less() -> None:
    """The last one of the principal with the longest queue goes for a newcomer, until they are even."""

    async def story() -> None:
        with door(1, queue_max=4) as there:
            holder = there.begin(there.claim())
            greedy = [there.begin(there.claim("alice", policy)) for policy in ("one", "two", "two", "two")]
            await turns()
            assert there.counts == (1, 4)
            modest = [there.begin(there.claim("bob")) for _ in range(2)]
            await turns()
            assert there.counts == (1, 4)
            for dropped in (greedy[3], greedy[2]):
                with pytest.raises(ConcurrencyError, match="others wait for less") as refused:
                    await dropped.task
                assert refused.value.hint == "Try again later."
            for principal in ("bob", "alice"):
                with pytest.raises(ConcurrencyError, match="the queue is full"):
                    await there.begin(there.claim(principal)).task
            assert there.used()["node queue"] == 4
            for each in (holder, *greedy[:2], *modest):
                each.gate.set()
            await asyncio.gather(holder.task, *(each.task for each in (*greedy[:2], *modest)))

    asyncio.run(story())


def test_without_a_queue_nobody_waits() -> None:
    """QUEUE_SIZE can be 0."""

    async def story() -> None:
        with door(1, queue_max=0) as there:
            holder = there.begin(there.claim())
            await turns()
            with pytest.raises(ConcurrencyError, match="the queue is full"):
                await there.begin(there.claim()).task
            await holder.let_go()

    asyncio.run(story())


def test_waiting_ends_with_the_queue_time() -> None:
    """And leaves the queue as it was."""

    async def story() -> None:
        with door(1, queue_timeout_s=0.01) as there:
            holder = there.begin(there.claim())
            await turns()
            with pytest.raises(ConcurrencyError, match=r"No execution slot became free within 0\.01 s"):
                await there.begin(there.claim()).task
            assert there.counts == (1, 0)
            await holder.let_go()

    asyncio.run(story())


def test_closing_turns_those_away_who_wait() -> None:
    """And who comes later; who is inside is left alone, and gives back as ever."""

    async def story() -> None:
        with door(1) as there:
            holder = there.begin(there.claim())
            waiting = [there.begin(there.claim(principal)) for principal in ("alice", "alice", "bob")]
            await turns()
            waiting[1].task.cancel()
            there.admission.close(ConcurrencyError("The server is stopping", "Send the request again."))
            for each in (waiting[0], waiting[2], there.begin(there.claim("carol"))):
                with pytest.raises(ConcurrencyError, match="The server is stopping"):
                    await each.task
            await asyncio.gather(waiting[1].task, return_exceptions=True)
            assert there.counts == (1, 0)
            await holder.let_go()
            with pytest.raises(ConcurrencyError, match="The server is stopping"):
                await there.begin(there.claim()).task

    asyncio.run(story())


@pytest.mark.parametrize("moment", ["before", "waiting", "with the grant", "after the grant", "holding", "twice"])
def test_cancelling_loses_nothing(moment: str) -> None:
    """Before the task has begun, while it waits, in the very turn in which the slot is handed over on either side of
    it, and while it holds one."""

    async def story() -> None:
        with door(1) as there:
            claim = there.claim()
            share = there.admission.take(claim)
            cancelled, next_one = there.begin(claim), None
            if moment != "before":
                await turns()
                next_one = there.begin(there.claim("bob"))
                await turns()
            if moment == "with the grant":
                cancelled.task.cancel()
            if moment in ("with the grant", "after the grant", "holding"):
                there.admission.give_back(claim, share)
            if moment == "holding":
                await turns()
                assert cancelled.share is not None
            cancelled.task.cancel()
            if moment == "twice":
                await asyncio.sleep(0)
                cancelled.task.cancel()
            await asyncio.gather(cancelled.task, return_exceptions=True)
            assert cancelled.task.cancelled()
            if moment in ("before", "waiting", "twice"):
                there.admission.give_back(claim, share)
            if next_one is not None:
                await turns()
                assert next_one.share is not None
                await next_one.let_go()

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
