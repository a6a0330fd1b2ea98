"""On what terms an execution runs: worked out once for each policy, and for each principal under it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from host.execution.admission import Claim
from host.execution.memory import MIB
from host.execution.rates import Allowance
from host.execution.request import ExecutionRequest
from host.node.node import Node
from host.policy.ceilings import narrow
from host.policy.decide.rulebook import Rulebook
from host.policy.model import Limits, Modules, Origin, Policy, PolicySet, Quota
from host.sandbox import abi
from host.sandbox.engine import WASM_STACK_BYTES

#: More than a node has principals and policies; what is forgotten is worked out anew.
_KEPT_MAX = 10_000


def today() -> date:
    """The day, in UTC."""
    return datetime.now(UTC).date()


class PolicyTerms:
    """What each execution needs of a policy."""

    __slots__ = (
        "_origin", "_until", "allows", "allows_audited", "asks_modules", "candidate", "limits", "memory_mib", "modules",
        "permit", "rulebook", "seeded",
    )  # fmt: skip

    def __init__(
        self, policy: Policy, ceilings: Limits, origin: Origin | None, candidate: Policy | None, records: bool
    ) -> None:
        language = policy.language
        self.limits = narrow(policy.limits, ceilings)
        self.rulebook = Rulebook(policy, origin)
        self._origin = origin
        #: A policy of the same name that is tried out beside it.
        self.candidate = None if candidate is None else Rulebook(candidate)
        #: Whether each `require` is decided on by the host, so that there is a record of it.
        self.asks_modules = records or candidate is not None
        self._until = policy.mode.until
        self.allows = policy.modules.allows
        #: The same while the policy audits: what it denies is all that there is not.
        self.allows_audited = Modules(all=True).without(policy.deny.modules).allows
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

    def goes_with(self, origin: Origin | None, candidate: Policy | None) -> bool:
        """Whether they were made with these."""
        return self._origin is origin and (self.candidate.policy if self.candidate else None) is candidate

    def audits(self) -> bool:
        """Whether the policy only watches today. Asked for each execution, so that an audit ends by itself."""
        return self._until is not None and today() <= self._until


class Terms:
    """The same for one principal: what it takes of the node, and what its rates are."""

    __slots__ = ("allowance", "claim", "policy")

    def __init__(self, policy: PolicyTerms, claim: Claim, allowance: Allowance) -> None:
        self.policy = policy
        self.claim = claim
        self.allowance = allowance


class TermsOf:
    """Works terms out and keeps them. `running_max` is how many executions the node runs at once; `records` says that
    what is decided is recorded."""

    def __init__(self, node: Node, ceilings: Limits, running_max: int, records: bool = False) -> None:
        self._pools = node.pools
        self._ceilings = ceilings
        self._running_max = running_max
        self._records = records
        self._origins: Mapping[str, Origin] = {}
        self._candidates: Mapping[str, Policy] = {}
        # By digest: a reloaded policy of the same name is another one.
        self._policies: dict[str, PolicyTerms] = {}
        self._terms: dict[tuple[str, str, Quota], Terms] = {}

    def take_up(self, policies: PolicySet, candidates: Mapping[str, Policy]) -> None:
        """These are in force, and `candidates` are asked beside the ones of their names: for executions that begin
        from now on. The terms of all others are forgotten: what is worked out for a policy may be large. A policy may
        also be the same and stand on other lines."""
        self._origins, self._candidates = policies.origins, candidates
        names = {policy.digest: policy.name for policy in policies.policies.values()}
        self._policies = {
            digest: terms
            for digest, terms in self._policies.items()
            if digest in names and terms.goes_with(*self._beside(names[digest]))
        }
        self._terms = {key: terms for key, terms in self._terms.items() if self._policies.get(key[0]) is terms.policy}

    def _beside(self, name: str) -> tuple[Origin | None, Policy | None]:
        return self._origins.get(name), self._candidates.get(name)

    def of_policy(self, policy: Policy) -> PolicyTerms:
        """The terms of a policy."""
        terms = self._policies.get(policy.digest)
        if terms is None:
            if len(self._policies) >= _KEPT_MAX:
                self._policies.clear()
            beside = self._beside(policy.name)
            terms = self._policies[policy.digest] = PolicyTerms(policy, self._ceilings, *beside, self._records)
        return terms

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
