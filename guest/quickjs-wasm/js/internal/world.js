// Built-ins for a package that takes them by their usual names: as they were before any guest code ran, and with the
// few methods of functions that such a package calls (`call`, `bind`) as properties of their own.
const {
  ArrayBuffer,
  ArrayBufferIsView,
  DOMException,
  DataView,
  MathCeil,
  MathFloor,
  MathMin,
  MathTrunc,
  NumberIsFinite,
  NumberIsNaN,
  Number,
  ObjectCreate,
  ObjectDefineProperties,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  ObjectPrototypeHasOwnProperty,
  ObjectSetPrototypeOf,
  Promise,
  PromiseAll,
  PromisePrototypeThen,
  PromiseReject,
  PromiseResolve,
  RangeError,
  ReflectApply,
  String,
  Symbol,
  SymbolAsyncIterator,
  SymbolFor,
  SymbolIterator,
  SymbolToStringTag,
  TypeError,
  Uint8Array,
  queueMicrotask,
} = primordials;

const own = (object, members) => {
  for (const key in members) {
    ObjectDefineProperty(object, key, { __proto__: null, value: members[key], writable: true, configurable: true });
  }
  return object;
};
/** A static function that `bind` gives back as it is: it needs no `this`. */
const bound = (call) => own((value) => call(value), { __proto__: null, bind: () => (value) => call(value) });

const promises = own(
  function (executor) {
    return new Promise(executor);
  },
  {
    __proto__: null,
    resolve: bound(PromiseResolve),
    reject: bound(PromiseReject),
    all: PromiseAll,
  },
);
promises.prototype = { __proto__: null, then: { __proto__: null, call: PromisePrototypeThen } };

const symbols = own((name) => Symbol(name), {
  __proto__: null,
  iterator: SymbolIterator,
  asyncIterator: SymbolAsyncIterator,
  toStringTag: SymbolToStringTag,
  for: SymbolFor,
});

const numbers = own((value) => Number(value), {
  __proto__: null,
  isFinite: NumberIsFinite,
  isNaN: NumberIsNaN,
  MAX_SAFE_INTEGER: 9007199254740991,
});

/** The package marks the prototype of its asynchronous iterators so. It gives it none of the language's above it. */
function defineProperty(object, key, descriptor) {
  if (key === SymbolAsyncIterator && ObjectPrototypeHasOwnProperty(object, 'return')) {
    ObjectSetPrototypeOf(object, ObjectGetPrototypeOf(ObjectGetPrototypeOf((async function* () {}).prototype)));
  }
  return ObjectDefineProperty(object, key, descriptor);
}

module.exports = {
  get AbortController() {
    return require('web/abort').AbortController;
  },
  ArrayBuffer: own(
    function (length, options) {
      return new ArrayBuffer(length, options);
    },
    { __proto__: null, isView: ArrayBufferIsView },
  ),
  DataView,
  Error: { __proto__: null },
  Function: { __proto__: null, prototype: { __proto__: null, apply: { __proto__: null, call: ReflectApply } } },
  Math: { __proto__: null, ceil: MathCeil, floor: MathFloor, min: MathMin, trunc: MathTrunc },
  Number: numbers,
  Object: {
    __proto__: null,
    create: ObjectCreate,
    defineProperties: ObjectDefineProperties,
    defineProperty,
    prototype: { __proto__: null, hasOwnProperty: { __proto__: null, call: ObjectPrototypeHasOwnProperty } },
  },
  Promise: promises,
  RangeError,
  String,
  Symbol: symbols,
  TypeError,
  Uint8Array,
  globalThis: { __proto__: null, DOMException },
  queueMicrotask,
};
