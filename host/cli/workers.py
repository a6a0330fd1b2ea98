"""The worker processes: how granian starts them, and how they end.

granian ends a worker as soon as it is told to. Ours first drain: the signal handler that granian installs in a worker
is replaced by one that drains and then does what granian's does.
"""

import asyncio
import contextlib
import ctypes
import mmap
import os
import signal
import sys
import threading
import time
from collections import deque
from typing import Any

import structlog
from granian import _signals
from granian._granian import WorkerSignal
from granian.server import Server

from host.app import Worker, make_worker
from host.cli.exits import Exit
from host.errors import CellblockError
from host.machine import share_cores
from host.node.board import Board
from host.node.node import Shared
from host.reload.keeper import Keeper
from host.settings import Settings

#: What a worker gets beyond the grace period of its executions: for the answers, and for ending itself.
STOP_MARGIN_S = 8
#: What clients get of it to read their last answers.
_LINGER_S = 4.0
#: How often the main process looks whether a worker has ended.
_LOOK_EVERY_S = 0.02
_PR_SET_PDEATHSIG = 1
#: How long the turns of a worker's threads are, but for those that run guests: so short that they need not wait for the
#: end of a guest's.
_TURN_NS = 1_000_000
#: How often in a row a worker may end before it takes requests.
_FAILED_STARTS_MAX = 3

log = structlog.get_logger()

#: The worker of this process, once it has been loaded, and its number, from 0.
_worker: Worker | None = None
_index = 0


class Starts:
    """Which workers have come to take requests since they were started last. Made before they are forked: they write
    it, and the main process reads it."""

    def __init__(self, workers: int) -> None:
        self._succeeded = mmap.mmap(-1, workers)

    def begin(self, index: int) -> None:
        """The worker is started now."""
        self._succeeded[index] = 0

    def succeed(self) -> None:
        """The worker of this process takes requests."""
        self._succeeded[_index] = 1

    def succeeded(self, index: int) -> bool:
        """Whether the worker came so far."""
        return bool(self._succeeded[index])


def load_worker(settings: Settings, board: Board, shared: Shared, starts: Starts) -> Any:
    """The application, in a worker process."""
    global _worker
    from host import logs

    logs.configure(settings)
    try:
        _worker = make_worker(settings, board, shared, starts.succeed)
    except CellblockError as error:
        log.error("a worker cannot start", reason=error.message, hint=error.hint)
        raise SystemExit(Exit.SETUP) from None
    return _worker.app


def run_worker(number: int, *arguments: Any, **options: Any) -> None:
    """A worker process from its beginning to its end. Workers are numbered from 1."""
    global _index
    _index = number - 1
    # Until it drains on a signal it has nothing to finish. What it has now are the main process's handlers.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # For the main process alone, which reads the policies; a terminal that is closed tells all of them.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _end_with_parent()
    share_cores(0, _TURN_NS)
    _signals.set_loop_signals = _drain_on_signal
    Server._spawn_asgi_lifespan_worker(number, *arguments, **options)


def _end_with_parent() -> None:
    """A worker whose main process was killed ends as well: nobody would replace it, or end it, any more."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _drain_on_signal(loop: asyncio.AbstractEventLoop) -> WorkerSignal:
    """In place of granian's function of the same use: gives the event that ends the server of this worker."""
    ended = WorkerSignal()
    draining: list[asyncio.Task] = []

    async def drain() -> None:
        with contextlib.suppress(Exception):
            await _worker.drain.run()
        ended.set()
        _end_in_any_case()

    def asked() -> None:
        # Once is enough: a service manager signals every process, and the main process then signals them again.
        if not draining:
            draining.append(loop.create_task(drain()))

    loop.add_signal_handler(signal.SIGTERM, asked)
    # A terminal sends SIGINT to all processes; the main process then ends the workers.
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    return ended


def _end_in_any_case() -> None:
    """granian waits for connections without a limit: for one that stands open, for a client that reads nothing."""
    timer = threading.Timer(_LINGER_S, os._exit, [Exit.OK])
    timer.daemon = True
    timer.start()


class Workers(Server):
    """granian's main process. A first signal ends the workers in good order, a second one at once.

    A worker that dies is replaced, however often that happens. One that cannot even start ends the service. `keeper`
    reads the policies anew, on SIGHUP and when it is time to look.
    """

    def __init__(self, *arguments: Any, keeper: Keeper, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._keeper = keeper
        self.starts = Starts(self.workers)
        self._failed_starts = [0] * self.workers

    def _stop_workers(self) -> None:
        """In place of granian's, which can take a worker that has just ended for one that refuses to: two of its
        threads ask the kernel for the same child, and the slower one hears of it a moment later."""
        for worker in self.wrks:
            worker.terminate()
        give_up_at = time.monotonic() + self.workers_kill_timeout
        for worker in self.wrks:
            while worker.is_alive() and time.monotonic() < give_up_at:
                worker.join(_LOOK_EVERY_S)
            if worker.is_alive():
                log.warning("a worker is killed: it did not end in time", worker=worker.idx + 1)
                worker.kill()
                worker.join()
        self.wrks.clear()

    def signal_handler_interrupt(self, *arguments: Any, **options: Any) -> None:
        if os.getpid() != self.pid:
            os._exit(Exit.OK)  # a worker that has only just been forked, and has not got handlers of its own
        if self.interrupt_signal:
            for worker in self.wrks:
                worker.kill()
        super().signal_handler_interrupt(*arguments, **options)

    def _spawn_worker(self, idx: int, *arguments: Any, **options: Any) -> Any:
        self.starts.begin(idx)
        return super()._spawn_worker(idx, *arguments, **options)

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        """In place of granian's, which ends the service when a worker dies twice in 5.5 s, and may forget one of two
        that die at once. On SIGHUP, for which granian starts all workers anew, the policies are read."""
        while not self.interrupt_signal:
            if not self.interrupt_children:
                self.main_loop_interrupt.wait(self._keeper.wait_s)
            self.main_loop_interrupt.clear()
            while self.interrupt_children and not self.interrupt_signal:
                index = self.interrupt_children.pop(0)
                if not self._may_be_replaced(index):
                    self.shutdown(Exit.SETUP)  # exits
                self._respawn_workers([index], spawn_target, target_loader)
            if self.interrupt_signal:
                break
            if self.reload_signal:
                self.reload_signal = False
                self._keeper.reload()
            else:
                self._keeper.look()
        # A service manager signals the workers too: those that end before we tell them to are no failures.
        self.interrupt_children = deque(maxlen=0)

    def _may_be_replaced(self, index: int) -> bool:
        failed = 0 if self.starts.succeeded(index) else self._failed_starts[index] + 1
        self._failed_starts[index] = failed
        if failed < _FAILED_STARTS_MAX:
            return True
        log.error("a worker cannot start: the service ends", worker=index + 1, attempts=failed)
        return False
