// What assert.throws, rejects and their opposites do with an error and with what is expected of it.
const {
  ArrayPrototypePush,
  Error,
  FunctionPrototypeSymbolHasInstance,
  ObjectKeys,
  ObjectPrototypeIsPrototypeOf,
  ReflectApply,
  RegExpPrototypeExec,
  String,
} = primordials;
const { kind } = bindings('inspect');
const { AssertionError } = require('internal/assertion_error');
const { isDeepStrictEqual } = require('internal/comparisons');
const { inspect } = require('internal/inspect');

const NOTHING = { __proto__: null }; // nothing was thrown
const isRegExp = (value) => kind(value) === 'RegExp';
const isError = (value) => kind(value) === 'Error' || FunctionPrototypeSymbolHasInstance(Error, value);

function innerFail(options) {
  if (FunctionPrototypeSymbolHasInstance(Error, options.message)) throw options.message;
  throw new AssertionError(options);
}

/** The parts of an error that are compared, for the message. */
class Comparison {
  constructor(object, keys, actual) {
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (!(key in object)) continue;
      const matches = actual !== undefined && typeof actual[key] === 'string' && isRegExp(object[key]) &&
        RegExpPrototypeExec(object[key], actual[key]) !== null;
      this[key] = matches ? actual[key] : object[key];
    }
  }
}

function compareKey(actual, expected, key, message, keys, name, fn) {
  if (key in actual && isDeepStrictEqual(actual[key], expected[key])) return;
  if (message) innerFail({ actual, expected, message, operator: name, stackStartFn: fn });
  const error = new AssertionError({
    actual: new Comparison(actual, keys),
    expected: new Comparison(expected, keys, actual),
    operator: 'deepStrictEqual',
    stackStartFn: fn,
  });
  error.actual = actual;
  error.expected = expected;
  error.operator = name;
  throw error;
}

/** Against an object: its properties, of which regular expressions match strings. */
function checkObject(actual, expected, message, name, fn) {
  if (typeof actual !== 'object' || actual === null) {
    const error = new AssertionError({ actual, expected, message, operator: 'deepStrictEqual', stackStartFn: fn });
    error.operator = name;
    throw error;
  }
  const keys = ObjectKeys(expected);
  if (FunctionPrototypeSymbolHasInstance(Error, expected)) ArrayPrototypePush(keys, 'name', 'message');
  else if (keys.length === 0) throw nodeError('ERR_INVALID_ARG_VALUE', 'error', expected, 'may not be an empty object');
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const matches = typeof actual[key] === 'string' && isRegExp(expected[key]) && RegExpPrototypeExec(expected[key], actual[key]) !== null;
    if (!matches) compareKey(actual, expected, key, message, keys, name, fn);
  }
}

function notInstance(actual, expected) {
  const start = 'The error is expected to be an instance of "' + expected.name + '". Received ';
  if (!isError(actual)) return start + '"' + inspect(actual, { depth: -1 }) + '"';
  const name = (actual.constructor && actual.constructor.name) || actual.name;
  const text = expected.name === name ? 'an error with identical name but a different prototype.' : '"' + name + '"';
  return start + text + (actual.message ? '\n\nError message:\n\n' + actual.message : '');
}

function notTrue(actual, expected, result) {
  const name = expected.name ? '"' + expected.name + '" ' : '';
  const text = 'The ' + name + 'validation function is expected to return "true". Received ' + inspect(result);
  return isError(actual) ? text + '\n\nCaught error:\n\n' + actual : text;
}

function isInstance(actual, expected) {
  return expected.prototype !== undefined && actual instanceof expected;
}

/** What is wrong with an error, as a message; undefined where it is as expected. */
function complaint(actual, expected) {
  if (isRegExp(expected)) {
    const text = String(actual);
    if (RegExpPrototypeExec(expected, text) !== null) return undefined;
    return 'The input did not match the regular expression ' + inspect(expected) + '. Input:\n\n' + inspect(text) + '\n';
  }
  if (isInstance(actual, expected)) return undefined;
  if (ObjectPrototypeIsPrototypeOf(Error, expected)) return notInstance(actual, expected);
  const result = ReflectApply(expected, {}, [actual]);
  return result === true ? undefined : notTrue(actual, expected, result);
}

