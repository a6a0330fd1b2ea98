"""Which limit ended an execution is named, and a request can only lower one."""

import asyncio
import re

import pytest

from host.execution.outcome import Failure, Success
from host.execution.request import new_execution_id
from host.execution.run import Executor, ExecutorOptions
from host.policy.model import WIDEST, Limits
from host.sandbox.engine import Engine
from tests.harness import Guests, policy_of, request_of

LOOP = "for (;;); return 1"
SLEEP = "await new Promise((done) => setTimeout(done, 60000)); return 1"


@pytest.mark.parametrize("code", [LOOP, SLEEP])
def test_wall_time_is_named(guests: Guests, code: str) -> None:
    """For code that runs and for code that waits."""
    expected = Failure("TimeoutError", "The execution took longer than its wall time of 15 ms", limit="wall_time")
    assert guests.failure(code, wall_time_ms=15, fuel=10**12) == expected


def test_fuel_is_named(guests: Guests) -> None:
    """And what is reported as used is what there was."""
    report = guests.run(LOOP, fuel=5_000_000)
    assert report.outcome == Failure("TimeoutError", "The execution used up its fuel of 5000000 units", limit="fuel")
    assert report.usage.fuel == 5_000_000


@pytest.mark.parametrize(("asked", "policy", "given"), [(20, 5_000, 20), (5_000, 20, 20), (None, 20, 20)])
def test_a_timeout_lowers_the_wall_time_and_never_raises_it(
    guests: Guests, asked: int | None, policy: int, given: int
) -> None:
    """The lower of the two is what counts."""
    failure = guests.failure(SLEEP, timeout_ms=asked, wall_time_ms=policy)
    assert failure.message == f"The execution took longer than its wall time of {given} ms"


@pytest.mark.parametrize(
    "code",
    [
        LOOP,
        SLEEP,
        "return /(x+x+)+y/.test('x'.repeat(60))",
        "JSON.parse('[' + '1,'.repeat(3e6) + '1]'); for (;;); return 1",
    ],
)
def test_a_timeout_stops_the_guest_within_one_slice(guests: Guests, code: str) -> None:
    """The deadline and a little: ten executions, the best of which shows what the host adds."""
    reports = [guests.run(code, timeout_ms=20, fuel=10**12, memory_bytes=512 << 20) for _ in range(10)]
    assert {report.outcome.limit for report in reports} == {"wall_time"}
    assert 20 <= min(report.timing.execution_ms for report in reports) < 30


def test_the_servers_ceilings_narrow_every_policy(engine: Engine) -> None:
    """A policy that asks for more is given what the server has."""
    ceilings = Limits(**{field: getattr(WIDEST, field) for field in Limits.__struct_fields__} | {"fuel": 1_000_000})
    executor = Executor(engine, ExecutorOptions(ceilings=ceilings))
    try:
        report = asyncio.run(executor.run(request_of(LOOP, fuel=10**12)))
        assert report.outcome.message == "The execution used up its fuel of 1000000 units"
        assert executor.limits_of(policy_of(fuel=10**12)).fuel == 1_000_000
        assert executor.limits_of(policy_of(fuel=5_000)).fuel == 5_000
    finally:
        executor.close()


def test_policies_of_one_name_are_told_apart(guests: Guests) -> None:
    """A policy that was changed holds at once: nothing is kept by its name."""
    assert guests.run("return 1", policy=policy_of("same", console=True)).outcome == Success(b"1")
    assert (
        guests.failure("console.log(1); return 1", policy=policy_of("same", console=False)).type
        == "ConsoleDisabledError"
    )
    assert guests.failure(LOOP, policy=policy_of("same", fuel=2_000_000)).message.endswith("2000000 units")
    assert guests.failure(LOOP, policy=policy_of("same", fuel=3_000_000)).message.endswith("3000000 units")


def test_a_report_says_what_was_used(guests: Guests) -> None:
    """Fuel, memory, host calls and CPU time; and under which policy."""
    policy = policy_of("mine")
    report = guests.run(
        "const a = new Uint8Array(8e6); for (let i = 0; i < 1e6; i++); crypto.randomUUID(); return a.length",
        policy=policy,
    )
    assert report.outcome == Success(b"8000000")
    assert report.usage.fuel > 10_000_000
    assert 8_000_000 < report.usage.memory_peak_bytes <= 64 << 20
    # The modules behind `crypto`, two of them, and the random bytes.
    assert report.usage.host_calls == 3
    assert report.usage.cpu_ms > 0
    assert (report.policy_name, report.policy_digest) == ("mine", policy.digest)


def test_times_add_up(guests: Guests) -> None:
    """All of it is the wait for a slot and the run."""
    timing = guests.run("return 1").timing
    assert timing.total_ms == pytest.approx(timing.queue_ms + timing.execution_ms)
    assert timing.queue_ms >= 0


def test_an_execution_has_an_id_of_its_own_or_the_one_it_was_given(guests: Guests) -> None:
    """UUIDs of version 7, as 32 hexadecimal digits."""
    ids = [guests.run("return 1").execution_id for _ in range(20)]
    assert all(re.fullmatch(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", each) for each in ids)
    assert len(set(ids)) == 20


def test_ids_are_sorted_by_the_time_at_which_they_were_made() -> None:
    """By their first 48 bits, the milliseconds since 1970."""
    ids = [new_execution_id() for _ in range(2000)]
    assert [each[:12] for each in ids] == sorted(each[:12] for each in ids)
    assert len(set(ids)) == 2000
