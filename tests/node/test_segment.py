"""The memory that workers share: accounts, the lock, rows, and what happens to them when a worker dies."""

import asyncio
import signal
from collections.abc import Callable

import pytest

from host.errors import InternalError
from host.node.node import Shared
from host.node.segment import USED, WANTED, Segment
from tests.node.forks import Forked, Signal

Fork = Callable[[Callable[[], object]], Forked]
Signals = Callable[[], Signal]


def held_in_all(segment: Segment) -> int:
    """What all rows hold of all accounts together."""
    return sum(sum(segment.held(segment.account_at(index))) for index in range(64))


@pytest.fixture
def small() -> Segment:
    """A segment with room for four accounts."""
    segment = Segment(2, 3, accounts=4)
    yield segment
    segment.close()


def test_an_account_is_found_again_by_every_worker(small: Segment, fork: Fork) -> None:
    """By its kind and name, whatever those are; two names are two accounts, though the table has hardly room."""
    names = [("node", "a"), ("policy", "a"), ("policy", "\udcff é\0漢"), ("", "")]
    places = [small.account(*name) for name in names]
    assert len(set(places)) == 4
    assert [small.account(*name) for name in names] == places
    assert fork(lambda: [small.account(*name) for name in reversed(names)]).result() == places[::-1]


def test_a_full_table_is_a_clear_error(small: Segment) -> None:
    """What was found before is found after it."""
    places = [small.account("policy", str(number)) for number in range(4)]
    with pytest.raises(InternalError, match="there are too many principals and policies for one node"):
        small.account("policy", "one more")
    assert [small.account("policy", str(number)) for number in range(4)] == places


def test_the_lock_excludes_other_processes(small: Segment, fork: Fork) -> None:
    """Four of them count to 2,000 each in one word, and none of it is lost; also where the lock is taken twice."""
    at = small.account("node", "count") + USED

    def count() -> None:
        for _ in range(2000):
            with small.lock(), small.lock():
                small.words[at] = small.words[at] + 1

    for each in [fork(count) for _ in range(4)]:
        each.result()
    assert small.words[at] == 8000


def test_a_worker_that_is_killed_lets_go_of_the_lock(small: Segment, fork: Fork, signals: Signals) -> None:
    """Whoever waits for it goes on."""
    locked, asking = signals(), signals()

    def hold() -> None:
        with small.lock():
            locked.tell()
            signal.pause()

    def ask() -> str:
        asking.tell()
        with small.lock():
            return "has it"

    holder = fork(hold)
    locked.wait()
    waiting = fork(ask)
    asking.wait()
    holder.kill()
    assert waiting.result() == "has it"
    with small.lock():
        pass


def test_each_worker_has_a_row_of_its_own(shared: Shared, fork: Fork, signals: Signals) -> None:
    """There are two for each worker; one that finds none is told so, and a row is free again when its owner ended."""
    ready, end = signals(), signals()

    def claim() -> int:
        row = shared.segment.claim()
        ready.tell()
        end.wait()
        return row

    workers = [fork(claim) for _ in range(8)]
    ready.wait(8)
    with pytest.raises(InternalError, match="there are more workers than rows for them"):
        shared.segment.claim()
    assert sorted(shared.segment.pids()) == list(range(8))
    assert set(shared.segment.pids().values()) == {each.pid for each in workers}
    end.tell(8)
    assert sorted(each.result() for each in workers) == list(range(8))
    assert shared.segment.claim() in range(8)


def holding_worker(shared: Shared, fork: Fork, signals: Signals, leave: bool) -> Forked:
    """A worker that holds 5 of 10, wants more, has gauges and counters at 7 and 9, and waits to be killed."""
    ready = signals()

    def hold() -> None:
        node = shared.join()
        pool = node.pools.get("node", "slots")
        assert pool.take(5, 10)
        assert not pool.take(6, 10)
        figures = shared.segment.figures_at(node.row)
        shared.segment.words[figures : figures + 4] = memoryview(bytes(32)).cast("q")
        shared.segment.words[figures], shared.segment.words[figures + 2] = 7, 9
        if leave:
            node.leave()
        ready.tell()
        signal.pause()

    worker = fork(hold)
    ready.wait()
    return worker


