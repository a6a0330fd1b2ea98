"""Floods cost the guest its own limits, and a promise that nothing can settle is found at once."""

import pytest

from host.execution.outcome import Failure, Success
from host.policy.model import Clock
from tests.harness import Guests

DEADLOCK = Failure(
    "RuntimeError",
    "Deadlock: the code waits for a promise that nothing can settle any more",
    hint="Resolve or reject every promise that the code awaits.",
)

NEVER = {
    "a promise": "await new Promise(() => {}); return 1",
    "the returned promise": "return new Promise(() => {})",
    "a thenable that never calls back": "await {then() {}}; return 1",
    "a returned thenable": "return {then() {}}",
    "an async iterator": (
        "const never = {[Symbol.asyncIterator]() { return {next: () => new Promise(() => {})} }};"
        "for await (const x of never); return 1"
    ),
    "Promise.race of nothing": "await Promise.race([]); return 1",
    "two that wait for each other": (
        "let a, b; a = (async () => { await 0; await b })(); b = (async () => { await a })(); await b; return 1"
    ),
    "a cleared timer": "await new Promise((done) => clearTimeout(setTimeout(done, 1))); return 1",
    "an interval that cleared itself": (
        "let n = 0; await new Promise(() => { const i = setInterval(() => { if (++n === 3) "
        "clearInterval(i) }, 1) }); return 1"
    ),
    "a promise after a timer": (
        "await new Promise((done) => setTimeout(done, 2)); await new Promise(() => {}); return 1"
    ),
}


@pytest.mark.parametrize("kind", NEVER)
def test_a_promise_that_nothing_can_settle_is_a_deadlock(guests: Guests, kind: str) -> None:
    """Found as soon as nothing is left to do: an hour of wall time is not waited for."""
    assert guests.failure(NEVER[kind], wall_time_ms=3_600_000) == DEADLOCK


def test_a_microtask_flood_uses_fuel(guests: Guests) -> None:
    """A microtask that queues itself never lets the timers run."""
    code = (
        "(function f() { queueMicrotask(f) })(); setTimeout(() => console.log('ran'), 0); "
        "await new Promise(() => {}); return 1"
    )
    report = guests.run(code, fuel=50_000_000)
    assert (report.outcome.limit, report.logs) == ("fuel", ())


def test_an_interval_flood_ends_at_its_wall_time(guests: Guests) -> None:
    """Each round is a wait in the host, and so is the end."""
    code = "setInterval(() => {}, 0); await new Promise(() => {}); return 1"
    assert guests.failure(code, timeout_ms=30).limit == "wall_time"


def test_ten_thousand_timers_run_in_order(guests: Guests) -> None:
    """By due time, and in the order in which they were set where that is the same."""
    code = (
        "const ran = []; const all = [];"
        "for (let i = 0; i < 10000; i++) all.push(new Promise((done) => setTimeout(() => { "
        "ran.push(i); done() }, 1 + i % 3)));"
        "await Promise.all(all);"
        "return ran.every((id, at) => at === 0 || ran[at - 1] % 3 < id % 3 || (ran[at - 1] % "
        "3 === id % 3 && ran[at - 1] < id))"
    )
    assert guests.result(code, clock=Clock("fixed", fixed_epoch_ms=0)) is True


@pytest.mark.parametrize("text", ["", "x", "x" * 100, "é" * 50, "\\ud800"])
def test_a_console_flood_is_capped_and_counted(guests: Guests, text: str) -> None:
    """What is kept fits the cap, a record's head of 16 bytes included, and the rest is counted: none gets lost."""
    report = guests.run(f"for (let i = 0; i < 20000; i++) console.log('{text}'); return 1", log_bytes=10_000)
    size = sum(16 + len(record.text.encode().replace(b"\xef\xbf\xbd" * 3, b"xxx")) for record in report.logs)
    assert report.outcome == Success(b"1")
    assert size <= 10_000
    assert len(report.logs) + report.logs_dropped == 20_000
    assert len(report.logs) == 10_000 // (size // len(report.logs))


def test_one_record_over_the_cap_is_dropped_whole(guests: Guests) -> None:
    """And everything behind it, so that what is kept has no gap."""
    report = guests.run("console.log('a'); console.log('x'.repeat(1e6)); console.log('b'); return 1", log_bytes=1000)
    assert ([record.text for record in report.logs], report.logs_dropped) == (["a"], 2)


def test_no_log_is_kept_where_the_cap_is_zero(guests: Guests) -> None:
    """Zero is a cap like any other."""
    report = guests.run("console.log(''); console.log('a'); return 1", log_bytes=0)
    assert (report.outcome, report.logs, report.logs_dropped) == (Success(b"1"), (), 2)


def test_an_endless_console_flood_ends_by_fuel_with_its_logs(guests: Guests) -> None:
    """What was logged before the end is reported."""
    report = guests.run("for (let i = 0; ; i++) console.log(i); return 1", fuel=100_000_000, log_bytes=1000)
    assert report.outcome.limit == "fuel"
    assert [record.text for record in report.logs[:3]] == ["0", "1", "2"]
    assert report.logs_dropped > 100
