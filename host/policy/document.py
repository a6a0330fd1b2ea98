"""Strict YAML: bytes in, nodes with their places out.

A policy is read by people of several teams and by several programs, so only the part of YAML 1.2 is taken that all
of them read alike: no aliases, anchors, tags, merge keys, directives, tabs or second documents, and plain text never
turns into a date or an octal number. PyYAML gives the events; what they mean is decided here.

PyYAML has two parsers, and the one in C is twenty times as quick. It takes some wrong files that the one in Python
refuses, and the other way round, and tells faults at other places. So the one in Python has the word: the one in C
reads only what holds none of the things they are known to differ on, and whatever then turns out to be unusual in any
way is read again.
"""

import re

import yaml
from msgspec import Struct

from host.policy.diagnose import START, Findings, Mark, quote

FILE_BYTES_MAX = 1 << 20
DEPTH_MAX = 32
NODES_MAX = 50_000

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
# Controls, the line breaks of Unicode, and what is invisible or turns the direction of text: a reviewer must see
# what the parser sees. A tab is named apart in messages.
_UNSEEN = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]"
)
_UNSEEN_VALUE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)
# Tags, directives, and what stands behind `|` or `>`: the two parsers differ on these.
_UNUSUAL = re.compile(r"[!%]|[|>]\S")
_QUICK_LOADER = getattr(yaml, "CSafeLoader", None)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?")


class Scalar(Struct, frozen=True):
    """Text. `plain` is False where it stands in quotes or in a block."""

    text: str
    plain: bool
    mark: Mark

    @property
    def value(self) -> str | bool | None:
        """What YAML 1.2 makes of it, except that a number stays its text (see `kind`)."""
        if not self.plain:
            return self.text
        if self.text in _NULL:
            return None
        if self.text in _TRUE or self.text in _FALSE:
            return self.text in _TRUE
        return self.text

    @property
    def kind(self) -> str:
        """`nothing`, `a boolean`, `a number` or `text`. Whatever two YAML readers could differ on is text."""
        if self.value is None:
            return "nothing"
        if isinstance(self.value, bool):
            return "a boolean"
        return "a number" if self.plain and _NUMBER.fullmatch(self.text) else "text"


class Sequence(Struct, frozen=True):
    items: "tuple[Node, ...]"
    mark: Mark
    kind = "a list"


class Entry(Struct, frozen=True):
    """One `key: value` of a map."""

    key: Scalar
    value: "Node"


class Mapping(Struct, frozen=True):
    entries: tuple[Entry, ...]
    mark: Mark
    kind = "a map"


class Broken(Struct, frozen=True):
    """Stands for a node that was reported already, so that nobody reports it again."""

    mark: Mark
    kind = "nothing"


Node = Scalar | Sequence | Mapping | Broken


def decode(found: Findings, data: bytes) -> str | None:
    """The text of a file, without a byte order mark at its start; None where it is not text (reported)."""
    if len(data) > FILE_BYTES_MAX:
        found.error("too-large", START, "the file is larger than 1 MiB", "Split it into several policies.")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        before = _LINE_BREAK.split(data[: fault.start].decode("utf-8").removeprefix("\ufeff"))
        place = Mark(len(before), len(before[-1]) + 1)
        message = f"the byte 0x{data[fault.start]:02x} is not UTF-8"
        found.error("not-utf8", place, message, "Save the file as UTF-8.")
        return None
    return text.removeprefix("\ufeff")


def read_document(found: Findings, text: str) -> Node | None:
    """The one document of `text`; None where there is none or reading had to stop (reported)."""
    if _report_unseen(found, text):
        return None
    quick = _read_quickly(text)
    if quick is not None:
        return quick
    try:
        loader = yaml.SafeLoader(text)
        return _Composer(found, loader).document()
    except _Stop:
        return None
    except yaml.YAMLError as fault:
        _report_syntax(found, text, fault)
    except (ValueError, OverflowError):
        # What the parser makes of an escape beyond Unicode (`"\U00110000"`). It stopped at the digits.
        place = Mark(loader.line + 1, loader.column + 1)
        found.error("yaml-syntax", place, "an escape in quoted text is not a character", "Remove the escape.")
    return None


