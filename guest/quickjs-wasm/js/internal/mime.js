// util.MIMEType and MIMEParams: the MIME Sniffing Standard's parser and serializer, with Node's setters.
const {
  Map,
  MapPrototypeDelete,
  MapPrototypeEntries,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeHas,
  MapPrototypeKeys,
  MapPrototypeSet,
  MapPrototypeValues,
  ObjectDefineProperties,
  ObjectDefineProperty,
  StringPrototypeCharCodeAt,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  SymbolIterator,
  TypeError,
} = primordials;

require('internal/errors').define('ERR_INVALID_MIME_SYNTAX', TypeError, (what, text, at) =>
  'The MIME syntax for a ' + what + ' in "' + text + '" is invalid' + (at === -1 ? '' : ' at ' + at),
);

const isSpace = (unit) => unit === ' ' || unit === '\t' || unit === '\n' || unit === '\r';
const isLetter = (code) => (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);

/** Where the first unit is that no token may have, -1 for none. */
function badInToken(text) {
  for (let i = 0; i < text.length; i++) {
    if (!isLetter(StringPrototypeCharCodeAt(text, i)) && !StringPrototypeIncludes("!#$%&'*+-.^_`|~", text[i])) return i;
  }
  return -1;
}

/** The same for what may be between quotes. */
function badInQuotes(text) {
  for (let i = 0; i < text.length; i++) {
    const code = StringPrototypeCharCodeAt(text, i);
    if (code !== 9 && (code < 32 || code > 255 || code === 127)) return i;
  }
  return -1;
}

/** Letters of ASCII alone. */
function lower(text) {
  let result = '';
  for (let i = 0; i < text.length; i++) {
    result += text[i] >= 'A' && text[i] <= 'Z' ? StringPrototypeToLowerCase(text[i]) : text[i];
  }
  return result;
}

function endOf(text) {
  let end = text.length;
  while (end > 0 && isSpace(text[end - 1])) end--;
  return end;
}

const trimmedEnd = (text) => StringPrototypeSlice(text, 0, endOf(text));

/** Up to a mark, or to the end. */
function until(text, mark, from) {
  const at = StringPrototypeIndexOf(text, mark, from);
  return at < 0 ? StringPrototypeSlice(text, from) : StringPrototypeSlice(text, from, at);
}

function checkToken(value, what, text) {
  const bad = badInToken(value);
  if (value === '' || bad !== -1) throw nodeError('ERR_INVALID_MIME_SYNTAX', what, text, bad);
}

/** What is between quotes, from behind the first: [value, where it ends]. */
function quoted(text, from) {
  let value = '';
  let at = from;
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\' && at + 1 < text.length) at++;
    value += text[at];
  }
  return { value, end: at < text.length ? at + 1 : at };
}

function parseParameters(text, into) {
  const end = endOf(text);
  let at = 0;
  while (at < end) {
    while (at < text.length && isSpace(text[at])) at++;
    const start = at;
    while (at < text.length && text[at] !== ';' && text[at] !== '=') at++;
    const name = lower(StringPrototypeSlice(text, start, at));
    if (at < end && text[at++] === ';') continue;
    if (at >= end) break;
    let value;
    if (text[at] === '"') {
      const found = quoted(text, at + 1);
      value = found.value;
      at = found.end;
    } else {
      const raw = until(text, ';', at);
      at += raw.length;
      value = trimmedEnd(raw);
      if (value === '') {
        continue;
      }
    }
    if (name !== '' && badInToken(name) === -1 && badInQuotes(value) === -1 && !MapPrototypeHas(into, name)) {
      MapPrototypeSet(into, name, value);
    }
    at++;
  }
}

function encoded(value) {
  if (value !== '' && badInToken(value) === -1) return value;
  let text = '"';
  for (let i = 0; i < value.length; i++) text += (value[i] === '"' || value[i] === '\\' ? '\\' : '') + value[i];
  return text + '"';
}

let fill;

class MIMEParams {
  #data = new Map();

  static {
    fill = (params, text) => parseParameters(text, params.#data);
  }

  delete(name) {
    MapPrototypeDelete(this.#data, name);
  }

  get(name) {
    return MapPrototypeHas(this.#data, name) ? MapPrototypeGet(this.#data, name) : null;
  }

  has(name) {
    return MapPrototypeHas(this.#data, name);
  }

  set(name, value) {
    name = '' + name;
    value = '' + value;
    checkToken(name, 'parameter name', name);
    const bad = badInQuotes(value);
    if (bad !== -1) throw nodeError('ERR_INVALID_MIME_SYNTAX', 'parameter value', value, bad);
    MapPrototypeSet(this.#data, name, value);
  }

  *entries() {
    yield* MapPrototypeEntries(this.#data);
  }

  *keys() {
    yield* MapPrototypeKeys(this.#data);
  }

  *values() {
    yield* MapPrototypeValues(this.#data);
  }

  toString() {
    let text = '';
    MapPrototypeForEach(this.#data, (value, key) => {
      text += (text === '' ? '' : ';') + key + '=' + encoded(value);
    });
    return text;
  }
}

const paramsText = MIMEParams.prototype.toString;
ObjectDefineProperties(MIMEParams.prototype, {
  __proto__: null,
  [SymbolIterator]: { __proto__: null, configurable: true, value: MIMEParams.prototype.entries, writable: true },
  toJSON: { __proto__: null, configurable: true, value: paramsText, writable: true },
});

class MIMEType {
  #type;
  #subtype;
  #params = new MIMEParams();

  constructor(string) {
    const text = '' + string;
    let start = 0;
    while (start < text.length && isSpace(text[start])) start++;
    const type = until(text, '/', start);
    if (StringPrototypeIndexOf(text, '/', start) < 0) throw nodeError('ERR_INVALID_MIME_SYNTAX', 'type', text, badInToken(type));
    checkToken(type, 'type', text);
    const raw = until(text, ';', start + type.length + 1);
    const subtype = trimmedEnd(raw);
    checkToken(subtype, 'subtype', text);
    this.#type = lower(type);
    this.#subtype = lower(subtype);
    fill(this.#params, StringPrototypeSlice(text, start + type.length + raw.length + 2));
  }

  get type() {
    return this.#type;
  }

  set type(v) {
    v = '' + v;
    checkToken(v, 'type', v);
    this.#type = lower(v);
  }

  get subtype() {
    return this.#subtype;
  }

  set subtype(v) {
    v = '' + v;
    checkToken(v, 'subtype', v);
    this.#subtype = lower(v);
  }

  get essence() {
    return this.#type + '/' + this.#subtype;
  }

  get params() {
    return this.#params;
  }

  toString() {
    const params = primordials.ReflectApply(paramsText, this.#params, []);
    return this.#type + '/' + this.#subtype + (params === '' ? '' : ';' + params);
  }
}
ObjectDefineProperty(MIMEType.prototype, 'toJSON', {
  __proto__: null, configurable: true, value: MIMEType.prototype.toString, writable: true,
});

module.exports = { MIMEParams, MIMEType };
