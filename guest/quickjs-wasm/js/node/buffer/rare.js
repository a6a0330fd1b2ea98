// What few call of Buffer: inspect, toJSON, copyBytesFrom, transcode.
const {
  Array,
  Error,
  MathMin,
  ObjectDefineProperty,
  ObjectPrototypePropertyIsEnumerable,
  RegExpPrototypeExec,
  RegExpPrototypeSymbolReplace,
  ReflectOwnKeys,
  StringPrototypeSlice,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetLength,
} = primordials;
const { allocate, create, encodingOf, fromString, kindOf } = bindings('buffer');
const bytes = bindings('bytes');
const { checkInteger } = require('node/buffer/more');

const UTF8 = 0;
const LATIN1 = 2;
const ASCII = 3;
const HEX = 6;
const INTEGER_MAX = 2 ** 53 - 1;
const index = /^(0|[1-9][0-9]*)$/;
let shownMax = 50;

/** What was put on a buffer beside its bytes, as util.inspect shows it; it hands itself in. */
function extras(buffer, context, inspect) {
  const object = { __proto__: null };
  const keys = ReflectOwnKeys(buffer);
  let any = false;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key === 'string' && RegExpPrototypeExec(index, key) !== null) continue;
    if (!context.showHidden && !ObjectPrototypePropertyIsEnumerable(buffer, key)) continue;
    any = true;
    object[key] = buffer[key];
  }
  if (!any || typeof inspect !== 'function') return '';
  const text = inspect(object, { ...context, breakLength: Infinity, compact: true });
  // Without `[Object: null prototype] {` and ` }`.
  return (buffer.length !== 0 ? ', ' : '') + StringPrototypeSlice(text, 27, -2);
}

const { inspect, toJSON } = {
  inspect(recurseTimes, ctx) {
    const shown = MathMin(shownMax, this.length);
    const left = this.length - shownMax;
    const hex = bytes.decode(this, 0, shown, HEX);
    let text = '';
    for (let i = 0; i < hex.length; i += 2) text += (i === 0 ? '' : ' ') + hex[i] + hex[i + 1];
    if (left > 0) text += ' ... ' + left + ' more byte' + (left > 1 ? 's' : '');
    if (ctx) text += extras(this, ctx, arguments[2]);
    return '<' + this.constructor.name + ' ' + text + '>';
  },
  toJSON() {
    const { length } = this;
    const data = length > 0 ? new Array(length) : [];
    for (let i = 0; i < length; i++) data[i] = this[i];
    return { type: 'Buffer', data };
  },
};

function copyBytesFrom(view, offset, length) {
  const kind = kindOf(view);
  if (kind !== 1 && kind !== 2) throw nodeError('ERR_INVALID_ARG_TYPE', 'view', ['TypedArray'], view);
  const there = TypedArrayPrototypeGetLength(view);
  if (there === 0) return create(0);
  if (offset !== undefined) {
    checkInteger(offset, 'offset', 0, INTEGER_MAX);
    if (offset >= there) return create(0);
  } else offset = 0;
  if (length !== undefined) checkInteger(length, 'length', 0, INTEGER_MAX);
  const width = TypedArrayPrototypeGetByteLength(view) / there;
  const count = MathMin(there - offset, length ?? there) * width;
  const buffer = allocate(count);
  bytes.copy(buffer, view, 0, offset * width, offset * width + count);
  return buffer;
}

/** What a text is in an encoding that has no place for some of its characters. */
function narrowed(text, encoding) {
  return RegExpPrototypeSymbolReplace(encoding === ASCII ? /[^\0-\x7f]/gu : /[^\0-\xff]/gu, text, '?');
}

function transcode(source, fromEncoding, toEncoding) {
  if (kindOf(source) !== 1) throw nodeError('ERR_INVALID_ARG_TYPE', 'source', ['Buffer', 'Uint8Array'], source);
  if (TypedArrayPrototypeGetByteLength(source) === 0) return create(0);
  const from = encodingOf(fromEncoding);
  const to = encodingOf(toEncoding);
  if (from < UTF8 || from > ASCII || to < UTF8 || to > ASCII) {
    const error = new Error('Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]');
    const own = (key, value) =>
      ObjectDefineProperty(error, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
    own('code', 'U_ILLEGAL_ARGUMENT_ERROR');
    own('errno', 1);
    throw error;
  }
  let text = bytes.decode(source, 0, undefined, from === ASCII ? LATIN1 : from);
  if (from === ASCII) text = RegExpPrototypeSymbolReplace(/[\x80-\xff]/g, text, '\ufffd');
  return fromString(to === LATIN1 || to === ASCII ? narrowed(text, to) : text, to);
}

const shown = {
  get() {
    return shownMax;
  },
  set(value) {
    if (typeof value !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', 'INSPECT_MAX_BYTES', 'number', value);
    if (!(value >= 0)) throw nodeError('ERR_OUT_OF_RANGE', 'INSPECT_MAX_BYTES', '>= 0', value);
    shownMax = value;
  },
};

module.exports = { copyBytesFrom, inspect, shown, toJSON, transcode };
