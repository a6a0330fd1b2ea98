// SubtleCrypto: checks keys and their usages, and leaves the rest to the algorithms (symmetric.js, asymmetric.js). What
// it returns is awaited first: to return a promise would be to call its `then`, which a guest can replace.
const {
  ArrayIsArray,
  ArrayPrototypeIncludes,
  ArrayPrototypePush,
  DOMException,
  JSONParse,
  JSONStringify,
  ObjectCreate,
  SymbolIterator,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetLength,
  Uint8Array,
} = primordials;
const { decode, encode } = bindings('bytes');
const { copyOf, viewOf } = require('node/crypto/args');
const { failure } = require('node/crypto/host');
const { expose, text } = require('internal/webidl');
const { handlerOf, nodeHash, normalize, supports } = require('web/crypto/normalize');
const { slotsOf } = require('web/crypto/cryptokey');

const UTF8 = 0;
const USAGES = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey'];
const FORMATS = ['raw', 'pkcs8', 'spki', 'jwk'];

let subtle;

const ordinal = ['1st', '2nd', '3rd', '4th', '5th', '6th', '7th'];
const failed = (method) => "Failed to execute '" + method + "' on 'SubtleCrypto': ";

function begin(self, method, given, wanted) {
  if (self !== subtle) throw nodeError('ERR_INVALID_THIS', 'SubtleCrypto');
  if (given < wanted) {
    throw failure('TypeError', 'ERR_MISSING_ARGS', failed(method) + wanted + ' arguments required, but only ' + given + ' present.');
  }
}

function bytesArgument(method, at, value) {
  const view = viewOf(value);
  if (view !== undefined) return copyOf(view);
  const why = ' argument is not instance of ArrayBuffer, Buffer, TypedArray, or DataView.';
  throw failure('TypeError', 'ERR_INVALID_ARG_TYPE', failed(method) + ordinal[at] + why);
}

function keyArgument(method, at, value) {
  const slots = slotsOf(value);
  if (slots !== undefined) return slots;
  throw failure('TypeError', 'ERR_INVALID_ARG_TYPE', failed(method) + ordinal[at] + ' argument is not of type CryptoKey.');
}

function formatArgument(method, at, value) {
  const format = text(value);
  if (ArrayPrototypeIncludes(FORMATS, format)) return format;
  const why = " argument value '" + format + "' is not a valid enum value of type KeyFormat.";
  throw failure('TypeError', 'ERR_INVALID_ARG_VALUE', failed(method) + ordinal[at] + why);
}

/** A sequence of usages, each once. */
function usagesArgument(method, at, value) {
  const usages = [];
  const iterate = typeof value === 'object' && value !== null ? value[SymbolIterator] : undefined;
  if (typeof iterate !== 'function') {
    throw failure('TypeError', 'ERR_INVALID_ARG_TYPE', failed(method) + ordinal[at] + ' argument can not be converted to sequence.');
  }
  let index = 0;
  for (const each of value) {
    const usage = text(each);
    if (!ArrayPrototypeIncludes(USAGES, usage)) {
      const why = ' argument, index ' + index + " value '" + usage + "' is not a valid enum value of type KeyUsage.";
      throw failure('TypeError', 'ERR_INVALID_ARG_VALUE', failed(method) + ordinal[at] + why);
    }
    if (!ArrayPrototypeIncludes(usages, usage)) ArrayPrototypePush(usages, usage);
    index++;
  }
  return usages;
}

function checkUse(slots, algorithm, usage) {
  if (slots.algorithm.name !== algorithm.name || !ArrayPrototypeIncludes(slots.usages, usage)) {
    throw new DOMException('The requested operation is not valid for the provided key', 'InvalidAccessError');
  }
}

/** Bytes as the web gives them: an ArrayBuffer of their own. */
function bufferOf(bytes) {
  const buffer = TypedArrayPrototypeGetBuffer(bytes);
  const whole = TypedArrayPrototypeGetLength(bytes) === primordials.ArrayBufferPrototypeGetByteLength(buffer);
  return whole ? buffer : TypedArrayPrototypeGetBuffer(copyOf(bytes));
}

