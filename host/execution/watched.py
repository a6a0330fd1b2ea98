"""What is told of an execution's decisions: figures for the node, and each of them for whoever records them."""

from collections import Counter
from collections.abc import Callable

from msgspec import Struct

from host.capabilities.base import Decided
from host.policy.decide.compare import Would
from host.policy.model import Policy

#: Kinds of differences that a worker counts apart.
DIFFERENCES_MAX = 20_000


class DecidedExecution(Struct, frozen=True):
    """The decisions of one execution that has ended, however it did. `beyond` are those that were not kept."""

    execution_id: str
    principal: str
    policy: Policy
    audited: bool
    decided: tuple[Decided, ...]
    beyond: int


OnDecided = Callable[[DecidedExecution], None]


class Difference(Struct, frozen=True):
    """How often a candidate would have decided otherwise, by policy, capability and what it would have done."""

    policy: str
    capability: str
    would: Would
    count: int


class Differences:
    """Where candidates differ from the policies in force, as this worker has seen it since it began."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, Would]] = Counter()

    def add(self, ended: DecidedExecution) -> None:
        """Counts what is different in one execution."""
        for each in ended.decided:
            if each.would is None:
                continue
            key = (ended.policy.name, each.capability, each.would)
            if key in self._counts or len(self._counts) < DIFFERENCES_MAX:
                self._counts[key] += each.times

    def all(self) -> list[Difference]:
        """The counts that are not 0."""
        return [Difference(*key, count) for key, count in sorted(self._counts.items())]


def summed(many: list[Difference]) -> list[Difference]:
    """Those of several workers as one."""
    total: Counter[tuple[str, str, Would]] = Counter()
    for each in many:
        total[each.policy, each.capability, each.would] += each.count
    return [Difference(*key, count) for key, count in sorted(total.items())]
