"""The worker processes: how granian starts them, and how they end.

granian ends a worker as soon as it is told to. Ours first drain: the signal handler that granian installs in a worker
is replaced by one that drains and then does what granian's does.
"""

import asyncio
import contextlib
import ctypes
import signal
import sys
from typing import Any

from granian import _signals
from granian._granian import WorkerSignal
from granian.server import Server

from host.app import Worker, make_worker
from host.node.node import Shared
from host.settings import Settings

#: What a worker gets beyond the grace period of its executions: for the answers, and for ending itself.
STOP_MARGIN_S = 8
_PR_SET_PDEATHSIG = 1

#: The worker of this process, once it has been loaded.
_worker: Worker | None = None


def load_worker(settings: Settings, shared: Shared) -> Any:
    """The application, in a worker process."""
    global _worker
    from host import logs

    logs.configure(settings)
    _worker = make_worker(settings, shared)
    return _worker.app


def run_worker(*arguments: Any, **options: Any) -> None:
    """A worker process from its beginning to its end."""
    _end_with_parent()
    _signals.set_loop_signals = _drain_on_signal
    Server._spawn_asgi_lifespan_worker(*arguments, **options)


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

    def asked() -> None:
        # Once is enough: a service manager signals every process, and the main process then signals them again.
        if not draining:
            draining.append(loop.create_task(drain()))

    loop.add_signal_handler(signal.SIGTERM, asked)
    # A terminal sends SIGINT to all processes; the main process then ends the workers.
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    return ended


class Workers(Server):
    """granian's main process. A first signal ends the workers in good order, a second one at once."""

    def signal_handler_interrupt(self, *arguments: Any, **options: Any) -> None:
        if self.interrupt_signal:
            for worker in self.wrks:
                worker.kill()
        super().signal_handler_interrupt(*arguments, **options)
