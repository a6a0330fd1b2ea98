"""Requirement 14: what is left running after the result never delays the answer, and is dropped."""

import pytest

from host.capabilities.echo import Echo
from tests.harness import Guests

LEFT_RUNNING = {
    "a timer": "setTimeout(() => console.log('late'), 60000)",
    "an interval": "setInterval(() => console.log('late'), 1)",
    "10,000 timers": "for (let i = 0; i < 10000; i++) setTimeout(() => console.log('late'), 60000)",
    "a timer that is due": "setTimeout(() => console.log('late'), 0); setImmediate(() => console.log('late'))",
    "a microtask flood": "(function f() { queueMicrotask(f) })()",
    "a promise chain": "Promise.resolve().then(function f() { return Promise.resolve().then(f) })",
    "an async loop": "(async () => { for (;;) await null })()",
    "an async loop over timers": "(async () => { for (;;) await new Promise((done) => setTimeout(done, 1)) })()",
    "a promise that never settles": "(async () => { await new Promise(() => {}); console.log('late') })()",
    "a rejection that nobody handles": "Promise.reject(new Error('late'))",
    "an open host call": "require('cellblock:echo').replyLater('x').then(() => console.log('late'))",
    "an async generator": "(async () => { async function* g() { for (;;) yield 1 } for await (const x of g()); })()",
}


@pytest.mark.parametrize("kind", LEFT_RUNNING)
def test_what_is_left_running_does_not_delay_the_answer(guests: Guests, kind: str) -> None:
    """The answer is there with the fuel that it took, and nothing runs afterwards."""
    report = guests.run(
        f"{LEFT_RUNNING[kind]}; return 1", capabilities=(Echo(),), fuel=200_000_000, wall_time_ms=60_000
    )
    assert (report.outcome.result, report.logs) == (b"1", ())
    assert report.usage.fuel < 200_000_000


def test_open_host_calls_are_cancelled_with_the_execution(guests: Guests) -> None:
    """Their tasks do not live on in the event loop."""
    import asyncio

    async def tasks_left() -> int:
        await guests.start(
            "const e = require('cellblock:echo'); for (let i = 0; i < 50; i++) e.replyLater('x'); return 1",
            capabilities=(Echo(),),
        )
        for _ in range(3):
            await asyncio.sleep(0)
        return len(asyncio.all_tasks()) - 1

    assert guests.wait(tasks_left()) == 0


def test_sleeping_counts_as_wall_time(guests: Guests) -> None:
    """And not as fuel or CPU time."""
    report = guests.run("await new Promise((done) => setTimeout(done, 30)); return 1", wall_time_ms=5_000)
    assert report.timing.execution_ms >= 29.9
    assert report.usage.cpu_ms < 25
    assert (
        guests.failure("await new Promise((done) => setTimeout(done, 5000)); return 1", timeout_ms=20).limit
        == "wall_time"
    )
