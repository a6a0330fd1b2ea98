"""What a worker's client takes of the machine: its resolver, its threads, its open files."""

import asyncio
import threading

import pytest

from host.capabilities.fetch.client import FetchClient
from host.capabilities.fetch.failure import Failure
from host.capabilities.fetch.room import Room
from tests.capabilities.fetch.conftest import Bench
from tests.capabilities.fetch.targets import Seen, Writer, reply


def run(coroutine) -> object:
    return asyncio.run(coroutine)


def test_names_are_looked_up_as_the_machine_does() -> None:
    """`localhost` is loopback; many askers at once are one look-up, on one thread."""

    async def ask() -> tuple[set, int]:
        client = FetchClient(1_000, 1_000)
        answers = await asyncio.gather(*(client.resolve("localhost", "one") for _ in range(50)))
        threads = sum(thread.name.startswith("resolver") for thread in threading.enumerate())
        await client.close()
        return {address for answer in answers for address in answer}, threads

    addresses, threads = run(ask())
    assert addresses
    assert addresses <= {"127.0.0.1", "::1"}
    assert threads == 1


@pytest.mark.parametrize("host", ["missing.invalid", "a" * 300, "\u00fc" * 70 + ".test"])
def test_names_that_there_are_not(host: str) -> None:
    """A failure of Node's, for each who asks, also the second time."""

    async def ask() -> list[str]:
        client = FetchClient(1_000, 1_000)
        codes = []
        for _ in range(2):
            with pytest.raises(Failure) as failure:
                await client.resolve(host, "one")
            codes.append(failure.value.code)
        await client.close()
        return codes

    assert set(run(ask())) <= {"ENOTFOUND", "EAI_AGAIN"}


def test_waiting_costs_no_thread(bench: Bench) -> None:
    """Two hundred requests that wait for their server."""
    go_on = asyncio.Event()

    async def late(seen: Seen, writer: Writer) -> bytes:
        await go_on.wait()
        return reply()

    async def many() -> tuple[int, set[int]]:
        executions = [bench.execution() for _ in range(200)]
        before = threading.active_count()
        waiting = [asyncio.ensure_future(each.request(bench.fill("http://api.test:{port}/"))) for each in executions]
        while len(bench.plain.seen) < 200:
            await asyncio.sleep(0.005)
        more = threading.active_count() - before
        go_on.set()
        statuses = {got.status for got in await asyncio.gather(*waiting)}
        for each in executions:
            each.close()
        return more, statuses

    bench.plain.answers("*", late)
    assert bench.run(many()) == (0, {200})


def test_one_principal_leaves_room_for_others() -> None:
    """Of nine connections it gets six; the others wait until one is gone, and those who give up lose nothing."""

    async def crowd() -> list[bool]:
        room = Room(9)
        taken = [asyncio.ensure_future(room.enter("one")) for _ in range(8)]
        others = [asyncio.ensure_future(room.enter("two")) for _ in range(4)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first = [task.done() for task in taken + others]
        for task in (taken[6], others[3]):
            task.cancel()
        await asyncio.sleep(0)
        room.leave("one")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert room.full
        assert taken[7].done()
        for principal in ["one"] * 6 + ["two"] * 3:
            room.leave(principal)
        assert not room.full
        return first

    assert run(crowd()) == [True] * 6 + [False] * 2 + [True] * 3 + [False]
