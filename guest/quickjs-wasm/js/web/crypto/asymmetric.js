// WebCrypto's algorithms with pairs of keys: RSA, ECDSA, ECDH, Ed25519, X25519. A failure of the host's is a DataError
// where a key is read, and an OperationError elsewhere; what the policy refuses stays what it is.
const {
  ArrayPrototypeIncludes,
  ArrayPrototypePush,
  DOMException,
  JSONParse,
  MathCeil,
  PromisePrototypeThen,
  StringPrototypeSlice,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSlice,
  Uint8Array,
} = primordials;
const { encode } = bindings('bytes');
const { attempt, requestLater, text, unpack } = require('node/crypto/host');
const { copyOf, textBytes } = require('node/crypto/args');
const { keyField } = require('node/crypto/keyobject');
const { described, operations, publicHandle } = require('node/crypto/keys');
const { newKey, slotsOf } = require('web/crypto/cryptokey');
const { nodeHash } = require('web/crypto/normalize');
const { checkOps, jwkText } = require('web/crypto/jwk');

const HEX = 6;
const lengthOf = TypedArrayPrototypeGetLength;
const dataError = (why = 'Invalid keyData') => new DOMException(why, 'DataError');
const operationError = (why = 'The operation failed for an operation-specific reason') =>
  new DOMException(why, 'OperationError');
const noFormat = (format) => new DOMException('Unable to use the format ' + format, 'NotSupportedError');

/** Usages that both halves of a pair have; the private one has to have some. */
function checkUsages(usages, { forPublic, forPrivate, kty, name }) {
  for (let i = 0; i < usages.length; i++) {
    if (!ArrayPrototypeIncludes(forPublic, usages[i]) && !ArrayPrototypeIncludes(forPrivate, usages[i])) {
      const key = kty === 'RSA' ? 'a RSA key' : 'an ' + name + ' key';
      throw new DOMException('Unsupported key usage for ' + key, 'SyntaxError');
    }
  }
}

/** The usages that are allowed, in the order of the standard. */
function common(usages, allowed) {
  const both = [];
  for (let i = 0; i < allowed.length; i++) if (ArrayPrototypeIncludes(usages, allowed[i])) ArrayPrototypePush(both, allowed[i]);
  return both;
}

function wellMade(operation, ...fields) {
  const answer = attempt(operation, ...fields);
  if (answer === undefined) throw operationError();
  return answer;
}

function read(wanted, format, type, bytes) {
  const answer = attempt(operations.READ, wanted, format, type, undefined, bytes);
  if (answer === undefined) throw dataError();
  return described(answer);
}

/** A pair of CryptoKeys out of the host's answer, or an OperationError. */
function pairLater(operation, fields, algorithm, extractable, usages, spec) {
  checkUsages(usages, spec);
  const privateUsages = common(usages, spec.forPrivate);
  if (privateUsages.length === 0) throw new DOMException('Usages cannot be empty when creating a key.', 'SyntaxError');
  const made = (answer) => {
    const { 0: privateHalf, 1: publicHalf } = unpack(answer);
    const publicKey = newKey({
      __proto__: null, type: 'public', extractable: true, algorithm, usages: common(usages, spec.forPublic),
      handle: described(publicHalf),
    });
    const privateKey = newKey({
      __proto__: null, type: 'private', extractable, algorithm, usages: privateUsages,
      handle: described(privateHalf),
    });
    return { publicKey, privateKey };
  };
  return PromisePrototypeThen(requestLater(operation, ...fields), made, (error) => {
    throw typeof error.code === 'string' ? operationError() : error;
  });
}

/** The handle of a key that comes in. `spec` says how: `raw` makes an SPKI of raw bytes, `kty` and `jwk` are for JWKs. */
function handleFor(format, data, algorithm, extractable, usages, spec) {
  let handle;
  if (format === 'spki') handle = read('public', 'der', 'spki', data);
  else if (format === 'pkcs8') handle = read('private', 'der', 'pkcs8', data);
  else if (format === 'jwk') handle = handleOfJwk(data, algorithm, extractable, usages, spec);
  else if (format === 'raw' && spec.raw !== undefined) handle = read('public', 'der', 'spki', spec.raw(data, algorithm));
  else throw noFormat(format);
  if (handle.info.kind !== spec.kind) throw dataError('Invalid key type');
  if (spec.kind === 'ec' && handle.info.namedCurve !== curves[algorithm.namedCurve]?.name) {
    throw dataError('Named curve mismatch');
  }
  const allowed = handle.type === 'public' ? spec.forPublic : spec.forPrivate;
  for (let i = 0; i < usages.length; i++) {
    if (!ArrayPrototypeIncludes(allowed, usages[i])) {
      throw new DOMException('Unsupported key usage for an ' + spec.name + ' key', 'SyntaxError');
    }
  }
  if (handle.type === 'private' && usages.length === 0) {
    throw new DOMException('Usages cannot be empty when importing a private key.', 'SyntaxError');
  }
  return handle;
}

