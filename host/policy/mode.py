"""`mode:` and `until:`: whether a policy enforces, or for some time only watches."""

import re
from datetime import date
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from host.policy.diagnose import Findings, quote
from host.policy.document import Node, Scalar
from host.policy.fields import wrong_type

AUDIT_DAYS_MAX = 90
"""A longer watch than this is warned of: who never enforces has no policy."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Mode(Struct, frozen=True, forbid_unknown_fields=True):
    """`audit` lets through what no grant names, and records it, to the end of the day `until` (UTC). `deny:` blocks,
    limits and the language hold in either."""

    kind: Literal["enforce", "audit"] = "enforce"
    until: date | None = None

    def __post_init__(self) -> None:
        if (self.until is not None) != (self.kind == "audit"):
            raise ValueError("until belongs to an audit, and every audit has one")

    def audits_on(self, today: date) -> bool:
        """Whether what no grant names is let through on the day `today` (UTC)."""
        return self.until is not None and today <= self.until

    def covers(self, other: "Mode") -> bool:
        """Whether `other` lets nothing through for longer than this one."""
        return other.until is None or (self.until is not None and other.until <= self.until)


def read_until(found: Findings, node: Node, path: str) -> date | UnsetType:
    """A day, such as `2026-12-31`."""
    if not isinstance(node, Scalar):
        return wrong_type(found, node, path, "a day such as `2026-12-31`")
    try:
        if _DATE.fullmatch(node.text):
            return date.fromisoformat(node.text)
    except ValueError:
        found.error(
            "bad-date", node.mark, f"{quote(node.text)} is no day of the calendar", "Write a day such as `2026-12-31`."
        )
        return UNSET
    found.error(
        "bad-date", node.mark, f"{quote(node.text)} is not a day", "Write the year, month and day: `2026-12-31`."
    )
    return UNSET


def mode_of(found: Findings, kind: str | None, until: date | None) -> Mode:
    """The mode that both keys give together; what does not go together is reported."""
    if kind == "audit":
        if until is not None:
            return Mode("audit", until)
        if "until" not in found.marks:
            message = "an audit has no end: `until` is missing"
            found.error(
                "missing-key", found.marks["mode"], message, "Add `until: YYYY-MM-DD`, the last day of the audit."
            )
    elif until is not None and ("mode" not in found.marks or kind == "enforce"):
        message = "`until` belongs to `mode: audit`, and this policy enforces"
        found.error("bad-value", found.marks["until"], message, "Remove it, or write `mode: audit`.")
    return Mode()
