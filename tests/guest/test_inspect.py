"""`util.inspect` and `util.format`: the texts of the machine's own node, to the character."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.guest.node import expressions, needs_node, node_result, thunks
from tests.harness import Guests

SETUP = r"""
const util = require('util');
const custom = Symbol.for('nodejs.util.inspect.custom');
class Foo0 { constructor() { this.own = 1 } }
class Sub extends Foo0 { constructor() { super(); this.more = [1] } }
class Tagged { get [Symbol.toStringTag]() { return 'MyTag' } }
function* gen0() {} async function* agen0() {}
const key0 = { key: 1 };
const advanced = (iterator) => { iterator.next(); return iterator };
const rejected = (promise) => { promise.catch(() => {}); return promise };
const revoked = () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy };
const circular = () => { const a = { b: { c: [] } }; a.b.c.push(a, a.b); a.d = a; return a };
const circular2 = () => { const a = []; a.push(a); return a };
const circularMap = () => { const m = new Map(); m.set('m', m); m.set(m, { m }); return m };
const named = (error, name) => { error.name = name; return error };
// Where an error was made is not the same here and there.
const noStack = (error) => {
  const own = Object.getPrototypeOf(error) === null ? 'Error' : Object.getPrototypeOf(error).name;
  const text = own + (error.message ? ': ' + error.message : '') + '\n    at f (file.js:1:2)\n    at g (file.js:3:4)';
  Object.defineProperty(error, 'stack', { value: text, enumerable: false, configurable: true, writable: true });
  return error;
};
const tell = (call) => {
  try { return call() } catch (error) { return ['threw', error.name, error.code, error.message] }
};
"""

OPTIONS = [
    {}, {"compact": False}, {"compact": True}, {"compact": 0}, {"compact": 1}, {"depth": 0}, {"depth": None},
    {"depth": 1, "breakLength": 40}, {"breakLength": 1000}, {"showHidden": True}, {"colors": True}, {"sorted": True},
    {"getters": True}, {"getters": "get"}, {"getters": "set"}, {"maxArrayLength": 3}, {"maxArrayLength": 0},
    {"maxArrayLength": None}, {"maxStringLength": 5}, {"numericSeparator": True}, {"showProxy": True},
    {"customInspect": False}, {"compact": True, "breakLength": 20}, {"colors": True, "compact": 1, "breakLength": 50},
    {"showHidden": True, "showProxy": True, "depth": 4, "sorted": True},
]  # fmt: skip

#: Under showHidden engines differ: in what a function has of its own, and in the order of built-ins' properties.
HIDDEN_UNLIKE = (
    "function f", "(0, function", "Object.assign(function g", "Object.setPrototypeOf(function h", "Map",
    "globalThis.Math", "Reflect", "(function ()", "new Proxy(function", "[new Error('x')]",
)  # fmt: skip
#: V8 remembers what made an object without a prototype; Node counts no collection that has none.
UNLIKE = {
    "Object.create(null, { [Symbol.toStringTag]: { value: 'Null' } })",
    "Object.setPrototypeOf(new Map([[1, 2]]), null)",
    "Object.setPrototypeOf(new Set([1]), null)",
}  # fmt: skip


@needs_node
@pytest.mark.parametrize("options", OPTIONS, ids=json.dumps)
def test_values_are_shown_as_node_shows_them(guests: Guests, options: dict) -> None:
    """Every kind of value, with each option."""
    all_of_them = expressions("inspect")
    code = f"{SETUP} return {thunks(all_of_them)}.map((make) => tell(() => util.inspect(make(), input)))"
    got, expected = guests.result(code, options), node_result(code, options)
    wrong = [(all_of_them[i], got[i], expected[i]) for i in range(len(got)) if got[i] != expected[i]]
    if options.get("showHidden"):
        wrong = [one for one in wrong if not one[0].startswith(HIDDEN_UNLIKE)]
    if options.get("showHidden") or options.get("maxArrayLength") == 0:
        wrong = [one for one in wrong if one[0] not in UNLIKE]
    assert wrong == []


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=12), inner, max_size=8),
    max_leaves=40,
)
RANDOM_OPTIONS = st.fixed_dictionaries({}, optional={
    "depth": st.none() | st.integers(0, 4), "compact": st.booleans() | st.integers(0, 4),
    "breakLength": st.integers(1, 200), "colors": st.booleans(), "sorted": st.booleans(),
    "maxArrayLength": st.none() | st.integers(0, 10), "maxStringLength": st.none() | st.integers(0, 20),
    "numericSeparator": st.booleans(), "showHidden": st.booleans(),
})  # fmt: skip


@needs_node
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(JSON_VALUES, RANDOM_OPTIONS), min_size=60, max_size=200))
def test_random_data_is_shown_as_node_shows_it(guests: Guests, cases: list) -> None:
    """Nested arrays and objects of any strings and numbers, under random options, a hundred at once."""
    code = "const { inspect } = require('util'); return input.map(([value, options]) => inspect(value, options))"
    got, expected = guests.result(code, cases), node_result(code, cases)
    assert [(cases[i], got[i], expected[i]) for i in range(len(got)) if got[i] != expected[i]] == []


DIRECTIVES = [f"%{letter}" for letter in "sdifjoOc%xS1"] + ["%", "a", " ", "%%"]
ARGUMENTS = r"""
const values = ['s', '', '12.5abc', '0x1f', ' 7 ', 5, -0, 1.5, NaN, 1n, 12345678901234567890n, null, undefined, true,
  Symbol('a'), {}, { a: { b: { c: 1 } } }, [1, [2, [3]]], () => 1, async () => 1, class A {}, new Date(0),
  new Error0(),
  { toString() { return 'own' } }, { toString: 5 }, Object.create(null),
  new (class { toString() { return 'class' } })(),
  { [Symbol.toPrimitive]: () => 'prim' }, new (class B extends Date {})(0), new Map([[1, 2]]), Object(1n), Object('s')];
