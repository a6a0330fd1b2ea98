// `TextEncoder`, by the Encoding Standard.
const { ObjectDefineProperties, String, SymbolFor, SymbolToStringTag, Uint8Array } = primordials;
const { kindOf } = bindings('buffer');
const { encode, encodeInto, isDetached } = bindings('bytes');

const UTF8 = 0;

/** A string of Web IDL: a symbol is none. */
const text = (value) => (typeof value === 'symbol' ? value + '' : String(value));

class TextEncoder {
  #own = true;

  static #check(value) {
    if (typeof value !== 'object' || value === null || !(#own in value)) throw nodeError('ERR_INVALID_THIS', 'TextEncoder');
  }

  get encoding() {
    TextEncoder.#check(this);
    return 'utf-8';
  }

  encode(input = '') {
    TextEncoder.#check(this);
    return new Uint8Array(encode(text(input), UTF8));
  }

  encodeInto(source, destination) {
    TextEncoder.#check(this);
    if (arguments.length < 2) throw nodeError('ERR_MISSING_ARGS', 'src', 'dest');
    const string = text(source);
    if (kindOf(destination) !== 1) throw nodeError('ERR_INVALID_ARG_TYPE', 'dest', 'Uint8Array', destination);
    if (isDetached(destination)) return { read: 0, written: 0 };
    const counts = encodeInto(destination, string);
    return { read: counts[0], written: counts[1] };
  }

  [SymbolFor('nodejs.util.inspect.custom')](depth, options, inspect = undefined) {
    TextEncoder.#check(this);
    const shown = { encoding: 'utf-8' };
    return typeof inspect === 'function' ? inspect(shown, options) : shown;
  }
}

const shown = { __proto__: null, enumerable: true };
ObjectDefineProperties(TextEncoder.prototype, {
  __proto__: null,
  encoding: shown,
  encode: shown,
  encodeInto: shown,
  [SymbolToStringTag]: { __proto__: null, value: 'TextEncoder', configurable: true },
});

module.exports = { TextEncoder };
