// The body of a request or a response. Its bytes are at hand (`pieces`), with the host (`remote`), or in a stream that
// code has made; a stream is made of the former two only where code asks for one.
const {
  ArrayPrototypePush,
  ArrayPrototypeShift,
  Promise,
  PromisePrototypeThen,
  SymbolAsyncIterator,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSubarray,
  TypeError,
  Uint8Array,
} = primordials;
const { kindOf } = bindings('buffer');
const { copy, copyOf, encode } = bindings('bytes');
const { wellFormed } = require('internal/webidl');

const UTF8 = 0;
const CHUNK_BYTES = 65536;
const JOINED_BYTES_MAX = 256 * 1024 * 1024;
// Loaded by the first body that needs it.
const READABLE = 'internal/readable';

/** `remote` is what gives the bytes of a response: `pull(all)` → a promise of bytes, or of undefined at the end; and
 * `cancel(reason)`. */
class Body {
  constructor(pieces, remote, stream) {
    this.pieces = pieces;
    this.remote = remote;
    this.stream = stream;
    // Its bytes were taken without a stream.
    this.used = false;
    this.length = pieces === undefined ? null : lengthOf(pieces);
  }

  get disturbed() {
    return this.stream === undefined ? this.used : require(READABLE).isDisturbed(this.stream);
  }

  get locked() {
    return this.stream === undefined ? this.used : require(READABLE).isLocked(this.stream);
  }

  get unusable() {
    return this.disturbed || this.locked;
  }

  /** The stream that code sees. */
  toStream() {
    if (this.stream !== undefined) return this.stream;
    const readable = require(READABLE);
    if (this.used) {
      this.stream = readable.make((controller) => controller.close(), undefined);
      readable.drain(this.stream, ignore, ignore, ignore);
      return this.stream;
    }
    this.stream = this.remote === undefined ? streamOfPieces(this.pieces) : streamOfRemote(this.remote);
    return this.stream;
  }

  /** Takes all bytes: `done(bytes, own)`, where `own` says that nobody else has them, or `failed(reason)`. */
  collect(done, failed) {
    if (this.stream !== undefined) {
      collectStream(this.stream, done, failed);
      return;
    }
    this.used = true;
    if (this.remote !== undefined) collectRemote(this.remote, done, failed);
    else if (this.pieces.length === 1) done(this.pieces[0], false);
    else done(joined(this.pieces), true);
  }

  /** Another one with the same bytes. Neither takes them from the other. */
  fork() {
    if (this.stream === undefined && this.pieces !== undefined) return new Body(this.pieces, undefined, undefined);
    const { isOfBytes, proxy, tee } = require(READABLE);
    const stream = this.toStream();
    const branches = tee(stream);
    this.stream = branches[0];
    // Chunks of bytes are copied as they are; what else a stream may have is cloned for the second branch.
    const other = isOfBytes(stream) ? branches[1] : proxy(branches[1], require('web/clone').structuredClone);
    const made = new Body(this.pieces, undefined, other);
    made.length = this.length;
    return made;
  }

  /** Another one that has the bytes from now on; this one is used. */
  moved() {
    if (this.stream !== undefined) return new Body(undefined, undefined, require(READABLE).proxy(this.stream));
    this.used = true;
    return new Body(this.pieces, this.remote, undefined);
  }

  /** Ends what nobody reads any more. */
  cancel(reason) {
    if (this.stream !== undefined) {
      const { cancel, isLocked } = require(READABLE);
      if (!isLocked(this.stream)) PromisePrototypeThen(cancel(this.stream, reason), ignore, ignore);
    } else this.remote?.cancel(reason);
  }
}

const ignore = () => {};

function lengthOf(pieces) {
  let length = 0;
  for (let i = 0; i < pieces.length; i++) length += TypedArrayPrototypeGetByteLength(pieces[i]);
  return length;
}

/** One array of all pieces. */
function joined(pieces) {
  const whole = new Uint8Array(lengthOf(pieces));
  let at = 0;
  for (let i = 0; i < pieces.length; i++) at += copy(whole, pieces[i], at, 0);
  return whole;
}

function streamOfPieces(pieces) {
  let index = 0;
  let at = 0;
  const pull = (controller) => {
    while (index < pieces.length && at >= pieces[index].length) {
      index++;
      at = 0;
    }
    if (index < pieces.length) {
      controller.enqueue(new Uint8Array(copyOf(TypedArrayPrototypeSubarray(pieces[index], at, at + CHUNK_BYTES))));
      at += CHUNK_BYTES;
    }
    while (index < pieces.length && at >= pieces[index].length) {
      index++;
      at = 0;
    }
    if (index >= pieces.length) close(controller);
  };
  return require(READABLE).make(pull, undefined);
}

function close(controller) {
  controller.close();
  controller.byobRequest?.respond(0);
}

