"""Driving one instance from its beginning to its outcome: slices, waits, host calls, deadline, cancellation.

The first slice after each entry runs here, on the event loop, as long as the execution is a short one: it never pays
for a hand-over. What is not finished then goes to the scheduler's threads until it waits or ends.
"""

import asyncio
import math
import time
from collections.abc import Callable

from host.errors import InternalError
from host.execution.calls import ExecutionCalls
from host.execution.clock import GuestClock
from host.execution.memory import MemoryShare
from host.execution.outcome import Outcome
from host.execution.scheduler import Scheduler, Turn
from host.execution.verdict import fuel_used_up, judge, memory_used_up, wall_time_used_up
from host.policy.model import Limits
from host.sandbox.instance import Instance, State

#: What an execution may run on the event loop in all; after that it takes its turns on the threads, where one
#: principal's work does not hold up another's.
_ON_LOOP_NS = 1_000_000
#: How long a turn on a thread is, in slices that have begun by then.
_TURN_S = 0.003
#: A timer that is due so soon is waited for by the scheduler, with the memory kept.
_SOON_S = 0.05
#: A waiting instance has no more than its memory and some bookkeeping of ours.
_BOOKKEEPING_BYTES = 64 * 1024


class Lane:
    """Whose turn a guest takes, and how much that counts (see scheduler.py); and its share of the memory."""

    __slots__ = ("memory", "principal", "weight")

    def __init__(self, principal: str, weight: int, memory: MemoryShare) -> None:
        self.principal = principal
        self.weight = weight
        self.memory = memory


