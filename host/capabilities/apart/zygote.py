"""The zygote: imports what the jobs need, then forks a process for each piece of work, kills it, and reaps it.

It has one thread, no secrets in its environment, and one socket, to the worker that started it. Where that is closed
the worker has ended, however it did: the zygote kills what it has forked, and ends too. It heeds no other signal than
SIGKILL, because a service manager that stops a worker signals every process at once, and the worker still drains.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import random
import resource
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

import msgspec

from host.capabilities.apart.door import Door, Refused
from host.capabilities.apart.frames import END, EXIT_FAULT, FAULT, REFUSED, Began, Begin, Ended, Kill, Limits, cpu_ns_of

#: What one message to the zygote may have.
MESSAGE_BYTES_MAX = 4096
_FILES_MAX = 256
_CHILD_FILES_MAX = 16
_NICENESS = 5
#: So long must nothing come before a process is forked ahead.
_QUIET_S = 0.05
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_KIB = 1024

_decode = msgspec.json.Decoder(Begin | Kill).decode
_encode = msgspec.json.Encoder().encode
_libc = ctypes.CDLL(None)


class Zygote:
    """What is running: by process id the work's number, and the CPU time that the process had used before it.

    In a quiet moment one process is forked ahead. It does for itself what `warm` does, so that its memory is its own
    and ready, and waits for work: that takes milliseconds off the way of the next.
    """

    def __init__(self, control: socket.socket, warm: Callable[[], None]) -> None:
        self._control = control
        self._warm = warm
        self._spare: tuple[int, socket.socket] | None = None
        self._pids: dict[int, tuple[int, int]] = {}
        self._woken, self._wake = socket.socketpair()
        for end in (self._woken, self._wake):
            end.setblocking(False)

    def serve(self) -> None:
        """Until the worker has ended."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select(_QUIET_S if self._spare is None else None)]
                if not ready:
                    self._make_spare(self._warm)
                if self._woken in ready:
                    with contextlib.suppress(BlockingIOError):
                        self._woken.recv(_KIB)
                    self._reap()
                if self._control in ready and not self._obey():
                    return

    def end_all(self) -> None:
        """Kills what is running."""
        for pid in (*self._pids, *(self._spare or ())[:1]):
            os.kill(pid, signal.SIGKILL)

    def _obey(self) -> bool:
        """Does what the worker's next message says. False where there is none any more."""
        try:
            message, files, _, _ = socket.recv_fds(self._control, MESSAGE_BYTES_MAX, 1)
        except ConnectionError:
            return False
        if not message:
            return False
        match _decode(message):
            case Begin(number, job, limits):
                self._begin(Begin(number, job, limits), files[0])
            case Kill(number):
                pid = next((pid for pid, (each, _) in self._pids.items() if each == number), None)
                if pid is not None:
                    os.kill(pid, signal.SIGKILL)
        return True

    def _begin(self, begin: Begin, door_fd: int) -> None:
        pid = self._hand_over(begin, door_fd) or self._hand_over(begin, door_fd)
        os.close(door_fd)
        if pid is None:
            self._tell(Ended(begin.number, EXIT_FAULT, 0, 0))

    def _hand_over(self, begin: Begin, door_fd: int) -> int | None:
        """Gives the work to the process that was forked ahead, or to one that is forked now. None where there is none,
        or it has just died."""
        if self._spare is None:
            self._make_spare(lambda: None)
        if self._spare is None:
            return None
        pid, desk = self._spare
        self._spare = None
        cpu_ns = cpu_ns_of(pid)
        try:
            with desk:
                socket.send_fds(desk, [_encode(begin)], [door_fd])
        except OSError:
            return None
        self._pids[pid] = begin.number, cpu_ns
        self._tell(Began(begin.number, pid, cpu_ns))
        return pid

    def _make_spare(self, warm: Callable[[], None]) -> None:
        """Forks a process, if the machine has room for one."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                pid = os.fork()
            except OSError:
                ours.close()
                return
            if pid == 0:
                _live(theirs.detach(), warm)
        self._spare = pid, ours

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self._spare is not None and pid == self._spare[0]:
                self._spare[1].close()
                self._spare = None
            if pid not in self._pids:  # it had no work
                continue
            number, before_ns = self._pids.pop(pid)
            cpu_ns = round((usage.ru_utime + usage.ru_stime) * 1e9) - before_ns
            self._tell(Ended(number, os.waitstatus_to_exitcode(status), max(cpu_ns, 0), usage.ru_maxrss * _KIB))

    def _tell(self, message: Began | Ended) -> None:
        with contextlib.suppress(OSError):  # the worker has ended; the next message would say so
            self._control.send(_encode(message))


def _live(desk_fd: int, warm: Callable[[], None]) -> NoReturn:
    """The whole life of a process apart, from just after the fork. It gets its work at the desk."""
    status = EXIT_FAULT
    try:
        _shut_in(desk_fd)
        warm()
        with socket.socket(fileno=desk_fd) as desk:
            message, files, _, _ = socket.recv_fds(desk, MESSAGE_BYTES_MAX, 1)
        if message:
            begin = msgspec.json.decode(message, type=Begin)
            _limit(begin.limits)
            door = Door(socket.socket(fileno=files[0]))
            status = _work(begin.job, door)
            door.close()
    except BaseException:
        pass
    finally:
        os._exit(status)


def _shut_in(desk_fd: int) -> None:
    """Leaves the process nothing but its desk, and ends it with its zygote."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _libc.prctl(_PR_SET_DUMPABLE, 0)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.closerange(3, desk_fd)
    os.closerange(desk_fd + 1, _FILES_MAX)
    os.nice(_NICENESS)
    random.seed()
    gc.disable()  # a process that lives so shortly need not look for cycles among its objects


