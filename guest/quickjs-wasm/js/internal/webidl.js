// What Web IDL asks of every class and every argument of the web: how members look, and how values become arguments.
const {
  NumberIsFinite,
  NumberIsNaN,
  MathTrunc,
  Number,
  ObjectDefineProperty,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  String,
  StringPrototypeToWellFormed,
  SymbolFor,
  SymbolToStringTag,
  TypeError,
} = primordials;

const { lazy } = bindings('host');

const custom = SymbolFor('nodejs.util.inspect.custom');
const shown = { __proto__: null, enumerable: true };

function show(object, passed) {
  const keys = ReflectOwnKeys(object);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key !== 'string' || key === passed) continue;
    const own = ReflectGetOwnPropertyDescriptor(object, key);
    if (own.configurable && (own.get || own.set || (typeof own.value === 'function' && own.writable))) {
      ObjectDefineProperty(object, key, shown);
    }
  }
}

/** Makes a class look as an interface does: its methods and accessors can be enumerated, and it has a tag. What
 * util.inspect shows of an instance is the function of this name in internal/inspect/web. */
function expose(Class, tag, shower = undefined) {
  show(Class);
  show(Class.prototype, 'constructor');
  ObjectDefineProperty(Class.prototype, SymbolToStringTag, { __proto__: null, value: tag, configurable: true });
  if (shower !== undefined) lazy(Class.prototype, custom, 'internal/inspect/web#' + shower, false);
  return Class;
}

/** Constants of an interface are on the class and on its prototype. */
function constants(Class, values) {
  const keys = ReflectOwnKeys(values);
  for (let i = 0; i < keys.length; i++) {
    const own = { __proto__: null, value: values[keys[i]], enumerable: true };
    ObjectDefineProperty(Class, keys[i], own);
    ObjectDefineProperty(Class.prototype, keys[i], own);
  }
}

/** DOMString. */
function text(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  return String(value);
}

/** USVString. */
function wellFormed(value) {
  return StringPrototypeToWellFormed(text(value));
}

/** A dictionary's members can be read from it: null and undefined are empty ones. */
function dictionary(value, name) {
  if (value === undefined || value === null) return { __proto__: null };
  if (typeof value !== 'object' && typeof value !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'Object', value);
  return value;
}

/** [EnforceRange] unsigned long long. */
function enforced(value, name) {
  const number = Number(value);
  if (typeof value === 'bigint') throw new TypeError('Cannot convert a BigInt value to a number');
  const whole = MathTrunc(number);
  if (NumberIsNaN(number) || !NumberIsFinite(number) || whole < 0 || whole > 9007199254740991) {
    const error = nodeError('ERR_OUT_OF_RANGE', name, '>= 0 && <= 9007199254740991', number);
    const wrong = new TypeError(error.message);
    ObjectDefineProperty(wrong, 'code', { __proto__: null, value: error.code, writable: true, enumerable: true, configurable: true });
    throw wrong;
  }
  return whole + 0;
}

function required(given, ...names) {
  if (given < names.length) throw nodeError('ERR_MISSING_ARGS', ...names);
}

module.exports = { constants, dictionary, enforced, expose, required, text, wellFormed };
