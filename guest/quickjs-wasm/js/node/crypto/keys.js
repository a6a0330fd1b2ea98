// Keys in pairs: createPublicKey and createPrivateKey, their KeyObjects, and keys as all functions of crypto take them.
// What is behind a key is its DER, which the host has read and written anew (host/capabilities/crypto/asymmetric).
const {
  BigInt,
  JSONParse,
  JSONStringify,
  ObjectCreate,
  StringPrototypeStartsWith,
  TypedArrayPrototypeSet,
} = primordials;
const { attempt, request, text, unpack } = require('node/crypto/host');
const { BUFFERS, bufferOf, bytesOf, copyOf, viewOf } = require('node/crypto/args');
const { KeyObject, anyHandle, handleOf, isKeyObject, keyField, makeKey, notExportable } = require('node/crypto/keyobject');
const { validateObject, validateOneOf, validateString } = require('internal/validators');

// Operations of the host (ABI.md).
const CRYPTO_KEY_READ = 48;
const CRYPTO_KEY_EXPORT = 49;
const CRYPTO_KEY_PUBLIC = 50;
const CRYPTO_SIGN = 51;
const CRYPTO_VERIFY = 52;
const CRYPTO_ENCRYPT = 53;
const CRYPTO_DECRYPT = 54;
const CRYPTO_PRIVATE_ENCRYPT = 55;
const CRYPTO_PUBLIC_DECRYPT = 56;
const CRYPTO_AGREE = 57;
const CRYPTO_POINT = 58;
const CRYPTO_RSA_PAIR = 59;
const CRYPTO_PAIR = 60;
const CRYPTO_DH = 61;
const CRYPTO_CERTIFICATE = 62;
const CRYPTO_ASK_CERTIFICATE = 63;

const operations = {
  __proto__: null,
  READ: CRYPTO_KEY_READ,
  EXPORT: CRYPTO_KEY_EXPORT,
  PUBLIC: CRYPTO_KEY_PUBLIC,
  SIGN: CRYPTO_SIGN,
  VERIFY: CRYPTO_VERIFY,
  ENCRYPT: CRYPTO_ENCRYPT,
  DECRYPT: CRYPTO_DECRYPT,
  PRIVATE_ENCRYPT: CRYPTO_PRIVATE_ENCRYPT,
  PUBLIC_DECRYPT: CRYPTO_PUBLIC_DECRYPT,
  AGREE: CRYPTO_AGREE,
  POINT: CRYPTO_POINT,
  RSA_PAIR: CRYPTO_RSA_PAIR,
  PAIR: CRYPTO_PAIR,
  DH: CRYPTO_DH,
  CERTIFICATE: CRYPTO_CERTIFICATE,
  ASK_CERTIFICATE: CRYPTO_ASK_CERTIFICATE,
};

// What a key is wanted for: to make a KeyObject of, or to use.
const CREATE_PUBLIC = 0;
const CREATE_PRIVATE = 1;
const USE_PUBLIC = 2;
const USE_PRIVATE = 3;

const TEXT_OR_BYTES = ['string', ...BUFFERS];
const ANY_KEY = ['string', ...BUFFERS, 'KeyObject', 'CryptoKey'];

class AsymmetricKeyObject extends KeyObject {
  #details;

  constructor(type, handle) {
    super(type, handle);
  }

  get asymmetricKeyType() {
    return handleOf(this).info.kind;
  }

  get asymmetricKeyDetails() {
    return (this.#details ??= detailsOf(handleOf(this).info));
  }
}

class PublicKeyObject extends AsymmetricKeyObject {
  constructor(type, handle) {
    super(type, handle);
  }

  export(options) {
    const handle = handleOf(this);
    if (options && options.format === 'jwk') return exportJwk(handle);
    return exportKey(handle, parseEncoding(options, handle.info.kind, true));
  }
}

class PrivateKeyObject extends AsymmetricKeyObject {
  constructor(type, handle) {
    super(type, handle);
  }

