"""Host calls, through the echo capability: at once and later, granted and refused, many, large, and at fault."""

import asyncio

import pytest

from host.capabilities.base import Later, Refusal
from host.capabilities.echo import REPLY, REPLY_LATER, Echo
from host.errors import InternalError
from host.execution.outcome import Success
from tests.harness import Guests, result_of

ECHO = "const echo = require('cellblock:echo');"


class Custom:
    """A capability in place of echo, with functions of the test's own."""

    name = "custom"

    def __init__(self, immediate: object = None, asynchronous: object = None) -> None:
        self.immediate = {REPLY: immediate} if immediate else {}
        self.asynchronous = {REPLY_LATER: asynchronous} if asynchronous else {}


@pytest.mark.parametrize("text", ["hi", "", "é漢😀", "x" * 100_000, "a\0b"])
def test_an_answer_comes_back(guests: Guests, text: str) -> None:
    """At once and later, byte for byte."""
    assert (
        guests.result(f"{ECHO} return [echo.reply(input), await echo.replyLater(input)]", text, capabilities=(Echo(),))
        == [text] * 2
    )


def test_what_is_not_granted_is_refused(guests: Guests) -> None:
    """As an error that the guest can catch."""
    for call in ("echo.reply('x')", "await echo.replyLater('x')"):
        failure = guests.failure(f"{ECHO} return {call}")
        assert (failure.type, failure.message) == ("CapabilityError", "The policy does not grant this host call")
        assert guests.result(f"{ECHO} try {{ {call} }} catch (e) {{ return e.name }}") == "CapabilityError"


def test_many_answers_at_once(guests: Guests) -> None:
    """200 open operations, each with its own answer, beside timers."""
    code = (
        f"{ECHO} const all = []; for (let i = 0; i < 200; i++) all.push(echo.replyLater(`n${{i}}`));"
        "await new Promise((done) => setTimeout(done, 1));"
        "return (await Promise.all(all)).every((answer, i) => answer === `n${i}`)"
    )
    assert guests.result(code, capabilities=(Echo(),)) is True


def test_answers_in_any_order(guests: Guests) -> None:
    """The second may come first."""

    async def slow_first(payload: bytes) -> bytes:
        for _ in range(50 if payload == b"slow" else 1):
            await asyncio.sleep(0)
        return payload

    code = (
        f"{ECHO} const seen = []; await Promise.all(['slow', 'fast'].map(async (x) => "
        f"seen.push(await echo.replyLater(x)))); return seen"
    )
    assert guests.result(code, capabilities=(Custom(asynchronous=slow_first),)) == ["fast", "slow"]


def test_executions_that_call_at_once_get_their_own_answers(guests: Guests) -> None:
    """100 executions over all threads, each with 20 calls of both kinds."""
    code = (
        f"{ECHO} for (let i = 0; i < 20; i++) {{"
        "  const own = `${input}-${i}`;"
        "  if (echo.reply(own) !== own || await echo.replyLater(own) !== own) return 'another answer';"
        "  for (let n = 0; n < 20000; n++);"
        "} return input"
    )

    async def mixed() -> list:
        return await asyncio.gather(
            *(guests.start(code, index, capabilities=(Echo(),), wall_time_ms=60_000) for index in range(100))
        )

    assert [result_of(report) for report in guests.wait(mixed())] == list(range(100))


def test_host_calls_have_a_budget(guests: Guests) -> None:
    """One for both kinds; the call that is over it is refused, and counts as refused only."""
    code = (
        f"{ECHO} let n = 0; try {{ for (;;) {{ n % 2 ? echo.reply('x') : await "
        f"echo.replyLater('x'); n++ }} }} catch (e) {{ return [n, e.name, e.message, e.hint] }}"
    )
    assert guests.result(code, capabilities=(Echo(),), host_calls=7) == [
        7,
        "CapabilityError",
        "The execution has made the 7 host calls that its policy allows",
        "Make fewer calls; a policy sets the number with limits.host_calls.",
    ]
    assert (
        guests.result(
            f"{ECHO} try {{ echo.reply('x') }} catch (e) {{ return e.name }}", capabilities=(Echo(),), host_calls=0
        )
        == "CapabilityError"
    )


def test_modules_and_randomness_are_not_in_the_budget(guests: Guests) -> None:
    """They are the sandbox's own, and cost fuel."""
    code = "require('lodash/fp'); require('qs'); for (let i = 0; i < 50; i++) crypto.randomUUID(); return 1"
    assert guests.run(code, host_calls=0).outcome == Success(b"1")