def _read_quickly(text: str) -> Node | None:
    """The document of a file with nothing unusual in it; None for any other, and where there is no parser in C."""
    if _QUICK_LOADER is None or _UNUSUAL.search(text):
        return None
    unused = Findings("")
    composer = _Composer(unused, _QUICK_LOADER(text))
    try:
        root = composer.document()
    except (_Stop, yaml.YAMLError, ValueError, OverflowError):
        return None
    return None if unused.failed or composer.any_empty else root


class _Stop(Exception):
    """Reading on would cost more than it could tell. What stopped it was reported."""


class _Composer:
    """Turns events into nodes, reporting on the way whatever a policy may not hold."""

    def __init__(self, found: Findings, loader: yaml.SafeLoader) -> None:
        self._found = found
        self._loader = loader
        self._nodes = 0
        self.any_empty = False

    def document(self) -> Node | None:
        self._loader.get_event()
        start = self._loader.get_event()
        if isinstance(start, yaml.StreamEndEvent):
            self._found.error("empty", START, "the file holds nothing", "Begin with `version: 1`.")
            return None
        self._refuse_directives(start)
        root = self._node(1, None)
        self._loader.get_event()
        after = self._loader.get_event()
        if not isinstance(after, yaml.StreamEndEvent):
            message = "a second YAML document begins here"
            self._found.error("many-documents", _mark(after), message, "Put each policy into a file of its own.")
        return root

    def _refuse_directives(self, start: yaml.DocumentStartEvent) -> None:
        if start.version or start.tags:
            fix = "Remove the line; policies are YAML 1.2."
            self._found.error("directive", _mark(start), "a YAML directive stands before the document", fix)

    def _node(self, depth: int, key: Mark | None) -> Node:
        """The next node. `key` is the place of the key in front of it: an empty value has no place of its own."""
        event = self._loader.get_event()
        mark = _mark(event)
        self._check_size(depth, mark)
        if isinstance(event, yaml.AliasEvent):
            fix = "Write the value out."
            self._found.error("alias", mark, f"the alias {quote('*' + event.anchor)} is not allowed", fix)
            return Broken(mark)
        self._refuse_properties(event, mark)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, mark, key)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(depth, mark)
        return self._mapping(depth, mark)

    def _check_size(self, depth: int, mark: Mark) -> None:
        self._nodes += 1
        if depth > DEPTH_MAX:
            self._found.error("too-deep", mark, f"lists and maps are nested deeper than {DEPTH_MAX}")
            raise _Stop
        if self._nodes > NODES_MAX:
            self._found.error("too-large", mark, f"the file holds more than {NODES_MAX:,} values")
            raise _Stop
        if self._found.full:
            raise _Stop

    def _refuse_properties(self, event: yaml.NodeEvent, mark: Mark) -> None:
        if event.anchor is not None:
            fix = "Remove it, and write the value out where it is used."
            self._found.error("anchor", mark, f"the anchor {quote('&' + event.anchor)} is not allowed", fix)
        if event.tag is not None:
            fix = "Remove it: each key says what it holds."
            self._found.error("tag", mark, f"the tag {quote(event.tag)} is not allowed", fix)

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark, key: Mark | None) -> Node:
        unseen = _UNSEEN_VALUE.search(event.value)
        if unseen is not None:
            message = f"the text holds the character U+{ord(unseen[0]):04X}, which cannot be seen"
            self._found.error("control-character", mark, message, "Remove the escape.")
            return Broken(mark)
        plain = event.style in (None, "")
        self.any_empty |= plain and not event.value
        return Scalar(event.value, plain, key if plain and not event.value and key else mark)

    def _sequence(self, depth: int, mark: Mark) -> Sequence:
        items = []
        while not self._loader.check_event(yaml.SequenceEndEvent):
            items.append(self._node(depth + 1, None))
        self._loader.get_event()
        return Sequence(tuple(items), mark)

    def _mapping(self, depth: int, mark: Mark) -> Mapping:
        entries: dict[str, Entry] = {}
        while not self._loader.check_event(yaml.MappingEndEvent):
            key = self._node(depth + 1, None)
            value = self._node(depth + 1, key.mark)
            if not self._is_key(key):
                continue
            first = entries.get(key.text)
            if first is not None:
                message = f"the key {quote(key.text)} stands twice: it is on line {first.key.mark.line} already"
                self._found.error("duplicate-key", key.mark, message, "Keep one of them.")
                continue
            entries[key.text] = Entry(key, value)
        self._loader.get_event()
        return Mapping(tuple(entries.values()), mark)

    def _is_key(self, key: Node) -> bool:
        if isinstance(key, Broken):
            return False
        if not isinstance(key, Scalar) or key.kind != "text":
            shown = f"{quote(key.text)} as a key is {key.kind}" if isinstance(key, Scalar) else f"a key is {key.kind}"
            self._found.error("key-type", key.mark, f"{shown}, and not text")
            return False
        if key.plain and key.text == "<<":
            fix = "Write the keys out."
            self._found.error("merge-key", key.mark, "the merge key `<<` is not allowed", fix)
            return False
        return True


