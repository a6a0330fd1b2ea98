"""A set of requests as few rules: each rule lets through every combination of its hosts, methods and paths, so rules
are joined only where every combination was seen."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator
from itertools import permutations

Triple = tuple[Hashable, Hashable, Hashable]
Box = tuple[frozenset, frozenset, frozenset]


def boxes(triples: Collection[Triple]) -> list[Box]:
    """Boxes that have no triple in common and together hold `triples`, and no other. As few as joining like with like
    finds, in whichever order of the three is best; not always the fewest that there could be, which nobody can find
    in reasonable time."""
    # Among equals the one that joins hosts last: people think of what is done at a host.
    tried = [_joined(triples, order) for order in permutations((1, 2, 0))]
    return min(tried, key=lambda found: (len(found), sum(len(side) for box in found for side in box)))


def _joined(triples: Collection[Triple], order: tuple[int, ...]) -> list[Box]:
    """Joins what differs in the first of `order` alone, then in the second, then in the third."""
    found: set[Box] = {tuple(frozenset((value,)) for value in triple) for triple in triples}
    for side in order:
        found = set(_join(found, side))
    return list(found)


def _join(found: set[Box], side: int) -> Iterator[Box]:
    alike: dict[tuple, set] = defaultdict(set)
    for box in found:
        alike[box[:side] + box[side + 1 :]] |= box[side]
    for rest, values in alike.items():
        yield (*rest[:side], frozenset(values), *rest[side:])
