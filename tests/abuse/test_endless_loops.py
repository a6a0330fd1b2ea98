"""Loops that never end, wherever they are: the guest is stopped within one slice, by fuel and by wall time alike."""

import pytest

from host.execution.outcome import Failure
from tests.harness import Guests

FOREVER = "for (;;);"
FUEL = 30_000_000
#: So much that wall time is what ends it.
ENDLESS_FUEL = 10**12

LOOPS = {
    "the body": f"{FOREVER} return 1",
    "the body after an await": f"await null; {FOREVER} return 1",
    "a promise job": f"Promise.resolve().then(() => {{ {FOREVER} }}); await new Promise(() => {{}}); return 1",
    "a microtask": f"queueMicrotask(() => {{ {FOREVER} }}); await new Promise(() => {{}}); return 1",
    "a timer": f"setTimeout(() => {{ {FOREVER} }}, 0); await new Promise(() => {{}}); return 1",
    "a regular expression": "return /(a+)+$/.test('a'.repeat(40) + 'b')",
    "a regular expression with a lookahead": "return /^(?=(x+x+)+y)/.test('x'.repeat(60))",
    "a regular expression in replace": "return 'x'.repeat(60).replace(/(x+x+)+y/g, '')",
    "a sort comparator": f"return [2, 1].sort(() => {{ {FOREVER} }})",
    "toJSON of the result": f"return {{toJSON() {{ {FOREVER} }}}}",
    "a getter of the result": f"return {{get a() {{ {FOREVER} }}}}",
    "the ownKeys trap of the result": f"return new Proxy({{}}, {{ownKeys() {{ {FOREVER} }}}})",
    "the get trap of the result": f"return new Proxy({{}}, {{get() {{ {FOREVER} }}}})",
    "the descriptor trap of the result": f"return new Proxy({{a: 1}}, {{getOwnPropertyDescriptor() {{ {FOREVER} }}}})",
    "then of the result": f"return {{then() {{ {FOREVER} }}}}",
    "a getter that gives then": f"return {{get then() {{ {FOREVER} }}}}",
    "toJSON of a thrown value": f"throw {{toJSON() {{ {FOREVER} }}}}; return 1",
    "a Proxy trap": f"new Proxy({{}}, {{get() {{ {FOREVER} }}}}).x; return 1",
    "a getter": f"({{get x() {{ {FOREVER} }}}}).x; return 1",
    "Symbol.toPrimitive": f"+{{[Symbol.toPrimitive]() {{ {FOREVER} }}}}; return 1",
    "an iterator": "for (const x of {[Symbol.iterator]() { return {next() { return {done: false} }} }}); return 1",
    "spread of an iterator": (
        "Math.max(...{[Symbol.iterator]() { return {next() { return {done: false} }} }}); return 1"
    ),
    "a generator": "function* g() { for (;;) yield } for (const x of g()); return 1",
    "a JSON reviver": f"JSON.parse('[1]', () => {{ {FOREVER} }}); return 1",
    "a replace callback": f"'a'.replace('a', () => {{ {FOREVER} }}); return 1",
    "Array.from": f"Array.from([1], () => {{ {FOREVER} }}); return 1",
    "a setter": f"({{set x(v) {{ {FOREVER} }}}}).x = 1; return 1",
    "a class's static block": f"class A {{ static {{ {FOREVER} }} }} return 1",
    "a finally block": f"try {{ throw 1 }} finally {{ {FOREVER} }} return 1",
    "an async generator": "async function* g() { for (;;) yield } for await (const x of g()); return 1",
    "a promise chain": "(function f() { queueMicrotask(f) })(); await new Promise(() => {}); return 1",
    "console's argument": f"console.log('%f', {{toString() {{ {FOREVER} }}}}); return 1",
    "toString": f"String({{toString() {{ {FOREVER} }}}}); return 1",
    "indexOf over 2**53 elements": "return Array.prototype.indexOf.call({length: 2 ** 53 - 1}, 1)",
    "join of holes": "return new Array(2 ** 32 - 1).join('x').length",
    "concat of holes": "return [].concat(new Array(2 ** 32 - 1)).length",
    "copyWithin over 2**53 elements": "Array.prototype.copyWithin.call({length: 2 ** 53 - 1}, 0, 1); return 1",
    "reverse over 2**53 elements": "Array.prototype.reverse.call({length: 2 ** 53 - 1}); return 1",
    "lastIndexOf in a string": "let s = 'ab'.repeat(1e5); for (;;) s.lastIndexOf('bb'); return 1",
    "BigInt power": "let n = 3n; for (;;) n = (n * n) % (2n ** 60000n); return 1",
    "JSON.parse of a long text": "const t = '[' + '1,'.repeat(2e6) + '1]'; for (;;) JSON.parse(t); return 1",
}


@pytest.mark.parametrize("place", LOOPS)
def test_a_loop_ends_when_its_fuel_is_used_up(guests: Guests, place: str) -> None:
    """Fuel counts inside of built-ins too, where the engine's own interrupt handler is never asked."""
    assert guests.failure(LOOPS[place], fuel=FUEL) == Failure(
        "TimeoutError", f"The execution used up its fuel of {FUEL} units", limit="fuel"
    )


@pytest.mark.parametrize("place", LOOPS)
def test_a_loop_ends_at_its_wall_time(guests: Guests, place: str) -> None:
    """The report names the limit."""
    report = guests.run(LOOPS[place], timeout_ms=15, fuel=ENDLESS_FUEL, memory_bytes=512 << 20)
    assert report.outcome == Failure(
        "TimeoutError", "The execution took longer than its wall time of 15 ms", limit="wall_time"
    )


@pytest.mark.parametrize("place", ["the body", "a timer", "a sort comparator", "a promise job"])
def test_many_loops_at_once_are_all_stopped(guests: Guests, place: str) -> None:
    """On every worker thread, and the event loop goes on answering in between."""
    reports = guests.run_all([LOOPS[place]] * 20 + ["return 1"] * 20, timeout_ms=50, fuel=ENDLESS_FUEL)
    assert [getattr(report.outcome, "limit", None) for report in reports] == ["wall_time"] * 20 + [None] * 20