/** Raw keys and encoded ones are bytes; a JWK is an object whose members the algorithm reads. */
function keyData(method, at, format, value) {
  if (format !== 'jwk') return bytesArgument(method, at, value);
  if (typeof value !== 'object' || value === null || viewOf(value) !== undefined) throw new DOMException('Invalid keyData', 'DataError');
  return value;
}

async function importWith(algorithm, format, data, extractable, usages) {
  const key = await handlerOf(algorithm.name).importKey(format, data, algorithm, extractable, usages);
  const { type } = slotsOf(key);
  if ((type === 'secret' || type === 'private') && usages.length === 0) {
    throw new DOMException('Usages cannot be empty when importing a ' + type + ' key.', 'SyntaxError');
  }
  return key;
}

function exportWith(format, key, slots) {
  if (!slots.extractable) throw new DOMException('key is not extractable', 'InvalidAccessError');
  return handlerOf(slots.algorithm.name).exportKey(format, key);
}

async function derive(algorithm, slots, key, length, usage) {
  if (!ArrayPrototypeIncludes(slots.usages, usage)) {
    throw new DOMException('baseKey does not have ' + usage + ' usage', 'InvalidAccessError');
  }
  if (slots.algorithm.name !== algorithm.name) throw new DOMException('Key algorithm mismatch', 'InvalidAccessError');
  return await handlerOf(algorithm.name).deriveBits(algorithm, key, length);
}

async function changed(method, usage, given) {
  const { 0: algorithmGiven, 1: keyGiven, 2: dataGiven } = given;
  const slots = keyArgument(method, 1, keyGiven);
  const data = bytesArgument(method, 2, dataGiven);
  const algorithm = normalize(algorithmGiven, method);
  checkUse(slots, algorithm, usage);
  return bufferOf(await handlerOf(algorithm.name)[method](algorithm, keyGiven, data));
}

class SubtleCrypto {
  constructor() {
    throw nodeError('ERR_ILLEGAL_CONSTRUCTOR');
  }

  async encrypt(algorithm, key, data) {
    begin(this, 'encrypt', arguments.length, 3);
    return await changed('encrypt', 'encrypt', arguments);
  }

  async decrypt(algorithm, key, data) {
    begin(this, 'decrypt', arguments.length, 3);
    return await changed('decrypt', 'decrypt', arguments);
  }

  async sign(algorithm, key, data) {
    begin(this, 'sign', arguments.length, 3);
    return await changed('sign', 'sign', arguments);
  }

  async verify(algorithm, key, signature, data) {
    begin(this, 'verify', arguments.length, 4);
    const slots = keyArgument('verify', 1, key);
    const signed = bytesArgument('verify', 2, signature);
    const bytes = bytesArgument('verify', 3, data);
    const normalized = normalize(algorithm, 'verify');
    checkUse(slots, normalized, 'verify');
    return await handlerOf(normalized.name).verify(normalized, key, signed, bytes);
  }

  async digest(algorithm, data) {
    begin(this, 'digest', arguments.length, 2);
    const bytes = bytesArgument('digest', 1, data);
    const { name } = normalize(algorithm, 'digest');
    return bufferOf(require('node/crypto/hashes').digestOf(nodeHash(name), bytes));
  }

  async generateKey(algorithm, extractable, keyUsages) {
    begin(this, 'generateKey', arguments.length, 3);
    const usages = usagesArgument('generateKey', 2, keyUsages);
    const normalized = normalize(algorithm, 'generateKey');
    const made = await handlerOf(normalized.name).generateKey(normalized, !!extractable, usages);
    const slots = slotsOf(made) ?? slotsOf(made.privateKey);
    if (slots.usages.length === 0) throw new DOMException('Usages cannot be empty when creating a key.', 'SyntaxError');
    return made;
  }

  async deriveBits(algorithm, baseKey, length) {
    begin(this, 'deriveBits', arguments.length, 3);
    const slots = keyArgument('deriveBits', 1, baseKey);
    const bits = length === null ? null : primordials.Number(length) >>> 0;
    const normalized = normalize(algorithm, 'deriveBits');
    return bufferOf(await derive(normalized, slots, baseKey, bits, 'deriveBits'));
  }

