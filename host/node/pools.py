"""Counted things of which the node has so many and every worker takes some: slots, places in a queue, memory.

A worker leases a few more than it uses, so that most executions take and give back without the lock. A worker that
finds none says that it wants some, and the others give back what they have to spare.
"""

from collections.abc import Callable

from host.node.segment import WANTED, Segment

#: What a worker may keep unused: this part of its even share.
_SPARE_PART = 4
#: Rows beyond that share a bit of WANTED: a worker is then rung once too often.
_BITS = 62


class Pool:
    """One worker's end of a counted thing. `size` is how many the node has; it may differ from call to call, because
    policies are reloaded."""

    __slots__ = ("_at", "_bit", "_gave_away", "_ring", "_segment", "_view", "leased", "used")

    def __init__(self, segment: Segment, kind: str, name: str, ring: Callable[[], None]) -> None:
        self._segment = segment
        self._ring = ring
        self._at = segment.account(kind, name)
        self._view = segment.held(self._at)
        self._bit = 1 << segment.row % _BITS
        self._gave_away = False
        self.leased = 0
        self.used = 0

    def take(self, count: int, size: int) -> bool:
        """Takes `count` if the node has so many left. Where it has not, the other workers are told that some are
        wanted, and ring when they gave some back."""
        if self.leased - self.used < count and not self._lease(count, size):
            return False
        self.used += count
        return True

    def _lease(self, count: int, size: int) -> bool:
        missing = count - (self.leased - self.used)
        with self._segment.lock():
            free = size - sum(self._view)
            wanted = self._segment.words[self._at + WANTED]
            if free >= missing:
                self._segment.words[self._at + WANTED] = wanted & ~self._bit
                self.leased += min(free, missing + self._spare(size))
                self._view[self._segment.row] = self.leased
                return True
            self._segment.words[self._at + WANTED] = wanted | self._bit
        if not wanted & self._bit:
            self._ring()
        return False

    def _spare(self, size: int) -> int:
        return size // (_SPARE_PART * len(self._view))

    def give_back(self, count: int, size: int, waited_for: bool = False) -> None:
        """Gives `count` back. `waited_for` says that somebody in this worker waits for some too: then every other time
        it stays here."""
        self.used -= count
        wanted = self._wanted_by_others()
        if wanted and not (waited_for and self._gave_away):
            self._gave_away = True
            self._return(0)
            self._ring()
            return
        self._gave_away = False
        if self.leased - self.used > 2 * self._spare(size):
            self._return(self._spare(size))

    def _wanted_by_others(self) -> int:
        return self._segment.words[self._at + WANTED] & ~self._bit

    def _return(self, keep: int) -> None:
        with self._segment.lock():
            self.leased = self.used + keep
            self._view[self._segment.row] = self.leased
            self._segment.words[self._at + WANTED] &= self._bit

    def trim(self) -> bool:
        """Gives back what is unused if somebody wants it. True where there was some."""
        if self.leased == self.used or not self._wanted_by_others():
            return False
        self._return(0)
        return True


class Pools:
    """The pools of one worker, by kind and name. `ring` tells the other workers to look again."""

    def __init__(self, segment: Segment, ring: Callable[[], None]) -> None:
        self._segment = segment
        self._ring = ring
        self._pools: dict[tuple[str, str], Pool] = {}

    def get(self, kind: str, name: str) -> Pool:
        """The pool of this name, made when it is first asked for."""
        pool = self._pools.get((kind, name))
        if pool is None:
            pool = self._pools[kind, name] = Pool(self._segment, kind, name, self._ring)
        return pool

    def trim(self) -> None:
        """Gives back what other workers want and this one does not use."""
        trimmed = sum(pool.trim() for pool in self._pools.values())
        if trimmed:
            self._ring()