"""


@needs_node
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(DIRECTIVES), max_size=6), st.lists(st.integers(0, 31), max_size=5)),
        min_size=80,
    )
)
def test_texts_are_formatted_as_node_formats_them(guests: Guests, cases: list) -> None:
    """Every directive with every kind of value, too many values and too few."""
    code = (
        "class Error0 { constructor() { this.x = 1 } }" + ARGUMENTS
        + "const util = require('util'), tell = (f) => { try { return f() } catch (e) { return e.name } };"
        "return input.map(([text, picked]) => ["
        "tell(() => util.format(text.join(''), ...picked.map((i) => values[i]))),"
        "tell(() => util.format(...picked.map((i) => values[i]), text.join(''))),"
        "tell(() => util.formatWithOptions({ colors: true, compact: 1 }, text.join(''), "
        "...picked.map((i) => values[i])))])"
    )  # fmt: skip
    got, expected = guests.result(code, cases), node_result(code, cases)
    assert [(cases[i], got[i], expected[i]) for i in range(len(got)) if got[i] != expected[i]] == []


def test_an_error_is_shown_with_what_it_says_and_where_it_was_made(guests: Guests) -> None:
    """The class, the message, the caller's own lines; codes of Node's errors; causes."""
    code = """const { inspect } = require('util');
    function mine() { return new TypeError('bad', { cause: new RangeError('why') }) }
    let refused; try { require('path').join(1) } catch (error) { refused = error }
    return [inspect(mine()).split('\\n').map((line) => line.replace(/:\\d+\\)/, ')')), inspect(refused).split('\\n')[0],
      inspect(new DOMException('a', 'AbortError')).split('\\n')[0]]"""
    lines, refused, aborted = guests.result(code)
    assert lines[:2] == ["TypeError: bad", "    at mine (codeblock.js:2)"]
    assert [line.strip() for line in lines if "RangeError" in line] == ["[cause]: RangeError: why"]
    assert refused.startswith('TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument')
    assert aborted == "DOMException [AbortError]: a"


HOSTILE = {
    "a getter that throws": "inspect({ get [Symbol.toStringTag]() { throw new Error('no') } })",
    "a proxy whose traps throw": "inspect(new Proxy({}, new Proxy({}, { get() { throw new Error('trap') } })))",
    "a prototype that is a proxy": "inspect(Object.create(new Proxy({}, { get() { throw new Error('trap') } })))",
    "an endless custom function":
        "const o = { [inspect.custom]() { return { [inspect.custom]: o[inspect.custom] } } }; inspect(o)",
    "depth": "let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; inspect(o, { depth: Infinity }).length",
    "arrays within arrays": "let o = []; for (let i = 0; i < 1e5; i++) o = [o]; inspect(o, { depth: Infinity }).length",
    "a huge array": "inspect(new Array(4294967295)) + inspect(new Array(1e6).fill(1), { maxArrayLength: 2 })",
    "a detached buffer": "const b = new ArrayBuffer(8), v = new Uint8Array(b); b.transfer(); inspect([b, v])",
    "a shrunk buffer":
        "const b = new ArrayBuffer(8, { maxByteLength: 16 }), v = new Uint8Array(b, 4); "
        "b.resize(2); inspect([b, v])",
    "setters on prototypes":
        "for (const k of [0, 1, 'open', 'base']) "
        "Object.defineProperty(Object.prototype, k, { set() { throw 1 } });"
        "inspect({ a: [new Map([[1, 2]]).entries()] })",
    "an iterator without its Map": "const i = new Map([[1, 2]]).entries(); [...i]; inspect(i)",
    "wrong options":
        "inspect({ a: 1 }, { depth: 'x', compact: {}, breakLength: NaN, maxArrayLength: -1, stylize: (t) => t })",
    "a cycle of prototypes by a proxy":
        "const p = new Proxy({}, { getPrototypeOf: () => p }); inspect(Object.create(p)).length",
    "errors": "inspect(Object.defineProperty(new Error('a'), 'stack', { get() { throw new Error('b') } }))",
    "a message that is no string":
        "inspect(Object.assign(new Error('a'), { message: { toString() { throw 1 } }, name: Symbol() }))",
}  # fmt: skip


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_values_trap_nothing(guests: Guests, attack: str) -> None:
    """They are shown, or an error that the code catches is thrown, or the budget ends the execution."""
    *before, last = HOSTILE[attack].split("; ")
    body = f"{';'.join(before)}; return typeof ({last})"
    if attack == "setters on prototypes":
        body = f"{HOSTILE[attack]}; return 'string'"
    code = f"const {{ inspect }} = require('util'); try {{ {body} }} catch {{ return 'thrown' }}"
    report = guests.run(code, fuel=2_000_000_000)
    kind = getattr(report.outcome, "type", None)
    assert kind in ("TimeoutError", "MemoryLimitError") or report.outcome.result in (
        b'"string"',
        b'"thrown"',
        b'"number"',
    )
