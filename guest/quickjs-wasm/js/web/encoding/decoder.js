// `TextDecoder`, by the Encoding Standard. The decoding is C (c/decoder.c, c/legacy.c); the labels that few use and the
// indexes of the older encodings are modules of data, loaded with the first decoder that needs them.
const {
  ObjectDefineProperties,
  RegExpPrototypeExec,
  String,
  StringPrototypeToLowerCase,
  SymbolFor,
  SymbolToStringTag,
  Uint8Array,
} = primordials;
const { decode } = bindings('decoder');
const { kindOf } = bindings('buffer');
const { isDetached } = bindings('bytes');

// Flags of the C function.
const FATAL = 1;
const STREAM = 2;
const KEEP_MARK = 4;
const STREAM_BYTES = 16;

const frequent = {
  __proto__: null,
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'utf-16le': 'utf-16le',
  'utf-16': 'utf-16le',
  latin1: 'windows-1252',
  gbk: 'gbk',
};
const label = /^[\t\n\f\r ]*([^]*?)[\t\n\f\r ]*$/;
const nothing = new Uint8Array(0);

function encodingOf(given) {
  const name = frequent[given];
  if (name !== undefined) return name;
  const found = require('data/labels')[StringPrototypeToLowerCase(RegExpPrototypeExec(label, given)[1])];
  if (found === undefined || found === 'replacement') throw nodeError('ERR_ENCODING_NOT_SUPPORTED', given);
  return found;
}

/** The number of the C function for an encoding, and what it needs of data. */
function methodOf(encoding) {
  switch (encoding) {
    case 'utf-8':
      return { kind: 0, table: '', more: '' };
    case 'utf-16le':
      return { kind: 1, table: '', more: '' };
    case 'utf-16be':
      return { kind: 2, table: '', more: '' };
    case 'gbk':
    case 'gb18030':
      return { __proto__: require('data/gb18030'), kind: 4 };
    case 'big5':
      return { __proto__: require('data/big5'), kind: 5 };
    case 'euc-jp':
      return { __proto__: require('data/euc-jp'), kind: 6 };
    case 'shift_jis':
      return { __proto__: require('data/jis0208'), kind: 7 };
    case 'euc-kr':
      return { __proto__: require('data/euc-kr'), kind: 8 };
    case 'iso-2022-jp':
      return { __proto__: require('data/jis0208'), kind: 9 };
    default:
      return { kind: 3, table: require('data/single')[encoding], more: '' };
  }
}

/** A dictionary, as Web IDL takes one. */
function dictionary(options) {
  if (options === undefined || options === null) return nothing;
  if (typeof options === 'object' || typeof options === 'function') return options;
  throw nodeError('ERR_INVALID_ARG_TYPE', 'options', 'Object', options);
}

class TextDecoder {
  #encoding;
  #flags = 0;
  #method;
  #stream;

  constructor(encoding = 'utf-8', options = undefined) {
    this.#encoding = encodingOf(typeof encoding === 'symbol' ? encoding + '' : String(encoding));
    const given = dictionary(options);
    if (given !== nothing) this.#flags = (given.fatal ? FATAL : 0) | (given.ignoreBOM ? KEEP_MARK : 0);
    this.#method = methodOf(this.#encoding);
    this.#stream = new Uint8Array(STREAM_BYTES);
  }

  static #check(value) {
    if (typeof value !== 'object' || value === null || !(#method in value)) throw nodeError('ERR_INVALID_THIS', 'TextDecoder');
  }

  get encoding() {
    TextDecoder.#check(this);
    return this.#encoding;
  }

  get fatal() {
    TextDecoder.#check(this);
    return (this.#flags & FATAL) !== 0;
  }

  get ignoreBOM() {
    TextDecoder.#check(this);
    return (this.#flags & KEEP_MARK) !== 0;
  }

  decode(input = nothing, options = undefined) {
    TextDecoder.#check(this);
    if (kindOf(input) === 0) throw nodeError('ERR_INVALID_ARG_TYPE', 'input', ['ArrayBuffer', 'ArrayBufferView'], input);
    const given = dictionary(options);
    const flags = this.#flags | (given !== nothing && given.stream ? STREAM : 0);
    const { kind, table, more } = this.#method;
    const text = decode(kind, isDetached(input) ? nothing : input, this.#stream, flags, table, more);
    if (text === undefined) throw nodeError('ERR_ENCODING_INVALID_ENCODED_DATA', this.#encoding);
    return text;
  }

  [SymbolFor('nodejs.util.inspect.custom')](depth, options, inspect = undefined) {
    TextDecoder.#check(this);
    const shown = { encoding: this.#encoding, fatal: this.fatal, ignoreBOM: this.ignoreBOM };
    return typeof inspect === 'function' ? 'TextDecoder ' + inspect(shown, options) : shown;
  }
}

const shown = { __proto__: null, enumerable: true };
ObjectDefineProperties(TextDecoder.prototype, {
  __proto__: null,
  encoding: shown,
  fatal: shown,
  ignoreBOM: shown,
  decode: shown,
  [SymbolToStringTag]: { __proto__: null, value: 'TextDecoder', configurable: true },
});

module.exports = { TextDecoder };
