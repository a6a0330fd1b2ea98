// `Blob` and `File`, by the File API. A blob's bytes are one array that nobody else has; a part of a blob shares it.
const {
  DateNow,
  FunctionPrototypeCall,
  MathFloor,
  MathTrunc,
  NumberIsNaN,
  ObjectDefineProperties,
  PromiseReject,
  PromiseResolve,
  RegExpPrototypeExec,
  RegExpPrototypeSymbolReplace,
  String,
  StringPrototypeToLowerCase,
  StringPrototypeToWellFormed,
  SymbolFor,
  SymbolIterator,
  SymbolToStringTag,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSubarray,
  Uint8Array,
} = primordials;
const { kindOf } = bindings('buffer');
const { copy, copyOf, decode, encode } = bindings('bytes');

const UTF8 = 0;
const CHUNK_BYTES = 65536;
const printable = /^[ -~]*$/;
// Web streams are loaded by the first blob that is read as one.
const STREAMS = 'web/streams';

/** A string of Web IDL: a symbol is none. */
const text = (value) => (typeof value === 'symbol' ? value + '' : String(value));

function dictionary(options) {
  if (options === undefined || options === null) return { __proto__: null };
  if (typeof options === 'object' || typeof options === 'function') return options;
  throw nodeError('ERR_INVALID_ARG_TYPE', 'options', 'Object', options);
}

function normalType(type) {
  return RegExpPrototypeExec(printable, type) === null ? '' : StringPrototypeToLowerCase(type);
}

/** What one part is by the time it is looked at: text as it is, everything else as bytes of its own. */
function takePart(part) {
  if (isBlob(part)) return bytesOf(part);
  if (kindOf(part) === 0) return text(part);
  return new Uint8Array(copyOf(part));
}

function takeParts(parts) {
  const taken = [];
  if (parts === undefined) return taken;
  const iterate = parts === null || (typeof parts !== 'object' && typeof parts !== 'function') ? undefined : parts[SymbolIterator];
  if (typeof iterate !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'sources', 'a sequence', parts);
  for (const part of { __proto__: null, [SymbolIterator]: () => FunctionPrototypeCall(iterate, parts) }) taken[taken.length] = takePart(part);
  return taken;
}

/** One array of all parts. */
function joined(parts, native) {
  let length = 0;
  for (let i = 0; i < parts.length; i++) {
    if (typeof parts[i] === 'string') {
      const lines = native ? RegExpPrototypeSymbolReplace(/\r\n?/g, parts[i], '\n') : parts[i];
      parts[i] = new Uint8Array(encode(lines, UTF8));
    }
    length += TypedArrayPrototypeGetByteLength(parts[i]);
  }
  const whole = new Uint8Array(length);
  for (let i = 0, at = 0; i < parts.length; i++) at += copy(whole, parts[i], at, 0);
  return whole;
}

