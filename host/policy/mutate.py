"""Wrong versions of a policy, made on purpose: whoever tests a policy well notices each of them.

Every rule is removed, and every part of it that can be widened is. What no test can see (how long a call may take, say)
is left as it is, and so is what a policy inherits: that is for its parent's tests.
"""

from collections.abc import Collection, Iterator, Sequence

import msgspec
from msgspec import Struct

from host.policy.algorithms import ALGORITHMS, KEY_USES
from host.policy.bounded import bounds
from host.policy.cases import decide_case, needs_a_guest, run_case
from host.policy.decide.rulebook import Rulebook
from host.policy.grants.model import ANY, SCHEMES, CryptoGrant, FetchGrant, TasksGrant, XlsxGrant, XlsxLimits
from host.policy.model import Modules, Policy
from host.policy.pattern.addresses import PUBLIC
from host.policy.pattern.hosts import ANY_HOST, HostPattern, is_address
from host.policy.testcase import Case, CryptoCase, FetchCase, ModuleCase, TasksCase, XlsxCase

WORK_MAX = 200_000
"""Tests that are decided, all mutants together, and rules that are indexed for it: some seconds."""

_CASES = {"fetch": FetchCase, "crypto": CryptoCase, "modules": ModuleCase, "xlsx": XlsxCase, "tasks": TasksCase}
_replace = msgspec.structs.replace


class Mutant(Struct, frozen=True):
    """A policy with one change in the rule `rule`. `change` is it in words."""

    rule: str
    change: str
    capability: str
    policy: Policy


class Survey(Struct, frozen=True):
    """How many mutants were tried, those that no test noticed, and how many there was no time for."""

    tried: int
    survived: tuple[Mutant, ...]
    left_out: int


def survey(policy: Policy, cases: Sequence[Case], own: Collection[str], work: int = WORK_MAX) -> Survey:
    """Tries the mutants of the rules `own` on the tests of a policy that need no guest, as many as `work` allows."""
    before = Rulebook(policy)
    passing = [case for case in cases if not needs_a_guest(case) and run_case(before, case).passed]
    by_capability = {
        name: [case for case in passing if isinstance(case.subject, kind)] for name, kind in _CASES.items()
    }
    touched = {case_rule(before, case) for case in by_capability["fetch"]}
    tried, left_out, survived = 0, 0, []
    for mutant in mutants(policy):
        if mutant.rule not in own or mutant.policy == policy:
            continue
        fitting = by_capability[mutant.capability]
        changed = reduce(mutant, touched)
        cost = len(fitting) + len(changed.grants.fetch) * bool(fitting)
        if cost > work:
            left_out += 1
            continue
        work -= cost
        tried += 1
        rulebook = Rulebook(changed)
        if all(run_case(rulebook, case).passed for case in fitting):
            survived.append(mutant)
    return Survey(tried, tuple(survived), left_out)


def case_rule(rulebook: Rulebook, case: Case) -> str | None:
    """The name of the rule that decides a case or comes nearest to it."""
    rule = decide_case(rulebook, case.subject).rule
    return rule.name if rule is not None else None


def reduce(mutant: Mutant, touched: Collection[str | None]) -> Policy:
    """A mutant without the fetch rules that have no part in any case: those that neither decide one nor come nearest,
    and are not the changed rule. Where a rule that has a part changes, any other may take its place."""
    name = mutant.rule.removeprefix("grants.fetch.")
    if name == mutant.rule or name in touched:
        return mutant.policy
    kept = tuple(grant for grant in mutant.policy.grants.fetch if grant.name == name or grant.name in touched)
    return _with_grants(mutant.policy, fetch=kept)


def mutants(policy: Policy) -> Iterator[Mutant]:
    """Every mutant of a policy, made one at a time."""
    yield from _modules(policy)
    yield from _fetch(policy)
    yield from _crypto(policy)
    yield from _xlsx(policy)
    yield from _tasks(policy)
    yield from _denials(policy)


def _with_grants(policy: Policy, **grants: object) -> Policy:
    return _replace(policy, grants=_replace(policy.grants, **grants))


def _modules(policy: Policy) -> Iterator[Mutant]:
    yield Mutant("modules", "all removed", "modules", _replace(policy, modules=Modules()))
    yield Mutant("modules", "`modules: all`", "modules", _replace(policy, modules=Modules(all=True)))


def _fetch(policy: Policy) -> Iterator[Mutant]:
    grants = policy.grants.fetch
    for index, grant in enumerate(grants):
        rest = (grants[:index], grants[index + 1 :])
        rule = f"grants.fetch.{grant.name}"
        yield Mutant(rule, "removed", "fetch", _with_grants(policy, fetch=(*rest[0], *rest[1])))
        for change, wider in _wider_fetch(grant):
            yield Mutant(rule, change, "fetch", _with_grants(policy, fetch=(*rest[0], wider, *rest[1])))


