"""A mistake in a policy file as a value, the collector of them, and their text for a terminal."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal

from msgspec import Struct

DIAGNOSTICS_MAX = 100
"""Diagnostics kept for one file: a person reads no more, and garbage could give a million."""

CODES: dict[str, str] = {
    "access-gone": "there were access rules, and there are none any more",
    "alias": "an alias (`*name`) stands in the file",
    "anchor": "an anchor (`&name`) stands in the file",
    "any-address": "a rule lets names resolve to addresses that are not public",
    "any-algorithm": "a rule grants every algorithm of an operation",
    "any-host": "a rule is about every host, or every host under a top-level name",
    "any-method": "a rule is about every method",
    "any-port": "a rule is about every port",
    "audit-long": "a policy audits for longer than anybody should",
    "audit-over": "a policy's audit is over, and it enforces",
    "bad-address": "a range of addresses is not one",
    "bad-date": "a day is not one",
    "bad-header": "a header is not one, or is the host's own",
    "bad-host": "a pattern of hosts is not one",
    "bad-manifest": "the manifest of a signed folder is not one",
    "bad-method": "a method is not one, or can never be granted",
    "bad-name": "a name has other characters than a-z, 0-9 and -",
    "bad-path": "a pattern of paths is not one",
    "bad-secret": "a reference to a secret is wrong, or stands where none can",
    "bad-signature": "the signature of a folder is not one of its manifest by the key that is trusted",
    "bad-test": "a test does not say what is tested, or what is expected",
    "bad-token": "a token_sha256 is not the SHA-256 of a token, in hexadecimal",
    "bad-unit": "a quantity is not written as a number with one of its units",
    "bad-value": "a value is not one of those that are possible",
    "bad-version": "the version of the format is not one that this program reads",
    "control-character": "an invisible or control character stands in the file",
    "directive": "a YAML directive (`%`) stands in the file",
    "duplicate-item": "a list names something twice",
    "duplicate-key": "a map has a key twice",
    "duplicate-name": "two policies, or two principals, have one name",
    "duplicate-token": "two principals have one token",
    "empty": "the file holds nothing",
    "extends-cycle": "policies extend each other in a circle",
    "extends-deep": "a policy extends one that extends one, too many times",
    "forbidden-module": "a module that no policy can give is listed",
    "grants-nothing": "something legal has no effect",
    "host-case": "a host is written in capitals",
    "inline-secret": "something that looks like a credential stands in the file",
    "internal": "a folder could not be judged, for no fault of its own",
    "key-type": "a key is not text",
    "lookalike-host": "a host looks like another one to people",
    "many-documents": "the file holds more than one YAML document",
    "merge-key": "a merge key (`<<`) stands in the file",
    "missing-key": "a key that has to be there is not",
    "missing-secret": "a secret is named that the service does not have",
    "no-name": "a rule has no name",
    "no-policies": "the folder holds no policy",
    "no-value": "a key has nothing behind it",
    "not-signed": "something stands in a signed folder that was not signed",
    "not-utf8": "the file is not UTF-8 text",
    "out-of-range": "a number is under its minimum or over its ceiling",
    "over-ceiling": "a policy asks for more than the server gives",
    "plain-http": "a rule is about requests that anybody on the way can read",
    "rolled-back": "a signed folder is older than the one in force",
    "secret-over-http": "a secret would be sent where anybody on the way can read it",
    "signed-changed": "a file is not as it was when it was signed",
    "signed-missing": "a file was signed, and is not there",
    "swallowed-grant": "a rule lets nothing through that another does not",
    "tab": "a tab stands in the file",
    "tag": "a YAML tag (`!name`) stands in the file",
    "too-deep": "lists and maps are nested too deep",
    "too-large": "the file, or a folder, holds more than is read",
    "too-many": "more diagnostics than are kept",
    "two-access-files": "access.yaml and access.yml are both there",
    "unknown-algorithm": "an algorithm is named that there is not",
    "unknown-grant": "a rule is named that the policy does not have",
    "unknown-key": "a key has no meaning where it stands",
    "unknown-module": "a module that the guest does not have is listed",
    "unknown-policy": "a policy is named that does not exist",
    "unreadable": "a file or the folder cannot be read",
    "unsettled": "files change while they are read",
    "unsigned": "a folder is not signed, and has to be",
    "unused-grant": "a rule cannot be used, since something else is missing",
    "weak-algorithm": "an algorithm is granted that is broken",
    "wider-than-parent": "a policy asks for more than the one that it extends",
    "wrong-type": "a value is of the wrong kind: a list where text should be, say",
    "yaml-syntax": "the file is not YAML",
    "yaml-trap": "text is something else to older YAML readers",
}
"""Every code a diagnostic can have, and its meaning. A code is never used for something else later."""

Severity = Literal["error", "warning"]

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_SHOWN_CHARS = 60
_WINDOW_COLUMNS = 100


class Mark(Struct, frozen=True, order=True):
    """A place in a file. Lines and columns count from 1, columns in characters."""

    line: int
    column: int


START = Mark(1, 1)


class Diagnostic(Struct, frozen=True, forbid_unknown_fields=True):
    """One mistake (`error`), or one thing that is legal and unwise (`warning`), with its place and what to do."""

    code: str
    severity: Severity
    message: str
    file: str
    line: int
    column: int
    fix: str | None = None


class Findings:
    """What is found while one file is read: its diagnostics, and where each value of it stands."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.marks: dict[str, Mark] = {}
        self._diagnostics: list[Diagnostic] = []

    @property
    def full(self) -> bool:
        """Whether reading on is pointless, because nothing more is kept."""
        return len(self._diagnostics) > DIAGNOSTICS_MAX

    @property
    def failed(self) -> bool:
        return any(diagnostic.severity == "error" for diagnostic in self._diagnostics)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """The diagnostics in the order of the file."""
        return tuple(sorted(self._diagnostics, key=lambda found: (found.line, found.column)))

    def error(self, code: str, mark: Mark, message: str, fix: str | None = None) -> None:
        self._add(code, "error", mark, message, fix)

    def warning(self, code: str, mark: Mark, message: str, fix: str | None = None) -> None:
        self._add(code, "warning", mark, message, fix)

    def _add(self, code: str, severity: Severity, mark: Mark, message: str, fix: str | None) -> None:
        assert code in CODES, code
        if self.full:
            return
        if len(self._diagnostics) == DIAGNOSTICS_MAX:
            # An error even if all before were warnings: what was not looked at cannot be called valid.
            code, severity, fix = "too-many", "error", None
            message = f"more than {DIAGNOSTICS_MAX} diagnostics: the rest of this file was left out"
        self._diagnostics.append(Diagnostic(code, severity, message, self.file, mark.line, mark.column, fix))


