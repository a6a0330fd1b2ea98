// `string_decoder`: text from pieces of bytes, none of which cuts a character.
const { ObjectDefineProperties, Symbol, Uint8Array } = primordials;
const { encodingOf, kindOf } = bindings('buffer');
const bytes = bindings('bytes');

const UTF8 = 0;
const UCS2 = 1;
const BASE64 = 4;
const BASE64URL = 5;
const names = ['utf8', 'utf16le', 'latin1', 'ascii', 'base64', 'base64url', 'hex'];
const nothing = { count: 0, missing: 0 };
const kState = Symbol('kNativeDecoder');

function StringDecoder(encoding) {
  const number = encoding === undefined || encoding === null || encoding === '' ? UTF8 : typeof encoding === 'string' ? encodingOf(encoding) : -1;
  if (number < 0) throw nodeError('ERR_UNKNOWN_ENCODING', encoding);
  this.encoding = names[number];
  this[kState] = { number, kept: new Uint8Array(4), count: 0, missing: 0 };
}

/** How many bytes begin a character of UTF-8 at the end, and how many more it wants. */
function unfinishedUtf8(view, length) {
  for (let back = 1; back <= 4 && back <= length; back++) {
    const byte = view[length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const size = (byte & 0xe0) === 0xc0 ? 2 : (byte & 0xf0) === 0xe0 ? 3 : (byte & 0xf8) === 0xf0 ? 4 : 0;
    return size > back ? { count: back, missing: size - back } : nothing;
  }
  return nothing;
}

function unfinished(state, view, length) {
  const { number } = state;
  if (number === UTF8) return unfinishedUtf8(view, length);
  if (number === UCS2) {
    // What waited for its end is out once it has that, and goes on waiting until then.
    const wanted = state.count + state.missing;
    if (state.count > 0 && length <= wanted) return length === wanted ? nothing : { count: length, missing: wanted - length };
    if (length % 2 === 1) return { count: 1, missing: 1 };
    const high = length > 0 && (view[length - 1] & 0xfc) === 0xd8;
    return high ? { count: 2, missing: 2 } : nothing;
  }
  const rest = number === BASE64 || number === BASE64URL ? length % 3 : 0;
  return { count: rest, missing: rest === 0 ? 0 : 3 - rest };
}

/** All bytes that wait to be read, in one array. */
function gathered(state, input) {
  if (state.count === 0) return input;
  const all = new Uint8Array(state.count + input.length);
  bytes.copy(all, state.kept, 0, 0, state.count);
  bytes.copy(all, input, state.count, 0);
  return all;
}

function bytesOf(buf) {
  return kindOf(buf) === 1 ? buf : new Uint8Array(bytes.copyOf(buf));
}

function write(buf) {
  if (typeof buf === 'string') return buf;
  const kind = kindOf(buf);
  if (kind === 0 || kind === 4) throw nodeError('ERR_INVALID_ARG_TYPE', 'buf', ['Buffer', 'TypedArray', 'DataView'], buf);
  const state = this[kState];
  if (!state) throw nodeError('ERR_INVALID_THIS', 'StringDecoder');
  const all = gathered(state, bytesOf(buf));
  const length = all.length;
  const { count, missing } = unfinished(state, all, length);
  state.count = count;
  state.missing = missing;
  if (count > 0) bytes.copy(state.kept, all, 0, length - count);
  return length === count ? '' : bytes.decode(all, 0, length - count, state.number);
}

function end(buf) {
  const text = buf === undefined ? '' : this.write(buf);
  const state = this[kState];
  const { count } = state;
  state.count = 0;
  state.missing = 0;
  return count === 0 ? text : text + bytes.decode(state.kept, 0, count, state.number);
}

function text(buf, offset) {
  this[kState].count = 0;
  this[kState].missing = 0;
  return this.write(buf.slice(offset));
}

const method = (value) => ({ __proto__: null, value, writable: true, enumerable: true, configurable: true });
const getter = (get) => ({ __proto__: null, get, enumerable: true, configurable: true });
ObjectDefineProperties(StringDecoder.prototype, {
  __proto__: null,
  write: method(write),
  end: method(end),
  text: method(text),
  lastChar: getter(function lastChar() {
    return require('internal/to_buffer').toBuffer(this[kState].kept);
  }),
  lastNeed: getter(function lastNeed() {
    return this[kState].missing;
  }),
  lastTotal: getter(function lastTotal() {
    return this[kState].count + this[kState].missing;
  }),
});

module.exports = { StringDecoder };
