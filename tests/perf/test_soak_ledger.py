"""The soak test's arithmetic: what adds up passes, and what does not is seen."""

from collections import Counter

import msgspec
import pytest

from perf.processes import Held
from perf.service import Executions
from perf.soak.ledger import ANY_ERROR, CUT_SHORT, GONE, Ledger, compare_counts, compare_held

BEFORE = Executions(0, 0, 10, 8, 2, {"TypeError": 2})
AFTER = Executions(0, 0, 20, 15, 5, {"TypeError": 3, "TimeoutError": 2})
KINDS = {"200": 7, "400 TypeError": 1, "400 TimeoutError": 2, "hung up": 3}


def _wrong(kinds: dict[str, int], after: Executions, killed: int = 0, left_at_kill: int = 0) -> list[str]:
    checks = compare_counts(kinds, killed, left_at_kill, BEFORE, after)
    return [check.what for check in checks if not check.right]


def _after(successful: int = 15, **more: int) -> Executions:
    """AFTER with other counts by error type."""
    failures = {**AFTER.by_error_type, **more}
    failed = sum(failures.values())
    return Executions(0, 0, successful + failed, successful, failed, failures)


def test_counts_that_agree_add_up() -> None:
    """Differences over the run agree; who asked for nothing does not count."""
    assert _wrong(KINDS, AFTER) == []


@pytest.mark.parametrize(
    ("change", "wrong"),
    [({"200": 8}, "successes"), ({"200": 6}, "successes"), ({"400 TypeError": 2}, "TypeError"),
     ({"400 TimeoutError": 0}, "TimeoutError"), ({"503 ConcurrencyError": 1}, "ConcurrencyError")],
)  # fmt: skip
def test_difference_of_one_is_seen(change: dict[str, int], wrong: str) -> None:
    """One more or one less on either side is a difference, in its own count and in the sum."""
    assert _wrong({**KINDS, **change}, AFTER) == [wrong, "all together"]


def test_killed_worker_excuses_what_it_was_running_and_no_more() -> None:
    """The service may have counted what was lost, up to as many as were lost; it may never have counted fewer."""
    assert _wrong(KINDS, _after(successful=17), killed=2) == []
    assert _wrong(KINDS, _after(successful=17), killed=1) == ["successes", "all together"]
    assert _wrong({**KINDS, "200": 10}, _after(successful=17), killed=2) == ["successes", "all together"]


def test_clients_that_left_are_each_counted_once() -> None:
    """As cancelled, or refused while they were still there; never twice, never not at all."""
    kinds = {**KINDS, GONE: 3, CUT_SHORT: 2}
    assert _wrong(kinds, _after(CancelledError=3, ValidationError=2)) == []
    assert _wrong(kinds, _after(CancelledError=2, ConcurrencyError=1, ValidationError=2)) == []
    assert _wrong(kinds, _after(CancelledError=2, ValidationError=2)) == ["all together"]
    assert _wrong(kinds, _after(CancelledError=2, ValidationError=2), left_at_kill=1) == []
    assert _wrong(kinds, _after(CancelledError=3, ValidationError=3)) == ["ValidationError", "all together"]


def test_totals_that_do_not_add_up_are_seen() -> None:
    """The service's own figures have to agree with each other."""
    sums = ["successes and failures make the total", "failures, over all error types"]
    assert _wrong(KINDS, msgspec.structs.replace(AFTER, total=21)) == ["all together", sums[0]]
    assert _wrong(KINDS, msgspec.structs.replace(AFTER, failed=4, total=19)) == ["all together", sums[1]]


def test_answer_that_is_not_allowed_is_wrong() -> None:
    """No answer is excused around the kill alone, and an internal error never."""
    ledger = Ledger()
    ledger.add("loop", "400 TimeoutError", ("400 TimeoutError",), excused=False)
    ledger.add("loop", "no answer", ("400 TimeoutError",), excused=True)
    ledger.add("loop", "no answer", ("400 TimeoutError",), excused=False)
    ledger.add("cancelled", "499 CancelledError", (ANY_ERROR,), excused=False)
    ledger.add("cancelled", "500 InternalError", (ANY_ERROR,), excused=True)
    assert ledger.killed == 1
    assert ledger.wrong == Counter({"loop: no answer": 1, "cancelled: 500 InternalError": 1})


def test_held_by_a_survivor_is_exact_and_by_a_newcomer_bounded() -> None:
    """A thread or a file more in a worker that lives on is a leak; one that came is measured by those before."""
    main, worker, second = Held(1000, 0, 0, 5, 26), Held(1000, 0, 0, 6, 45), Held(1000, 0, 0, 6, 47)
    before = {1: main, 2: worker, 3: second}

    def wrong(after: dict[int, Held]) -> list[str]:
        return [check.what for check in compare_held(before, after) if not check.right]

    assert wrong({1: main, 2: worker, 4: second}) == []
    assert wrong({1: main, 2: worker}) == ["processes"]
    assert wrong({1: main, 2: Held(1000, 0, 0, 7, 46), 4: second}) == ["threads of process 2", "files of process 2"]
    assert wrong({1: main, 2: worker, 4: Held(1000, 0, 0, 7, 50)}) == [
        "threads of process 4, which came",
        "files of process 4, which came",
    ]
    assert wrong({1: main, 2: worker, 3: Held(60_000, 0, 0, 6, 47)}) == ["MiB of memory (PSS of all)"]
