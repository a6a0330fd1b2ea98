"""Work apart: what it may use, how it ends, and that nothing of it is left."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest

from host.capabilities.apart.apart import Apart
from host.capabilities.apart.frames import Limits
from host.capabilities.apart.places import Places
from host.capabilities.base import Refusal

JOBS = "tests.capabilities.jobs"
MIB = 1024 * 1024


def limits(seconds: float = 60, memory_mib: int = 64, cpu_s: int = 60) -> Limits:
    """What a piece of work may use."""
    return Limits(memory_bytes=memory_mib * MIB, cpu_s=cpu_s, deadline=time.monotonic() + seconds, file_bytes=MIB)


def apart(story: Callable, at_once_max: int = 4) -> object:
    """Runs `story(apart)` on an event loop of its own."""

    async def run() -> object:
        apart = Apart((JOBS,), at_once_max)
        try:
            return await story(apart)
        finally:
            apart.close()

    return asyncio.run(run())


def is_there(pid: int) -> bool:
    """Whether a process is there, and no corpse."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def gone(pid: int) -> bool:
    """Waits for a process to be gone; False where it is not for ten seconds."""
    for _ in range(1000):
        if not is_there(pid):
            return True
        await asyncio.sleep(0.01)
    return False


async def refusal_of(apart: Apart, job: str, limits: Limits) -> tuple[str, str, str]:
    """What the work is refused with."""
    async with apart.work(f"{JOBS}:{job}", limits) as work:
        with pytest.raises(Refusal) as caught:
            async for _ in work:
                pass
    return caught.value.type, caught.value.message, caught.value.hint


def test_frames_come_back_whole_and_in_order() -> None:
    """Of any length, empty ones too, and the end after the last; the CPU time is told."""

    async def story(apart: Apart) -> tuple[list[bytes], int]:
        cpu_ns = []
        async with apart.work(f"{JOBS}:echo", limits(), worked=cpu_ns.append) as work:
            got = []
            for frame in sent:
                await work.send(frame)
                got.append(await work.receive())
        return got, sum(cpu_ns)

    sent = [b"", b"a", os.urandom(300_000), b"\0" * 3 * MIB, b"z"]
    got, cpu_ns = apart(story)
    assert got == sent
    assert cpu_ns > 0


def test_refusals_and_faults_are_told_apart() -> None:
    """What a job refuses reaches the guest in its words; a fault is ours and ends the execution."""

    async def story(apart: Apart) -> tuple:
        refused = await refusal_of(apart, "refuse", limits())
        async with apart.work(f"{JOBS}:fail", limits()) as work:
            with pytest.raises(RuntimeError, match="a fault of ours"):
                await work.receive()
        async with apart.work(f"{JOBS}:lie", limits()) as work:
            with pytest.raises(RuntimeError, match="too long"):
                await work.receive()
        return refused

    assert apart(story) == ("ValidationError", "not this", "That\ninstead.")


@pytest.mark.parametrize(
    ("job", "given", "message"),
    [
        ("loop", {"seconds": 0.3}, "The work was not done by its deadline"),
        ("loop", {"cpu_s": 1}, "The work took more than 1 s of a processor"),
        ("eat", {"memory_mib": 32}, "The work needs more memory than it may use"),
        ("crash", {}, "The work broke off; it may have needed more memory than its 64 MiB"),
    ],
)
def test_work_that_goes_too_far_is_ended_and_says_why(job: str, given: dict, message: str) -> None:
    """And the next piece of work is as good as any."""

    async def story(apart: Apart) -> tuple:
        refused = await refusal_of(apart, job, limits(**given))
        async with apart.work(f"{JOBS}:echo", limits()) as work:
            await work.send(b"next")
            return refused, await work.receive()

    assert apart(story) == (("CapabilityError", message, ""), b"next")


def test_what_nobody_wants_any_more_is_killed() -> None:
    """At the end of the block, and where the task that waits for it is cancelled."""

    async def story(apart: Apart) -> None:
        async with apart.work(f"{JOBS}:loop", limits()) as work:
            left = int(await work.receive())
        assert await gone(left)
        pids = []

        async def wait() -> None:
            async with apart.work(f"{JOBS}:sleep", limits()) as work:
                pids.append(int(await work.receive()))
                await work.receive()

        task = asyncio.create_task(wait())
        while not pids:
            await asyncio.sleep(0.01)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert await gone(pids[0])

    apart(story)


def test_the_cpu_time_of_killed_work_counts() -> None:
    """As far as it had come when it was killed."""

    async def story(apart: Apart) -> int:
        cpu_ns = []
        async with apart.work(f"{JOBS}:loop", limits(), worked=cpu_ns.append) as work:
            await work.receive()
            await asyncio.sleep(0.3)
        return sum(cpu_ns)

    assert apart(story) > 20_000_000


def test_work_is_held_up_by_who_does_not_read() -> None:
    """A flood of 6 GB neither fills the worker's memory nor goes on behind its back."""

    async def story(apart: Apart) -> None:
        async with apart.work(f"{JOBS}:flood", limits()) as work:
            first = await work.receive()
            await asyncio.sleep(0.3)
            held = sum(map(len, [work._reader._buffer]))
            assert held <= 2 * MIB
            second = await work.receive()
            assert [first[:4], second[:4]] == [b"\0\0\0\0", b"\1\0\0\0"]

    apart(story)