def printable(text: str) -> str:
    """`text` on one line, with everything a terminal or a log would act on written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def quote(text: str) -> str:
    """`text` from a file as it stands in a message: in backticks, printable and cut short."""
    shown = printable(text[:_SHOWN_CHARS]).replace("`", "'")
    return f"`{shown}…`" if len(text) > _SHOWN_CHARS else f"`{shown}`"


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that `word` was probably meant to be, or None."""
    by_folded = {choice.casefold(): choice for choice in choices}
    found = get_close_matches(word[:_SHOWN_CHARS].casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def suggest(word: str, choices: Iterable[str]) -> str:
    """The `fix` for a word that is none of `choices`."""
    choices = sorted(choices)
    near = nearest(word, choices)
    if near is not None:
        return f"Did you mean {quote(near)}?"
    return f"Possible here: {', '.join(choices)}." if choices else "Remove it."


def render(diagnostic: Diagnostic, source: str | None = None) -> str:
    """The diagnostic for a person: place and message, the line with a caret (where `source`, the file's text, is
    given), and the fix. Several lines, without a line break at the end; safe to print whatever the file holds."""
    where = f"{printable(diagnostic.file)}:{diagnostic.line}:{diagnostic.column}"
    lines = [f"{where}: {diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    lines += _excerpt(diagnostic, source)
    if diagnostic.fix is not None:
        lines.append(f"  = fix: {diagnostic.fix}")
    return "\n".join(lines)


def _excerpt(diagnostic: Diagnostic, source: str | None) -> list[str]:
    if diagnostic.code in ("bad-token", "inline-secret"):
        # What was put there may well be a token or a key, and this text ends up in the logs of a CI.
        return []
    lines = _LINE_BREAK.split(source) if source else []
    if diagnostic.line > len(lines):
        return []
    line, caret = lines[diagnostic.line - 1], diagnostic.column - 1
    start = max(0, caret - _WINDOW_COLUMNS // 2) if caret > _WINDOW_COLUMNS else 0
    before = printable(line[start:caret])
    after = printable(line[caret : start + _WINDOW_COLUMNS])
    gutter = f"{diagnostic.line:>5} | "
    return [f"{gutter}{before}{after}", f"{' ' * (len(gutter) - 2)}| {' ' * _columns(before)}^"]


def _columns(text: str) -> int:
    """The width of `text` in a terminal, where Chinese and the like take two columns."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
