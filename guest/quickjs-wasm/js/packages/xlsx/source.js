// What `read` and its like take, as pieces of bytes: at once where all of it is there, piece by piece where it comes.
const { ArrayIsArray, StringPrototypeSlice, SymbolAsyncIterator, SymbolIterator, Uint8Array } = primordials;
const { encode } = bindings('bytes');
const { bytesOf } = require('internal/bytes_of');

// Encodings of `bindings('bytes')`.
const UTF8 = 0;
const LATIN1 = 2;
const BASE64 = 4;

const TYPES = ['base64', 'binary', 'string', 'buffer', 'array'];

/** Text without a type: a zip archive in base64 or as a binary string, or else the text of a table. */
function guess(text) {
  const start = StringPrototypeSlice(text, 0, 4);
  if (start === 'UEsD') return 'base64';
  return start === 'PK\x03\x04' ? 'binary' : 'string';
}

function ofText(text, type) {
  if (type === 'base64') {
    // As in a data URL, which is where base64 in a browser comes from.
    const comma = StringPrototypeSlice(text, 0, 5) === 'data:' ? primordials.StringPrototypeIndexOf(text, ',') : -1;
    return new Uint8Array(encode(StringPrototypeSlice(text, comma + 1), BASE64));
  }
  return new Uint8Array(encode(text, type === 'binary' ? LATIN1 : UTF8));
}

/**
 * All of `data` as bytes, where it is there already; else undefined, and it is a stream. `type` says what a string is,
 * as in SheetJS.
 */
function whole(data, type) {
  if (type !== undefined && !primordials.ArrayPrototypeIncludes(TYPES, type)) {
    throw nodeError('ERR_INVALID_ARG_VALUE', 'options.type', type, "must be 'base64', 'binary', 'string', 'buffer' or 'array'");
  }
  if (typeof data === 'string') return ofText(data, type === 'buffer' || type === 'array' || type === undefined ? guess(data) : type);
  if (ArrayIsArray(data)) return new Uint8Array(data);
  return bytesOf(data);
}

/** Pieces of what comes bit by bit: a Response, a Blob, a stream, or anything else that can be iterated. */
async function* pieces(data) {
  let source = data;
  if (typeof source === 'object' && source !== null && typeof source[SymbolAsyncIterator] !== 'function') {
    if (typeof source.stream === 'function') source = source.stream();
    else if (source.body !== undefined && source.body !== null) source = source.body;
  }
  const iterable =
    typeof source === 'object' && source !== null &&
    (typeof source[SymbolAsyncIterator] === 'function' || typeof source[SymbolIterator] === 'function');
  if (!iterable) throw notData(data);
  for await (const piece of source) {
    const bytes = typeof piece === 'string' ? new Uint8Array(encode(piece, UTF8)) : bytesOf(piece);
    if (bytes === undefined) throw notData(piece);
    yield bytes;
  }
}

function notData(value) {
  return nodeError('ERR_INVALID_ARG_TYPE', 'data', ['string', 'Buffer', 'TypedArray', 'ArrayBuffer', 'Blob', 'ReadableStream'], value);
}

module.exports = { whole, pieces, notData };
