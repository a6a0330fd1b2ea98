// pbkdf2, scrypt and hkdf: checked here as Node does, and done by the host.
const { ReflectApply, TypedArrayPrototypeGetLength, TypedArrayPrototypeGetBuffer } = primordials;
const { failure, operations, request, requestLater } = require('node/crypto/host');
const { bufferOf, bytesOf, copyOf, viewOf } = require('node/crypto/args');
const { keyField, rawField, secretHandle, handleOf } = require('node/crypto/keyobject');
const { hashSpec } = require('node/crypto/hash_names');
const { validateFunction, validateInteger, validateString } = require('internal/validators');

const INT32_MAX = 2147483647;

const badDigest = (digest) => failure('TypeError', 'ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest: ' + digest);

/** Hands the answer to a callback, in a turn of its own. */
async function settle(promise, callback, made) {
  let value;
  try {
    value = made(await promise);
  } catch (error) {
    later(callback, [error]);
    return;
  }
  later(callback, [null, value]);
}

// Not within the promise's own reaction: what the callback throws is nobody's rejection.
function later(callback, values) {
  primordials.setImmediate(() => ReflectApply(callback, undefined, values));
}

/** A password as a field of a payload; a key that the policy lends out can be one. */
function passwordField(password) {
  const handle = handleOf(password);
  return handle?.name !== undefined && handle.type === 'secret' ? keyField(handle) : rawField(bytesOf(password, 'password'));
}

function pbkdf2Arguments(password, salt, iterations, keylen, digest) {
  validateString(digest, 'digest');
  const secret = passwordField(password);
  const salted = bytesOf(salt, 'salt');
  validateInteger(iterations, 'iterations', 1, INT32_MAX);
  validateInteger(keylen, 'keylen', 0, INT32_MAX);
  const spec = hashSpec(digest);
  if (spec === undefined) throw badDigest(digest);
  if (spec.xof) throw failure('Error', '', 'Deriving bits failed');
  return [operations.PBKDF2, secret, salted, iterations, keylen, spec.name];
}

function pbkdf2Sync(password, salt, iterations, keylen, digest) {
  return bufferOf(ReflectApply(request, undefined, pbkdf2Arguments(password, salt, iterations, keylen, digest)));
}

function pbkdf2(password, salt, iterations, keylen, digest, callback) {
  if (typeof digest === 'function') {
    callback = digest;
    digest = undefined;
  }
  const given = pbkdf2Arguments(password, salt, iterations, keylen, digest);
  validateFunction(callback, 'callback');
  settle(ReflectApply(requestLater, undefined, given), callback, bufferOf);
}

const scryptDefaults = { __proto__: null, N: 16384, r: 8, p: 1, maxmem: 32 * 1024 * 1024 };
const OTHER_NAMES = { __proto__: null, N: 'cost', r: 'blockSize', p: 'parallelization' };

function scryptOption(options, name, otherwise) {
  const other = OTHER_NAMES[name];
  let value = options[name];
  const given = value !== undefined;
  if (given) validateUint(value, name);
  if (options[other] !== undefined) {
    if (given) throw nodeError('ERR_CRYPTO_SCRYPT_INVALID_PARAMETER');
    value = options[other];
    validateUint(value, other);
  }
  return value || otherwise;
}

function validateUint(value, name) {
  validateInteger(value, name, 0, 4294967295);
}

function scryptArguments(password, salt, keylen, options) {
  const secret = passwordField(password);
  const salted = bytesOf(salt, 'salt');
  validateInteger(keylen, 'keylen', 0, INT32_MAX);
  let { N, r, p, maxmem } = scryptDefaults;
  if (options && options !== scryptDefaults) {
    N = scryptOption(options, 'N', N);
    r = scryptOption(options, 'r', r);
    p = scryptOption(options, 'p', p);
    if (options.maxmem !== undefined) {
      maxmem = options.maxmem;
      validateInteger(maxmem, 'maxmem', 0);
    }
  }
  if (N < 2 || (N & (N - 1)) !== 0) {
    throw badScrypt('Invalid scrypt params');
  }
  if ((r < 4 && N >= 2 ** (16 * r)) || 128 * r * (N + p + 2) > (maxmem || scryptDefaults.maxmem)) {
    throw badScrypt('Invalid scrypt params: error:030000AC:digital envelope routines::memory limit exceeded');
  }
  return [operations.SCRYPT, secret, salted, N, r, p, keylen];
}

const badScrypt = (message) => failure('RangeError', 'ERR_CRYPTO_INVALID_SCRYPT_PARAMS', message);

function scryptSync(password, salt, keylen, options = scryptDefaults) {
  return bufferOf(ReflectApply(request, undefined, scryptArguments(password, salt, keylen, options)));
}

function scrypt(password, salt, keylen, options, callback = undefined) {
  if (callback === undefined) {
    callback = options;
    options = scryptDefaults;
  }
  const given = scryptArguments(password, salt, keylen, options);
  validateFunction(callback, 'callback');
  settle(ReflectApply(requestLater, undefined, given), callback, bufferOf);
}

const HKDF_TYPES = ['string', 'ArrayBuffer', 'TypedArray', 'DataView', 'Buffer'];
const HKDF_KEYS = ['string', 'SecretKeyObject', 'ArrayBuffer', 'TypedArray', 'DataView', 'Buffer'];

function hkdfBytes(value, name, types) {
  if (typeof value === 'string') return bytesOf(value, name);
  const view = viewOf(value);
  if (view === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', name, types, value);
  return view;
}

function hkdfKey(key) {
  const handle = handleOf(key);
  if (handle !== undefined) {
    if (handle.type !== 'secret') throw nodeError('ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE', handle.type, 'secret');
    return handle;
  }
  return secretHandle(copyOf(hkdfBytes(key, 'ikm', HKDF_KEYS)));
}

function hkdfArguments(digest, ikm, salt, info, length) {
  validateString(digest, 'digest');
  const handle = hkdfKey(ikm);
  const salted = hkdfBytes(salt, 'salt', HKDF_TYPES);
  const told = hkdfBytes(info, 'info', HKDF_TYPES);
  validateInteger(length, 'length', 0, 4294967296);
  const infoBytes = TypedArrayPrototypeGetLength(told);
  if (infoBytes > 1024) throw nodeError('ERR_OUT_OF_RANGE', 'info', 'must not contain more than 1024 bytes', infoBytes);
  const spec = hashSpec(digest);
  if (spec === undefined) throw badDigest(digest);
  if (spec.xof) throw failure('Error', '', 'Deriving bits failed');
  if (length > 255 * spec.bytes) throw failure('RangeError', 'ERR_CRYPTO_INVALID_KEYLEN', 'Invalid key length');
  return [operations.HKDF, spec.name, keyField(handle), salted, told, length];
}

/** An ArrayBuffer, as hkdf gives. */
function arrayBufferOf(bytes) {
  return TypedArrayPrototypeGetBuffer(copyOf(bytes));
}

function hkdfSync(digest, ikm, salt, info, length) {
  return arrayBufferOf(ReflectApply(request, undefined, hkdfArguments(digest, ikm, salt, info, length)));
}

function hkdf(digest, ikm, salt, info, length, callback) {
  const given = hkdfArguments(digest, ikm, salt, info, length);
  validateFunction(callback, 'callback');
  settle(ReflectApply(requestLater, undefined, given), callback, arrayBufferOf);
}

module.exports = { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync, settle };
