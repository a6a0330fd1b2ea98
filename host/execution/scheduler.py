"""Who runs next: guests that are not finished after their first slice take turns on a few threads.

Each turn is one slice. A guest that waits holds no thread; one whose slice ended goes to the back of the queue.
"""

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import Callable

#: How much the worker threads give way to the event loop, as a nice value: answering others comes before loops.
_NICENESS = 5


class Turn:
    """A guest in the queue. `run_slice` gives True while it wants another slice; `done` is called on the loop."""

    __slots__ = ("done", "fault", "loop", "run_slice")

    def __init__(self, run_slice: Callable[[], bool], loop: asyncio.AbstractEventLoop, done: asyncio.Future) -> None:
        self.run_slice = run_slice
        self.loop = loop
        self.done = done
        self.fault: BaseException | None = None

    def finish(self) -> None:
        """Wakes whoever waits for the guest; on the event loop."""
        if self.done.done():
            return
        if self.fault is not None:
            self.done.set_exception(self.fault)
        else:
            self.done.set_result(None)


class Scheduler:
    """`threads` worker threads over one queue."""

    def __init__(self, threads: int) -> None:
        self._queue: queue.SimpleQueue[Turn | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"guest-{index}", daemon=True) for index in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    async def run(self, run_slice: Callable[[], bool]) -> None:
        """Runs slices until `run_slice` gives False.

        Cancelling does not interrupt a slice: it is the caller's to make `run_slice` give False, and this returns
        only when no thread is in the guest any more.
        """
        loop = asyncio.get_running_loop()
        turn = Turn(run_slice, loop, loop.create_future())
        self._queue.put(turn)
        await turn.done

    def _work(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while (turn := self._queue.get()) is not None:
            try:
                if turn.run_slice():
                    self._queue.put(turn)
                    continue
            except BaseException as fault:
                turn.fault = fault
            with contextlib.suppress(RuntimeError):  # the loop may have been closed meanwhile
                turn.loop.call_soon_threadsafe(turn.finish)

    def close(self) -> None:
        """Ends the threads once they are out of their guests."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
