"""Running the tests of a policy that need no guest. Pure: no name is resolved and nothing is sent."""

from msgspec import Struct

from host.policy.decide import fetch
from host.policy.decide.crypto import CryptoRequest
from host.policy.decide.fetch import FetchRequest
from host.policy.decide.modules import ModuleRequest
from host.policy.decide.outcome import Allow, Decision, Deny
from host.policy.decide.rulebook import Rulebook
from host.policy.decide.tasks import TasksRequest
from host.policy.decide.xlsx import XlsxRequest
from host.policy.pattern.addresses import parse_address
from host.policy.testcase import Case, CryptoCase, Expect, FetchCase, ModuleCase, RunCase, Subject, TasksCase, XlsxCase
from host.policy.url import UrlError, parse_url


class CaseResult(Struct, frozen=True):
    """How one test went. `rule` is the id of the rule that decided, for coverage."""

    case: Case
    passed: bool
    got: str
    rule: str | None


def needs_a_guest(case: Case) -> bool:
    """Whether a test has to be run rather than decided."""
    return isinstance(case.subject, RunCase)


def run_case(rulebook: Rulebook, case: Case) -> CaseResult:
    """Decides what `case` is about, as if the policy enforced: a test says what it is to be, not what an audit lets
    through meanwhile."""
    assert isinstance(case.expect, Expect), "a test with `run` is for whoever can run a guest"
    decision = decide_case(rulebook, case.subject)
    rule = decision.rule
    if isinstance(decision, Allow):
        got = f"allow {decision.rule.name}"
        passed = case.expect.decision == "allow" and case.expect.rule in (None, decision.rule.name)
    else:
        got = f"deny: {decision.reason}"
        named = case.expect.rule is None or (rule is not None and case.expect.rule == rule.name)
        passed = case.expect.decision == "deny" and named
    deciding = isinstance(decision, Allow) or decision.final
    return CaseResult(case, passed, got, rule.id if rule is not None and deciding else None)


def decide_case(rulebook: Rulebook, subject: Subject) -> Decision:
    """The decision on the subject of a test."""
    match subject:
        case FetchCase(method, url, resolves):
            return decide_url(rulebook, method, url, resolves)
        case CryptoCase(operation, algorithm, key):
            return rulebook.decide(CryptoRequest(operation, algorithm, key))
        case ModuleCase(module):
            return rulebook.decide(ModuleRequest(module.removeprefix("node:")))
        case XlsxCase(operation, size_bytes):
            return rulebook.decide(XlsxRequest(operation, size_bytes))
        case TasksCase(operation, pool):
            return rulebook.decide(TasksRequest(operation, pool))
    raise TypeError(f"{subject} is not decided")


def decide_url(rulebook: Rulebook, method: str, text: str, resolves: tuple[str, ...] = ()) -> Decision:
    """The decision on a request by its URL as text, with the addresses that its host is taken to resolve to. A host
    that is an address resolves to itself."""
    try:
        url = parse_url(text)
    except UrlError as fault:
        return Deny("fetch", f"{method} {text[:200]}", rulebook.policy.name, f"the URL {fault}", None, final=True)
    request = FetchRequest(method, url)
    decision = fetch.decide(rulebook.fetch, request)
    if isinstance(decision, Deny):
        return decision
    addresses = [parse_address(each) for each in resolves] or [url.address] * (url.address is not None)
    refused = fetch.decide_addresses(rulebook.fetch, request, decision.terms, addresses) if addresses else None
    return refused if refused is not None else decision
