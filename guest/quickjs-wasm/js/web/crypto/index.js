// The global `crypto`. Its two functions of chance need no grant; what `subtle` does is for the policy to grant.
const {
  DOMException,
  NumberPrototypeToString,
  ObjectCreate,
  StringPrototypeSlice,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  Uint8Array,
} = primordials;
const { call } = bindings('host');
const { copy } = bindings('bytes');
const { expose } = require('internal/webidl');

const RANDOM_BYTES = 2;
const QUOTA_BYTES = 65536;
const integerArrays = {
  __proto__: null, Int8Array: true, Uint8Array: true, Uint8ClampedArray: true, Int16Array: true, Uint16Array: true,
  Int32Array: true, Uint32Array: true, BigInt64Array: true, BigUint64Array: true,
};

// What makes the one Crypto that there is.
let crypto;

function check(value) {
  if (value !== crypto) throw nodeError('ERR_INVALID_THIS', 'Crypto');
}

const random = (length) => call(RANDOM_BYTES, '' + length);

class Crypto {
  constructor() {
    throw nodeError('ERR_ILLEGAL_CONSTRUCTOR');
  }

  get subtle() {
    check(this);
    return require('web/crypto/subtle').subtle;
  }

  getRandomValues(array) {
    check(this);
    const kind = typeof array === 'object' && array !== null ? tagOf(array) : undefined;
    if (kind === undefined || integerArrays[kind] !== true) {
      throw new DOMException('The data argument must be an integer-type TypedArray', 'TypeMismatchError');
    }
    const length = TypedArrayPrototypeGetByteLength(array);
    if (length > QUOTA_BYTES) throw new DOMException('The requested length exceeds 65,536 bytes', 'QuotaExceededError');
    if (length > 0) {
      const bytes = new Uint8Array(TypedArrayPrototypeGetBuffer(array), TypedArrayPrototypeGetByteOffset(array), length);
      copy(bytes, random(length), 0, 0, length);
    }
    return array;
  }

  randomUUID(options) {
    check(this);
    if (options !== undefined) require('node/crypto/random').checkUuidOptions(options);
    return uuidOf(random(16));
  }
}

function tagOf(array) {
  return TypedArrayPrototypeGetSymbolToStringTag(array);
}

/** A UUID of version 4 (RFC 9562) of sixteen random bytes. */
function uuidOf(bytes) {
  let uuid = '';
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) uuid += '-';
    uuid += StringPrototypeSlice(NumberPrototypeToString(bytes[i] + 256, 16), 1);
  }
  return uuid;
}

expose(Crypto, 'Crypto');
crypto = ObjectCreate(Crypto.prototype);

module.exports = {
  Crypto,
  crypto,
  uuidOf,
  getRandomValues: (array) => crypto.getRandomValues(array),
  get subtle() {
    return crypto.subtle;
  },
  get CryptoKey() {
    return require('web/crypto/cryptokey').CryptoKey;
  },
  get SubtleCrypto() {
    return require('web/crypto/subtle').SubtleCrypto;
  },
};