function streamOfRemote(remote) {
  const pull = (controller) =>
    PromisePrototypeThen(remote.pull(false), (chunk) => {
      if (chunk === undefined) close(controller);
      else controller.enqueue(chunk);
    });
  const stream = require(READABLE).make(pull, (reason) => remote.cancel(reason));
  // An abort reaches a stream that nobody reads too.
  remote.onAbort = (reason) => require(READABLE).fail(stream, reason);
  if (remote.aborted !== undefined) remote.onAbort(remote.aborted.reason);
  return stream;
}

/** Where the length is known, the bytes are joined as they come, so that there is never a second copy of all. */
function collectRemote(remote, done, failed) {
  const pieces = [];
  let whole = remote.length > 0 && remote.length <= JOINED_BYTES_MAX ? new Uint8Array(remote.length) : undefined;
  let length = 0;
  if (remote.aborted !== undefined) {
    failed(remote.aborted.reason);
    return;
  }
  remote.onAbort = failed;
  const next = (chunk) => {
    if (chunk === undefined) {
      if (whole !== undefined) ArrayPrototypePush(pieces, TypedArrayPrototypeSubarray(whole, 0, length));
      done(pieces.length === 1 ? pieces[0] : emptied(pieces), true);
      return;
    }
    if (whole !== undefined && length + chunk.length > whole.length) {
      ArrayPrototypePush(pieces, TypedArrayPrototypeSubarray(whole, 0, length));
      whole = undefined;
    }
    if (whole === undefined) ArrayPrototypePush(pieces, chunk);
    else length += copy(whole, chunk, length, 0);
    PromisePrototypeThen(remote.pull(true), next, failed);
  };
  PromisePrototypeThen(remote.pull(true), next, failed);
}

/** As `joined`, but each piece is let go as soon as it is copied. */
function emptied(pieces) {
  const whole = new Uint8Array(lengthOf(pieces));
  for (let at = 0; pieces.length > 0; ) at += copy(whole, ArrayPrototypeShift(pieces), at, 0);
  return whole;
}

function collectStream(stream, done, failed) {
  const pieces = [];
  const visit = (chunk) => {
    if (kindOf(chunk) !== 1) throw new TypeError('Received non-Uint8Array chunk');
    ArrayPrototypePush(pieces, new Uint8Array(copyOf(chunk)));
  };
  require(READABLE).drain(stream, visit, () => done(emptied(pieces), true), failed);
}

const ofBytes = (bytes) => new Body([bytes], undefined, undefined);

/** What a BodyInit is: its body, and the content type that goes with it or null. `plain` bodies can be sent again. */
function extract(value, keepalive = false) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return ofText(value);
  if (kindOf(value) !== 0) return { __proto__: null, body: ofBytes(new Uint8Array(copyOf(value))), type: null };
  return ofObject(value, keepalive) ?? ofText(value);
}

function ofText(value) {
  const bytes = new Uint8Array(encode(wellFormed(value), UTF8));
  return { __proto__: null, body: ofBytes(bytes), type: 'text/plain;charset=UTF-8' };
}

function ofObject(value, keepalive) {
  const params = require('web/url_search_params');
  const list = params.listOf(value);
  if (list !== undefined) {
    const bytes = new Uint8Array(encode(params.serialize(list), UTF8));
    return { __proto__: null, body: ofBytes(bytes), type: 'application/x-www-form-urlencoded;charset=UTF-8' };
  }
  const blobs = require('web/blob');
  if (blobs.isBlob(value)) {
    const type = blobs.typeOf(value);
    return { __proto__: null, body: ofBytes(blobs.bytesOf(value)), type: type === '' ? null : type };
  }
  if (require('web/formdata').isFormData(value)) {
    const { pieces, type } = require('web/fetch/form_body').encodeForm(value);
    return { __proto__: null, body: new Body(pieces, undefined, undefined), type };
  }
  for (let i = 0; i < others.length; i++) {
    const content = others[i](value);
    if (content !== undefined) return content;
  }
  return ofStream(value, keepalive);
}

// What else can be a body: functions of a value, which give its content or undefined.
const others = [];
const register = (extractor) => ArrayPrototypePush(others, extractor);

function ofStream(value, keepalive) {
  const readable = require(READABLE);
  let stream;
  if (readable.isStream(value)) stream = value;
  else if (typeof value[SymbolAsyncIterator] === 'function') stream = require('web/streams').ReadableStream.from(value);
  else return undefined;
  if (keepalive) throw new TypeError('keepalive');
  if (readable.isDisturbed(stream) || readable.isLocked(stream)) {
    throw new TypeError('Response body object should not be disturbed or locked');
  }
  return { __proto__: null, body: new Body(undefined, undefined, stream), type: null };
}

/** A promise of what `convert(bytes, own)` makes of a body's bytes. */
function consume(body, convert) {
  return new Promise((resolve, reject) => {
    const done = (bytes, own) => {
      try {
        resolve(convert(bytes, own));
      } catch (error) {
        reject(error);
      }
    };
    if (body === null) done(new Uint8Array(0), true);
    else body.collect(done, reject);
  });
}

module.exports = { Body, consume, extract, register };
