"""One policy file in its usual form, with its comments, and certainly with its meaning."""

import re

import msgspec
from msgspec import Struct

from host.policy.access import parse_access
from host.policy.diagnose import Diagnostic
from host.policy.fmt.tree import comments_of, read_tree
from host.policy.fmt.write import write_tree
from host.policy.parse import parse_policy
from host.policy.resolve import ACCESS_FILES

_LINE_BREAK = re.compile(r"\r\n?")


class Formatted(Struct, frozen=True):
    """`text` is the file in its usual form. None: it has errors (`diagnostics` tells them, with `source`), or it is
    written in a way that this cannot take apart for certain (`refused` says so)."""

    text: str | None
    source: str
    diagnostics: tuple[Diagnostic, ...] = ()
    refused: str | None = None


def format_file(file: str, data: bytes) -> Formatted:
    """Writes a file in its usual form. What that means, and its comments, are compared before it is given back."""
    meaning, source, diagnostics = _read(file, data)
    if meaning is None:
        errors = tuple(each for each in diagnostics if each.severity == "error")
        return Formatted(None, source, errors)
    text = _LINE_BREAK.sub("\n", source)
    written = write_tree(read_tree(text))
    if _read(file, written.encode())[0] != meaning:
        return Formatted(None, source, refused="it would not mean the same")
    if comments_of(written) != comments_of(text):
        return Formatted(None, source, refused="a comment would be lost")
    return Formatted(written, source)


def _read(file: str, data: bytes) -> tuple[object | None, str, tuple[Diagnostic, ...]]:
    """What a file means, comments, order and places left out; its text; and what is wrong with it."""
    if file in ACCESS_FILES:
        access = parse_access(file, data)
        return access.access, access.source, access.diagnostics
    parsed = parse_policy(file, data)
    if parsed.policy is None:
        return None, parsed.source, parsed.diagnostics
    tests = [msgspec.structs.replace(case, mark=None) for case in parsed.tests]
    return (parsed.policy, parsed.policy.digest, tests), parsed.source, parsed.diagnostics
