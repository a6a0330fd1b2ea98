"""Reading nodes into values: maps and lists by a table of readers, and the scalars.

A reader takes the findings, a node and the path of the node (`limits.wall_time`), and gives the value, or UNSET
where it reported a mistake. So one mistake never hides the next one.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from msgspec import UNSET, UnsetType

from host.policy import document
from host.policy.diagnose import START, Findings, Mark, quote, suggest
from host.policy.document import Broken, Node, Scalar, Sequence
from host.policy.pattern.fault import PatternError
from host.policy.secrets import has_reference
from host.policy.units import PLAIN, Unit, UnitError
from host.policy.vocabulary import NAME

Reader = Callable[[Findings, Node, str], Any]

DESCRIPTION_CHARS_MAX = 2_000
ITEMS_MAX = 256
# What older YAML readers make something else of: whoever reviews a file with one of them sees another policy.
_TRAPS = (
    (re.compile(r"(?i)y|n|yes|no|on|off"), "a boolean"),
    (re.compile(r"[-+]?0[0-7_]+"), "an octal number"),
    (re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?"), "a number in base 60"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"), "a date"),
    (re.compile(r"0x[0-9a-fA-F_]+|0b[01_]+|[0-9][0-9_]*_[0-9_]*|[-+]?\.(inf|nan|Inf|NaN|INF|NAN)"), "a number"),
)
_AS_BOOLEAN = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def read_map(
    found: Findings, node: Node, path: str, readers: Mapping[str, Reader], required: Collection[str] = ()
) -> dict[str, Any] | UnsetType:
    """The values of a map whose keys are those of `readers`, without the ones that had a mistake.

    UNSET where the node is no map at all. Notes the place of each value under its path.
    """
    if not isinstance(node, document.Mapping):
        return wrong_type(found, node, path, "a map of `key: value` lines")
    values = {}
    for entry in node.entries:
        if found.full:
            break
        key, inner = entry.key.text, f"{path}.{entry.key.text}" if path else entry.key.text
        reader = readers.get(key)
        if reader is None:
            message = f"the key {quote(key)} has no meaning {under(path)}"
            found.error("unknown-key", entry.key.mark, message, suggest(key, readers))
            continue
        found.marks[inner] = entry.value.mark
        value = _read_present(found, entry.value, inner, reader, entry.key.mark)
        if value is not UNSET:
            values[key] = value
    present = {entry.key.text for entry in node.entries}
    for key in required:
        if key not in present:
            found.error("missing-key", node.mark, f"the key `{key}` is missing {under(path)}", f"Add `{key}: …`.")
    return values


def read_list(found: Findings, node: Node, path: str, reader: Reader) -> list[Any] | UnsetType:
    """The items of a list, without the ones that had a mistake; UNSET where the node is no list."""
    if not isinstance(node, Sequence):
        return wrong_type(found, node, path, "a list")
    values = []
    for index, item in enumerate(node.items):
        inner = f"{path}[{index}]"
        found.marks[inner] = item.mark
        value = _read_present(found, item, inner, reader, item.mark)
        if value is not UNSET:
            values.append(value)
    return values


def read_set(
    found: Findings, node: Node, path: str, reader: Reader, any_word: bool = False, least: int = 1
) -> tuple[Any, ...] | str | UnsetType:
    """The items of a list in their order and each once; with `any_word` the word `any` is taken too.

    UNSET where there is a mistake in it: a list that is only half there would be a rule that nobody wrote.
    """
    if isinstance(node, Scalar) and any_word and node.text == "any":
        return "any"
    if not isinstance(node, Sequence):
        wanted = "a list, or the word `any`" if any_word else "a list"
        shown = quote(node.text) if isinstance(node, Scalar) else node.kind
        fix = f"Write `[{node.text}]`." if isinstance(node, Scalar) and node.text.isalnum() else None
        found.error("wrong-type", node.mark, f"`{path}` must be {wanted}, and is {shown}", fix)
        return UNSET
    if len(node.items) > ITEMS_MAX:
        message = f"`{path}` has {len(node.items):,} items, and {ITEMS_MAX} is the most"
        found.error("out-of-range", node.mark, message, "Split it into several rules.")
        return UNSET
    values = read_list(found, node, path, reader)
    if len(values) < len(node.items):
        return UNSET
    if len(values) < least:
        fix = "Write at least one." if not any_word else "Write at least one, or the word `any`."
        found.error("no-value", node.mark, f"`{path}` is an empty list, which means nothing here", fix)
        return UNSET
    for index, value in enumerate(values):
        if value in values[:index]:
            mark = found.marks[f"{path}[{index}]"]
            found.warning("duplicate-item", mark, f"`{path}[{index}]` is in the list already", "Remove it.")
    return tuple(dict.fromkeys(values))


def _read_present(found: Findings, node: Node, path: str, reader: Reader, mark: Mark) -> Any:
    """What `reader` makes of a node that is there: nothing in this language takes an empty value."""
    if isinstance(node, Broken):
        return UNSET
    if isinstance(node, Scalar) and node.value is None:
        found.error("no-value", mark, f"`{path}` has no value", "Give it a value, or remove the line.")
        return UNSET
    return reader(found, node, path)


def read_boolean(found: Findings, node: Node, path: str) -> bool | UnsetType:
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value
    text = node.text if isinstance(node, Scalar) else ""
    if not isinstance(node, Scalar) or text.lower() not in {*_AS_BOOLEAN, "true", "false"}:
        return wrong_type(found, node, path, "`true` or `false`")
    written = _AS_BOOLEAN.get(text.lower(), text.lower())
    why = "is text in YAML 1.2, and no boolean" if node.plain else "in quotes is text"
    message = f"{quote(text)} {why}; `{path}` takes `true` or `false`"
    found.error("wrong-type", node.mark, message, f"Write `{written}`, without quotes.")
    return UNSET


def read_text(found: Findings, node: Node, path: str) -> str | UnsetType:
    """Text. A number or a boolean is not turned into text: other programs would read something else."""
    if isinstance(node, Scalar) and node.kind == "text":
        if has_reference(node.text):
            message = f"`{path}` refers to a secret, and none can stand there"
            found.error("bad-secret", node.mark, message, "Secrets stand under `request` of a fetch grant.")
            return UNSET
        _warn_of_trap(found, node, path)
        return node.text
    if isinstance(node, Scalar):
        message = f"`{path}` must be text, and {quote(node.text)} is {node.kind}"
        found.error("wrong-type", node.mark, message, f'Put it in quotes: "{node.text[:40]}".')
        return UNSET
    return wrong_type(found, node, path, "text")


def is_plain(text: str) -> bool:
    """Whether `text` without quotes is that text to every YAML reader."""
    scalar = Scalar(text, True, START)
    return scalar.kind == "text" and not any(pattern.fullmatch(text) for pattern, _ in _TRAPS)


def _warn_of_trap(found: Findings, node: Scalar, path: str) -> None:
    """A warning for plain text that other YAML readers do not take for text."""
    trap = next((what for pattern, what in _TRAPS if pattern.fullmatch(node.text)), None) if node.plain else None
    if trap is not None:
        message = f"{quote(node.text)} for `{path}` is text here, and {trap} to older YAML readers"
        found.warning("yaml-trap", node.mark, message, f'Put it in quotes: "{node.text[:40]}".')


def matching(parse: Callable[[str], Any], code: str) -> Reader:
    """A reader of text that `parse` makes a value of, or raises PatternError."""

    def read(found: Findings, node: Node, path: str) -> Any:
        if not isinstance(node, Scalar):
            return wrong_type(found, node, path, "text")
        try:
            return parse(node.text)
        except PatternError as fault:
            found.error(code, node.mark, f"{quote(node.text)} for `{path}` {fault.message}", fault.fix)
            return UNSET

    return read


def read_whole(least: int, most: int) -> Reader:
    """A reader of a plain whole number without a unit."""
    return quantity(PLAIN, least, most)


def read_description(found: Findings, node: Node, path: str) -> str | UnsetType:
    text = read_text(found, node, path)
    if text is not UNSET and len(text) > DESCRIPTION_CHARS_MAX:
        message = f"`{path}` has {len(text):,} characters, and {DESCRIPTION_CHARS_MAX:,} is the most"
        found.error("out-of-range", node.mark, message, "Shorten it.")
        return UNSET
    return text


def read_name(found: Findings, node: Node, path: str) -> str | UnsetType:
    """A name of a policy or of a principal."""
    text = read_text(found, node, path)
    if text is UNSET or NAME.fullmatch(text):
        return text
    meant = re.sub(r"[^a-z0-9]+", "-", text[:64].lower()).strip("-")
    fix = f"Write `{meant}`, say." if meant else "Write a name such as `partner-reports`."
    message = f"the name {quote(text)} is not 1 to 64 of a-z, 0-9 and -, beginning with a letter or a digit"
    found.error("bad-name", node.mark, message, fix)
    return UNSET


def choice(*choices: str) -> Reader:
    """A reader of one word out of `choices`."""

    def read(found: Findings, node: Node, path: str) -> str | UnsetType:
        if not isinstance(node, Scalar):
            return wrong_type(found, node, path, " or ".join(f"`{each}`" for each in choices))
        if node.text in choices:
            return node.text
        message = f"{quote(node.text)} is not a value of `{path}`"
        found.error("bad-value", node.mark, message, suggest(node.text, choices))
        return UNSET

    return read


def quantity(unit: Unit, least: int, most: int) -> Reader:
    """A reader of a number with a unit, from `least` to `most`."""

    def read(found: Findings, node: Node, path: str) -> int | UnsetType:
        if not isinstance(node, Scalar) or node.kind == "a boolean":
            return wrong_type(found, node, path, f"{unit.noun} such as `{unit.example}`")
        try:
            value = unit.read(node.text)
        except UnitError as fault:
            return bad_unit(found, node, path, fault)
        if least <= value <= most:
            return value
        message = f"`{path}` is {quote(node.text)}, and must be from {unit.show(least)} to {unit.show(most)}"
        found.error("out-of-range", node.mark, message)
        return UNSET

    return read


def bad_unit(found: Findings, node: Scalar, path: str, fault: UnitError) -> UnsetType:
    found.error("bad-unit", node.mark, f"{quote(node.text)} for `{path}` {fault.message}", fault.fix)
    return UNSET


def wrong_type(found: Findings, node: Node, path: str, wanted: str) -> UnsetType:
    """Reports that `node` is of another kind than `wanted`."""
    is_what = quote(node.text) if isinstance(node, Scalar) and node.text else node.kind
    whole = f"`{path}`" if path else "the file"
    found.error("wrong-type", node.mark, f"{whole} must be {wanted}, and is {is_what}")
    return UNSET


def under(path: str) -> str:
    """Where a key stands, for messages."""
    return f"under `{path}`" if path else "at the top of the file"
