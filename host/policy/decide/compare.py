"""What a candidate, a policy that is not in force, would have made of a call."""

from typing import Literal

from host.policy.decide.outcome import Allow, Decision, goes_through

Would = Literal["allow", "deny", "other-rule"]
WOULD: tuple[Would, ...] = ("allow", "deny", "other-rule")
"""How a candidate can differ: it lets through what was refused, it refuses what went through, or both let it through
by rules of other names."""


def difference(decision: Decision, audits: bool, candidate: Decision) -> Would | None:
    """How a call would have gone under the candidate, were it in force and enforced; None where it is the same."""
    went = goes_through(decision, audits)
    if went != isinstance(candidate, Allow):
        return "deny" if went else "allow"
    if isinstance(decision, Allow) and isinstance(candidate, Allow) and decision.rule.name != candidate.rule.name:
        return "other-rule"
    return None
