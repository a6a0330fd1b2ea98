// Secret keys: made of bytes, drawn at random, or lent by the policy under a name; and comparing without telling where.
const { MathFloor, StringPrototypeIncludes, TypedArrayPrototypeGetLength } = primordials;
const { same } = bindings('digest');
const { failure, operations, request, text, unpack } = require('node/crypto/host');
const { BUFFERS, copyOf, strictBytes, viewOf } = require('node/crypto/args');
const { SecretKeyObject, makeKey, secretHandle } = require('node/crypto/keyobject');
const { validateFunction, validateInteger, validateOneOf, validateString } = require('internal/validators');

function createSecretKey(key, encoding) {
  if (typeof key === 'string') return makeKey(SecretKeyObject, secretHandle(strictBytes(key, encoding)));
  const view = viewOf(key);
  if (view === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'key', BUFFERS, key);
  return makeKey(SecretKeyObject, secretHandle(copyOf(view)));
}

function keyBytes(type, options) {
  validateString(type, 'type');
  if (typeof options !== 'object' || options === null) throw nodeError('ERR_INVALID_ARG_TYPE', 'options', 'object', options);
  const { length } = options;
  if (type === 'hmac') {
    validateInteger(length, 'options.length', 8, 2147483647);
    return MathFloor(length / 8);
  }
  if (type !== 'aes') throw nodeError('ERR_INVALID_ARG_VALUE', 'type', type, 'must be a supported key type');
  validateOneOf(length, 'options.length', [128, 192, 256]);
  return length / 8;
}

function generate(count) {
  return makeKey(SecretKeyObject, secretHandle(require('node/crypto/random').bytes(count)));
}

function generateKeySync(type, options) {
  return generate(keyBytes(type, options));
}

function generateKey(type, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  validateFunction(callback, 'callback');
  const count = keyBytes(type, options);
  const { requestLater } = require('node/crypto/host');
  require('node/crypto/derive').settle(requestLater(operations.RANDOM, 0), callback, () => generate(count));
}

function timingSafeEqual(buf1, buf2) {
  const one = compared(buf1, 'buf1');
  const other = compared(buf2, 'buf2');
  if (TypedArrayPrototypeGetLength(one) !== TypedArrayPrototypeGetLength(other)) {
    throw failure('RangeError', 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH', 'Input buffers must have the same byte length');
  }
  return same(one, other);
}

function compared(value, name) {
  const view = viewOf(value);
  if (view !== undefined) return view;
  const words = ' argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.';
  throw failure('TypeError', 'ERR_INVALID_ARG_TYPE', 'The "' + name + '"' + words);
}

/** Whether a named key of this algorithm is bytes alone; all others have two halves. */
function isSymmetric(algorithm, uses) {
  if (StringPrototypeIncludes(uses, 'hmac') || StringPrototypeIncludes(uses, 'derive')) return true;
  return require('node/crypto/cipher_names').cipherSpec(algorithm) !== undefined;
}

/** A key of the policy's, to be used and not read. */
function hostKey(name) {
  validateString(name, 'name');
  const { 0: algorithmField, 1: usesField } = unpack(request(operations.KEY, name));
  const algorithm = text(algorithmField);
  const uses = text(usesField);
  const list = primordials.StringPrototypeSplit(uses, ',');
  if (!isSymmetric(algorithm, uses)) return require('node/crypto/keys').hostKeyObject(name, algorithm, list);
  return makeKey(SecretKeyObject, {
    __proto__: null, type: 'secret', secret: undefined, der: undefined, name, algorithm, uses: list,
  });
}

module.exports = { createSecretKey, generateKey, generateKeySync, hostKey, timingSafeEqual };
