// assert.CallTracker: counts the calls of functions.
const {
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  Error,
  Map,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeSet,
  NumberIsInteger,
  ObjectFreeze,
  Proxy,
  ReflectApply,
} = primordials;
const { AssertionError } = require('internal/assertion_error');

const COUNT_MAX = 2 ** 32 - 1;

function checkCount(expected) {
  if (typeof expected !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', 'expected', 'number', expected);
  if (!NumberIsInteger(expected)) throw nodeError('ERR_OUT_OF_RANGE', 'expected', 'an integer', expected);
  if (expected < 1 || expected > COUNT_MAX) throw nodeError('ERR_OUT_OF_RANGE', 'expected', '>= 1 && <= ' + COUNT_MAX, expected);
}

class CallTracker {
  // By the function that counts: what it wants, and the calls that there were.
  #tracked = new Map();

  #record(tracked) {
    const record = MapPrototypeGet(this.#tracked, tracked);
    if (record === undefined) throw nodeError('ERR_INVALID_ARG_VALUE', 'tracked', tracked, 'is not a tracked function');
    return record;
  }

  reset(tracked) {
    if (tracked !== undefined) this.#record(tracked).calls = [];
    else MapPrototypeForEach(this.#tracked, (record) => (record.calls = []));
  }

  getCalls(tracked) {
    return ObjectFreeze(ArrayPrototypeSlice(this.#record(tracked).calls));
  }

  calls(fn, expected = 1) {
    if (typeof fn === 'number') {
      expected = fn;
      fn = undefined;
    }
    // Not an arrow with a name: what was not given is called `calls`.
    fn ??= (() => () => {})();
    checkCount(expected);
    const record = { __proto__: null, expected, name: fn.name || 'calls', calls: [], made: new Error() };
    const counting = new Proxy(fn, {
      __proto__: null,
      apply(target, self, list) {
        ArrayPrototypePush(record.calls, ObjectFreeze({ thisArg: self, arguments: ObjectFreeze(ArrayPrototypeSlice(list)) }));
        return ReflectApply(target, self, list);
      },
    });
    MapPrototypeSet(this.#tracked, counting, record);
    return counting;
  }

  report() {
    const wrong = [];
    MapPrototypeForEach(this.#tracked, ({ expected, name, calls, made }) => {
      const actual = calls.length;
      if (actual === expected) return;
      const message = 'Expected the ' + name + ' function to be executed ' + expected + ' time(s) but was executed ' + actual + ' time(s).';
      ArrayPrototypePush(wrong, { message, actual, expected, operator: name, stack: made });
    });
    return wrong;
  }

  verify() {
    const wrong = this.report();
    if (wrong.length === 0) return;
    const message = wrong.length === 1 ? wrong[0].message : 'Functions were not called the expected number of times';
    throw new AssertionError({ message, details: wrong });
  }
}

module.exports = { CallTracker };
