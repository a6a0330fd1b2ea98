"""One decision as a line of JSON: of which call, under which policy, how and by which rule.

It holds no header, no body, no query and no text of the guest's but what names the call: where a request goes, which
module is required.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from host.capabilities.base import Decided
from host.execution.tally import way_of
from host.execution.watched import DecidedExecution
from host.policy.calls import Call, call_of
from host.policy.decide.compare import Would
from host.policy.decide.outcome import Allow, Deny


class OtherDecision(Struct, frozen=True, omit_defaults=True):
    """What a candidate would have done: its rule, or why it denies."""

    would: Would
    rule: str | None = None
    reason: str | None = None


class DecisionRecord(Struct, frozen=True):
    """`call` is not there where the decision is about a call that was decided on before, such as one on the addresses
    of a host; `target` says then what it is about. `place` is the rule's file and line. `at_ms` is since the execution
    began. `times` counts equal calls that are recorded once."""

    timestamp: datetime
    execution_id: str
    principal: str
    policy: str
    policy_digest: str
    capability: str
    decision: Literal["allowed", "audited", "denied"]
    at_ms: float
    times: int = 1
    call: Call | UnsetType = UNSET
    target: str | UnsetType = UNSET
    rule: str | UnsetType = UNSET
    place: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    outcome: dict[str, Any] | UnsetType = UNSET
    candidate: OtherDecision | UnsetType = UNSET
    not_recorded: int | UnsetType = UNSET
    """Of the last record of an execution: how many decisions more there were, which are not on record."""


def records_of(ended: DecidedExecution) -> Iterator[DecisionRecord]:
    """The records of an execution that has ended."""
    now, last = datetime.now(UTC), len(ended.decided) - 1
    for number, decided in enumerate(ended.decided):
        decision, rule = decided.decision, decided.decision.rule
        place = rule.place if rule is not None else None
        yield DecisionRecord(
            now,
            ended.execution_id,
            ended.principal,
            ended.policy.name,
            ended.policy.digest,
            decided.capability,
            way_of(decided),
            decided.at_ms,
            decided.times,
            UNSET if decided.request is None else call_of(decided.request),
            decision.target if isinstance(decision, Deny) and decided.request is None else UNSET,
            UNSET if rule is None else rule.name,
            UNSET if place is None else f"{place.file}:{place.line}",
            decision.reason if isinstance(decision, Deny) else UNSET,
            decided.outcome or UNSET,
            _candidate(decided),
            ended.beyond if number == last and ended.beyond else UNSET,
        )


def _candidate(decided: Decided) -> OtherDecision | UnsetType:
    theirs = decided.candidate
    if decided.would is None or theirs is None:
        return UNSET
    rule = theirs.rule.name if theirs.rule is not None else None
    return OtherDecision(decided.would, rule, None if isinstance(theirs, Allow) else theirs.reason)


class SeenCall(Struct, frozen=True):
    """Of a record, what is needed to learn from it."""

    policy: str
    decision: Literal["allowed", "audited", "denied"]
    times: int = 1
    call: Call | None = None
    execution_id: str = ""
    capability: str = ""
    target: str | None = None


_decode = msgspec.json.Decoder(SeenCall).decode


def read_record(line: bytes) -> SeenCall:
    """The record of a line. Raises ValueError."""
    return _decode(line)
