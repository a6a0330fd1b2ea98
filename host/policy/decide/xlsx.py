"""Whether a workbook of some size may be read or written."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from host.policy.decide.outcome import Allow, Decision, Deny, Rule
from host.policy.grants.model import Denials, XlsxGrant, XlsxLimits

_NOUNS = {
    "max_size_bytes": "bytes",
    "max_cells": "cells",
    "max_rows": "rows",
    "max_sheets": "sheets",
    "max_uncompressed_bytes": "bytes when unpacked",
    "max_ratio": "bytes unpacked for each packed",
}


class XlsxRequest(Struct, frozen=True):
    """Each figure is None until it is known: a workbook is asked about before it is opened, and again as it is read."""

    operation: Literal["read", "write"]
    size_bytes: int | None = None
    cells: int | None = None
    rows: int | None = None
    sheets: int | None = None
    uncompressed_bytes: int | None = None
    ratio: int | None = None

    @property
    def target(self) -> str:
        return self.operation if self.size_bytes is None else f"{self.operation} of {self.size_bytes} bytes"


class XlsxRules:
    """The rules of one policy about xlsx."""

    def __init__(
        self, policy: str, grant: XlsxGrant | None, denials: Denials, rule: Callable[[str, str], Rule]
    ) -> None:
        self.policy = policy
        self.grant = grant if grant is not None else XlsxGrant()
        self.denied = denials.xlsx
        self.rule = rule


def decide(rules: XlsxRules, request: XlsxRequest) -> Decision:
    name = f"xlsx.{request.operation}"
    if request.operation in rules.denied:
        rule = rules.rule("deny.xlsx", name)
        return Deny("xlsx", request.target, rules.policy, f"`{name}` under `deny` forbids it", rule, final=True)
    limits: XlsxLimits | None = getattr(rules.grant, request.operation)
    if limits is None:
        suggestion = f"grants:\n  xlsx:\n    {request.operation}: {{}}"
        reason = f"it grants no `{request.operation}`"
        return Deny("xlsx", request.target, rules.policy, reason, None, False, suggestion)
    rule = rules.rule(f"grants.{name}", name)
    for field, noun in _NOUNS.items():
        asked, most = getattr(request, field.removeprefix("max_")), getattr(limits, field)
        if asked is not None and asked > most:
            # Limits are no grants: they hold under an audit too.
            return Deny(
                "xlsx", request.target, rules.policy, f"{asked:,} {noun} are more than {most:,}", rule, final=True
            )
    return Allow(rule, limits)
