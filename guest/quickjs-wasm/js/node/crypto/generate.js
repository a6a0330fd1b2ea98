// generateKeyPair and generateKeyPairSync.
const { ObjectDefineProperty, Promise, ReflectApply, StringPrototypeToLowerCase, SymbolFor } = primordials;
const { failure, request, requestLater, unpack } = require('node/crypto/host');
const { bytesOf, validateUint32 } = require('node/crypto/args');
const { hashSpec } = require('node/crypto/hash_names');
const { settle } = require('node/crypto/derive');
const { described, exportKey, objectOf, operations, parseEncoding } = require('node/crypto/keys');
const { validateFunction, validateInteger, validateObject, validateString } = require('internal/validators');

const SALT_BYTES_MAX = 2147483647;

/** What the host is asked for: an operation with its fields. */
function asked(type, options) {
  switch (type) {
    case 'rsa':
    case 'rsa-pss':
      return rsaFields(type, options);
    case 'ec': {
      validateObject(options, 'options');
      const { namedCurve, paramEncoding } = options;
      validateString(namedCurve, 'options.namedCurve');
      if (paramEncoding !== undefined && paramEncoding !== null && paramEncoding !== 'named') {
        throw nodeError('ERR_INVALID_ARG_VALUE', 'options.paramEncoding', paramEncoding);
      }
      return [operations.PAIR, 'ec', namedCurve];
    }
    case 'ed25519':
    case 'ed448':
    case 'x25519':
    case 'x448':
      return [operations.PAIR, type, undefined];
    case 'dh':
      return dhFields(options);
  }
  throw nodeError('ERR_INVALID_ARG_VALUE', 'type', type, 'must be a supported key type');
}

function rsaFields(type, options) {
  validateObject(options, 'options');
  const { modulusLength } = options;
  validateUint32(modulusLength, 'options.modulusLength');
  let { publicExponent } = options;
  if (publicExponent === undefined || publicExponent === null) publicExponent = 0x10001;
  else validateUint32(publicExponent, 'options.publicExponent');
  if (type === 'rsa') return [operations.RSA_PAIR, type, modulusLength, publicExponent, undefined, undefined, undefined];
  const { hash, mgf1Hash, hashAlgorithm, mgf1HashAlgorithm, saltLength } = options;
  const digest = pssDigest(hashAlgorithm, hash, 'hashAlgorithm', 'hash');
  const mask = pssDigest(mgf1HashAlgorithm, mgf1Hash, 'mgf1HashAlgorithm', 'mgf1Hash');
  if (saltLength !== undefined) validateInteger(saltLength, 'options.saltLength', 0, SALT_BYTES_MAX);
  return [operations.RSA_PAIR, type, modulusLength, publicExponent, digest, mask, saltLength];
}

/** One of two options, the second of which is the older name of the first. */
function pssDigest(value, older, name, olderName) {
  if (value !== undefined) validateString(value, 'options.' + name);
  if (older !== undefined) {
    validateString(older, 'options.' + olderName);
    if (value !== undefined && value !== older) throw nodeError('ERR_INVALID_ARG_VALUE', 'options.' + olderName, older);
  }
  const chosen = value ?? older;
  if (chosen === undefined) return undefined;
  const spec = hashSpec(chosen);
  if (spec === undefined) throw failure('TypeError', 'ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest: ' + chosen);
  return spec.name;
}

function incompatible(one, other) {
  return nodeError('ERR_INCOMPATIBLE_OPTION_PAIR', one, other);
}

