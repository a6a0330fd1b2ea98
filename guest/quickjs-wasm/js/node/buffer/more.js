// Buffer from what is no string, and what of it takes lists, patterns or pairs.
const {
  ArrayBufferPrototypeGetByteLength,
  ArrayIsArray,
  NumberIsInteger,
  NumberIsNaN,
  SymbolToPrimitive,
  TypedArrayPrototypeFill,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeSet,
} = primordials;
const { allocate, create, encodingOf, kindOf } = bindings('buffer');
const bytes = bindings('bytes');
const { FastBuffer, checkSize, encodingNumber, textBuffer } = require('node/buffer/class');

const BYTES_MAX = 2 ** 32;
const UTF8 = 0;

/** A whole number within bounds, as Node's validateInteger wants it. */
function checkInteger(value, name, least, most) {
  if (typeof value !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'number', value);
  if (!NumberIsInteger(value)) throw nodeError('ERR_OUT_OF_RANGE', name, 'an integer', value);
  if (value < least || value > most) throw nodeError('ERR_OUT_OF_RANGE', name, '>= ' + least + ' && <= ' + most, value);
}

function fromArrayBuffer(buffer, byteOffset, length) {
  byteOffset = byteOffset === undefined ? 0 : +byteOffset;
  if (NumberIsNaN(byteOffset)) byteOffset = 0;
  const most = ArrayBufferPrototypeGetByteLength(buffer) - byteOffset;
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

function fromValue(value, encodingOrOffset, length) {
  if (typeof value === 'string') return textBuffer(value, encodingOrOffset);
  if (typeof value === 'object' && value !== null) {
    if (kindOf(value) === 4) return fromArrayBuffer(value, encodingOrOffset, length);
    const valueOf = value.valueOf && value.valueOf();
    if (valueOf != null && valueOf !== value && (typeof valueOf === 'string' || typeof valueOf === 'object')) {
      return fromValue(valueOf, encodingOrOffset, length);
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

function compare(buf1, buf2) {
  if (kindOf(buf1) !== 1) throw nodeError('ERR_INVALID_ARG_TYPE', 'buf1', ['Buffer', 'Uint8Array'], buf1);
  if (kindOf(buf2) !== 1) throw nodeError('ERR_INVALID_ARG_TYPE', 'buf2', ['Buffer', 'Uint8Array'], buf2);
  return bytes.compare(buf1, buf2);
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
  return isString ? bytes.encode(value, encoding) : value;
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
  const length = TypedArrayPrototypeGetLength(buffer);
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
  } else if (!bytes.fill(buffer, pattern(value, number), offset, end)) {
    throw nodeError('ERR_INVALID_ARG_VALUE', 'value', value);
  }
  return buffer;
}

const { fill } = {
  fill(value, offset, end, encoding) {
    return fillBuffer(this, value, offset, end, encoding);
  },
};

module.exports = { byteLength, checkInteger, compare, concat, fill, fillBuffer, fromValue, of };
