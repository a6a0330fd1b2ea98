"""The usual form of what a policy file holds: the order of keys, the spelling of quantities, and when to quote."""

import json
import re
from collections.abc import Callable

from host.policy.algorithms import ALGORITHMS
from host.policy.fields import is_plain
from host.policy.fmt.tree import Leaf
from host.policy.grants.read import XLSX_KEYS
from host.policy.limits import LIMIT_KEYS, QUOTA_KEYS
from host.policy.model import Access, Language, Principal
from host.policy.testcase import SUBJECTS
from host.policy.units import BYTES, COUNT, DURATION, Unit, UnitError

Path = tuple[str, ...]
"""The keys that lead to a value, with `[]` for an item of a list."""

_PLAIN = re.compile(r"[A-Za-z0-9_/$(][A-Za-z0-9_./$@()+=;~-]*( [A-Za-z0-9_./$@()+=;~-]+)*")
_WHERE = ("name", "hosts", "ports", "schemes", "methods", "paths")
_TIMES = ("timeout", "headers_timeout", "idle_timeout")
_RULE = ("grants", "fetch", "[]")
_FLOW = ("after", "only")

_ORDER: dict[Path, tuple[str, ...]] = {
    (): ("version", "policy", "description", "extends", "mode", "until", "limits", "language", "modules", "grants",
         "deny", "flows", "tests", *Access.__struct_fields__),
    ("limits",): (*LIMIT_KEYS, "rate"),
    ("language",): Language.__struct_fields__,
    ("grants",): ("fetch", "crypto", "xlsx", "tasks"),
    ("deny",): ("fetch", "crypto", "xlsx", "tasks", "modules"),
    _RULE: (*_WHERE, "request", "response", *_TIMES, "max_redirects", "max_calls", "max_connections", "addresses"),
    (*_RULE, "request"): ("max_body", "deny_headers", "set_headers", "set_query", "basic_auth", "secrets_over_http"),
    (*_RULE, "response"): ("max_body", "max_headers", "max_ratio"),
    ("deny", "fetch", "[]"): (*_WHERE, "addresses"),
    ("grants", "crypto"): (*ALGORITHMS, "random", "keys", "budget"),
    ("deny", "crypto"): (*ALGORITHMS, "random"),
    ("grants", "xlsx"): ("read", "write"),
    ("grants", "tasks"): ("add", "get"),
    ("deny", "tasks"): ("add", "get"),
    ("flows",): _FLOW,
    ("flows", "[]"): _FLOW,
    ("tests", "[]"): ("name", *SUBJECTS, "resolves", "input", "seed", "expect"),
    ("tests", "[]", "expect"): ("error", "message", "result"),
    ("principals", "[]"): Principal.__struct_fields__,
    ("principals", "[]", "quota"): ("rate", *QUOTA_KEYS),
}  # fmt: skip

_UNITS: dict[Path, Unit] = {
    **{("limits", key): unit for key, (_, unit) in LIMIT_KEYS.items()},
    **{("principals", "[]", "quota", key): unit for key, (_, unit) in QUOTA_KEYS.items()},
    **{(*_RULE, key): DURATION for key in _TIMES},
    (*_RULE, "request", "max_body"): BYTES,
    (*_RULE, "response", "max_body"): BYTES,
    (*_RULE, "response", "max_headers"): BYTES,
    ("grants", "crypto", "budget"): DURATION,
    **{("grants", "xlsx", each, key): unit for each in ("read", "write") for key, (_, unit) in XLSX_KEYS.items()},
}


def rank(path: Path) -> Callable[[str], int]:
    """What keys of the map at `path` are sorted by. Names that an author chose stay in their order."""
    order = {key: number for number, key in enumerate(_ORDER.get(path, ()))}
    return lambda key: order.get(key, len(order))


def scalar(leaf: Leaf, path: Path) -> str:
    """Text on one line: without quotes where every YAML reader takes it for that text, else in double quotes."""
    if path in _UNITS:
        return _quantity(leaf.text, _UNITS[path])
    if path == ("language", "clock") and leaf.text.startswith("coarse:"):
        return f"coarse:{_quantity(leaf.text.removeprefix('coarse:'), DURATION)}"
    if leaf.style is None and "\n" not in leaf.text:
        return leaf.text or "null"
    if _PLAIN.fullmatch(leaf.text) and is_plain(leaf.text):
        return leaf.text
    return json.dumps(leaf.text, ensure_ascii=False)


def _quantity(text: str, unit: Unit) -> str:
    """In the largest unit that leaves the number whole; a plain count that nobody would spell so stays a number."""
    try:
        shown = unit.show(unit.read(text))
    except UnitError:
        return text
    return text if unit is COUNT and text.isdigit() and int(text) < COUNT.factors["M"] else shown
