// Algorithms as WebCrypto takes them: a name, or an object with a name and what the operation wants of it, each read
// once (Web Cryptography API, 18.4).
const { DOMException, Number, StringPrototypeToUpperCase, TypeError } = primordials;
const { copyOf, viewOf } = require('node/crypto/args');
const { failure } = require('node/crypto/host');
const { slotsOf } = require('web/crypto/cryptokey');
const webidl = require('internal/webidl');

const hashes = { __proto__: null, 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };
const symmetric = ['AES-CBC', 'AES-CTR', 'AES-GCM', 'AES-KW', 'HMAC', 'PBKDF2', 'HKDF'];
const asymmetric = ['RSA-OAEP', 'RSA-PSS', 'RSASSA-PKCS1-v1_5', 'ECDSA', 'ECDH', 'Ed25519', 'X25519'];

const names = { __proto__: null };
for (const name in hashes) names[name] = name;
for (let i = 0; i < symmetric.length; i++) names[symmetric[i]] = symmetric[i];
for (let i = 0; i < asymmetric.length; i++) names[StringPrototypeToUpperCase(asymmetric[i])] = asymmetric[i];
const isAsymmetric = (name) => primordials.ArrayPrototypeIncludes(asymmetric, name);

/** What an algorithm does; `undefined` for a hash. */
function handlerOf(name) {
  if (hashes[name] !== undefined) return undefined;
  const { handlers } = isAsymmetric(name) ? require('web/crypto/asymmetric') : require('web/crypto/symmetric');
  return handlers[name];
}

function notSupported() {
  return new DOMException('Unrecognized algorithm name', 'NotSupportedError');
}

function nameOf(given) {
  const written = typeof given === 'object' && given !== null ? given.name : given;
  if (typeof given === 'object' && given !== null && written === undefined) {
    const why = "Failed to normalize algorithm: passed algorithm can not be converted to 'Algorithm' because 'name' is required in 'Algorithm'.";
    throw failure('TypeError', 'ERR_MISSING_OPTION', why);
  }
  const name = names[StringPrototypeToUpperCase(webidl.text(written))];
  if (name === undefined) throw notSupported();
  return name;
}

function missing(member) {
  return failure('TypeError', 'ERR_MISSING_OPTION', "Failed to normalize algorithm: '" + member + "' is required.");
}

function integer(value, member, most) {
  const number = Number(value);
  const whole = primordials.MathTrunc(number);
  if (!primordials.NumberIsFinite(number) || whole < 0 || whole > most) {
    const why = "Failed to normalize algorithm: '" + member + "' is outside the expected range of 0 to " + most + '.';
    throw failure('TypeError', 'ERR_OUT_OF_RANGE', why);
  }
  return whole + 0;
}

function bytes(value, member) {
  const view = viewOf(value);
  if (view === undefined) {
    const why = "' is not instance of ArrayBuffer, Buffer, TypedArray, or DataView.";
    throw failure('TypeError', 'ERR_INVALID_ARG_TYPE', "Failed to normalize algorithm: '" + member + why);
  }
  return copyOf(view);
}

function cryptoKey(value, member) {
  if (slotsOf(value) !== undefined) return value;
  throw failure('TypeError', 'ERR_INVALID_ARG_TYPE', "Failed to normalize algorithm: '" + member + "' is not of type CryptoKey.");
}

function bigInteger(value, member) {
  if (bindings('buffer').kindOf(value) !== 1) throw new TypeError("'" + member + "' is not a Uint8Array");
  return copyOf(value);
}

const readers = {
  __proto__: null,
  hash: (value) => ({ __proto__: null, name: hashOf(value) }),
  bytes,
  string: (value) => webidl.text(value),
  ulong: (value, member) => integer(value, member, 4294967295),
  ushort: (value, member) => integer(value, member, 65535),
  octet: (value, member) => integer(value, member, 255),
  key: cryptoKey,
  bigint: bigInteger,
};

/** The name of a hash that an algorithm is used with. */
function hashOf(value) {
  const name = nameOf(value);
  if (hashes[name] === undefined) throw notSupported();
  return name;
}

/** An algorithm with the members that the operation wants. Throws NotSupportedError for one that does not have it. */
function normalize(given, operation) {
  const name = nameOf(given);
  const normalized = { __proto__: null, name };
  if (operation === 'digest') {
    if (hashes[name] === undefined) throw notSupported();
    return normalized;
  }
  const members = handlerOf(name)?.members[operation];
  if (members === undefined) throw notSupported();
  for (const member in members) {
    const kind = members[member];
    const optional = kind[kind.length - 1] === '?';
    const value = typeof given === 'object' && given !== null ? given[member] : undefined;
    if (value === undefined) {
      if (!optional) throw missing(member);
      continue;
    }
    normalized[member] = readers[optional ? primordials.StringPrototypeSlice(kind, 0, -1) : kind](value, member);
  }
  return normalized;
}

/** Whether an algorithm has an operation at all. */
function supports(given, operation) {
  return handlerOf(nameOf(given))?.members[operation] !== undefined;
}

/** A hash's name here, as crypto has it. */
const nodeHash = (name) => hashes[name];

module.exports = { handlerOf, nodeHash, normalize, supports };