class Drive:
    """One instance on its way to its outcome, which `conclude` makes of a guest that has ended.

    `on_wait` hears +1 when the execution begins to wait for a timer or a host call, and -1 when it goes on. `on_rest`
    is called when no thread is in the guest: after a slice on whichever thread that ran, after a wait on the loop.
    """

    __slots__ = (
        "_asleep", "_calls", "_clock", "_conclude", "_deadline", "_instance", "_lane", "_limits", "_on_rest",
        "_on_wait", "_scheduler", "_state", "_stopped", "_timer", "_turn", "_turn_ends", "_wall_ms", "waited",
    )  # fmt: skip

    def __init__(
        self,
        instance: Instance,
        calls: ExecutionCalls,
        clock: GuestClock,
        scheduler: Scheduler,
        lane: Lane,
        limits: Limits,
        conclude: Callable[[Instance, State, Limits], Outcome] = judge,
        on_wait: Callable[[int], None] = lambda change: None,
        on_rest: Callable[[], None] | None = None,
    ) -> None:
        self._instance = instance
        self._calls = calls
        self._clock = clock
        self._scheduler = scheduler
        self._lane = lane
        self._limits = limits
        self._wall_ms = limits.wall_time_ms
        self._on_wait = on_wait
        self._on_rest = on_rest
        self._deadline = math.inf
        self._conclude = conclude
        self._state = State.RUNNING
        self._stopped: Outcome | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._turn: Turn | None = None
        self._turn_ends = 0.0
        self._asleep = False
        self.waited = False

    def limit_time(self, wall_time_ms: int, deadline: float) -> None:
        """The execution has until `deadline` (time.monotonic), its waits included: `wall_time_ms` in all."""
        self._wall_ms = wall_time_ms
        self._deadline = deadline

    def stop(self, outcome: Outcome) -> None:
        """Ends the execution with `outcome`: at once if it waits for a turn, a timer or a host call, else when its
        slice is over. On the event loop. What ended it first counts."""
        if self._stopped is not None:
            return
        self._stopped = outcome
        if self._turn is not None:
            self._scheduler.drop(self._turn)
        self._calls.wake()
        self._lane.memory.give_up()

    async def run(self, begun: bool) -> Outcome:
        """Runs the guest to its end. `begun` is what setting the first entry up gave. Raises InternalError for a fault
        of the host."""
        if not begun:
            return self._no_room()
        try:
            return await self._run()
        finally:
            if self._timer is not None:
                self._timer.cancel()

    async def _run(self) -> Outcome:
        while self._stopped is None:
            await self._run_until_rest()
            if self._state is not State.RUNNING and self._state is not State.WAITING:
                return self._conclude(self._instance, self._state, self._limits)
            if self._stopped is not None:
                return self._stopped
            if self._instance.fault is not None:
                return self._conclude(self._instance, self._state, self._limits)
            if self._state is State.RUNNING:
                await self._stand()
                continue
            if not await self._wait():
                return self._stopped or wall_time_used_up(self._wall_ms)
            if not self._continue():
                return self._no_room()
        return self._stopped

    def _no_room(self) -> Outcome:
        return (fuel_used_up if self._instance.out_of_fuel else memory_used_up)(self._limits)

    def _slice(self) -> bool:
        """Runs one slice on the event loop; True while another is wanted."""
        self._state = self._instance.step(*self._clock.now())
        return self._wants_more()

    def _wants_more(self) -> bool:
        """After slices: whether the guest, as far as it is concerned, goes on at once."""
        if self._on_rest is not None:
            self._on_rest()
        if self._state is not State.RUNNING:
            return False
        # A fault in a host call ends the execution at the next boundary, whatever the guest makes of it.
        if self._instance.fault is not None:
            self._state = State.FAILED
            return False
        return self._stopped is None and self._calls.stands is None

    def _turn_on_thread(self) -> float | None:
        """A turn on a thread: a few slices. Gives what the scheduler wants to know."""
        if self._asleep:
            self._asleep = False
            self._set_timers_up()
        self._turn_ends = time.monotonic() + _TURN_S
        self._state = self._instance.steps(self._clock.now, self._enough)
        if self._wants_more():
            return 0.0
        if self._state is not State.WAITING or self._stopped is not None or self._instance.fault is not None:
            return None
        memory = self._instance.memory
        wake_s = self._clock.until_ms(memory.wake_ms()) / 1000
        if not wake_s < _SOON_S or memory.outcome().operations_open:
            return None
        self._asleep = self.waited = True
        return time.monotonic() + wake_s

    def _enough(self) -> bool:
        if self._stopped is not None or self._calls.stands is not None or self._on_rest is not None:
            return True
        return time.monotonic() >= self._turn_ends

    async def _run_until_rest(self) -> None:
        if self._instance.cpu_ns > _ON_LOOP_NS or self._slice():
            await self._on_threads()

    def _watch_deadline(self) -> None:
        """From now on a timer ends the execution at its deadline. Short ones end without ever needing it."""
        if self._timer is None:
            self._end_at_deadline()

    def _left_s(self) -> float:
        return self._deadline - time.monotonic()

    def _end_at_deadline(self) -> None:
        left_s = self._left_s()
        if left_s <= 0:
            self.stop(wall_time_used_up(self._wall_ms))
        else:
            # The loop's clock stands still while it works, so its timers can be a little early.
            self._timer = asyncio.get_running_loop().call_later(left_s, self._end_at_deadline)

    async def _on_threads(self) -> None:
        """Hands the guest to the threads, and comes back only when none of them is in it, even if cancelled."""
        self._watch_deadline()
        turn = self._turn = self._scheduler.begin(self._lane.principal, self._lane.weight, self._turn_on_thread)
        if self._stopped is not None:
            self._scheduler.drop(turn)
        cancelled: asyncio.CancelledError | None = None
        while not turn.done.done():
            try:
                await asyncio.shield(turn.done)
            except asyncio.CancelledError as error:
                cancelled = error
                self._scheduler.drop(turn)
        self._turn = None
        if cancelled is not None:
            raise cancelled
        turn.done.result()

    async def _wait(self) -> bool:
        """Waits for the next timer or settled operation. False when the execution was stopped first."""
        self.waited = True
        self._watch_deadline()
        memory = self._instance.memory
        wake_s = self._clock.until_ms(memory.wake_ms()) / 1000
        self._lane.memory.rest(self._instance.memory_bytes() + _BOOKKEEPING_BYTES)
        self._on_wait(1)
        try:
            if self._stopped is None:
                # What is not before the deadline, or no time at all, is never: the deadline has its own timer.
                await self._calls.wait(wake_s if wake_s < self._left_s() else math.inf)
            awake = self._stopped is None and await self._lane.memory.wake(self._left_s())
        finally:
            self._on_wait(-1)
        if self._calls.fault is not None:
            raise InternalError("an asynchronous host call failed") from self._calls.fault
        return awake and self._stopped is None

    async def _stand(self) -> None:
        """Waits for what the guest stands still for, in the middle of a call. It keeps its share of the memory, because
        its stack stays where it is; a stop, too, is seen when its next slice is asked for."""
        self.waited = True
        self._watch_deadline()
        self._on_wait(1)
        try:
            await self._calls.stand()
        finally:
            self._on_wait(-1)
        if self._calls.fault is not None:
            raise InternalError("a host call failed") from self._calls.fault

    def _continue(self) -> bool:
        """Sets the next entry up. False where the guest has no memory for what it is to be given."""
        if self._calls.settled:
            settled = self._calls.settled.popleft()
            return self._instance.settle(settled.operation_id, settled.ok, settled.payload)
        self._set_timers_up()
        return True

    def _set_timers_up(self) -> None:
        """The next entry runs the timers that are due."""
        self._clock.reach(self._instance.memory.wake_ms())
        self._instance.resume()
