// What crypto asks of the host (host/capabilities/crypto): permits, and everything that the guest does not compute
// itself. A payload is a row of fields, each its length and its bytes; an answer begins with how it went.
const {
  ArrayPrototypePush,
  DOMException,
  Error,
  ObjectDefineProperty,
  RangeError,
  ReflectApply,
  TypeError,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetLength,
  Uint8Array,
} = primordials;
const { call, start, text } = bindings('host');
const { pack: packed } = bindings('digest');

// Operations of the host (ABI.md).
const CRYPTO_ASK = 32;
const CRYPTO_DIGEST = 33;
const CRYPTO_HASH_OPEN = 34;
const CRYPTO_HASH_DATA = 35;
const CRYPTO_HASH_END = 36;
const CRYPTO_HASH_COPY = 37;
const CRYPTO_CIPHER_OPEN = 38;
const CRYPTO_CIPHER_DATA = 39;
const CRYPTO_CIPHER_END = 40;
const CRYPTO_CIPHER_ONCE = 41;
const CRYPTO_PBKDF2 = 42;
const CRYPTO_SCRYPT = 43;
const CRYPTO_HKDF = 44;
const CRYPTO_RANDOM = 45;
const CRYPTO_KEY = 46;
const CRYPTO_WRAP = 47;
const operations = {
  __proto__: null,
  ASK: CRYPTO_ASK,
  DIGEST: CRYPTO_DIGEST,
  HASH_OPEN: CRYPTO_HASH_OPEN,
  HASH_DATA: CRYPTO_HASH_DATA,
  HASH_END: CRYPTO_HASH_END,
  HASH_COPY: CRYPTO_HASH_COPY,
  CIPHER_OPEN: CRYPTO_CIPHER_OPEN,
  CIPHER_DATA: CRYPTO_CIPHER_DATA,
  CIPHER_END: CRYPTO_CIPHER_END,
  CIPHER_ONCE: CRYPTO_CIPHER_ONCE,
  PBKDF2: CRYPTO_PBKDF2,
  SCRYPT: CRYPTO_SCRYPT,
  HKDF: CRYPTO_HKDF,
  RANDOM: CRYPTO_RANDOM,
  KEY: CRYPTO_KEY,
  WRAP: CRYPTO_WRAP,
};

const LENGTH_BYTES = 4;
const ABSENT = 0xffffffff;
const FAILED = 1;

function writeU32(bytes, at, value) {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

function readU32(bytes, at) {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

/** A row of fields as an array buffer: bytes, text, whole numbers, and `undefined` for one that is absent. */
const pack = (fields) => ReflectApply(packed, undefined, fields);

/** The fields of an answer. */
function unpack(bytes) {
  const fields = [];
  const end = TypedArrayPrototypeGetLength(bytes);
  const buffer = TypedArrayPrototypeGetBuffer(bytes);
  const offset = primordials.TypedArrayPrototypeGetByteOffset(bytes);
  for (let at = 0; at < end; ) {
    const length = readU32(bytes, at);
    at += LENGTH_BYTES;
    if (length === ABSENT) {
      ArrayPrototypePush(fields, undefined);
      continue;
    }
    ArrayPrototypePush(fields, new Uint8Array(buffer, offset + at, length));
    at += length;
  }
  return fields;
}

function own(error, key, value) {
  ObjectDefineProperty(error, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

/** An error as the part of Node makes it that is no JavaScript: a class, a message, and a code if there is one. Any other
 * `kind` is the name of a DOMException. */
function failure(kind, code, message, library = '', reason = '') {
  const Class = kind === 'Error' ? Error : kind === 'TypeError' ? TypeError : kind === 'RangeError' ? RangeError : undefined;
  if (Class === undefined) return new DOMException(message, kind);
  const error = new Class(message);
  if (library !== '') own(error, 'library', library);
  if (reason !== '') own(error, 'reason', reason);
  if (code !== '') own(error, 'code', code);
  return error;
}

function opened(answer) {
  const body = new Uint8Array(TypedArrayPrototypeGetBuffer(answer), 1, TypedArrayPrototypeGetLength(answer) - 1);
  if (answer[0] !== FAILED) return body;
  const fields = unpack(body);
  throw failure(text(fields[0]), text(fields[1]), text(fields[2]), text(fields[3]), text(fields[4]));
}

/** The answer to a call; throws what failed, as Node does, and what the policy refused. */
function request(operation, ...fields) {
  return opened(call(operation, pack(fields)));
}

/** The same of a payload that was made elsewhere. */
function requestRaw(operation, payload) {
  return opened(call(operation, payload));
}

/** The same two, but `undefined` for what failed. */
function attempt(operation, ...fields) {
  return attemptRaw(operation, pack(fields));
}

function attemptRaw(operation, payload) {
  const answer = call(operation, payload);
  return answer[0] === FAILED ? undefined : opened(answer);
}

/** A promise of the answer. */
async function requestLater(operation, ...fields) {
  return opened(await start(operation, pack(fields)));
}

const permitted = { __proto__: null };

/** Throws where the policy does not allow an operation with an algorithm; it is asked once for each. */
function ask(operation, algorithm, key) {
  const asked = operation + ' ' + algorithm + ' ' + key;
  if (permitted[asked] === true) return;
  request(operations.ASK, operation, algorithm, key);
  permitted[asked] = true;
}

/** OpenSSL's own errors, as Node tells them. */
function ossl(code, number, library, reason) {
  return failure('Error', 'ERR_OSSL_' + code, 'error:' + number + ':' + library + '::' + reason, library, reason);
}

module.exports = {
  ask, attempt, attemptRaw, failure, operations, ossl, pack, readU32, request, requestLater, requestRaw, text, unpack, writeU32,
};
