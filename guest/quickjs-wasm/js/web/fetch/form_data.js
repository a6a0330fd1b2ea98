// The other way: the bytes of a multipart/form-data or urlencoded body as a FormData.
const {
  RegExpPrototypeExec,
  RegExpPrototypeSymbolReplace,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  TypedArrayPrototypeSubarray,
  TypeError,
  Uint8Array,
} = primordials;
const { copyOf, decode, encode, indexOf } = bindings('bytes');
const { parseForm } = bindings('url');
const { add, FormData } = require('web/formdata');
const { HeaderList, isToken, isValue, trimmed } = require('web/fetch/header_list');
const { extract } = require('web/fetch/mime');

const UTF8 = 0;
const LATIN1 = 2;
const CR = 13;
const LF = 10;
const DASH = 45;

const wrong = () => new TypeError('Failed to parse body as FormData.');
const utf8 = (bytes, from, to) => decode(bytes, from, to, UTF8);

function ofUrlencoded(bytes) {
  const data = new FormData();
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const list = parseForm(utf8(bytes, marked ? 3 : 0, undefined));
  for (let i = 0; i < list.length; i += 2) add(data, list[i], list[i + 1]);
  return data;
}

/** A parameter between quotes: browsers, and we, write %0A, %0D and %22 for the signs that cannot be there. */
function unquoted(text) {
  const lines = RegExpPrototypeSymbolReplace(/%0a/gi, RegExpPrototypeSymbolReplace(/%0d/gi, text, '\r'), '\n');
  return RegExpPrototypeSymbolReplace(/\\(["\\])/g, RegExpPrototypeSymbolReplace(/%22/g, lines, '"'), '$1');
}

/** name and filename of a Content-Disposition, which is `form-data` or nothing. */
function disposition(value) {
  let rest = RegExpPrototypeExec(/^form-data[\t ]*(?:;|$)/i, value);
  if (rest === null) throw wrong();
  const found = { __proto__: null, name: undefined, filename: undefined };
  const parameter = /[\t ]*([^\s=;"]+)[\t ]*=[\t ]*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))[\t ]*(?:;|$)/y;
  parameter.lastIndex = rest[0].length;
  while (parameter.lastIndex < value.length) {
    rest = RegExpPrototypeExec(parameter, value);
    if (rest === null) throw wrong();
    const key = StringPrototypeToLowerCase(rest[1]);
    if (key !== 'name' && key !== 'filename') continue;
    found[key] ??= rest[2] === undefined ? rest[3] : unquoted(rest[2]);
  }
  return found;
}

/** The MIME type that a header tells, '' where it is none. */
function typeOf(value) {
  const list = new HeaderList();
  list.append('content-type', trimmed(value));
  return extract(list)?.serialize() ?? '';
}

/** The headers of one part, up to the empty line: where its content begins, and what they say. */
function readHeaders(bytes, from) {
  const part = { __proto__: null, name: undefined, filename: undefined, type: 'text/plain', at: from };
  for (;;) {
    if (bytes[part.at] === CR && bytes[part.at + 1] === LF) {
      part.at += 2;
      if (part.name === undefined) throw wrong();
      return part;
    }
    const end = lineEnd(bytes, part.at);
    const line = utf8(bytes, part.at, end);
    const colon = StringPrototypeIndexOf(line, ':');
    const name = colon < 0 ? '' : trimmed(StringPrototypeSlice(line, 0, colon));
    if (!isToken(name) || !isValue(line)) throw wrong();
    const key = StringPrototypeToLowerCase(name);
    const value = trimmed(StringPrototypeSlice(line, colon + 1));
    if (key === 'content-disposition') {
      const said = disposition(value);
      part.name = said.name;
      part.filename = said.filename;
    } else if (key === 'content-type') part.type = typeOf(decode(bytes, part.at + colon + 1, end, LATIN1));
    part.at = end + 2;
  }
}

const lineBreak = new Uint8Array([CR, LF]);

function lineEnd(bytes, from) {
  const end = indexOf(bytes, lineBreak, from, false, 1);
  if (end < 0) throw wrong();
  return end;
}

function ofMultipart(bytes, boundary) {
  const data = new FormData();
  const { File } = require('web/blob');
  const dashes = new Uint8Array(encode('--' + boundary, UTF8));
  const between = new Uint8Array(encode('\r\n--' + boundary, UTF8));
  // What comes before the first boundary says nothing.
  let at = 0;
  while (bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  if (indexOf(bytes, dashes, at, false, 1) !== at) throw wrong();
  at += dashes.length;
  for (;;) {
    const last = bytes[at] === DASH && bytes[at + 1] === DASH;
    if (last) at += 2;
    while (bytes[at] === 32 || bytes[at] === 9) at++;
    if (last && at === bytes.length) return data;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) throw wrong();
    if (last) return data;
    const part = readHeaders(bytes, at + 2);
    const end = indexOf(bytes, between, part.at - 2, false, 1);
    if (end < 0) throw wrong();
    const from = part.at > end ? end : part.at;
    if (part.filename === undefined) add(data, part.name, utf8(bytes, from, end));
    else {
      const content = new Uint8Array(copyOf(TypedArrayPrototypeSubarray(bytes, from, end)));
      add(data, part.name, new File([content], part.filename, { __proto__: null, type: part.type, lastModified: 0 }));
    }
    at = end + between.length;
  }
}

/** The FormData of a body; `type` is its MIME type, as web/fetch/mime gives it. */
function decodeForm(bytes, type) {
  if (type?.essence === 'application/x-www-form-urlencoded') return ofUrlencoded(bytes);
  if (type?.essence === 'multipart/form-data') {
    const boundary = type.get('boundary');
    if (boundary === null || boundary === '') throw wrong();
    return ofMultipart(bytes, boundary);
  }
  throw new TypeError('Content-Type was not one of "multipart/form-data" or "application/x-www-form-urlencoded".');
}

module.exports = { decodeForm };