def _wider_fetch(grant: FetchGrant) -> Iterator[tuple[str, FetchGrant]]:
    hosts = tuple(sorted({_wider_host(host) for host in grant.hosts}))
    yield f"hosts: {', '.join(host.text for host in hosts)}", _replace(grant, hosts=hosts)
    yield "any host", _replace(grant, hosts=(ANY_HOST,))
    yield "any method", _replace(grant, methods=ANY)
    yield "any path", _replace(grant, paths=ANY)
    yield "any port", _replace(grant, ports=ANY)
    # As a file says it: without `ports`, each scheme has its own.
    ports = None if grant.ports in ((80,), (443,)) else grant.ports
    yield "http beside https", _replace(grant, schemes=SCHEMES, ports=ports)
    yield "any address", _replace(grant, addresses=(PUBLIC, "0.0.0.0/0", "::/0"))


def _wider_host(host: HostPattern) -> HostPattern:
    """The hosts around a host: everything under the same domain."""
    if host.kind == "one":
        return HostPattern("many", host.name)
    parent = host.name.partition(".")[2]
    if host.kind == "exact" and not is_address(host.name) and "." in parent:
        return HostPattern("many", parent)
    return host


def _crypto(policy: Policy) -> Iterator[Mutant]:
    grant = policy.grants.crypto
    if grant is None:
        return

    def mutant(rule: str, change: str, **fields: object) -> Mutant:
        changed: CryptoGrant = _replace(grant, **fields)
        return Mutant(f"grants.crypto.{rule}", change, "crypto", _with_grants(policy, crypto=changed))

    for operation in ALGORITHMS:
        if getattr(grant, operation):
            yield mutant(operation, "removed", **{operation: ()})
            yield mutant(operation, "any algorithm", **{operation: ANY})
    if grant.random:
        yield mutant("random", "removed", random=False)
    for key in grant.keys:
        rest = tuple(each for each in grant.keys if each is not key)
        uses = [use for use, operations in KEY_USES.items() if any(key.algorithm in ALGORITHMS[each]
                for each in operations)]  # fmt: skip
        yield mutant(f"keys.{key.name}", "removed", keys=rest)
        yield mutant(f"keys.{key.name}", "any use", keys=(*rest, _replace(key, use=tuple(sorted(uses)))))


def _xlsx(policy: Policy) -> Iterator[Mutant]:
    grant = policy.grants.xlsx if policy.grants.xlsx is not None else XlsxGrant()
    most = XlsxLimits(**{field: most for field, (_, most) in bounds(XlsxLimits).items()})
    for operation in ("read", "write"):
        if getattr(grant, operation) is not None:
            for change, limits in (("removed", None), ("every limit at its most", most)):
                changed = _with_grants(policy, xlsx=_replace(grant, **{operation: limits}))
                yield Mutant(f"grants.xlsx.{operation}", change, "xlsx", changed)


def _tasks(policy: Policy) -> Iterator[Mutant]:
    grant = policy.grants.tasks if policy.grants.tasks is not None else TasksGrant()
    for operation in ("add", "get"):
        if getattr(grant, operation):
            for change, pools in (("removed", ()), ("any pool", ("*",))):
                changed = _with_grants(policy, tasks=_replace(grant, **{operation: pools}))
                yield Mutant(f"grants.tasks.{operation}", change, "tasks", changed)


def _denials(policy: Policy) -> Iterator[Mutant]:
    """Denials are removed only: a wider one lets less through."""
    deny = policy.deny

    def mutant(rule: str, capability: str, **fields: object) -> Mutant:
        return Mutant(f"deny.{rule}", "removed", capability, _replace(policy, deny=_replace(deny, **fields)))

    for denial in deny.fetch:
        rest = tuple(each for each in deny.fetch if each is not denial)
        yield mutant(f"fetch.{denial.name}", "fetch", fetch=rest)
    for operation, algorithms in deny.crypto:
        rest = tuple(each for each in deny.crypto if each != (operation, algorithms))
        yield mutant(f"crypto.{operation}", "crypto", crypto=rest)
    if deny.xlsx:
        yield mutant("xlsx", "xlsx", xlsx=())
    for operation in ("add", "get"):
        if getattr(deny.tasks, operation):
            yield mutant(f"tasks.{operation}", "tasks", tasks=_replace(deny.tasks, **{operation: ()}))
    if deny.modules:
        # What was denied is gone from the flattened list, and comes back without the denial.
        given = Modules(policy.modules.all, policy.modules.names | frozenset(deny.modules))
        removed = _replace(policy, modules=given, deny=_replace(deny, modules=()))
        yield Mutant("deny.modules", "removed", "modules", removed)
