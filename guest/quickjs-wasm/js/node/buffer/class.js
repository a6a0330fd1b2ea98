// `Buffer`. Its methods on numbers, text and bytes are C (c/buffer.c and the files beside it); here are the functions of
// the class that almost all code needs. What is rarer is in more.js, and what few call in rare.js.
const {
  ObjectDefineProperties,
  ObjectSetPrototypeOf,
  SymbolFor,
  SymbolSpecies,
  TypedArrayPrototypeGetLength,
  Uint8Array,
} = primordials;
const { allocate, create, encodingOf, fromString, install } = bindings('buffer');
const { lazy } = bindings('host');

const BYTES_MAX = 2 ** 32;
const UTF8 = 0;

class FastBuffer extends Uint8Array {
  // Without a constructor of its own it would look at Array.prototype[Symbol.iterator].
  constructor(bufferOrLength, byteOffset, length) {
    super(bufferOrLength, byteOffset, length);
  }
}

function Buffer(value, encodingOrOffset, length) {
  if (typeof value === 'number') {
    if (typeof encodingOrOffset === 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'string', 'string', value);
    return alloc(value);
  }
  return from(value, encodingOrOffset, length);
}

function checkSize(size) {
  if (typeof size !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', 'size', 'number', size);
  if (!(size >= 0 && size <= BYTES_MAX)) {
    throw nodeError('ERR_OUT_OF_RANGE', 'size', '>= 0 && <= ' + BYTES_MAX, size);
  }
}

/** The number of an encoding; `name` is what a caller gave, and may be anything. */
function encodingNumber(name) {
  const encoding = encodingOf(name);
  if (encoding < 0) throw nodeError('ERR_UNKNOWN_ENCODING', name);
  return encoding;
}

function textBuffer(string, encoding) {
  return fromString(string, !encoding || typeof encoding !== 'string' ? UTF8 : encodingNumber(encoding));
}

function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') return textBuffer(value, encodingOrOffset);
  return require('node/buffer/more').fromValue(value, encodingOrOffset, length);
}

function alloc(size, value, encoding) {
  checkSize(size);
  const buffer = create(size);
  if (value === undefined || value === 0 || size === 0) return buffer;
  const { fillBuffer } = require('node/buffer/more');
  return fillBuffer(buffer, value, 0, TypedArrayPrototypeGetLength(buffer), encoding);
}

function allocUnsafe(size) {
  checkSize(size);
  return allocate(size);
}

function allocUnsafeSlow(size) {
  checkSize(size);
  return create(size);
}

function isEncoding(encoding) {
  return typeof encoding === 'string' && encodingOf(encoding) >= 0;
}

const { prototype } = FastBuffer;
install(Buffer, FastBuffer, Uint8Array, nodeError);
const method = (value) => ({ __proto__: null, value, writable: true, enumerable: true, configurable: true });
ObjectDefineProperties(prototype, {
  __proto__: null,
  constructor: { __proto__: null, value: Buffer, writable: true, configurable: true },
  parent: {
    __proto__: null,
    enumerable: true,
    get() {
      return this instanceof Buffer ? this.buffer : undefined;
    },
  },
  offset: {
    __proto__: null,
    enumerable: true,
    get() {
      return this instanceof Buffer ? this.byteOffset : undefined;
    },
  },
});
lazy(prototype, 'fill', 'node/buffer/more#fill', true);
lazy(prototype, 'inspect', 'node/buffer/rare#inspect', true);
lazy(prototype, 'toJSON', 'node/buffer/rare#toJSON', true);
lazy(prototype, SymbolFor('nodejs.util.inspect.custom'), 'node/buffer/rare#inspect', true);

ObjectSetPrototypeOf(Buffer, Uint8Array);
ObjectDefineProperties(Buffer, {
  __proto__: null,
  prototype: { __proto__: null, value: prototype, writable: true },
  poolSize: method(8192),
  from: method(from),
  alloc: method(alloc),
  allocUnsafe: method(allocUnsafe),
  allocUnsafeSlow: method(allocUnsafeSlow),
  isBuffer: method(function isBuffer(b) {
    return b instanceof Buffer;
  }),
  isEncoding: method(isEncoding),
  [SymbolSpecies]: {
    __proto__: null,
    configurable: true,
    get() {
      return FastBuffer;
    },
  },
});
lazy(Buffer, 'copyBytesFrom', 'node/buffer/rare#copyBytesFrom', true);
lazy(Buffer, 'of', 'node/buffer/more#of', true);
lazy(Buffer, 'compare', 'node/buffer/more#compare', true);
lazy(Buffer, 'concat', 'node/buffer/more#concat', true);
lazy(Buffer, 'byteLength', 'node/buffer/more#byteLength', true);

module.exports = { Buffer, FastBuffer, checkSize, encodingNumber, textBuffer };