function handleOfJwk(data, algorithm, extractable, usages, spec) {
  const jwk = jwkText(data);
  if (jwk.kty !== spec.kty) throw dataError('Invalid JWK "kty" Parameter');
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== spec.use) throw dataError('Invalid JWK "use" Parameter');
  checkOps(jwk.ops, usages);
  if (jwk.ext === false && extractable) throw dataError('JWK "ext" Parameter and extractable mismatch');
  spec.checkJwk(jwk, algorithm);
  return read(jwk.isPrivate ? 'private' : 'public', 'jwk', undefined, textBytes(jwk.text));
}

function importKey(format, data, algorithm, extractable, usages, spec) {
  const handle = handleFor(format, data, algorithm, extractable, usages, spec);
  const kept = spec.algorithmOf(algorithm, handle.info);
  const allowed = handle.type === 'public' ? spec.forPublic : spec.forPrivate;
  return newKey({ __proto__: null, type: handle.type, extractable, algorithm: kept, usages: common(usages, allowed), handle });
}

function exportKey(format, key, spec) {
  const { type, handle, algorithm, usages, extractable } = slotsOf(key);
  if (format === 'jwk') {
    const answer = wellMade(operations.EXPORT, keyField(handle), type, 'jwk', undefined, undefined, undefined);
    const jwk = JSONParse(text(answer));
    const ops = [];
    for (let i = 0; i < usages.length; i++) ops[i] = usages[i];
    const alg = spec.algOf(algorithm);
    if (alg !== undefined) jwk.alg = alg;
    jwk.key_ops = ops;
    jwk.ext = extractable;
    return jwk;
  }
  const wanted = format === 'spki' || format === 'raw' ? 'public' : format === 'pkcs8' ? 'private' : undefined;
  if (wanted === undefined || (format === 'raw' && spec.raw === undefined)) throw noFormat(format);
  if (type !== wanted) {
    const sort = format === 'pkcs8' ? 'a pkcs8 ' : 'a raw ';
    throw new DOMException('Unable to export ' + sort + spec.name + ' ' + type + ' key', 'InvalidAccessError');
  }
  if (format !== 'raw') return copyOf(handle.der);
  return TypedArrayPrototypeSlice(handle.der, lengthOf(handle.der) - spec.rawBytes(algorithm));
}

/** The functions that all of these algorithms have. */
function handler(spec, members, functions) {
  return {
    __proto__: null,
    members: { __proto__: null, ...members },
    importKey: (format, data, algorithm, extractable, usages) => importKey(format, data, algorithm, extractable, usages, spec),
    exportKey: (format, key) => exportKey(format, key, spec),
    ...functions,
  };
}

function expectType(key, type) {
  if (slotsOf(key).type !== type) throw new DOMException('Unable to use this key for that', 'InvalidAccessError');
}

function sign(key, data, digest, padding, saltLength) {
  expectType(key, 'private');
  return wellMade(
    operations.SIGN, keyField(slotsOf(key).handle), digest, padding, saltLength, 'raw', '0', undefined, data,
  );
}

function verify(key, signature, data, digest, padding, saltLength) {
  expectType(key, 'public');
  return wellMade(
    operations.VERIFY, keyField(slotsOf(key).handle), digest, padding, saltLength, 'raw', '0', undefined, data, signature,
  )[0] === 1;
}

// RSA

const RSA_ALGS = { __proto__: null, 'RSASSA-PKCS1-v1_5': 'RS', 'RSA-PSS': 'PS', 'RSA-OAEP': 'RSA-OAEP' };

function rsaAlg(name, hash) {
  const bits = StringPrototypeSlice(hash, 4);
  if (name === 'RSA-OAEP') return hash === 'SHA-1' ? 'RSA-OAEP' : 'RSA-OAEP-' + bits;
  return RSA_ALGS[name] + bits;
}

function exponentBytes(decimal) {
  const jwk = +decimal;
  const bytes = [];
  for (let rest = jwk; rest > 0; rest = (rest - (rest % 256)) / 256) ArrayPrototypePush(bytes, rest % 256);
  const made = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) made[i] = bytes[bytes.length - 1 - i];
  return made;
}

function exponentNumber(bytes) {
  let number = 0;
  for (let i = 0; i < lengthOf(bytes); i++) number = number * 256 + bytes[i];
  return number;
}

/** `size` in bits and the exponent's digits are those of the key. */
function rsaAlgorithm(name, hash, bits, exponent) {
  return {
    __proto__: null, name, modulusLength: bits, publicExponent: exponentBytes(exponent), hash: { __proto__: null, name: hash },
  };
}

