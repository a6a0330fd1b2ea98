// A codec of the host's (host/capabilities/zlib): it does a step of a millisecond or few for each call, so that an
// execution can be stopped between two of them.
const { Error, MathMin, ObjectDefineProperty, StringFromCharCode, TypedArrayPrototypeSet, Uint8Array } = primordials;
const { call } = bindings('host');
const { copy } = bindings('bytes');
const { modes, codes } = require('node/zlib/constants');

// Operations of the host (ABI.md).
const ZLIB_OPEN = 18;
const ZLIB_STEP = 19;
const ZLIB_CLOSE = 20;

// What an answer begins with.
const PENDING = 1;
const ENDED = 2;
const BAD_DATA = 3;
const TRY_AGAIN = 4;

const OPENING_BYTES = 5;
const STEP_BYTES = 9;
const ANSWER_BYTES = 5;
const INPUT_BYTES = 64 * 1024;
// The first step is small enough to be made wherever the guest runs.
const FIRST_OUTPUT_BYTES = 32 * 1024;
const OUTPUT_BYTES = 256 * 1024;
const NO_FLUSH = 0;

function writeU32(bytes, at, value) {
  for (let i = 0; i < 4; i++) bytes[at + i] = (value >>> (8 * i)) & 255;
}

function readU32(bytes, at) {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

/** An error as zlib's are: `errno`, `code`, and zlib's own words. */
function zlibError(message, errno, code) {
  const error = new Error(message);
  const shown = { __proto__: null, writable: true, enumerable: true, configurable: true };
  ObjectDefineProperty(error, 'errno', { ...shown, __proto__: null, value: errno });
  ObjectDefineProperty(error, 'code', { ...shown, __proto__: null, value: code });
  return error;
}

/** The error that an answer tells of. */
function failure(answer, brotli) {
  const errno = readU32(answer, 1) | 0;
  let message = '';
  for (let i = ANSWER_BYTES; i < answer.length; i++) message += StringFromCharCode(answer[i]);
  return zlibError(message, errno, brotli ? 'ERR_BROTLI_DECODER_FAILED' : codes[errno]);
}

/** An open stream. `settings`: mode, level, windowBits, memLevel, strategy, dictionary, finish. */
class Codec {
  constructor(settings) {
    const { mode, level, windowBits, memLevel, strategy, dictionary, finish } = settings;
    this.brotli = mode >= modes.BROTLI_DECODE;
    this.finish = finish;
    this.room = FIRST_OUTPUT_BYTES;
    // What the last step told: more output without input, the end of the stream, and how much of the input is behind it.
    this.pending = false;
    this.ended = false;
    this.unused = 0;
    const payload = new Uint8Array(OPENING_BYTES + (dictionary?.length ?? 0));
    const numbers = [mode, level & 255, windowBits, memLevel, strategy];
    for (let i = 0; i < OPENING_BYTES; i++) payload[i] = numbers[i];
    if (dictionary !== undefined) TypedArrayPrototypeSet(payload, dictionary, OPENING_BYTES);
    const answer = call(ZLIB_OPEN, payload);
    if (answer[0] === BAD_DATA) throw failure(answer, this.brotli);
    this.id = readU32(answer, 1);
  }

  /** One step with input from there on. `isLast`: the stream ends with this input. Gives how much of it was taken, and
   * the output behind the answer's own bytes; undefined where the host wants to be asked again. */
  step(input, at, isLast) {
    const taken = this.pending ? 0 : MathMin(INPUT_BYTES, input.length - at);
    const payload = new Uint8Array(STEP_BYTES + taken);
    writeU32(payload, 0, this.id);
    payload[4] = isLast && at + taken === input.length ? this.finish : NO_FLUSH;
    writeU32(payload, 5, this.room);
    copy(payload, input, STEP_BYTES, at, at + taken);
    const answer = call(ZLIB_STEP, payload);
    if (answer[0] === TRY_AGAIN) return undefined;
    if (answer[0] === BAD_DATA) throw failure(answer, this.brotli);
    this.room = OUTPUT_BYTES;
    this.pending = answer[0] === PENDING;
    this.ended = answer[0] === ENDED;
    this.unused = readU32(answer, 1);
    return { taken, answer };
  }

  close() {
    const payload = new Uint8Array(4);
    writeU32(payload, 0, this.id);
    call(ZLIB_CLOSE, payload);
  }
}

module.exports = { ANSWER_BYTES, Codec, readU32, writeU32, zlibError };