function checkExpected(actual, expected, message, name, fn) {
  if (typeof expected !== 'function' && !isRegExp(expected)) return checkObject(actual, expected, message, name, fn);
  const wrong = complaint(actual, expected);
  if (wrong === undefined) return undefined;
  const error = new AssertionError({ actual, expected, message: message || wrong, operator: name, stackStartFn: fn });
  error.generatedMessage = !message;
  throw error;
}

function caught(fn) {
  require('internal/validators').validateFunction(fn, 'fn');
  try {
    fn();
  } catch (error) {
    return error;
  }
  return NOTHING;
}

const isPromiseLike = (value) =>
  kind(value) === 'Promise' ||
  (value !== null && typeof value === 'object' && typeof value.then === 'function' && typeof value.catch === 'function');

async function rejected(promiseFn) {
  let promise = promiseFn;
  if (typeof promiseFn === 'function') {
    promise = promiseFn();
    if (!isPromiseLike(promise)) throw nodeError('ERR_INVALID_RETURN_VALUE', 'instance of Promise', 'promiseFn', promise);
  } else if (!isPromiseLike(promiseFn)) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'promiseFn', ['Function', 'Promise'], promiseFn);
  }
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return NOTHING;
}

function checkAmbiguous(actual, text) {
  if (typeof actual === 'object' && actual !== null) {
    if (actual.message !== text) return;
    throw nodeError('ERR_AMBIGUOUS_ARGUMENT', 'error/message', 'The error message "' + actual.message + '" is identical to the message.');
  }
  if (actual !== text) return;
  throw nodeError('ERR_AMBIGUOUS_ARGUMENT', 'error/message', 'The error "' + actual + '" is identical to the message.');
}

function expectsError(name, fn, actual, args) {
  let error = args[0];
  let message = args[1];
  const kinds = ['Object', 'Error', 'Function', 'RegExp'];
  if (typeof error === 'string') {
    if (args.length === 2) throw nodeError('ERR_INVALID_ARG_TYPE', 'error', kinds, error);
    checkAmbiguous(actual, error);
    message = error;
    error = undefined;
  } else if (error !== undefined && error !== null && typeof error !== 'object' && typeof error !== 'function') {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'error', kinds, error);
  }
  if (actual === NOTHING) {
    const details = (error && error.name ? ' (' + error.name + ')' : '') + (message ? ': ' + message : '.');
    const what = name === 'rejects' ? 'rejection' : 'exception';
    innerFail({ actual: undefined, expected: error, operator: name, message: 'Missing expected ' + what + details, stackStartFn: fn });
  }
  if (error) checkExpected(actual, error, message, name, fn);
}

function isUnwanted(actual, expected) {
  if (isRegExp(expected)) return RegExpPrototypeExec(expected, String(actual)) !== null;
  if (typeof expected !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'expected', ['Function', 'RegExp'], expected);
  if (isInstance(actual, expected)) return true;
  return !ObjectPrototypeIsPrototypeOf(Error, expected) && ReflectApply(expected, {}, [actual]) === true;
}

function expectsNoError(name, fn, actual, args) {
  if (actual === NOTHING) return;
  const isText = typeof args[0] === 'string';
  const error = isText ? undefined : args[0];
  const message = isText ? args[0] : args[1];
  if (error && !isUnwanted(actual, error)) throw actual;
  const what = name === 'doesNotReject' ? 'rejection' : 'exception';
  const text = 'Got unwanted ' + what + (message ? ': ' + message : '.') + '\nActual message: "' + (actual && actual.message) + '"';
  innerFail({ actual, expected: error, operator: name, message: text, stackStartFn: fn });
}

module.exports = { caught, expectsError, expectsNoError, rejected };
