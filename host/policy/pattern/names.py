"""Patterns of names (`reports-*`): a name, or the beginning of one with a star behind it."""

import re

from host.policy.pattern.fault import PatternError

_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\*?|\*")


def parse_name_pattern(text: str) -> str:
    """Checks a pattern, and gives it back. Raises PatternError."""
    if _PATTERN.fullmatch(text):
        return text
    if text.count("*") > 1 or "*" in text[:-1]:
        raise PatternError("has a `*` that is not at the end", "Write the beginning of the name and then `*`.")
    if text != text.lower() and _PATTERN.fullmatch(text.lower()):
        raise PatternError("has capital letters", f"Write `{text.lower()[:64]}`.")
    raise PatternError("is no name and no beginning of one", "Names are made of a-z, 0-9, `-` and `_`.")


def name_matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def name_covers(pattern: str, other: str) -> bool:
    """Whether each name that `other` matches is matched by `pattern` too."""
    if pattern.endswith("*"):
        return other.removesuffix("*").startswith(pattern[:-1])
    return pattern == other