def _limit(limits: Limits) -> None:
    """From now on the process has what its work may use, and no more."""
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _CHILD_FILES_MAX),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        # Private memory that can be written, as the kernel counts it. What was there before counts too.
        (resource.RLIMIT_DATA, _data_bytes() + limits.memory_bytes),
    ):
        resource.setrlimit(kind, (most, most))
    # At the first of the two the process gets the signal that says why.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    # A write beyond the limit is an error, and no signal.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _data_bytes() -> int:
    """What RLIMIT_DATA counts of this process now."""
    with open("/proc/self/status", "rb") as file:
        return next(int(line.split()[1]) * _KIB for line in file if line.startswith(b"VmData:"))


def _work(job: str, door: Door) -> int:
    """Does the work and says how it ended. Gives the exit code."""
    module, _, name = job.partition(":")
    try:
        getattr(sys.modules[module], name)(door)
    except Refused as refused:
        door.send(refused.payload(), REFUSED)
    except MemoryError:
        gc.collect()
        door.send(Refused("CapabilityError", "The work needs more memory than it may use").payload(), REFUSED)
    except BrokenPipeError:
        pass  # nobody wants to know any more
    except Exception:
        door.send(traceback.format_exc(limit=-20).encode(errors="replace"), FAULT)
        return EXIT_FAULT
    else:
        door.send(b"", END)
    return os.EX_OK


def main(control_fd: int, modules: list[str]) -> None:
    """The zygote from its beginning to its end."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES_MAX, _FILES_MAX))
    os.chdir("/")
    # What a module does once and for all of its jobs (its function `warm`) is done before any of them begins.
    warms = [getattr(importlib.import_module(module), "warm", lambda: None) for module in modules]

    def warm() -> None:
        for each in warms:
            each()

    warm()
    # What is there now is shared with every process that is forked, and no collection of theirs touches it.
    gc.collect()
    gc.freeze()
    zygote = Zygote(socket.socket(fileno=control_fd), warm)
    try:
        zygote.serve()
    finally:
        zygote.end_all()
