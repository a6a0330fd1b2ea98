"""What a decision is: allowed by a rule, or denied for a reason."""

from typing import Any

from msgspec import Struct

from host.policy.model import Place


class Rule(Struct, frozen=True):
    """A rule as decisions name it. `id` is its path in the flattened policy (`grants.fetch.github-read`), `name` what
    errors and receipts call it; `place` is for the operator alone."""

    id: str
    name: str
    place: Place | None = None


class Allow(Struct, frozen=True):
    """Allowed by `rule`. `terms` is the grant, with the limits that the call has to keep."""

    rule: Rule
    terms: Any

    @property
    def capability(self) -> str:
        """What it is about: `fetch`, or `modules`."""
        parts = self.rule.id.split(".")
        return parts[min(1, len(parts) - 1)]


class Deny(Struct, frozen=True):
    """Denied. `rule` is the denial that decided, or else the grant that came nearest, if any did.

    `final` means that no mode lets it through: a `deny:` block said no, or the request itself cannot be trusted.
    `suggestion` is the YAML that would allow it; empty where nothing can.
    """

    capability: str
    target: str
    policy: str
    reason: str
    rule: Rule | None = None
    final: bool = False
    suggestion: str = ""

    def message(self, with_place: bool) -> str:
        """One sentence. The place is for an operator: whoever calls learns the policy and the rule alone."""
        nearest = ""
        if self.rule is not None:
            place = self.rule.place
            at = f" ({place.file}:{place.line})" if with_place and place is not None else ""
            nearest = f"; {'the rule' if self.final else 'the nearest rule'} is `{self.rule.name}`{at}"
        return f"the policy `{self.policy}` does not allow {self.capability} {self.target}: {self.reason}{nearest}"


Decision = Allow | Deny


def goes_through(decision: Decision, audits: bool) -> bool:
    """Whether a call goes on that was decided on so, under a policy that `audits` or does not: an audit lets through
    what no grant names, and what is denied for good stays denied."""
    return isinstance(decision, Allow) or (audits and not decision.final)
