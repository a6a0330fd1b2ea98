// `Buffer`. Its methods on numbers, text and bytes are C (c/buffer.c and the files beside it); here are the functions of
// the class, and what is left. What few call is in rare.js.
const {
  ArrayIsArray,
  NumberIsInteger,
  NumberIsNaN,
  ObjectDefineProperties,
  ObjectSetPrototypeOf,
  ReflectApply,
  SymbolFor,
  SymbolSpecies,
  SymbolToPrimitive,
  TypedArrayPrototypeFill,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSet,
  Uint8Array,
} = primordials;
const { allocate, create, encodingOf, fromString, install, kindOf } = bindings('buffer');
const bytes = bindings('bytes');

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

/** A whole number within bounds, as Node's validateInteger wants it. */
function checkInteger(value, name, least, most) {
  if (typeof value !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'number', value);
  if (!NumberIsInteger(value)) throw nodeError('ERR_OUT_OF_RANGE', name, 'an integer', value);
  if (value < least || value > most) throw nodeError('ERR_OUT_OF_RANGE', name, '>= ' + least + ' && <= ' + most, value);
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

function fromArrayBuffer(buffer, byteOffset, length) {
  byteOffset = byteOffset === undefined ? 0 : +byteOffset;
  if (NumberIsNaN(byteOffset)) byteOffset = 0;
  const most = buffer.byteLength - byteOffset;
  if (most < 0) throw nodeError('ERR_BUFFER_OUT_OF_BOUNDS', 'offset');
  if (length === undefined) return new FastBuffer(buffer, byteOffset, most);
  length = +length;
  if (length > most) throw nodeError('ERR_BUFFER_OUT_OF_BOUNDS', 'length');
  return new FastBuffer(buffer, byteOffset, length > 0 ? length : 0);
}

function fromArrayLike(list) {
  const { length } = list;
  if (!(length > 0)) return create(0);
  const buffer = allocate(+length);
  TypedArrayPrototypeSet(buffer, list);
  return buffer;
}

function fromObject(object) {
  if (object.length !== undefined || kindOf(object.buffer) === 4) {
    return typeof object.length === 'number' ? fromArrayLike(object) : create(0);
  }
  return object.type === 'Buffer' && ArrayIsArray(object.data) ? fromArrayLike(object.data) : undefined;
}

function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') return textBuffer(value, encodingOrOffset);
  if (typeof value === 'object' && value !== null) {
    if (kindOf(value) === 4) return fromArrayBuffer(value, encodingOrOffset, length);
    const valueOf = value.valueOf && value.valueOf();
    if (valueOf != null && valueOf !== value && (typeof valueOf === 'string' || typeof valueOf === 'object')) {
      return from(valueOf, encodingOrOffset, length);
    }
    const buffer = fromObject(value);
    if (buffer) return buffer;
    if (typeof value[SymbolToPrimitive] === 'function') {
      const primitive = value[SymbolToPrimitive]('string');
      if (typeof primitive === 'string') return textBuffer(primitive, encodingOrOffset);
    }
  }
  const types = ['string', 'Buffer', 'ArrayBuffer', 'Array', 'Array-like Object'];
  throw nodeError('ERR_INVALID_ARG_TYPE', 'first argument', types, value);
}

function of(...items) {
  const buffer = allocate(items.length);
  for (let k = 0; k < items.length; k++) buffer[k] = items[k];
  return buffer;
}

function alloc(size, value, encoding) {
  checkSize(size);
  const buffer = create(size);
  return value !== undefined && value !== 0 && size > 0 ? fillBuffer(buffer, value, 0, buffer.length, encoding) : buffer;
}

function allocUnsafe(size) {
  checkSize(size);
  return allocate(size);
}

function allocUnsafeSlow(size) {
  checkSize(size);
  return create(size);
}

function compare(buf1, buf2) {
  if (kindOf(buf1) !== 1) throw nodeError('ERR_INVALID_ARG_TYPE', 'buf1', ['Buffer', 'Uint8Array'], buf1);
  if (kindOf(buf2) !== 1) throw nodeError('ERR_INVALID_ARG_TYPE', 'buf2', ['Buffer', 'Uint8Array'], buf2);
  return bytes.compare(buf1, buf2);
}

function isEncoding(encoding) {
  return typeof encoding === 'string' && encodingOf(encoding) >= 0;
}

