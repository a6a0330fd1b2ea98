"""`assert` and deep equality: Node's verdicts, and its messages to the character."""

import json
import subprocess

import pytest

from tests.guest.node import expressions, needs_node, node_result, thunks
from tests.harness import Guests

METHODS = "deepStrictEqual deepEqual notDeepStrictEqual notDeepEqual strictEqual notStrictEqual equal notEqual"
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
@pytest.mark.parametrize("method", METHODS.split())
def test_all_pairs_of_values_are_told_apart_as_node_does(guests: Guests, method: str) -> None:
    """Thousands of pairs: who is equal to whom, and what the error says of those that fail."""
    code = f"""{SETUP} const makers = {thunks(expressions("assert"))};
    const values = () => makers.map((make) => make()), one = values(), other = values(), out = [];
    const isError = (value) => value instanceof Error;
    for (let i = 0; i < one.length; i++) for (let j = 0; j < other.length; j++) {{
      const told = tell(() => assert.{method}(one[i], other[j]));
      // Stacks, and what a function has of its own, are the engine's.
      if (Array.isArray(told) && (isError(one[i]) || isError(other[j]))) told[2] = '';
      if (told[0] === 'TypeError') told[2] = '';
      out.push([i, j, told]);
    }}
    return out"""
    got = guests.result(code, fuel=10**12, memory_bytes=256 << 20, result_bytes=64 << 20)
    expected = node_result(code, None)
    assert [pair for pair in zip(got, expected, strict=True) if pair[0] != pair[1]][:5] == []


@needs_node
def test_every_function_of_assert_fails_as_nodes_does(guests: Guests) -> None:
    """Right calls and wrong ones: names, codes, messages, operators, what was generated."""
    calls = expressions("assert_calls")
    code = f"{SETUP} const thrown = (error) => {{ throw error }}; return {thunks(calls)}.map(tell)"
    got, expected = guests.result(code), node_result(code, None)
    assert [(calls[i], got[i], expected[i]) for i in range(len(got)) if got[i] != expected[i]] == []


@needs_node
def test_rejections_are_looked_at_as_node_does(guests: Guests) -> None:
    """The same for promises."""
    calls = thunks(expressions("assert_async_calls"))
    tell = """async (call) => { try { await call(); return 'passes' } catch (e) {
      return [e.name, e.code ?? null, e.message, e.operator ?? null] } }"""
    here = f"{SETUP} return await Promise.all({calls}.map({tell}))"
    there = f"{SETUP} return Promise.all({calls}.map({tell}))"
    assert guests.result(here) == node_promise(there)


def node_promise(body: str) -> object:
    """What a function body resolves to in node."""
    script = f"(async () => {{ {body} }})().then((value) => process.stdout.write(JSON.stringify(value)))"
    return json.loads(subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True).stdout)


@needs_node
def test_assert_has_the_names_that_node_has(guests: Guests) -> None:
    """Of functions and classes, with their lengths, but for CallTracker's, which Node has made a deprecated one."""
    code = """const assert = require('assert');
    const tell = (object) => Object.keys(object).sort().map((key) => [key, typeof object[key],
      ...(key === 'CallTracker' ? [] : [object[key].name, key === 'AssertionError' ? 0 : object[key].length])]);
    return [tell(assert), tell(assert.strict), require('assert/strict') === assert.strict,
      assert.strict.strict === assert.strict,
      Object.keys(new assert.AssertionError({})), assert.AssertionError.name]"""
    assert guests.result(code) == node_result(code, None)


TRACKED = """
const { CallTracker } = require('assert'), tracker = new CallTracker();
const tell = (call) => {
  try { return call() ?? null } catch (error) { return [error.name, error.code, error.message] }
};
function add(a, b) { return a + b }
add.note = 1;
const twice = tracker.calls(add, 2), once = tracker.calls();
const found = [twice.call(5, 1, 2), twice.note, twice.name, twice.length];
found.push(tracker.report().map(({ stack, ...rest }) => rest), tell(() => tracker.verify()));
found.push(tracker.getCalls(twice), Object.isFrozen(tracker.getCalls(twice)[0].arguments));
twice(1, 1), once();
found.push(tell(() => tracker.verify()), tracker.report(), tell(() => tracker.reset(once)));
found.push(tell(() => tracker.verify()));
for (const wrong of ['x', 0, 1.5, -1, 2 ** 32, null]) found.push(tell(() => tracker.calls(add, wrong)));
for (const wrong of [add, 1, undefined]) found.push(tell(() => tracker.getCalls(wrong)));
return found"""


@needs_node
def test_calls_are_tracked_as_node_tracks_them(guests: Guests) -> None:
    """What was called how often, and what is said where that is wrong."""
    assert guests.result(TRACKED) == node_result(TRACKED, None)
