"""Deep equality of random values: what Node's assert and util say of them."""

import json
import random

from tests.guest.node import needs_node, node_result
from tests.harness import Guests

COMPARE = """
const assert = require('assert'), util = require('util'), symbol = Symbol('s'), nothing = () => {};
class Own {}
const pairs = (list) => list.map(([one, other]) => [made(one), made(other)]);
const fields = (list) => Object.fromEntries(list.map(([name, value]) => [name, made(value)]));
const makers = {
  is: (value) => value, undefined: () => undefined, nan: () => NaN, minusZero: () => -0, big: () => 1n,
  symbol: () => symbol, function: () => nothing, date: (value) => new Date(value), regExp: (value) => new RegExp(value),
  error: (value) => new Error(value), boxed: (value) => Object(value), buffer: (value) => Buffer.from(value),
  bytes: (value) => new Uint8Array(value), floats: () => new Float32Array([-0]),
  arrayBuffer: (value) => new Uint8Array(value).buffer, array: (value) => value.map(made),
  holes: (value) => { const list = value.map(made); delete list[0]; return list },
  set: (value) => new Set(value.map(made)),
  map: (value) => new Map(pairs(value)), object: fields, own: (value) => Object.assign(new Own(), fields(value)),
  bare: (value) => Object.assign(Object.create(null), fields(value)),
};
const made = ([kind, value]) => makers[kind](value);
const holds = (call) => {
  try { call(); return true } catch (error) { return error.code === 'ERR_ASSERTION' ? false : error.code }
};
return input.map(([one, other]) => {
  const mine = made(one), its = made(other);
  return [util.isDeepStrictEqual(mine, its), holds(() => assert.deepEqual(mine, its)),
    holds(() => assert.deepEqual(its, mine)), holds(() => assert.notDeepStrictEqual(mine, its)),
    holds(() => assert.notDeepEqual(mine, its))];
})"""
PLAIN = [
    *(["is", value] for value in (0, 1, 2, "1", "0", "", "a", True, False, None)),
    ["undefined"], ["nan"], ["minusZero"], ["big"], ["symbol"], ["function"], ["date", 0], ["date", 1], ["regExp", "a"],
    ["regExp", "b"], ["error", "x"], ["error", "y"], ["boxed", 1], ["boxed", "a"], ["buffer", [1, 2]], ["buffer", [1]],
    ["bytes", [1, 2]], ["floats"], ["arrayBuffer", [1]], ["bare", []],
]  # fmt: skip
LISTS, RECORDS = ("array", "set", "holes"), ("object", "own", "bare")


def value(source: random.Random, depth: int) -> list:
    if depth == 0 or source.random() < 0.45:
        return source.choice(PLAIN)
    kind = source.choice((*LISTS, *RECORDS, "map", "set", "map"))
    inner = [value(source, depth - 1) for _ in range(source.randrange(4))]
    if kind in LISTS:
        return [kind, inner]
    first = [source.choice("abc") if kind in RECORDS else value(source, depth - 1) for _ in inner]
    return [kind, [list(pair) for pair in zip(first, inner, strict=True)]]


def changed(source: random.Random, given: list) -> list:
    """A copy with what is inside in another order, and a few parts of it others."""
    if len(given) < 2 or not isinstance(given[1], list) or given[0] in ("buffer", "bytes", "arrayBuffer"):
        return source.choice(PLAIN) if source.random() < 0.12 else given
    inner = [part if given[0] in LISTS else [part[0], changed(source, part[1])] for part in given[1]]
    if given[0] in LISTS:
        inner = [changed(source, part) for part in inner]
    if source.random() < 0.3:
        source.shuffle(inner)
    return [given[0], inner]


@needs_node
def test_deep_equality_is_nodes(guests: Guests) -> None:
    """Strict and loose, both ways round, of 2,000 random pairs of which half are equal or nearly so."""
    source = random.Random(9)
    given = []
    for _ in range(2000):
        one = value(source, 3)
        given.append([one, changed(source, json.loads(json.dumps(one)))])
    got, expected = guests.result(COMPARE, given), node_result(COMPARE, given)
    assert [one for one in zip(given, got, expected, strict=True) if one[1] != one[2]] == []
    assert 500 < sum(row[0] for row in expected) < 1800
