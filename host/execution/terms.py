"""On what terms an execution runs: worked out once for each policy, and for each principal under it."""

from collections.abc import Collection

from host.execution.admission import Claim
from host.execution.memory import MIB
from host.execution.rates import Allowance
from host.execution.request import ExecutionRequest
from host.node.node import Node
from host.policy.ceilings import narrow
from host.policy.decide.rulebook import Rulebook
from host.policy.model import Limits, Policy, Quota
from host.sandbox import abi
from host.sandbox.engine import WASM_STACK_BYTES

#: More than a node has principals and policies; what is forgotten is worked out anew.
_KEPT_MAX = 10_000


class PolicyTerms:
    """What each execution needs of a policy."""

    __slots__ = ("allows", "limits", "memory_mib", "modules", "permit", "rulebook", "seeded")

    def __init__(self, policy: Policy, ceilings: Limits) -> None:
        language = policy.language
        self.limits = narrow(policy.limits, ceilings)
        self.rulebook = Rulebook(policy)
        self.allows = policy.modules.allows
        self.modules = "\n".join(sorted(policy.modules.names)).encode()
        self.seeded = language.random == "seeded"
        self.permit = (
            abi.PERMIT_EVAL * language.eval
            | abi.PERMIT_CONSOLE * language.console
            | abi.PERMIT_NO_RETURN * (not language.require_return)
            | abi.PERMIT_ALL_MODULES * policy.modules.all
        )
        #: While it runs, an execution can take its cap, and as much for the frames of its recursions.
        self.memory_mib = -(-(self.limits.memory_bytes + WASM_STACK_BYTES) // MIB)


class Terms:
    """The same for one principal: what it takes of the node, and what its rates are."""

    __slots__ = ("allowance", "claim", "policy")

    def __init__(self, policy: PolicyTerms, claim: Claim, allowance: Allowance) -> None:
        self.policy = policy
        self.claim = claim
        self.allowance = allowance


class TermsOf:
    """Works terms out and keeps them. `running_max` is how many executions the node runs at once."""

    def __init__(self, node: Node, ceilings: Limits, running_max: int) -> None:
        self._pools = node.pools
        self._ceilings = ceilings
        self._running_max = running_max
        # By digest: a reloaded policy of the same name is another one.
        self._policies: dict[str, PolicyTerms] = {}
        self._terms: dict[tuple[str, str, Quota], Terms] = {}

    def of_policy(self, policy: Policy) -> PolicyTerms:
        """The terms of a policy."""
        terms = self._policies.get(policy.digest)
        if terms is None:
            if len(self._policies) >= _KEPT_MAX:
                self._policies.clear()
            terms = self._policies[policy.digest] = PolicyTerms(policy, self._ceilings)
        return terms

    def keep(self, digests: Collection[str]) -> None:
        """Forgets the terms of all policies but those with these digests: the others are in force no more, and what is
        worked out for one may be large."""
        self._policies = {digest: terms for digest, terms in self._policies.items() if digest in digests}
        self._terms = {key: terms for key, terms in self._terms.items() if key[0] in digests}

    def of(self, request: ExecutionRequest) -> Terms:
        """The terms of a request."""
        key = request.policy.digest, request.principal, request.quota
        terms = self._terms.get(key)
        if terms is None:
            if len(self._terms) >= _KEPT_MAX:
                self._terms.clear()
            terms = self._terms[key] = self._make(request)
        return terms

    def _make(self, request: ExecutionRequest) -> Terms:
        policy, quota = self.of_policy(request.policy), request.quota
        pools = [
            (self._pools.get("node", "executions"), self._running_max),
            (self._pools.get("policy", request.policy.name), policy.limits.concurrency),
        ]
        if quota.concurrency is not None:
            pools.append((self._pools.get("principal", request.principal), quota.concurrency))
        rates = []
        if quota.rate is not None:
            rates.append(("principal", f"principal {request.principal}", quota.rate))
        if policy.limits.rate is not None:
            rates.append(("policy", f"policy {request.policy.name}", policy.limits.rate))
        claim = Claim(request.principal, request.policy.name, tuple(pools), policy.memory_mib)
        return Terms(policy, claim, Allowance(tuple(rates), f"fuel {request.principal}", quota.fuel_per_day))
