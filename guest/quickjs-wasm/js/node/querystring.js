// `querystring`: Node's, whose functions use each other through the exports, so that a program can put its own in.
const {
  ArrayIsArray,
  ArrayPrototypePush,
  MathAbs,
  NumberIsFinite,
  ObjectCreate,
  ObjectKeys,
  String,
  StringPrototypeCharCodeAt,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeIsWellFormed,
  StringPrototypeSlice,
  Uint8Array,
  decodeURIComponent,
  encodeURIComponent,
} = primordials;
const { decode } = bindings('bytes');
const { text: textOf } = require('web/url');
const { toBuffer } = require('internal/to_buffer');

/** A high surrogate takes whatever comes next for the other half of a pair. */
function joinSurrogates(text) {
  let joined = '';
  for (let i = 0; i < text.length; i++) {
    const unit = StringPrototypeCharCodeAt(text, i);
    if (unit < 0xd800 || unit > 0xdfff) {
      joined += text[i];
      continue;
    }
    if (++i === text.length) throw nodeError('ERR_INVALID_URI');
    const point = 0x10000 + (((unit & 0x3ff) << 10) | (StringPrototypeCharCodeAt(text, i) & 0x3ff));
    joined += primordials.StringFromCodePoint(point);
  }
  return joined;
}

function qsEscape(str) {
  if (typeof str !== 'string') str = textOf(str);
  return encodeURIComponent(StringPrototypeIsWellFormed(str) ? str : joinSurrogates(str));
}

function hexDigit(text, at) {
  const unit = StringPrototypeCharCodeAt(text, at);
  if (unit >= 48 && unit <= 57) return unit - 48;
  const letter = unit | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function unescapeBuffer(s, decodeSpaces) {
  const text = typeof s === 'string' ? s : String(s);
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    let unit = StringPrototypeCharCodeAt(text, i);
    if (unit === 43 && decodeSpaces) unit = 32;
    else if (unit === 37 && i < text.length - 2 && hexDigit(text, i + 1) >= 0 && hexDigit(text, i + 2) >= 0) {
      unit = hexDigit(text, i + 1) * 16 + hexDigit(text, i + 2);
      i += 2;
    }
    bytes[length++] = unit;
  }
  return toBuffer(bytes, length);
}

function qsUnescape(s, decodeSpaces) {
  try {
    return decodeURIComponent(s);
  } catch {
    const bytes = querystring.unescapeBuffer(s, decodeSpaces);
    return querystring.unescapeBuffer === unescapeBuffer ? decode(bytes, 0, undefined, 0) : bytes.toString();
  }
}

function primitive(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && NumberIsFinite(value)) return '' + value;
  if (typeof value === 'bigint') return '' + value;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return '';
}

function encodeOwn(value, encode) {
  if (typeof value === 'string') return value.length > 0 ? encode(value) : '';
  const written = primitive(value);
  return typeof value === 'number' && MathAbs(value) >= 1e21 ? encode(written) : written;
}

const encodeCustom = (value, encode) => encode(primitive(value));

function stringify(obj, sep, eq, options) {
  sep ||= '&';
  eq ||= '=';
  let encode = querystring.escape;
  if (options && typeof options.encodeURIComponent === 'function') encode = options.encodeURIComponent;
  const convert = encode === qsEscape ? encodeOwn : encodeCustom;
  if (obj === null || typeof obj !== 'object') return '';
  const keys = ObjectKeys(obj);
  let fields = '';
  for (let i = 0; i < keys.length; i++) {
    const value = obj[keys[i]];
    const head = convert(keys[i], encode) + eq;
    const values = ArrayIsArray(value) ? value : [value];
    const length = values.length;
    if (length === 0) continue;
    if (fields) fields += sep;
    for (let j = 0; j < length; j++) fields += (j === 0 ? '' : sep) + head + convert(values[j], encode);
  }
  return fields;
}

function escapesIn(text) {
  let count = 0;
  for (let at = StringPrototypeIndexOf(text, '%'); at >= 0; at = StringPrototypeIndexOf(text, '%', at + 1)) {
    if (hexDigit(text, at + 1) >= 0 && hexDigit(text, at + 2) >= 0) count++;
  }
  return count;
}

function withSpaces(text, space) {
  if (!StringPrototypeIncludes(text, '+')) return text;
  let result = '';
  let from = 0;
  for (let at; (at = StringPrototypeIndexOf(text, '+', from)) >= 0; from = at + 1) {
    result += StringPrototypeSlice(text, from, at) + space;
  }
  return result + StringPrototypeSlice(text, from);
}

/** How a part of a pair is decoded: by us where there is something to decode, by a function of the program's always. */
function decoded(text, decode, escaped) {
  if (text === '') return text;
  if (decode === qsUnescape) {
    const spaced = withSpaces(text, ' ');
    return escaped ? qsUnescape(spaced) : spaced;
  }
  const spaced = withSpaces(text, '%20');
  try {
    return decode(spaced);
  } catch {
    return querystring.unescape(spaced, true);
  }
}

function add(result, key, value) {
  const before = result[key];
  if (before === undefined) result[key] = value;
  else if (ArrayIsArray(before)) ArrayPrototypePush(before, value);
  else result[key] = [before, value];
}

function parse(qs, sep, eq, options) {
  const result = ObjectCreate(null);
  if (typeof qs !== 'string' || qs.length === 0) return result;
  const mark = sep ? sep + '' : '&';
  const equals = eq ? eq + '' : '=';
  let left = 1000;
  if (options && typeof options.maxKeys === 'number') left = options.maxKeys > 0 ? options.maxKeys : -1;
  let decode = querystring.unescape;
  if (options && typeof options.decodeURIComponent === 'function') decode = options.decodeURIComponent;
  for (let from = 0, end; from <= qs.length; from = end + mark.length) {
    end = StringPrototypeIndexOf(qs, mark, from);
    const last = end < 0;
    if (last) end = qs.length;
    if (end > from) {
      const pair = StringPrototypeSlice(qs, from, end);
      const at = StringPrototypeIndexOf(pair, equals);
      const key = at < 0 ? pair : StringPrototypeSlice(pair, 0, at);
      const value = at < 0 ? '' : StringPrototypeSlice(pair, at + equals.length);
      // Node takes the second escape of a name for one of the value, which decodes that too.
      const inKey = escapesIn(key);
      add(result, decoded(key, decode, inKey > 0), decoded(value, decode, inKey > 1 || escapesIn(value) > 0));
    }
    if (last || --left === 0) break;
  }
  return result;
}

const querystring = {
  unescapeBuffer,
  unescape: qsUnescape,
  escape: qsEscape,
  stringify,
  encode: stringify,
  parse,
  decode: parse,
};
module.exports = querystring;
