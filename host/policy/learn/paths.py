"""Paths as patterns: just those that were seen, or with a star where only an identifier changes."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

from host.policy.pattern.fault import PatternError
from host.policy.pattern.paths import MANY, ONE, PathPattern, parse_path

Segments = tuple[str, ...]

#: Parts of paths that name one thing among many: numbers, UUIDs, long hexadecimal, and days.
_IDENTIFIER = re.compile(
    r"[0-9]+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?=[a-fA-F]*[0-9])[0-9a-fA-F]{8,}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}"
)


def pattern_of(segments: Segments) -> PathPattern | None:
    """The pattern that matches this path alone; None where no file can hold one."""
    pattern = PathPattern(segments)
    if ONE in segments or MANY in segments or not pattern.text.isprintable():
        return None
    try:
        return pattern if parse_path(pattern.text) == pattern else None
    except PatternError:
        return None


def generalise(seen: Collection[Segments]) -> dict[Segments, Segments]:
    """What each path becomes: with a star in place of an identifier where paths were seen that are the same but for
    identifiers at that place. One of which only one was seen stays as it is."""
    alike: dict[Segments, list[Segments]] = defaultdict(list)
    for path in seen:
        alike[tuple(ONE if _IDENTIFIER.fullmatch(part) else part for part in path)].append(path)
    found = {}
    for shape, paths in alike.items():
        varies = [len({path[at] for path in paths}) > 1 for at in range(len(shape))]
        template = tuple(ONE if varies[at] else paths[0][at] for at in range(len(shape)))
        found |= dict.fromkeys(paths, template)
    return found


def without_covered(patterns: Iterable[Segments]) -> dict[Segments, Segments]:
    """Which of the patterns holds each of them: itself, unless another one covers it."""
    kept = {each: PathPattern(each) for each in sorted(set(patterns))}
    starred = {each: pattern for each, pattern in kept.items() if ONE in each}
    return {each: _coverer(each, pattern, starred) for each, pattern in kept.items()}


def _coverer(path: Segments, pattern: PathPattern, starred: dict[Segments, PathPattern]) -> Segments:
    wider = [each for each, other in starred.items() if each != path and other.covers(pattern)]
    # The widest: one that no other of them covers.
    return max(wider, key=lambda each: (each.count(ONE), each), default=path)
