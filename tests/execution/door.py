"""An admission on a node of its own, and those who go through it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from host.execution.admission import Admission, Claim
from host.execution.memory import MemoryPool, MemoryShare
from host.node.node import Node, Shared


async def turns(count: int = 5) -> None:
    """Lets everything run that is ready."""
    for _ in range(count):
        await asyncio.sleep(0)


class Door:
    """An admission on a node of its own, and claims to go through it with."""

    def __init__(self, slots: int, queue_max: int = 10, queue_timeout_s: float = 60, memory_mib: int = 1000) -> None:
        self._shared = Shared(1, 10, 2)
        self.node: Node = self._shared.join()
        self.memory = MemoryPool(self.node, memory_mib)
        self.changes: list[tuple[int, int]] = []
        self.admission = Admission(
            self.node, self.memory, queue_max, queue_timeout_s, lambda *both: self.changes.append(both)
        )
        self._slots = slots

    def close(self) -> None:
        self._shared.close()

    def claim(
        self, principal: str = "alice", policy: str = "wide", policy_max: int = 100, own_max: int = 100, mib: int = 1
    ) -> Claim:
        get = self.node.pools.get
        pools = (
            (get("node", "executions"), self._slots),
            (get("policy", policy), policy_max),
            (get("principal", principal), own_max),
        )
        return Claim(principal, policy, pools, mib)

    def begin(self, claim: Claim, order: list[str] | None = None, name: str = "") -> "Held":
        """Begins to go through with a claim, and notes in `order` when it has."""
        return Held(self.admission, claim, [] if order is None else order, name)

    def used(self) -> dict[str, int]:
        """What is taken of each pool of which something is."""
        pools = self.node.pools._pools
        return {f"{kind} {name}": pool.used for (kind, name), pool in pools.items() if pool.used}

    @property
    def counts(self) -> tuple[int, int]:
        assert not self.changes or self.changes[-1] == (self.admission.running, self.admission.queued)
        return self.admission.running, self.admission.queued

    def is_empty(self) -> bool:
        """Nothing runs, nobody waits, nothing is taken."""
        return self.counts == (0, 0) and self.used() == {} and not self.admission._waiting


class Held:
    """A task that holds a slot until it is let go."""

    def __init__(self, admission: Admission, claim: Claim, order: list[str], name: str) -> None:
        self.gate = asyncio.Event()
        self.share: MemoryShare | None = None
        self.task = asyncio.ensure_future(self._hold(admission, claim, order, name))

    async def _hold(self, admission: Admission, claim: Claim, order: list[str], name: str) -> None:
        async with admission.slot(claim) as self.share:
            order.append(name)
            await self.gate.wait()

    async def let_go(self) -> None:
        self.gate.set()
        await self.task


@contextmanager
def door(*arguments: int, **options: float) -> Iterator[Door]:
    """A door that is closed in the end, with nobody inside."""
    door = Door(*arguments, **options)
    try:
        yield door
        assert door.is_empty()
    finally:
        door.close()
