"""What a policy costs an execution: one that makes no host call, and each call of one that does."""

import time
from collections.abc import Callable
from types import SimpleNamespace

EXECUTIONS = 20_000
CALLS = 2_000


def without_a_call() -> dict[str, Callable[[], float]]:
    """Microseconds that an execution has of its policy where it calls nothing: its terms are found, and whether the
    policy audits. By what the policy is."""
    from host.execution.request import ExecutionRequest
    from host.execution.tally import FIGURES, GAUGES
    from host.execution.terms import TermsOf
    from host.node.node import Shared
    from host.policy.model import WIDEST
    from host.policy.resolve import resolve_files
    from perf.policy import RULES, policy_text

    shared = Shared(1, len(FIGURES), len(GAUGES))
    terms = TermsOf(shared.join(), WIDEST, 100)
    text = policy_text(RULES, one_host=False)
    texts = {"enforces": text, "audits": f"{text}mode: audit\nuntil: 2099-01-01\n"}
    found = {}
    for name, each in texts.items():
        request = ExecutionRequest(b"return 1", b"{}", resolve_files({"p.yaml": each.encode()}).policies["big"])
        found[f"{RULES:,} rules, {name}"] = lambda request=request: _time_terms(terms, request)
    return found


def _time_terms(terms, request) -> float:
    began_at = time.process_time()
    for _ in range(EXECUTIONS):
        of_policy = terms.of(request).policy
        audits = of_policy.audits()
        _ = of_policy.permit | 16 * (audits or of_policy.asks_modules)
    return (time.process_time() - began_at) * 1e6 / EXECUTIONS


def of_a_call() -> dict[str, Callable[[], float]]:
    """Microseconds that an execution waits for the decision about one call, with its record: without a candidate
    beside the policy and with one."""
    from host.policy.decide.fetch import FetchRequest
    from host.policy.decide.rulebook import Rulebook
    from host.policy.resolve import resolve_files
    from host.policy.url import parse_url
    from perf.policy import RULES, policy_text

    policy = resolve_files({"p.yaml": policy_text(RULES, one_host=False).encode()}).policies["big"]
    request = FetchRequest("GET", parse_url("https://api7.example.com/v1/things7/x"))
    beside = {"no candidate": None, "a candidate": Rulebook(policy)}
    return {
        f"{RULES:,} rules, {name}": lambda candidate=candidate: _time_ask(Rulebook(policy), candidate, request)
        for name, candidate in beside.items()
    }


def _time_ask(rulebook, candidate, request) -> float:
    from host.capabilities.random import RandomSource
    from host.execution.site import ExecutionSite, Rules, no_secrets

    calls = SimpleNamespace(charge=None, end_slice=None, spend_call=None)
    now = time.monotonic()
    site = ExecutionSite(Rules(rulebook, False, candidate), "", "", RandomSource(), no_secrets, None, now, now, calls)
    site.ask(request)  # the rules are indexed with the first one
    began_at = time.process_time()
    for _ in range(CALLS):
        site.ask(request)
    return (time.process_time() - began_at) * 1e6 / CALLS
