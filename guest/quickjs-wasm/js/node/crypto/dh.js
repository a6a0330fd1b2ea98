// Diffie-Hellman: with KeyObjects (diffieHellman), and over numbers (createDiffieHellman and the groups).
const { ReflectApply, TypedArrayPrototypeGetLength, Uint8Array } = primordials;
const { encodingOf } = bindings('buffer');
const { failure, ossl, request, requestLater, text, unpack } = require('node/crypto/host');
const { BUFFERS, bufferOf, bytesOf, copyOf, viewOf } = require('node/crypto/args');
const { encoded, trimmed } = require('node/crypto/ec');
const { handleOf, keyField } = require('node/crypto/keyobject');
const { operations, publicHandle } = require('node/crypto/keys');
const { callable } = require('node/crypto/sign');
const { validateFunction, validateInteger, validateObject, validateString } = require('internal/validators');

const INT32_MAX = 2147483647;
const kinds = { __proto__: null, dh: true, ec: true, x25519: true, x448: true };

function exchangeKey(key, name) {
  const handle = handleOf(key);
  if (handle === undefined) throw nodeError('ERR_INVALID_ARG_VALUE', 'options.' + name, key);
  return handle;
}

function diffieHellman(options, callback) {
  validateObject(options, 'options');
  if (callback !== undefined) validateFunction(callback, 'callback');
  const { privateKey, publicKey } = options;
  const mine = exchangeKey(privateKey, 'privateKey');
  const theirs = exchangeKey(publicKey, 'publicKey');
  if (mine.type !== 'private') throw nodeError('ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE', mine.type, 'private');
  if (theirs.type === 'secret') throw nodeError('ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE', theirs.type, 'private or public');
  const both = [mine.info.kind, theirs.info.kind];
  if (both[0] !== both[1] || kinds[both[0]] !== true) {
    throw nodeError('ERR_CRYPTO_INCOMPATIBLE_KEY', 'key types for Diffie-Hellman', both[0] + ' and ' + both[1]);
  }
  const fields = [operations.AGREE, keyField(mine), keyField(publicHandle(theirs))];
  if (callback === undefined) return bufferOf(ReflectApply(request, undefined, fields));
  require('node/crypto/derive').settle(ReflectApply(requestLater, undefined, fields), callback, bufferOf);
}

/** The bytes of a small number. */
function numberBytes(number) {
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) bytes[i] = number >>> (24 - 8 * i);
  return trimmed(bytes);
}

function ask(what, prime, number, other) {
  return request(operations.DH, what, prime, number, other);
}

/** A prime of so many bits that goes with a generator; the host takes its time to find one. */
function primeFor(bits, generator) {
  return copyOf(ask('prime', numberBytes(bits < 0 ? 0 : bits), generator, undefined));
}

/** A group of RFC 2409 or RFC 3526. */
function group(name) {
  const { 0: prime, 1: generator } = unpack(ask('group', bytesOf(name, 'name'), undefined, undefined));
  return { __proto__: null, prime: copyOf(prime), generator: copyOf(generator) };
}

const missing = (what) => failure('Error', 'ERR_CRYPTO_INVALID_STATE', 'No ' + what + ' key - did you forget to generate one?');

/** Compares numbers that have no zeros in front. */
function isBelow(one, other) {
  if (one.length !== other.length) return one.length < other.length;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return one[i] < other[i];
  return false;
}

/** Sets a key of such an object. */
let setKey;

/** What both classes have in common: two numbers, and two more once there are keys. */
class Numbers {
  #prime;
  #generator;
  #public;
  #private;
  #verifyError;

  constructor(prime, generator) {
    this.#prime = prime;
    this.#generator = generator;
  }

