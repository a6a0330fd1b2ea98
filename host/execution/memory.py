"""Shares of the memory that executions may use on this node together.

An execution that is being run counts with all that it could take: its policy's cap, and its native stack. One that
waits cannot grow, and counts with what it has. So a thousand sleepers fit where their caps would not, and yet what is
promised to those who run is always there: one that goes on after a wait takes its full share again first, and waits for
it if it has to.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from host.node.node import Node
from host.node.pools import Pool

MIB = 1 << 20
#: New executions get in up to this part of the memory; the rest is for those who go on, so that they always can.
_FOR_NEW_ONES = 7 / 8


class MemoryPool:
    """`size_mib` is what the node's executions may have together. `on_change` hears what this worker's have."""

    def __init__(self, node: Node, size_mib: int, on_change: Callable[[int], None] = lambda used_mib: None) -> None:
        self.size_mib = size_mib
        self._on_change = on_change
        self._pools = node.pools
        self.for_new_ones_mib = int(size_mib * _FOR_NEW_ONES)
        self._pool: Pool = node.pools.get("node", "memory")
        self._growing: deque[tuple[MemoryShare, asyncio.Future]] = deque()
        #: Called when an execution that waits gave some back.
        self.on_freed: Callable[[], None] = lambda: None

    def take(self, full_mib: int) -> "MemoryShare | None":
        """The full share of a new execution, or None where there is not so much. One whose share is larger than what
        is for new ones gets in where it fits at all."""
        if self._growing or not self._pool.take(full_mib, self._room_for(full_mib)):
            return None
        self._on_change(self._pool.used)
        return MemoryShare(self, full_mib)

    def _room_for(self, full_mib: int) -> int:
        return min(self.size_mib, max(full_mib, self.for_new_ones_mib))

    def add(self, mib: int) -> bool:
        """Takes more for an execution that goes on."""
        taken = self._pool.take(mib, self.size_mib)
        self._on_change(self._pool.used)
        return taken

    def subtract(self, mib: int) -> None:
        """Gives some back."""
        self._pool.give_back(mib, self.size_mib, bool(self._growing))
        self._on_change(self._pool.used)

    async def grow(self, share: "MemoryShare", timeout_s: float) -> bool:
        """Waits until `share` is full again. False when the time is up, or `give_up` is called, first."""
        if share.full or (not self._growing and share.fill()):
            return True
        entry = share, asyncio.get_running_loop().create_future()
        self._growing.append(entry)
        try:
            async with asyncio.timeout(timeout_s):
                return await entry[1]
        except TimeoutError:
            return False
        finally:
            if entry in self._growing:
                self._growing.remove(entry)

    def give_up(self, share: "MemoryShare") -> None:
        """Ends the wait of `share`, if it waits."""
        for waiting, filled in self._growing:
            if waiting is share and not filled.done():
                filled.set_result(False)

    def hand_out(self) -> None:
        """Lets those go on for whom there is memory now, first come first served."""
        while self._growing:
            share, filled = self._growing[0]
            if not filled.done() and not share.fill():
                break
            self._growing.popleft()
            if not filled.done():
                filled.set_result(True)
        self._pools.let_go((self._pool,))


class MemoryShare:
    """What one execution has of the memory: all that it could take while it runs, what it holds while it waits."""

    __slots__ = ("_full_mib", "_held_mib", "_pool")

    def __init__(self, pool: MemoryPool, full_mib: int) -> None:
        self._pool = pool
        self._full_mib = self._held_mib = full_mib

    def rest(self, memory_bytes: int) -> None:
        """The execution waits from now on and holds `memory_bytes`."""
        held_mib = min(-(-memory_bytes // MIB), self._full_mib)
        if held_mib < self._held_mib:
            self._pool.subtract(self._held_mib - held_mib)
            self._held_mib = held_mib
            self._pool.on_freed()

    def fill(self) -> bool:
        """Takes what the execution may need to go on; False where it is not there."""
        if self._held_mib < self._full_mib:
            if not self._pool.add(self._full_mib - self._held_mib):
                return False
            self._held_mib = self._full_mib
        return True

    @property
    def full(self) -> bool:
        """Whether it is all that the execution could take."""
        return self._held_mib == self._full_mib

    async def wake(self, timeout_s: float) -> bool:
        """Takes it, and waits for it at most so long. False where it did not come, or nobody wants it any more."""
        return await self._pool.grow(self, timeout_s)

    def give_up(self) -> None:
        """The execution is to end: it waits no more."""
        self._pool.give_up(self)

    def close(self) -> None:
        """Gives everything back."""
        self._pool.subtract(self._held_mib)
        self._held_mib = self._full_mib = 0
