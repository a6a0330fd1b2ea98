// Node's `assert`. What it takes to tell a failure is loaded with the first one.
const {
  Error,
  FunctionPrototypeSymbolHasInstance,
  ObjectAssign,
  ObjectIs,
  RegExpPrototypeExec,
} = primordials;
const { kind } = bindings('inspect');
const { lazy } = bindings('host');

const isNaN = (value) => value !== value;
const show = (value, options) => require('internal/inspect').inspect(value, options);
const isErrorOf = (value) => FunctionPrototypeSymbolHasInstance(Error, value);

function newFailure(options) {
  const { AssertionError } = require('internal/assertion_error');
  return new AssertionError(options);
}

function innerFail(options) {
  if (isErrorOf(options.message)) throw options.message;
  throw newFailure(options);
}

function needsTwo(count) {
  if (count < 2) throw nodeError('ERR_MISSING_ARGS', 'actual', 'expected');
}

function fail(actual, expected, message, operator, stackStartFn) {
  const count = arguments.length;
  let generated = false;
  if ((actual === undefined || actual === null) && count <= 1) {
    generated = true;
    message = 'Failed';
  } else if (count === 1) {
    message = actual;
    actual = undefined;
  } else if (count === 2) operator = '!=';
  if (isErrorOf(message)) throw message;
  const error = newFailure({ actual, expected, operator: operator === undefined ? 'fail' : operator, stackStartFn: stackStartFn || fail, message });
  if (generated) error.generatedMessage = true;
  throw error;
}

function innerOk(fn, count, value, message) {
  if (value) return;
  let generated = false;
  if (count === 0) {
    generated = true;
    message = 'No value argument passed to `assert.ok()`';
  } else if (message === undefined || message === null) {
    generated = true;
    message = undefined;
  } else if (isErrorOf(message)) throw message;
  const error = newFailure({ actual: value, expected: true, message, operator: '==', stackStartFn: fn });
  error.generatedMessage = generated;
  throw error;
}

function ok(...args) {
  innerOk(ok, args.length, args[0], args[1]);
}

// eslint-disable-next-line eqeqeq
const looselyEqual = (actual, expected) => actual == expected || (isNaN(actual) && isNaN(expected));
const deeply = (actual, expected) => require('internal/comparisons').isDeepEqual(actual, expected);
const deeplyStrictly = (actual, expected) => require('internal/comparisons').isDeepStrictEqual(actual, expected);

function equal(actual, expected, message) {
  needsTwo(arguments.length);
  if (!looselyEqual(actual, expected)) innerFail({ actual, expected, message, operator: '==', stackStartFn: equal });
}

function notEqual(actual, expected, message) {
  needsTwo(arguments.length);
  if (looselyEqual(actual, expected)) innerFail({ actual, expected, message, operator: '!=', stackStartFn: notEqual });
}

function deepEqual(actual, expected, message) {
  needsTwo(arguments.length);
  if (!deeply(actual, expected)) innerFail({ actual, expected, message, operator: 'deepEqual', stackStartFn: deepEqual });
}

function notDeepEqual(actual, expected, message) {
  needsTwo(arguments.length);
  if (deeply(actual, expected)) innerFail({ actual, expected, message, operator: 'notDeepEqual', stackStartFn: notDeepEqual });
}

function deepStrictEqual(actual, expected, message) {
  needsTwo(arguments.length);
  if (!deeplyStrictly(actual, expected)) {
    innerFail({ actual, expected, message, operator: 'deepStrictEqual', stackStartFn: deepStrictEqual });
  }
}

function notDeepStrictEqual(actual, expected, message) {
  needsTwo(arguments.length);
  if (deeplyStrictly(actual, expected)) {
    innerFail({ actual, expected, message, operator: 'notDeepStrictEqual', stackStartFn: notDeepStrictEqual });
  }
}

