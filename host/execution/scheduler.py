"""Who runs next: guests that are not finished after their first slice take turns on a few threads, some slices each.

Fair by principal first, then by execution. Each principal has a lane with a virtual time: what its guests have run for,
divided by their policies' weight. The lane that is furthest behind is next, and within it whose turn is longest ago
(start-time fair queueing: Goyal, Vin and Cheng, 1996). So a principal with a hundred loops gets as much as one with a
single loop, and who comes back from a pause is next, but cannot make up for the pause.

A guest that waits for a host call, or for a timer that is far off, is in no lane and holds no thread. One whose timer
is due soon stays with the scheduler, which wakes it without the event loop: else a principal whose guests do nothing
but wake up again would fill the loop, which is everybody's.
"""

import asyncio
import contextlib
import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable

from host.errors import InternalError
from host.machine import share_cores

#: How much the worker threads give way to all others of the process, as a nice value: answering comes before loops.
#: Measured with `just perf fairness`: at 5 a small request beside 64 loops took 4 to 8 ms in the median, at 19 it takes
#: 0.3, as if there were none.
_NICENESS = 19
#: 0 is the kernel's own length of a turn; the process's other threads have a shorter one.
_TURN_NS = 0
#: What a turn is expected to take; its lane is charged that much before, and what it took after.
_TURN_TAKES_NS = 3_000_000


#: Runs a slice, and says when the guest wants its next one, by time.monotonic: 0 is now. None ends its turns.
RunSlice = Callable[[], float | None]


class Turn:
    """A guest in its lane, or asleep beside it; `done` is settled on the loop."""

    __slots__ = ("asleep", "done", "dropped", "fault", "lane", "loop", "queued", "run_slice", "weight")

    def __init__(self, lane: "_Lane", weight: int, run_slice: RunSlice) -> None:
        self.lane = lane
        self.weight = weight
        self.run_slice = run_slice
        self.loop = asyncio.get_running_loop()
        self.done = self.loop.create_future()
        self.queued = True
        self.asleep = False
        self.dropped = False
        self.fault: BaseException | None = None

    def finish(self) -> None:
        """Wakes whoever waits for the guest; on the event loop."""
        if self.done.done():
            return
        if self.fault is not None:
            self.done.set_exception(self.fault)
        else:
            self.done.set_result(None)


class _Lane:
    """The guests of one principal that want to run. In the heap while there are some."""

    __slots__ = ("entry", "guests", "key", "turns", "virtual_ns")

    def __init__(self, key: str, virtual_ns: float) -> None:
        self.key = key
        self.guests = 0
        #: The number of its entry in the heap; an entry of another number is one that it has left behind.
        self.entry: int | None = None
        self.virtual_ns = virtual_ns
        self.turns: deque[Turn] = deque()


