// WebCrypto's algorithms with one key: AES, HMAC, PBKDF2, HKDF.
const {
  ArrayIsArray,
  ArrayPrototypeIncludes,
  ArrayPrototypePush,
  BigInt,
  DOMException,
  MathCeil,
  Number,
  StringPrototypeSlice,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeSet,
  Uint8Array,
} = primordials;
const { decode, encode } = bindings('bytes');
const { same } = bindings('digest');
const { copyOf } = require('node/crypto/args');
const { operations, request, requestLater } = require('node/crypto/host');
const { keyField, secretHandle } = require('node/crypto/keyobject');
const { newKey, slotsOf } = require('web/crypto/cryptokey');
const { nodeHash } = require('web/crypto/normalize');

const BASE64URL = 5;
const lengthOf = TypedArrayPrototypeGetLength;
const OPERATION = 'The operation failed for an operation-specific reason';
const HMAC_BLOCK_BITS = { __proto__: null, 'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024 };

const operationError = (why = OPERATION) => new DOMException(why, 'OperationError');
const dataError = (why) => new DOMException(why, 'DataError');

function checkUsages(usages, allowed, kind) {
  for (let i = 0; i < usages.length; i++) {
    if (!ArrayPrototypeIncludes(allowed, usages[i])) throw new DOMException('Unsupported key usage for ' + kind + ' key', 'SyntaxError');
  }
}

/** What a JWK says of a secret key, each member read once; checked against what is asked for. */
function secretOfJwk(jwk, alg, use, extractable, usages) {
  const { kty, k, alg: written, use: usedFor, key_ops: ops, ext } = jwk;
  if (kty === undefined) throw dataError('Invalid keyData');
  if (kty !== 'oct') throw dataError('Invalid JWK "kty" Parameter');
  if (typeof k !== 'string') throw dataError('Invalid keyData');
  if (usages.length > 0 && usedFor !== undefined && usedFor !== use) throw dataError('Invalid JWK "use" Parameter');
  checkOps(ops, usages);
  if (ext !== undefined && ext === false && extractable) throw dataError('JWK "ext" Parameter and extractable mismatch');
  const secret = new Uint8Array(encode(k, BASE64URL));
  if (written !== undefined && written !== alg(lengthOf(secret))) throw dataError('JWK "alg" does not match the requested algorithm');
  return secret;
}

function checkOps(ops, usages) {
  if (ops === undefined) return;
  if (!ArrayIsArray(ops)) throw dataError('Invalid keyData');
  const seen = [];
  const count = ops.length;
  for (let i = 0; i < count; i++) {
    const each = ops[i];
    if (ArrayPrototypeIncludes(seen, each)) throw dataError('Duplicate key operation');
    ArrayPrototypePush(seen, each);
  }
  for (let i = 0; i < usages.length; i++) {
    if (!ArrayPrototypeIncludes(seen, usages[i])) throw dataError('Key operations and usage mismatch');
  }
}

function exportSecret(format, key, alg) {
  const { handle, usages, extractable } = slotsOf(key);
  if (format === 'raw') return copyOf(handle.secret);
  if (format !== 'jwk') throw new DOMException('Unable to export a raw secret key with format ' + format, 'NotSupportedError');
  const ops = [];
  for (let i = 0; i < usages.length; i++) ops[i] = usages[i];
  return { key_ops: ops, ext: extractable, kty: 'oct', k: decode(handle.secret, 0, undefined, BASE64URL, false), alg };
}

function secretKey(algorithm, secret, extractable, usages) {
  return newKey({ __proto__: null, type: 'secret', extractable, algorithm, usages, handle: secretHandle(secret) });
}

const drawn = (count) => require('node/crypto/random').bytes(count);

// AES

const isAesLength = (bits) => bits === 128 || bits === 192 || bits === 256;

/** One of the modes: what it is called in a JWK, its members for each operation, and its functions. */
function aes(name, mode, members, functions, allowed) {
  const alg = (bytes) => 'A' + bytes * 8 + (mode === 'wrap' ? 'KW' : StringPrototypeSlice(name, 4));
  const kept = (bytes) => ({ __proto__: null, name, length: bytes * 8 });
  return {
    __proto__: null,
    members: { __proto__: null, ...members, importKey: {}, generateKey: { length: 'ushort' }, keyLength: { length: 'ushort' } },
    generateKey({ length }, extractable, usages) {
      if (!isAesLength(length)) throw operationError('AES key length must be 128, 192, or 256 bits');
      checkUsages(usages, allowed, 'an AES');
      return secretKey(kept(length / 8), drawn(length / 8), extractable, usages);
    },
    importKey(format, data, algorithm, extractable, usages) {
      if (format !== 'raw' && format !== 'jwk') throw new DOMException('Unable to import AES key with format ' + format, 'NotSupportedError');
      checkUsages(usages, allowed, 'an AES');
      const secret = format === 'raw' ? data : secretOfJwk(data, alg, 'enc', extractable, usages);
      if (!isAesLength(lengthOf(secret) * 8)) throw dataError('Invalid key length');
      return secretKey(kept(lengthOf(secret)), secret, extractable, usages);
    },
    exportKey: (format, key) => exportSecret(format, key, alg(lengthOf(slotsOf(key).handle.secret))),
    keyLength({ length }) {
      if (!isAesLength(length)) throw operationError('Invalid key length');
      return length;
    },
    ...functions,
  };
}

/** All of a message through a cipher of the host's; a wrong tag or padding is an OperationError. */
function cipher(mode, key, nonce, encrypts, tagBytes, aad, data) {
  const { handle } = slotsOf(key);
  const name = 'aes-' + lengthOf(handle.secret) * 8 + '-' + mode;
  const result = require('node/crypto/cipher').whole(name, handle, nonce, encrypts, tagBytes, aad, data);
  if (result === undefined) throw operationError();
  return result;
}

function cbc(algorithm, key, data, encrypts) {
  if (lengthOf(algorithm.iv) !== 16) throw operationError('algorithm.iv must contain exactly 16 bytes');
  return cipher('cbc', key, algorithm.iv, encrypts, 0, undefined, data);
}

/** A counter of some bits runs over without the bits above it being touched: what comes behind that is a message of its
 * own. */
function ctr({ counter, length }, key, data) {
  if (lengthOf(counter) !== 16) throw operationError('algorithm.counter must contain exactly 16 bytes');
  if (length === 0 || length > 128) throw operationError('AES-CTR algorithm.length must be between 1 and 128');
  let number = 0n;
  for (let i = 0; i < 16; i++) number = (number << 8n) | BigInt(counter[i]);
  const all = 1n << BigInt(length);
  const blocks = BigInt(MathCeil(lengthOf(data) / 16));
  if (blocks > all) throw operationError();
  const before = all - (number & (all - 1n));
  if (blocks <= before) return cipher('ctr', key, counter, true, 0, undefined, data);
  const cut = Number(before) * 16;
  const rest = copyOf(counter);
  const begins = number & ~(all - 1n);
  for (let i = 0; i < 16; i++) rest[i] = Number((begins >> BigInt(8 * (15 - i))) & 255n);
  const whole = new Uint8Array(lengthOf(data));
  TypedArrayPrototypeSet(whole, cipher('ctr', key, counter, true, 0, undefined, part(data, 0, cut)), 0);
  TypedArrayPrototypeSet(whole, cipher('ctr', key, rest, true, 0, undefined, part(data, cut, lengthOf(data))), cut);
  return whole;
}

const part = (bytes, from, to) => primordials.TypedArrayPrototypeSlice(bytes, from, to);

function gcm({ iv, additionalData, tagLength = 128 }, key, data, encrypts) {
  if (!(tagLength === 32 || tagLength === 64 || (tagLength >= 96 && tagLength <= 128 && tagLength % 8 === 0))) {
    throw operationError(tagLength + ' is not a valid AES-GCM tag length');
  }
  if (lengthOf(iv) === 0) throw operationError();
  if (!encrypts && lengthOf(data) < tagLength / 8) throw operationError('The provided data is too small.');
  return cipher('gcm', key, iv, encrypts, tagLength / 8, additionalData, data);
}

function wrap(key, data, wraps) {
  return request(operations.WRAP, wraps ? 1 : 0, keyField(slotsOf(key).handle), data);
}

// HMAC

const hmacBits = ({ length, hash }) => (length === undefined ? HMAC_BLOCK_BITS[hash.name] : length);
const hmacName = (hash) => (hash === 'SHA-1' ? 'HS1' : 'HS' + StringPrototypeSlice(hash, 4));

function hmacKey(secret, hash, extractable, usages) {
  const algorithm = { __proto__: null, name: 'HMAC', hash: { __proto__: null, name: hash }, length: lengthOf(secret) * 8 };
  return secretKey(algorithm, secret, extractable, usages);
}

function macOf(key, data) {
  const { algorithm, handle } = slotsOf(key);
  return require('node/crypto/hashes').macOf(nodeHash(algorithm.hash.name), handle, data);
}

const hmac = {
  __proto__: null,
  members: {
    __proto__: null, sign: {}, verify: {}, importKey: { hash: 'hash', length: 'ulong?' }, generateKey: { hash: 'hash', length: 'ulong?' },
    keyLength: { hash: 'hash', length: 'ulong?' },
  },
  generateKey(algorithm, extractable, usages) {
    const bits = hmacBits(algorithm);
    if (bits === 0 || bits % 8 !== 0) throw operationError();
    checkUsages(usages, ['sign', 'verify'], 'an HMAC');
    return hmacKey(drawn(bits / 8), algorithm.hash.name, extractable, usages);
  },
  importKey(format, data, { hash, length }, extractable, usages) {
    if (format !== 'raw' && format !== 'jwk') throw new DOMException('Unable to import HMAC key with format ' + format, 'NotSupportedError');
    checkUsages(usages, ['sign', 'verify'], 'an HMAC');
    const secret = format === 'raw' ? data : secretOfJwk(data, () => hmacName(hash.name), 'sig', extractable, usages);
    if (lengthOf(secret) === 0) throw dataError('Zero-length key is not supported');
    if (length !== undefined && length !== lengthOf(secret) * 8) throw dataError('Invalid key length');
    return hmacKey(secret, hash.name, extractable, usages);
  },
  exportKey: (format, key) => exportSecret(format, key, hmacName(slotsOf(key).algorithm.hash.name)),
  keyLength(algorithm) {
    const bits = hmacBits(algorithm);
    if (bits === 0) throw operationError('Invalid key length');
    return bits;
  },
  sign: (algorithm, key, data) => macOf(key, data),
  verify: (algorithm, key, signature, data) => same(macOf(key, data), signature),
};

// PBKDF2 and HKDF

function derivation(name, members, bits) {
  return {
    __proto__: null,
    members: { __proto__: null, importKey: {}, deriveBits: members, keyLength: {} },
    importKey(format, data, algorithm, extractable, usages) {
      if (format !== 'raw') throw new DOMException('Unable to import ' + name + ' key with format ' + format, 'NotSupportedError');
      checkUsages(usages, ['deriveKey', 'deriveBits'], 'a ' + name);
      if (extractable) throw new DOMException(name + ' keys are not extractable', 'SyntaxError');
      return secretKey({ __proto__: null, name }, data, false, usages);
    },
    exportKey() {
      throw new DOMException('Unable to export a ' + name + ' key', 'NotSupportedError');
    },
    keyLength: () => null,
    deriveBits(algorithm, key, length) {
      if (length === null) throw operationError('length cannot be null');
      if (length % 8 !== 0) throw operationError('length must be a multiple of 8');
      return bits(algorithm, keyField(slotsOf(key).handle), length / 8);
    },
  };
}

function pbkdf2Bits({ hash, salt, iterations }, key, count) {
  if (iterations === 0) throw operationError('iterations cannot be zero');
  return requestLater(operations.PBKDF2, key, salt, iterations, count, nodeHash(hash.name));
}

function hkdfBits({ hash, salt, info }, key, count) {
  const digest = { __proto__: null, 'SHA-1': 20, 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 }[hash.name];
  if (count > 255 * digest) throw operationError();
  return request(operations.HKDF, nodeHash(hash.name), key, salt, info, count);
}

const CIPHER = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];
const both = (members) => ({ __proto__: null, encrypt: members, decrypt: members });
const functions = (run) => ({
  __proto__: null,
  encrypt: (algorithm, key, data) => run(algorithm, key, data, true),
  decrypt: (algorithm, key, data) => run(algorithm, key, data, false),
});

const handlers = {
  __proto__: null,
  'AES-CBC': aes('AES-CBC', 'cbc', both({ iv: 'bytes' }), functions(cbc), CIPHER),
  'AES-CTR': aes('AES-CTR', 'ctr', both({ counter: 'bytes', length: 'octet' }), functions(ctr), CIPHER),
  'AES-GCM': aes('AES-GCM', 'gcm', both({ iv: 'bytes', additionalData: 'bytes?', tagLength: 'octet?' }), functions(gcm), CIPHER),
  'AES-KW': aes(
    'AES-KW',
    'wrap',
    { __proto__: null, wrapKey: {}, unwrapKey: {} },
    { __proto__: null, wrapKey: (algorithm, key, data) => wrap(key, data, true), unwrapKey: (algorithm, key, data) => wrap(key, data, false) },
    ['wrapKey', 'unwrapKey'],
  ),
  HMAC: hmac,
  PBKDF2: derivation('PBKDF2', { hash: 'hash', iterations: 'ulong', salt: 'bytes' }, pbkdf2Bits),
  HKDF: derivation('HKDF', { hash: 'hash', info: 'bytes', salt: 'bytes' }, hkdfBits),
};

module.exports = { handlers };