  export(options) {
    const handle = handleOf(this);
    if (options && options.format === 'jwk') {
      if (options.passphrase !== undefined) {
        throw nodeError('ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS', 'jwk', 'does not support encryption');
      }
      return exportJwk(handle);
    }
    return exportKey(handle, parseEncoding(options, handle.info.kind, false));
  }
}

function detailsOf(info) {
  const details = {};
  if (info.modulusLength !== undefined) details.modulusLength = info.modulusLength;
  if (info.publicExponent !== undefined) details.publicExponent = BigInt(info.publicExponent);
  if (info.hashAlgorithm !== undefined) {
    details.hashAlgorithm = info.hashAlgorithm;
    details.mgf1HashAlgorithm = info.mgf1HashAlgorithm;
    details.saltLength = info.saltLength;
  }
  if (info.namedCurve !== undefined) details.namedCurve = info.namedCurve;
  return details;
}

/** The handle of a key as the host describes it. */
function described(answer) {
  const fields = unpack(answer);
  const textAt = (index) => (fields[index] === undefined ? undefined : text(fields[index]));
  const numberAt = (index) => (fields[index] === undefined ? undefined : +text(fields[index]));
  const info = {
    __proto__: null,
    kind: textAt(1), modulusLength: numberAt(3), publicExponent: textAt(4), hashAlgorithm: textAt(5),
    mgf1HashAlgorithm: textAt(6), saltLength: numberAt(7), namedCurve: textAt(8), public: undefined,
  };
  return ownHandle(textAt(0), copyOf(fields[2]), info);
}

function ownHandle(type, der, info) {
  return { __proto__: null, type, secret: undefined, der, name: undefined, algorithm: undefined, uses: undefined, info };
}

/** The handle of the public half of a private key; that of a public key is itself, and so is a named one. */
function publicHandle(handle) {
  if (handle.type === 'public' || handle.name !== undefined) return handle;
  return (handle.info.public ??= described(request(operations.PUBLIC, keyField(handle))));
}

function objectOf(handle) {
  return makeKey(handle.type === 'public' ? PublicKeyObject : PrivateKeyObject, handle);
}

// How keys are written: `format` and `type`, and for a private one `cipher` and `passphrase`.

function parseFormat(format, otherwise, name) {
  if (format === undefined && otherwise !== undefined) return otherwise;
  if (format === 'pem' || format === 'der' || format === 'jwk') return format;
  throw nodeError('ERR_INVALID_ARG_VALUE', name, format);
}

function parseType(type, required, kind, isPublic, name) {
  if (type === undefined && !required) return undefined;
  if (type === 'pkcs1') {
    if (kind !== undefined && kind !== 'rsa') {
      throw nodeError('ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS', type, 'can only be used for RSA keys');
    }
    return type;
  }
  if (type === 'spki' && isPublic !== false) return type;
  if (type === 'pkcs8' && isPublic !== true) return type;
  if (type === 'sec1' && isPublic !== true) {
    if (kind !== undefined && kind !== 'ec') {
      throw nodeError('ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS', type, 'can only be used for EC keys');
    }
    return type;
  }
  throw nodeError('ERR_INVALID_ARG_VALUE', name, type);
}

const isTextOrBytes = (value) => typeof value === 'string' || viewOf(value) !== undefined;

/** An encoding as Node takes it: of a key that comes in where `kind` is undefined, else of one that goes out.
 * `isPublic` is undefined where either may come; `within` is the option that it stands in. */
function parseEncoding(options, kind, isPublic, within) {
  validateObject(options, 'options');
  const comesIn = kind === undefined;
  const named = (name) => (within === undefined ? 'options.' + name : 'options.' + within + '.' + name);
  const { format: givenFormat, type: givenType } = options;
  const format = parseFormat(givenFormat, comesIn ? 'pem' : undefined, named('format'));
  const required = (!comesIn || format === 'der') && format !== 'jwk';
  const type = parseType(givenType, required, kind, isPublic, named('type'));
  if (isPublic === true) return { __proto__: null, format, type, cipher: undefined, passphrase: undefined };
  const { cipher, passphrase, encoding } = options;
  const encrypts = cipher !== undefined && cipher !== null;
  if (!comesIn) {
    if (encrypts) {
      if (typeof cipher !== 'string') throw nodeError('ERR_INVALID_ARG_VALUE', named('cipher'), cipher);
      if (format === 'der' && (type === 'pkcs1' || type === 'sec1')) {
        throw nodeError('ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS', type, 'does not support encryption');
      }
    } else if (passphrase !== undefined) throw nodeError('ERR_INVALID_ARG_VALUE', named('cipher'), cipher);
  }
  if ((comesIn ? passphrase !== undefined : encrypts) && !isTextOrBytes(passphrase)) {
    throw nodeError('ERR_INVALID_ARG_VALUE', named('passphrase'), passphrase);
  }
  const secret = passphrase === undefined ? undefined : bytesOf(passphrase, 'key.passphrase', encoding);
  return { __proto__: null, format, type, cipher: encrypts ? cipher : undefined, passphrase: secret };
}

/** A key in an encoding: text for PEM, a Buffer for DER. */
function exportKey(handle, { format, type, cipher, passphrase }) {
  if (format === 'jwk') return exportJwk(handle);
  if (handle.name !== undefined) throw notExportable(handle.name);
  const answer = request(operations.EXPORT, keyField(handle), handle.type, format, type, cipher, passphrase);
  return format === 'pem' ? text(answer) : bufferOf(copyOf(answer));
}

function exportJwk(handle) {
  if (handle.name !== undefined) throw notExportable(handle.name);
  return JSONParse(text(request(operations.EXPORT, keyField(handle), handle.type, 'jwk', undefined, undefined, undefined)));
}

// Keys as callers give them.

const RSA_PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi'];

/** The handle of a JWK, each member of which is read once. */
function jwkHandle(key, isPublic) {
  const { kty } = key;
  validateOneOf(kty, 'key.kty', ['RSA', 'EC', 'OKP']);
  const jwk = ObjectCreate(null);
  jwk.kty = kty;
  const take = (name) => {
    const value = key[name];
    validateString(value, 'key.' + name);
    jwk[name] = value;
  };
  if (kty === 'RSA') {
    take('n');
    take('e');
    if (!isPublic) for (let i = 0; i < RSA_PRIVATE.length; i++) take(RSA_PRIVATE[i]);
  } else {
    take('crv');
    const curves = kty === 'EC' ? ['P-256', 'secp256k1', 'P-384', 'P-521'] : ['Ed25519', 'Ed448', 'X25519', 'X448'];
    validateOneOf(jwk.crv, 'key.crv', curves);
    take('x');
    if (kty === 'EC') take('y');
    if (!isPublic) take('d');
  }
  const wanted = isPublic ? 'public' : 'private';
  const bytes = bytesOf(JSONStringify(jwk), 'key');
  if (kty !== 'OKP') return read(wanted, 'jwk', undefined, undefined, bytes);
  // Node makes this error in its JavaScript, and that of other keys elsewhere.
  const answer = attempt(operations.READ, wanted, 'jwk', undefined, undefined, bytes);
  if (answer === undefined) throw nodeError('ERR_CRYPTO_INVALID_JWK');
  return described(answer);
}

function read(wanted, format, type, passphrase, bytes) {
  return described(request(operations.READ, wanted, format, type, passphrase, bytes));
}

/** The handle behind a KeyObject or CryptoKey, where it is fit for what it is wanted for. */
function usable(handle, wantedFor, key) {
  if (wantedFor === CREATE_PRIVATE) throw nodeError('ERR_INVALID_ARG_TYPE', 'key', TEXT_OR_BYTES, key);
  if (handle.type !== 'private') {
    if (wantedFor === USE_PRIVATE || wantedFor === CREATE_PUBLIC) {
      throw nodeError('ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE', handle.type, 'private');
    }
    if (handle.type !== 'public') throw nodeError('ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE', handle.type, 'private or public');
  }
  if (wantedFor === CREATE_PUBLIC && handle.name !== undefined) throw notExportable(handle.name);
  return wantedFor === USE_PRIVATE ? handle : publicHandle(handle);
}

/** The handle of a key in any of the forms in which Node takes one. */
function keyHandle(key, wantedFor) {
  const isPublic = wantedFor === CREATE_PUBLIC || wantedFor === USE_PUBLIC;
  const wanted = isPublic ? 'public' : 'private';
  const handle = anyHandle(key);
  if (handle !== undefined) return usable(handle, wantedFor, key);
  if (isTextOrBytes(key)) return read(wanted, 'pem', undefined, undefined, bytesOf(key, 'key'));
  const types = wantedFor === CREATE_PRIVATE ? TEXT_OR_BYTES : ANY_KEY;
  if (typeof key !== 'object') throw nodeError('ERR_INVALID_ARG_TYPE', 'key', types, key);
  const { key: data, encoding, format } = key;
  const inner = anyHandle(data);
  if (inner !== undefined) return usable(inner, wantedFor, data);
  if (format === 'jwk') {
    validateObject(data, 'key.key');
    return jwkHandle(data, isPublic);
  }
  if (!isTextOrBytes(data)) throw nodeError('ERR_INVALID_ARG_TYPE', 'key.key', types, data);
  const bytes = bytesOf(data, 'key', encoding);
  const { format: written, type, passphrase } = parseEncoding(key, undefined, isPublic ? undefined : false);
  return read(wanted, written, type, passphrase, bytes);
}

function createPublicKey(key) {
  return objectOf(keyHandle(key, CREATE_PUBLIC));
}

function createPrivateKey(key) {
  return objectOf(keyHandle(key, CREATE_PRIVATE));
}

/** A key to sign or decrypt with. */
const privateHandle = (key) => keyHandle(key, USE_PRIVATE);

/** A key to verify or encrypt with; a private one has a public one in it. */
const anyPublicHandle = (key) => keyHandle(key, USE_PUBLIC);

// Keys of the policy's.

const KINDS = { __proto__: null, ed25519: 'ed25519', ed448: 'ed448', x25519: 'x25519', x448: 'x448', dh: 'dh' };

function kindOf(algorithm) {
  return KINDS[algorithm] ?? (StringPrototypeStartsWith(algorithm, 'rsa-') ? 'rsa' : 'ec');
}

/** The KeyObject of a key that only the host has. */
function hostKeyObject(name, algorithm, uses) {
  let type = 'public';
  for (let i = 0; i < uses.length; i++) if (uses[i] !== 'verify' && uses[i] !== 'encrypt') type = 'private';
  const info = { __proto__: null, kind: kindOf(algorithm), public: undefined };
  return objectOf({ __proto__: null, type, secret: undefined, der: undefined, name, algorithm, uses, info });
}

/** Bytes one behind the other. */
function joined(parts, total) {
  const whole = new primordials.Uint8Array(total);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    TypedArrayPrototypeSet(whole, parts[i], at);
    at += parts[i].length;
  }
  return whole;
}

module.exports = {
  PrivateKeyObject, PublicKeyObject, anyPublicHandle, createPrivateKey, createPublicKey, described, exportKey,
  hostKeyObject, isKeyObject, joined, objectOf, operations, parseEncoding, privateHandle, publicHandle, read,
};
