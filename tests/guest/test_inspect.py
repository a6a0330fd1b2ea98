"""`util.inspect` and `util.format`: the texts of the machine's own node, to the character."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.guest.node import needs_node, node_result
from tests.harness import Guests

#: JavaScript expressions, each shown with every one of OPTIONS.
VALUES = r"""
1, -0, 1.5, NaN, Infinity, 123456789.123456, 1n, 12345678901234567890n, true, null, undefined, 'a', '', "it's",
`it's "so"`, 'it\'s "so" `x`', 'a\nb\tc\\\x00\x7f\x9f', '\ud800', 'a\udc00b', '😀', 'é中文', Symbol('a'), Symbol(),
Symbol('a\nb'), Symbol.iterator, 'x'.repeat(200), ('line\n').repeat(30), {}, [], [[]], [{}], { a: 1 }, { 'a-b': 1 },
{ 'a\nb': 1 }, { 1: 2, b: 3 }, { __proto__: null, a: 1 }, { ['__proto__']: 1 }, { [Symbol('s')]: 1 }, { é: 1 }, { $: 1 },
{ a: { b: { c: { d: 1 } } } }, { a: [[[[1]]]] }, [1, , 3], [, ], [, , 1], Object.assign([1, 2], { x: 1, '-1': 2 }),
Object.assign([1, , 3], { x: 1 }), new Array(5), new Array(200).fill(7), Array.from({ length: 150 }, (_, i) => i),
Array.from({ length: 27 }, (_, i) => 'item' + i), Array.from({ length: 30 }, (_, i) => ({ i })), [1n, 2n, 3n, 4n, 5n, 6n, 7n],
[1, 2, 3, 4, 5, 6, 'seven'], Array.from({ length: 12 }, (_, i) => 'x'.repeat(i)), ['中文', 'b', 'c', 'd', 'e', 'f', 'g'],
[undefined, null, , true], [1.5, -2, 300, 4, 5, 6, 7, 8], Array.from({ length: 8 }, (_, i) => [i, i * i]),
function f() {}, () => {}, (0, function () {}), class A {}, class extends Array {}, (class B extends Map {}),
Object.assign(function g() {}, { a: 1 }), async () => {}, function* gen() {}, async function* agen() {}, Math.max, Map,
Object.setPrototypeOf(function h() {}, null), Object.setPrototypeOf(class C {}, null), Object.defineProperty(() => {}, 'name', { value: 5 }),
new (class Foo { constructor() { this.a = 1 } })(), new (class Foo {})(), new (class extends Foo0 {})(), new Sub(),
Object.create({}), Object.create(Foo0.prototype), Object.create(Object.create(null)), Object.create({ constructor: 5 }),
{ get a() { return 1 } }, { set a(v) {} }, { get a() { return { b: 1 } }, set a(v) {} }, { get a() { throw new Error('no') } },
{ get a() { return null } }, { get a() { return 'x' } }, { [Symbol.toStringTag]: 'Tag' }, new Tagged(), { a: 1, get [Symbol.toStringTag]() { return 'T' } },
Object.create(null, { [Symbol.toStringTag]: { value: 'Null' } }), Object.defineProperty({}, 'hidden', { value: 1 }),
Object.defineProperty([1], 'hidden', { value: 1 }), new Map(), new Map([[1, 2], ['a', { b: [1] }]]), new Map([[{ a: 1 }, new Map([[1, 2]])]]),
new Set(), new Set([1, 'a', { b: 1 }]), new Set(Array.from({ length: 120 }, (_, i) => i)), Object.assign(new Map([[1, 2]]), { x: 1 }),
new Map([[1, 2]]).entries(), new Map([[1, 2]]).keys(), new Map([[1, 2]]).values(), new Set([1, 2]).values(), new Set([1, 2]).entries(),
advanced(new Map([[1, 2], [3, 4]]).entries()), [1][Symbol.iterator](), 'a'[Symbol.iterator](), 'a'.matchAll(/a/g), gen0(), agen0(),
new Uint8Array(3), new Uint8Array(), new Float64Array([1.5, -0, NaN]), new BigInt64Array([1n]), new Uint8Array(200), Object.assign(new Uint8Array(2), { x: 1 }),
new (class MyArray extends Uint8Array {})(2), new (class MyMap extends Map {})([[1, 2]]), new (class MyList extends Array {})(1, 2, 3),
Object.setPrototypeOf(new Map([[1, 2]]), null), Object.setPrototypeOf(new Set([1]), null), Object.setPrototypeOf([1, 2], null),
Object.setPrototypeOf(new Uint8Array(2), null), Object.setPrototypeOf(new Date(0), null), Object.setPrototypeOf(/a/g, null), Object.setPrototypeOf(new Number(3), null),
Object.setPrototypeOf(new Map([[1, 2]]), Foo0.prototype), Object.setPrototypeOf([1], Foo0.prototype), Object.setPrototypeOf(new Date(0), Object.prototype),
new ArrayBuffer(4), new ArrayBuffer(0), new ArrayBuffer(300), new DataView(new ArrayBuffer(3), 1), Object.assign(new ArrayBuffer(2), { x: 1 }),
new Date(0), new Date(NaN), Object.assign(new Date(0), { x: 1 }), new (class MyDate extends Date {})(0), /a/g, /[/]\n/, Object.assign(/a/, { x: 1 }),
new Number(3), new Number(-0), new String('abc'), new Boolean(false), Object(Symbol('x')), Object(1n), Object.assign(new String('ab'), { x: 1 }), new (class N extends Number {})(5),
Promise.resolve(4), Promise.resolve({ a: { b: 1 } }), new Promise(() => {}), rejected(new Promise((_, no) => no(3))), Object.assign(Promise.resolve(1), { x: 1 }),
new WeakMap([[key0, 1]]), new WeakSet([key0]), new WeakRef(key0), new Proxy({ a: 1 }, {}), new Proxy([1, 2], {}), new Proxy(function p() {}, {}), new Proxy(new Proxy({ b: 1 }, {}), {}),
revoked(), (function () { return arguments })(1, 'a'), circular(), circular2(), [circular(), circular()], new Map([[1, circularMap()]]), globalThis.Math, JSON, Reflect,
{ a: 1, b: 'x'.repeat(60), c: [1, 2, 3], d: { e: {} } }, { a: 'x'.repeat(90) }, { a: 'line\nline\nline' + 'x'.repeat(80) }, [['x'.repeat(70)], ['y'.repeat(10)]],
{ list: Array.from({ length: 20 }, (_, i) => ({ id: i, name: 'n' + i })) }, { f() {}, g: () => {}, h: class {} }, { a: undefined, b: null, c: Symbol('z') },
{ [custom]: () => 'shown\nso' }, { x: { [custom]: () => 'shown\nso' } }, { [custom](depth, options) { return { depth, keys: Object.keys(options).join() } } }, { [custom]() { return this } }, { [custom]: 5 },
{ a: { [custom](depth, { stylize }) { return stylize('s', 'string') + depth } } }, new (class W { [custom]() { return 'W!' } })(), { inspect: () => 'no' },
{ a: new Map([['k', new Set([[1, [2, [3]]]])]]) }, new Map([['x'.repeat(40), 'y'.repeat(40)]]), { s: 'it\'s', t: "\"", u: '`' }, Object.freeze({ a: 1 }), { a: { b: { c: {} } } },
{ href: 'http://x/', protocol: 'http:' }, Object.assign(new (class U {})(), { href: 'http://x/', protocol: 'http:' }), (() => { const f = () => {}; f.prototype = { a: 1 }; return f })(),
new (function OldStyle() { this.x = 1 })(), Object.assign(Object.create({ inherited: 1, get g() { return 1 } }), { own: 1 }), new (class D extends Foo0 { #p = 1; q = 2; get r() { return 1 } })(),
[new Error('x')].map((e) => { e.stack = 'Custom stack'; return e })[0], noStack(new Error('msg')), noStack(new TypeError('msg')), noStack(Object.assign(new Error('msg'), { code: 'E', info: { a: 1 } })),
noStack(new Error('')), noStack(new Error('outer', { cause: noStack(new Error('inner')) })), noStack(new Error('outer', { cause: 'text' })), noStack(new AggregateError([noStack(new Error('a')), 2], 'many')),
noStack(new (class ValidationError extends Error {})('bad')), noStack(new (class Foo extends TypeError {})('bad')), noStack(named(new Error('a'), 'FooError')), noStack(named(new Error('a'), 'Foo')),
noStack(Object.setPrototypeOf(new Error('a'), null)), { e: noStack(new Error('multi\nline')) }, [noStack(new RangeError('r'))], noStack(Object.assign(new Error('m'), { message: 'later' })), Object.create(Error.prototype)
"""

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
const tell = (call) => { try { return call() } catch (error) { return ['threw', error.name, error.code, error.message] } };
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
HIDDEN_UNLIKE = ("function f", "(0, function", "function g", "function h", "Object.assign(function g", "Object.setPrototypeOf(function h", "Map", "globalThis.Math", "Reflect", "(function ()")
#: V8 remembers what made an object without a prototype; Node counts no collection that has none.
UNLIKE = {
    "Object.create(null, { [Symbol.toStringTag]: { value: 'Null' } })", "Object.setPrototypeOf(new Map([[1, 2]]), null)",
    "Object.setPrototypeOf(new Set([1]), null)",
}  # fmt: skip


def expressions() -> list[str]:
    """VALUES, taken apart at the commas between expressions."""
    found, depth, start, quote, skip = [], 0, 0, "", False
    for at, unit in enumerate(VALUES):
        if skip:
            skip = False
        elif quote:
            skip = unit == "\\"
            quote = "" if unit == quote else quote
        elif unit in "'\"`":
            quote = unit
        elif unit == "/" and VALUES[at : at + 3] in ("/[/", "/a/"):
            quote = ""
        elif unit in "([{":
            depth += 1
        elif unit in ")]}":
            depth -= 1
        elif unit == "," and depth == 0:
            found.append(VALUES[start:at].strip())
            start = at + 1
    found.append(VALUES[start:].strip())
    return [one for one in found if one]


@needs_node
@pytest.mark.parametrize("options", OPTIONS, ids=json.dumps)
def test_values_are_shown_as_node_shows_them(guests: Guests, options: dict) -> None:
    """Every kind of value, with each option."""
    all_of_them = expressions()
    made = ",".join(f"() => ({one})" for one in all_of_them)
    code = f"{SETUP} return [{made}].map((make) => tell(() => util.inspect(make(), input)))"
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
  Symbol('a'), {}, { a: { b: { c: 1 } } }, [1, [2, [3]]], () => 1, function f() {}, class A {}, new Date(0), new Error0(),
  { toString() { return 'own' } }, { toString: 5 }, Object.create(null), new (class { toString() { return 'class' } })(),
  { [Symbol.toPrimitive]: () => 'prim' }, new (class B extends Date {})(0), new Map([[1, 2]]), Object(1n), Object('s')];
"""


@needs_node
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.lists(st.sampled_from(DIRECTIVES), max_size=6), st.lists(st.integers(0, 31), max_size=5)), min_size=80))
def test_texts_are_formatted_as_node_formats_them(guests: Guests, cases: list) -> None:
    """Every directive with every kind of value, too many values and too few."""
    code = (
        "class Error0 { constructor() { this.x = 1 } }" + ARGUMENTS
        + "const util = require('util'), tell = (f) => { try { return f() } catch (e) { return e.name } };"
        "return input.map(([text, picked]) => ["
        "tell(() => util.format(text.join(''), ...picked.map((i) => values[i]))),"
        "tell(() => util.format(...picked.map((i) => values[i]), text.join(''))),"
        "tell(() => util.formatWithOptions({ colors: true, compact: 1 }, text.join(''), ...picked.map((i) => values[i])))])"
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
    "an endless custom function": "const o = { [inspect.custom]() { return { [inspect.custom]: o[inspect.custom] } } }; inspect(o)",
    "depth": "let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; inspect(o, { depth: Infinity }).length",
    "arrays within arrays": "let o = []; for (let i = 0; i < 1e5; i++) o = [o]; inspect(o, { depth: Infinity }).length",
    "a huge array": "inspect(new Array(4294967295)) + inspect(new Array(1e6).fill(1), { maxArrayLength: 2 })",
    "a detached buffer": "const b = new ArrayBuffer(8), v = new Uint8Array(b); b.transfer(); inspect([b, v])",
    "a shrunk buffer": "const b = new ArrayBuffer(8, { maxByteLength: 16 }), v = new Uint8Array(b, 4); b.resize(2); inspect([b, v])",
    "setters on prototypes": "for (const k of [0, 1, 'open', 'base']) Object.defineProperty(Object.prototype, k, { set() { throw 1 } });"
                             "inspect({ a: [new Map([[1, 2]]).entries()] })",
    "an iterator without its Map": "const i = new Map([[1, 2]]).entries(); [...i]; inspect(i)",
    "wrong options": "inspect({ a: 1 }, { depth: 'x', compact: {}, breakLength: NaN, maxArrayLength: -1, stylize: (t) => t })",
    "a cycle of prototypes by a proxy": "const p = new Proxy({}, { getPrototypeOf: () => p }); inspect(Object.create(p)).length",
    "errors": "inspect(Object.defineProperty(new Error('a'), 'stack', { get() { throw new Error('b') } }))",
    "a message that is no string": "inspect(Object.assign(new Error('a'), { message: { toString() { throw 1 } }, name: Symbol() }))",
}  # fmt: skip


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_values_trap_nothing(guests: Guests, attack: str) -> None:
    """They are shown, or an error that the code catches is thrown, or the budget ends the execution."""
    *before, last = HOSTILE[attack].split("; ")
    code = f"const {{ inspect }} = require('util'); try {{ {';'.join(before)}; return typeof ({last.removesuffix(';')}) }} catch {{ return 'thrown' }}"
    if attack == "setters on prototypes":
        code = f"const {{ inspect }} = require('util'); try {{ {HOSTILE[attack]}; return 'string' }} catch {{ return 'thrown' }}"
    report = guests.run(code, fuel=20_000_000_000)
    kind = getattr(report.outcome, "type", None)
    assert kind in ("FuelLimitError", "MemoryLimitError") or report.outcome.result in (b'"string"', b'"thrown"', b'"number"')