  async deriveKey(algorithm, baseKey, derivedKeyAlgorithm, extractable, keyUsages) {
    begin(this, 'deriveKey', arguments.length, 5);
    const slots = keyArgument('deriveKey', 1, baseKey);
    const usages = usagesArgument('deriveKey', 4, keyUsages);
    const normalized = normalize(algorithm, 'deriveBits');
    const imported = normalize(derivedKeyAlgorithm, 'importKey');
    const sized = normalize(derivedKeyAlgorithm, 'keyLength');
    const bits = handlerOf(sized.name).keyLength(sized);
    const bytes = await derive(normalized, slots, baseKey, bits, 'deriveKey');
    return await importWith(imported, 'raw', bytes, !!extractable, usages);
  }

  async importKey(format, keyDataGiven, algorithm, extractable, keyUsages) {
    begin(this, 'importKey', arguments.length, 4);
    const form = formatArgument('importKey', 0, format);
    const usages = usagesArgument('importKey', 4, keyUsages);
    const data = keyData('importKey', 1, form, keyDataGiven);
    return await importWith(normalize(algorithm, 'importKey'), form, data, !!extractable, usages);
  }

  async exportKey(format, key) {
    begin(this, 'exportKey', arguments.length, 2);
    const form = formatArgument('exportKey', 0, format);
    const slots = keyArgument('exportKey', 1, key);
    const exported = await exportWith(form, key, slots);
    return form === 'jwk' ? exported : bufferOf(exported);
  }

  async wrapKey(format, key, wrappingKey, wrapAlgorithm) {
    begin(this, 'wrapKey', arguments.length, 4);
    const form = formatArgument('wrapKey', 0, format);
    const slots = keyArgument('wrapKey', 1, key);
    const wrapping = keyArgument('wrapKey', 2, wrappingKey);
    const operation = supports(wrapAlgorithm, 'wrapKey') ? 'wrapKey' : 'encrypt';
    const algorithm = normalize(wrapAlgorithm, operation);
    checkUse(wrapping, algorithm, 'wrapKey');
    const exported = await exportWith(form, key, slots);
    const bytes = form === 'jwk' ? jwkBytes(exported, operation === 'wrapKey') : exported;
    return bufferOf(await handlerOf(algorithm.name)[operation](algorithm, wrappingKey, bytes));
  }

  async unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages) {
    begin(this, 'unwrapKey', arguments.length, 7);
    const form = formatArgument('unwrapKey', 0, format);
    const wrapped = bytesArgument('unwrapKey', 1, wrappedKey);
    const unwrapping = keyArgument('unwrapKey', 2, unwrappingKey);
    const usages = usagesArgument('unwrapKey', 6, keyUsages);
    const operation = supports(unwrapAlgorithm, 'unwrapKey') ? 'unwrapKey' : 'decrypt';
    const algorithm = normalize(unwrapAlgorithm, operation);
    const imported = normalize(unwrappedKeyAlgorithm, 'importKey');
    checkUse(unwrapping, algorithm, 'unwrapKey');
    const bytes = await handlerOf(algorithm.name)[operation](algorithm, unwrappingKey, wrapped);
    return await importWith(imported, form, form === 'jwk' ? jwkOf(bytes) : bytes, !!extractable, usages);
  }
}

/** A JWK as text. AES-KW takes blocks of eight bytes, which spaces fill up. */
function jwkBytes(jwk, inBlocks) {
  let written = JSONStringify(jwk);
  while (inBlocks && written.length % 8 !== 0) written += ' ';
  return new Uint8Array(encode(written, UTF8));
}

function jwkOf(bytes) {
  let jwk;
  try {
    jwk = JSONParse(decode(bytes, 0, undefined, UTF8, false));
  } catch {
    jwk = undefined;
  }
  if (typeof jwk !== 'object' || jwk === null || ArrayIsArray(jwk)) throw new DOMException('Invalid wrapped JWK key', 'DataError');
  return jwk;
}

expose(SubtleCrypto, 'SubtleCrypto');
subtle = ObjectCreate(SubtleCrypto.prototype);

module.exports = { SubtleCrypto, subtle };
