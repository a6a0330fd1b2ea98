// AssertionError: what every function of assert throws.
const {
  ArrayPrototypeIndexOf,
  ArrayPrototypeJoin,
  Error,
  ErrorCaptureStackTrace,
  FunctionPrototypeSymbolHasInstance,
  ObjectAssign,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  String,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeSplit,
} = primordials;
const { difference, relation, sameness } = require('internal/assert_diff');
const { inspect } = require('internal/inspect');
const { validateObject } = require('internal/validators');

const LINES_MAX = 10;
const UNITS_MAX = 512;

const isError = (value) =>
  typeof value === 'object' && value !== null && 'stack' in value && FunctionPrototypeSymbolHasInstance(Error, value);

/** An error without its stack, so that two errors are told apart by what they say. */
function withoutStack(error) {
  const copy = ObjectAssign({ __proto__: ObjectGetPrototypeOf(error) }, error);
  return ObjectDefineProperty(copy, 'message', { __proto__: null, value: error.message });
}

function shortened(value) {
  if (typeof value !== 'string') return value;
  const lines = StringPrototypeSplit(value, '\n', LINES_MAX + 1);
  if (lines.length > LINES_MAX) {
    lines.length = LINES_MAX;
    return ArrayPrototypeJoin(lines, '\n') + '\n...';
  }
  return value.length > UNITS_MAX ? StringPrototypeSlice(value, UNITS_MAX) + '...' : value;
}

function messageOf(message, operator, actual, expected) {
  const showsBoth = operator === 'deepStrictEqual' || operator === 'strictEqual';
  if (message !== undefined && message !== null) {
    return showsBoth ? difference(actual, expected, operator, message) : String(message);
  }
  if (showsBoth) return difference(actual, expected, operator);
  if (operator === 'notDeepStrictEqual' || operator === 'notStrictEqual') return sameness(actual, operator);
  return relation(actual, expected, operator);
}

class AssertionError extends Error {
  constructor(options) {
    validateObject(options, 'options');
    const { message, operator, stackStartFn, details, stackStartFunction } = options;
    let { actual, expected } = options;
    if ((message === undefined || message === null) && isError(actual) && isError(expected)) {
      actual = withoutStack(actual);
      expected = withoutStack(expected);
    }
    super(messageOf(message, operator, actual, expected));
    this.generatedMessage = !message;
    // The stack is written down under the name that has the code.
    ObjectDefineProperty(this, 'name', {
      __proto__: null, value: 'AssertionError [ERR_ASSERTION]', enumerable: false, writable: true, configurable: true,
    });
    this.code = 'ERR_ASSERTION';
    this.actual = details ? undefined : actual;
    this.expected = details ? undefined : expected;
    this.operator = details ? undefined : operator;
    for (let i = 0; details && i < details.length; i++) {
      this['message ' + i] = details[i].message;
      this['actual ' + i] = details[i].actual;
      this['expected ' + i] = details[i].expected;
      this['operator ' + i] = details[i].operator;
      this['stack trace ' + i] = details[i].stack;
    }
    const start = stackStartFn || stackStartFunction;
    ErrorCaptureStackTrace(this, start);
    this.name = 'AssertionError';
  }

  toString() {
    return this.name + ' [' + this.code + ']: ' + this.message;
  }

  [inspect.custom](recurseTimes, ctx) {
    const { actual, expected } = this;
    this.actual = shortened(actual);
    this.expected = shortened(expected);
    const text = inspect(this, { ...ctx, customInspect: false, depth: 0 });
    this.actual = actual;
    this.expected = expected;
    return text;
  }
}

const FRAMES = '\n    at';

/** The error, its frames followed by all those of another one: first where it was found, then where it was made. */
function withFramesOf(error, other) {
  const theirs = other?.stack;
  const at = typeof theirs === 'string' ? StringPrototypeIndexOf(theirs, FRAMES) : -1;
  if (at < 0) return error;
  const frames = StringPrototypeSplit(StringPrototypeSlice(theirs, at + 1), '\n');
  const lines = StringPrototypeSplit(error.stack, '\n');
  for (let i = 0; i < frames.length; i++) {
    const shared = ArrayPrototypeIndexOf(lines, frames[i]);
    if (shared < 0) continue;
    lines.length = shared;
    break;
  }
  error.stack = ArrayPrototypeJoin(lines, '\n') + '\n' + ArrayPrototypeJoin(frames, '\n');
  return error;
}

module.exports = { AssertionError, withFramesOf };
