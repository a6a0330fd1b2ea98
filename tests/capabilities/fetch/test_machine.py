"""What a worker's client takes of the machine: its resolver, its threads, its open files."""

import asyncio
import threading
from random import Random

import pytest

from host.capabilities.fetch.client import FetchClient
from host.capabilities.fetch.failure import Failure
from host.capabilities.fetch.room import Room
from tests.capabilities.fetch.asking import Execution
from tests.capabilities.fetch.conftest import Bench
from tests.capabilities.fetch.targets import Seen, Writer, reply


def run(coroutine) -> object:
    return asyncio.run(coroutine)


def test_names_are_looked_up_as_the_machine_does() -> None:
    """`localhost` is loopback; many askers at once are one look-up, on one thread."""

    async def ask() -> tuple[set, int]:
        client = FetchClient(1_000, 1_000)
        others = set(threading.enumerate())
        answers = await asyncio.gather(*(client.resolve("localhost", "one") for _ in range(50)))
        threads = sum(thread.name.startswith("resolver") for thread in {*threading.enumerate()} - others)
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


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_requests_that_end_at_any_moment_leave_nothing(bench: Bench, secure: bool) -> None:
    """Aborted before, while and after they connect, send and receive, uploads and downloads; with servers that hang up
    at once. Every slot, connection and task comes back."""
    random = Random(7)
    target = bench.tls if secure else bench.plain
    base = bench.fill("https://secure.test:{tls}" if secure else "http://api.test:{port}")

    async def some(seen: Seen, writer: Writer) -> bytes | None:
        kind = int(seen.target[1:]) % 4
        if kind == 0:
            return None
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 400000\r\n\r\n" + bytes(200_000))
        await asyncio.sleep(0.002 * kind)
        return bytes(200_000)

    async def one(execution: Execution, number: int) -> None:
        upload = number % 3 == 0
        id, answer = execution.begin(f"{base}/{number}", "PUT" if upload else "GET", stream=upload)
        if upload:
            await execution.write(id, bytes(50_000), last=number % 2 == 0)
        await asyncio.sleep(random.choice((0, 0, 0.0005, 0.001, 0.003, 0.01, 0.05)))
        execution.abort(id)
        await execution.finish(id, answer)

    async def storm() -> tuple[int, int, int]:
        executions = [bench.execution() for _ in range(6)]
        for turn in range(4):
            await asyncio.gather(*(one(executions[n % 6], n + 60 * turn) for n in range(60)))
            executions[turn].close()
            executions[turn] = bench.execution()
        for execution in executions:
            execution.close()
        bench.client.connections.close()
        await asyncio.sleep(0.05)
        await target.drop()
        await asyncio.sleep(0.05)
        room = bench.client.connections._room
        return room._all._value - most, len(asyncio.all_tasks()) - 1, target.open

    bench.client.connections.close()
    bench.run(asyncio.sleep(0.02))
    most = bench.client.connections._room._all._value
    target.answers("*", some)
    assert bench.run(storm()) == (0, 0, 0)
