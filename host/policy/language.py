"""`language:`: which parts of JavaScript guest code has, as a file says it."""

import re
from datetime import UTC, datetime, timedelta

from msgspec import UNSET, UnsetType

from host.policy.diagnose import Findings, quote, suggest
from host.policy.document import Node, Scalar
from host.policy.fields import Reader, bad_unit, choice, read_boolean, read_map, wrong_type
from host.policy.model import Clock, Language, bounds
from host.policy.units import DURATION, UnitError

_CLOCK_EXAMPLES = {"real": "real", "coarse": "coarse:100ms", "fixed": "fixed:2026-01-01T00:00:00Z"}
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]{3})?Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_language(found: Findings, node: Node, path: str) -> Language | UnsetType:
    readers: dict[str, Reader] = {
        "eval": read_boolean,
        "console": read_boolean,
        "clock": read_clock,
        "random": choice("secure", "seeded"),
        "require_return": read_boolean,
    }
    values = read_map(found, node, path, readers)
    return UNSET if values is UNSET else Language(**values)


def read_clock(found: Findings, node: Node, path: str) -> Clock | UnsetType:
    """`real`, `coarse:STEP` or `fixed:INSTANT`."""
    if not isinstance(node, Scalar):
        return wrong_type(found, node, path, "text such as `coarse:100ms`")
    kind, _, argument = node.text.partition(":")
    if kind == "coarse" and argument:
        return _read_coarse(found, node, path, argument)
    if kind == "fixed" and argument:
        return _read_fixed(found, node, path, argument)
    if node.text == "real":
        return Clock()
    fix = f"Write `{_CLOCK_EXAMPLES[kind]}`." if kind in _CLOCK_EXAMPLES else suggest(kind, _CLOCK_EXAMPLES)
    found.error("bad-value", node.mark, f"{quote(node.text)} is not a value of `{path}`", fix)
    return UNSET


def _read_coarse(found: Findings, node: Scalar, path: str, step: str) -> Clock | UnsetType:
    try:
        coarse_ms = DURATION.read(step)
    except UnitError as fault:
        return bad_unit(found, node, path, fault)
    least, most = bounds(Clock)["coarse_ms"]
    if least <= coarse_ms <= most:
        return Clock("coarse", coarse_ms=coarse_ms)
    message = f"the step of `{path}` must be from {DURATION.show(least)} to {DURATION.show(most)}"
    found.error("out-of-range", node.mark, message)
    return UNSET


def _read_fixed(found: Findings, node: Scalar, path: str, instant: str) -> Clock | UnsetType:
    try:
        stands_at = datetime.fromisoformat(instant) if _INSTANT.fullmatch(instant) else None
    except ValueError:
        stands_at = None
    if stands_at is None or stands_at < _EPOCH:
        message = f"{quote(instant)} for `{path}` is not an instant in UTC since 1970"
        found.error("bad-value", node.mark, message, f"Write it as in `{_CLOCK_EXAMPLES['fixed']}`.")
        return UNSET
    return Clock("fixed", fixed_epoch_ms=(stands_at - _EPOCH) // timedelta(milliseconds=1))
