"""Interleaved rounds and the statistics on them.

The machines are shared: the speed of a whole minute can differ from the next one's. So contestants take turns
(ABC, BCA, CAB, ...), and a ratio is formed inside a round, between neighbours in time, before any median is taken.
"""

from collections.abc import Iterator, Sequence
from math import ceil, exp, log
from statistics import median
from typing import TypeVar

import msgspec

Contestant = TypeVar("Contestant")


class Ratio(msgspec.Struct, frozen=True):
    """The median of the per-round ratios, and how far they spread (no unit)."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.2f}× ({self.least:.2f}–{self.most:.2f})"


def interleave(contestants: Sequence[Contestant], rounds: int) -> Iterator[Contestant]:
    """Every contestant once a round; each round starts with the next one, so that no place in the order is favoured."""
    for turn in range(rounds):
        start = turn % len(contestants)
        yield from contestants[start:]
        yield from contestants[:start]


def paired_ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio | None:
    """Ours over theirs, round by round; ``None`` where one side has no figure."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=True) if b > 0] if ours and theirs else []
    return Ratio(median=median(ratios), least=min(ratios), most=max(ratios)) if ratios else None


def geometric_mean(values: Sequence[float]) -> float:
    return exp(sum(log(value) for value in values) / len(values))


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least `share` of them do not exceed (nearest rank): 0.99 of 30 is the largest."""
    assert values, "no values"
    assert 0 < share <= 1
    # Rounded, because 0.99 * 100 is a little more than 99.
    rank = ceil(round(share * len(values), 9))
    return sorted(values)[rank - 1]
