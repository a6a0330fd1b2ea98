// Arguments of crypto: bytes in all the forms in which Node takes them, and results in those that it gives.
const {
  ArrayBufferPrototypeGetByteLength,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetLength,
  Uint8Array,
} = primordials;
const { encodingOf, kindOf } = bindings('buffer');
const { copyOf: copied, decode, encode, isDetached } = bindings('bytes');
const { FastBuffer } = require('node/buffer/class');

const UTF8 = 0;
const HEX = 6;
const VIEWS = ['string', 'Buffer', 'TypedArray', 'DataView'];
const BUFFERS = ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'];
const ANY = ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'];
const KEYS = ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView', 'KeyObject', 'CryptoKey'];

/** The number of an encoding that a caller names; what is none counts as UTF-8, as in Node. */
function encodingNumber(encoding) {
  if (encoding === undefined || typeof encoding !== 'string') return UTF8;
  const number = encodingOf(encoding);
  return number < 0 ? UTF8 : number;
}

/** The bytes of a view or an array buffer, shared with it; `undefined` for anything else. */
function viewOf(value, withBuffers = true) {
  const kind = kindOf(value);
  if (kind === 0 || (kind === 4 && !withBuffers)) return undefined;
  if (isDetached(value)) return new Uint8Array(0);
  if (kind === 4) return new Uint8Array(value, 0, ArrayBufferPrototypeGetByteLength(value));
  if (kind === 3) {
    return new Uint8Array(DataViewPrototypeGetBuffer(value), DataViewPrototypeGetByteOffset(value), DataViewPrototypeGetByteLength(value));
  }
  const length = TypedArrayPrototypeGetByteLength(value);
  return new Uint8Array(TypedArrayPrototypeGetBuffer(value), TypedArrayPrototypeGetByteOffset(value), length);
}

/** Text in an encoding, where Node takes no encoding that there is not. */
function strictBytes(string, encoding) {
  const named = encoding && encoding !== 'buffer' && typeof encoding === 'string';
  const number = named ? require('node/buffer/class').encodingNumber(encoding) : UTF8;
  return new Uint8Array(encode(string, number));
}

/** Text in an encoding. */
function textBytes(string, encoding) {
  return new Uint8Array(encode(string, encodingNumber(encoding)));
}

/** Digits of which one is missing are an error where Node says so. */
function checkText(string, number, encoding) {
  if (number === HEX && string.length % 2 !== 0) {
    throw nodeError('ERR_INVALID_ARG_VALUE', 'encoding', encoding, 'is invalid for data of length ' + string.length);
  }
}

/** The bytes of text, a view or an array buffer; throws what Node throws for anything else, naming `types`. */
function bytesOf(value, name, encoding, types = ANY) {
  if (typeof value === 'string') return strictBytes(value, encoding);
  const view = viewOf(value, types !== VIEWS);
  if (view === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', name, types, value);
  return view;
}

/** Bytes that nobody else has. */
function copyOf(view) {
  return new Uint8Array(copied(view));
}

/** A Buffer of bytes that nobody else has. Its array buffer holds them and nothing else, as Node's do. */
function bufferOf(bytes) {
  const length = TypedArrayPrototypeGetLength(bytes);
  const buffer = TypedArrayPrototypeGetBuffer(bytes);
  return new FastBuffer(ArrayBufferPrototypeGetByteLength(buffer) === length ? buffer : copied(bytes), 0, length);
}

/** Bytes as a caller wants them: a Buffer, or text where the encoding is one. */
function output(bytes, encoding) {
  if (encoding && encoding !== 'buffer' && typeof encoding === 'string') {
    const number = encodingOf(encoding);
    if (number >= 0) return decode(bytes, 0, undefined, number, false);
  }
  return bufferOf(bytes);
}

function isBytes(value) {
  return kindOf(value) !== 0;
}

function validateUint32(value, name, positive = false) {
  const least = positive ? 1 : 0;
  require('internal/validators').validateInteger(value, name, least, 4294967295);
}

module.exports = {
  ANY, BUFFERS, KEYS, VIEWS, bufferOf, bytesOf, checkText, copyOf, encodingNumber, isBytes, output, strictBytes, textBytes,
  validateUint32, viewOf,
  /** The policy's name of a hash, which is also the host's; `undefined` for one that there is not. */
  hashName: (name) => require('node/crypto/hash_names').hashName(name),
};
