"""Path patterns: parts between slashes, `*` for exactly one of them, `**` for any number."""

import itertools

from msgspec import Struct

from host.policy.pattern.fault import PatternError
from host.policy.url import split_segment

PATH_CHARS_MAX = 1_024
ONE, MANY = "*", "**"
_OTHER = "\0"
"""A part of a path that no pattern spells out."""


class PathPattern(Struct, frozen=True, order=True):
    """Which paths a rule is about. Parts are decoded once, as those of a request are.

    `*` takes one part that is not empty, `**` any number of parts. A path that ends in a slash has an empty last part.
    """

    segments: tuple[str, ...]

    @property
    def text(self) -> str:
        return "/" + "/".join(part if part in (ONE, MANY) else _encode(part) for part in self.segments)

    def matches(self, segments: tuple[str, ...]) -> bool:
        at = self._open({0})
        for part in segments:
            at = self._step(at, part)
        return len(self.segments) in at

    def covers(self, other: "PathPattern") -> bool:
        """Whether each path that `other` matches is matched by this one too: both are walked at once over every kind
        of part that either of them can tell apart."""
        parts = {*self.segments, *other.segments, _OTHER, ""} - {ONE, MANY}
        start = (other._open({0}), self._open({0}))
        seen, waiting = {start}, [start]
        while waiting:
            theirs, ours = waiting.pop()
            if len(other.segments) in theirs and len(self.segments) not in ours:
                return False
            for part in parts:
                after = (other._step(theirs, part), self._step(ours, part))
                if after[0] and after not in seen:
                    seen.add(after)
                    waiting.append(after)
        return True

    def sample(self) -> tuple[str, ...]:
        """A path that this pattern matches, and of the others only those that cover it, or nearly so."""
        return tuple(_OTHER if part == ONE else part for part in self.segments if part != MANY)

    def _open(self, at: set[int]) -> frozenset[int]:
        """`at`, and every place that is reached without a further part: `**` may stand for none."""
        reached = set(at)
        for place in at:
            while place < len(self.segments) and self.segments[place] == MANY:
                place += 1
                reached.add(place)
        return frozenset(reached)

    def _step(self, at: frozenset[int], part: str) -> frozenset[int]:
        after = set()
        for place in at:
            if place == len(self.segments):
                continue
            expected = self.segments[place]
            if expected == MANY:
                after.add(place)
            elif expected == part or (expected == ONE and part):
                after.add(place + 1)
        return self._open(after)


ANY_PATH = PathPattern((MANY,))


def parse_path(text: str) -> PathPattern:
    """Reads a path pattern. Raises PatternError."""
    if "://" in text:
        raise PatternError("is a URL, and a path is meant", "Write the path alone, beginning with `/`.")
    if not text.startswith("/"):
        raise PatternError("does not begin with a slash", f"Write `/{text[:80]}`.")
    if len(text) > PATH_CHARS_MAX:
        raise PatternError(f"has more than {PATH_CHARS_MAX:,} characters", "Shorten it with `*` or `**`.")
    for character, what in (("?", "a query"), ("#", "a fragment")):
        if character in text:
            fix = f"Write `{text.split(character)[0]}`: only the path is compared."
            raise PatternError(f"has {what} behind the path", fix)
    if text.split() != [text]:
        raise PatternError("has a blank inside", "Write a blank in a path as `%20`.")
    written = text[1:].split("/")
    if "" in written[:-1]:
        raise PatternError("has two slashes in a row", "Write one.")
    parts = tuple(_part(part) for part in written)
    if any(pair == (MANY, MANY) for pair in itertools.pairwise(parts)):
        raise PatternError("has `**` twice in a row", "Write it once: it stands for any number of parts.")
    return PathPattern(parts)


def _part(written: str) -> str:
    if written in (ONE, MANY):
        return written
    if "*" in written:
        raise PatternError(
            "has a `*` that is not a whole part of the path",
            "`*` stands for one whole part and `**` for any number; write `/files/*`, say.",
        )
    if written in (".", ".."):
        raise PatternError("has a part that climbs", "Write the path that it leads to.")
    part, doubt = split_segment(written)
    if doubt is not None:
        raise PatternError(f"{doubt}, and would match nothing", "Write the part as servers mean it.")
    return part


def _encode(part: str) -> str:
    return "".join(c if c not in "%*?# \t" else f"%{ord(c):02X}" for c in part)