function strictEqual(actual, expected, message) {
  needsTwo(arguments.length);
  if (!ObjectIs(actual, expected)) innerFail({ actual, expected, message, operator: 'strictEqual', stackStartFn: strictEqual });
}

function notStrictEqual(actual, expected, message) {
  needsTwo(arguments.length);
  if (ObjectIs(actual, expected)) {
    innerFail({ actual, expected, message, operator: 'notStrictEqual', stackStartFn: notStrictEqual });
  }
}

// What is expected of an error is looked at in a module of its own; `rejects` and `doesNotReject` are its users too.
const expecting = () => require('internal/assert_expect');

function throws(promiseFn, ...args) {
  const { caught, expectsError } = expecting();
  expectsError('throws', throws, caught(promiseFn), args);
}

async function rejects(promiseFn, ...args) {
  const { expectsError, rejected } = expecting();
  expectsError('rejects', rejects, await rejected(promiseFn), args);
}

function doesNotThrow(fn, ...args) {
  const { caught, expectsNoError } = expecting();
  expectsNoError('doesNotThrow', doesNotThrow, caught(fn), args);
}

async function doesNotReject(fn, ...args) {
  const { expectsNoError, rejected } = expecting();
  expectsNoError('doesNotReject', doesNotReject, await rejected(fn), args);
}

function ifError(err) {
  if (err === null || err === undefined) return;
  let message = 'ifError got unwanted exception: ';
  if (typeof err === 'object' && typeof err.message === 'string') {
    message += err.message.length === 0 && err.constructor ? err.constructor.name : err.message;
  } else message += show(err);
  const error = newFailure({ actual: err, expected: null, operator: 'ifError', message, stackStartFn: ifError });
  error.generatedMessage = !message;
  throw require('internal/assertion_error').withFramesOf(error, err);
}

function checkMatch(string, regexp, message, fn, name) {
  if (kind(regexp) !== 'RegExp') throw nodeError('ERR_INVALID_ARG_TYPE', 'regexp', 'RegExp', regexp);
  const wanted = name === 'match';
  if (typeof string === 'string' && (RegExpPrototypeExec(regexp, string) !== null) === wanted) return;
  if (isErrorOf(message)) throw message;
  let text = message;
  if (!text && typeof string !== 'string') {
    text = 'The "string" argument must be of type string. Received type ' + typeof string + ' (' + show(string) + ')';
  } else if (!text) {
    const start = wanted ? 'The input did not match the regular expression ' : 'The input was expected to not match the regular expression ';
    text = start + show(regexp) + '. Input:\n\n' + show(string) + '\n';
  }
  const error = newFailure({ actual: string, expected: regexp, message: text, operator: name, stackStartFn: fn });
  error.generatedMessage = !message;
  throw error;
}

function match(string, regexp, message) {
  checkMatch(string, regexp, message, match, 'match');
}

function doesNotMatch(string, regexp, message) {
  checkMatch(string, regexp, message, doesNotMatch, 'doesNotMatch');
}

function strict(...args) {
  innerOk(strict, args.length, args[0], args[1]);
}

const methods = {
  __proto__: null,
  fail, ok, equal, notEqual, deepEqual, notDeepEqual, deepStrictEqual, notDeepStrictEqual, strictEqual,
  notStrictEqual, throws, rejects, doesNotThrow, doesNotReject, ifError, match, doesNotMatch,
};

const assert = ObjectAssign(ok, methods);
ObjectAssign(strict, methods, {
  equal: strictEqual,
  deepEqual: deepStrictEqual,
  notEqual: notStrictEqual,
  notDeepEqual: notDeepStrictEqual,
});
lazy(assert, 'AssertionError', 'internal/assertion_error#AssertionError', true);
lazy(strict, 'AssertionError', 'internal/assertion_error#AssertionError', true);
lazy(assert, 'CallTracker', 'internal/call_tracker#CallTracker', true);
lazy(strict, 'CallTracker', 'internal/call_tracker#CallTracker', true);
assert.strict = strict;
strict.strict = strict;

module.exports = assert;
