// A FormData as the body of a request: multipart/form-data as HTML encodes it, in pieces that are not joined.
const {
  ArrayPrototypePush,
  MathFloor,
  MathRandom,
  RegExpPrototypeSymbolReplace,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  StringPrototypePadStart,
  StringPrototypeToWellFormed,
  Uint8Array,
} = primordials;
const { encode } = bindings('bytes');
const { bytesOf, File } = require('web/blob');
const { listOf } = require('web/formdata');

const UTF8 = 0;
const getter = (name) => ReflectGetOwnPropertyDescriptor(File.prototype, name)?.get;
const nameOf = getter('name');
const typeOf = ReflectGetOwnPropertyDescriptor(primordials.ObjectGetPrototypeOf(File.prototype), 'type').get;

const utf8 = (text) => new Uint8Array(encode(text, UTF8));
const lines = (text) => RegExpPrototypeSymbolReplace(/\r\n?|\n/g, text, '\r\n');

/** A name between quotes. */
function quoted(text) {
  const line = RegExpPrototypeSymbolReplace(/\n/g, RegExpPrototypeSymbolReplace(/\r/g, text, '%0D'), '%0A');
  return '"' + RegExpPrototypeSymbolReplace(/"/g, line, '%22') + '"';
}

function newBoundary() {
  const digits = () => StringPrototypePadStart('' + MathFloor(MathRandom() * 1e8), 8, '0');
  return '----formdata-' + digits() + digits();
}

/** The pieces, and the type that tells the boundary. */
function encodeForm(data, boundary = newBoundary()) {
  const list = listOf(data);
  const pieces = [];
  for (let i = 0; i < list.length; i++) {
    const { name, value } = list[i];
    let head = (i === 0 ? '' : '\r\n') + '--' + boundary + '\r\nContent-Disposition: form-data; name=' + quoted(lines(name));
    if (typeof value === 'string') {
      ArrayPrototypePush(pieces, utf8(head + '\r\n\r\n' + lines(StringPrototypeToWellFormed(value))));
    } else {
      const type = ReflectApply(typeOf, value, []);
      head += '; filename=' + quoted(ReflectApply(nameOf, value, []));
      head += '\r\nContent-Type: ' + (type === '' ? 'application/octet-stream' : type) + '\r\n\r\n';
      ArrayPrototypePush(pieces, utf8(head), bytesOf(value));
    }
  }
  ArrayPrototypePush(pieces, utf8((list.length === 0 ? '' : '\r\n') + '--' + boundary + '--\r\n'));
  return { __proto__: null, pieces, type: 'multipart/form-data; boundary=' + boundary };
}

module.exports = { encodeForm };
