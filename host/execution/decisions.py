"""What was decided in one execution: in order, and bounded, however many calls its code makes."""

from host.capabilities.base import Decided

#: Decisions that are kept one by one, with what came of each.
SINGLE_MAX = 200
#: Further ones, kept once for all that are alike.
ALIKE_MAX = 800


class Decisions:
    """The decisions of one execution. After the first SINGLE_MAX, equal ones are counted on the one that is kept, so
    that a loop cannot hide what comes after it.

    For whichever thread runs the guest, and for the event loop: nothing here is worse than a count too few when both
    add at once.
    """

    __slots__ = ("_kept", "_known", "beyond")

    def __init__(self) -> None:
        self._kept: list[Decided] = []
        self._known: dict[object, Decided] = {}
        #: Those that are not kept in any way: an execution made more than ALIKE_MAX different ones.
        self.beyond = 0

    def add(self, decided: Decided) -> None:
        """Takes one more."""
        kept = self._kept
        if len(kept) < SINGLE_MAX:
            kept.append(decided)
            return
        if not self._known:
            self._known = {_what(each): each for each in kept}
        same = self._known.get(_what(decided))
        if same is not None:
            same.times += 1
        elif len(kept) < SINGLE_MAX + ALIKE_MAX:
            kept.append(decided)
            self._known[_what(decided)] = decided
        else:
            self.beyond += 1

    def all(self) -> tuple[Decided, ...]:
        """Those that are kept, in order."""
        return tuple(self._kept)


def _what(decided: Decided) -> object:
    """What equal decisions have in common. A decision follows from its request, where it has one."""
    return decided.request if decided.request is not None else decided.decision
