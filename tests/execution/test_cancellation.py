"""A cancelled execution stops within a slice and leaves nothing behind, at whatever stage it was."""

import asyncio
import time
from collections import Counter

import pytest

from host.capabilities.echo import Echo
from host.errors import CellblockError
from host.execution.outcome import Success
from host.policy.model import Policy
from tests.harness import Guests, policy_of

STAGES = {
    "running on a worker thread": "for (;;); return 1",
    "inside of a built-in": "return /(x+x+)+y/.test('x'.repeat(60))",
    "waiting for a timer": "await new Promise((done) => setTimeout(done, 60000)); return 1",
    "between timers": "for (;;) await new Promise((done) => setTimeout(done, 0)); return 1",
    "in host calls": "const e = require('cellblock:echo'); for (;;) await e.replyLater('x'); return 1",
    "writing the result": "let a = ['x'.repeat(1000)]; for (let i = 0; i < 30; i++) a = [a, a]; return a",
    "reading the code": "return [" + "1," * 20_000 + "1].length",
    "reading the input": "return input.length",
}


@pytest.mark.parametrize("stage", STAGES)
def test_cancelling_gives_the_slot_back(guests: Guests, stage: str, unharmed: None) -> None:
    """At each stage and after each of several delays; the task ends as cancelled, or had ended before."""

    async def one(delay_s: float) -> bool:
        data = b"[" + b"1," * 800_000 + b"1]" if stage == "reading the input" else b"{}"
        settings = {"fuel": 10**13, "host_calls": 1_000_000, "memory_bytes": 512 << 20, "wall_time_ms": 600_000}
        task = asyncio.ensure_future(guests.start(STAGES[stage], data, capabilities=(Echo(),), **settings))
        await asyncio.sleep(delay_s)
        asked = time.monotonic()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert time.monotonic() - asked < 0.5
        assert guests.executor.admission.running == 0
        return task.cancelled()

    ended = [guests.wait(one(delay_s)) for delay_s in (0, 0.001, 0.005, 0.02)]
    assert stage.startswith("reading") or ended == [True] * 4


def test_a_task_that_is_cancelled_twice_ends_once(guests: Guests, unharmed: None) -> None:
    """The second time while it waits for the thread to come out of the guest."""

    async def story() -> None:
        tasks = [
            asyncio.ensure_future(guests.start("for (;;); return 1", fuel=10**13, wall_time_ms=600_000))
            for _ in range(8)
        ]
        await asyncio.sleep(0.005)
        for _ in range(5):
            for task in tasks:
                task.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(task.cancelled() for task in tasks)

    guests.wait(story())


def _mix() -> list[tuple[str, dict]]:
    """One of each kind of ending, as code and settings."""
    cheap: Policy = policy_of("cheap", fuel=3_000_000)
    return [
        ("return input", {}),
        ("return require('lodash').add(1, 2)", {}),
        ("await new Promise((done) => setTimeout(done, 1)); return 1", {}),
        ("return await require('cellblock:echo').replyLater('x')", {"capabilities": (Echo(),)}),
        ("return require('cellblock:echo').reply('x')", {"capabilities": (Echo(),)}),
        ("return )", {}),
        ("throw new TypeError('x'); return 1", {}),
        ("return 1n", {}),
        ("for (;;); return 1", {"policy": cheap}),
        ("await new Promise((done) => setTimeout(done, 60000)); return 1", {"timeout_ms": 2}),
        ("await new Promise(() => {}); return 1", {}),
        ("return new Uint8Array(1e8).length", {}),
        ("return 'x'.repeat(1e6)", {"result_bytes": 100}),
        ("require('fs'); return 1", {}),
        ("console.log(1); return 1", {"console": False}),
        ("return new Array(-1)", {}),
        ("1", {}),
        ("return require('cellblock:echo').reply('x')", {"capabilities": (_Broken(),)}),
        ("return input", {"code_bytes": 3}),
        ("for (;;) await null; return 1", {"fuel": 10**13, "cancel": True}),
        ("await new Promise((done) => setTimeout(done, 60000)); return 1", {"cancel": True}),
        ("return await require('cellblock:echo').replyLater('x')", {"capabilities": (Echo(),), "cancel": True}),
    ]  # fmt: skip


class _Broken:
    """A capability whose call is a fault of the host."""

    name = "broken"
    asynchronous: dict = {}  # noqa: RUF012

    @property
    def immediate(self) -> dict:
        return {16: lambda payload: {}["missing"]}


def test_10000_mixed_executions_leave_nothing_behind(guests: Guests, unharmed: None) -> None:
    """Every kind of ending, a few at once, some cancelled: the slots, threads and files are as before."""
    mix = _mix()
    endings: Counter[str] = Counter()

    async def one(code: str, settings: dict) -> str:
        cancel = settings.get("cancel", False)
        task = asyncio.ensure_future(
            guests.start(code, **{key: value for key, value in settings.items() if key != "cancel"})
        )
        if cancel:
            await asyncio.sleep(0)
            task.cancel()
        try:
            outcome = (await task).outcome
            return "Success" if isinstance(outcome, Success) else outcome.type
        except asyncio.CancelledError:
            return "cancelled"
        except CellblockError as error:
            return type(error).__name__

    async def worker(numbers: range) -> None:
        for number in numbers:
            code, settings = mix[number % len(mix)]
            endings[await one(code, settings)] += 1

    async def all_of_them() -> None:
        await asyncio.gather(*(worker(range(first, 10_000, 16)) for first in range(16)))

    guests.wait(all_of_them())
    assert endings.total() == 10_000
    assert set(endings) == {
        "Success", "SyntaxError", "TypeError", "RuntimeError", "TimeoutError", "MemoryLimitError",
        "ResultTooLargeError",
        "SecurityError", "ConsoleDisabledError", "RangeError", "ValidationError", "InternalError",
        "TooLargeError", "cancelled",
    }  # fmt: skip
    assert (guests.executor.admission.running, guests.executor.admission.queued) == (0, 0)
