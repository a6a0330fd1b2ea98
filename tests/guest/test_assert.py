"""`assert` and deep equality: Node's verdicts, and its messages to the character."""

import json
import re
import subprocess

import pytest

from tests.guest.node import needs_node, node_result
from tests.harness import Guests

#: Values that are compared with each other, each with each.
VALUES = r"""
1, 1n, '1', -0, 0, NaN, null, undefined, true, false, '', 'a', Symbol.iterator, {}, [], { a: 1 }, { a: '1' }, { a: 1, b: 2 },
{ b: 2, a: 1 }, { a: undefined }, { b: undefined }, [1], ['1'], [1, 2], [, 1], [undefined, 1], [1, ,], Object.assign([1], { x: 1 }),
{ 0: 1, length: 1 }, new Map(), new Map([[1, 2]]), new Map([['1', 2]]), new Map([[1, '2']]), new Map([[{ a: 1 }, { b: 2 }]]),
new Map([[{ a: '1' }, { b: 2 }]]), new Map([[null, 1]]), new Map([[undefined, 1]]), new Set(), new Set([1]), new Set(['1']),
new Set([1, 2]), new Set([{ a: 1 }, { b: 1 }]), new Set([{ b: 1 }, { a: 1 }]), new Set([{ a: '1' }, { b: 1 }]), new Set([null]), new Set([undefined]),
new Date(0), new Date(1), new Date(NaN), /a/, /a/g, /b/, new Number(1), new Number(0), new Number(-0), new String('1'), new String('a'), new Boolean(true), Object(1n),
Object(Symbol.iterator), new Error('a'), new Error('b'), new TypeError('a'), new Error('a', { cause: 1 }), new Uint8Array([1, 2]), new Int8Array([1, 2]),
new Uint8Array([1, 2, 3]), new Float32Array([0]), new Float32Array([-0]), new Float32Array([NaN]), new ArrayBuffer(2), new ArrayBuffer(3),
new DataView(new ArrayBuffer(2)), new (class Foo { a = 1 })(), new (class Foo { a = 1 })(), Object.create(null), Object.assign(Object.create(null), { a: 1 }),
{ [Symbol.iterator]: 1 }, { [Symbol.iterator]: 2 }, { get a() { return 1 } }, Object.defineProperty({}, 'a', { value: 1 }), new Proxy({ a: 1 }, {}),
cycle(), cycle(), longer(), { self: { self: null } }, function f() {}, Object.setPrototypeOf([1], null), (function () { return arguments })(1),
'x'.repeat(300), 'x'.repeat(299) + 'y', Array.from({ length: 60 }, (_, i) => i), Array.from({ length: 60 }, (_, i) => i === 30 ? 'x' : i),
{ a: [1, 2, { b: 3 }], c: 'text\ntext' }, { a: [1, 2, { b: 4 }], c: 'text\ntext' }, ['a', 'b', 'c', 'd', 'e', 'f', 'g'], ['a', 'b', 'c', 'x', 'e', 'f', 'g']
"""
SETUP = r"""
const assert = require('assert'), util = require('util');
const cycle = () => { const a = { x: 1 }; a.self = a; return a };
const longer = () => { const a = { x: 1 }, b = { x: 1, self: a }; a.self = b; return a };
const tell = (call) => { try { call(); return 'passes' } catch (e) {
  const shown = [e.name, e.code, e.message, e.generatedMessage, e.operator, 'actual' in e, Object.keys(e).join()];
  return shown.map((part) => (part === undefined ? 'undefined' : part));
} };
"""


