"""The store of idempotent answers: what is found under a key, for how long, and how much room there is."""

import asyncio
import os
import random
import threading
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from host.api.answers import KEPT_FOR_S, Fresh, Full, Mismatch, NotKept, Replay, Room, Running
from host.errors import ConcurrencyError, UnavailableError
from tests.api.stores import CLAIM_AGE_MAX_S, Store, rows, store_in, ticket

SMALL = Room(keys_max=3, principal_bytes_max=1000, node_bytes_max=1500, clearance_bytes=10, key_bytes=1)


# What is found under a key


def test_kept_answer_is_found_byte_for_byte(store: Store) -> None:
    """Any bytes and either status come back as they were, again and again."""
    bodies = [b"", b"\0\xff\r\n", os.urandom(3 << 20)]
    for index, body in enumerate(bodies):
        first = ticket(f"k{index}")
        assert store.claim(first) == Fresh()
        assert store.keep(first, body, 400)
        assert [store.claim(ticket(f"k{index}")) for _ in range(2)] == [Replay(400, body)] * 2


def test_pending_claim_is_running_and_then_free_when_released(store: Store) -> None:
    """Until it ends nobody else gets the key; a released key is as if it had never been used."""
    first = ticket()
    assert store.claim(first) == Fresh()
    assert store.claim(ticket()) == Running()
    assert store.claim(ticket(digest=b"e" * 32)) == Mismatch()
    store.release(first)
    assert store.claim(ticket(digest=b"e" * 32)) == Fresh()


def test_other_request_under_the_key_is_a_mismatch(store: Store) -> None:
    """Also once the first is answered, and the answer stays."""
    assert store.run(ticket()) == Fresh()
    assert store.claim(ticket(digest=b"e" * 32)) == Mismatch()
    assert store.claim(ticket()) == Replay(200, b"{}")


def test_principals_do_not_see_each_other(store: Store) -> None:
    """The same key and request of another principal is fresh. Names are compared exactly, whatever they hold."""
    names = ["alice", "Alice", "alice ", "alicé", "%", "a' OR 1=1 --", ""]
    assert [store.run(ticket("k", name), name.encode()) for name in names] == [Fresh()] * len(names)
    assert [store.claim(ticket("k", name)) for name in names] == [Replay(200, name.encode()) for name in names]


def test_only_the_one_who_claimed_can_end_a_claim(store: Store) -> None:
    """A release or an answer of anybody else changes nothing, and neither does a second one of the same."""
    first = ticket()
    assert store.claim(first) == Fresh()
    store.release(ticket())
    assert store.keep(ticket(), b"forged") is False
    assert store.claim(ticket()) == Running()
    assert store.keep(first, b"true") is True
    assert store.keep(first, b"late") is False
    store.release(first)
    assert store.claim(ticket()) == Replay(200, b"true")


# Time


def test_answer_is_kept_for_24_hours(store: Store) -> None:
    """To the millisecond, from the first request on; then the key is free for another request."""
    assert store.run(ticket()) == Fresh()
    store.now_s += KEPT_FOR_S - 0.001
    assert store.claim(ticket()) == Replay(200, b"{}")
    store.now_s += 0.001
    assert store.run(ticket(digest=b"e" * 32)) == Fresh()


def test_expired_answers_are_dropped_as_new_ones_come(store: Store, tmp_path: Path) -> None:
    """More go with each new key than come, so that the file does not fill with what nobody can get."""
    for index in range(40):
        store.run(ticket(f"old{index}"))
    store.now_s += KEPT_FOR_S
    for index in range(8):
        store.run(ticket(f"new{index}"))
    assert rows(tmp_path, "SELECT count(*) FROM answers") == [(8,)]


def test_claim_that_is_too_old_is_taken_over(store: Store) -> None:
    """Longer than any execution can take: its process lives and has lost it. Its answer, if it comes, is not taken."""
    first, second = ticket(), ticket(digest=b"e" * 32)
    assert store.claim(first) == Fresh()
    store.now_s += CLAIM_AGE_MAX_S
    assert store.claim(second) == Mismatch()
    store.now_s += 0.001
    assert store.claim(second) == Fresh()
    assert store.keep(first, b"late") is False
    store.release(first)
    assert store.keep(second, b"true") is True


def test_clock_that_is_set_back_breaks_nothing(store: Store) -> None:
    """What was kept is still found, and what runs still runs."""
    assert store.run(ticket("kept")) == Fresh()
    assert store.claim(ticket("pending")) == Fresh()
    store.now_s -= 3600
    assert store.claim(ticket("kept")) == Replay(200, b"{}")
    assert store.claim(ticket("pending")) == Running()


# Room


def test_principal_has_a_number_of_keys(tmp_path: Path) -> None:
    """Beyond it: full, with when the oldest goes. Others are not touched, known keys go on, and time mends it."""
    with store_in(tmp_path, SMALL) as store:
        for index in range(3):
            assert store.run(ticket(f"k{index}")) == Fresh()
            store.now_s += 60
        assert store.claim(ticket("k3")) == Full("keys", KEPT_FOR_S - 180)
        assert store.claim(ticket("k0")) == Replay(200, b"{}")
        assert store.claim(ticket("k0", "bob")) == Fresh()
        store.now_s += KEPT_FOR_S - 180
        assert store.claim(ticket("k3")) == Fresh()


