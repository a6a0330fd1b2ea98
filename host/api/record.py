"""The record of one request to execute: what the log line and the span are made from.

It holds what the host knows of the request and nothing that its client wrote: no code, input, result, text of a log or
message of an error. The principal and the policy are named by the operator, the outcome is of a fixed list.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from msgspec import UNSET, Struct, UnsetType

from host.api.trace import NoTracer, Span, TraceParent, Tracer, parent_of
from host.execution.outcome import Report, Success, Usage
from host.execution.request import ExecutionRequest
from host.execution.tally import DECISIONS, way_of
from host.policy.model import Policy

if TYPE_CHECKING:
    from litestar.types import Scope

EVENT = "execution"
SUCCESS = "success"
#: The outcomes that are no `error.type`, because nobody was there to get an answer.
CLIENT_GONE = "ClientGone"
CANCELLED = "Cancelled"
#: Of a digest, the name of its algorithm and as much as tells policies apart.
_DIGEST_CHARS = len("sha256:") + 12
_LEVELS = ("debug", "info", "warning", "error")


class RecordTiming(Struct, frozen=True):
    """As the report has it. Where nothing ran, `total_ms` alone: from the request's head to its end."""

    total_ms: float
    queue_ms: float | UnsetType = UNSET
    execution_ms: float | UnsetType = UNSET


class RecordDecisions(Struct, frozen=True):
    """How many of the calls that the policy was asked about went how. `differing` are those about which a candidate
    says something else."""

    allowed: int
    audited: int
    denied: int
    differing: int | UnsetType = UNSET


class ExecutionRecord(Struct, frozen=True):
    """How one request ended. What was not known by then is left out."""

    timestamp: datetime
    level: str
    event: str
    execution_id: str
    outcome: str
    timing: RecordTiming
    status: int | UnsetType = UNSET
    principal: str | UnsetType = UNSET
    policy: str | UnsetType = UNSET
    policy_digest: str | UnsetType = UNSET
    mode: Literal["audit"] | UnsetType = UNSET
    usage: Usage | UnsetType = UNSET
    decisions: RecordDecisions | UnsetType = UNSET
    code_bytes: int | UnsetType = UNSET
    input_bytes: int | UnsetType = UNSET
    result_bytes: int | UnsetType = UNSET
    trace_id: str | UnsetType = UNSET


Write = Callable[[ExecutionRecord], None]


class Recorder:
    """Makes the record of each request, for the log and for the tracer.

    `write` gets those of `level` and more severe; without it, or for less severe ones, none is made unless traced.
    """

    def __init__(self, write: Write | None = None, level: str = "info", tracer: Tracer | None = None) -> None:
        self.write = write
        self.tracer = tracer or NoTracer()
        self.tracing = tracer is not None
        self.levels = frozenset(_LEVELS[_LEVELS.index(level) :] if write is not None else ())

    def begin(self, execution_id: str, scope: "Scope") -> "Recording":
        """The recording of a request that has just come, as the context manager around its answer."""
        return Recording(self, execution_id, scope)


class Recording:
    """What is known of a request so far. Whoever learns more says so; on leaving, the record is made and written."""

    __slots__ = (
        "_asked", "_began", "_began_ns", "_parent", "_recorder", "_scope", "_span",
        "execution_id", "outcome", "policy", "principal", "report", "request", "status",
    )  # fmt: skip

    def __init__(self, recorder: Recorder, execution_id: str, scope: "Scope") -> None:
        self.execution_id = execution_id
        self.outcome = CANCELLED
        self.principal: str | None = None
        self.policy: Policy | None = None
        self.request: ExecutionRequest | None = None
        self.report: Report | None = None
        self.status: int | None = None
        self._recorder = recorder
        self._scope = scope
        self._parent: TraceParent | None = None
        self._span: Span | None = None
        self._asked: float | None = None
        self._began = time.monotonic()
        self._began_ns = 0

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read_trace(self, headers: Mapping[bytes, bytes]) -> None:
        """Finds the trace that the request belongs to, and begins the span."""
        if b"traceparent" in headers:
            # Out of the list: of a header that stands twice, the mapping has lost one.
            self._parent = parent_of(self._scope["headers"], with_state=self._recorder.tracing)
        if self._recorder.tracing:
            self._begin_span()

    def runs(self, request: ExecutionRequest) -> None:
        """The request is understood, and its execution asked for now."""
        self.request = request
        self._asked = time.monotonic()

    def ended(self, status: int, error_type: str | None, report: Report | None, client_gone: bool) -> None:
        """The answer is made: of an error of this type, or of success; `report` if something ran."""
        self.report = report
        if client_gone:
            self.outcome = CLIENT_GONE
        else:
            self.status, self.outcome = status, error_type or SUCCESS

    def _begin_span(self) -> None:
        scope = self._scope
        self._began_ns = time.time_ns() - self._ns_since_began(time.monotonic())
        self._span = self._recorder.tracer.begin(self._parent, scope["http_version"], scope["scheme"], self._began_ns)

    def _ns_since_began(self, now: float) -> int:
        return round((now - self._began) * 1e9)

    def _end(self) -> None:
        recorder = self._recorder
        if recorder.tracing and self._span is None:
            self._begin_span()
        level = _level(self.outcome, self.status)
        logged = level in recorder.levels
        if not logged and self._span is None:
            return
        record = self._make(level)
        if logged:
            recorder.write(record)
        if self._span is not None:
            asked_ns = None if self._asked is None else self._began_ns + self._ns_since_began(self._asked)
            self._span.end(record, asked_ns)

    def _make(self, level: str) -> ExecutionRecord:
        policy, request, report = self.policy, self.request, self.report
        trace = self._span or self._parent
        usage: Usage | UnsetType = UNSET
        result_bytes: int | UnsetType = UNSET
        if report is None:
            timing = RecordTiming(round((time.monotonic() - self._began) * 1000, 3))
        else:
            times, used = report.timing, report.usage
            timing = RecordTiming(round(times.total_ms, 3), round(times.queue_ms, 3), round(times.execution_ms, 3))
            usage = Usage(used.fuel, used.memory_peak_bytes, used.host_calls, round(used.cpu_ms, 3))
            if isinstance(report.outcome, Success):
                result_bytes = len(report.outcome.result)
        return ExecutionRecord(
            timestamp=datetime.now(UTC),
            level=level,
            event=EVENT,
            execution_id=self.execution_id,
            outcome=self.outcome,
            timing=timing,
            status=UNSET if self.status is None else self.status,
            principal=UNSET if self.principal is None else self.principal,
            policy=UNSET if policy is None else policy.name,
            policy_digest=UNSET if policy is None else policy.digest[:_DIGEST_CHARS],
            mode="audit" if report is not None and report.audited else UNSET,
            usage=usage,
            decisions=UNSET if report is None or not report.decided else _decisions(report),
            code_bytes=UNSET if request is None else len(request.code),
            input_bytes=UNSET if request is None else len(request.input),
            result_bytes=result_bytes,
            trace_id=UNSET if trace is None else trace.trace_id,
        )


def _decisions(report: Report) -> RecordDecisions:
    counts = dict.fromkeys(DECISIONS, 0)
    for each in report.decided:
        counts[way_of(each)] += each.times
    differing = sum(each.times for each in report.decided if each.would is not None)
    return RecordDecisions(**counts, differing=differing or UNSET)


def _level(outcome: str, status: int | None) -> str:
    """How severe an end is: a fault of ours, or a request that there was no room for."""
    if outcome == "InternalError":
        return "error"
    return "warning" if status is not None and status >= 500 else "info"