/** Where a part of a blob begins or ends: Web IDL's clamped whole number, negative ones from the end. */
function relative(value, size) {
  let at = +value;
  if (NumberIsNaN(at)) at = 0;
  const floor = MathFloor(at);
  if (at - floor !== 0 && at - floor < Infinity) at = at - floor > 0.5 || (at - floor === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
  if (at < 0) return at + size > 0 ? at + size : 0;
  return at < size ? at : size;
}

let bytesOf;
let isBlob;
let makeBlob;
let typeOf;
let fileFields;
const secret = {};

class Blob {
  #bytes;
  #type;

  static {
    isBlob = (value) => typeof value === 'object' && value !== null && #bytes in value;
    bytesOf = (blob) => blob.#bytes;
    typeOf = (blob) => blob.#type;
    makeBlob = (bytes, type) => new Blob(secret, { bytes, type });
  }

  constructor(blobParts = undefined, options = undefined) {
    if (blobParts === secret) {
      this.#bytes = options.bytes;
      this.#type = options.type;
      return;
    }
    const parts = takeParts(blobParts);
    const given = dictionary(options);
    const { endings } = given;
    const native = endings !== undefined && text(endings);
    if (native !== false && native !== 'transparent' && native !== 'native') {
      throw nodeError('ERR_INVALID_ARG_VALUE', 'options.endings', endings);
    }
    const { type } = given;
    this.#type = type === undefined ? '' : normalType(text(type));
    this.#bytes = joined(parts, native === 'native');
  }

  static #check(value) {
    if (!isBlob(value)) throw nodeError('ERR_INVALID_THIS', 'Blob');
  }

  /** A method that answers with a promise rejects where it would throw. */
  static #promise(value, make) {
    if (!isBlob(value)) return PromiseReject(nodeError('ERR_INVALID_THIS', 'Blob'));
    return PromiseResolve(make(value.#bytes));
  }

  get type() {
    Blob.#check(this);
    return this.#type;
  }

  get size() {
    Blob.#check(this);
    return TypedArrayPrototypeGetByteLength(this.#bytes);
  }

  slice(start = 0, end = undefined, contentType = '') {
    Blob.#check(this);
    const size = TypedArrayPrototypeGetByteLength(this.#bytes);
    const from = relative(start, size);
    const to = end === undefined ? size : relative(end, size);
    const part = TypedArrayPrototypeSubarray(this.#bytes, from, to > from ? to : from);
    return makeBlob(part, normalType(text(contentType)));
  }

  arrayBuffer() {
    return Blob.#promise(this, copyOf);
  }

  bytes() {
    return Blob.#promise(this, (bytes) => new Uint8Array(copyOf(bytes)));
  }

  text() {
    return Blob.#promise(this, (bytes) => {
      const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
      return decode(bytes, marked ? 3 : 0, undefined, UTF8);
    });
  }

  stream() {
    Blob.#check(this);
    const { ReadableStream } = require(STREAMS);
    const bytes = this.#bytes;
    const size = TypedArrayPrototypeGetByteLength(bytes);
    let at = 0;
    return new ReadableStream({
      type: 'bytes',
      pull(controller) {
        if (at < size) {
          controller.enqueue(new Uint8Array(copyOf(TypedArrayPrototypeSubarray(bytes, at, at + CHUNK_BYTES))));
          at += CHUNK_BYTES;
        }
        if (at >= size) {
          controller.close();
          controller.byobRequest?.respond(0);
        }
      },
    });
  }

  [SymbolFor('nodejs.util.inspect.custom')](depth, options, inspect = undefined) {
    const shown = { size: this.size, type: this.type };
    return typeof inspect === 'function' ? 'Blob ' + inspect(shown, options) : shown;
  }
}

/** Web IDL's `long long`. */
function wholeNumber(value) {
  const number = MathTrunc(+value);
  return NumberIsNaN(number) || number === Infinity || number === -Infinity ? 0 : number + 0;
}

class File extends Blob {
  #name;
  #lastModified;

  static {
    fileFields = (value) => (#name in value ? { __proto__: null, name: value.#name, lastModified: value.#lastModified } : undefined);
  }

  constructor(fileBits, fileName, options = undefined) {
    if (arguments.length < 2) throw nodeError('ERR_MISSING_ARGS', 'fileBits', 'fileName');
    if (fileBits === undefined || fileBits === secret) throw nodeError('ERR_INVALID_ARG_TYPE', 'fileBits', 'a sequence', fileBits);
    super(fileBits, options);
    this.#name = StringPrototypeToWellFormed(text(fileName));
    const lastModified = dictionary(options).lastModified;
    this.#lastModified = lastModified === undefined ? DateNow() : wholeNumber(lastModified);
  }

  static #check(value) {
    if (typeof value !== 'object' || value === null || !(#name in value)) throw nodeError('ERR_INVALID_THIS', 'File');
  }

  get name() {
    File.#check(this);
    return this.#name;
  }

  get lastModified() {
    File.#check(this);
    return this.#lastModified;
  }

  [SymbolFor('nodejs.util.inspect.custom')](depth, options, inspect = undefined) {
    const shown = { size: this.size, type: this.type, name: this.name, lastModified: this.lastModified };
    return typeof inspect === 'function' ? 'File ' + inspect(shown, options) : shown;
  }
}

const shown = { __proto__: null, enumerable: true };
ObjectDefineProperties(Blob.prototype, {
  __proto__: null,
  type: shown,
  size: shown,
  slice: shown,
  stream: shown,
  text: shown,
  arrayBuffer: shown,
  bytes: shown,
  [SymbolToStringTag]: { __proto__: null, value: 'Blob', configurable: true },
});
ObjectDefineProperties(File.prototype, {
  __proto__: null,
  name: shown,
  lastModified: shown,
  [SymbolToStringTag]: { __proto__: null, value: 'File', configurable: true },
});

/** For structuredClone; a Blob's bytes never change, so they are shared. */
function clone(value) {
  const fields = fileFields(value);
  if (fields === undefined) return makeBlob(bytesOf(value), typeOf(value));
  const { name, lastModified } = fields;
  return new File([value], name, { __proto__: null, type: typeOf(value), lastModified });
}

require('internal/platform').register(isBlob, clone);

module.exports = { Blob, File, bytesOf, isBlob, makeBlob, typeOf };
