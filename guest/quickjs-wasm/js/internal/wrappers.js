// util's functions that make functions: promisify, callbackify, deprecate; and two that few use.
const {
  ArrayPrototypeJoin,
  ArrayPrototypePop,
  ArrayPrototypePush,
  DatePrototypeGetDate,
  DatePrototypeGetHours,
  DatePrototypeGetMinutes,
  DatePrototypeGetMonth,
  DatePrototypeGetSeconds,
  Date,
  ObjectDefineProperties,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  ObjectSetPrototypeOf,
  Promise,
  ReflectApply,
  ReflectConstruct,
  ReflectOwnKeys,
  String,
  StringPrototypePadStart,
  SymbolFor,
  queueMicrotask,
} = primordials;
const { log, permitted } = bindings('host');
const { validateFunction, validateString } = require('internal/validators');

const PERMIT_CONSOLE = 2;
const WARN = 2;
const custom = SymbolFor('nodejs.util.promisify.custom');

/** The descriptors of a function's own properties, none of them with a prototype. */
function ownDescriptors(original) {
  const all = { __proto__: null };
  const keys = ReflectOwnKeys(original);
  for (let i = 0; i < keys.length; i++) {
    all[keys[i]] = ObjectSetPrototypeOf(ObjectGetOwnPropertyDescriptor(original, keys[i]), null);
  }
  return all;
}

const asCustom = (fn) =>
  ObjectDefineProperty(fn, custom, { __proto__: null, value: fn, enumerable: false, writable: false, configurable: true });

function promisify(original) {
  validateFunction(original, 'original');
  const own = original[custom];
  if (own) {
    validateFunction(own, 'util.promisify.custom');
    return asCustom(own);
  }
  function fn(...args) {
    return new Promise((resolve, reject) => {
      ArrayPrototypePush(args, (error, value) => {
        if (error) reject(error);
        else resolve(value);
      });
      ReflectApply(original, this, args);
    });
  }
  ObjectSetPrototypeOf(fn, ObjectGetPrototypeOf(original));
  asCustom(fn);
  return ObjectDefineProperties(fn, ownDescriptors(original));
}
promisify.custom = custom;

function callbackify(original) {
  validateFunction(original, 'original');
  function callbackified(...args) {
    const callback = ArrayPrototypePop(args);
    validateFunction(callback, 'last argument');
    const done = (error, ...values) => queueMicrotask(() => ReflectApply(callback, this, [error, ...values]));
    ReflectApply(original, this, args).then(
      (value) => done(null, value),
      (reason) => {
        let error = reason;
        if (!reason) {
          // null in a callback means that there was no error.
          error = nodeError('ERR_FALSY_VALUE_REJECTION');
          ObjectDefineProperty(error, 'reason', { __proto__: null, value: reason, writable: true, enumerable: true, configurable: true });
        }
        done(error);
      },
    );
  }
  const own = ownDescriptors(original);
  if (typeof own.length?.value === 'number') own.length.value++;
  if (typeof own.name?.value === 'string') own.name.value += 'Callbackified';
  return ObjectDefineProperties(callbackified, own);
}

const warned = { __proto__: null };

function deprecate(fn, msg, code) {
  if (code !== undefined) validateString(code, 'code');
  let told = false;
  function deprecated(...args) {
    if (!told) {
      told = true;
      if (code === undefined || !warned[code]) {
        if (code !== undefined) warned[code] = true;
        const start = code === undefined ? '' : '[' + code + '] ';
        if (permitted(PERMIT_CONSOLE)) log(WARN, start + 'DeprecationWarning: ' + String(msg));
      }
    }
    if (new.target) return ReflectConstruct(fn, args, new.target);
    return ReflectApply(fn, this, args);
  }
  ObjectSetPrototypeOf(deprecated, fn);
  if (fn.prototype) deprecated.prototype = fn.prototype;
  return deprecated;
}

function timestamp() {
  const now = new Date();
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const pad = (number) => StringPrototypePadStart('' + number, 2, '0');
  const time = [pad(DatePrototypeGetHours(now)), pad(DatePrototypeGetMinutes(now)), pad(DatePrototypeGetSeconds(now))];
  return DatePrototypeGetDate(now) + ' ' + months[DatePrototypeGetMonth(now)] + ' ' + ArrayPrototypeJoin(time, ':');
}

/** Settles when the signal aborts. */
async function aborted(signal, resource) {
  if (signal === undefined || signal === null || typeof signal !== 'object' || !('aborted' in signal)) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'signal', 'AbortSignal', signal);
  }
  if (resource === null || (typeof resource !== 'object' && typeof resource !== 'function')) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'resource', 'Object', resource);
  }
  if (signal.aborted) return undefined;
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { __proto__: null, once: true }));
}

module.exports = { aborted, callbackify, deprecate, promisify, timestamp };