def test_a_refused_call_is_told_in_the_capabilitys_words(guests: Guests) -> None:
    """Type, message and hint; unknown types are never taken over."""

    def refuse(payload: bytes) -> bytes:
        raise Refusal(payload.decode(), "No\nway", "Do\nnot.")

    async def refuse_later(payload: bytes) -> bytes:
        raise Refusal(payload.decode(), "No\nway", "Do\nnot.")

    capabilities = (Custom(refuse, refuse_later),)
    for call in ("echo.reply", "await echo.replyLater"):
        failure = guests.failure(f"{ECHO} {call}('CapabilityError'); return 1", capabilities=capabilities)
        assert (failure.type, failure.message, failure.hint) == ("CapabilityError", "No way", "Do\nnot.")
        failure = guests.failure(f"{ECHO} {call}('RangeError'); return 1", capabilities=capabilities)
        assert (failure.type, failure.message) == ("RangeError", "No way")
        assert (
            guests.result(
                f"{ECHO} try {{ {call}('RangeError') }} catch (e) {{ return e instanceof RangeError }}",
                capabilities=capabilities,
            )
            is True
        )
        assert guests.failure(f"{ECHO} {call}('TimeoutError'); return 1", capabilities=capabilities).type in {
            "SecurityError",
            "RuntimeError",
        }


def _fault(payload: bytes) -> bytes:
    raise KeyError(f"secret of the host: {payload!r}")


async def _fault_later(payload: bytes) -> bytes:
    raise KeyError(f"secret of the host: {payload!r}")


CAUGHT = "try {{ {} }} catch (e) {{ console.log(e.message) }} return 'went on'"


@pytest.mark.parametrize("call", ["echo.reply('x')", "await echo.replyLater('x')"])
def test_a_fault_of_the_host_ends_the_execution(guests: Guests, call: str, unharmed: None) -> None:
    """As InternalError with the cause behind it, whatever the guest makes of the failed call."""
    for code in (f"{ECHO} {call}; return 1", ECHO + CAUGHT.format(call)):
        with pytest.raises(InternalError) as raised:
            guests.run(code, capabilities=(Custom(_fault, _fault_later),))
        assert "secret" not in str(raised.value)
        assert isinstance(raised.value.__cause__, KeyError)


def test_a_fault_never_surfaces_in_another_execution(guests: Guests, unharmed: None) -> None:
    """300 executions at once over all threads, a third of them with a capability that raises: exactly those fail."""
    code = (
        f"{ECHO} for (let n = 0; n < 20000; n++); echo.reply('x'); await echo.replyLater('x'); "
        f"for (let n = 0; n < 200000; n++); echo.reply('y'); return 1"
    )
    kinds = [Echo(), Custom(_fault, Echo.asynchronous[REPLY_LATER]), Custom(Echo.immediate[REPLY], _fault_later)]

    async def mixed() -> list:
        runs = (guests.start(code, capabilities=(kinds[index % 3],), wall_time_ms=60_000) for index in range(300))
        return await asyncio.gather(*runs, return_exceptions=True)

    ended = guests.wait(mixed())
    kinds_of_end = [
        type(each).__name__ if isinstance(each, Exception) else type(each.outcome).__name__ for each in ended
    ]
    assert kinds_of_end == ["Success", "InternalError", "InternalError"] * 100


def test_an_answer_larger_than_the_memory_cap_is_a_memory_limit(guests: Guests) -> None:
    """The guest has no room for it; nothing else happens."""

    async def large(payload: bytes) -> bytes:
        return bytes(40_000_000)

    def large_now(payload: bytes) -> bytes:
        return bytes(40_000_000)

    capabilities = (Custom(large_now, large),)
    assert (
        guests.failure(
            f"{ECHO} return (await echo.replyLater('x')).length", capabilities=capabilities, memory_bytes=16 << 20
        ).type
        == "MemoryLimitError"
    )
    assert (
        guests.failure(f"{ECHO} return echo.reply('x').length", capabilities=capabilities, memory_bytes=16 << 20).type
        == "MemoryLimitError"
    )


def test_an_argument_over_the_limit_is_a_range_error(guests: Guests) -> None:
    """Of 64 MiB, before the host reads a byte of it."""
    failure = guests.failure(
        f"{ECHO} return echo.reply('x'.repeat(70e6)).length", capabilities=(Echo(),), memory_bytes=512 << 20
    )
    assert (failure.type, failure.message) == ("RangeError", "The argument is over 67108864 bytes")


def test_waiting_for_an_answer_ends_at_the_wall_time(guests: Guests) -> None:
    """And the operation is cancelled, if it has begun by then."""
    begun, cancelled = [], []

    async def never(payload: bytes) -> bytes:
        begun.append(payload)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(payload)
            raise
        return payload

    async def story(timeout_ms: int) -> str:
        report = await guests.start(
            f"{ECHO} return await echo.replyLater('x')",
            capabilities=(Custom(asynchronous=never),),
            timeout_ms=timeout_ms,
        )
        await asyncio.sleep(0)
        return report.outcome.limit

    for timeout_ms in (1, 15, 1000):
        assert guests.wait(story(timeout_ms)) == "wall_time"
        assert cancelled == begun
    assert begun[-1] == b"x"


