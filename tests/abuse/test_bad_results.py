"""What cannot be written as JSON is a RuntimeError that says why; what JSON.stringify does with the rest is kept."""

import pytest

from host.execution.outcome import Failure
from tests.harness import Guests

PREFIX = "The result cannot be written as JSON: "
NOT_DATA_HINT = "Return plain data: objects, arrays, strings, numbers, booleans or null."
NOT_DATA = Failure("RuntimeError", PREFIX + "it is a function or a symbol", hint=NOT_DATA_HINT)

UNWRITABLE = {
    "cycle": ("const a = {}; a.a = a; return a", Failure("RuntimeError", PREFIX + "circular reference")),
    "cycle of arrays": ("const a = []; a.push([a]); return a", Failure("RuntimeError", PREFIX + "circular reference")),
    "BigInt": ("return 1n", Failure("RuntimeError", PREFIX + "BigInt are forbidden in JSON.stringify")),
    "BigInt inside": ("return {a: [1n]}", Failure("RuntimeError", PREFIX + "BigInt are forbidden in JSON.stringify")),
    "function": ("return () => 1", NOT_DATA),
    "class": ("return class {}", NOT_DATA),
    "symbol": ("return Symbol('x')", NOT_DATA),
    "toJSON that gives a function": ("return {toJSON() { return () => 1 }}", NOT_DATA),
    "throwing getter": ("return {get x() { throw new TypeError('gx') }}", Failure("RuntimeError", PREFIX + "gx")),
    "throwing toJSON": ("return {toJSON() { throw new Error('tj') }}", Failure("RuntimeError", PREFIX + "tj")),
    "toJSON that throws no error": (
        "return {toJSON() { throw 1 }}",
        Failure("RuntimeError", PREFIX + "the value cannot be read"),
    ),
    "toJSON that throws an error without a text": (
        "return {toJSON() { throw Object.defineProperty(new Error(), 'message', {get() { throw 1 }}) }}",
        Failure("RuntimeError", PREFIX + "the value cannot be read"),
    ),
    "throwing Proxy trap": (
        "return new Proxy({}, {ownKeys() { throw new RangeError('pk') }})",
        Failure("RuntimeError", PREFIX + "pk"),
    ),
    "revoked Proxy inside": (
        "const r = Proxy.revocable({}, {}); r.revoke(); return [r.proxy]",
        Failure("RuntimeError", PREFIX + "revoked proxy"),
    ),
}


@pytest.mark.parametrize("name", UNWRITABLE)
def test_a_result_that_is_not_data_is_refused(guests: Guests, name: str) -> None:
    """Each of these is the caller's fault and says what is wrong."""
    code, expected = UNWRITABLE[name]
    assert guests.failure(code) == expected


WRITABLE = {
    "Date": ("return new Date(0)", "1970-01-01T00:00:00.000Z"),
    "invalid Date": ("return new Date(NaN)", None),
    "Map": ("return new Map([[1, 2]])", {}),
    "functions and symbols inside": (
        "return {a: [() => 1, Symbol(), undefined], f() {}, u: undefined}",
        {"a": [None] * 3},
    ),
    "boxed": ("return [new String('a'), new Number(1), new Boolean(false)]", ["a", 1, False]),
    "toJSON": ("return {toJSON() { return {toJSON() { return 1 }, b: 2} }}", {"b": 2}),
    "holes": ("return new Array(3)", [None, None, None]),
    "typed array": ("return new Uint8Array(2)", {"0": 0, "1": 0}),
    "promise": ("return Promise.resolve(5)", 5),
    "thenable": ("return {then(resolve) { resolve(7) }}", 7),
    "promise inside": ("return [Promise.resolve(5)]", [{}]),
    "null": ("return null", None),
    "BigInt with a toJSON of its own": ("BigInt.prototype.toJSON = function () { return `${this}` }; return 1n", "1"),
}


@pytest.mark.parametrize("name", WRITABLE)
def test_a_result_is_what_json_stringify_makes_of_it(guests: Guests, name: str) -> None:
    """JavaScript's own rules, with nothing added."""
    code, expected = WRITABLE[name]
    assert guests.result(code) == expected


def nested(levels: int, kind: str = "array") -> str:
    wrap = "[value]" if kind == "array" else "{a: value}"
    return f"let value = 0; for (let i = 0; i < {levels}; i++) value = {wrap}; return value"


@pytest.mark.parametrize("kind", ["array", "object"])
@pytest.mark.parametrize("levels", [10_000, 100_000, 300_000])
def test_a_result_nested_too_deeply_is_refused(guests: Guests, kind: str, levels: int) -> None:
    """A clean failure, in the guest or where the host checks what came; never a trap and never a recursion error."""
    failure = guests.failure(nested(levels, kind))
    assert failure.type == "RuntimeError"
    assert failure.message in {
        PREFIX + "Maximum call stack size exceeded",
        PREFIX + "it is nested too deeply for a client to read",
    }


@pytest.mark.parametrize("kind", ["array", "object"])
def test_a_result_of_ordinary_depth_passes(guests: Guests, kind: str) -> None:
    """500 levels are more than plain data has."""
    value = guests.result(nested(500, kind))
    for _ in range(500):
        value = value[0] if kind == "array" else value["a"]
    assert value == 0


def test_a_result_over_its_limit_is_refused_by_encoded_bytes(guests: Guests) -> None:
    """`é` counts two bytes; the quotation marks count."""
    expected = Failure("ResultTooLargeError", "The result is larger than 100 bytes", hint="Return less, or part of it.")
    assert guests.failure("return 'é'.repeat(50)", result_bytes=100) == expected
    assert guests.result("return 'é'.repeat(49)", result_bytes=100) == "é" * 49
    assert guests.failure("return 'x'.repeat(6e6)").type == "ResultTooLargeError"


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("levels", [200_000, 500_000])
def test_an_input_nested_too_deeply_is_refused(guests: Guests, opening: str, levels: int) -> None:
    """The guest's parser gives up with an error and not with a trap."""
    closing = "".join("]" if bracket == "[" else "}" for bracket in reversed(opening.replace('"a":', "")))
    data = opening * levels + "0" + closing * levels
    failure = guests.failure("return 1", data.encode(), input_bytes=4 << 20)
    assert failure == Failure("ValidationError", "The input cannot be read: Maximum call stack size exceeded")


def test_an_input_of_ordinary_depth_passes(guests: Guests) -> None:
    """1,000 levels reach the code."""
    code = "let depth = 0; for (let at = input; Array.isArray(at); at = at[0]) depth++; return depth"
    assert guests.result(code, b"[" * 1000 + b"]" * 1000) == 1000


BROKEN_INPUTS = [b"", b"{", b'{"a":1', b"[1,]", b"NaN", b"'a'", b"0x10", b"1 2", b"1\x00", b'"\x01"', b"\xef\xbb\xbf1"]


@pytest.mark.parametrize("data", BROKEN_INPUTS)
def test_an_input_that_is_not_json_never_reaches_the_code(guests: Guests, data: bytes) -> None:
    """Should the edge ever let it through, the guest's parser refuses it."""
    failure = guests.failure("return 1", data)
    assert (failure.type, failure.message[:26]) == ("ValidationError", "The input cannot be read: ")
