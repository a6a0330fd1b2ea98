// util.types: what a value is, whatever its prototype or its tag says.
const { ArrayBufferIsView, ObjectDefineProperty } = primordials;
const { kind } = bindings('inspect');

const kindIs = (name, ...kinds) => {
  const { 0: first, 1: second, 2: third, 3: fourth, 4: fifth } = kinds;
  const test = (value) => {
    const found = kind(value);
    return found !== undefined && (found === first || found === second || found === third || found === fourth || found === fifth);
  };
  ObjectDefineProperty(test, 'name', { __proto__: null, value: name, configurable: true });
  return test;
};

const typed = [
  'Uint8Array', 'Uint8ClampedArray', 'Uint16Array', 'Uint32Array', 'Int8Array', 'Int16Array', 'Int32Array',
  'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array',
];

function isTypedArray(value) {
  return ArrayBufferIsView(value) && kind(value) !== 'DataView';
}

const isObject = (value) => typeof value === 'object' && value !== null;

function isNever() {
  return false;
}

const types = {
  isExternal: isNever,
  isDate: kindIs('isDate', 'Date'),
  isArgumentsObject: kindIs('isArgumentsObject', 'Arguments'),
  isBigIntObject: kindIs('isBigIntObject', 'BigInt'),
  isBooleanObject: kindIs('isBooleanObject', 'Boolean'),
  isNumberObject: kindIs('isNumberObject', 'Number'),
  isStringObject: kindIs('isStringObject', 'String'),
  isSymbolObject: kindIs('isSymbolObject', 'Symbol'),
  isNativeError: kindIs('isNativeError', 'Error', 'DOMException'),
  isRegExp: kindIs('isRegExp', 'RegExp'),
  isAsyncFunction: kindIs('isAsyncFunction', 'AsyncFunction', 'AsyncGeneratorFunction'),
  isGeneratorFunction: kindIs('isGeneratorFunction', 'GeneratorFunction', 'AsyncGeneratorFunction'),
  isGeneratorObject: kindIs('isGeneratorObject', 'Generator', 'AsyncGenerator'),
  isPromise: kindIs('isPromise', 'Promise'),
  isMap: kindIs('isMap', 'Map'),
  isSet: kindIs('isSet', 'Set'),
  isMapIterator: kindIs('isMapIterator', 'Map Iterator'),
  isSetIterator: kindIs('isSetIterator', 'Set Iterator'),
  isWeakMap: kindIs('isWeakMap', 'WeakMap'),
  isWeakSet: kindIs('isWeakSet', 'WeakSet'),
  isArrayBuffer: kindIs('isArrayBuffer', 'ArrayBuffer'),
  isDataView: kindIs('isDataView', 'DataView'),
  isSharedArrayBuffer: kindIs('isSharedArrayBuffer', 'SharedArrayBuffer'),
  isProxy: kindIs('isProxy', 'Proxy'),
  isModuleNamespaceObject: kindIs('isModuleNamespaceObject', 'Module'),
  isAnyArrayBuffer: kindIs('isAnyArrayBuffer', 'ArrayBuffer', 'SharedArrayBuffer'),
  isBoxedPrimitive: kindIs('isBoxedPrimitive', 'Number', 'String', 'Boolean', 'BigInt', 'Symbol'),
  isArrayBufferView: ArrayBufferIsView,
  isTypedArray,
};
for (let i = 0; i < typed.length; i++) types['is' + typed[i]] = kindIs('is' + typed[i], typed[i]);
// Whoever has a key has loaded the module that makes them.
const keyKinds = {
  __proto__: null,
  isKeyObject: (value) => isObject(value) && require('node/crypto/keyobject').isKeyObject(value),
  isCryptoKey: (value) => isObject(value) && require('web/crypto/cryptokey').slotsOf(value) !== undefined,
};
for (const name in keyKinds) ObjectDefineProperty(types, name, { __proto__: null, value: keyKinds[name], enumerable: true });

module.exports = types;
