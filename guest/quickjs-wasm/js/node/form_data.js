// The module form-data: multipart bodies as the npm package builds them, for fetch and axios. Parts may be streams,
// which are read when the body is sent.
const {
  ArrayBufferIsView,
  ArrayIsArray,
  ArrayPrototypePush,
  Error,
  Number,
  ObjectDefineProperties,
  ObjectKeys,
  ReflectApply,
  RegExpPrototypeSymbolReplace,
  String,
  StringPrototypeLastIndexOf,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  SymbolAsyncIterator,
  SymbolToStringTag,
  TypeError,
  Uint8Array,
  queueMicrotask,
} = primordials;
const { kindOf } = bindings('buffer');
const { copyOf, encode } = bindings('bytes');
const { call } = bindings('host');
const { Body, register } = require('web/fetch/body');
const { toBuffer } = require('internal/to_buffer');

const RANDOM_BYTES = 2;
const UTF8 = 0;
const LINE_BREAK = '\r\n';

const utf8 = (text) => new Uint8Array(encode(text, UTF8));
const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

/** As browsers write a name between quotes. */
function escaped(value) {
  const line = RegExpPrototypeSymbolReplace(/\n/g, RegExpPrototypeSymbolReplace(/\r/g, String(value), '%0D'), '%0A');
  return RegExpPrototypeSymbolReplace(/"/g, line, '%22');
}

function newBoundary() {
  const bytes = call(RANDOM_BYTES, utf8('12'));
  let text = '--------------------------';
  for (let i = 0; i < bytes.length; i++) text += '0123456789abcdef'[bytes[i] >> 4] + '0123456789abcdef'[bytes[i] & 15];
  return text;
}

/** The last part of a path. */
function baseName(path) {
  const text = String(path);
  return StringPrototypeSlice(text, StringPrototypeLastIndexOf(text, '/') + 1);
}

/** The media type that a file's name tells; undefined where it tells none. */
function typeOfName(name) {
  const text = StringPrototypeToLowerCase(baseName(name));
  const dot = StringPrototypeLastIndexOf(text, '.');
  const types = require('data/mime_types');
  const extension = StringPrototypeSlice(text, dot + 1);
  return primordials.ObjectHasOwn(types, extension) ? types[extension] : undefined;
}

/** A part's value: `bytes`, or `stream` (an async iterable), its length (undefined: not known), its own name and type. */
function contentOf(value) {
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean') value = String(value);
  if (typeof value === 'string') {
    const bytes = utf8(value);
    return { __proto__: null, bytes, length: bytes.length };
  }
  if (kindOf(value) !== 0) {
    const bytes = ArrayBufferIsView(value) && kindOf(value) === 1 ? value : new Uint8Array(copyOf(value));
    return { __proto__: null, bytes, length: bytes.length, object: true };
  }
  const { bytesOf, isBlob, typeOf } = require('web/blob');
  if (isBlob(value)) {
    const bytes = bytesOf(value);
    return { __proto__: null, bytes, length: bytes.length, object: true, name: value.name, type: typeOf(value) };
  }
  if (isObject(value) && typeof value[SymbolAsyncIterator] === 'function') {
    return { __proto__: null, stream: value, length: undefined, object: true, name: value.name ?? value.path };
  }
  throw new TypeError('A part of a form is a string, a number, bytes, a Blob or a stream');
}

let stateOf;

class FormData {
  // `parts`: header, content; the header with the boundary of its time.
  #state = { __proto__: null, boundary: undefined, parts: [] };

  static {
    stateOf = (value) => (isObject(value) && #state in value ? value.#state : undefined);
  }

  static LINE_BREAK = LINE_BREAK;
  static DEFAULT_CONTENT_TYPE = 'application/octet-stream';

  constructor(options = undefined) {
    if (isObject(options)) {
      const keys = ObjectKeys(options);
      for (let i = 0; i < keys.length; i++) this[keys[i]] = options[keys[i]];
    }
  }

  static #of(value) {
    const state = stateOf(value);
    if (state === undefined) throw nodeError('ERR_INVALID_THIS', 'FormData');
    return state;
  }

  append(field, value, options = undefined) {
    const state = FormData.#of(this);
    if (ArrayIsArray(value)) throw new Error('Arrays are not supported.');
    const given = typeof options === 'string' ? { __proto__: null, filename: options } : (options ?? { __proto__: null });
    const content = contentOf(value);
    const { header, knownLength } = given;
    if (knownLength !== undefined && knownLength !== null) content.length = Number(knownLength);
    const text = typeof header === 'string' ? header : headerOf(this.getBoundary(), field, content, given, header);
    ArrayPrototypePush(state.parts, { __proto__: null, header: utf8(text), content });
  }

  getBoundary() {
    return (FormData.#of(this).boundary ??= newBoundary());
  }

  setBoundary(boundary) {
    if (typeof boundary !== 'string') throw new TypeError('FormData boundary must be a string');
    FormData.#of(this).boundary = boundary;
  }

  getHeaders(userHeaders = undefined) {
    const headers = { 'content-type': 'multipart/form-data; boundary=' + this.getBoundary() };
    if (!isObject(userHeaders)) return headers;
    const keys = ObjectKeys(userHeaders);
    for (let i = 0; i < keys.length; i++) headers[StringPrototypeToLowerCase(keys[i])] = userHeaders[keys[i]];
    return headers;
  }

  getBuffer() {
    const pieces = piecesOf(this, FormData.#of(this));
    let length = 0;
    for (let i = 0; i < pieces.length; i++) {
      if (pieces[i].stream !== undefined) throw new TypeError('A form with streams has no buffer: send it');
      length += pieces[i].length;
    }
    const whole = new Uint8Array(length);
    for (let i = 0, at = 0; i < pieces.length; i++) at += bindings('bytes').copy(whole, pieces[i], at, 0);
    return toBuffer(whole);
  }

  hasKnownLength() {
    return lengthOf(this, FormData.#of(this)) !== undefined;
  }

  getLengthSync() {
    const length = lengthOf(this, FormData.#of(this));
    if (length === undefined) throw new Error('Cannot calculate proper length in synchronous way.');
    return length;
  }

  getLength(callback) {
    const length = lengthOf(this, FormData.#of(this));
    if (typeof callback !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'callback', 'Function', callback);
    const values = length === undefined ? [new Error('Unknown stream')] : [null, length];
    queueMicrotask(() => ReflectApply(callback, this, values));
  }

  submit() {
    throw new Error("submit() is not available to code blocks: send the form with fetch or axios, as their body, with form.getHeaders()");
  }

  toString() {
    return '[object FormData]';
  }

  async *[SymbolAsyncIterator]() {
    const pieces = piecesOf(this, FormData.#of(this));
    for (let i = 0; i < pieces.length; i++) {
      if (pieces[i].stream === undefined) yield toBuffer(new Uint8Array(copyOf(pieces[i])));
      else for await (const chunk of pieces[i].stream) yield typeof chunk === 'string' ? toBuffer(utf8(chunk)) : chunk;
    }
  }
}

/** What stands before a part. */
function headerOf(boundary, field, content, options, more) {
  const { filename, filepath } = options;
  let disposition = 'form-data; name="' + escaped(field) + '"';
  const name = typeof filepath === 'string' ? filepath : baseName(filename || content.name || '');
  if (name) disposition += '; filename="' + escaped(name) + '"';
  let type = options.contentType || content.type || (content.name && typeOfName(content.name));
  type ||= (filepath || filename) && typeOfName(filepath || filename);
  if (!type && content.object) type = FormData.DEFAULT_CONTENT_TYPE;
  const headers = { __proto__: null, 'Content-Disposition': disposition, 'Content-Type': type || undefined };
  if (isObject(more)) {
    const keys = ObjectKeys(more);
    for (let i = 0; i < keys.length; i++) headers[keys[i]] = more[keys[i]];
  }
  let text = '--' + boundary + LINE_BREAK;
  const names = ObjectKeys(headers);
  for (let i = 0; i < names.length; i++) {
    const value = headers[names[i]];
    if (value !== undefined && value !== null) text += names[i] + ': ' + joined(value) + LINE_BREAK;
  }
  return text + LINE_BREAK;
}

function joined(value) {
  if (!ArrayIsArray(value)) return String(value);
  let text = '';
  for (let i = 0; i < value.length; i++) text += (i === 0 ? '' : '; ') + String(value[i]);
  return text;
}

/** All of it in its order: bytes, and `{ stream }` for what is read later. */
function piecesOf(form, { parts }) {
  const pieces = [];
  for (let i = 0; i < parts.length; i++) {
    const { header, content } = parts[i];
    ArrayPrototypePush(pieces, header, content.bytes ?? { __proto__: null, stream: content.stream });
    ArrayPrototypePush(pieces, utf8(LINE_BREAK));
  }
  ArrayPrototypePush(pieces, utf8('--' + form.getBoundary() + '--' + LINE_BREAK));
  return pieces;
}

/** undefined where a stream's length is not known. */
function lengthOf(form, { parts }) {
  if (parts.length === 0) return 0;
  let length = form.getBoundary().length + 4 + LINE_BREAK.length;
  for (let i = 0; i < parts.length; i++) {
    const { header, content } = parts[i];
    if (content.length === undefined) return undefined;
    length += header.length + content.length + LINE_BREAK.length;
  }
  return length;
}

/** The body of a request. */
function bodyOf(form) {
  const state = stateOf(form);
  if (state === undefined) return undefined;
  const type = 'multipart/form-data; boundary=' + form.getBoundary();
  const pieces = piecesOf(form, state);
  let streamed = false;
  for (let i = 0; i < pieces.length; i++) streamed ||= pieces[i].stream !== undefined;
  if (!streamed) return { __proto__: null, body: new Body(pieces, undefined, undefined), type };
  const { ReadableStream } = require('web/streams');
  const body = new Body(undefined, undefined, ReadableStream.from(form[SymbolAsyncIterator]()));
  body.length = lengthOf(form, state) ?? null;
  return { __proto__: null, body, type };
}
register(bodyOf);

ObjectDefineProperties(FormData.prototype, {
  __proto__: null,
  [SymbolToStringTag]: { __proto__: null, value: 'FormData', configurable: true },
});

module.exports = { FormData, bodyOf, isForm: (value) => stateOf(value) !== undefined };
