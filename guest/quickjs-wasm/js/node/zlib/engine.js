// One run of a codec from its input to its output. The codecs are the host's (host/capabilities/zlib), which does a
// step of a millisecond or few for each call, so that an execution can be stopped between two of them.
const {
  ArrayPrototypePush,
  ArrayPrototypeShift,
  Error,
  ObjectDefineProperty,
  ReflectApply,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSubarray,
  Uint8Array,
  setImmediate,
} = primordials;
const { call } = bindings('host');
const { copy } = bindings('bytes');
const { toBuffer } = require('internal/to_buffer');
const { modes, codes } = require('node/zlib/constants');

// Operations of the host (ABI.md).
const ZLIB_OPEN = 18;
const ZLIB_STEP = 19;
const ZLIB_CLOSE = 20;
const ZLIB_CRC32 = 21;

// What an answer begins with.
const PENDING = 1;
const ENDED = 2;
const BAD_DATA = 3;
const TRY_AGAIN = 4;

const OPENING_BYTES = 5;
const STEP_BYTES = 9;
const ANSWER_BYTES = 5;
const INPUT_BYTES = 64 * 1024;
const CRC32_BYTES = 1024 * 1024;
// The first step is small enough to be made wherever the guest runs.
const FIRST_OUTPUT_BYTES = 32 * 1024;
const OUTPUT_BYTES = 256 * 1024;
const FINISH = 4;

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
  for (let i = ANSWER_BYTES; i < answer.length; i++) message += primordials.StringFromCharCode(answer[i]);
  return zlibError(message, errno, brotli ? 'ERR_BROTLI_DECODER_FAILED' : codes[errno]);
}

/** `settings`: mode, level, windowBits, memLevel, strategy, dictionary, finish, maxOutputLength. */
class Run {
  constructor(settings, input) {
    this.settings = settings;
    this.brotli = settings.mode >= modes.BROTLI_DECODE;
    this.input = input;
    this.at = 0;
    this.total = 0;
    this.chunks = [];
    this.room = FIRST_OUTPUT_BYTES;
    this.pending = false;
    this.result = undefined;
    this.id = this.open();
  }

  open() {
    const { mode, level, windowBits, memLevel, strategy, dictionary } = this.settings;
    const payload = new Uint8Array(OPENING_BYTES + (dictionary?.length ?? 0));
    const numbers = [mode, level & 255, windowBits, memLevel, strategy];
    for (let i = 0; i < OPENING_BYTES; i++) payload[i] = numbers[i];
    if (dictionary !== undefined) TypedArrayPrototypeSet(payload, dictionary, OPENING_BYTES);
    const answer = call(ZLIB_OPEN, payload);
    if (answer[0] === BAD_DATA) throw failure(answer, this.brotli);
    return readU32(answer, 1);
  }

  /** Makes one step; true while another is wanted. Throws what is wrong with the data. */
  step() {
    const taken = this.pending ? 0 : primordials.MathMin(INPUT_BYTES, this.input.length - this.at);
    const last = this.at + taken === this.input.length;
    const payload = new Uint8Array(STEP_BYTES + taken);
    writeU32(payload, 0, this.id);
    payload[4] = last ? this.settings.finish : 0;
    writeU32(payload, 5, this.room);
    copy(payload, this.input, STEP_BYTES, this.at, this.at + taken);
    const answer = call(ZLIB_STEP, payload);
    if (answer[0] === TRY_AGAIN) return true;
    if (answer[0] === BAD_DATA) throw failure(answer, this.brotli);
    this.room = OUTPUT_BYTES;
    this.at += taken;
    this.pending = answer[0] === PENDING;
    this.keep(answer);
    if (this.pending || (!last && (answer[0] !== ENDED || this.mayGoOn(answer)))) return true;
    this.finish(answer[0] === ENDED);
    return false;
  }

  /** Whether another member of a gzip stream may come. */
  mayGoOn(answer) {
    const { mode } = this.settings;
    return (mode === modes.GUNZIP || mode === modes.UNZIP) && readU32(answer, 1) === 0;
  }

  keep(answer) {
    this.total += answer.length - ANSWER_BYTES;
    if (this.total > this.settings.maxOutputLength) throw nodeError('ERR_BUFFER_TOO_LARGE', this.settings.maxOutputLength);
    if (answer.length > ANSWER_BYTES) ArrayPrototypePush(this.chunks, answer);
  }

  finish(ended) {
    if (!ended && this.settings.finish === FINISH) throw zlibError('unexpected end of file', -5, 'Z_BUF_ERROR');
    const whole = new Uint8Array(this.total);
    let at = 0;
    for (let i = 0; i < this.chunks.length; i++) {
      at += copy(whole, this.chunks[i], at, ANSWER_BYTES, this.chunks[i].length);
    }
    this.chunks = undefined;
    this.result = toBuffer(whole);
  }

  close() {
    const payload = new Uint8Array(4);
    writeU32(payload, 0, this.id);
    call(ZLIB_CLOSE, payload);
  }
}

function runSync(settings, input) {
  const run = new Run(settings, input);
  try {
    while (run.step());
  } finally {
    run.close();
  }
  return run.result;
}

// Asynchronous runs are made one after the other, a step each time the timers come round.
const waiting = [];
let current;

function advance() {
  let error = null;
  try {
    current.run ??= new Run(current.settings, current.input);
    if (current.run.step()) {
      setImmediate(advance);
      return;
    }
  } catch (fault) {
    error = fault;
  }
  const { run, callback } = current;
  if (run !== undefined) run.close();
  current = ArrayPrototypeShift(waiting);
  if (current !== undefined) setImmediate(advance);
  if (error === null) ReflectApply(callback, undefined, [null, run.result]);
  else ReflectApply(callback, undefined, [error]);
}

function runLater(settings, input, callback) {
  const job = { __proto__: null, settings, input, callback, run: undefined };
  if (current !== undefined) {
    ArrayPrototypePush(waiting, job);
    return;
  }
  current = job;
  setImmediate(advance);
}

/** CRC-32 of bytes, going on from that of what came before. */
function checksum(bytes, value) {
  let crc = value;
  for (let at = 0; at < bytes.length; at += CRC32_BYTES) {
    const end = primordials.MathMin(at + CRC32_BYTES, bytes.length);
    const payload = new Uint8Array(4 + end - at);
    writeU32(payload, 0, crc);
    TypedArrayPrototypeSet(payload, TypedArrayPrototypeSubarray(bytes, at, end), 4);
    crc = readU32(call(ZLIB_CRC32, payload), 0);
  }
  return crc;
}

module.exports = { runSync, runLater, checksum };
