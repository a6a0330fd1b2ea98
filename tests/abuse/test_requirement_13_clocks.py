"""Requirement 13: no clock is finer than 0.1 ms, time is UTC, and there is nothing to build a finer clock from."""

import time

import pytest

from host.execution.clock import GuestClock
from host.policy.model import Clock
from tests.harness import Guests

AWAKE = "await new Promise((done) => setTimeout(done, 1));"


def test_no_clock_is_finer_than_a_tenth_of_a_millisecond(guests: Guests) -> None:
    """Date.now gives whole milliseconds, performance.now tenths."""
    code = (
        f"const seen = []; for (let i = 0; i < 20; i++) {{ {AWAKE} seen.push(performance.now()) }}"
        "return seen.every((ms) => Math.abs(ms * 10 - Math.round(ms * 10)) < 1e-6)"
    )
    assert guests.result(code) is True
    assert guests.result(f"{AWAKE} return Number.isInteger(Date.now()) && Number.isInteger(+new Date())") is True


def test_a_loop_sees_time_move_in_slices_only(guests: Guests) -> None:
    """Between two looks without a wait the clock stands still for most of the time: it cannot time an instruction."""
    code = "const seen = new Set(); for (let i = 0; i < 20000; i++) seen.add(performance.now()); return seen.size"
    assert guests.result(code) < 200


def test_the_real_clock_is_the_hosts(guests: Guests) -> None:
    """To within the time that an execution takes."""
    before = time.time() * 1000
    seen = guests.result("return Date.now()")
    assert before - 2 <= seen <= time.time() * 1000 + 2


def test_a_coarse_clock_moves_in_its_steps(guests: Guests) -> None:
    """Both clocks, and timers still fire."""
    code = f"{AWAKE} return [Date.now() % 1000, performance.now() >= 1]"
    assert guests.result(code, clock=Clock("coarse", coarse_ms=1000)) == [0, True]


def test_a_fixed_clock_stands_still_and_timers_fire_in_virtual_time(guests: Guests) -> None:
    """The same figures in every run."""
    code = (
        "const order = []; const at = [Date.now(), performance.now()];"
        "setTimeout(() => order.push('b'), 3); setTimeout(() => order.push('a'), 2);"
        "await new Promise((done) => setTimeout(done, 5));"
        "return [at, Date.now(), performance.now(), order, new Date().toISOString()]"
    )
    fixed = Clock("fixed", fixed_epoch_ms=1_767_225_600_000)
    expected = [[1_767_225_600_000, 0], 1_767_225_600_000, 5, ["a", "b"], "2026-01-01T00:00:00.000Z"]
    assert [guests.result(code, clock=fixed) for _ in range(3)] == [expected] * 3


def test_time_is_utc(guests: Guests) -> None:
    """Nothing of where the host stands."""
    code = "const d = new Date(2026, 0, 2, 3, 4); return [d.toISOString(), d.getTimezoneOffset(), d.toString()]"
    text = "Fri Jan 02 2026 03:04:00 GMT+0000 (Coordinated Universal Time)"
    assert guests.result(code) == ["2026-01-02T03:04:00.000Z", 0, text]


def test_there_is_no_shared_memory(guests: Guests) -> None:
    """No SharedArrayBuffer by name or by detour, and no Atomics to wait with."""
    code = """
    const seen = [typeof SharedArrayBuffer];
    try { Atomics.wait(new Int32Array(4), 0, 0, 1000); seen.push('waited') } catch (e) { seen.push(e.name) }
    for (const make of [() => new (Object.getPrototypeOf(Int8Array))(1), () => new ArrayBuffer(8,
      {shared: true}).constructor.name]) {
      try { seen.push(String(make())) } catch (e) { seen.push(e.name) }
    }
    return seen;
    """
    assert guests.result(code) == ["undefined", "ReferenceError", "TypeError", "ArrayBuffer"]


def test_performance_tells_nothing_of_the_host(guests: Guests) -> None:
    """Time begins with the execution, on the clock that the policy lets it see."""
    code = "return [performance.timeOrigin, performance.now() < 1000]"
    assert guests.result(code, clock=Clock("fixed", fixed_epoch_ms=5000)) == [5000, True]
    since = "return [Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1, performance.now() < 1000]"
    assert guests.result(since) == [True, True]


@pytest.mark.parametrize("clock", [Clock(), Clock("coarse", coarse_ms=50)])
def test_a_clock_never_goes_back(clock: Clock) -> None:
    """Also where the host says that a timer is due."""
    guest = GuestClock(clock)
    seen = [guest.now()[1]]
    guest.reach(seen[0] + 0.35)
    seen += [guest.now()[1] for _ in range(100)]
    assert seen == sorted(seen)
    assert seen[1] >= seen[0] + 0.35
