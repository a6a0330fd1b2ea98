"""The soak test's arithmetic: what adds up passes, and what does not is seen."""

from collections import Counter

import msgspec
import pytest

from perf.processes import Held
from perf.service import Executions
from perf.soak.ledger import ANY_ERROR, GONE, Ledger, compare_counts, compare_held

BEFORE = Executions(0, 0, 10, 8, 2, {"TypeError": 2})
AFTER = Executions(0, 0, 20, 15, 5, {"TypeError": 3, "TimeoutError": 2})
KINDS = {"200": 7, "400 TypeError": 1, "400 TimeoutError": 2, "401 AuthenticationError": 4, "hung up": 3}


def _wrong(kinds: dict[str, int], killed: int, after: Executions) -> list[str]:
    return [check.what for check in compare_counts(kinds, killed, BEFORE, after) if not check.right]


def test_counts_that_agree_add_up() -> None:
    """Differences over the run agree; refusals may be left out of the executions."""
    assert _wrong(KINDS, 0, AFTER) == []


@pytest.mark.parametrize(
    ("change", "wrong"),
    [({"200": 8}, "successes"), ({"200": 6}, "successes"), ({"400 TypeError": 2}, "TypeError"),
     ({"400 TimeoutError": 0}, "TimeoutError, which no client saw")],
)  # fmt: skip
def test_difference_of_one_is_seen(change: dict[str, int], wrong: str) -> None:
    """One more or one less on either side is a difference."""
    assert _wrong({**KINDS, **change}, 0, AFTER) == [wrong]


def test_killed_worker_excuses_what_it_was_running_and_no_more() -> None:
    """The service may have counted what was lost, up to as many as were lost; it may never have counted fewer."""
    after = msgspec.structs.replace(AFTER, successful=17, total=22)
    assert _wrong(KINDS, 2, after) == []
    assert _wrong(KINDS, 1, after) == ["successes"]
    assert _wrong({**KINDS, "200": 10}, 2, after) == ["successes"]


def test_error_type_that_no_client_saw_belongs_to_those_who_left() -> None:
    """As many as left, at the most."""
    after = msgspec.structs.replace(AFTER, failed=8, total=23, by_error_type={**AFTER.by_error_type, "Cancelled": 3})
    assert _wrong({**KINDS, GONE: 3}, 0, after) == []
    assert _wrong({**KINDS, GONE: 2}, 0, after) == ["Cancelled, which no client saw"]


def test_totals_that_do_not_add_up_are_seen() -> None:
    """The service's own figures have to agree with each other."""
    assert _wrong(KINDS, 0, msgspec.structs.replace(AFTER, total=21)) == ["successes and failures make the total"]
    assert _wrong(KINDS, 0, msgspec.structs.replace(AFTER, failed=4, total=19)) == ["failures, over all error types"]


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
