"""A policy made ready to be asked, each capability when it is first asked for."""

from functools import cached_property

from host.policy.decide import crypto, fetch, modules, tasks, xlsx
from host.policy.decide.outcome import Decision, Deny, Rule
from host.policy.model import Origin, Policy
from host.policy.pattern.names import name_matches

Request = fetch.FetchRequest | crypto.CryptoRequest | xlsx.XlsxRequest | tasks.TasksRequest | modules.ModuleRequest
"""What a capability asks about, or `require`."""

CAPABILITIES = ("crypto", "fetch", "modules", "tasks", "xlsx")
"""What decisions are about. Modules are no capability, and are decided on like one."""


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
            case modules.ModuleRequest():
                return modules.decide(self.modules, request)

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
