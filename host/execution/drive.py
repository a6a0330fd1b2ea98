"""Driving one instance from its beginning to its outcome: slices, waits, host calls, deadline, cancellation.

The first slice after each entry runs here, on the event loop: a short execution never pays for a hand-over. What is
not finished then goes to the scheduler's threads until it waits or ends.
"""

import asyncio
import contextlib
import time

from host.errors import InternalError
from host.execution.calls import ExecutionCalls
from host.execution.clock import GuestClock
from host.execution.outcome import Outcome
from host.execution.scheduler import Scheduler
from host.execution.verdict import fuel_used_up, judge, memory_used_up, wall_time_used_up
from host.policy.model import Limits
from host.sandbox.instance import Instance, Start, State


class Drive:
    """One execution on its way. `wall_time_ms` is what it may take, its waits included."""

    __slots__ = (
        "_calls", "_clock", "_deadline", "_instance", "_limits", "_scheduler", "_state", "_stopped", "_wall_ms",
    )  # fmt: skip

    def __init__(
        self,
        instance: Instance,
        calls: ExecutionCalls,
        clock: GuestClock,
        scheduler: Scheduler,
        limits: Limits,
        wall_time_ms: int,
    ) -> None:
        self._instance = instance
        self._calls = calls
        self._clock = clock
        self._scheduler = scheduler
        self._limits = limits
        self._wall_ms = wall_time_ms
        self._deadline = time.monotonic() + wall_time_ms / 1000
        self._state = State.RUNNING
        self._stopped = False

    async def run(self, start: Start) -> Outcome:
        """Runs the execution to its end. Raises InternalError for a fault of the host."""
        if not self._instance.begin(start):
            return self._no_room()
        while True:
            await self._run_until_rest()
            if self._state is State.RUNNING:
                return wall_time_used_up(self._wall_ms)
            if self._state is not State.WAITING or self._instance.fault is not None:
                return judge(self._instance, self._state, self._limits)
            if not await self._wait():
                return wall_time_used_up(self._wall_ms)
            if not self._continue():
                return self._no_room()

    def _no_room(self) -> Outcome:
        return (fuel_used_up if self._instance.out_of_fuel else memory_used_up)(self._limits)

    def _slice(self, keep_gil: bool = False) -> bool:
        """Runs one slice; True while another is wanted."""
        self._state = self._instance.step(*self._clock.now(), keep_gil=keep_gil)
        if self._state is not State.RUNNING:
            return False
        # A fault in a host call ends the execution at the next boundary, whatever the guest makes of it.
        if self._instance.fault is not None:
            self._state = State.FAILED
            return False
        return not self._stopped and time.monotonic() < self._deadline

    async def _run_until_rest(self) -> None:
        if self._slice(keep_gil=True):
            await self._on_threads()

    async def _on_threads(self) -> None:
        """Hands the guest to the threads, and comes back only when none of them is in it, even if cancelled."""
        work = asyncio.ensure_future(self._scheduler.run(self._slice))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            self._stopped = True
            while not work.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.shield(work)
            raise

    async def _wait(self) -> bool:
        """Waits for the next timer or settled operation. False when the deadline came first."""
        outbox = self._instance.memory
        left_s = self._deadline - time.monotonic()
        wake_s = self._clock.until_ms(outbox.wake_ms()) / 1000
        if left_s > 0:
            await self._calls.wait(min(left_s, wake_s))
        if self._calls.fault is not None:
            raise InternalError("an asynchronous host call failed") from self._calls.fault
        return bool(self._calls.settled) or time.monotonic() < self._deadline

    def _continue(self) -> bool:
        """Sets the next entry up. False where the guest has no memory for what it is to be given."""
        if self._calls.settled:
            settled = self._calls.settled.popleft()
            return self._instance.settle(settled.operation_id, settled.ok, settled.payload)
        self._clock.reach(self._instance.memory.wake_ms())
        self._instance.resume()
        return True