def test_a_zygote_that_dies_is_replaced() -> None:
    """Its work ends with it and says so."""

    async def story(apart: Apart) -> bytes:
        async with apart.work(f"{JOBS}:sleep", limits()) as work:
            pid = int(await work.receive())
            os.kill(apart._zygote.pid, signal.SIGKILL)
            with pytest.raises(Refusal, match="The work broke off"):
                await work.receive()
            assert await gone(pid)
        async with apart.work(f"{JOBS}:echo", limits()) as work:
            await work.send(b"again")
            return await work.receive()

    assert apart(story) == b"again"


def test_signals_to_the_whole_group_end_no_work() -> None:
    """A service manager signals every process at once; the worker drains, and needs its zygote for that."""

    async def story(apart: Apart) -> bytes:
        async with apart.work(f"{JOBS}:echo", limits()) as work:
            await work.send(b"before")
            await work.receive()
            os.killpg(apart._zygote.pid, signal.SIGTERM)
            await work.send(b"after")
            return await work.receive()

    assert apart(story) == b"after"


def test_nothing_is_left_of_a_worker_that_is_killed() -> None:
    """Neither its zygote nor what that has forked."""
    program = f"""
import asyncio, sys, time
from host.capabilities.apart.apart import Apart
from host.capabilities.apart.frames import Limits
async def main():
    apart = Apart(("{JOBS}",))
    limits = Limits(memory_bytes=2**26, cpu_s=60, deadline=time.monotonic() + 60)
    work = await apart.begin("{JOBS}:loop", limits)
    print(apart._zygote.pid, int(await work.receive()), flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as worker:
        pids = [int(pid) for pid in worker.stdout.readline().split()]
        assert [is_there(pid) for pid in pids] == [True, True]
        worker.kill()
    assert [asyncio.run(gone(pid)) for pid in pids] == [True, True]


def test_a_process_apart_sees_nothing_of_the_worker() -> None:
    """No environment, no socket but its own, no module of the service's; files and niceness are limited."""

    async def story(apart: Apart) -> tuple[dict, bytes]:
        async with apart.work(f"{JOBS}:look_around", limits()) as work:
            seen = msgspec.json.decode(await work.receive())
        async with apart.work(f"{JOBS}:write_much", limits()) as work:
            return seen, await work.receive()

    os.environ["CELLBLOCK_TEST_SECRET"] = "secret"
    seen, written = apart(story)
    assert set(seen["environment"]) <= {"LC_ALL", "LC_CTYPE", "TMPDIR"}
    assert sum(name.startswith("socket:") for name in seen["sockets"]) == 1
    assert seen["modules"] == []
    assert not seen["many_files"]
    assert seen["nice"] >= 5
    assert written == b"File too large"


def test_places_go_round_among_principals() -> None:
    """Who asks for many does not hold up who asks for one; who is cancelled loses nothing of the others."""

    async def story() -> list[str]:
        places, order = Places(1, 10), []

        async def use(principal: str) -> None:
            await places.take(principal)
            order.append(principal)
            await asyncio.sleep(0)
            places.give()

        await places.take("first")
        tasks = [asyncio.create_task(use(name)) for name in ("a", "a", "a", "b", "c", "a")]
        await asyncio.sleep(0)
        tasks[1].cancel()
        places.give()
        await asyncio.gather(*tasks, return_exceptions=True)
        await places.take("last")
        return order

    assert asyncio.run(story()) == ["a", "b", "c", "a", "a"]


def test_too_many_who_wait_are_refused() -> None:
    """The queue for places has an end."""

    async def story() -> None:
        places = Places(1, 2)
        await places.take("a")
        waiting = [asyncio.create_task(places.take("a")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Refusal, match="waiting"):
            await places.take("b")
        for task in waiting:
            task.cancel()

    asyncio.run(story())


def test_more_work_than_places_is_all_done() -> None:
    """Forty pieces of work of three principals, four at a time."""

    async def story(apart: Apart) -> list[bytes]:
        async def one(number: int) -> bytes:
            async with apart.work(f"{JOBS}:echo", limits(), f"p{number % 3}") as work:
                await work.send(b"%d" % number)
                return await work.receive()

        return await asyncio.gather(*map(one, range(40)))

    assert apart(story) == [b"%d" % number for number in range(40)]


def test_what_a_job_says_last_is_heard_by_who_still_sends() -> None:
    """A refusal is not lost because frames for the work are on their way."""

    async def story(apart: Apart) -> None:
        for _ in range(20):
            async with apart.work(f"{JOBS}:refuse", limits()) as work:
                for _ in range(10):
                    await work.send(bytes(100_000))
                    await asyncio.sleep(0.001)
                with pytest.raises(Refusal, match="not this"):
                    await work.receive()

    apart(story)


def children_of(pid: int) -> list[int]:
    """The processes that a process has forked."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/stat") as file:
            if int(file.read().rpartition(")")[2].split()[1]) == pid:
                found.append(int(name))
    return found


async def spare_of(apart: Apart) -> int:
    """The process that the zygote forks ahead, when it has."""
    while len(children := children_of(apart._zygote.pid)) != 1:
        await asyncio.sleep(0.02)
    return children[0]


def test_a_process_that_was_forked_ahead_takes_the_next_work() -> None:
    """What it did before is not counted; one that dies is replaced; and it ends with the rest."""

    async def story(apart: Apart) -> list[int]:
        apart.warm()
        spare = await spare_of(apart)
        async with apart.work(f"{JOBS}:sleep", limits()) as work:
            assert int(await work.receive()) == spare
        assert await gone(spare)
        killed = await spare_of(apart)
        os.kill(killed, signal.SIGKILL)
        assert await gone(killed)
        async with apart.work(f"{JOBS}:echo", limits()) as work:
            await work.send(b"next")
            assert await work.receive() == b"next"
        last = await spare_of(apart)
        apart.close()
        assert await gone(last)

    apart(story)
