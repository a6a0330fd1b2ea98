"""A policy made ready to be asked, each capability when it is first asked for."""

from datetime import date
from functools import cached_property

from msgspec import Struct

from host.policy.decide import crypto, fetch, modules, tasks, xlsx
from host.policy.decide.outcome import Allow, Decision, Deny, Rule
from host.policy.model import Origin, Policy
from host.policy.pattern.names import name_matches


class Verdict(Struct, frozen=True):
    """What becomes of a call: `allowed`, and the decision that it comes from. `audited` means that it goes through
    because the policy only watches, although the decision is a Deny."""

    allowed: bool
    decision: Decision
    audited: bool = False


Request = fetch.FetchRequest | crypto.CryptoRequest | xlsx.XlsxRequest | tasks.TasksRequest
"""What a capability asks about."""


class Rulebook:
    """The rules of one policy. Without an `origin`, rules have no places."""

    def __init__(self, policy: Policy, origin: Origin | None = None) -> None:
        self.policy = policy
        self._places = origin.rules if origin is not None else {}

    @cached_property
    def fetch(self) -> fetch.FetchRules:
        return fetch.FetchRules(self.policy.name, self.policy.grants.fetch, self.policy.deny.fetch, self._rule)

    @cached_property
    def crypto(self) -> crypto.CryptoRules:
        return crypto.CryptoRules(self.policy.name, self.policy.grants.crypto, self.policy.deny, self._rule)

    @cached_property
    def xlsx(self) -> xlsx.XlsxRules:
        return xlsx.XlsxRules(self.policy.name, self.policy.grants.xlsx, self.policy.deny, self._rule)

    @cached_property
    def tasks(self) -> tasks.TasksRules:
        return tasks.TasksRules(self.policy.name, self.policy.grants.tasks, self.policy.deny, self._rule)

    @cached_property
    def modules(self) -> modules.ModuleRules:
        return modules.ModuleRules(self.policy.name, self.policy.modules, self.policy.deny, self._rule)

    def decide(self, request: Request) -> Decision:
        """What the policy says about a request, whatever its mode."""
        match request:
            case fetch.FetchRequest():
                return fetch.decide(self.fetch, request)
            case crypto.CryptoRequest():
                return crypto.decide(self.crypto, request)
            case xlsx.XlsxRequest():
                return xlsx.decide(self.xlsx, request)
            case tasks.TasksRequest():
                return tasks.decide(self.tasks, request)

    def verdict(self, decision: Decision, today: date) -> Verdict:
        """What the policy's mode makes of a decision on the day `today` (UTC)."""
        if isinstance(decision, Allow):
            return Verdict(True, decision)
        audited = not decision.final and self.policy.mode.audits_on(today)
        return Verdict(audited, decision, audited)

    def flow_denies(self, read: frozenset[str], rule: str) -> Deny | None:
        """Why the fetch grant `rule` may not be used once responses under the grants `read` were seen, or None."""
        for flow in self.policy.flows:
            after = next((name for name in sorted(read) if name_matches(flow.after, name)), None)
            if after is not None and not any(name_matches(only, rule) for only in flow.only):
                reason = f"after a response under `{after}`, only {', '.join(flow.only) or 'nothing'} may be called"
                return Deny("fetch", rule, self.policy.name, reason, self._rule("flows", "flows"), final=True)
        return None

    def _rule(self, id: str, name: str) -> Rule:
        return Rule(id, name, self._places.get(id))
