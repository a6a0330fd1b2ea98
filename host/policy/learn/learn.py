"""The smallest policy that lets through what was seen.

What a base policy allows is taken from there with its terms: the secrets that a rule puts on, its limits, the
addresses that it reaches. What it does not (it was seen under an audit) gets rules of its own. Limits, language,
denials and flows are the base's.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from host.policy.algorithms import ALGORITHMS
from host.policy.bounded import bounds
from host.policy.decide.crypto import CryptoRequest
from host.policy.decide.fetch import FetchRequest
from host.policy.decide.modules import ModuleRequest
from host.policy.decide.outcome import Allow
from host.policy.decide.rulebook import Request, Rulebook
from host.policy.decide.tasks import TasksRequest
from host.policy.decide.xlsx import XlsxRequest
from host.policy.grants.model import CryptoGrant, Grants, KeyGrant, TasksGrant, XlsxGrant, XlsxLimits
from host.policy.learn.fetch import learn_fetch
from host.policy.mode import Mode
from host.policy.model import Modules, Policy
from host.policy.pattern.names import name_matches
from host.policy.vocabulary import NAME, owner_of


class LeftOut(Struct, frozen=True):
    """A call that no rule could be written for, and why."""

    capability: str
    target: str
    reason: str


class Learned(Struct, frozen=True):
    """The policy, how often each part of it was used (by its path: `grants.fetch.NAME`, `modules.lodash`), and what it
    does not let through although it was seen."""

    policy: Policy
    evidence: Mapping[str, int]
    left_out: tuple[LeftOut, ...]


def learn(seen: Iterable[tuple[Request, int]], base: Policy, name: str, generalise_paths: bool = False) -> Learned:
    """The policy called `name` that lets through the requests `seen`, each with how often it was."""
    counts: Counter[Request] = Counter()
    for request, times in seen:
        counts[request] += times
    learner = _Learner(base)
    by_kind: dict[type, dict[Any, int]] = {}
    for request, times in counts.items():
        by_kind.setdefault(type(request), {})[request] = times
    rules = learn_fetch(by_kind.get(FetchRequest, {}), learner.rulebook, generalise_paths)
    learner.left_out += [LeftOut("fetch", target, reason) for target, reason in rules.left_out]
    learner.evidence |= {f"grants.fetch.{rule}": times for rule, times in rules.evidence.items()}
    grants = Grants(
        rules.grants,
        learner.crypto(by_kind.get(CryptoRequest, {})),
        learner.xlsx(by_kind.get(XlsxRequest, {})),
        learner.tasks(by_kind.get(TasksRequest, {})),
    )
    modules = learner.modules(by_kind.get(ModuleRequest, {}))
    policy = msgspec.structs.replace(
        base, name=name, description="", modules=modules, grants=grants, flows=rules.flows, mode=Mode(), extends=None
    )
    left_out = sorted(learner.left_out, key=lambda each: (each.capability, each.target))
    return Learned(policy, learner.evidence, tuple(left_out))


class _Learner:
    def __init__(self, base: Policy) -> None:
        self.rulebook = Rulebook(base)
        self.evidence: Counter[str] = Counter()
        self.left_out: list[LeftOut] = []
        self._base = base

    def modules(self, seen: Mapping[ModuleRequest, int]) -> Modules:
        names = set()
        for request, times in seen.items():
            owner = owner_of(request.module)
            if owner is None or owner in self._base.deny.modules:
                self._leave_out("modules", request, "no policy can give it" if owner is None else "the base denies it")
                continue
            names.add(owner)
            self.evidence[f"modules.{owner}"] += times
        return Modules(names=frozenset(names))

    def crypto(self, seen: Mapping[CryptoRequest, int]) -> CryptoGrant | None:
        algorithms: dict[str, set[str]] = {}
        uses: dict[KeyGrant, set[str]] = {}
        random = False
        for request, times in seen.items():
            decision = self.rulebook.decide(request)
            if not isinstance(decision, Allow) and decision.final:
                self._leave_out("crypto", request, decision.reason)
            elif request.key is not None:
                uses.setdefault(decision.terms, set()).add(request.operation)
                self.evidence[f"grants.crypto.keys.{request.key}"] += times
            elif request.operation == "random":
                random = True
                self.evidence["grants.crypto.random"] += times
            elif request.algorithm in ALGORITHMS.get(request.operation, ()):
                algorithms.setdefault(request.operation, set()).add(request.algorithm)
                self.evidence[f"grants.crypto.{request.operation}.{request.algorithm}"] += times
            else:
                self._leave_out("crypto", request, "no policy knows that algorithm")
        if not (algorithms or uses or random):
            return None
        keys = [msgspec.structs.replace(key, use=tuple(sorted(used))) for key, used in uses.items()]
        listed = {operation: tuple(sorted(names)) for operation, names in algorithms.items()}
        base = self._base.grants.crypto or CryptoGrant()
        ordered = tuple(sorted(keys, key=lambda key: key.name))
        return CryptoGrant(**listed, random=random, keys=ordered, budget_ms=base.budget_ms)

    def xlsx(self, seen: Mapping[XlsxRequest, int]) -> XlsxGrant | None:
        base = self._base.grants.xlsx or XlsxGrant()
        found: dict[str, XlsxLimits] = {}
        for request, times in seen.items():
            operation = request.operation
            if operation in self._base.deny.xlsx:
                self._leave_out("xlsx", request, "the base denies it")
                continue
            limits = found.get(operation) or getattr(base, operation) or XlsxLimits()
            raised = _raised(limits, request)
            if raised is None:
                self._leave_out("xlsx", request, "it is more than any policy can allow")
                continue
            found[operation] = raised
            self.evidence[f"grants.xlsx.{operation}"] += times
        return XlsxGrant(**found) if found else None

    def tasks(self, seen: Mapping[TasksRequest, int]) -> TasksGrant | None:
        found: dict[str, set[str]] = {"add": set(), "get": set()}
        for request, times in seen.items():
            denied = getattr(self._base.deny.tasks, request.operation)
            if any(name_matches(pattern, request.pool) for pattern in denied):
                self._leave_out("tasks", request, "the base denies it")
            elif not NAME.fullmatch(request.pool):
                self._leave_out("tasks", request, "it is no name of a pool")
            else:
                found[request.operation].add(request.pool)
                self.evidence[f"grants.tasks.{request.operation}.{request.pool}"] += times
        if not any(found.values()):
            return None
        return TasksGrant(**{operation: tuple(sorted(pools)) for operation, pools in found.items()})

    def _leave_out(self, capability: str, request: Request, reason: str) -> None:
        self.left_out.append(LeftOut(capability, request.target[:200], reason))


def _raised(limits: XlsxLimits, request: XlsxRequest) -> XlsxLimits | None:
    """`limits` under which the request is allowed, no larger than that takes; None where there are none."""
    ranges, changed = bounds(XlsxLimits), {}
    for field in XlsxLimits.__struct_fields__:
        asked = getattr(request, field.removeprefix("max_"))
        if asked is not None and asked > getattr(limits, field):
            if asked > ranges[field][1]:
                return None
            changed[field] = asked
    return msgspec.structs.replace(limits, **changed)
