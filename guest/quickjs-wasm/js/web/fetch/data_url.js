// data: URLs, by the Fetch standard.
const {
  RegExpPrototypeExec,
  RegExpPrototypeSymbolReplace,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  TypedArrayPrototypeSubarray,
  Uint8Array,
} = primordials;
const { decode, encode } = bindings('bytes');
const { atob } = require('web/base64');
const { parse } = require('web/fetch/mime');

const UTF8 = 0;
const LATIN1 = 2;
const PERCENT = 37;

function digit(unit) {
  if (unit >= 48 && unit <= 57) return unit - 48;
  const small = unit | 32;
  return small >= 97 && small <= 102 ? small - 87 : -1;
}

/** The bytes that are left, written over those that were there. */
function percentDecoded(bytes) {
  let to = 0;
  for (let at = 0; at < bytes.length; at++, to++) {
    const high = bytes[at] === PERCENT && at + 2 < bytes.length ? digit(bytes[at + 1]) : -1;
    const low = high < 0 ? -1 : digit(bytes[at + 2]);
    bytes[to] = low < 0 ? bytes[at] : high * 16 + low;
    if (low >= 0) at += 2;
  }
  return TypedArrayPrototypeSubarray(bytes, 0, to);
}

const latin1 = (bytes) => decode(bytes, 0, undefined, LATIN1);

/** `bytes` and `type` of a URL without its fragment; undefined where it is none. */
function readDataUrl(href) {
  const comma = StringPrototypeIndexOf(href, ',');
  if (comma < 0) return undefined;
  let type = RegExpPrototypeSymbolReplace(/^[ \t\n\f\r]+|[ \t\n\f\r]+$/g, StringPrototypeSlice(href, 5, comma), '');
  let bytes = percentDecoded(new Uint8Array(encode(StringPrototypeSlice(href, comma + 1), UTF8)));
  const base64 = RegExpPrototypeExec(/; *base64$/i, type);
  if (base64 !== null) {
    try {
      bytes = new Uint8Array(encode(atob(latin1(bytes)), LATIN1));
    } catch {
      return undefined;
    }
    type = StringPrototypeSlice(type, 0, base64.index);
  }
  if (type[0] === ';') type = 'text/plain' + type;
  return { __proto__: null, bytes, type: parse(type)?.serialize() ?? 'text/plain;charset=US-ASCII' };
}

module.exports = { readDataUrl };