  get verifyError() {
    return (this.#verifyError ??= +text(ask('check', this.#prime, this.#generator, undefined)));
  }

  generateKeys(encoding) {
    if (this.#private === undefined) {
      const { 0: secret, 1: open } = unpack(ask('generate', this.#prime, this.#generator, undefined));
      this.#private = copyOf(secret);
      this.#public = copyOf(open);
    } else this.#public = copyOf(ask('public', this.#prime, this.#generator, this.#private));
    return encoded(copyOf(this.#public), encoding);
  }

  computeSecret(otherPublicKey, inputEncoding, outputEncoding) {
    const other = trimmed(bytesOf(otherPublicKey, 'key', inputEncoding));
    if (this.#private === undefined) throw failure('RangeError', 'ERR_CRYPTO_INVALID_KEYTYPE', 'Invalid key type');
    if (other.length === 0 || (other.length === 1 && other[0] < 2)) {
      throw failure('RangeError', 'ERR_CRYPTO_INVALID_KEYLEN', 'Supplied key is too small');
    }
    const last = copyOf(trimmed(this.#prime));
    last[last.length - 1] -= 1;
    if (!isBelow(other, last)) throw failure('RangeError', 'ERR_CRYPTO_INVALID_KEYLEN', 'Supplied key is too large');
    return encoded(ask('agree', this.#prime, other, this.#private), outputEncoding);
  }

  getPrime(encoding) {
    return encoded(copyOf(this.#prime), encoding);
  }

  getGenerator(encoding) {
    return encoded(copyOf(this.#generator), encoding);
  }

  getPublicKey(encoding) {
    if (this.#public === undefined) throw missing('public');
    return encoded(copyOf(this.#public), encoding);
  }

  getPrivateKey(encoding) {
    if (this.#private === undefined) throw missing('private');
    return encoded(copyOf(this.#private), encoding);
  }

  static {
    setKey = (numbers, isPrivate, bytes) => {
      if (isPrivate) numbers.#private = bytes;
      else numbers.#public = bytes;
    };
  }
}
class DiffieHellmanClass extends Numbers {
  constructor(sizeOrKey, keyEncoding, generator, genEncoding) {
    const isNumber = typeof sizeOrKey === 'number';
    if (!isNumber && typeof sizeOrKey !== 'string' && viewOf(sizeOrKey) === undefined) {
      throw nodeError('ERR_INVALID_ARG_TYPE', 'sizeOrKey', ['number', 'string', ...BUFFERS], sizeOrKey);
    }
    if (isNumber) validateInteger(sizeOrKey, 'sizeOrKey', -INT32_MAX - 1, INT32_MAX);
    if (keyEncoding && keyEncoding !== 'buffer' && (typeof keyEncoding !== 'string' || encodingOf(keyEncoding) < 0)) {
      genEncoding = generator;
      generator = keyEncoding;
      keyEncoding = undefined;
    }
    const base = generatorBytes(generator, genEncoding);
    if (isNumber) super(primeFor(sizeOrKey, base), base);
    else {
      const prime = trimmed(bytesOf(sizeOrKey, 'sizeOrKey', keyEncoding));
      if (TypedArrayPrototypeGetLength(prime) === 0) throw ossl('BN_BITS_TOO_SMALL', '01800076', 'bignum routines', 'bits too small');
      super(prime, base);
    }
  }

  setPublicKey(key, encoding) {
    setKey(this, false, copyOf(bytesOf(key, 'key', encoding)));
    return this;
  }

  setPrivateKey(key, encoding) {
    setKey(this, true, copyOf(bytesOf(key, 'key', encoding)));
    return this;
  }
}

function generatorBytes(generator, encoding) {
  if (!generator) return numberBytes(2);
  let bytes;
  if (typeof generator === 'number') {
    validateInteger(generator, 'generator', -INT32_MAX - 1, INT32_MAX);
    if (generator <= 1) throw badGenerator();
    return numberBytes(generator);
  }
  if (typeof generator === 'string' || viewOf(generator) !== undefined) {
    bytes = trimmed(bytesOf(generator, 'generator', encoding));
    if (bytes.length === 0 || (bytes.length === 1 && bytes[0] < 2)) throw badGenerator();
    return bytes;
  }
  throw nodeError('ERR_INVALID_ARG_TYPE', 'generator', ['number', 'string', ...BUFFERS], generator);
}

const badGenerator = () => ossl('DH_BAD_GENERATOR', '02800065', 'Diffie-Hellman routines', 'bad generator');

class DiffieHellmanGroupClass extends Numbers {
  constructor(name) {
    validateString(name, 'name');
    const found = group(name);
    super(found.prime, found.generator);
  }
}

const DiffieHellman = callable(DiffieHellmanClass, 'DiffieHellman');
const DiffieHellmanGroup = callable(DiffieHellmanGroupClass, 'DiffieHellmanGroup');

function createDiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding) {
  return new DiffieHellman(sizeOrKey, keyEncoding, generator, genEncoding);
}

function createDiffieHellmanGroup(name) {
  return new DiffieHellmanGroup(name);
}

module.exports = {
  DiffieHellman, DiffieHellmanGroup, createDiffieHellman, createDiffieHellmanGroup, diffieHellman,
  getDiffieHellman: createDiffieHellmanGroup, group, numberBytes, primeFor,
};
