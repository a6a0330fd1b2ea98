"""Slices of executions that do little but host calls: each call sets the fuel, and must not begin the slice anew."""

import asyncio
import time

import pytest

from tests.harness import Guests, failure_of


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("call", ["crypto.getRandomValues(new Uint8Array(1))", "URL.canParse('http://é.de')"])
def test_a_loop_of_host_calls_is_stopped_at_its_deadline(guests: Guests, call: str) -> None:
    """An attack on the event loop and on the wall time: without an end of the slice neither would get its turn."""

    async def run() -> tuple[str, float]:
        began = time.monotonic()
        report = await guests.start(f"for (;;) {call}; return 1", fuel=10**13, wall_time_ms=300)
        return failure_of(report).limit, time.monotonic() - began

    async def with_watch() -> tuple[str, float, int]:
        ticks = 0

        async def watch() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.005)
                ticks += 1

        watcher = asyncio.create_task(watch())
        limit, took = await run()
        watcher.cancel()
        return limit, took, ticks

    limit, took, ticks = guests.wait(with_watch())
    assert limit == "wall_time"
    assert took < 3
    assert ticks > 5
