"""Requirement 8: a guest that replaces built-ins changes its own world, and neither changes nor reaches ours."""

import pytest

from tests.abuse.walk import WALK
from tests.harness import Guests

#: Replaces every method and accessor of every built-in prototype and namespace by one that cries out.
POISON_ALL = """
const {ownKeys, defineProperty, getOwnPropertyDescriptor, getPrototypeOf} = Reflect;
const kept = {__proto__: null, constructor: 1, length: 1, name: 1, prototype: 1};
const cry = function () { throw new EvalError('poisoned') };
const targets = [];
for (const name of ['Object', 'Array', 'String', 'Number', 'Function', 'Promise', 'RegExp', 'Map', 'Set',
  'Error', 'TypeError',
                    'Symbol', 'Date', 'Uint8Array', 'ArrayBuffer', 'JSON', 'Math', 'Reflect', 'Iterator',
                      'performance', 'WeakMap']) {
  const thing = globalThis[name];
  targets.push(thing);
  if (thing.prototype) targets.push(thing.prototype, getPrototypeOf(thing.prototype) ?? thing.prototype);
}
targets.push(getPrototypeOf(Uint8Array), getPrototypeOf([].values()), getPrototypeOf(''[Symbol.iterator]()));
for (let i = 0; i < targets.length; i++) {
  const keys = ownKeys(targets[i]);
  for (let j = 0; j < keys.length; j++) {
    if (kept[keys[j]]) continue;
    const own = getOwnPropertyDescriptor(targets[i], keys[j]);
    if (!own.configurable) continue;
    if (typeof own.value === 'function') defineProperty(targets[i], keys[j], {...own, value: cry});
    else if (own.get) defineProperty(targets[i], keys[j], {...own, get: cry});
  }
}
"""

UNTOUCHED = {
    "a result": ("return {a: [1, 'x', null, {b: 2.5}]}", {"a": [1, "x", None, {"b": 2.5}]}),
    "a module that is refused": ("try { require('fs') } catch (e) { return e.name }", "SecurityError"),
    "a module that is not listed": ("try { require('qs') } catch (e) { return e.name }", "CapabilityError"),
    "a timer": ("const p = new Promise(function (done) { setTimeout(done, 1, 5) }); return await p", 5),
    "randomUUID": ("const id = crypto.randomUUID(); return id.length === 36 && id[14] === '4'", True),
    "console": ("console.log('a %s', 'b', 1, {c: [1, 2]}, null); return 1", 1),
}


@pytest.mark.parametrize("kind", UNTOUCHED)
def test_what_is_ours_works_after_everything_was_replaced(guests: Guests, kind: str) -> None:
    """Every method and every accessor of 21 built-ins throws, and ours do not use them."""
    code, expected = UNTOUCHED[kind]
    assert guests.result(POISON_ALL + code, modules=("lodash",)) == expected


def test_console_shows_the_same_after_everything_was_replaced(guests: Guests) -> None:
    """Also what goes through the inspector."""
    show = "console.log('%s %d %j', 'b', 1, {a: 1}, {c: [1, {d: 'x'}], e: null}, 'z'); console.warn([1, 2]); return 1"
    plain = [record.text for record in guests.run(show).logs]
    assert [record.text for record in guests.run(POISON_ALL + show).logs] == plain
    assert plain == ["b 1 {\"a\":1} { c: [ 1, { d: 'x' } ], e: null } z", "[ 1, 2 ]"]


