// What Request and Response have in common: the methods that take a body.
const {
  ArrayBufferPrototypeGetByteLength,
  JSONParse,
  ObjectDefineProperty,
  PromiseReject,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  StringPrototypeToLowerCase,
  TypedArrayPrototypeGetBuffer,
  TypeError,
  Uint8Array,
} = primordials;
const { copyOf, decode } = bindings('bytes');
const { consume } = require('web/fetch/body');

const UTF8 = 0;

/** Bytes as text, without a mark of the byte order. */
function textOf(bytes) {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return decode(bytes, marked ? 3 : 0, undefined, UTF8);
}

/** An ArrayBuffer of the bytes, for the caller alone. */
function bufferOf(bytes, own) {
  const buffer = TypedArrayPrototypeGetBuffer(bytes);
  return own && ArrayBufferPrototypeGetByteLength(buffer) === bytes.length ? buffer : copyOf(bytes);
}

/** `stateOf(this)` gives `body` (null for none) and `list`, the headers; it throws for what is no object of the class. */
function mixIn(Class, stateOf) {
  function taken(object, convert) {
    let state;
    try {
      state = stateOf(object);
    } catch (error) {
      return PromiseReject(error);
    }
    if (state.body?.unusable) return PromiseReject(new TypeError('Body is unusable: Body has already been read'));
    return consume(state.body, (bytes, own) => convert(bytes, own, state));
  }
  const members = {
    __proto__: null,
    get body() {
      const { body } = stateOf(this);
      return body === null ? null : body.toStream();
    },
    get bodyUsed() {
      const { body } = stateOf(this);
      return body !== null && body.disturbed;
    },
    arrayBuffer() {
      return taken(this, bufferOf);
    },
    blob() {
      return taken(this, (bytes, own, { list }) => {
        const type = require('web/fetch/mime').extract(list);
        return require('web/blob').makeBlob(bytes, type === undefined ? '' : StringPrototypeToLowerCase(type.serialize()));
      });
    },
    bytes() {
      return taken(this, (bytes, own) => new Uint8Array(bufferOf(bytes, own)));
    },
    formData() {
      return taken(this, (bytes, own, { list }) => {
        const type = require('web/fetch/mime').extract(list);
        return require('web/fetch/form_data').decodeForm(bytes, type);
      });
    },
    json() {
      return taken(this, (bytes) => JSONParse(textOf(bytes)));
    },
    text() {
      return taken(this, textOf);
    },
  };
  const keys = ReflectOwnKeys(members);
  for (let i = 0; i < keys.length; i++) {
    const own = ReflectGetOwnPropertyDescriptor(members, keys[i]);
    ObjectDefineProperty(Class.prototype, keys[i], { __proto__: null, ...own });
  }
}

module.exports = { mixIn, textOf };
