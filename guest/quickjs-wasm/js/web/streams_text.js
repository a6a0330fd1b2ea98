// TextEncoderStream and TextDecoderStream: the codecs of TextEncoder and TextDecoder around a TransformStream.
const {
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  StringPrototypeCharCodeAt,
  StringPrototypeSlice,
  Uint8Array,
} = primordials;
const { expose, text } = require('internal/webidl');
const { TransformStream } = require('web/streams');

// The decoders are modules of their own, which are loaded with the first TextDecoderStream.
const DECODER = 'web/encoding/decoder';
const UTF8 = 0;
const { encode } = bindings('bytes');

const getter = (Class, name) => {
  const { get } = ReflectGetOwnPropertyDescriptor(Class.prototype, name);
  return (value) => ReflectApply(get, value, []);
};
const readableOf = getter(TransformStream, 'readable');
const writableOf = getter(TransformStream, 'writable');

class TextEncoderStream {
  #transform;

  constructor() {
    // The first half of a pair whose second half is in the next chunk.
    let pending = '';
    this.#transform = new TransformStream({
      __proto__: null,
      transform(chunk, controller) {
        let content = pending + text(chunk);
        pending = '';
        const last = content.length === 0 ? 0 : StringPrototypeCharCodeAt(content, content.length - 1);
        if (last >= 0xd800 && last < 0xdc00) {
          pending = StringPrototypeSlice(content, -1);
          content = StringPrototypeSlice(content, 0, -1);
        }
        if (content.length > 0) controller.enqueue(new Uint8Array(encode(content, UTF8)));
      },
      flush(controller) {
        if (pending !== '') controller.enqueue(new Uint8Array(encode(pending, UTF8)));
      },
    });
  }

  get encoding() {
    TextEncoderStream.#of(this);
    return 'utf-8';
  }

  get readable() {
    return readableOf(TextEncoderStream.#of(this));
  }

  get writable() {
    return writableOf(TextEncoderStream.#of(this));
  }

  static #of(value) {
    if (value === null || typeof value !== 'object' || !(#transform in value)) throw nodeError('ERR_INVALID_THIS', 'TextEncoderStream');
    return value.#transform;
  }
}

class TextDecoderStream {
  #decoder;
  #transform;

  constructor(encoding = 'utf-8', options = undefined) {
    const { TextDecoder } = require(DECODER);
    const { decode } = TextDecoder.prototype;
    const decoder = new TextDecoder(encoding, options);
    this.#decoder = decoder;
    this.#transform = new TransformStream({
      __proto__: null,
      transform(chunk, controller) {
        if (chunk === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'chunk', ['ArrayBuffer', 'ArrayBufferView'], chunk);
        const content = ReflectApply(decode, decoder, [chunk, { __proto__: null, stream: true }]);
        if (content.length > 0) controller.enqueue(content);
      },
      flush(controller) {
        const content = ReflectApply(decode, decoder, []);
        if (content.length > 0) controller.enqueue(content);
      },
    });
  }

  get encoding() {
    return TextDecoderStream.#of(this).#decoder.encoding;
  }

  get fatal() {
    return TextDecoderStream.#of(this).#decoder.fatal;
  }

  get ignoreBOM() {
    return TextDecoderStream.#of(this).#decoder.ignoreBOM;
  }

  get readable() {
    return readableOf(TextDecoderStream.#of(this).#transform);
  }

  get writable() {
    return writableOf(TextDecoderStream.#of(this).#transform);
  }

  static #of(value) {
    if (value === null || typeof value !== 'object' || !(#transform in value)) throw nodeError('ERR_INVALID_THIS', 'TextDecoderStream');
    return value;
  }
}

expose(TextEncoderStream, 'TextEncoderStream', 'codecStream');
expose(TextDecoderStream, 'TextDecoderStream', 'codecStream');

module.exports = { TextDecoderStream, TextEncoderStream };
