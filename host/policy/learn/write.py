"""A learned policy as a file, in the usual form, with the evidence as comments."""

from collections.abc import Iterator, Mapping
from typing import Any

from host.policy.canonical import as_lines, entry_lines, policy_document
from host.policy.fmt.format import format_file
from host.policy.learn.learn import Learned
from host.policy.url import DEFAULT_PORTS

_OWN_DEFAULTS = {"schemes": ["https"]}
LEFT_OUT_SHOWN = 20


def learned_yaml(learned: Learned, title: str) -> str:
    """The text of the file; `title` is its first comment. Raises ValueError where it would be no policy."""
    text = "".join(f"{line}\n" for line in (f"# {title}", *_left_out(learned), *_lines(learned)))
    written = format_file("learned.yaml", text.encode())
    if written.text is None:
        reason = written.diagnostics[0].message if written.diagnostics else written.refused
        raise ValueError(f"what was seen cannot be written as a policy: {reason}")
    return written.text


def _left_out(learned: Learned) -> Iterator[str]:
    if not learned.left_out:
        return
    yield "#"
    yield "# Seen, and not allowed by this policy:"
    for each in learned.left_out[:LEFT_OUT_SHOWN]:
        target = each.target if each.target.isprintable() else ascii(each.target)[1:-1]
        yield f"#   {each.capability} {target}: {each.reason}"
    if len(learned.left_out) > LEFT_OUT_SHOWN:
        yield f"#   and {len(learned.left_out) - LEFT_OUT_SHOWN} more"


def _lines(learned: Learned) -> Iterator[str]:
    seen = _Seen(learned.evidence)
    for key, value in policy_document(learned.policy).items():
        if key == "modules":
            yield "modules:"
            yield from (f"  - {name}{seen(f'modules.{name}')}" for name in value)
        elif key == "grants":
            yield "grants:"
            for capability, rules in value.items():
                yield from _CAPABILITIES[capability](rules, seen)
        else:
            yield from entry_lines(key, value, 0)


class _Seen:
    def __init__(self, evidence: Mapping[str, int]) -> None:
        self._evidence = evidence

    def __call__(self, path: str) -> str:
        """The comment about a part of the policy."""
        times = self._evidence[path]
        return f"  # seen {'once' if times == 1 else f'{times:,} times'}"


def _fetch(rules: list[dict[str, Any]], seen: _Seen) -> Iterator[str]:
    yield "  fetch:"
    for rule in rules:
        first, *rest = as_lines([_without_defaults(rule)], 2)
        yield first + seen(f"grants.fetch.{rule['name']}")
        yield from rest


def _without_defaults(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule without the port of its scheme, and without `https`: who learns a policy reads it again and again."""
    own = [DEFAULT_PORTS[scheme] for scheme in rule["schemes"]]
    left_out = {key for key, value in _OWN_DEFAULTS.items() if rule[key] == value}
    left_out |= {"ports"} if rule["ports"] == own else set()
    return {key: value for key, value in rule.items() if key not in left_out}


def _crypto(grant: dict[str, Any], seen: _Seen) -> Iterator[str]:
    yield "  crypto:"
    for key, value in grant.items():
        path = f"grants.crypto.{key}"
        if isinstance(value, list):
            yield f"    {key}:"
            yield from (f"      - {name}{seen(f'{path}.{name}')}" for name in value)
        elif key == "keys":
            yield "    keys:"
            for name, spec in value.items():
                first, *rest = entry_lines(name, spec, 3)
                yield first + seen(f"{path}.{name}")
                yield from rest
        else:
            yield from _with_comment(entry_lines(key, value, 2), seen(path) if key == "random" else "")


def _xlsx(grant: dict[str, Any], seen: _Seen) -> Iterator[str]:
    yield "  xlsx:"
    for operation, limits in grant.items():
        yield from _with_comment(entry_lines(operation, limits, 2), seen(f"grants.xlsx.{operation}"))


def _tasks(grant: dict[str, Any], seen: _Seen) -> Iterator[str]:
    yield "  tasks:"
    for operation, pools in grant.items():
        yield f"    {operation}:"
        yield from (f"      - {pool}{seen(f'grants.tasks.{operation}.{pool}')}" for pool in pools)


def _with_comment(lines: list[str], comment: str) -> Iterator[str]:
    yield lines[0] + comment
    yield from lines[1:]


_CAPABILITIES = {"fetch": _fetch, "crypto": _crypto, "xlsx": _xlsx, "tasks": _tasks}
