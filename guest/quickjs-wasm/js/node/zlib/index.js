// `zlib`: the functions that take everything at once. The classes are streams of Node's, which the guest does not have.
const {
  ArrayBufferIsView,
  NumberIsFinite,
  NumberIsNaN,
  ObjectDefineProperty,
  ObjectKeys,
  TypedArrayPrototypeSlice,
  Uint8Array,
} = primordials;
const { encode } = bindings('bytes');
const { bytesOf } = require('internal/bytes_of');
const { runSync, runLater, checksum } = require('node/zlib/engine');
const { constants, codes, modes } = require('node/zlib/constants');

const MAX_OUTPUT_LENGTH = 4294967296;
const { define } = require('internal/errors');
define('ERR_BROTLI_INVALID_PARAM', primordials.RangeError, (key) => key + ' is not a valid Brotli parameter');
define('ERR_ZLIB_INITIALIZATION_FAILED', primordials.Error, 'Initialization failed');

function inputOf(buffer) {
  const bytes = typeof buffer === 'string' ? new Uint8Array(encode(buffer, 0)) : bytesOf(buffer);
  if (bytes === undefined) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'buffer', ['string', 'Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], buffer);
  }
  return bytes;
}

/** Whether there is a number at all; NaN counts as none. */
function isGiven(number, name) {
  if (number === undefined) return false;
  if (NumberIsFinite(number)) return true;
  if (NumberIsNaN(number)) return false;
  if (typeof number !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'number', number);
  throw nodeError('ERR_OUT_OF_RANGE', name, 'a finite number', number);
}

function within(number, name, lower, upper, otherwise) {
  if (!isGiven(number, name)) return otherwise;
  if (number < lower || number > upper) {
    throw nodeError('ERR_OUT_OF_RANGE', name, '>= ' + lower + ' and <= ' + upper, number);
  }
  return number;
}

/** What every stream has: how much goes in and out, and what its end is. */
function commonOf(options, last) {
  const chunkSize = options.chunkSize;
  if (isGiven(chunkSize, 'options.chunkSize') && chunkSize < constants.Z_MIN_CHUNK) {
    throw nodeError('ERR_OUT_OF_RANGE', 'options.chunkSize', '>= ' + constants.Z_MIN_CHUNK, chunkSize);
  }
  within(options.flush, 'options.flush', 0, last === 4 ? 5 : 3, 0);
  const finish = within(options.finishFlush, 'options.finishFlush', 0, last === 4 ? 5 : 3, last);
  const maxOutputLength = within(options.maxOutputLength, 'options.maxOutputLength', 1, MAX_OUTPUT_LENGTH, MAX_OUTPUT_LENGTH);
  return { finish, maxOutputLength };
}

function dictionaryOf(options) {
  const { dictionary } = options;
  if (dictionary === undefined) return undefined;
  const bytes = bytesOf(dictionary);
  if (bytes !== undefined) return bytes;
  const types = ['Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'];
  throw nodeError('ERR_INVALID_ARG_TYPE', 'options.dictionary', types, dictionary);
}

function zlibSettings(mode, options) {
  const { finish, maxOutputLength } = commonOf(options, 4);
  const decompresses = mode === modes.INFLATE || mode === modes.GUNZIP || mode === modes.UNZIP;
  const bits = options.windowBits;
  let windowBits = 0;
  if (!decompresses || (bits !== undefined && bits !== null && bits !== 0)) {
    windowBits = within(bits, 'options.windowBits', mode === modes.GZIP ? 9 : 8, 15, 15);
  }
  const level = within(options.level, 'options.level', -1, 9, -1);
  const memLevel = within(options.memLevel, 'options.memLevel', 1, 9, 8);
  const strategy = within(options.strategy, 'options.strategy', 0, 4, 0);
  const dictionary = dictionaryOf(options);
  return { __proto__: null, mode, level, windowBits, memLevel, strategy, dictionary, finish, maxOutputLength };
}

/** A parameter of brotli, a number or a boolean. */
function brotliParam(params, key, upper, otherwise) {
  const value = params[key];
  if (value === undefined) return otherwise;
  if (value < 0 || value > upper) throw nodeError('ERR_ZLIB_INITIALIZATION_FAILED');
  return +value;
}

