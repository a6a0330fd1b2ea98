"""`extends:`: one policy narrowed from another, flattened into one that stands by itself.

What a child leaves out it takes from its parent: limit by limit, the language key by key, and modules and grants as a
whole. What it writes may not be more than the parent has: each grant is covered by one of the parent's. Denials and
flow rules of both hold. So a child never gets what its parent does not have, whatever either file says later.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from msgspec import Struct

from host.policy.ceilings import narrow_rate
from host.policy.cover import capability_excess, fetch_excess, language_excess, modules_excess
from host.policy.covering import Covering
from host.policy.diagnose import Diagnostic, Findings, Mark, quote, suggest
from host.policy.grants.model import Denials, FetchGrant, TasksGrant
from host.policy.limits import LIMIT_KEYS
from host.policy.model import Language, Limits, Modules, Origin, Policy
from host.policy.parse import ParsedPolicy

DEPTH_MAX = 8
"""Policies in one line of ancestors: nobody reads through more."""
_REASONS_SHOWN = 3


class Flattened(Struct, frozen=True):
    """What flattening all policies gave: each that could be, by its file, and everything that is wrong."""

    policies: Mapping[str, tuple[Policy, Origin]]
    diagnostics: tuple[Diagnostic, ...]


def flatten_all(parsed: Mapping[str, ParsedPolicy]) -> Flattened:
    """Every policy without an error of its own, with what it inherits, in the order of the files."""
    flattener = _Flattener(parsed)
    done = {file: _settled(*result) for file in parsed if (result := flattener.flatten(file)) is not None}
    return Flattened(MappingProxyType(done), tuple(flattener.diagnostics))


def _settled(policy: Policy, origin: Origin) -> tuple[Policy, Origin]:
    """A policy whose modules are those that its denials leave."""
    return msgspec.structs.replace(policy, modules=policy.modules.without(policy.deny.modules)), origin


class _Flattener:
    def __init__(self, parsed: Mapping[str, ParsedPolicy]) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._parsed = parsed
        self._files = {each.name: file for file, each in reversed(parsed.items()) if each.name is not None}
        self._any_unnamed = any(each.name is None for each in parsed.values())
        self._done: dict[str, tuple[Policy, Origin] | None] = {}

    def flatten(self, file: str) -> tuple[Policy, Origin] | None:
        """The policy of a file with what it inherits; None where it, or one that it builds on, has an error."""
        line = self._ancestors(file)
        for each in reversed(line):
            if each not in self._done:
                self._done[each] = self._flatten_one(each, len(line))
        return self._done[file]

    def _ancestors(self, file: str) -> list[str]:
        """`file` and those it builds on, as far as they are not flattened yet and not in a circle."""
        line = [file]
        while line[-1] not in self._done:
            parent = self._parent(line[-1])
            if parent is None or parent in line:
                break
            line.append(parent)
        return line

    def _parent(self, file: str) -> str | None:
        policy = self._parsed[file].policy
        return self._files.get(policy.extends) if policy is not None and policy.extends is not None else None

    def _flatten_one(self, file: str, depth: int) -> tuple[Policy, Origin] | None:
        parsed = self._parsed[file]
        if parsed.policy is None:
            return None
        if parsed.policy.extends is None:
            return parsed.policy, parsed.origin
        found = Findings(file)
        parent = self._find_parent(found, parsed, file)
        result = None
        if parent is not None:
            result = _narrow(found, parsed.policy, parsed.origin, *parent)
        self.diagnostics += found.sorted()
        return None if found.failed else result

    def _find_parent(self, found: Findings, parsed: ParsedPolicy, file: str) -> tuple[Policy, Origin] | None:
        extends, mark = parsed.policy.extends, parsed.origin.marks["extends"]
        parent = self._files.get(extends)
        if parent is None:
            if not self._any_unnamed:
                message = f"there is no policy {quote(extends)} to extend"
                found.error("unknown-policy", mark, message, suggest(extends, self._files.keys() - {parsed.name}))
            return None
        circle = self._circle(file)
        if circle is not None:
            message = f"{' extends '.join(quote(name) for name in circle)}: a policy cannot build on itself"
            found.error("extends-cycle", mark, message, "Remove one `extends` of these.")
            return None
        if len(self._line(file)) > DEPTH_MAX:
            message = (
                f"{quote(parsed.name)} stands on {len(self._line(file)) - 1} others, and {DEPTH_MAX - 1} is the most"
            )
            found.error("extends-deep", mark, message, "Extend one that is nearer to the root.")
            return None
        return self._done.get(parent)

    def _line(self, file: str) -> list[str]:
        line = [file]
        while (parent := self._parent(line[-1])) is not None and parent not in line:
            line.append(parent)
        return line

    def _circle(self, file: str) -> list[str] | None:
        """The names of a circle that begins and ends with the policy of `file`, or None."""
        line = self._line(file)
        back = self._parent(line[-1])
        if back is None:
            return None
        names = [self._parsed[each].name for each in line[line.index(back) :]]
        return [*names, names[0]]


def _narrow(
    found: Findings, child: Policy, origin: Origin, parent: Policy, parent_origin: Origin
) -> tuple[Policy, Origin]:
    """`child` with what it inherits; everything in which it asks for more than `parent` is reported."""
    marks = origin.marks
    written = {key for key in ("modules", "grants") if key in marks}
    if not parent.mode.covers(child.mode):
        until = f"until {parent.mode.until}" if parent.mode.until else "not at all"
        message = f"{quote(parent.name)}, which this policy extends, audits {until}"
        found.error(
            "wider-than-parent", marks["mode"], message, "Let the parent audit as long, or write `mode: enforce`."
        )
    if "modules" in written:
        _check_modules(found, child.modules, marks, parent)
    if "grants" in written:
        _check_grants(found, child, marks, parent)
    flat = msgspec.structs.replace(
        child,
        limits=_narrow_limits(found, child.limits, marks, parent),
        language=_narrow_language(found, child.language, marks, parent),
        modules=child.modules if "modules" in written else parent.modules,
        grants=child.grants if "grants" in written else parent.grants,
        deny=_join_denials(parent.deny, child.deny, child.name),
        flows=tuple(sorted({*parent.flows, *child.flows})),
    )
    return flat, _join_places(flat, origin, parent_origin, written)


def _wider(found: Findings, mark: Mark, parent: Policy, message: str, fix: str) -> None:
    found.error("wider-than-parent", mark, f"{message}; this policy extends {quote(parent.name)}", fix)


def _narrow_limits(found: Findings, limits: Limits, marks: Mapping[str, Mark], parent: Policy) -> Limits:
    values = {}
    for key, (field, unit) in LIMIT_KEYS.items():
        ours, theirs = getattr(limits, field), getattr(parent.limits, field)
        mark = marks.get(f"limits.{key}")
        if mark is not None and ours > theirs:
            message = f"{key} {unit.show(ours)} is more than the parent's {unit.show(theirs)}"
            _wider(found, mark, parent, message, f"Write at most `{unit.show(theirs)}`, or raise it there.")
        values[field] = ours if mark is not None else theirs
    rate, mark = limits.rate, marks.get("limits.rate")
    if mark is not None and narrow_rate(rate, parent.limits.rate) != rate:
        _wider(found, mark, parent, "the rate is more than the parent's", "Write a slower one, or raise it there.")
    return Limits(**values, rate=rate if mark is not None else parent.limits.rate)


def _narrow_language(found: Findings, language: Language, marks: Mapping[str, Mark], parent: Policy) -> Language:
    fields = Language.__struct_fields__
    kept = {key: getattr(language if f"language.{key}" in marks else parent.language, key) for key in fields}
    flat = Language(**kept)
    for key, given in language_excess(parent.language, flat).items():
        message = f"`{key}: {given}` is more than the parent has"
        _wider(found, marks[f"language.{key}"], parent, message, "Remove it, or allow it there.")
    return flat


def _check_modules(found: Findings, modules: Modules, marks: Mapping[str, Mark], parent: Policy) -> None:
    extra = modules_excess(parent.modules, modules)
    if extra:
        message = f"the parent does not give {', '.join(f'`{name}`' for name in extra[:5])}"
        message += f" and {len(extra) - 5} more" if len(extra) > 5 else ""
        _wider(found, marks["modules"], parent, message, "Remove it, or list it there.")


def _check_grants(found: Findings, child: Policy, marks: Mapping[str, Mark], parent: Policy) -> None:
    covering = Covering(parent.grants.fetch)
    for index, grant in enumerate(child.grants.fetch):
        if not found.full and covering.of(grant) is None:
            message = f"the rule `{grant.name}` {_why(grant, parent.grants.fetch)}"
            fix = "Narrow it to what a rule of the parent allows, or add the rule there."
            _wider(found, marks[f"grants.fetch[{index}]"], parent, message, fix)
    for capability, reasons in capability_excess(parent.grants, child.grants).items():
        more = f" and {len(reasons) - _REASONS_SHOWN} more" if len(reasons) > _REASONS_SHOWN else ""
        message = f"`{capability}` {', '.join(reasons[:_REASONS_SHOWN])}{more}, which no grant of the parent covers"
        _wider(found, marks[f"grants.{capability}"], parent, message, "Remove it, or grant it there.")


def _why(grant: FetchGrant, theirs: tuple[FetchGrant, ...]) -> str:
    """Why no rule of the parent covers `grant`: by the one of the same name, or else the one that comes nearest."""
    if not theirs:
        return "is a fetch, and the parent grants none"
    near = min(theirs, key=lambda each: (each.name != grant.name, len(list(fetch_excess(each, grant)))))
    return f"{next(fetch_excess(near, grant))}, and the parent's `{near.name}` does not cover that"


def _join_denials(parent: Denials, child: Denials, name: str) -> Denials:
    """Both: a child adds denials and takes none away."""
    taken = {denial.name for denial in parent.fetch}
    own = [
        msgspec.structs.replace(denial, name=f"{name}.{denial.name}") if denial.name in taken else denial
        for denial in child.fetch
    ]
    crypto = dict(parent.crypto)
    for operation, algorithms in child.crypto:
        before = crypto.get(operation, ())
        crypto[operation] = "any" if "any" in (before, algorithms) else tuple(sorted({*before, *algorithms}))
    tasks = TasksGrant(
        add=tuple(sorted({*parent.tasks.add, *child.tasks.add})),
        get=tuple(sorted({*parent.tasks.get, *child.tasks.get})),
    )
    return Denials(
        fetch=(*parent.fetch, *own),
        crypto=tuple(sorted(crypto.items())),
        xlsx=tuple(sorted({*parent.xlsx, *child.xlsx})),
        tasks=tasks,
        modules=tuple(sorted({*parent.modules, *child.modules})),
    )


def _join_places(flat: Policy, origin: Origin, parent: Origin, written: set[str]) -> Origin:
    """Where each rule of the flattened policy stands: the child's own in its file, the others where they come from."""
    inherited = {id: place for id, place in parent.rules.items() if id.split(".")[0] not in written}
    own = {}
    for id, place in origin.rules.items():
        prefix, _, name = id.rpartition(".")
        renamed = f"{prefix}.{flat.name}.{name}"
        own[renamed if prefix == "deny.fetch" and id in inherited else id] = place
    return msgspec.structs.replace(origin, rules=MappingProxyType(inherited | own))
