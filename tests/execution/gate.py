"""Executions that wait for as long as a test wants."""

import asyncio
from collections.abc import Callable

from host.capabilities.echo import REPLY_LATER

SLEEP = "return await require('cellblock:echo').replyLater('x')"


class Gate:
    """A capability whose calls wait until the gate opens."""

    name = "gate"
    immediate: dict = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.arrived = 0
        self.cancelled = 0

    @property
    def asynchronous(self) -> dict:
        return {REPLY_LATER: self._wait}

    async def _wait(self, payload: bytes) -> bytes:
        self.arrived += 1
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return payload


async def until(true: Callable[[], bool]) -> None:
    """Waits for something that will come."""
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.001)