def test_principal_has_room_for_its_answers(tmp_path: Path) -> None:
    """Answers count by their bytes; a released key gives all of its room back."""
    with store_in(tmp_path, SMALL) as store:
        assert store.run(ticket("a"), b"x" * 988) == Fresh()
        held = ticket("b")
        assert store.claim(held) == Fresh()
        assert store.claim(ticket("c")) == Full("principal", KEPT_FOR_S)
        store.release(held)
        assert store.claim(ticket("c")) == Fresh()


def test_node_has_room_for_the_answers_of_all(tmp_path: Path) -> None:
    """Many principals together cannot fill the disk."""
    with store_in(tmp_path, SMALL) as store:
        assert store.run(ticket("k", "alice"), b"x" * 900) == Fresh()
        assert store.run(ticket("k", "bob"), b"x" * 590) == Fresh()
        assert store.claim(ticket("k", "carol")) == Full("node", KEPT_FOR_S)
        store.now_s += KEPT_FOR_S
        assert store.claim(ticket("k", "carol")) == Fresh()


def test_answer_without_room_is_not_run_again(tmp_path: Path) -> None:
    """Two at once that are too many together: the second is not kept, its key stays used, and the cap holds."""
    with store_in(tmp_path, SMALL) as store:
        first, second = ticket("a"), ticket("b")
        assert [store.claim(first), store.claim(second)] == [Fresh(), Fresh()]
        assert store.keep(first, b"x" * 900) is True
        assert store.keep(second, b"x" * 900) is False
        assert store.claim(ticket("b")) == NotKept()
        assert store.claim(ticket("b", digest=b"e" * 32)) == Mismatch()
        assert rows(tmp_path, "SELECT sum(bytes) <= 1000 FROM answers") == [(1,)]


def test_full_store_looks_for_what_has_expired_first(tmp_path: Path) -> None:
    """A principal whose keys have all expired is let in at once, however many expired rows of others come before."""
    room = msgspec.structs.replace(SMALL, keys_max=30, node_bytes_max=100_000)
    with store_in(tmp_path, room) as store:
        for principal in ("bob", "carol", "alice"):
            for index in range(30):
                assert store.run(ticket(f"k{index}", principal)) == Fresh()
            store.now_s += 1
        store.now_s += KEPT_FOR_S
        assert store.claim(ticket("new")) == Fresh()


def test_count_of_room_stays_true(tmp_path: Path) -> None:
    """After a thousand operations in any order the counts are what the rows add up to."""
    random.seed(7)
    with store_in(tmp_path, SMALL) as store:
        tickets = []
        for _ in range(1000):
            known = random.choice(tickets) if tickets else ticket()
            match random.randrange(4):
                case 0 | 1:
                    tickets.append(ticket(random.choice("abcde"), random.choice(["alice", "bob"])))
                    store.claim(tickets[-1])
                case 2:
                    store.keep(known, b"x" * random.randrange(600))
                case 3:
                    store.release(known)
            store.now_s += random.choice([0, 1, 50, 20_000])
        kept = rows(tmp_path, "SELECT principal, count(*), sum(bytes) FROM answers GROUP BY principal ORDER BY 1")
        assert rows(tmp_path, "SELECT * FROM room ORDER BY 1") == kept


# The thread


def test_nothing_is_opened_before_the_first_claim(tmp_path: Path) -> None:
    """Those who do not use keys have no file and no thread."""
    with store_in(tmp_path) as store:
        assert (store.answers._thread, list(tmp_path.iterdir())) == (None, [])


def test_closed_store_takes_nothing(tmp_path: Path) -> None:
    """It does what was asked before, closes its files and ends its thread; afterwards each call is refused."""
    before = threading.active_count(), len(os.listdir("/proc/self/fd"))
    store = Store(tmp_path)
    first = ticket()
    assert store.claim(first) == Fresh()
    keeping = store._runner.run(_begin(store.answers.keep(first, 200, b"1")))
    store.answers.close()
    with pytest.raises(UnavailableError):
        store.claim(ticket())
    assert store._runner.run(_wait(keeping)) is True
    store._runner.close()
    assert (threading.active_count(), len(os.listdir("/proc/self/fd"))) == before
    with store_in(tmp_path) as again:
        assert again.claim(ticket()) == Replay(200, b"1")


def test_cancelled_wait_undoes_nothing(store: Store) -> None:
    """A claim whose caller is cancelled is made all the same, and the release that follows ends it."""
    first = ticket()

    async def cancelled() -> None:
        waiting = [asyncio.ensure_future(store.answers.claim(ticket(f"k{index}"))) for index in range(50)]
        claiming = asyncio.ensure_future(store.answers.claim(first))
        await asyncio.sleep(0)
        claiming.cancel()
        await asyncio.gather(claiming, return_exceptions=True)
        await asyncio.gather(*waiting)

    store._runner.run(cancelled())
    assert store.claim(ticket()) == Running()
    store.release(first)
    assert store.claim(ticket()) == Fresh()


def test_queue_for_the_thread_is_bounded(store: Store) -> None:
    """Beyond it claims are refused at once; those that wait are served, and the queue is empty again."""

    async def flood() -> list:
        claims = (store.answers.claim(ticket(f"k{index}")) for index in range(1200))
        return await asyncio.gather(*claims, return_exceptions=True)

    found = Counter(type(each) for each in store._runner.run(flood()))
    assert found == {Fresh: 1000, ConcurrencyError: 200}
    assert store.claim(ticket("one more")) == Fresh()
    assert store.answers._waiting == 0


async def _begin(coroutine) -> asyncio.Task:
    task = asyncio.ensure_future(coroutine)
    await asyncio.sleep(0)
    return task


async def _wait(task: asyncio.Task) -> object:
    return await task
