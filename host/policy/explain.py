"""What a policy comes to once it is flattened, with where each part of it was written; and what it says of one call."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from msgspec import Struct

from host.policy.canonical import as_lines, entry_lines, policy_document
from host.policy.cases import decide_case
from host.policy.decide.outcome import Allow, Decision, goes_through
from host.policy.decide.rulebook import Rulebook
from host.policy.model import Place, Policy, PolicySet
from host.policy.testcase import Subject

_OWN_KEYS = ("version", "policy", "description", "mode", "until")
"""What no policy inherits."""


class Source(Struct, frozen=True):
    """Where a value comes from: the policy's own file, a parent (`inherited_from`), or the default (no place)."""

    path: str
    place: Place | None
    inherited_from: str | None = None

    @property
    def text(self) -> str:
        if self.place is None:
            return "default"
        inherited = f", from {self.inherited_from}" if self.inherited_from is not None else ""
        return f"{self.place.file}:{self.place.line}{inherited}"


class Line(Struct, frozen=True):
    """One line of a flattened policy as YAML, and where what begins on it comes from."""

    text: str
    source: Source | None = None


class Verdict(Struct, frozen=True):
    """What a policy says of one call, as the command line prints it. `rule` is the one that decided or came nearest."""

    decision: str
    rule: str | None
    reason: str
    file: str | None
    line: int | None
    suggestion: str | None


def lineage(policies: PolicySet, name: str) -> list[str]:
    """A policy and those that it builds on, itself first."""
    line = [name]
    while (parent := policies.policies[line[-1]].extends) is not None:
        line.append(parent)
    return line


def flat_lines(policies: PolicySet, name: str) -> list[Line]:
    """The flattened policy as YAML that reads back to the same policy, line by line, every limit in it."""
    policy = policies.policies[name]
    document = policy_document(policy, full=True)
    finder = _Finder(policies, policy)
    return [line for key, value in document.items() for line in _section(finder, key, value)]


def sources(policies: PolicySet, name: str) -> dict[str, Source]:
    """Where each part of a flattened policy comes from, by its path."""
    return {line.source.path: line.source for line in flat_lines(policies, name) if line.source is not None}


def verdict(rulebook: Rulebook, subject: Subject, today: date) -> Verdict:
    """The decision on one call. An audit does not change it, and is told."""
    decision = decide_case(rulebook, subject)
    place = decision.rule.place if decision.rule is not None else None
    file, line = (place.file, place.line) if place is not None else (None, None)
    name = decision.rule.name if decision.rule is not None else None
    if isinstance(decision, Allow):
        return Verdict("allow", name, f"`{name}` allows it", file, line, None)
    reason = decision.reason + _audited(rulebook, decision, today)
    return Verdict("deny", name, reason, file, line, decision.suggestion or None)


def _audited(rulebook: Rulebook, decision: Decision, today: date) -> str:
    if not goes_through(decision, rulebook.policy.mode.audits_on(today)):
        return ""
    return f" (it goes through all the same, and is recorded, until {rulebook.policy.mode.until}: the policy audits)"


class _Finder:
    """Looks up where the values of one policy were written."""

    def __init__(self, policies: PolicySet, policy: Policy) -> None:
        self._policy = policy
        self._line = [(name, policies.origins[name]) for name in lineage(policies, policy.name)]

    def value(self, path: str) -> Source:
        """The source of a value that a child takes from its parent where it does not write it."""
        line = self._line[:1] if path in _OWN_KEYS else self._line
        for name, origin in line:
            mark = origin.marks.get(path)
            if mark is not None:
                place = Place(origin.file, mark.line, mark.column)
                return Source(path, place, None if name == self._policy.name else name)
        return Source(path, None)

    def rule(self, id: str) -> Source:
        place = self._line[0][1].rules.get(id)
        if place is None:
            return self.value(id)
        written_in = next((name for name, origin in self._line if origin.file == place.file), None)
        return Source(id, place, None if written_in == self._policy.name else written_in)


def _section(finder: _Finder, key: str, value: Any) -> Iterator[Line]:
    if key in ("limits", "language") and value:
        yield Line(f"{key}:")
        for inner, each in value.items():
            yield from _entry(inner, each, 1, finder.value(f"{key}.{inner}"))
    elif key in ("grants", "deny") and value:
        yield Line(f"{key}:")
        for capability, rules in value.items():
            yield from _capability(finder, key, capability, rules)
    else:
        yield from _entry(key, value, 0, finder.rule(key) if key in ("modules", "flows") else finder.value(key))


def _capability(finder: _Finder, key: str, capability: str, rules: Any) -> Iterator[Line]:
    prefix = f"{key}.{capability}"
    if capability == "fetch":
        yield Line(f"  {capability}:")
        for rule in rules:
            lines = as_lines([rule], 2)
            yield Line(lines[0], finder.rule(f"{prefix}.{rule['name']}"))
            yield from map(Line, lines[1:])
    elif isinstance(rules, dict) and rules:
        yield Line(f"  {capability}:")
        for inner, each in rules.items():
            if inner == "keys":
                yield Line("    keys:")
                for name, spec in each.items():
                    yield from _entry(name, spec, 3, finder.rule(f"{prefix}.keys.{name}"))
            else:
                yield from _entry(inner, each, 2, finder.rule(f"{prefix}.{inner}"))
    else:
        yield from _entry(capability, rules, 1, finder.rule(prefix))


def _entry(key: str, value: Any, depth: int, source: Source) -> Iterator[Line]:
    first, *rest = entry_lines(key, value, depth)
    yield Line(first, source)
    yield from map(Line, rest)