@needs_node
@pytest.mark.parametrize("method", ["deepStrictEqual", "deepEqual", "notDeepStrictEqual", "notDeepEqual", "strictEqual", "notStrictEqual", "equal", "notEqual"])
def test_all_pairs_of_values_are_told_apart_as_node_does(guests: Guests, method: str) -> None:
    """Thousands of pairs: who is equal to whom, and what the error says of those that fail."""
    code = f"""{SETUP} const values = () => [{VALUES}], one = values(), other = values(), out = [];
    const isError = (value) => value instanceof Error;
    for (let i = 0; i < one.length; i++) for (let j = 0; j < other.length; j++) {{
      const told = tell(() => assert.{method}(one[i], other[j]));
      // Stacks, and what a function has of its own, are the engine's.
      if (Array.isArray(told) && (isError(one[i]) || isError(other[j]))) told[2] = '';
      if (told[0] === 'TypeError') told[2] = '';
      out.push([i, j, told]);
    }}
    return out"""
    got, expected = guests.result(code, fuel=10**12, memory_bytes=256 << 20, result_bytes=64 << 20), node_result(code, None)
    assert [pair for pair in zip(got, expected, strict=True) if pair[0] != pair[1]][:5] == []


CALLS = r"""
assert(0), assert(), assert(null, 'said'), assert.ok(false, new RangeError('mine')), assert.ok(''), assert.fail(), assert.fail('why'),
assert.fail(new TypeError('t')), assert.fail(1, 2), assert.fail(1, 2, 'three', 'op'), assert.equal(1), assert.strictEqual(), assert.strictEqual(1, 2, 'said'),
assert.deepStrictEqual([1], [2], 'said'), assert.strictEqual(1, 2, new Error('own')), assert.equal(1, 2, 'said'), assert.notEqual(1, 1), assert.deepEqual({ a: 1 }, { a: 2 }),
assert.match('abc', /x/), assert.match(5, /x/), assert.match('abc', 'x'), assert.doesNotMatch('abc', /b/), assert.match('abc', /x/, 'said'), assert.match('abc', /b/),
assert.ifError(null), assert.ifError(undefined), assert.ifError('e'), assert.ifError(new Error('e')), assert.ifError(0), assert.ifError(new TypeError()),
assert.throws(() => {}), assert.throws(() => {}, TypeError), assert.throws(() => {}, 'said'), assert.throws(() => {}, TypeError, 'said'), assert.throws('no'),
assert.throws(() => { throw new TypeError('a') }, TypeError), assert.throws(() => { throw new TypeError('a') }, RangeError), assert.throws(() => { throw new TypeError('a') }, /b/),
assert.throws(() => { throw new TypeError('a') }, /a/), assert.throws(() => { throw new TypeError('a') }, { message: 'a' }), assert.throws(() => { throw new TypeError('a') }, { message: 'b' }),
assert.throws(() => { throw new TypeError('a') }, { message: /a/, name: 'TypeError' }), assert.throws(() => { throw new TypeError('a') }, { message: /b/ }, 'said'),
assert.throws(() => { throw new TypeError('a') }, {}), assert.throws(() => { throw new TypeError('a') }, (e) => e.message === 'a'), assert.throws(() => { throw new TypeError('a') }, (e) => false),
assert.throws(() => { throw new TypeError('a') }, function named(e) { return 5 }), assert.throws(() => { throw 'text' }, { message: 'a' }), assert.throws(() => { throw 'text' }, TypeError),
assert.throws(() => { throw new TypeError('a') }, 'a'), assert.throws(() => { throw 'a' }, 'a'), assert.throws(() => { throw new Error('a') }, 'b', 'c'), assert.throws(() => { throw new Error('a') }, 5),
assert.throws(() => { throw new Error('a') }, new Error('a')), assert.throws(() => { throw new TypeError('a') }, new Error('a')), assert.throws(() => { throw null }, TypeError), assert.throws(() => { throw null }),
assert.throws(() => { throw Object.assign(new Error('a'), { code: 1, info: { x: 1 } }) }, { code: 1, info: { x: 1 } }), assert.throws(() => { throw Object.assign(new Error('a'), { code: 1 }) }, { code: 2 }),
assert.doesNotThrow(() => {}), assert.doesNotThrow(() => { throw new Error('a') }), assert.doesNotThrow(() => { throw new Error('a') }, 'said'), assert.doesNotThrow(() => { throw new Error('a') }, Error, 'said'),
assert.doesNotThrow(() => { throw new Error('a') }, TypeError), assert.doesNotThrow(() => { throw new Error('a') }, /a/), assert.doesNotThrow(() => { throw new Error('a') }, {}),
assert.strict(0), assert.strict.equal(1, '1'), assert.strict.deepEqual([1], ['1']), assert.strict.notEqual(1, 1), assert.strict.strict.ok(1), new assert.AssertionError(), new assert.AssertionError('x'),
thrown(new assert.AssertionError({ actual: 1, expected: 2, operator: 'op' })), thrown(new assert.AssertionError({ message: 'm', operator: 'strictEqual' })), thrown(new assert.AssertionError({}))
"""
ASYNC_CALLS = r"""
assert.rejects(Promise.resolve(1)), assert.rejects(Promise.reject(new Error('a'))), assert.rejects(Promise.reject(new Error('a')), /b/), assert.rejects(async () => { throw new TypeError('a') }, TypeError),
assert.rejects(() => 5), assert.rejects(5), assert.rejects(() => { throw new Error('sync') }), assert.rejects({ then() {} }), assert.rejects({ then(ok, no) { no(new Error('t')) }, catch() {} }, /t/),
assert.doesNotReject(Promise.resolve(1)), assert.doesNotReject(Promise.reject(new Error('a'))), assert.doesNotReject(async () => { throw new Error('a') }, 'said'), assert.doesNotReject(7), assert.rejects(() => undefined), assert.rejects(() => null)
"""