function rsa(name, use, forPublic, forPrivate, members, functions) {
  const spec = {
    __proto__: null, name, kind: 'rsa', kty: 'RSA', use, forPublic, forPrivate, raw: undefined,
    checkJwk(jwk, { hash }) {
      if (jwk.alg !== undefined && jwk.alg !== rsaAlg(name, hash.name)) {
        throw dataError('JWK "alg" does not match the requested algorithm');
      }
    },
    algorithmOf: ({ hash }, info) => rsaAlgorithm(name, hash.name, info.modulusLength, info.publicExponent),
    algOf: ({ hash }) => rsaAlg(name, hash.name),
  };
  const generate = { modulusLength: 'ulong', publicExponent: 'bigint', hash: 'hash' };
  return handler(spec, { generateKey: generate, importKey: { hash: 'hash' }, ...members }, {
    generateKey({ modulusLength, publicExponent, hash }, extractable, usages) {
      checkUsages(usages, spec);
      const exponent = exponentNumber(publicExponent);
      if (exponent !== 3 && exponent !== 65537) throw operationError('The public exponent has to be 3 or 65537');
      const fields = ['rsa', modulusLength, exponent, undefined, undefined, undefined];
      const algorithm = rsaAlgorithm(name, hash.name, modulusLength, '' + exponent);
      return pairLater(operations.RSA_PAIR, fields, algorithm, extractable, usages, spec);
    },
    ...functions,
  });
}

const hashOf = (key) => nodeHash(slotsOf(key).algorithm.hash.name);
const PKCS1 = 1;
const OAEP = 4;
const PSS = 6;

function oaep(operation, { label }, key, data, type) {
  expectType(key, type);
  return wellMade(operation, keyField(slotsOf(key).handle), OAEP, hashOf(key), label, data);
}

// Curves

