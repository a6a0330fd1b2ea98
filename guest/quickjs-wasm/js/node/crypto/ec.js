// createECDH, ECDH, getCurves. A curve's arithmetic is the host's; a key is its scalar and its point.
const { ArrayPrototypeSlice, TypedArrayPrototypeSubarray } = primordials;
const { encodingOf } = bindings('buffer');
const { same } = bindings('digest');
const { attempt, failure, request, unpack } = require('node/crypto/host');
const { bytesOf, copyOf, output } = require('node/crypto/args');
const { callable } = require('node/crypto/sign');
const { operations } = require('node/crypto/keys');
const { validateString } = require('internal/validators');

const curves = [
  'SM2', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1', 'prime256v1', 'secp224r1', 'secp256k1', 'secp384r1',
  'secp521r1',
];

function getCurves() {
  return ArrayPrototypeSlice(curves);
}

function checkCurve(curve) {
  validateString(curve, 'curve');
  for (let i = 0; i < curves.length; i++) if (curves[i] === curve) return curve;
  throw failure('TypeError', 'ERR_CRYPTO_INVALID_CURVE', 'Invalid EC curve name');
}

function checkForm(format) {
  if (!format || format === 'uncompressed') return 'uncompressed';
  if (format === 'compressed' || format === 'hybrid') return format;
  throw nodeError('ERR_CRYPTO_ECDH_INVALID_FORMAT', format);
}

/** Bytes as a caller wants them; an encoding that there is not is an error. */
function encoded(bytes, encoding) {
  if (encoding && encoding !== 'buffer' && (typeof encoding !== 'string' || encodingOf(encoding) < 0)) {
    throw nodeError('ERR_UNKNOWN_ENCODING', encoding);
  }
  return output(bytes, encoding);
}

/** A number's bytes without zeros in front. */
function trimmed(bytes) {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at++;
  return copyOf(TypedArrayPrototypeSubarray(bytes, at));
}

function ask(what, curve, scalar, point, form) {
  return request(operations.POINT, what, curve, scalar, point, form);
}

class ECDHClass {
  #curve;
  #scalar;
  #point;
  // Whether the point is known to be the scalar's.
  #fits = false;

  constructor(curve) {
    this.#curve = checkCurve(curve);
  }

  generateKeys(encoding, format) {
    const { 0: scalar, 1: point } = unpack(ask('generate', this.#curve));
    this.#scalar = trimmed(scalar);
    this.#point = copyOf(point);
    this.#fits = true;
    return this.getPublicKey(encoding, format);
  }

  computeSecret(otherPublicKey, inputEncoding, outputEncoding) {
    const other = bytesOf(otherPublicKey, 'key', inputEncoding);
    const isPair = this.#scalar !== undefined && (this.#fits || same(this.#point, ask('public', this.#curve, this.#scalar)));
    if (!isPair) {
      throw failure('RangeError', 'ERR_CRYPTO_INVALID_KEYPAIR', 'Invalid key pair');
    }
    const secret = attempt(operations.POINT, 'agree', this.#curve, this.#scalar, other, this.#point);
    if (secret === undefined) throw nodeError('ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY');
    return encoded(secret, outputEncoding);
  }

  getPrivateKey(encoding) {
    if (this.#scalar === undefined) {
      throw failure('Error', 'ERR_CRYPTO_OPERATION_FAILED', 'Failed to get ECDH private key');
    }
    return encoded(copyOf(this.#scalar), encoding);
  }

  getPublicKey(encoding, format) {
    const form = checkForm(format);
    if (this.#point === undefined) {
      throw failure('Error', 'ERR_CRYPTO_OPERATION_FAILED', 'Failed to get ECDH public key');
    }
    const point = form === 'uncompressed' ? copyOf(this.#point) : ask('convert', this.#curve, undefined, this.#point, form);
    return encoded(point, encoding);
  }

  setPrivateKey(key, encoding) {
    const scalar = trimmed(bytesOf(key, 'key', encoding));
    this.#point = copyOf(ask('public', this.#curve, scalar));
    this.#scalar = scalar;
    this.#fits = true;
    return this;
  }

  setPublicKey(key, encoding) {
    const point = bytesOf(key, 'key', encoding);
    this.#point = copyOf(ask('convert', this.#curve, undefined, point, 'uncompressed'));
    this.#fits = false;
    return this;
  }
}

const ECDH = callable(ECDHClass, 'ECDH');

function convertKey(key, curve, inputEncoding, outputEncoding, format) {
  const point = bytesOf(key, 'key', inputEncoding);
  const name = checkCurve(curve);
  return encoded(ask('convert', name, undefined, point, checkForm(format)), outputEncoding);
}
primordials.ObjectDefineProperty(ECDH, 'convertKey', {
  __proto__: null, value: convertKey, writable: true, enumerable: true, configurable: true,
});

function createECDH(curve) {
  return new ECDH(curve);
}

module.exports = { ECDH, createECDH, encoded, getCurves, trimmed };
