"""Warnings for what is legal and unwise, and what can only be said of a flattened policy."""

import ipaddress
from datetime import date, timedelta
from itertools import islice

from host.policy.algorithms import ALGORITHMS, BROKEN
from host.policy.covering import Covering, covers
from host.policy.diagnose import START, Diagnostic, Findings, Mark, quote, suggest
from host.policy.grants.model import ANY, FetchGrant
from host.policy.mode import AUDIT_DAYS_MAX
from host.policy.model import Origin, Policy, PolicySet
from host.policy.parse import ParsedPolicy
from host.policy.pattern.addresses import PUBLIC, is_public_range, kind_of
from host.policy.testcase import Expect, FetchCase

_COMPARED_MAX = 64
"""Rules that one rule is compared with: a thousand rules about the same must not take a thousand times as long."""
_NEEDS_MODULE = {"xlsx": "xlsx", "tasks": "tasks"}


def lint(policy: Policy, origin: Origin) -> tuple[Diagnostic, ...]:
    """What is unwise in a flattened policy, at the places of its own file. What was inherited was told there."""
    found = Findings(origin.file)
    _lint_fetch(found, policy, origin)
    _lint_crypto(found, policy, origin)
    _lint_use(found, policy, origin)
    return found.sorted()


def lint_dates(policies: PolicySet, today: date) -> list[Diagnostic]:
    """What is unwise about audits on the day `today`: one that is over, and one that goes on too long."""
    warnings = []
    for name, policy in policies.policies.items():
        until = policy.mode.until
        if until is None:
            continue
        origin = policies.origins[name]
        mark = origin.marks.get("until", START)
        found = Findings(origin.file)
        if not policy.mode.audits_on(today):
            found.warning("audit-over", mark, f"the audit ended on {until}: {quote(name)} enforces", "Remove `mode`.")
        elif until - today > timedelta(days=AUDIT_DAYS_MAX):
            latest = today + timedelta(days=AUDIT_DAYS_MAX)
            message = f"{quote(name)} audits for {(until - today).days} days, and lets through what it does not grant"
            found.warning("audit-long", mark, message, f"Choose a day up to {latest}.")
        warnings += found.sorted()
    return warnings


def check_tests(policy: Policy, file: str, parsed: ParsedPolicy) -> tuple[Diagnostic, ...]:
    """An error for each test that expects a rule which the policy does not have."""
    found = Findings(file)
    allowing = {grant.name for grant in policy.grants.fetch}
    denying = allowing | {denial.name for denial in policy.deny.fetch}
    for index, case in enumerate(parsed.tests):
        expect = case.expect
        if not isinstance(case.subject, FetchCase) or not isinstance(expect, Expect) or expect.rule is None:
            continue
        names = allowing if expect.decision == "allow" else denying
        if expect.rule not in names:
            mark = parsed.origin.marks.get(f"tests[{index}].expect", case.mark)
            message = f"{quote(policy.name)} has no rule {quote(expect.rule)}"
            found.error("unknown-grant", mark, message, suggest(expect.rule, names))
    return found.sorted()


def _lint_fetch(found: Findings, policy: Policy, origin: Origin) -> None:
    marks = origin.marks
    for index, grant in enumerate(policy.grants.fetch):
        path = f"grants.fetch[{index}]"
        if path in marks and origin.rules[f"grants.fetch.{grant.name}"].file == origin.file:
            _lint_hosts(found, grant, path, marks)
            _lint_grant(found, grant, path, marks)
    _lint_swallowed(found, policy, origin)


def _lint_hosts(found: Findings, grant: FetchGrant, path: str, marks: dict[str, Mark]) -> None:
    mark = marks[f"{path}.hosts"]
    for host in grant.hosts:
        if host.kind == "any":
            message = f"`{grant.name}` is about every host there is"
            found.warning("any-host", mark, message, "Name the hosts that the code needs.")
        elif host.kind != "exact" and "." not in host.name:
            message = f"`{grant.name}` is about every host under `{host.name}`"
            found.warning("any-host", mark, message, "Name the domain below it.")