def test_what_a_killed_worker_held_comes_back(shared: Shared, fork: Fork, signals: Signals) -> None:
    """Its leases, its wishes and its gauges; its counters stay. It is buried once."""
    worker = holding_worker(shared, fork, signals, leave=False)
    node = shared.join()
    account = shared.segment.account("node", "slots")
    row = next(row for row, pid in shared.segment.pids().items() if pid == worker.pid)
    figures = shared.segment.figures_at(row)
    assert sum(shared.segment.held(account)) == 5
    worker.kill()
    assert shared.segment.bury_the_dead() == 1
    assert shared.segment.bury_the_dead() == 0
    assert (sum(shared.segment.held(account)), shared.segment.words[account + WANTED]) == (0, 0)
    assert list(shared.segment.words[figures : figures + 3]) == [0, 0, 9]
    assert shared.segment.pids() == {node.row: shared.segment.pids()[node.row]}
    assert node.pools.get("node", "slots").take(10, 10)


def test_a_successor_takes_the_row_of_a_dead_worker_over(shared: Shared, fork: Fork, signals: Signals) -> None:
    """It says that somebody died, finds nothing held and the gauges at 0, and goes on with the counters."""
    holding_worker(shared, fork, signals, leave=False).kill()
    node = shared.join()
    figures = shared.segment.figures_at(node.row)
    assert shared.segment.succeeds_dead
    assert list(shared.segment.words[figures : figures + 3]) == [0, 0, 9]
    assert node.pools.get("node", "slots").take(10, 10)


def test_a_worker_that_leaves_is_not_counted_as_dead(shared: Shared, fork: Fork, signals: Signals) -> None:
    """It is no peer any more. What it still uses comes back when its process is gone, and not before."""
    worker = holding_worker(shared, fork, signals, leave=True)
    assert shared.segment.pids() == {}
    assert shared.segment.bury_the_dead() == 0
    account = shared.segment.account("node", "slots")
    assert (sum(shared.segment.held(account)), shared.segment.words[account + WANTED]) == (5, 0)
    worker.kill()
    assert shared.segment.bury_the_dead() == 0
    assert sum(shared.segment.held(account)) == 0


def test_a_successor_of_a_worker_that_left_succeeds_nobody_dead(shared: Shared, fork: Fork, signals: Signals) -> None:
    """And has all that the other one held."""
    holding_worker(shared, fork, signals, leave=True).kill()
    node = shared.join()
    assert not shared.segment.succeeds_dead
    assert node.pools.get("node", "slots").take(10, 10)


def test_a_worker_is_asked_once_it_reads_its_mail(shared: Shared, fork: Fork, signals: Signals) -> None:
    """Else whoever lists executions would wait for one that is only starting, or that is on its way out."""
    told, go = signals(), signals()

    async def live() -> None:
        node = shared.join()
        told.tell()
        await asyncio.to_thread(go.wait)
        node.enter()
        told.tell()
        await asyncio.to_thread(go.wait)
        node.leave()
        told.tell()
        await asyncio.to_thread(go.wait)

    node = shared.join()
    worker = fork(lambda: asyncio.run(live()))
    seen = []
    for _ in range(3):
        told.wait()
        seen.append(len(node.peers()))
        go.tell()
    worker.result()
    assert seen == [0, 1, 0]


def test_leaving_gives_back_what_was_kept_for_later(shared: Shared) -> None:
    """A worker keeps a few beyond what it uses; nobody would have them while it drains."""
    node = shared.join()
    pool = node.pools.get("node", "many")
    assert pool.take(1, 1000)
    assert sum(shared.segment.held(shared.segment.account("node", "many"))) > 1
    pool.give_back(1, 1000)
    node.leave()
    assert sum(shared.segment.held(shared.segment.account("node", "many"))) == 0