class Scheduler:
    """`threads` worker threads over the lanes."""

    def __init__(self, threads: int) -> None:
        self._changed = threading.Condition()
        self._lanes: dict[str, _Lane] = {}
        self._heap: list[tuple[float, int, _Lane]] = []
        self._asleep: list[tuple[float, int, Turn]] = []
        self._order = itertools.count()
        self._virtual_ns = 0.0
        self._ending = False
        self._threads = [
            threading.Thread(target=self._work, name=f"guest-{index}", daemon=True) for index in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def begin(self, key: str, weight: int, run_slice: RunSlice) -> Turn:
        """Queues a guest of the principal `key`: slices run until `run_slice` gives None. Await the turn's `done`,
        which is settled only when no thread is in the guest any more."""
        with self._changed:
            if self._ending:
                raise _closed()
            lane = self._lanes.get(key)
            if lane is None:
                lane = self._lanes[key] = _Lane(key, self._virtual_ns)
            lane.guests += 1
            turn = Turn(lane, weight, run_slice)
            self._put(turn)
            self._changed.notify()
        return turn

    def drop(self, turn: Turn) -> None:
        """Ends a turn early: at once if no thread is in its guest, else after the slice. On the event loop."""
        with self._changed:
            turn.dropped = True
            if not turn.queued and not turn.asleep:
                return
            if turn.queued:
                turn.lane.turns.remove(turn)
            turn.queued = turn.asleep = False
            if not turn.lane.turns:
                # Else a principal that begins and drops many guests would have as many turns waiting for its next one.
                turn.lane.entry = None
            self._leave(turn.lane)
        turn.finish()

    def _leave(self, lane: _Lane) -> None:
        lane.guests -= 1
        if lane.guests == 0:
            del self._lanes[lane.key]

    def _put(self, turn: Turn) -> None:
        lane = turn.lane
        turn.queued = True
        lane.turns.append(turn)
        if len(lane.turns) == 1:
            # A lane that was empty has no claim on the time that passed meanwhile.
            lane.virtual_ns = max(lane.virtual_ns, self._virtual_ns)
            self._push(lane)

    def _push(self, lane: _Lane) -> None:
        lane.entry = next(self._order)
        heapq.heappush(self._heap, (lane.virtual_ns, lane.entry, lane))

    def _next(self) -> Turn | None:
        """The next turn, or None when the threads are to end. Waits for one; with the lock held."""
        while True:
            wait_s = self._wake_up()
            while self._heap:
                _, entry, lane = heapq.heappop(self._heap)
                if entry != lane.entry:
                    continue  # its guests were dropped
                lane.entry = None
                turn = lane.turns.popleft()
                turn.queued = False
                self._virtual_ns = max(self._virtual_ns, lane.virtual_ns)
                lane.virtual_ns += _TURN_TAKES_NS / turn.weight
                if lane.turns:
                    self._push(lane)
                return turn
            if self._ending:
                return None
            self._changed.wait(wait_s)

    def _wake_up(self) -> float | None:
        """Puts those whose time has come into their lanes; how long until the next one's, None without one."""
        now = time.monotonic()
        while self._asleep:
            due, _, turn = self._asleep[0]
            if turn.asleep and due > now:
                return due - now
            heapq.heappop(self._asleep)
            if turn.asleep:
                turn.asleep = False
                self._put(turn)
        return None

    def _work(self) -> None:
        share_cores(_NICENESS, _TURN_NS)
        turn, took_ns, due = None, 0, None
        while True:
            with self._changed:
                if turn is not None:
                    self._settle(turn, took_ns, due)
                turn = None  # what has ended is not kept while this thread has nothing to do
                turn = self._next()
            if turn is None:
                return
            began_ns = time.thread_time_ns()
            try:
                due = turn.run_slice()
            except BaseException as fault:
                turn.fault, due = fault, None
            took_ns = time.thread_time_ns() - began_ns

    def _settle(self, turn: Turn, took_ns: int, due: float | None) -> None:
        """After a slice: charges what it took, and puts the guest back or says that it is done."""
        turn.lane.virtual_ns += (took_ns - _TURN_TAKES_NS) / turn.weight
        if due is not None and not turn.dropped:
            if not self._ending:
                self._put_back(turn, due)
                return
            turn.fault = _closed()
        self._leave(turn.lane)
        _finish_soon(turn)

    def _put_back(self, turn: Turn, due: float) -> None:
        if due:
            turn.asleep = True
            heapq.heappush(self._asleep, (due, next(self._order), turn))
        else:
            self._put(turn)
            if len(self._heap) > 1:
                self._changed.notify()

    def close(self) -> None:
        """Ends the threads once they are out of their guests' slices. Guests that want more get an InternalError."""
        with self._changed:
            self._ending = True
            waiting = [turn for lane in self._lanes.values() for turn in lane.turns]
            waiting += [turn for _, _, turn in self._asleep if turn.asleep]
            for turn in waiting:
                turn.queued = turn.asleep = False
                turn.fault = _closed()
                self._leave(turn.lane)
                _finish_soon(turn)
            self._heap.clear()
            self._asleep.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()


def _finish_soon(turn: Turn) -> None:
    with contextlib.suppress(RuntimeError):  # the loop may have been closed meanwhile
        turn.loop.call_soon_threadsafe(turn.finish)


def _closed() -> InternalError:
    return InternalError("the threads for guests have ended")
