"""The figures: one row for each worker, sums that are exact, and totals that outlive a worker."""

import signal
from collections.abc import Callable

import pytest

from host.execution.outcome import Report, Success, Timing, Usage
from host.execution.tally import BUCKETS_S, COUNTERS, ERROR_TYPES, FIGURES, GAUGES, HISTOGRAMS, Tally
from host.node.node import Shared
from tests.node.forks import Forked, Signal


def report_of(execution_ms: float = 1, queue_ms: float = 0, waited: bool = False) -> Report:
    return Report(
        execution_id="it",
        outcome=Success(b"1"),
        timing=Timing(queue_ms, execution_ms, queue_ms + execution_ms),
        usage=Usage(1000, 1 << 20, 3, 0.25),
        logs=(),
        logs_dropped=2,
        policy_name="test",
        policy_digest="sha256:",
        waited=waited,
    )


@pytest.fixture
def shared() -> Shared:
    """What four workers share."""
    shared = Shared(4, len(FIGURES), len(GAUGES))
    yield shared
    shared.close()


def test_names_are_unique_and_gauges_come_first() -> None:
    """The segment zeroes the first figures of a row when its worker ends."""
    assert len(set(FIGURES)) == len(FIGURES)
    assert FIGURES[: len(GAUGES)] == GAUGES
    assert set(COUNTERS) < set(FIGURES)


@pytest.mark.parametrize("error_type", [None, *ERROR_TYPES])
def test_every_answer_is_counted_once(shared: Shared, error_type: str | None) -> None:
    """All are successful or failed, and each failure has its type."""
    tally = Tally(shared.join())
    tally.answered(error_type, None)
    tally.answered(error_type, report_of(waited=True))
    tally.answered(None, report_of())
    counts = tally.node()
    assert (counts["total"], counts["successful"] + counts["failed"]) == (3, 3)
    assert counts["failed"] == sum(counts[f"error {kind}"] for kind in ERROR_TYPES) == (2 if error_type else 0)
    assert (counts["ran"], counts["sync"], counts["asynchronous"]) == (2, 1, 1)
    assert (counts["fuel"], counts["cpu_us"], counts["host_calls"], counts["logs"]) == (2000, 500, 6, 4)
    assert counts["interrupted"] == (error_type == "TimeoutError")
    # Also those that were ended before they ran.
    assert counts["cancelled"] == (2 if error_type == "CancelledError" else 0)


@pytest.mark.parametrize("name", HISTOGRAMS)
def test_a_bucket_has_what_is_no_longer_than_its_bound(shared: Shared, name: str) -> None:
    """The bound itself is in it (Prometheus's `le`), what is longer is in the next, and the last has no bound."""
    tally = Tally(shared.join())
    for bound_s in BUCKETS_S:
        for took_ms in (bound_s * 1000, bound_s * 1000 * 1.000001):
            tally.answered(None, report_of(**{f"{name}_ms": took_ms}))
    counts = tally.node()
    buckets = [counts[f"{name} {index}"] for index in range(len(BUCKETS_S) + 1)]
    assert buckets == [1, *[2] * (len(BUCKETS_S) - 1), 1]
    assert sum(buckets) == counts["ran"]
    assert counts[f"{name} us"] == pytest.approx(2 * sum(BUCKETS_S) * 1e6, rel=1e-4)


def test_the_nodes_figures_are_the_sums_of_its_workers(
    shared: Shared, fork: Callable[[Callable], Forked], signals: Callable[[], Signal]
) -> None:
    """Also of those that were killed, whose gauges end with them and whose counters stay."""
    counted = signals()

    def count() -> None:
        tally = Tally(shared.join())
        for _ in range(500):
            tally.answered(None, report_of())
            tally.answered("TypeError", None)
        tally.occupied(3, 4)
        tally.waiting(1)
        tally.memory(50)
        counted.tell()
        signal.pause()

    workers = [fork(count) for _ in range(3)]
    counted.wait(3)
    tally = Tally(shared.join())
    tally.answered("RateLimitError", None)
    tally.looked_up(True)
    tally.looked_up(False)
    tally.waiting(1)
    tally.waiting(-1)
    counts = tally.node()
    assert [counts[name] for name in GAUGES] == [9, 12, 3, 150]
    totals = {"total": 3001, "successful": 1500, "failed": 1501, "ran": 1500, "code_hits": 1, "code_misses": 1}
    assert {name: counts[name] for name in totals} == totals
    for each in workers:
        each.kill()
    assert shared.segment.bury_the_dead() == 3
    tally.lost_workers(3)
    counts = tally.node()
    assert [counts[name] for name in GAUGES] == [0, 0, 0, 0]
    assert {name: counts[name] for name in totals} == totals
    assert counts["workers_lost"] == 3