function concat(list, length) {
  if (!ArrayIsArray(list)) throw nodeError('ERR_INVALID_ARG_TYPE', 'list', 'Array', list);
  if (list.length === 0) return create(0);
  if (length === undefined) {
    length = 0;
    for (let i = 0; i < list.length; i++) if (list[i].length) length += list[i].length;
  } else checkInteger(length, 'length', 0, BYTES_MAX);
  checkSize(length);
  const buffer = allocate(length);
  let at = 0;
  for (let i = 0; i < list.length; i++) {
    if (kindOf(list[i]) !== 1) {
      throw nodeError('ERR_INVALID_ARG_TYPE', 'list[' + i + ']', ['Buffer', 'Uint8Array'], list[i]);
    }
    at += bytes.copy(buffer, list[i], at, 0);
  }
  if (at < length) bytes.fill(buffer, 0, at, length);
  return buffer;
}

function byteLength(string, encoding) {
  if (typeof string !== 'string') {
    if (kindOf(string) !== 0) return string.byteLength;
    throw nodeError('ERR_INVALID_ARG_TYPE', 'string', ['string', 'Buffer', 'ArrayBuffer'], string);
  }
  const number = encoding ? encodingOf(encoding) : UTF8;
  return number === 4 || number === 5 ? base64Length(string) : bytes.byteLength(string, number < 0 ? UTF8 : number);
}

/** As Node counts: every character, but for one or two `=` at the end. */
function base64Length(string) {
  let { length } = string;
  if (length > 0 && string[length - 1] === '=') length--;
  if (length > 1 && string[length - 1] === '=') length--;
  return (length * 3) >>> 2;
}

function fillEncoding(encoding) {
  if (encoding === undefined || encoding === null || encoding === '') return UTF8;
  if (typeof encoding !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'encoding', 'string', encoding);
  return encodingNumber(encoding);
}

/** The bytes or the number that fill() repeats. */
function pattern(value, encoding) {
  const isString = typeof value === 'string';
  const kind = isString ? 0 : kindOf(value);
  if (!isString && (kind === 0 || kind === 4)) return value & 255;
  const repeated = isString ? bytes.encode(value, encoding) : value;
  if (repeated.byteLength === 0) throw nodeError('ERR_INVALID_ARG_VALUE', 'value', value);
  return repeated;
}

function fillBuffer(buffer, value, offset, end, encoding) {
  let number = UTF8;
  if (typeof value === 'string') {
    if (offset === undefined || typeof offset === 'string') {
      encoding = offset;
      offset = undefined;
    } else if (typeof end === 'string') {
      encoding = end;
      end = undefined;
    }
    number = fillEncoding(encoding);
    if (value === '') value = 0;
  }
  const { length } = buffer;
  if (offset === undefined) {
    offset = 0;
    end = length;
  } else {
    checkInteger(offset, 'offset', 0, BYTES_MAX);
    if (end === undefined) end = length;
    else checkInteger(end, 'end', 0, length);
  }
  if (offset >= end) return buffer;
  if (typeof value === 'number') {
    if (end > TypedArrayPrototypeGetByteLength(buffer)) throw nodeError('ERR_BUFFER_OUT_OF_BOUNDS');
    TypedArrayPrototypeFill(buffer, value, offset, end);
  } else bytes.fill(buffer, pattern(value, number), offset, end);
  return buffer;
}

const { prototype } = FastBuffer;
install(Buffer, FastBuffer, Uint8Array, nodeError);
const method = (value) => ({ __proto__: null, value, writable: true, enumerable: true, configurable: true });
const rare = (name) => bindings('host').lazy(prototype, name, 'node/buffer/rare#' + name, true);
ObjectDefineProperties(prototype, {
  __proto__: null,
  constructor: { __proto__: null, value: Buffer, writable: true, configurable: true },
  fill: method(function fill(value, offset, end, encoding) {
    return fillBuffer(this, value, offset, end, encoding);
  }),
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
rare('inspect');
rare('toJSON');
bindings('host').lazy(prototype, SymbolFor('nodejs.util.inspect.custom'), 'node/buffer/rare#inspect', true);

ObjectSetPrototypeOf(Buffer, Uint8Array);
ObjectDefineProperties(Buffer, {
  __proto__: null,
  prototype: { __proto__: null, value: prototype, writable: true },
  poolSize: method(8192),
  from: method(from),
  of: method(of),
  alloc: method(alloc),
  allocUnsafe: method(allocUnsafe),
  allocUnsafeSlow: method(allocUnsafeSlow),
  isBuffer: method(function isBuffer(b) {
    return b instanceof Buffer;
  }),
  compare: method(compare),
  isEncoding: method(isEncoding),
  concat: method(concat),
  byteLength: method(byteLength),
  [SymbolSpecies]: {
    __proto__: null,
    configurable: true,
    get() {
      return FastBuffer;
    },
  },
});
bindings('host').lazy(Buffer, 'copyBytesFrom', 'node/buffer/rare#copyBytesFrom', true);

module.exports = { Buffer, FastBuffer, checkInteger };