def test_a_host_call_is_no_deadlock(guests: Guests) -> None:
    """What the host has promised can still settle."""
    gate = asyncio.Event()

    async def when_open(payload: bytes) -> bytes:
        await gate.wait()
        return payload

    async def story() -> bytes:
        running = asyncio.ensure_future(
            guests.start(f"{ECHO} return await echo.replyLater('x')", capabilities=(Custom(asynchronous=when_open),))
        )
        await asyncio.sleep(0.01)
        gate.set()
        return (await running).outcome.result

    assert guests.wait(story()) == b'"x"'


def test_a_call_costs_fuel_beside_what_the_guest_burns(guests: Guests) -> None:
    """So that calls alone cannot keep the host busy for free."""
    one, two = (
        guests.run(f"{ECHO} for (let i = 0; i < {n}; i++) echo.reply('x'); return 1", capabilities=(Echo(),)).usage.fuel
        for n in (100, 200)
    )
    assert two - one >= 100 * 100_000


def test_a_guest_stands_still_until_a_late_answer(guests: Guests) -> None:
    """For its code the call is like any other: nothing of it runs meanwhile, no microtask and no timer."""

    async def work() -> bytes:
        await asyncio.sleep(0.02)
        return b"late"

    code = (
        f"{ECHO} const seen = []; setTimeout(() => seen.push('timer'), 1);"
        "Promise.resolve().then(() => seen.push('job'));"
        "const answer = echo.reply('x'); return [answer, seen.length]"
    )
    assert guests.result(code, capabilities=(Custom(lambda payload: Later(work)),)) == ["late", 0]


def test_late_answers_cost_the_same_fuel_every_time(guests: Guests) -> None:
    """However long they take, on the event loop and on a thread."""

    def run(seconds: float, loops: int) -> int:
        async def work() -> bytes:
            await asyncio.sleep(seconds)
            return b"y" * 1000

        code = f"{ECHO} for (let i = 0; i < {loops}; i++); return echo.reply('x').length + echo.reply('x').length"
        report = guests.run(code, capabilities=(Custom(lambda payload: Later(work)),))
        assert report.outcome == Success(b"2000")
        return report.usage.fuel

    for loops in (0, 3_000_000):
        assert run(0, loops) == run(0.01, loops)


def test_a_late_answer_may_be_a_refusal_or_a_fault(guests: Guests) -> None:
    """The first can be caught; the second ends the execution as a fault of the host."""

    async def refused() -> bytes:
        raise Refusal("CapabilityError", "not for you", "ask")

    async def at_fault() -> bytes:
        raise OSError("/etc/passwd")

    code = f"{ECHO} try {{ echo.reply('x') }} catch (e) {{ return e.name + e.message }}"
    assert guests.result(code, capabilities=(Custom(lambda payload: Later(refused)),)) == "CapabilityErrornot for you"
    with pytest.raises(InternalError):
        guests.run(code, capabilities=(Custom(lambda payload: Later(at_fault)),))


@pytest.mark.parametrize("loops", [0, 3_000_000])
def test_a_deadline_ends_a_guest_that_stands_still(guests: Guests, loops: int) -> None:
    """And cancels what it stands still for; its `finally` does not run."""
    ended = []

    async def for_ever() -> bytes:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return b""

    code = (
        f"{ECHO} for (let i = 0; i < {loops}; i++);"
        "try { echo.reply('x') } finally { console.log('no') } return 1"
    )
    report = guests.run(code, timeout_ms=600, capabilities=(Custom(lambda payload: Later(for_ever)),))
    assert (report.outcome.type, report.outcome.limit, report.logs) == ("TimeoutError", "wall_time", ())
    guests.wait(asyncio.sleep(0))
    assert ended == ["cancelled"]


def test_other_answers_come_while_a_guest_stands_still(guests: Guests) -> None:
    """They do not end its waiting, and are there when it goes on."""

    async def soon(payload: bytes) -> bytes:
        return payload

    async def work() -> bytes:
        await asyncio.sleep(0.02)
        return b"late"

    code = (
        f"{ECHO} const others = [1, 2, 3].map((n) => echo.replyLater(String(n)));"
        "const answer = echo.reply('x'); return [answer, ...await Promise.all(others)]"
    )
    custom = Custom(lambda payload: Later(work), soon)
    assert guests.result(code, capabilities=(custom,)) == ["late", "1", "2", "3"]
