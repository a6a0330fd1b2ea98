// Node's `util`. What it has is in modules of their own where it is more than a few lines.
const {
  ArrayIsArray,
  Error,
  FunctionPrototypeSymbolHasInstance,
  ObjectDefineProperty,
  ObjectKeys,
  ObjectPrototypeToString,
  ObjectSetPrototypeOf,
  ReflectApply,
  StringPrototypeToUpperCase,
  StringPrototypeToWellFormed,
} = primordials;
const { lazy } = bindings('host');
const { inspect } = require('internal/inspect');
const { format, formatWithOptions } = require('internal/inspect/format');
const types = require('node/util/types');
const { callbackify, deprecate, promisify } = require('internal/wrappers');

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
  globalThis.console.log('%s - %s', require('internal/wrappers').timestamp(), ReflectApply(format, undefined, args));
}

function aborted(signal, resource) {
  return require('internal/wrappers').aborted(signal, resource);
}

const util = {
  _extend,
  aborted,
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  inherits,
  inspect,
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
  isRegExp: types.isRegExp,
  isObject: function isObject(arg) {
    return arg !== null && typeof arg === 'object';
  },
  isDate: types.isDate,
  isError,
  isFunction: function isFunction(arg) {
    return typeof arg === 'function';
  },
  isPrimitive: function isPrimitive(arg) {
    return arg === null || (typeof arg !== 'object' && typeof arg !== 'function');
  },
  log,
  promisify,
  stripVTControlCharacters,
  styleText(format, text, options) {
    return require('internal/style_text').styleText(format, text, options);
  },
  toUSVString(input) {
    return StringPrototypeToWellFormed(input + '');
  },
  types,
};
lazy(util, 'parseArgs', 'internal/parse_args#parseArgs', true);
lazy(util, 'TextDecoder', 'internal/late#TextDecoder', true);
lazy(util, 'TextEncoder', 'internal/late#TextEncoder', true);
lazy(util, 'MIMEType', 'internal/mime#MIMEType', true);
lazy(util, 'MIMEParams', 'internal/mime#MIMEParams', true);

module.exports = util;
