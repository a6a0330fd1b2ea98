// CryptoKey of the Web Cryptography API. What a key is made of is kept beside the object, as that of a KeyObject is.
const { ArrayPrototypeSlice, ObjectFreeze, ObjectKeys } = primordials;
const { expose } = require('internal/webidl');

/** What is behind a CryptoKey: type, extractable, algorithm, usages, handle; `undefined` for what is none. */
let slotsOf;

// What newKey hands to the constructor; nobody else has it.
let making;

class CryptoKey {
  #slots;
  #shown = { __proto__: null, algorithm: undefined, usages: undefined };

  constructor() {
    if (making === undefined) throw nodeError('ERR_ILLEGAL_CONSTRUCTOR');
    this.#slots = making;
    making = undefined;
  }

  get type() {
    return this.#slots.type;
  }

  get extractable() {
    return this.#slots.extractable;
  }

  get algorithm() {
    return (this.#shown.algorithm ??= shownOf(this.#slots.algorithm));
  }

  get usages() {
    return (this.#shown.usages ??= ArrayPrototypeSlice(this.#slots.usages));
  }

  static {
    slotsOf = (key) => (typeof key === 'object' && key !== null && #slots in key ? key.#slots : undefined);
  }
}
expose(CryptoKey, 'CryptoKey');

/** A copy for guest code, which may do to it what it likes. */
function shownOf(algorithm) {
  const shown = {};
  const keys = ObjectKeys(algorithm);
  for (let i = 0; i < keys.length; i++) {
    const value = algorithm[keys[i]];
    const nested = typeof value === 'object' && value !== null && keys[i] === 'hash';
    shown[keys[i]] = nested ? { name: value.name } : value;
  }
  return shown;
}

/** A CryptoKey. `usages` are in the order of the standard, each once. */
function newKey({ type, extractable, algorithm, usages, handle }) {
  making = ObjectFreeze({ __proto__: null, type, extractable, algorithm, usages, handle });
  try {
    return new CryptoKey();
  } finally {
    making = undefined;
  }
}

// structuredClone makes another key of the same.
require('internal/platform').register((value) => slotsOf(value) !== undefined, (value) => newKey(slotsOf(value)));

module.exports = { CryptoKey, newKey, slotsOf };
