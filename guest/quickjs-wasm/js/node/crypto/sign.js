// createSign, createVerify, sign, verify. What is signed in pieces is gathered and goes to the host at once.
const { ArrayPrototypePush, ReflectApply, TypedArrayPrototypeGetLength } = primordials;
const { failure, request, requestLater } = require('node/crypto/host');
const { VIEWS, bufferOf, bytesOf, checkText, copyOf, encodingNumber, output, textBytes, viewOf } = require('node/crypto/args');
const { hashSpec } = require('node/crypto/hash_names');
const { keyField } = require('node/crypto/keyobject');
const { anyPublicHandle, joined, operations, privateHandle } = require('node/crypto/keys');
const { validateFunction, validateString } = require('internal/validators');

const BYTES = ['Buffer', 'TypedArray', 'DataView'];

function intOption(options, name) {
  const value = options[name];
  if (value === undefined) return undefined;
  if (value === value >> 0) return value;
  throw nodeError('ERR_INVALID_ARG_VALUE', 'options.' + name, value);
}

/** What a key's object says about the signature: as fields of the payload. */
function wishes(options, streamed) {
  const isObject = typeof options === 'object' && options !== null;
  const padding = isObject ? intOption(options, 'padding') : undefined;
  const saltLength = isObject ? intOption(options, 'saltLength') : undefined;
  const { dsaEncoding = 'der', sm2Id } = isObject ? options : { __proto__: null };
  if (dsaEncoding !== 'der' && dsaEncoding !== 'ieee-p1363') {
    throw nodeError('ERR_INVALID_ARG_VALUE', 'options.dsaEncoding', dsaEncoding);
  }
  const signer = sm2Id === undefined ? undefined : bytesOf(sm2Id, 'options.sm2Id');
  return [padding, saltLength, dsaEncoding === 'der' ? 'der' : 'raw', streamed ? '1' : '0', signer];
}

/** A message that comes in pieces, until it is signed or verified. */
class Message {
  constructor(algorithm) {
    validateString(algorithm, 'algorithm');
    const spec = hashSpec(algorithm);
    if (spec === undefined) throw failure('TypeError', 'ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest');
    this.digest = spec.name;
    this.parts = [];
    this.total = 0;
  }

  add(data, encoding) {
    let bytes;
    if (typeof data === 'string') {
      checkText(data, encodingNumber(encoding), encoding);
      bytes = textBytes(data, encoding);
    } else {
      const view = viewOf(data, false);
      if (view === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'data', VIEWS, data);
      bytes = this.parts === undefined ? view : copyOf(view);
    }
    if (this.parts === undefined) throw notInitialised();
    this.total += TypedArrayPrototypeGetLength(bytes);
    ArrayPrototypePush(this.parts, bytes);
  }

  /** The whole of it, once. */
  end() {
    if (this.parts === undefined) throw notInitialised();
    const { parts, total } = this;
    this.parts = undefined;
    return parts.length === 1 ? parts[0] : joined(parts, total);
  }
}

const notInitialised = () => failure('Error', 'ERR_CRYPTO_INVALID_STATE', 'Not initialised');

/** The message of a Sign or a Verify. */
let messageOf;

/** What these have in common: `update`, and of a stream's methods those that people use with them. */
class Gatherer {
  #message;

  constructor(algorithm) {
    this.#message = new Message(algorithm);
  }

  update(data, encoding) {
    this.#message.add(data, encoding);
    return this;
  }

  write(chunk, encoding, callback) {
    this.#message.add(chunk, encoding);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') primordials.queueMicrotask(() => ReflectApply(done, undefined, []));
    return true;
  }

  end(chunk, encoding) {
    if (chunk !== undefined && chunk !== null && typeof chunk !== 'function') this.#message.add(chunk, encoding);
    return this;
  }

  static {
    messageOf = (gatherer) => gatherer.#message;
  }
}

class SignClass extends Gatherer {
  sign(options, encoding) {
    if (!options) throw nodeError('ERR_CRYPTO_SIGN_KEY_REQUIRED');
    const handle = privateHandle(options);
    const wanted = wishes(options, true);
    const message = messageOf(this);
    const whole = message.end();
    const answer = request(operations.SIGN, keyField(handle), message.digest, ...wanted, whole);
    return output(answer, encoding);
  }
}

class VerifyClass extends Gatherer {
  verify(options, signature, encoding) {
    const handle = anyPublicHandle(options);
    const wanted = wishes(options, true);
    const given = bytesOf(signature, 'signature', encoding);
    const message = messageOf(this);
    const whole = message.end();
    return request(operations.VERIFY, keyField(handle), message.digest, ...wanted, whole, given)[0] === 1;
  }
}

/** Node's classes of old can be called without `new`. */
function callable(Class, name) {
  const made = {
    [name]: function (...values) {
      return primordials.ReflectConstruct(Class, values, new.target ?? made);
    },
  }[name];
  made.prototype = Class.prototype;
  primordials.ObjectDefineProperty(Class.prototype, 'constructor', {
    __proto__: null, value: made, writable: true, enumerable: false, configurable: true,
  });
  return made;
}

const Sign = callable(SignClass, 'Sign');
const Verify = callable(VerifyClass, 'Verify');

function createSign(algorithm, options) {
  return new Sign(algorithm, options);
}

function createVerify(algorithm, options) {
  return new Verify(algorithm, options);
}

/** The policy's name of a digest that goes with a call; `undefined` for what goes with the key. */
function digestOf(algorithm) {
  if (algorithm === undefined || algorithm === null) return undefined;
  validateString(algorithm, 'algorithm');
  const spec = hashSpec(algorithm);
  if (spec === undefined) throw failure('TypeError', 'ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest: ' + algorithm);
  return spec.name;
}

function sign(algorithm, data, key, callback) {
  if (algorithm !== undefined && algorithm !== null) validateString(algorithm, 'algorithm');
  if (callback !== undefined) validateFunction(callback, 'callback');
  const message = bytesOf(data, 'data');
  if (!key) throw nodeError('ERR_CRYPTO_SIGN_KEY_REQUIRED');
  const wanted = wishes(key, false);
  const handle = privateHandle(key);
  const fields = [operations.SIGN, keyField(handle), digestOf(algorithm), ...wanted, message];
  if (callback === undefined) return bufferOf(ReflectApply(request, undefined, fields));
  settle(ReflectApply(requestLater, undefined, fields), callback, bufferOf);
}

function verify(algorithm, data, key, signature, callback) {
  if (algorithm !== undefined && algorithm !== null) validateString(algorithm, 'algorithm');
  if (callback !== undefined) validateFunction(callback, 'callback');
  const message = bytesOf(data, 'data');
  const given = viewOf(signature, false);
  if (given === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'signature', BYTES, signature);
  const wanted = wishes(key, false);
  const handle = anyPublicHandle(key);
  const fields = [operations.VERIFY, keyField(handle), digestOf(algorithm), ...wanted, message, given];
  if (callback === undefined) return isOne(ReflectApply(request, undefined, fields));
  settle(ReflectApply(requestLater, undefined, fields), callback, isOne);
}

const isOne = (answer) => answer[0] === 1;

/** Hands an answer to a callback, in a turn of its own. */
function settle(promise, callback, made) {
  require('node/crypto/derive').settle(promise, callback, made);
}

module.exports = { Sign, Verify, callable, createSign, createVerify, sign, verify };
