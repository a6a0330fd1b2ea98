"""What has been counted: one row of figures for each worker, in memory that the node's workers share.

A worker writes its own row alone, before the answer that a figure is about is sent. So whoever has all answers finds
the sum over the rows to be exactly what it counted.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping

from host.capabilities.base import Decided
from host.execution.outcome import FAILURE_TYPES, Report
from host.node.node import Node
from host.policy.decide.rulebook import CAPABILITIES

#: Every `error.type` that an answer can have.
ERROR_TYPES = (
    *FAILURE_TYPES, "AuthenticationError", "PolicyError", "RateLimitError", "ConcurrencyError",
)  # fmt: skip
#: Upper bounds of the buckets, in seconds; the last bucket has none.
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
HISTOGRAMS = ("execution", "queue")
#: What goes up and down: the first figures of a row, which a new worker finds at 0.
GAUGES = ("running", "queued", "waiting", "memory_mib")
#: What only goes up; a new worker goes on where its row's last owner ended.
COUNTERS = (
    "total", "successful", "failed", "ran", "sync", "asynchronous", "interrupted", "cancelled", "fuel", "cpu_us",
    "host_calls", "logs", "workers_lost", "code_hits", "code_misses",
)  # fmt: skip


#: How a decision went; `audited` is one that would have been a denial, and was let through.
DECISIONS = ("allowed", "audited", "denied")


def _names() -> tuple[str, ...]:
    errors = tuple(f"error {kind}" for kind in ERROR_TYPES)
    buckets = tuple(f"{name} {index}" for name in HISTOGRAMS for index in range(len(BUCKETS_S) + 1))
    decisions = tuple(f"{way} {capability}" for way in DECISIONS for capability in CAPABILITIES)
    return (*GAUGES, *COUNTERS, *errors, *decisions, *buckets, *(f"{name} us" for name in HISTOGRAMS))


FIGURES = _names()
_AT = {name: index for index, name in enumerate(FIGURES)}
_RUNNING, _QUEUED, _WAITING, _MEMORY_MIB = (_AT[name] for name in GAUGES)
_ERROR_AT = {kind: _AT[f"error {kind}"] for kind in ERROR_TYPES}
_BUCKETS_AT = {name: _AT[f"{name} 0"] for name in HISTOGRAMS}
_CODE_HITS, _CODE_MISSES = _AT["code_hits"], _AT["code_misses"]
_SUM_AT = {name: _AT[f"{name} us"] for name in HISTOGRAMS}


def way_of(decided: Decided) -> str:
    """One of DECISIONS."""
    if decided.audited:
        return "audited"
    return "allowed" if decided.allowed else "denied"


class Tally:
    """This worker's figures, and the sums over all workers."""

    def __init__(self, node: Node) -> None:
        self._segment = node.segment
        self._words = node.segment.words
        self._at = node.segment.figures_at(node.row)

    def _add(self, name: str, count: int = 1) -> None:
        self._words[self._at + _AT[name]] += count

    def occupied(self, running: int, queued: int) -> None:
        """How many executions of this worker have a slot, and how many wait for one."""
        self._words[self._at + _RUNNING] = running
        self._words[self._at + _QUEUED] = queued

    def memory(self, used_mib: int) -> None:
        """What is set aside for this worker's executions."""
        self._words[self._at + _MEMORY_MIB] = used_mib

    def waiting(self, change: int) -> None:
        """One execution more, or less, that waits for a timer or a host call."""
        self._words[self._at + _WAITING] += change

    def looked_up(self, known: bool) -> None:
        """A code block was looked up among those that are kept."""
        self._words[self._at + (_CODE_HITS if known else _CODE_MISSES)] += 1

    def lost_workers(self, count: int) -> None:
        """Workers have died."""
        self._add("workers_lost", count)

    def answered(self, error_type: str | None, report: Report | None) -> None:
        """A request for an execution was answered: with an error of this type or with success; `report` if it ran."""
        self._add("total")
        if error_type is None:
            self._add("successful")
        else:
            self._add("failed")
            self._words[self._at + _ERROR_AT[error_type]] += 1
            if error_type == "CancelledError":
                self._add("cancelled")
        if report is not None:
            self._ran(report, error_type)

    def _ran(self, report: Report, error_type: str | None) -> None:
        usage, timing = report.usage, report.timing
        self._add("ran")
        self._add("asynchronous" if report.waited else "sync")
        self._add("fuel", usage.fuel)
        self._add("cpu_us", int(usage.cpu_ms * 1000))
        self._add("host_calls", usage.host_calls)
        self._add("logs", len(report.logs) + report.logs_dropped)
        if error_type == "TimeoutError":
            self._add("interrupted")
        self._observe("execution", timing.execution_ms)
        self._observe("queue", timing.queue_ms)

    def decided(self, decided: Iterable[Decided]) -> None:
        """These decisions were made."""
        for each in decided:
            self._add(f"{way_of(each)} {each.capability}", each.times)

    def _observe(self, name: str, took_ms: float) -> None:
        self._words[self._at + _BUCKETS_AT[name] + bisect_left(BUCKETS_S, took_ms / 1000)] += 1
        self._words[self._at + _SUM_AT[name]] += int(took_ms * 1000)

    def node(self) -> Mapping[str, int]:
        """The figures of the whole node."""
        starts = [self._segment.figures_at(row) for row in range(self._segment.rows)]
        words = self._words
        return {name: sum(words[start + index] for start in starts) for name, index in _AT.items()}