@needs_node
def test_every_function_of_assert_fails_as_nodes_does(guests: Guests) -> None:
    """Right calls and wrong ones: names, codes, messages, operators, what was generated."""
    calls = split_calls(CALLS)
    made = ",".join(f"() => ({one})" for one in calls)
    code = f"{SETUP} const thrown = (error) => {{ throw error }}; return [{made}].map(tell)"
    got, expected = guests.result(code), node_result(code, None)
    assert [(calls[i], got[i], expected[i]) for i in range(len(got)) if got[i] != expected[i]] == []


def split_calls(text: str) -> list[str]:
    """The calls of a list that is written over several lines, one expression for each."""
    return [one.strip() for one in re.split(r",\s+(?=assert[.(]|new assert|thrown\()", text.strip())]


@needs_node
def test_rejections_are_looked_at_as_node_does(guests: Guests) -> None:
    """The same for promises."""
    calls = split_calls(ASYNC_CALLS)
    made = ",".join(f"async () => ({one})" for one in calls)
    tell = "async (call) => { try { await call(); return 'passes' } catch (e) { return [e.name, e.code ?? null, e.message, e.operator ?? null] } }"
    here = f"{SETUP} return await Promise.all([{made}].map({tell}))"
    there = f"{SETUP} return Promise.all([{made}].map({tell}))"
    assert guests.result(here) == node_promise(there)


def node_promise(body: str) -> object:
    """What a function body resolves to in node."""
    script = f"(async () => {{ {body} }})().then((value) => process.stdout.write(JSON.stringify(value)))"
    return json.loads(subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True).stdout)


@needs_node
def test_assert_has_the_names_that_node_has(guests: Guests) -> None:
    """But for CallTracker, which Node wants nobody to use."""
    code = """const assert = require('assert');
    const tell = (object) => Object.keys(object).filter((key) => key !== 'CallTracker').sort()
      .map((key) => [key, typeof object[key], object[key].name, key === 'AssertionError' ? 0 : object[key].length]);
    return [tell(assert), tell(assert.strict), require('assert/strict') === assert.strict, assert.strict.strict === assert.strict,
      Object.keys(new assert.AssertionError({})), assert.AssertionError.name]"""
    assert guests.result(code) == node_result(code, None)
