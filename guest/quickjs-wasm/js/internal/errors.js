// Errors as Node makes them: a native class, a `code`, and a message in Node's words. A module makes one by
// `nodeError(code, ...)`, and this file is loaded with the first.
const {
  ArrayIsArray,
  ArrayPrototypeIncludes,
  ArrayPrototypeIndexOf,
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  ArrayPrototypeSplice,
  Error,
  ErrorPrototypeToString,
  JSONStringify,
  NumberIsInteger,
  ObjectCreate,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  ObjectSetPrototypeOf,
  RangeError,
  ReflectApply,
  RegExpPrototypeExec,
  String,
  StringPrototypeEndsWith,
  StringPrototypeIncludes,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  TypeError,
  URIError,
} = primordials;
const { quote } = bindings('inspect');

/** As util.inspect has it; most values that an error tells are so plain that they need not load it. */
function inspect(value, options) {
  if (typeof value === 'string' && value.length <= 72) return quote(value);
  if (typeof value === 'boolean' || (typeof value === 'number' && value !== 0)) return String(value);
  return require('internal/inspect').inspect(value, options);
}

function makePrototype(Base, code) {
  return ObjectCreate(Base.prototype, {
    __proto__: null,
    constructor: { __proto__: null, value: Base, writable: true, configurable: true },
    toString: {
      __proto__: null,
      value: function toString() {
        return this.name + ' [' + code + ']: ' + this.message;
      },
      writable: true,
      configurable: true,
    },
  });
}

// By code: the class, what makes the message, and the prototype once there is an error that has it.
const known = { __proto__: null };

/** Adds a code; for modules whose codes nobody else has. */
function define(code, Base, wording) {
  known[code] = { Base, wording, proto: null };
}

/** The error with this code. As in Node `name` is the native class's and so is `constructor`, the message is the message
 * alone, and toString has the code too. */
function make(code, values) {
  // Those of crypto are many, and known when there is one of them.
  if (known[code] === undefined) require('node/crypto/errors');
  const kind = known[code];
  const { Base, wording } = kind;
  const error = new Base(typeof wording === 'string' ? wording : ReflectApply(wording, undefined, values));
  kind.proto ??= makePrototype(Base, code);
  ObjectSetPrototypeOf(error, kind.proto);
  own(error, 'code', code);
  if (code === 'ERR_INVALID_URL') {
    own(error, 'input', values[0]);
    if (values[1] !== undefined) own(error, 'base', values[1]);
  }
  headline(error);
  return error;
}

