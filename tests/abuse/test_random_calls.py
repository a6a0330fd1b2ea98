"""Every native function that can be reached, called with values nobody meant: the engine may refuse, never break."""

import pytest

from tests.abuse.walk import WALK
from tests.harness import Guests

CALL_AT_RANDOM = """
let state = input;
const below = (n) => { state = (state * 1103515245 + 12345) % 2147483648; return state % n };
const pool = [
  undefined, null, true, 0, -0, 1, -1, NaN, Infinity, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 31), 1.5, '', 'a',
    'length', '__proto__',
  'constructor', '\\ud800', 'x'.repeat(300), 1n, -(2n ** 70n), Symbol.iterator, Symbol('z'), [], [1, 2, 3], [,
    1], {}, {a: 1},
  {length: 3, 0: 1}, {length: 2 ** 32}, () => 1, function () { return this }, class {}, async () => 1,
    function* () { yield 1 }, /a/g,
  new Date(), new Map([[1, 2]]), new Set([1]), new WeakMap(), new ArrayBuffer(16), new ArrayBuffer(8,
    {maxByteLength: 64}),
  new Uint8Array(8), new Float64Array(4), new DataView(new ArrayBuffer(8)), new Proxy({}, {}), new Proxy(() => 1, {}),
  Promise.resolve(1), new Error('q'), [].values(), (function () { return arguments })(1, 2),
    new (class extends Array {})(3),
  {valueOf() { return 3 }}, {[Symbol.toPrimitive]() { throw 7 }}, {get length() { return below(5) }},
    Object.create(null), crypto,
  new String('boxed'), Iterator.from({next() { return {done: true} }}), new WeakRef({}), new DisposableStack(),
];
const pick = () => pool[below(pool.length)];
const {apply, construct} = Reflect;
const text = Function.prototype.toString;
const native = functions.map(([f]) => f).filter((f) => apply(text, f, []).includes('[native code]'));
const count = native.length;
for (let i = 0; i < 3000; i++) {
  const f = native[below(count)], values = [];
  for (let n = below(4), k = 0; k < n; k++) values[k] = pick();
  try {
    const made = below(5) ? apply(f, pick(), values) : construct(f, values);
    if (made !== null && (typeof made === 'object' || typeof made === 'function')
      && pool.length < 400) pool[pool.length] = made;
  } catch {}
}
return count;
"""


@pytest.mark.parametrize("seed", range(8))
def test_random_calls_of_native_functions_break_nothing(guests: Guests, unharmed: None, seed: int) -> None:
    """3,000 calls, made with `new` and without, whose results become arguments. The guest may harm itself, and end by
    one of its limits; a fault of the host would raise."""
    report = guests.run(WALK + CALL_AT_RANDOM, seed, fuel=10**10, memory_bytes=128 << 20)
    assert type(report.outcome).__name__ in {"Success", "Failure"}
