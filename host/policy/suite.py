"""The tests of a folder of policies: what each was to get and what it got, and which grants none of them touches."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from host.policy.algorithms import ALGORITHMS
from host.policy.cases import needs_a_guest, run_case
from host.policy.decide.rulebook import Rulebook
from host.policy.model import Place, Policy, PolicySet
from host.policy.testcase import Case, Expect, RunExpect


class Tested(Struct, frozen=True):
    """How one test of the policy `policy` went. `rule` is the id of the rule that decided, where one did."""

    policy: str
    case: Case
    passed: bool
    got: str
    rule: str | None = None
    seconds: float = 0.0


class Untested(Struct, frozen=True):
    """A grant that no test touches."""

    policy: str
    rule: str
    place: Place | None


def decide_all(policies: PolicySet, names: Iterable[str]) -> list[Tested]:
    """Runs every test that needs no guest."""
    done = []
    for name in names:
        rulebook = Rulebook(policies.policies[name], policies.origins[name])
        for case in policies.tests.get(name, ()):
            if not needs_a_guest(case):
                result = run_case(rulebook, case)
                done.append(Tested(name, case, result.passed, result.got, result.rule))
    return done


def guest_cases(policies: PolicySet, names: Iterable[str]) -> list[tuple[str, Case]]:
    """The tests that have to be run in a guest, with the names of their policies."""
    return [(name, case) for name in names for case in policies.tests.get(name, ()) if needs_a_guest(case)]


def judge_success(expect: RunExpect, result_json: bytes) -> tuple[bool, str]:
    """Whether code that returned `result_json` was to do so, and what it got in words."""
    got = f"result {_short(result_json)}"
    if expect.error is not None or expect.message is not None:
        return False, got
    if expect.result_json is None:
        return True, got
    return _same(msgspec.json.decode(result_json), msgspec.json.decode(expect.result_json)), got


def judge_failure(expect: RunExpect, kind: str, message: str) -> tuple[bool, str]:
    """Whether code that failed was to fail in this way, and what it got in words."""
    got = f"{kind}: {message[:200]}"
    if expect.error is None and expect.message is None:
        return False, got
    fits = expect.error in (None, kind) and (expect.message is None or expect.message in message)
    return fits and expect.result_json is None, got


def _same(one: Any, other: Any) -> bool:
    """Whether two JSON values are one. Python takes `true` for 1, and JSON does not; 1.0 is 1 in both."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def expected(expect: Expect | RunExpect) -> str:
    """What a test expects, in words."""
    if isinstance(expect, Expect):
        return f"{expect.decision} {expect.rule}" if expect.rule else expect.decision
    if expect.result_json is not None:
        return f"result {_short(expect.result_json)}"
    if expect.error is None and expect.message is None:
        return "success"
    saying = f" with {expect.message!r}" if expect.message is not None else ""
    return f"{expect.error or 'an error'}{saying}"


def _short(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    return text if len(text) <= 200 else f"{text[:200]}…"


def untested(policies: PolicySet, names: Collection[str], done: Iterable[Tested]) -> list[Untested]:
    """The grants of the policies `names` that no test in `done` touches, each where it is written: a test of a child
    touches what the child has inherited."""
    touched = {_place(policies, each.policy, each.rule) for each in done if each.rule is not None}
    found = []
    for name in names:
        for rule in grant_ids(policies.policies[name]):
            place = _place(policies, name, rule)
            if place is not None and place.file == policies.origins[name].file and place not in touched:
                found.append(Untested(name, rule, place))
    return found


def _place(policies: PolicySet, name: str, rule: str) -> Place | None:
    return policies.origins[name].rules.get(rule)


def grant_ids(policy: Policy) -> Iterator[str]:
    """The ids of the grants of a policy, as decisions name them."""
    grants = policy.grants
    yield from (f"grants.fetch.{grant.name}" for grant in grants.fetch)
    if grants.crypto is not None:
        yield from (f"grants.crypto.{each}" for each in (*ALGORITHMS, "random") if getattr(grants.crypto, each))
        yield from (f"grants.crypto.keys.{key.name}" for key in grants.crypto.keys)
    for capability, operations in (("xlsx", ("read", "write")), ("tasks", ("add", "get"))):
        grant = getattr(grants, capability)
        if grant is not None:
            yield from (f"grants.{capability}.{each}" for each in operations if getattr(grant, each))