function dhFields(options) {
  const { group: find, primeFor } = require('node/crypto/dh');
  validateObject(options, 'options');
  const { group, primeLength, prime, generator } = options;
  if (group !== undefined && group !== null) {
    if (prime !== undefined && prime !== null) throw incompatible('group', 'prime');
    if (primeLength !== undefined && primeLength !== null) throw incompatible('group', 'primeLength');
    if (generator !== undefined && generator !== null) throw incompatible('group', 'generator');
    validateString(group, 'options.group');
    const found = find(group);
    return [operations.DH, 'pair', found.prime, found.generator, undefined];
  }
  if (prime !== undefined && prime !== null) {
    if (primeLength !== undefined && primeLength !== null) throw incompatible('prime', 'primeLength');
    return [operations.DH, 'pair', bytesOf(prime, 'options.prime'), generatorBytes(generator), undefined];
  }
  if (primeLength === undefined || primeLength === null) {
    throw nodeError('ERR_MISSING_OPTION', 'At least one of the group, prime, or primeLength options');
  }
  validateInteger(primeLength, 'options.primeLength', 0, 2147483647);
  const base = generatorBytes(generator);
  return [operations.DH, 'pair', primeFor(primeLength, base), base, undefined];
}

function generatorBytes(generator) {
  if (generator === undefined || generator === null) return require('node/crypto/dh').numberBytes(2);
  validateInteger(generator, 'options.generator', 0, 2147483647);
  return require('node/crypto/dh').numberBytes(generator);
}

/** How both halves are wanted: encodings, or `undefined` for KeyObjects. */
function encodings(type, options) {
  const wanted = { __proto__: null, publicKey: undefined, privateKey: undefined };
  if (options === undefined || options === null || typeof options !== 'object') return wanted;
  const { publicKeyEncoding, privateKeyEncoding } = options;
  wanted.publicKey = encoding(publicKeyEncoding, type, true, 'publicKeyEncoding');
  wanted.privateKey = encoding(privateKeyEncoding, type, false, 'privateKeyEncoding');
  return wanted;
}

function encoding(given, type, isPublic, name) {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'object') throw nodeError('ERR_INVALID_ARG_VALUE', 'options.' + name, given);
  const parsed = parseEncoding(given, type, isPublic, name);
  if (parsed.cipher !== undefined && !ciphers[StringPrototypeToLowerCase(parsed.cipher)]) {
    throw failure('Error', 'ERR_CRYPTO_UNKNOWN_CIPHER', 'Unknown cipher');
  }
  return parsed;
}

// Those that a key can be encrypted with, so that no key is made only to find that it cannot.
const ciphers = {
  __proto__: null, 'aes-128-cbc': true, 'aes-192-cbc': true, 'aes-256-cbc': true, 'des-ede3-cbc': true, des3: true,
  aes128: true, aes192: true, aes256: true,
};

function finished(answer, wanted) {
  const { 0: privateHalf, 1: publicHalf } = unpack(answer);
  const privateKey = described(privateHalf);
  const publicKey = described(publicHalf);
  return {
    publicKey: wanted.publicKey === undefined ? objectOf(publicKey) : exportKey(publicKey, wanted.publicKey),
    privateKey: wanted.privateKey === undefined ? objectOf(privateKey) : exportKey(privateKey, wanted.privateKey),
  };
}

function generateKeyPairSync(type, options) {
  validateString(type, 'type');
  const wanted = encodings(type, options);
  return finished(ReflectApply(request, undefined, asked(type, options)), wanted);
}

function generateKeyPair(type, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  validateFunction(callback, 'callback');
  validateString(type, 'type');
  const wanted = encodings(type, options);
  const fields = asked(type, options);
  const both = (error, pair) => {
    if (error) ReflectApply(callback, undefined, [error]);
    else ReflectApply(callback, undefined, [null, pair.publicKey, pair.privateKey]);
  };
  settle(ReflectApply(requestLater, undefined, fields), both, (answer) => finished(answer, wanted));
}

/** For util.promisify: both keys in one object. */
function generateKeyPairPromise(type, options) {
  return new Promise((resolve, reject) => {
    generateKeyPair(type, options, (error, publicKey, privateKey) => {
      if (error) reject(error);
      else resolve({ publicKey, privateKey });
    });
  });
}
ObjectDefineProperty(generateKeyPair, SymbolFor('nodejs.util.promisify.custom'), {
  __proto__: null, value: generateKeyPairPromise, configurable: true,
});

module.exports = { generateKeyPair, generateKeyPairSync };
