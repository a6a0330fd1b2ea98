"""Counted things over several processes: never more than there are, none lost, and nobody starves."""

import asyncio
import random
from collections.abc import Callable

import pytest

from host.execution.admission import Admission, Claim
from host.execution.memory import MemoryPool
from host.node.node import Node, Shared
from host.node.segment import USED
from tests.node.forks import Forked, Signal

Fork = Callable[[Callable[[], object]], Forked]
Signals = Callable[[], Signal]
PROCESSES = 4


def leased(shared: Shared, kind: str, name: str) -> int:
    """What all workers have leased together."""
    return sum(shared.segment.held(shared.segment.account(kind, name)))


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_never_more_than_there_are(shared: Shared, fork: Fork, size: int) -> None:
    """However four processes take and give back at random; and in the end the account of leases is at 0."""
    in_use = shared.segment.account("test", "in use") + USED
    words = shared.segment.words

    def hammer() -> int:
        node = shared.join()
        pool, mine, most = node.pools.get("node", "slots"), [], 0
        dice = random.Random(node.row)
        for _ in range(1500):
            count = dice.randint(1, max(1, min(size, 400)))
            if dice.random() < 0.55:
                if pool.take(count, size):
                    mine.append(count)
                    with shared.segment.lock():
                        words[in_use] += count
                        most = max(most, words[in_use])
                        assert words[in_use] <= size
                        assert leased(shared, "node", "slots") <= size
            elif mine:
                with shared.segment.lock():
                    words[in_use] -= mine[-1]
                pool.give_back(mine.pop(), size, dice.random() < 0.5)
            if dice.random() < 0.2:
                node.pools.look_again(lambda: None)
        for count in mine:
            with shared.segment.lock():
                words[in_use] -= count
            pool.give_back(count, size)
        assert pool.used == 0
        node.leave()
        return most

    most = max(each.result() for each in [fork(hammer) for _ in range(PROCESSES)])
    assert 0 < most <= size
    assert (words[in_use], leased(shared, "node", "slots")) == (0, 0)


def claim_of(node: Node, size: int) -> Claim:
    """One of `size` places under one policy."""
    return Claim("alice", "one", ((node.pools.get("policy", "one"), size),), 1)


@pytest.mark.parametrize("size", [1, 3])
def test_nobody_starves(shared: Shared, fork: Fork, signals: Signals, size: int) -> None:
    """Four workers, each with more than enough waiters of its own, share a few slots: when the first of them is done,
    every other one has had its turns too. Nothing but rings wakes them."""
    asked = signals()
    done = [shared.segment.account("test", str(number)) + USED for number in range(PROCESSES)]
    turns = 200

    async def work(number: int) -> list[int]:
        node = shared.join()
        admission = Admission(node, MemoryPool(node, 1000), 100, 120)
        node.mail.on_ring = lambda: node.pools.look_again(admission.hand_out)
        node.enter()
        claim, seen = claim_of(node, size), []

        async def again_and_again() -> None:
            while shared.segment.words[done[number]] < turns:
                async with admission.slot(claim):
                    shared.segment.words[done[number]] += 1
                    await asyncio.sleep(0)
            if not seen:
                seen.extend(shared.segment.words[at] for at in done)

        waiting = [asyncio.ensure_future(again_and_again()) for _ in range(5)]
        await asyncio.sleep(0)
        assert admission.queued == 5
        asked.tell()
        await asyncio.gather(*waiting)
        node.leave()
        assert (admission.running, admission.queued) == (0, 0)
        return seen

    # Nobody has a turn before all have asked.
    node = shared.join()
    pool = node.pools.get("policy", "one")
    assert pool.take(size, size)
    workers = [fork(lambda number=number: asyncio.run(work(number))) for number in range(PROCESSES)]
    asked.wait(PROCESSES)
    pool.give_back(size, size)
    node.leave()
    first = min((each.result() for each in workers), key=sum)
    assert min(first) >= turns // 20
    assert leased(shared, "policy", "one") == 0


def test_what_is_kept_for_later_is_given_when_others_want_it(shared: Shared, fork: Fork, signals: Signals) -> None:
    """A worker leases a few more than it uses; rung, it gives them back."""
    leased_some, ask, looked, end = (signals() for _ in range(4))

    def keep() -> None:
        node = shared.join()
        pool = node.pools.get("node", "slots")
        assert pool.take(1, 1000)
        leased_some.tell()
        ask.wait()
        node.pools.look_again(lambda: None)
        looked.tell()
        end.wait()

    other = fork(keep)
    leased_some.wait()
    node = shared.join()
    pool = node.pools.get("node", "slots")
    assert leased(shared, "node", "slots") > 1
    assert not pool.take(999, 1000)
    ask.tell()
    looked.wait()
    assert pool.take(999, 1000)
    assert not pool.take(1, 1000)
    end.tell()
    other.result()


def test_a_lower_size_holds_at_once(shared: Shared, fork: Fork, signals: Signals) -> None:
    """A policy is reloaded: what was leased for later when there was more is not taken any more."""
    took, go = signals(), signals()

    def take_some() -> list[bool]:
        pool = shared.join().pools.get("policy", "one")
        assert pool.take(1, 1000)
        took.tell()
        go.wait()
        return [pool.take(1, 2), pool.take(1, 2)]

    other = fork(take_some)
    took.wait()
    pool = shared.join().pools.get("policy", "one")
    assert pool.take(1, 1000)
    assert not pool.take(1, 2)
    pool.give_back(1, 2)
    assert pool.leased == 0
    go.tell()
    assert other.result() == [True, False]


def test_a_wish_that_nobody_has_any_more_is_withdrawn(shared: Shared, fork: Fork, signals: Signals) -> None:
    """Whoever gave way to it takes again."""
    wanted, look, looked = signals(), signals(), signals()

    def want() -> None:
        node = shared.join()
        assert not node.pools.get("node", "slots").take(1, 1)
        wanted.tell()
        look.wait()
        node.pools.look_again(lambda: None)
        looked.tell()

    pool = shared.join().pools.get("node", "slots")
    assert pool.take(1, 1)
    other = fork(want)
    wanted.wait()
    pool.give_back(1, 1, waited_for=True)
    assert not pool.take(1, 1)
    look.tell()
    looked.wait()
    assert pool.take(1, 1)
    other.result()