REPLACED = {
    "JSON.stringify": ("JSON.stringify = () => '\"forged\"'; return [1]", [1]),
    "JSON": ("globalThis.JSON = {stringify: () => 'forged'}; return [1]", [1]),
    "Promise.prototype.then": ("Promise.prototype.then = () => { throw 1 }; return 1", 1),
    "Promise": ("globalThis.Promise = class { then() {} }; return 1", 1),
    "Promise[Symbol.species]": (
        "Object.defineProperty(Promise, Symbol.species, {get() { throw 1 }}); return await (async () => 1)()",
        1,
    ),
    "then of every object": ("Object.prototype.then = undefined; return {a: 1}", {"a": 1}),
    "Array.prototype.push": ("Array.prototype.push = () => { throw 1 }; return [1]", [1]),
    "Array's iterator": ("Array.prototype[Symbol.iterator] = function* () { yield 666 }; return [1]", [1]),
    "setters at Array.prototype's indexes": (
        (
            "Object.defineProperty(Array.prototype, 0, {set() { throw 1 }}); try { require('fs') "
            "} catch (e) { return e.name }"
        ),
        "SecurityError",
    ),
    "setters at Object.prototype": (
        (
            "for (const k of ['value', 'get', 'type', 'message']) "
            "Object.defineProperty(Object.prototype, k, {__proto__: null, set() { throw 1 }}); "
            "return {a: 1}"
        ),
        {"a": 1},
    ),
    "input": ("globalThis.input = 1; return input", 1),
    "Symbol.toStringTag": ("Object.prototype[Symbol.toStringTag] = 'x'; return [1]", [1]),
    "globalThis itself": (
        "for (const k of Reflect.ownKeys(globalThis)) try { delete globalThis[k] } catch {} return 1",
        1,
    ),
    "Error": (
        "globalThis.Error = class { constructor() { throw 1 } }; try { require('fs') } catch (e) { return e.name }",
        "SecurityError",
    ),
    "Error.prepareStackTrace": (
        "Error.prepareStackTrace = () => { throw 1 }; try { require('fs') } catch (e) { return e.name }",
        "SecurityError",
    ),
    "Error.stackTraceLimit": (
        (
            "Object.defineProperty(Error, 'stackTraceLimit', {get() { throw 1 }}); try { "
            "require('fs') } catch (e) { return e.name }"
        ),
        "SecurityError",
    ),
    "String.prototype.startsWith": (
        (
            "String.prototype.startsWith = () => false; String.prototype.indexOf = () => 0; try { "
            "require('node:fs') } catch (e) { return e.name }"
        ),
        "SecurityError",
    ),
    "String.prototype.concat, which templates call": (
        "String.prototype.concat = () => '\\nqs\\n'; try { require('qs') } catch (e) { return e.name }",
        "CapabilityError",
    ),
    "Object.hasOwn": (
        (
            "Object.hasOwn = () => false; Object.prototype.hasOwnProperty = () => false; try { "
            "require('fs') } catch (e) { return e.name }"
        ),
        "SecurityError",
    ),
    "properties of Object.prototype": (
        (
            "Object.prototype.fs = {exports: {}}; Object.prototype.qs = {exports: {}}; try { "
            "require('qs') } catch (e) { return e.name }"
        ),
        "CapabilityError",
    ),
}


@pytest.mark.parametrize("kind", REPLACED)
def test_a_replaced_built_in_changes_no_answer_and_no_decision(guests: Guests, kind: str) -> None:
    """One at a time, each with what it might have changed."""
    code, expected = REPLACED[kind]
    assert guests.result(code, modules=("lodash",)) == expected


def test_prepare_stack_trace_sees_no_function_of_ours(guests: Guests) -> None:
    """Call sites could hand out the functions of the frames, the bootstrap's among them: none has such a method."""
    code = """
    const seen = [];
    Error.prepareStackTrace = (error, sites) => {
      for (const site of sites) {
        for (let at = site; at; at = Object.getPrototypeOf(at)) {
          for (const key of Reflect.ownKeys(at)) {
            if (key === 'constructor' || key === '__proto__') continue;
            let value;
            try { value = typeof site[key] === 'function' ? site[key]() : site[key] } catch { continue }
            if (typeof value === 'function' || (typeof value === 'object' && value !== null)) seen.push(String(key));
          }
        }
      }
      return 'stack';
    };
    try { require('fs') } catch (e) { e.stack }
    try { require('nope') } catch (e) { e.stack }
    try { crypto.getRandomValues([]) } catch (e) { e.stack }
    console.trace('x');
    console.log({get x() { return new Error().stack }}, new Error());
    [1].map(() => new Error().stack);
    Error.prepareStackTrace = undefined;
    return seen.filter((key) => !['toString', 'toLocaleString', 'valueOf'].includes(key));
    """
    assert guests.result(code) == []