/** By WebCrypto's names: OpenSSL's name, the bytes of a point, and the SPKI before one. */
const curves = {
  __proto__: null,
  'P-256': { name: 'prime256v1', point: 65, head: '3059301306072a8648ce3d020106082a8648ce3d030107034200' },
  'P-384': { name: 'secp384r1', point: 97, head: '3076301006072a8648ce3d020106052b81040022036200' },
  'P-521': { name: 'secp521r1', point: 133, head: '30819b301006072a8648ce3d020106052b8104002303818600' },
};
const OKP_HEADS = { __proto__: null, Ed25519: '302a300506032b6570032100', X25519: '302a300506032b656e032100' };
const OKP_BYTES = 32;
const ECDSA_ALGS = { __proto__: null, 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' };

function behind(head, data) {
  const prefix = new Uint8Array(encode(head, HEX));
  const whole = new Uint8Array(lengthOf(prefix) + lengthOf(data));
  TypedArrayPrototypeSet(whole, prefix, 0);
  TypedArrayPrototypeSet(whole, data, lengthOf(prefix));
  return whole;
}

function checkCurve({ namedCurve }) {
  if (curves[namedCurve] === undefined) throw new DOMException('Unrecognized namedCurve', 'NotSupportedError');
}

function elliptic(name, use, forPublic, forPrivate, members, functions) {
  const spec = {
    __proto__: null, name, kind: 'ec', kty: 'EC', use, forPublic, forPrivate,
    raw(data, { namedCurve }) {
      const { name: curve, point, head } = curves[namedCurve];
      const compressed = lengthOf(data) === (point + 1) / 2 && (data[0] === 2 || data[0] === 3);
      const whole = compressed ? attempt(operations.POINT, 'convert', curve, undefined, data, 'uncompressed') : data;
      if (whole === undefined || lengthOf(whole) !== point || whole[0] !== 4) throw dataError();
      return behind(head, whole);
    },
    rawBytes: ({ namedCurve }) => curves[namedCurve].point,
    checkJwk(jwk, { namedCurve }) {
      if (jwk.crv !== namedCurve) throw dataError('JWK "crv" does not match the requested algorithm');
      if (name === 'ECDSA' && jwk.alg !== undefined && jwk.alg !== ECDSA_ALGS[namedCurve]) {
        throw dataError('JWK "alg" does not match the requested algorithm');
      }
    },
    algorithmOf: ({ namedCurve }) => ({ __proto__: null, name, namedCurve }),
    algOf: () => undefined,
  };
  const made = handler(spec, { generateKey: { namedCurve: 'string' }, importKey: { namedCurve: 'string' }, ...members }, {
    generateKey(algorithm, extractable, usages) {
      checkCurve(algorithm);
      const { namedCurve } = algorithm;
      const kept = spec.algorithmOf(algorithm);
      return pairLater(operations.PAIR, ['ec', curves[namedCurve].name], kept, extractable, usages, spec);
    },
    ...functions,
  });
  const imported = made.importKey;
  made.importKey = (format, data, algorithm, extractable, usages) => {
    checkCurve(algorithm);
    return imported(format, data, algorithm, extractable, usages);
  };
  return made;
}

function okp(name, kind, use, forPublic, forPrivate, members, functions) {
  const spec = {
    __proto__: null, name, kind, kty: 'OKP', use, forPublic, forPrivate,
    raw(data) {
      if (lengthOf(data) !== OKP_BYTES) throw dataError();
      return behind(OKP_HEADS[name], data);
    },
    rawBytes: () => OKP_BYTES,
    checkJwk(jwk) {
      if (jwk.crv !== name) throw dataError('JWK "crv" Parameter and algorithm name mismatch');
      if (name === 'Ed25519' && jwk.alg !== undefined && jwk.alg !== 'EdDSA' && jwk.alg !== 'Ed25519') {
        throw dataError('JWK "alg" does not match the requested algorithm');
      }
    },
    algorithmOf: () => ({ __proto__: null, name }),
    algOf: () => (name === 'Ed25519' ? name : undefined),
  };
  return handler(spec, { generateKey: {}, importKey: {}, ...members }, {
    generateKey: (algorithm, extractable, usages) =>
      pairLater(operations.PAIR, [kind, undefined], spec.algorithmOf(), extractable, usages, spec),
    ...functions,
  });
}

/** The secret of a private key and the public one in the algorithm, or its first so many bits. */
function deriveBits({ public: other }, key, length) {
  const mine = slotsOf(key);
  const theirs = slotsOf(other);
  expectType(key, 'private');
  if (theirs.type !== 'public') throw new DOMException('algorithm.public must be a public key', 'InvalidAccessError');
  if (theirs.algorithm.name !== mine.algorithm.name || theirs.algorithm.namedCurve !== mine.algorithm.namedCurve) {
    throw new DOMException('The public and private keys must be of the same type', 'InvalidAccessError');
  }
  const secret = wellMade(operations.AGREE, keyField(mine.handle), keyField(publicHandle(theirs.handle)));
  if (length === null) return copyOf(secret);
  if (length > lengthOf(secret) * 8) throw operationError('derived bit length is too small');
  const bits = TypedArrayPrototypeSlice(secret, 0, MathCeil(length / 8));
  if (length % 8 !== 0) bits[lengthOf(bits) - 1] &= 0xff << (8 - (length % 8));
  return bits;
}

const SIGNS = [['verify'], ['sign']];
const DERIVES = [[], ['deriveKey', 'deriveBits']];

module.exports = {
  handlers: {
    __proto__: null,
    'RSASSA-PKCS1-v1_5': rsa('RSASSA-PKCS1-v1_5', 'sig', ...SIGNS, { sign: {}, verify: {} }, {
      sign: (algorithm, key, data) => sign(key, data, hashOf(key), PKCS1),
      verify: (algorithm, key, signature, data) => verify(key, signature, data, hashOf(key), PKCS1),
    }),
    'RSA-PSS': rsa('RSA-PSS', 'sig', ...SIGNS, { sign: { saltLength: 'ulong' }, verify: { saltLength: 'ulong' } }, {
      sign: ({ saltLength }, key, data) => sign(key, data, hashOf(key), PSS, saltLength),
      verify: ({ saltLength }, key, signature, data) => verify(key, signature, data, hashOf(key), PSS, saltLength),
    }),
    'RSA-OAEP': rsa('RSA-OAEP', 'enc', ['encrypt', 'wrapKey'], ['decrypt', 'unwrapKey'], {
      encrypt: { label: 'bytes?' }, decrypt: { label: 'bytes?' },
    }, {
      encrypt: (algorithm, key, data) => oaep(operations.ENCRYPT, algorithm, key, data, 'public'),
      decrypt: (algorithm, key, data) => oaep(operations.DECRYPT, algorithm, key, data, 'private'),
    }),
    ECDSA: elliptic('ECDSA', 'sig', ...SIGNS, { sign: { hash: 'hash' }, verify: { hash: 'hash' } }, {
      sign: ({ hash }, key, data) => sign(key, data, nodeHash(hash.name)),
      verify: ({ hash }, key, signature, data) => verify(key, signature, data, nodeHash(hash.name)),
    }),
    ECDH: elliptic('ECDH', 'enc', ...DERIVES, { deriveBits: { public: 'key' } }, { deriveBits }),
    Ed25519: okp('Ed25519', 'ed25519', 'sig', ...SIGNS, { sign: {}, verify: {} }, {
      sign: (algorithm, key, data) => sign(key, data),
      verify: (algorithm, key, signature, data) => verify(key, signature, data),
    }),
    X25519: okp('X25519', 'x25519', 'enc', ...DERIVES, { deriveBits: { public: 'key' } }, { deriveBits }),
  },
};
