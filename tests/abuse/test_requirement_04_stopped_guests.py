"""Requirements 4 and 5: a stopped guest runs nothing more, and an instance that trapped is never entered again."""

import asyncio

import pytest

from host.capabilities.echo import Echo
from host.execution.outcome import Failure
from tests.harness import Guests

STOPPED_IN = {
    "finally": "try { for (;;); } finally { console.log('no') } return 1",
    "catch": "try { for (;;); } catch { console.log('no') } return 1",
    "catch of a promise": "await (async () => { for (;;); })().catch(() => console.log('no')); return 1",
    "finally of a promise": (
        "(async () => { await null; for (;;); })().finally(() => console.log('no')); await "
        "new Promise(() => {}); return 1"
    ),
    "generator's return": (
        "function* g() { try { yield 1 } finally { console.log('no') } } for (const x of g()) for (;;); return 1"
    ),
    "iterator's return": (
        "const o = {[Symbol.iterator]: () => ({next: () => ({}), return() { "
        "console.log('no'); return {} }})}; for (const x of o) for (;;); return 1"
    ),
    "disposal": "const s = new DisposableStack(); s.defer(() => console.log('no')); for (;;); return 1",
    "timer": "setTimeout(() => console.log('no'), 0); for (;;); return 1",
    "finalisation": (
        "const r = new FinalizationRegistry(() => console.log('no')); r.register({}, 1); for (;;); return 1"
    ),
}


@pytest.mark.parametrize("place", STOPPED_IN)
@pytest.mark.parametrize("limit", ["fuel", "wall_time"])
def test_nothing_of_a_stopped_guest_runs(guests: Guests, place: str, limit: str) -> None:
    """Neither a handler nor a clean-up: what it logged before is there, and nothing else."""
    settings = {"fuel": 20_000_000} if limit == "fuel" else {"fuel": 10**12, "timeout_ms": 15}
    report = guests.run("console.log('yes');" + STOPPED_IN[place], **settings)
    assert (report.outcome.limit, [record.text for record in report.logs]) == (limit, ["yes"])


def test_a_guest_that_waits_is_stopped_at_its_wall_time_and_runs_no_finally(guests: Guests) -> None:
    """The same while it is in nobody's hands."""
    code = "try { await new Promise((done) => setTimeout(done, 60000)) } finally { console.log('no') } return 1"
    report = guests.run(code, timeout_ms=15)
    assert (report.outcome.limit, report.logs) == ("wall_time", ())


def test_a_deadlock_runs_no_finally(guests: Guests) -> None:
    """The execution is over where it stands."""
    report = guests.run("try { await new Promise(() => {}) } finally { console.log('no') } return 1")
    assert (report.outcome.type, report.logs) == ("RuntimeError", ())


class _Wait:
    """A capability whose one operation answers when the test says so."""

    name = "wait"
    immediate: dict = {}  # noqa: RUF012

    def __init__(self, gate: asyncio.Event) -> None:
        self._gate = gate
        self.asynchronous = {17: self._answer}

    async def _answer(self, payload: bytes) -> bytes:
        await self._gate.wait()
        return payload


def test_an_instance_without_fuel_for_an_answer_is_not_entered_again(guests: Guests) -> None:
    """The answer's place is allocated by the guest, on its fuel. Where that runs out, the execution ends by fuel, with
    every amount that is left when it begins to wait."""
    code = "return await require('cellblock:echo').replyLater('x')"

    async def with_fuel(fuel: int) -> Failure | object:
        gate = asyncio.Event()
        running = asyncio.ensure_future(guests.start(code, capabilities=(_Wait(gate),), fuel=fuel))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gate.set()
        return (await running).outcome

    async def waiting_costs() -> int:
        report = await guests.start(code, capabilities=(_Wait(asyncio.Event()),), timeout_ms=20)
        assert report.outcome.limit == "wall_time"
        return report.usage.fuel

    spent = guests.wait(waiting_costs())
    for left in (*range(0, 400, 7), 1_000, 2_000, 5_000):
        outcome = guests.wait(with_fuel(spent + left))
        assert (outcome.type, outcome.limit) == ("TimeoutError", "fuel")


def test_code_without_fuel_for_its_own_text_ends_by_fuel(guests: Guests) -> None:
    """The same where the code and the input are placed."""
    for fuel in range(1_000, 1_400, 13):
        failure = guests.failure("return input.length", b'"' + b"x" * 100_000 + b'"', fuel=fuel)
        assert failure == Failure("TimeoutError", f"The execution used up its fuel of {fuel} units", limit="fuel")


@pytest.mark.parametrize("code", ["for (;;); return 1", "return await require('cellblock:echo').replyLater('x')"])
def test_cancelling_lets_a_pending_call_come_to_its_end(guests: Guests, code: str) -> None:
    """Cancelled at every stage, many at once: no instance is dropped while a thread is in it."""

    async def cancelled(turns: int) -> None:
        task = asyncio.ensure_future(guests.start(code, capabilities=(Echo(),), fuel=10**12))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def all_of_them() -> None:
        await asyncio.gather(*(cancelled(turns) for turns in range(30)))

    guests.wait(all_of_them())
    assert guests.executor.admission.running == 0
