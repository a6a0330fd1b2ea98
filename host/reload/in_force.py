"""A worker's end: the policies and secrets in force, taken from the board when the main process has put others there.

What runs goes on under the policy that it began with. A worker that is started later begins with the newest.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import structlog

from host.errors import InternalError
from host.node.board import Board
from host.node.mail import Mail
from host.policy.model import Origin, Policy, PolicySet
from host.reload.snapshot import Snapshot, decode, unpack
from host.reload.state import LoadState
from host.secrets import SecretStore

#: The kind of note with which the main process tells of new policies.
NOTE = "policies"
#: How often a worker looks without being told: a note may be lost where the mailbox is full.
_LOOK_EVERY_S = 1.0

log = structlog.get_logger()


class InForce:
    """What is in force in this worker; for its event loop."""

    def __init__(self, board: Board) -> None:
        """Takes what the board has. Raises InternalError where it has nothing."""
        self._board = board
        self._listeners: list[Callable[[PolicySet], None]] = []
        number, snapshot = self._read()
        self._unpacked = {packed: unpack(packed) for packed in _pieces(snapshot)}
        self._take(number, snapshot, self._unpacked)

    @property
    def is_newest(self) -> bool:
        """Whether the board has nothing newer."""
        return self._board.number == self._number

    def secret(self, name: str) -> bytes | None:
        """A secret that a policy in force names; None where there is none."""
        return self._secrets.get(name)

    def on_change(self, listener: Callable[[PolicySet], None]) -> None:
        """Calls `listener` with each set of policies that comes into force from now on."""
        self._listeners.append(listener)

    async def renew(self) -> None:
        """Takes what the board has. One policy in a turn of the loop is decoded, and none that it knows."""
        number, snapshot = self._read()
        unpacked: dict[bytes, tuple[Policy, Origin]] = {}
        for packed in _pieces(snapshot):
            known = self._unpacked.get(packed)
            if known is None:
                await asyncio.sleep(0)
                known = unpack(packed)
            unpacked[packed] = known
        await asyncio.sleep(0)
        self._take(number, snapshot, unpacked)
        for listener in self._listeners:
            listener(self.policies)

    def _read(self) -> tuple[int, Snapshot]:
        read = self._board.read()
        if read is None:
            raise InternalError("there are no policies on the board")
        return read[0], decode(read[1])

    def _take(self, number: int, snapshot: Snapshot, unpacked: dict[bytes, tuple[Policy, Origin]]) -> None:
        found = {name: unpacked[packed] for name, packed in snapshot.policies.items()}
        self._number = number
        self._unpacked = unpacked
        self._secrets = SecretStore(snapshot.secrets)
        self.state: LoadState = snapshot.state
        self.policies = PolicySet(
            {name: policy for name, (policy, _) in found.items()},
            snapshot.access,
            origins={name: origin for name, (_, origin) in found.items()},
        )
        candidates = {name: unpacked[packed] for name, packed in snapshot.candidates.items()}
        #: Asked beside those in force.
        self.candidates = PolicySet(
            {name: policy for name, (policy, _) in candidates.items()},
            origins={name: origin for name, (_, origin) in candidates.items()},
        )
        # It was worked out where the files were read.
        self.policies.__dict__["digest"] = snapshot.state.digest


def _pieces(snapshot: Snapshot) -> Iterator[bytes]:
    yield from snapshot.policies.values()
    yield from snapshot.candidates.values()


@asynccontextmanager
async def renewing(in_force: InForce, mail: Mail) -> AsyncIterator[None]:
    """Meanwhile this worker takes what is new, on the event loop: when it is told, and when it looks."""
    told = asyncio.Event()
    mail.listen(NOTE, told.set)
    await _catch_up(in_force)
    task = asyncio.get_running_loop().create_task(_renew_always(in_force, told))
    try:
        yield
    finally:
        task.cancel()


async def _renew_always(in_force: InForce, told: asyncio.Event) -> None:
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY_S):
                await told.wait()
        told.clear()
        await _catch_up(in_force)


async def _catch_up(in_force: InForce) -> None:
    if in_force.is_newest:
        return
    try:
        await in_force.renew()
    except Exception as fault:
        log.error("new policies could not be taken", exc_info=fault)