def _report_unseen(found: Findings, text: str) -> bool:
    """Reports each tab and unseen character of `text`, one a line; whether there was any."""
    any_unseen = False
    for number, line in enumerate(_LINE_BREAK.split(text), 1):
        match = _UNSEEN.search(line)
        if match is None or found.full:
            continue
        any_unseen = True
        place = Mark(number, match.start() + 1)
        if match[0] == "\t":
            found.error("tab", place, "a tab stands here", "Use spaces.")
        else:
            message = f"the character U+{ord(match[0]):04X} cannot be seen and is not allowed"
            found.error("control-character", place, message, "Remove it.")
    return any_unseen


# What the parser says, from the most to the least particular, and what it means for the person who wrote it.
_SYNTAX: tuple[tuple[str, str, str | None], ...] = (
    ("end of stream", "text in quotes begins here and never ends", "Close the quotes."),
    ("escape", "an escape in quoted text is not known", "Write `\\\\` for a backslash, or use single quotes."),
    ("mapping values are not allowed", "a `:` stands where there can be no key", "Put text that holds `: ` in quotes."),
    ("cannot start any token", "plain text cannot begin with this character", "Put the text in quotes."),
    ("sequence entries are not allowed", "a `-` stands where there can be no list", "Begin the list on its own line."),
    ("node content", "a value is missing here", None),
    ("while parsing a flow", "a comma or a closing bracket is missing before this", None),
    ("directive", "the line is not a YAML directive", "Remove it."),
    ("simple key", "there is no `:` behind this key", "Write `key: value`."),
    ("block scalar", "nothing but a comment can stand behind `|` or `>`", "Begin the text on the next line."),
    ("alphabetic or numeric", "plain text cannot begin with `&` or `*`", "Put the text in quotes."),
    ("while parsing a block", "this does not continue what stands above it", "Check the indentation, and quotes."),
    ("document start", "this does not continue what stands above it", "Check the indentation."),
)

# Faults told at the beginning of what is wrong, where the parser stops at its end: a quote that is never closed is
# not to be looked for on the last line.
_BEGINS_EARLIER = ("end of stream", "escape", "simple key")


def _report_syntax(found: Findings, text: str, fault: yaml.YAMLError) -> None:
    """Tells a fault in our own words: the parser speaks of tokens, and to people who write parsers."""
    mark = getattr(fault, "problem_mark", None)
    told = f"{getattr(fault, 'problem', '')} {getattr(fault, 'context', '')}"
    if any(clue in told for clue in _BEGINS_EARLIER) and getattr(fault, "context_mark", None) is not None:
        mark = fault.context_mark
    meant = next((words for clue, *words in _SYNTAX if clue in told), ("this is not YAML", None))
    place = Mark(mark.line + 1, mark.column + 1) if mark is not None else START
    lines = _LINE_BREAK.split(text.rstrip())
    if place.line > len(lines):
        # Beyond the end of the file there is nothing to show.
        place = Mark(len(lines), len(lines[-1]) + 1)
    found.error("yaml-syntax", place, *meant)


def _mark(event: yaml.Event) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)