/** A stack that begins with the code too, as Node's own errors have it and no others. */
function headline(error) {
  const { stack } = error;
  if (typeof stack !== 'string') return;
  const value = error.toString() + StringPrototypeSlice(stack, ErrorPrototypeToString(error).length);
  ObjectDefineProperty(error, 'stack', { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}

/** Not an assignment: a guest may have put a setter on a prototype. */
function own(error, key, value) {
  ObjectDefineProperty(error, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

/** Whether an error is one of these. */
function isNodeError(error) {
  const proto = known[error.code]?.proto;
  return proto !== undefined && proto !== null && ObjectGetPrototypeOf(error) === proto;
}

const classNames = ['string', 'function', 'number', 'object', 'Function', 'Object', 'boolean', 'bigint', 'symbol'];
const isClassName = /^([A-Z][a-z0-9]*)+$/;

/** The end of "must be … Received …": what a value is, in Node's words. */
function received(value) {
  if (value === null || value === undefined) return ' Received ' + value;
  if (typeof value === 'function') return ' Received function ' + value.name;
  if (typeof value === 'object') {
    const name = value.constructor?.name;
    if (name !== undefined) return ' Received an instance of ' + name;
    return ' Received ' + inspect(value, { depth: -1 });
  }
  if (typeof value === 'string') return ' Received type string (' + receivedString(value) + ')';
  let text = inspect(value);
  if (text.length > 28) text = StringPrototypeSlice(text, 0, 25) + '...';
  return ' Received type ' + typeof value + ' (' + text + ')';
}

function receivedString(value) {
  const text = value.length > 28 ? StringPrototypeSlice(value, 0, 25) + '...' : value;
  return StringPrototypeIncludes(text, "'") ? JSONStringify(text) : "'" + text + "'";
}

/** "one, two, or three" */
function listed(words, last) {
  if (words.length < 3) return ArrayPrototypeJoin(words, ' ' + last + ' ');
  const end = words.length - 1;
  return ArrayPrototypeJoin(ArrayPrototypeSlice(words, 0, end), ', ') + ', ' + last + ' ' + words[end];
}

function argument(name) {
  if (StringPrototypeEndsWith(name, ' argument')) return name;
  return '"' + name + '" ' + (StringPrototypeIncludes(name, '.') ? 'property' : 'argument');
}

function expectedTypes(expected) {
  const types = [];
  const instances = [];
  const others = [];
  for (let i = 0; i < expected.length; i++) {
    const value = expected[i];
    if (ArrayPrototypeIncludes(classNames, value)) ArrayPrototypePush(types, StringPrototypeToLowerCase(value));
    else if (RegExpPrototypeExec(isClassName, value) !== null) ArrayPrototypePush(instances, value);
    else ArrayPrototypePush(others, value);
  }
  // `object` goes with the instances where there are some: "an instance of Object or Array".
  if (instances.length > 0) {
    const at = ArrayPrototypeIndexOf(types, 'object');
    if (at !== -1) {
      ArrayPrototypeSplice(types, at, 1);
      ArrayPrototypePush(instances, 'Object');
    }
  }
  return { types, instances, others };
}

function invalidArgType(name, expected, actual) {
  const { types, instances, others } = expectedTypes(ArrayIsArray(expected) ? expected : [expected]);
  let text = 'The ' + argument(name) + ' must be ';
  if (types.length > 0) {
    text += (types.length > 1 ? 'one of type ' : 'of type ') + listed(types, 'or');
    if (instances.length > 0 || others.length > 0) text += ' or ';
  }
  if (instances.length > 0) {
    text += 'an instance of ' + listed(instances, 'or');
    if (others.length > 0) text += ' or ';
  }
  if (others.length > 1) text += 'one of ' + listed(others, 'or');
  else if (others.length === 1) text += (StringPrototypeToLowerCase(others[0]) !== others[0] ? 'an ' : '') + others[0];
  return text + '.' + received(actual);
}

/** 1_000_000 for 1000000, as Node writes large numbers. */
function underscored(text) {
  let result = '';
  let end = text.length;
  const first = text[0] === '-' ? 1 : 0;
  for (; end >= first + 4; end -= 3) result = '_' + StringPrototypeSlice(text, end - 3, end) + result;
  return StringPrototypeSlice(text, 0, end) + result;
}

function outOfRange(name, range, value, replaceDefault) {
  let shown;
  if (NumberIsInteger(value) && (value > 2 ** 32 || value < -(2 ** 32))) shown = underscored(String(value));
  else if (typeof value === 'bigint') {
    shown = String(value);
    if (value > 2n ** 32n || value < -(2n ** 32n)) shown = underscored(shown);
    shown += 'n';
  } else shown = inspect(value);
  const start = replaceDefault ? name : 'The value of "' + name + '" is out of range.';
  return start + ' It must be ' + range + '. Received ' + shown;
}

function invalidArgValue(name, value, reason = 'is invalid') {
  let text = inspect(value);
  if (text.length > 128) text = StringPrototypeSlice(text, 0, 128) + '...';
  const kind = StringPrototypeIncludes(name, '.') ? 'property' : 'argument';
  return 'The ' + kind + " '" + name + "' " + reason + '. Received ' + text;
}

function missingArgs(...names) {
  const quoted = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (!ArrayIsArray(name)) ArrayPrototypePush(quoted, '"' + name + '"');
    else ArrayPrototypePush(quoted, '"' + ArrayPrototypeJoin(name, '" or "') + '"');
  }
  return 'The ' + listed(quoted, 'and') + ' argument' + (names.length > 1 ? 's' : '') + ' must be specified';
}

define('ERR_AMBIGUOUS_ARGUMENT', TypeError, (name, text) => 'The "' + name + '" argument is ambiguous. ' + text);
define('ERR_ARG_NOT_ITERABLE', TypeError, (name) => name + ' must be iterable');
define('ERR_BUFFER_OUT_OF_BOUNDS', RangeError, (name) =>
  name ? '"' + name + '" is outside of buffer bounds' : 'Attempt to access memory outside buffer bounds',
);
define('ERR_BUFFER_TOO_LARGE', RangeError, (most) => 'Cannot create a Buffer larger than ' + most + ' bytes');
define('ERR_ENCODING_INVALID_ENCODED_DATA', TypeError, (name) => 'The encoded data was not valid for encoding ' + name);
define('ERR_ENCODING_NOT_SUPPORTED', RangeError, (name) => 'The "' + name + '" encoding is not supported');
define('ERR_EVENT_RECURSION', Error, (type) => 'The event "' + type + '" is already being dispatched');
define('ERR_FALSY_VALUE_REJECTION', Error, 'Promise was rejected with falsy value');
define('ERR_ILLEGAL_CONSTRUCTOR', TypeError, 'Illegal constructor');
define('ERR_INVALID_ARG_TYPE', TypeError, invalidArgType);
define('ERR_INVALID_ARG_VALUE', TypeError, invalidArgValue);
define('ERR_INVALID_BUFFER_SIZE', RangeError, (size) => 'Buffer size must be a multiple of ' + size);
define('ERR_INVALID_FILE_URL_HOST', TypeError, (platform) => 'File URL host must be "localhost" or empty on ' + platform);
define('ERR_INVALID_FILE_URL_PATH', TypeError, (why) => 'File URL path ' + why);
define('ERR_INVALID_RETURN_VALUE', TypeError, (expected, name, value) =>
  'Expected ' + expected + ' to be returned from the "' + name + '" function but got' + StringPrototypeSlice(received(value), 9) + '.',
);
define('ERR_INVALID_STATE', Error, (why) => 'Invalid state: ' + why);
define('ERR_INVALID_THIS', TypeError, (type) => 'Value of "this" must be of type ' + type);
define('ERR_INVALID_TUPLE', TypeError, (name, expected) => name + ' must be an iterable ' + expected + ' tuple');
define('ERR_INVALID_URI', URIError, 'URI malformed');
define('ERR_INVALID_URL_SCHEME', TypeError, (expected) => 'The URL must be of scheme ' + expected);
define('ERR_INVALID_URL', TypeError, 'Invalid URL');
define('ERR_METHOD_NOT_IMPLEMENTED', Error, (name) => 'The ' + name + ' method is not implemented');
define('ERR_MISSING_ARGS', TypeError, missingArgs);
define('ERR_NO_LONGER_SUPPORTED', Error, (what) => what + ' is no longer supported');
define('ERR_OPERATION_FAILED', Error, (why) => 'Operation failed: ' + why);
define('ERR_OUT_OF_RANGE', RangeError, outOfRange);
define('ERR_PERFORMANCE_INVALID_TIMESTAMP', TypeError, (time) => time + ' is not a valid timestamp');
define('ERR_UNAVAILABLE_DURING_EXIT', Error, 'Cannot call function in process exit handler');
define('ERR_UNHANDLED_ERROR', Error, (context) => 'Unhandled error.' + (context === undefined ? '' : ' (' + context + ')'));
define('ERR_UNKNOWN_ENCODING', TypeError, (name) => 'Unknown encoding: ' + name);
define('ERR_UNKNOWN_SIGNAL', TypeError, (name) => 'Unknown signal: ' + name);

module.exports = { define, isNodeError, make, received };