function brotliSettings(mode, options, length) {
  const { finish, maxOutputLength } = commonOf(options, constants.BROTLI_OPERATION_FINISH);
  const params = options.params ?? {};
  const keys = ObjectKeys(params);
  for (let i = 0; i < keys.length; i++) {
    const key = +keys[i];
    if (NumberIsNaN(key) || key < 0 || key > (mode === modes.BROTLI_ENCODE ? 9 : 1)) {
      throw nodeError('ERR_BROTLI_INVALID_PARAM', keys[i]);
    }
    const value = params[keys[i]];
    if (typeof value !== 'number' && typeof value !== 'boolean') {
      throw nodeError('ERR_INVALID_ARG_TYPE', 'options.params[key]', 'number', value);
    }
  }
  const settings = { __proto__: null, mode, level: 0, windowBits: 22, memLevel: 0, strategy: 0, maxOutputLength };
  settings.dictionary = undefined;
  settings.finish = finish === constants.BROTLI_OPERATION_FINISH ? 4 : finish === 0 ? 0 : 2;
  if (mode === modes.BROTLI_DECODE) return settings;
  settings.strategy = brotliParam(params, constants.BROTLI_PARAM_MODE, 2, 0);
  settings.level = brotliParam(params, constants.BROTLI_PARAM_QUALITY, 11, 11);
  settings.windowBits = brotliParam(params, constants.BROTLI_PARAM_LGWIN, 24, 22);
  if (settings.windowBits < 10) throw nodeError('ERR_ZLIB_INITIALIZATION_FAILED');
  // A window larger than the input is of no use.
  while (settings.windowBits > 10 && 2 ** (settings.windowBits - 1) > length) settings.windowBits--;
  return settings;
}

function settingsOf(mode, options, length) {
  const given = options ?? {};
  return mode >= modes.BROTLI_DECODE ? brotliSettings(mode, given, length) : zlibSettings(mode, given);
}

const answerOf = (result, options, length) =>
  options?.info ? { buffer: result, engine: { bytesWritten: length } } : result;

function both(mode) {
  const later = function asyncBufferWrapper(buffer, opts, callback) {
    if (typeof opts === 'function') {
      callback = opts;
      opts = {};
    }
    const settings = settingsOf(mode, opts, 0x7fffffff);
    if (typeof callback !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'callback', 'function', callback);
    const input = TypedArrayPrototypeSlice(inputOf(buffer));
    const answer = (error, result) =>
      error === null ? callback(null, answerOf(result, opts, input.length)) : callback(error);
    runLater(settings, input, answer);
  };
  const now = function syncBufferWrapper(buffer, opts) {
    const input = inputOf(buffer);
    return answerOf(runSync(settingsOf(mode, opts, input.length), input), opts, input.length);
  };
  return { later, now };
}

function crc32(data, value = 0) {
  const bytes = typeof data === 'string' ? new Uint8Array(encode(data, 0)) : bytesOf(data);
  if (bytes === undefined || !ArrayBufferIsView(data) && typeof data !== 'string') {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'data', ['Buffer', 'TypedArray', 'DataView', 'string'], data);
  }
  if (typeof value !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', 'value', 'number', value);
  if (!primordials.NumberIsInteger(value)) throw nodeError('ERR_OUT_OF_RANGE', 'value', 'an integer', value);
  if (value < 0 || value > 0xffffffff) throw nodeError('ERR_OUT_OF_RANGE', 'value', '>= 0 && <= 4294967295', value);
  return checksum(bytes, value);
}

const { later: deflate, now: deflateSync } = both(modes.DEFLATE);
const { later: gzip, now: gzipSync } = both(modes.GZIP);
const { later: deflateRaw, now: deflateRawSync } = both(modes.DEFLATERAW);
const { later: unzip, now: unzipSync } = both(modes.UNZIP);
const { later: inflate, now: inflateSync } = both(modes.INFLATE);
const { later: gunzip, now: gunzipSync } = both(modes.GUNZIP);
const { later: inflateRaw, now: inflateRawSync } = both(modes.INFLATERAW);
const { later: brotliCompress, now: brotliCompressSync } = both(modes.BROTLI_ENCODE);
const { later: brotliDecompress, now: brotliDecompressSync } = both(modes.BROTLI_DECODE);

const zlib = {
  ...{ crc32, deflate, deflateSync, gzip, gzipSync, deflateRaw, deflateRawSync, unzip, unzipSync },
  ...{ inflate, inflateSync, gunzip, gunzipSync, inflateRaw, inflateRawSync },
  ...{ brotliCompress, brotliCompressSync, brotliDecompress, brotliDecompressSync },
};
ObjectDefineProperty(zlib, 'constants', { __proto__: null, value: constants, enumerable: true });
ObjectDefineProperty(zlib, 'codes', { __proto__: null, value: codes, enumerable: true });
module.exports = zlib;