def _lint_grant(found: Findings, grant: FetchGrant, path: str, marks: dict[str, Mark]) -> None:
    mark = marks[path]
    if grant.methods == ANY:
        message = f"`{grant.name}` is about every method"
        found.warning("any-method", marks[f"{path}.methods"], message, "Name those that the code needs.")
    if grant.ports == ANY:
        message = f"`{grant.name}` is about every port"
        found.warning("any-port", marks[f"{path}.ports"], message, "Name those that the code needs.")
    if "http" in grant.schemes:
        message = f"`{grant.name}` is about plain http, which anybody on the way can read and change"
        found.warning("plain-http", marks.get(f"{path}.schemes", mark), message, "Write `schemes: [https]`.")
        if grant.request.secrets:
            _lint_secrets(found, grant, marks.get(f"{path}.request", mark))
    for each in grant.addresses:
        if each != PUBLIC and not is_public_range(network := ipaddress.ip_network(each)):
            what = kind_of(network.network_address) if network.num_addresses == 1 else "not public"
            message = f"`{grant.name}` may reach {each}, which is {what}"
            fix = "Keep the range as narrow as the service behind it."
            found.warning("any-address", marks[f"{path}.addresses"], message, fix)


def _lint_secrets(found: Findings, grant: FetchGrant, mark: Mark) -> None:
    secrets = ", ".join(grant.request.secrets)
    if grant.request.secrets_over_http:
        message = f"`{grant.name}` sends the secret {secrets} over plain http"
        found.warning("secret-over-http", mark, message, "Remove `secrets_over_http`, and use https.")
    elif "https" not in grant.schemes:
        message = f"`{grant.name}` is about http alone, and the secret {secrets} is put on over https alone"
        found.warning("grants-nothing", mark, message, "Write `schemes: [https]`.")


def _lint_swallowed(found: Findings, policy: Policy, origin: Origin) -> None:
    """A rule that another one covers. Of two that cover each other, the later one is told."""
    grants = policy.grants.fetch
    if "grants" not in origin.marks or len(grants) < 2:
        return
    covering = Covering(grants)
    numbers = {grant.name: index for index, grant in enumerate(grants)}
    for index, grant in enumerate(grants):
        for other in islice(covering.candidates(grant), _COMPARED_MAX):
            if other is grant or not covers(other, grant) or (numbers[other.name] > index and covers(grant, other)):
                continue
            message = f"`{grant.name}` lets nothing through that `{other.name}` does not"
            mark = origin.marks[f"grants.fetch[{index}]"]
            found.warning("swallowed-grant", mark, message, "Remove it, or narrow the other one.")
            break


def _lint_crypto(found: Findings, policy: Policy, origin: Origin) -> None:
    grant = policy.grants.crypto
    if grant is None:
        return
    for operation in ALGORITHMS:
        mark = origin.marks.get(f"grants.crypto.{operation}")
        algorithms = getattr(grant, operation)
        if mark is None:
            continue
        if algorithms == ANY:
            message = f"`crypto.{operation}` grants every algorithm, broken ones too"
            found.warning("any-algorithm", mark, message, "Name those that the code needs.")
            continue
        broken = [each for each in algorithms if each in BROKEN]
        if broken:
            message = f"`crypto.{operation}` grants {', '.join(broken)}, which is broken"
            found.warning("weak-algorithm", mark, message, "Keep it only where old data or a partner needs it.")


def _lint_use(found: Findings, policy: Policy, origin: Origin) -> None:
    """Grants that no code can use, and denials that leave nothing of a grant."""
    for capability, module in _NEEDS_MODULE.items():
        mark = origin.marks.get(f"grants.{capability}")
        if mark is not None and not policy.modules.allows(module):
            message = f"`{capability}` is granted, and the module `{module}` is not listed"
            found.warning("unused-grant", mark, message, f"Add `{module}` to `modules`.")
    keys = origin.marks.get("grants.crypto.keys")
    if keys is not None and not policy.modules.allows("crypto"):
        message = "named keys are granted, and the module `crypto` is not listed"
        found.warning("unused-grant", keys, message, "Add `crypto` to `modules`.")
