// One run of a codec from its input to its output, at once or a step each time the timers come round.
const {
  ArrayPrototypePush,
  ArrayPrototypeShift,
  MathMin,
  ReflectApply,
  TypedArrayPrototypeSet,
  TypedArrayPrototypeSubarray,
  Uint8Array,
  setImmediate,
} = primordials;
const { call } = bindings('host');
const { copy } = bindings('bytes');
const { toBuffer } = require('internal/to_buffer');
const { modes } = require('node/zlib/constants');
const { ANSWER_BYTES, Codec, readU32, writeU32, zlibError } = require('node/zlib/codec');

// An operation of the host (ABI.md).
const ZLIB_CRC32 = 21;
const CRC32_BYTES = 1024 * 1024;
const FINISH = 4;

/** `settings`: those of a codec, and maxOutputLength. */
class Run {
  constructor(settings, input) {
    this.settings = settings;
    this.input = input;
    this.at = 0;
    this.total = 0;
    this.chunks = [];
    this.result = undefined;
    this.codec = new Codec(settings);
  }

  /** Makes one step; true while another is wanted. Throws what is wrong with the data. */
  step() {
    const { codec } = this;
    const done = codec.step(this.input, this.at, true);
    if (done === undefined) return true;
    this.at += done.taken;
    this.keep(done.answer);
    const last = this.at === this.input.length;
    if (codec.pending || (!last && (!codec.ended || this.mayGoOn()))) return true;
    this.finish(codec.ended);
    return false;
  }

  /** Whether another member of a gzip stream may come. */
  mayGoOn() {
    const { mode } = this.settings;
    return (mode === modes.GUNZIP || mode === modes.UNZIP) && this.codec.unused === 0;
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
}

function runSync(settings, input) {
  const run = new Run(settings, input);
  try {
    while (run.step());
  } finally {
    run.codec.close();
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
  if (run !== undefined) run.codec.close();
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
    const end = MathMin(at + CRC32_BYTES, bytes.length);
    const payload = new Uint8Array(4 + end - at);
    writeU32(payload, 0, crc);
    TypedArrayPrototypeSet(payload, TypedArrayPrototypeSubarray(bytes, at, end), 4);
    crc = readU32(call(ZLIB_CRC32, payload), 0);
  }
  return crc;
}

module.exports = { runSync, runLater, checksum };
