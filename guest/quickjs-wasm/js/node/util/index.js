// Node's `util`. What it has is in modules of their own where it is more than a few lines.
const {
  ArrayIsArray,
  Error,
  FunctionPrototypeSymbolHasInstance,
  ObjectDefineProperty,
  ObjectKeys,
  ObjectPrototypeToString,
  ObjectSetPrototypeOf,
  StringPrototypeToUpperCase,
  StringPrototypeToWellFormed,
} = primordials;
const { lazy } = bindings('host');

function inherits(ctor, superCtor) {
  if (ctor === undefined || ctor === null) throw nodeError('ERR_INVALID_ARG_TYPE', 'ctor', 'Function', ctor);
  if (superCtor === undefined || superCtor === null) throw nodeError('ERR_INVALID_ARG_TYPE', 'superCtor', 'Function', superCtor);
  if (superCtor.prototype === undefined) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'superCtor.prototype', 'Object', superCtor.prototype);
  }
  ObjectDefineProperty(ctor, 'super_', { __proto__: null, value: superCtor, writable: true, configurable: true });
  ObjectSetPrototypeOf(ctor.prototype, superCtor.prototype);
}

function _extend(target, source) {
  if (source === null || typeof source !== 'object') return target;
  const keys = ObjectKeys(source);
  for (let i = keys.length - 1; i >= 0; i--) target[keys[i]] = source[keys[i]];
  return target;
}

/** A logger that is never on: there is no NODE_DEBUG here. */
function debuglog(set, cb) {
  let first = true;
  const logger = () => {
    if (!first) return;
    first = false;
    StringPrototypeToUpperCase(set);
    if (typeof cb === 'function') cb(() => {});
  };
  ObjectDefineProperty(logger, 'enabled', { __proto__: null, get: () => false, configurable: true, enumerable: true });
  return logger;
}

function isError(e) {
  return ObjectPrototypeToString(e) === '[object Error]' || FunctionPrototypeSymbolHasInstance(Error, e);
}

function stripVTControlCharacters(str) {
  require('internal/validators').validateString(str, 'str');
  return require('internal/inspect/text').withoutControl(str);
}

function log(...args) {
  globalThis.console.log('%s - %s', require('internal/wrappers').timestamp(), require('internal/inspect/format').formatValues(undefined, args));
}

function aborted(signal, resource) {
  return require('internal/wrappers').aborted(signal, resource);
}

const util = {
  _extend,
  aborted,
  debug: debuglog,
  debuglog,
  inherits,
  isArray: ArrayIsArray,
  isBoolean: function isBoolean(arg) {
    return typeof arg === 'boolean';
  },
  isBuffer: function isBuffer(arg) {
    const { Buffer } = globalThis;
    return typeof Buffer === 'function' && FunctionPrototypeSymbolHasInstance(Buffer, arg);
  },
  isDeepStrictEqual(a, b) {
    return require('internal/comparisons').isDeepStrictEqual(a, b);
  },
  isNull: function isNull(arg) {
    return arg === null;
  },
  isNullOrUndefined: function isNullOrUndefined(arg) {
    return arg === null || arg === undefined;
  },
  isNumber: function isNumber(arg) {
    return typeof arg === 'number';
  },
  isString: function isString(arg) {
    return typeof arg === 'string';
  },
  isSymbol: function isSymbol(arg) {
    return typeof arg === 'symbol';
  },
  isUndefined: function isUndefined(arg) {
    return arg === undefined;
  },
  isObject: function isObject(arg) {
    return arg !== null && typeof arg === 'object';
  },
  isError,
  isFunction: function isFunction(arg) {
    return typeof arg === 'function';
  },
  isPrimitive: function isPrimitive(arg) {
    return arg === null || (typeof arg !== 'object' && typeof arg !== 'function');
  },
  log,
  stripVTControlCharacters,
  styleText(format, text, options) {
    return require('internal/style_text').styleText(format, text, options);
  },
  toUSVString(input) {
    return StringPrototypeToWellFormed(input + '');
  },
};
const later = [
  'inspect', 'internal/inspect#inspect',
  'format', 'internal/inspect/format#format',
  'formatWithOptions', 'internal/inspect/format#formatWithOptions',
  'types', 'node/util/types',
  'isDate', 'node/util/types#isDate',
  'isRegExp', 'node/util/types#isRegExp',
  'promisify', 'internal/wrappers#promisify',
  'callbackify', 'internal/wrappers#callbackify',
  'deprecate', 'internal/wrappers#deprecate',
  'parseArgs', 'internal/parse_args#parseArgs',
  'TextDecoder', 'internal/late#TextDecoder',
  'TextEncoder', 'internal/late#TextEncoder',
  'MIMEType', 'internal/mime#MIMEType',
  'MIMEParams', 'internal/mime#MIMEParams',
  '_errnoException', 'internal/system_errors#_errnoException',
  '_exceptionWithHostPort', 'internal/system_errors#_exceptionWithHostPort',
  'getSystemErrorMap', 'internal/system_errors#getSystemErrorMap',
  'getSystemErrorName', 'internal/system_errors#getSystemErrorName',
];
for (let i = 0; i < later.length; i += 2) lazy(util, later[i], later[i + 1], true);

module.exports = util;
