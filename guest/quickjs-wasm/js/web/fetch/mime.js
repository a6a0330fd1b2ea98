// MIME types as headers have them, by the MIME Sniffing and Fetch standards.
const { ArrayPrototypePush, ReflectApply, StringPrototypeSlice } = primordials;
const { MIMEParams, MIMEType } = require('internal/mime');
const { trimmed } = require('web/fetch/header_list');

const textOf = MIMEType.prototype.toString;
const paramOf = MIMEParams.prototype.get;
const setParam = MIMEParams.prototype.set;

/** A MIME type: `essence`, `get(parameter)` (null where there is none), `serialize()`. Undefined for what is none. */
function parse(text) {
  let type;
  try {
    type = new MIMEType(trimmed(text));
  } catch {
    return undefined;
  }
  const { params, essence } = type;
  return {
    __proto__: null,
    essence,
    get: (name) => ReflectApply(paramOf, params, [name]),
    set: (name, value) => ReflectApply(setParam, params, [name, value]),
    serialize: () => ReflectApply(textOf, type, []),
  };
}

/** The values of a header, split at commas that are not between quotes. */
function split(header) {
  const values = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at < header.length; at++) {
    const unit = header[at];
    if (quoted && unit === '\\') at++;
    else if (unit === '"') quoted = !quoted;
    else if (unit === ',' && !quoted) {
      ArrayPrototypePush(values, StringPrototypeSlice(header, from, at));
      from = at + 1;
    }
  }
  ArrayPrototypePush(values, StringPrototypeSlice(header, from));
  return values;
}

/** "Extract a MIME type": the last good one, which takes the charset over from one before it of the same kind. */
function extract(headers) {
  const header = headers.get('content-type');
  if (header === null) return undefined;
  const values = split(header);
  let charset = null;
  let essence = null;
  let found;
  for (let i = 0; i < values.length; i++) {
    const type = parse(values[i]);
    if (type === undefined || type.essence === '*/*') continue;
    found = type;
    if (type.essence !== essence) {
      charset = type.get('charset');
      essence = type.essence;
    } else if (type.get('charset') === null && charset !== null) type.set('charset', charset);
  }
  return found;
}

module.exports = { extract, parse };
