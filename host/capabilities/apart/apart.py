"""The worker's side of work apart: starting the zygote, giving it work, and ending what is not wanted any more.

Everything here belongs to one event loop.
"""

import asyncio
import contextlib
import itertools
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from host.capabilities.apart.frames import Began, Begin, Ended, Kill, Limits
from host.capabilities.apart.places import Places
from host.capabilities.apart.work import Work
from host.capabilities.apart.zygote import MESSAGE_BYTES_MAX

#: Pieces of work of a worker that are done at the same time, and that wait for a place.
AT_ONCE_MAX = 16
WAITING_MAX = 1000
_READ_AT_ONCE_MAX = 64
_SOCKET_BYTES = 512 * 1024
_END_S = 5

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Began | Ended).decode

#: What the zygote gets of the environment: where files without a name may lie.
_ENVIRONMENT = ("TMPDIR",)
#: The zygote is a Python of the same modules, found in the same places, that reads no environment and no site.
_MAIN = "import sys; sys.path[:] = {path!r}; from host.capabilities.apart.zygote import main; main({fd}, {modules!r})"


class Apart:
    """Work in processes of its own, for all executions of one worker.

    `modules` are what the zygote imports: a job is `MODULE:FUNCTION` of one of them. The zygote is started by the first
    work, or by `warm`, and again where it has died.
    """

    def __init__(self, modules: tuple[str, ...], at_once_max: int = AT_ONCE_MAX) -> None:
        self._modules = modules
        self._places = Places(at_once_max, WAITING_MAX)
        self._numbers = itertools.count(1)
        self._working: dict[int, Work] = {}
        self._zygote: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def warm(self) -> None:
        """Starts the zygote on the running event loop, unless it is there."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._lose_zygote()
            self._loop = loop
        if self._control is not None:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            main = _MAIN.format(path=sys.path, fd=theirs.fileno(), modules=list(self._modules))
            self._zygote = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", main],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | {"LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        ours.setblocking(False)
        self._control = ours
        self._loop.add_reader(ours.fileno(), self._hear)

    @asynccontextmanager
    async def work(
        self, job: str, limits: Limits, principal: str = "", worked: Callable[[int], None] = lambda cpu_ns: None
    ) -> AsyncIterator[Work]:
        """Does `job` as long as the block lasts; then it is ended, whatever it does. See `begin`."""
        work = await self.begin(job, limits, principal, worked)
        try:
            yield work
        finally:
            work.kill()

    async def begin(
        self, job: str, limits: Limits, principal: str = "", worked: Callable[[int], None] = lambda cpu_ns: None
    ) -> Work:
        """Begins `job`, once there is a place for it. Whoever calls this calls `kill` of what it gives, on every path.

        `worked` hears the nanoseconds of CPU that the work uses, as they become known. Raises Refusal where too much
        work waits, and OSError where the machine has no room for another process.
        """
        await self._places.take(principal)
        try:
            self.warm()
            number = next(self._numbers)
            ours, theirs = _sockets()
            with theirs:
                work = Work(number, limits, worked, self._kill, self._loop)
                self._working[number] = work
                self._tell(Begin(number, job, limits), [theirs.fileno()])
        except BaseException:
            self._places.give()
            raise
        try:
            await work.open(ours)
        except BaseException:
            ours.close()
            work.kill()
            raise
        return work

    def close(self) -> None:
        """Ends all work, and the zygote."""
        for work in list(self._working.values()):
            work.kill()
        self._lose_zygote()

    def _kill(self, number: int) -> None:
        if self._control is not None and number in self._working:
            self._tell(Kill(number))

    def _tell(self, message: Begin | Kill, files: list[int] | None = None) -> None:
        try:
            socket.send_fds(self._control, [_encode(message)], files or [])
        except OSError:  # it has died, or does not read any more
            self._lose_zygote()

    def _hear(self) -> None:
        for _ in range(_READ_AT_ONCE_MAX):
            try:
                data = self._control.recv(MESSAGE_BYTES_MAX)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._lose_zygote()
                return
            match _decode(data):
                case Began(number) as began:
                    if number in self._working:
                        self._working[number].began(began)
                case Ended(number) as ended:
                    self._end(number, ended)

    def _end(self, number: int, ended: Ended | None) -> None:
        work = self._working.pop(number, None)
        if work is not None:
            work.ended(ended)
            self._places.give()

    def _lose_zygote(self) -> None:
        """The zygote is gone, or is to go; its work goes with it. The next work starts another."""
        if self._control is None:
            return
        if not self._loop.is_closed():
            self._loop.remove_reader(self._control.fileno())
        self._control.close()
        self._control = None
        zygote, self._zygote = self._zygote, None
        zygote.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            zygote.wait(_END_S)
        for number in list(self._working):
            self._end(number, None)


def _sockets() -> tuple[socket.socket, socket.socket]:
    """What a piece of work is talked to by: our end and its own."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
    ours.setblocking(False)
    return ours, theirs
