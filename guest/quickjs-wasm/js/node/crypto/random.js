// Random bytes and numbers. They are the host's: the operating system's, or those of the policy's seed.
const {
  ArrayBufferIsView,
  NumberIsSafeInteger,
  TypedArrayPrototypeGetLength,
  Uint8Array,
} = primordials;
const { copy } = bindings('bytes');
const { kindOf } = bindings('buffer');
const { operations, request, requestLater } = require('node/crypto/host');
const { bufferOf, viewOf } = require('node/crypto/args');
const { validateFunction } = require('internal/validators');

const ONCE_BYTES = 1024 * 1024;
const SIZE_MAX = 2147483647;
const RANDOM_MAX = 0xffffffffffff;

/** Fills a view, so much at a time as the host gives. */
function fill(view) {
  const length = TypedArrayPrototypeGetLength(view);
  for (let at = 0; at < length; at += ONCE_BYTES) {
    const count = length - at < ONCE_BYTES ? length - at : ONCE_BYTES;
    copy(view, request(operations.RANDOM, count), at, 0, count);
  }
}

function sizeOf(size) {
  if (typeof size !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', 'size', 'number', size);
  if (!(size >= 0 && size <= SIZE_MAX)) throw nodeError('ERR_OUT_OF_RANGE', 'size', '>= 0 && <= ' + SIZE_MAX, size);
  return size;
}

function bytes(size) {
  if (size <= ONCE_BYTES) return request(operations.RANDOM, size);
  const whole = new Uint8Array(size);
  fill(whole);
  return whole;
}

function randomBytes(size, callback) {
  const wanted = primordials.MathFloor(sizeOf(size));
  if (callback === undefined) return bufferOf(bytes(wanted));
  validateFunction(callback, 'callback');
  const { settle } = require('node/crypto/derive');
  if (wanted <= ONCE_BYTES) settle(requestLater(operations.RANDOM, wanted), callback, bufferOf);
  else settle(requestLater(operations.RANDOM, 0), callback, () => bufferOf(bytes(wanted)));
}

/** The part of a buffer that is to be filled. */
function partOf(buf, offset, size) {
  if (kindOf(buf) === 0) throw nodeError('ERR_INVALID_ARG_TYPE', 'buf', ['ArrayBuffer', 'ArrayBufferView'], buf);
  const view = viewOf(buf);
  const length = TypedArrayPrototypeGetLength(view);
  const width = ArrayBufferIsView(buf) && kindOf(buf) !== 3 ? primordials.MathMax(1, buf.BYTES_PER_ELEMENT | 0) : 1;
  const from = offset === undefined ? 0 : inBytes(offset, 'offset', width, length);
  const count = size === undefined ? length - from : inBytes(size, 'size', width, SIZE_MAX);
  if (count + from > length) throw nodeError('ERR_OUT_OF_RANGE', 'size + offset', '<= ' + length, count + from);
  return new Uint8Array(primordials.TypedArrayPrototypeGetBuffer(view), primordials.TypedArrayPrototypeGetByteOffset(view) + from, count);
}

function inBytes(value, name, width, most) {
  if (typeof value !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'number', value);
  const count = value * width;
  if (!(count >= 0 && count <= most)) throw nodeError('ERR_OUT_OF_RANGE', name, '>= 0 && <= ' + most, count);
  return primordials.MathFloor(count);
}

function randomFillSync(buf, offset = 0, size) {
  fill(partOf(buf, offset, size));
  return buf;
}

function randomFill(buf, offset, size, callback) {
  if (typeof offset === 'function') {
    callback = offset;
    offset = 0;
    size = undefined;
  } else if (typeof size === 'function') {
    callback = size;
    size = undefined;
  }
  validateFunction(callback, 'callback');
  const part = partOf(buf, offset, size);
  require('node/crypto/derive').settle(requestLater(operations.RANDOM, 0), callback, () => {
    fill(part);
    return buf;
  });
}

// Numbers are drawn some at a time.
let drawn = new Uint8Array(0);
let used = 0;
const DRAWN_BYTES = 6 * 64;

function draw48() {
  if (used + 6 > drawn.length) {
    drawn = request(operations.RANDOM, DRAWN_BYTES);
    used = 0;
  }
  let value = 0;
  for (let i = 0; i < 6; i++) {
    value = value * 256 + drawn[used];
    drawn[used++] = 0;
  }
  return value;
}

function randomInt(min, max, callback) {
  const alone = max === undefined || typeof max === 'function';
  if (alone) {
    callback = max;
    max = min;
    min = 0;
  }
  if (callback !== undefined) validateFunction(callback, 'callback');
  if (!NumberIsSafeInteger(min)) throw nodeError('ERR_INVALID_ARG_TYPE', 'min', 'a safe integer', min);
  if (!NumberIsSafeInteger(max)) throw nodeError('ERR_INVALID_ARG_TYPE', 'max', 'a safe integer', max);
  if (max <= min) {
    throw nodeError('ERR_OUT_OF_RANGE', 'max', 'greater than the value of "min" (' + min + ')', max);
  }
  const range = max - min;
  if (!(range <= RANDOM_MAX)) throw nodeError('ERR_OUT_OF_RANGE', alone ? 'max' : 'max - min', '<= ' + RANDOM_MAX, range);
  // What is above the largest multiple of the range would make its first numbers likelier.
  const limit = RANDOM_MAX - (RANDOM_MAX % range);
  let value;
  do value = draw48();
  while (value >= limit);
  const number = (value % range) + min;
  if (callback === undefined) return number;
  require('node/crypto/derive').settle(requestLater(operations.RANDOM, 0), callback, () => number);
}

function checkUuidOptions(options) {
  if (typeof options !== 'object' || options === null) throw nodeError('ERR_INVALID_ARG_TYPE', 'options', 'object', options);
  const { disableEntropyCache } = options;
  if (disableEntropyCache !== undefined && typeof disableEntropyCache !== 'boolean') {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'options.disableEntropyCache', 'boolean', disableEntropyCache);
  }
}

function randomUUID(options) {
  if (options !== undefined) checkUuidOptions(options);
  return require('web/crypto').uuidOf(request(operations.RANDOM, 16));
}

module.exports = { bytes, checkUuidOptions, randomBytes, randomFill, randomFillSync, randomInt, randomUUID };
