"""What the server allows at most, against what a policy asks for."""

from host.policy.diagnose import START, Diagnostic
from host.policy.limits import LIMIT_KEYS
from host.policy.model import Limits, Origin, Policy, PolicySet, Rate
from host.policy.units import show_rate


def narrow(limits: Limits, ceilings: Limits) -> Limits:
    """Each limit, or the ceiling where that is lower. It never widens anything, in either argument."""
    lower = {field: min(getattr(limits, field), getattr(ceilings, field)) for field, _ in LIMIT_KEYS.values()}
    return Limits(**lower, rate=narrow_rate(limits.rate, ceilings.rate))


def narrow_rate(rate: Rate | None, ceiling: Rate | None) -> Rate | None:
    """A rate that exceeds neither of the two, at once or in the long run. None means no rate.

    `1000/h` under `10/s` is 10 at once, and 1,000 an hour in the long run: 10 in 36 seconds.
    """
    if rate is None or ceiling is None:
        return rate or ceiling
    slower = min(rate, ceiling, key=lambda each: (each.count / each.per_s, each.count))
    count = min(rate.count, ceiling.count)
    return Rate(count, -(-count * slower.per_s // slower.count))


def over_ceilings(policies: PolicySet, ceilings: Limits) -> list[Diagnostic]:
    """A warning for each limit of a policy that the server cuts down, at the place where the policy sets it."""
    return [
        warning
        for name, policy in policies.policies.items()
        for warning in _over(policy, policies.origins.get(name, Origin(name, {})), ceilings)
    ]


def _over(policy: Policy, origin: Origin, ceilings: Limits) -> list[Diagnostic]:
    cut = narrow(policy.limits, ceilings)
    found = []
    for key, (field, unit) in LIMIT_KEYS.items():
        asked, given = getattr(policy.limits, field), getattr(cut, field)
        if given < asked:
            found.append(_warning(policy, origin, key, unit.show(asked), unit.show(given)))
    rate = policy.limits.rate
    if rate is not None and cut.rate != rate:
        asked, given = (show_rate(each.count, each.per_s) for each in (rate, cut.rate))
        found.append(_warning(policy, origin, "rate", asked, given))
    return found


def _warning(policy: Policy, origin: Origin, key: str, asked: str, given: str) -> Diagnostic:
    written = origin.marks.get(f"limits.{key}")
    mark = written or origin.marks.get("limits") or origin.marks.get("policy") or START
    by_default = "" if written else " by default"
    message = f"`{policy.name}` asks for {key} {asked}{by_default}, and the server gives {given}"
    fix = "Ask for no more than that, or raise the server's setting."
    return Diagnostic("over-ceiling", "warning", message, origin.file, mark.line, mark.column, fix)
