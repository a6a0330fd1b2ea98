"""Child processes that never outlive the benchmark that started them."""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

STOP_SECONDS = 5.0
"""How long a process group may take to end by itself after SIGTERM."""

LOG_TAIL_BYTES = 2000
PR_SET_PDEATHSIG = 1
ROOT = Path(__file__).parent.parent


class Child(msgspec.Struct, frozen=True):
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    @property
    def alive(self) -> bool:
        # WNOWAIT leaves an ended leader as a zombie: its number, and so its group's, cannot be given to others.
        ended = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return ended is None

    def log_tail(self) -> str:
        size = os.fstat(self.log.fileno()).st_size
        tail = os.pread(self.log.fileno(), LOG_TAIL_BYTES, max(0, size - LOG_TAIL_BYTES))
        return tail.decode(errors="replace").strip()


@contextmanager
def child(command: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> Iterator[Child]:
    """Runs the command as the leader of a session of its own, and ends the whole group on the way out."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        started = Child(process, log)
        try:
            yield started
        finally:
            _end_group(started)


def _end_group(running: Child) -> None:
    pid = running.process.pid
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
    give_up_at = time.monotonic() + STOP_SECONDS
    while running.alive and time.monotonic() < give_up_at:
        time.sleep(0.01)
    # Also where the leader has ended: a worker of its may be left.
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    running.process.wait()


def _end_with_parent() -> None:
    """Covers the one path that no ``finally`` does: this process being killed outright."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
