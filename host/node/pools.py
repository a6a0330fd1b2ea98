"""Counted things of which the node has so many and every worker takes some: slots, places in a queue, memory.

A worker leases a few more than it uses, so that most executions take and give back without the lock. A worker that
finds none says that it wants some, and the others give back what they have to spare. One that gave back what others
want takes none for itself until it is rung again: else it would have it back before they have woken up.
"""

from collections.abc import Callable, Iterable

from host.node.segment import WANTED, Segment

#: What a worker may keep unused: this part of its even share.
_SPARE_PART = 4


class Pool:
    """One worker's end of a counted thing. `size` is how many the node has; it may differ from call to call, because
    policies are reloaded."""

    __slots__ = (
        "_at", "_bit", "_gave_away", "_leased_of", "_ring", "_segment", "_sought", "_view", "_wants", "_yields",
        "leased", "used",
    )  # fmt: skip

    def __init__(self, segment: Segment, kind: str, name: str, ring: Callable[[], None]) -> None:
        self._segment = segment
        self._ring = ring
        self._at = segment.account(kind, name)
        self._view = segment.held(self._at)
        self._bit = segment.wanted_bit(segment.row)
        self._gave_away = False
        self._yields = False
        #: Whether its bit of WANTED is set, and whether somebody has asked in vain since the last look.
        self._wants = False
        self._sought = False
        #: The size under which `leased` was last found to be no more than the node has.
        self._leased_of = 0
        self.leased = 0
        self.used = 0

    def take(self, count: int, size: int) -> bool:
        """Takes `count` if the node has so many left. Where it has not, the other workers are told that some are
        wanted, and ring when they gave some back."""
        if (self.leased - self.used < count or size < self._leased_of) and not self._lease(count, size):
            return False
        self.used += count
        return True

    def _lease(self, count: int, size: int) -> bool:
        with self._segment.lock():
            wanted = self._segment.words[self._at + WANTED]
            # What this worker has to spare is free to it, but not where it was leased when the node had more.
            free = size - sum(self._view) + self.leased - self.used
            if free >= count and not (self._yields and wanted & ~self._bit):
                self._segment.words[self._at + WANTED] = wanted & ~self._bit
                self.leased = self.used + min(free, count + self._spare(size))
                self._view[self._segment.row] = self.leased
                self._leased_of = size
                self._wants = False
                return True
            self._segment.words[self._at + WANTED] = wanted | self._bit
        self._wants = self._sought = True
        if not wanted & self._bit:
            self._ring()
        return False

    def _spare(self, size: int) -> int:
        return size // (_SPARE_PART * len(self._view))

    def give_back(self, count: int, size: int, waited_for: bool = False) -> None:
        """Gives `count` back. `waited_for` says that somebody in this worker waits for some too: then every other time
        it stays here."""
        self.used -= count
        if self._wanted_by_others() and not (waited_for and self._gave_away):
            self._gave_away = self._yields = True
            self._return(0)
            self._ring()
            return
        self._gave_away = False
        if not waited_for and self.leased - self.used > 2 * self._spare(size):
            self._return(self._spare(size))

    def _wanted_by_others(self) -> int:
        return self._segment.words[self._at + WANTED] & ~self._bit

    def _return(self, keep: int) -> None:
        with self._segment.lock():
            self.leased = self.used + keep
            self._view[self._segment.row] = self.leased

    def put_back(self, count: int) -> None:
        """Undoes a `take` that was of no use. The caller lets go afterwards."""
        self.used -= count

    def let_go(self) -> bool:
        """Gives back what is unused if somebody wants it. True where there was some: the others want to be rung."""
        if self.leased == self.used or not self._wanted_by_others():
            return False
        self._return(0)
        return True

    def return_unused(self) -> None:
        """Gives back what this worker keeps for later, and wants no more."""
        self._return(0)
        self._wants = True
        self.begin_look()
        self.end_look()

    def begin_look(self) -> None:
        """Others had their turn, and it is to be seen whether anybody here still wants some."""
        self._yields = self._sought = False

    def end_look(self) -> bool:
        """True where the others want to be rung, because this worker gave some back or wants none any more."""
        given_up = self._wants and not self._sought
        if given_up:
            self._wants = False
            with self._segment.lock():
                self._segment.words[self._at + WANTED] &= ~self._bit
        return self.let_go() or given_up


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

    def return_unused(self) -> None:
        """Gives back what this worker keeps for later."""
        for pool in self._pools.values():
            pool.return_unused()

    def look_again(self, hand_out: Callable[[], None]) -> None:
        """After a ring: `hand_out` gives what there is to those who wait here, and the others get the rest."""
        for pool in self._pools.values():
            pool.begin_look()
        hand_out()
        self.let_go(self._pools.values(), Pool.end_look)

    def let_go(self, pools: Iterable[Pool], how: Callable[[Pool], bool] = Pool.let_go) -> None:
        """Gives back what others want and this worker does not use."""
        if sum(how(pool) for pool in pools):
            self._ring()
