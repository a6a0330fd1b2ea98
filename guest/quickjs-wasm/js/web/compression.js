// CompressionStream and DecompressionStream (the Compression standard): the host's codecs around a TransformStream. They
// work where the policy lists zlib.
const {
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  TypedArrayPrototypeSlice,
  TypeError,
  Uint8Array,
} = primordials;
const { expose, required, text } = require('internal/webidl');
const { bytesOf } = require('internal/bytes_of');
const { ANSWER_BYTES, Codec } = require('node/zlib/codec');
const { modes } = require('node/zlib/constants');
const { TransformStream } = require('web/streams');

const FINISH = 4;
const NOTHING = new Uint8Array(0);
const settings = { __proto__: null, level: -1, windowBits: 15, memLevel: 8, strategy: 0, dictionary: undefined, finish: FINISH };
const formats = {
  __proto__: null,
  deflate: [modes.DEFLATE, modes.INFLATE],
  'deflate-raw': [modes.DEFLATERAW, modes.INFLATERAW],
  gzip: [modes.GZIP, modes.GUNZIP],
};
const COMPRESS = 0;
const DECOMPRESS = 1;

function badData(message, cause) {
  return new TypeError(message, { __proto__: null, cause });
}

/** The bytes of a chunk, which is a buffer or a view of one, as they are now. */
function chunkBytes(chunk) {
  const bytes = bytesOf(chunk);
  if (bytes === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'chunk', ['ArrayBuffer', 'ArrayBufferView'], chunk);
  return bytes;
}

/** What goes through one codec. The host keeps it open from the first chunk to the end or to an error. */
class Flow {
  constructor(mode, direction) {
    this.mode = mode;
    this.decompresses = direction === DECOMPRESS;
    this.codec = undefined;
  }

  /** Everything that the codec gives for these bytes. */
  take(bytes, isLast, controller) {
    if (this.codec?.ended && (bytes.length > 0 || this.codec.unused > 0)) throw badData('There is data behind the end of the stream');
    this.codec ??= new Codec({ ...settings, __proto__: null, mode: this.mode });
    let at = 0;
    do {
      const done = this.codec.step(bytes, at, isLast);
      if (done === undefined) continue;
      at += done.taken;
      if (done.answer.length > ANSWER_BYTES) controller.enqueue(TypedArrayPrototypeSlice(done.answer, ANSWER_BYTES));
      if (this.codec.ended && (this.codec.unused > 0 || at < bytes.length)) throw badData('There is data behind the end of the stream');
    } while (this.codec.pending || at < bytes.length);
  }

  end(controller) {
    if (this.decompresses) {
      if (!this.codec?.ended) throw badData('The compressed data ends too early');
    } else this.take(NOTHING, true, controller);
  }

  close() {
    this.codec?.close();
  }
}

function transformer(format, direction) {
  const flow = new Flow(formats[format][direction], direction);
  const guarded = (work) => {
    try {
      work();
    } catch (error) {
      flow.close();
      throw error.code === undefined || error instanceof TypeError ? error : badData(error.message, error);
    }
  };
  return new TransformStream({
    __proto__: null,
    transform: (chunk, controller) => guarded(() => flow.take(chunkBytes(chunk), false, controller)),
    flush(controller) {
      guarded(() => flow.end(controller));
      flow.close();
    },
    cancel: () => flow.close(),
  });
}

function formatOf(given, format) {
  required(given, 'format');
  const name = text(format);
  if (formats[name] === undefined) throw nodeError('ERR_INVALID_ARG_VALUE', 'format', format);
  return name;
}

const getter = (name) => {
  const { get } = ReflectGetOwnPropertyDescriptor(TransformStream.prototype, name);
  return (value) => ReflectApply(get, value, []);
};
const readableOf = getter('readable');
const writableOf = getter('writable');

class CompressionStream {
  #transform;

  constructor(format) {
    this.#transform = transformer(formatOf(arguments.length, format), COMPRESS);
  }

  get readable() {
    return readableOf(CompressionStream.#of(this));
  }

  get writable() {
    return writableOf(CompressionStream.#of(this));
  }

  static #of(value) {
    if (value === null || typeof value !== 'object' || !(#transform in value)) throw nodeError('ERR_INVALID_THIS', 'CompressionStream');
    return value.#transform;
  }
}

class DecompressionStream {
  #transform;

  constructor(format) {
    this.#transform = transformer(formatOf(arguments.length, format), DECOMPRESS);
  }

  get readable() {
    return readableOf(DecompressionStream.#of(this));
  }

  get writable() {
    return writableOf(DecompressionStream.#of(this));
  }

  static #of(value) {
    if (value === null || typeof value !== 'object' || !(#transform in value)) throw nodeError('ERR_INVALID_THIS', 'DecompressionStream');
    return value.#transform;
  }
}

expose(CompressionStream, 'CompressionStream', 'codecStream');
expose(DecompressionStream, 'DecompressionStream', 'codecStream');

module.exports = { CompressionStream, DecompressionStream };
