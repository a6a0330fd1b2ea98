// What all classes of Intl share: how a class is made, how its options are read, where an instance keeps its own.
const {
  ObjectCreate,
  ObjectDefineProperty,
  RangeError,
  ReflectConstruct,
  String,
  SymbolToStringTag,
  TypeError,
  WeakMap,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} = primordials;

function Holder() {}

const hidden = (value) => ({ __proto__: null, value, writable: true, enumerable: false, configurable: true });

/** What stands for an object in the messages of brand checks. */
function shown(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'function') return 'function';
  return value !== null && typeof value === 'object' ? '#<' + (value.constructor?.name || 'Object') + '>' : String(value);
}

/**
 * A class of Intl. `make(own, ...arguments)` fills what an instance keeps; methods and accessors get that as their first
 * argument. A `bound` accessor gives one function for each instance (`format`, `compare`).
 */
function define({ name, length = 0, callable = false, make, methods = {}, accessors = {}, bound = {}, localised = true }) {
  const slots = new WeakMap();
  const ownOf = (self, method) => {
    const own = self !== null && (typeof self === 'object' || typeof self === 'function') ? WeakMapPrototypeGet(slots, self) : undefined;
    if (own === undefined) {
      throw new TypeError('Method ' + method + ' called on incompatible receiver ' + shown(self));
    }
    return own;
  };
  const Class = function (...values) {
    if (new.target === undefined && !callable) throw new TypeError('Constructor Intl.' + name + " requires 'new'");
    const self = ReflectConstruct(Holder, [], new.target === undefined ? Class : new.target);
    const own = {};
    make(own, ...values);
    WeakMapPrototypeSet(slots, self, own);
    return self;
  };
  ObjectDefineProperty(Class, 'name', { __proto__: null, value: name });
  ObjectDefineProperty(Class, 'length', { __proto__: null, value: length });
  ObjectDefineProperty(Class, 'prototype', { __proto__: null, value: ObjectCreate(Object.prototype), writable: false });
  const put = (key, descriptor) => ObjectDefineProperty(Class.prototype, key, descriptor);
  put('constructor', hidden(Class));
  put(SymbolToStringTag, { __proto__: null, value: 'Intl.' + name, configurable: true });
  const title = (key) => 'Intl.' + name + '.prototype.' + key;
  for (const key of Object.keys(methods)) {
    const work = methods[key];
    const method = { [key](...values) { return work(ownOf(this, title(key)), ...values); } }[key];
    ObjectDefineProperty(method, 'length', { __proto__: null, value: Math.max(0, work.length - 1) });
    put(key, hidden(method));
  }
  const getter = (key, work) => {
    const { get } = Object.getOwnPropertyDescriptor({ get [key]() { return work(ownOf(this, title(key))); } }, key);
    put(key, { __proto__: null, get, set: undefined, enumerable: false, configurable: true });
  };
  for (const key of Object.keys(accessors)) getter(key, accessors[key]);
  for (const key of Object.keys(bound)) getter(key, (own) => (own.bound ??= bound[key](own)));
  if (localised) {
    const { supportedLocalesOf } = require('web/intl/locale');
    const statics = { supportedLocalesOf(locales) { return supportedLocalesOf(locales, arguments[1]); } };
    ObjectDefineProperty(Class, 'supportedLocalesOf', hidden(statics.supportedLocalesOf));
  }
  return { Class, ownOf };
}

/** The options of a constructor as an object: those of NumberFormat and its like take any value, others an object. */
function optionsOf(options, name) {
  if (options === undefined) return ObjectCreate(null);
  if (options === null) throw new TypeError('Intl.' + name + ' called on null or undefined');
  return Object(options);
}

/** An option that is a string, out of a list where there is one. */
function stringOption(options, name, allowed, fallback, title) {
  let value = options[name];
  if (value === undefined) return fallback;
  value = String(typeof value === 'symbol' ? value + '' : value);
  if (allowed !== undefined && !allowed.includes(value)) {
    throw new RangeError('Value ' + value + ' out of range for Intl.' + title + ' options property ' + name);
  }
  return value;
}

function booleanOption(options, name, fallback) {
  const value = options[name];
  return value === undefined ? fallback : !!value;
}

/** A number of digits: whole, and between two others. */
function digitsOption(value, name, least, most, fallback) {
  if (value === undefined) return fallback;
  value = +value;
  if (!(value >= least && value <= most)) throw new RangeError(name + ' value is out of range.');
  return Math.floor(value);
}

/** The parts between the placeholders {0} and {1} of a pattern: texts, and the numbers of the placeholders. */
function split(pattern) {
  const found = [];
  let from = 0;
  for (let at = pattern.indexOf('{'); at >= 0; at = pattern.indexOf('{', from)) {
    if (at > from) found.push(pattern.slice(from, at));
    found.push(+pattern[at + 1]);
    from = at + 3;
  }
  if (from < pattern.length) found.push(pattern.slice(from));
  return found;
}

function joined(parts) {
  let text = '';
  for (let i = 0; i < parts.length; i++) text += parts[i].value;
  return text;
}

module.exports = { booleanOption, define, digitsOption, hidden, joined, optionsOf, split, stringOption };
