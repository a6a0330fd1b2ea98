"""Bad input for every public function that there is: each is an error that code can catch, or an answer, and soon."""

import modules
import pytest

from tests.harness import Guests

SWEEP = """
const thrower = () => { throw new TypeError('hostile') };
const traps = ['get', 'has', 'set', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf', 'defineProperty'];
const trap = new Proxy({}, Object.fromEntries(traps.map((name) => [name, thrower])));
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
const getters = { get length() { thrower() }, get then() { thrower() }, get type() { thrower() },
  get signal() { thrower() }, get [Symbol.iterator]() { thrower() }, get [Symbol.toPrimitive]() { thrower() } };
const detached = new Uint8Array(8);
structuredClone(detached.buffer, { transfer: [detached.buffer] });
const values = [undefined, null, true, -1, 1.5, NaN, 2 ** 32, 2 ** 53, 10n, '', 'utf8', '\\ud800', 'a\\u0000',
  Symbol('s'), {}, [], () => {}, trap, revoked, getters, { length: input.length, [Symbol.toPrimitive]: () => ({}) },
  detached, new Date(NaN), Object.create(null), new Uint8Array(3), /a/g, [[1, 2], ['a', 'b']], 'http://x/',
  'xy'.repeat(500)];
// What calls functions later, or tells of errors that nobody catches.
const skipped = new Set(['reportError', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'nextTick',
  'dispatchEvent', 'constructor', 'prepareStackTrace']);
const targets = [], seen = new Set([Object.prototype, Function.prototype, Array.prototype]);
function collect(path, object, depth) {
  if (seen.has(object) || depth > 3) return;
  seen.add(object);
  for (const key of Reflect.ownKeys(object)) {
    if (skipped.has(key)) continue;
    const name = path + '.' + String(key), own = Object.getOwnPropertyDescriptor(object, key);
    for (const part of [own.value, own.get, own.set]) {
      if (typeof part === 'function') targets.push([name, part, object]);
      if (part !== null && (typeof part === 'object' || typeof part === 'function')) collect(name, part, depth + 1);
    }
  }
}
for (const name of input.globals) collect('', { [name]: globalThis[name] }, 0);
for (const name of input.modules) collect(name, { exports: require(name) }, 0);
const wrong = [];
function attempt(name, work) {
  try {
    const made = work();
    if (made instanceof Promise) made.catch(() => {});
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'InternalError') wrong.push([name, String(error)]);
  }
}
targets.forEach(([name, target, owner], n) => {
  const pick = (i) => values[i % values.length];
  values.forEach((value, i) => {
    attempt(name, () => Reflect.apply(target, owner, [value]));
    attempt(name, () => Reflect.apply(target, pick(i + n), [pick(i * 7 + 3), value, pick(i * 5 + n), pick(i + n + 1)]));
    attempt(name, () => Reflect.construct(target, [value, pick(i * 3 + n), pick(i + 2 * n)]));
  });
});
return [targets.length, wrong.slice(0, 20)]"""

GLOBALS = [*(name for name in modules.GLOBALS if name != "Intl"), "queueMicrotask", "clearTimeout", "console", "crypto"]
#: In shards of their own; and what works through the host, whose own tests have such input.
APART = {"zlib", "pinyin", "xlsx", "crypto", "axios", "form-data", "tasks"}
SHARDS = {
    "globals": (GLOBALS[::2], []),
    "more globals": (GLOBALS[1::2], []),
    "modules": ([], [name for name in modules.PUBLIC if name not in APART]),
    "zlib": ([], ["zlib"]),
    "pinyin and Intl": (["Intl"], ["pinyin"]),
}


@pytest.mark.parametrize("shard", SHARDS)
def test_hostile_arguments_end_in_errors_or_answers(guests: Guests, shard: str) -> None:
    """Wrong types, huge sizes, detached buffers, proxies and getters that throw, halves of pairs: as arguments, as the
    receiver and to `new`, for every function that a global or a module leads to. Nothing traps, nothing hangs."""
    names, public = SHARDS[shard]
    # Lists of locales are walked to their length, as the standard has it.
    given = {"globals": names, "modules": public, "length": 1000 if "Intl" in names else 2**53}
    count, wrong = guests.result(SWEEP, given, fuel=100_000_000_000)
    assert wrong == []
    assert count > 15
