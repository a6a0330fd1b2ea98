// KeyObject, and secret keys. What a key is made of is kept beside the object and never handed to guest code: bytes for
// keys of the guest's own, a name for those that the policy lends out.
const { ObjectDefineProperty, SymbolToStringTag, TypedArrayPrototypeGetLength, TypedArrayPrototypeSet, Uint8Array } = primordials;
const { same } = bindings('digest');
const { decode, encode } = bindings('bytes');
const { bufferOf, copyOf } = require('node/crypto/args');

const BASE64URL = 5;
const UTF8 = 0;
// The first byte of a key as a field of a payload.
const RAW = 0x53;
const DER = 0x4b;
const NAMED = 0x4e;

// What the next KeyObject is made of, and the word that makeKey gives to constructors instead: a guest can put one of its
// own between a class and its parent.
let making;
const token = { __proto__: null };
/** What is behind a KeyObject; `undefined` for what is none. */
let handleOf;

class KeyObject {
  #handle;
  #type;

  constructor(type, handle) {
    if (type !== 'secret' && type !== 'public' && type !== 'private') throw nodeError('ERR_INVALID_ARG_VALUE', 'type', type);
    if (handle !== token || making === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'handle', 'object', handle);
    this.#handle = making;
    this.#type = making.type;
    making = undefined;
  }

  get type() {
    return this.#type;
  }

  static from(key) {
    const slots = require('web/crypto/cryptokey').slotsOf(key);
    if (slots === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'key', 'CryptoKey', key);
    return keyOf(slots.handle);
  }

  equals(otherKeyObject) {
    if (!isKeyObject(otherKeyObject)) throw nodeError('ERR_INVALID_ARG_TYPE', 'otherKeyObject', 'KeyObject', otherKeyObject);
    const one = this.#handle;
    const other = handleOf(otherKeyObject);
    if (one.type !== other.type) return false;
    if (one.name !== undefined || other.name !== undefined) return one.name === other.name;
    return one.type === 'secret' ? same(one.secret, other.secret) : same(one.der, other.der);
  }

  static {
    handleOf = (key) => (typeof key === 'object' && key !== null && #handle in key ? key.#handle : undefined);
  }
}

function isKeyObject(value) {
  return handleOf(value) !== undefined;
}

/** A KeyObject of a class, with what is behind it. */
function makeKey(Class, handle) {
  making = handle;
  try {
    return new Class(handle.type, token);
  } finally {
    making = undefined;
  }
}

class SecretKeyObject extends KeyObject {
  constructor(type, handle) {
    super(type, handle);
  }

  get symmetricKeySize() {
    const handle = handleOf(this);
    return handle.secret === undefined ? undefined : TypedArrayPrototypeGetLength(handle.secret);
  }

  export(options) {
    const handle = handleOf(this);
    let format;
    if (options !== undefined) {
      if (typeof options !== 'object' || options === null) throw nodeError('ERR_INVALID_ARG_TYPE', 'options', 'object', options);
      ({ format } = options);
      require('internal/validators').validateOneOf(format, 'options.format', [undefined, 'buffer', 'jwk']);
    }
    if (handle.secret === undefined) throw notExportable(handle.name);
    if (format === 'jwk') return { kty: 'oct', k: decode(handle.secret, 0, undefined, BASE64URL, false) };
    return bufferOf(copyOf(handle.secret));
  }
}
ObjectDefineProperty(KeyObject.prototype, SymbolToStringTag, { __proto__: null, value: 'KeyObject', configurable: true });

/** Why a key of the policy's cannot be had. */
function notExportable(name) {
  return bindings('host').denial(
    'CapabilityError',
    "The key '" + name + "' can be used and not exported",
    'It never leaves the host: use it to sign, encrypt or derive, as the policy lets you.',
  );
}

/** The KeyObject of a handle that another object of ours has. */
function keyOf(handle) {
  if (handle.type === 'secret') return makeKey(SecretKeyObject, handle);
  const { PrivateKeyObject, PublicKeyObject } = require('node/crypto/keys');
  return makeKey(handle.type === 'public' ? PublicKeyObject : PrivateKeyObject, handle);
}

/** A secret key of bytes that nobody else has. */
function secretHandle(secret) {
  return { __proto__: null, type: 'secret', secret, der: undefined, name: undefined, algorithm: undefined, uses: undefined };
}

/** A key as a field of a payload. */
function keyField(handle) {
  const kind = handle.name !== undefined ? NAMED : handle.type === 'secret' ? RAW : DER;
  const bytes = kind === NAMED ? new Uint8Array(encode(handle.name, UTF8)) : kind === RAW ? handle.secret : handle.der;
  return prefixed(kind, bytes);
}

/** A secret that is no key object as such a field. */
function rawField(bytes) {
  return prefixed(RAW, bytes);
}

function prefixed(kind, bytes) {
  const field = new Uint8Array(TypedArrayPrototypeGetLength(bytes) + 1);
  field[0] = kind;
  TypedArrayPrototypeSet(field, bytes, 1);
  return field;
}

/** What is behind a CryptoKey or a KeyObject; `undefined` for what is neither. */
function anyHandle(value) {
  const handle = handleOf(value);
  if (handle !== undefined || typeof value !== 'object' || value === null) return handle;
  return require('web/crypto/cryptokey').slotsOf(value)?.handle;
}

/** The handle of what is given as a secret key: text, bytes, a secret KeyObject or CryptoKey. `types` is for the error. */
function secretOf(key, name, types, encoding) {
  const { strictBytes, viewOf } = require('node/crypto/args');
  if (typeof key === 'string') return secretHandle(strictBytes(key, encoding));
  const view = viewOf(key);
  if (view !== undefined) return secretHandle(copyOf(view));
  const handle = anyHandle(key);
  if (handle === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', name, types, key);
  if (handle.type !== 'secret') throw nodeError('ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE', handle.type, 'secret');
  return handle;
}

// structuredClone makes another KeyObject of the same key.
require('internal/platform').register(isKeyObject, (value) => keyOf(handleOf(value)));

module.exports = {
  KeyObject, SecretKeyObject, anyHandle, handleOf, isKeyObject, keyField, keyOf, makeKey, notExportable, rawField,
  secretHandle, secretOf,
};