def test_no_function_of_the_bridge_can_be_reached(guests: Guests) -> None:
    """Every object that leads from the global one, from errors, call sites, iterators and packages is visited."""
    code = (
        WALK
        + """
    const innocent = [Function.prototype.call, Math.log, console.log, Blob.prototype.text, Request.prototype.text,
      Response.prototype.text];
    const bridge = ['call', 'start', 'denial', 'log', 'permitted', 'modules', 'load', 'text', 'define', 'provide'];
    return functions
      .filter(([f]) => bridge.includes(f.name) && !innocent.includes(f)
        && Function.prototype.toString.call(f).includes('[native code]'))
      .map(([, path]) => path);
    """
    )
    assert guests.result(code, wall_time_ms=20_000, fuel=10**11, memory_bytes=256 << 20) == []


def test_the_walk_sees_what_there_is(guests: Guests) -> None:
    """So that its silence means something: thousands of objects, the hidden prototypes and accessors among them."""
    code = WALK + (
        "return [seen.size > 2000, functions.some(([f]) => f.name === 'get size'), "
        "seen.has(Object.getPrototypeOf(function* () {}))]"
    )
    assert guests.result(code, wall_time_ms=20_000, fuel=10**11, memory_bytes=256 << 20) == [True, True, True]


def test_no_source_of_ours_can_be_read(guests: Guests) -> None:
    """Functions of the bootstrap show no text, and no property of theirs leads into it."""
    code = (
        "const own = [require, console.log, console.table, crypto.randomUUID, crypto.getRandomValues];"
        "return own.map((f) => [Function.prototype.toString.call(f).includes('[native code]'),"
        " Reflect.ownKeys(f).filter((key) => !['length', 'name', 'prototype'].includes(key))])"
    )
    assert guests.result(code) == [[True, []]] * 5


def test_callers_and_arguments_of_ours_cannot_be_read(guests: Guests) -> None:
    """A callback sees nothing of the function that called it."""
    code = """
    const seen = [];
    function callback() { try { seen.push(callback.caller) } catch (e) { seen.push(e.name) } return 'x' }
    console.log('%f', {toString: callback});
    setTimeout(callback, 0);
    await new Promise((done) => setTimeout(done, 2));
    for (const f of [require, console.log]) { try { seen.push(f.arguments ?? null) } catch (e) { seen.push(e.name) } }
    return seen.map((what) => typeof what === 'function' ? 'a function' : what ?? null);
    """
    assert "a function" not in guests.result(code)


@pytest.mark.parametrize("text", ["eval('1')", "(0, eval)('1')", "Function('return 1')", "new Function('return 1')",
    "(async () => {}).constructor('return 1')", "(function* () {}).constructor('yield 1')",
    "(async function* () {}).constructor('yield 1')", "Reflect.construct(Function, ['return 1'])",
    "Reflect.apply(eval, null, ['1'])", "new (class extends Function { constructor() { super('return 1') } })()",
    "[1].map.constructor('return 1')", "setTimeout('1')", "setInterval('1', 5)", "setImmediate('1')",
    "eval.call(null, '1')",
    "Object.getPrototypeOf(async function () {}).constructor('1')"])  # fmt: skip
def test_text_never_becomes_code(guests: Guests, text: str) -> None:
    """Every way of it is closed at one place in the engine, and the error can be caught."""
    assert guests.failure(f"{text}; return 1").type == "SecurityError"
    assert guests.result(f"try {{ {text} }} catch (e) {{ return e.name }} return 'none'") == "SecurityError"


def test_text_becomes_code_where_the_policy_allows_it(guests: Guests) -> None:
    """And stays inside: it sees the same world."""
    assert guests.result("return [eval('1 + 1'), new Function('a', 'return a + 1')(1)]", eval=True) == [2, 2]
    assert guests.failure("eval('1'); require('fs'); return 1", eval=True).type == "SecurityError"
