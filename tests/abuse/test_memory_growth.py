"""What takes memory without end meets the cap, and what the engine refuses by itself is a RangeError."""

import pytest

from host.execution.outcome import Failure, Success
from tests.harness import Guests

CAP = 16 << 20
CAP_REACHED = Failure("MemoryLimitError", f"The execution reached its memory limit of {CAP} bytes")

GROWTH = {
    "array of 2**32-1 filled": "return new Array(2 ** 32 - 1).fill()",
    "array from a length": "return Array.from({length: 2 ** 32 - 1})",
    "array of arrays": "let a = []; for (;;) a = [a, a, a]; return 1",
    "objects": "const a = []; for (;;) a.push({}); return 1",
    "object keys": "const o = {}; for (let i = 0; ; i++) o['k' + i] = i; return 1",
    "array by index": "const a = []; for (let i = 0; ; i++) a[i] = i; return 1",
    "Map": "const m = new Map(); for (let i = 0; ; i++) m.set(i, i); return 1",
    "Set": "const s = new Set(); for (let i = 0; ; i++) s.add('k' + i); return 1",
    "typed arrays": "const a = []; for (;;) a.push(new Uint8Array(1e6)); return 1",
    "one typed array": "return new Float64Array(1e7).length",
    "array buffer": "return new ArrayBuffer(2 ** 30).byteLength",
    "resizable buffer": "const b = new ArrayBuffer(1, {maxByteLength: 2 ** 29}); b.resize(2 ** 29); return 1",
    "strings": "const a = []; for (;;) a.push('x'.repeat(10) + a.length); return 1",
    "padded string": "return 'x'.padEnd(2 ** 28).length",
    "repeated string": "return 'é漢'.repeat(2 ** 25).length",
    "closures": "let f = () => 1; for (;;) { const g = f; f = () => g } return 1",
    "promises": "const a = []; for (;;) a.push(new Promise(() => {})); return 1",
    "promise jobs": "for (;;) queueMicrotask(() => {}); return 1",
    "promise chain": (
        "Promise.resolve().then(function f() { return Promise.resolve().then(f) }); await new "
        "Promise(() => {}); return 1"
    ),
    "timers": "for (;;) setTimeout(() => {}, 1e6); return 1",
    "timers that set two more": (
        "(function f() { setTimeout(f, 0); setTimeout(f, 0) })(); await new Promise(() => {}); return 1"
    ),
    "symbols": "const a = []; for (;;) a.push(Symbol('x')); return 1",
    "atoms": "const a = []; for (let i = 0; ; i++) a.push(Symbol.for('k' + i)); return 1",
    "BigInts": "const a = []; let n = 3n ** 1000n; for (;;) a.push(n++); return 1",
    "dates": "const a = []; for (;;) a.push(new Date()); return 1",
    "regular expressions": "const a = []; for (let i = 0; ; i++) a.push(new RegExp('a{1,9}' + i)); return 1",
    "generators": "function* g() { yield 1 } const a = []; for (;;) { const i = g(); i.next(); a.push(i) } return 1",
    "errors": "const a = []; for (;;) a.push(new Error('x')); return 1",
    "spread": "let a = [1]; for (;;) a = [...a, ...a]; return 1",
    "concat": "let a = [1]; for (;;) a = a.concat(a); return 1",
    "split": "return 'x,'.repeat(3e6).split(',').length",
    "JSON text": "let a = ['x'.repeat(1e6)]; return JSON.stringify(Array(20).fill(a)).length",
    "result text": "return Array(20).fill('x'.repeat(1e6))",
    "encoded text": "return encodeURIComponent('é'.repeat(1e6)).length",
}


@pytest.mark.parametrize("kind", GROWTH)
def test_growth_ends_at_the_cap(guests: Guests, kind: str) -> None:
    """MemoryLimitError, and the memory never was larger than the cap."""
    report = guests.run(GROWTH[kind], memory_bytes=CAP, result_bytes=200 << 20)
    assert report.outcome == CAP_REACHED
    assert report.usage.memory_peak_bytes <= CAP


ENGINE_LIMITS = {
    "repeat": ("return 'x'.repeat(2 ** 30)", "invalid string length"),
    "doubling": ("let s = 'x'; for (;;) s += s; return s", "string too long"),
    "typed array": ("return new Uint8Array(2 ** 31).length", "invalid array buffer length"),
    "typed array of 2**53": ("return new Uint8Array(2 ** 53).length", "invalid array index"),
    "resizable buffer": ("return new ArrayBuffer(1, {maxByteLength: 2 ** 31})", "invalid max array buffer length"),
    "array length": ("return new Array(2 ** 32)", "invalid array length"),
    "BigInt shift": ("return (1n << (2n ** 40n)) > 0n", "BigInt is too large to allocate"),
    "BigInt growth": ("let n = 3n; for (;;) n = n * n; return 1", "BigInt is too large to allocate"),
    "too many arguments": (
        "return Math.max(...new Array(1e5))",
        "too many arguments in function call (only 65535 allowed)",
    ),
    "an expression of 100,000 operands": ("return [" + "2**" * 100_000 + "1]", "stack overflow (op=188, pc=65534)"),
}


@pytest.mark.parametrize("kind", ENGINE_LIMITS)
def test_a_limit_of_the_engine_is_a_range_error(guests: Guests, kind: str) -> None:
    """Never an InternalError, which is the host's word for a fault of its own."""
    code, message = ENGINE_LIMITS[kind]
    failure = guests.failure(code, code_bytes=1 << 20)
    assert (failure.type, failure.message) == ("RangeError", message)


def test_a_guest_that_survives_the_cap_goes_on(guests: Guests) -> None:
    """The refused allocation can be caught, and what was freed can be used again."""
    code = (
        "let a = [], survived; try { for (;;) a.push(new Uint8Array(1e6)) } catch (e) { survived = e.message }"
        "a = null; return [survived, new Uint8Array(5e6).length]"
    )
    assert guests.result(code, memory_bytes=CAP) == ["out of memory", 5_000_000]


def test_input_that_does_not_fit_is_a_memory_limit(guests: Guests) -> None:
    """Also where the host could not even place it."""
    data = b'"' + b"x" * 1_900_000 + b'"'
    limit = 4 << 20
    expected = Failure("MemoryLimitError", f"The execution reached its memory limit of {limit} bytes")
    assert guests.failure("return input.length", data, memory_bytes=limit) == expected
    assert guests.result("return input.length", data, memory_bytes=CAP) == 1_900_000


@pytest.mark.parametrize("image_user", ["return 1", "return require('lodash').add(0, 1)"])
def test_a_cap_below_the_images_own_size_leaves_nothing_to_grow_by(guests: Guests, image_user: str) -> None:
    """The least cap that a policy can set still runs what needs no growth, and nothing else."""
    assert guests.result(image_user, memory_bytes=1 << 20) == 1
    assert guests.failure("return new Uint8Array(4e6).length", memory_bytes=1 << 20).type == "MemoryLimitError"


def test_many_hungry_guests_at_once(guests: Guests) -> None:
    """Each has a cap of its own, and those that are not hungry are not harmed."""
    reports = guests.run_all([GROWTH["objects"], "return 1", GROWTH["typed arrays"]] * 10, memory_bytes=CAP)
    assert [report.outcome for report in reports] == [CAP_REACHED, Success(b"1"), CAP_REACHED] * 10
