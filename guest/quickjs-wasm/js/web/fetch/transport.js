// Requests by way of the host (ABI.md, operations 64 to 68): what is sent, what comes back, and its end.
const {
  DataView,
  DataViewPrototypeSetFloat64,
  DataViewPrototypeSetUint32,
  FinalizationRegistry,
  FinalizationRegistryPrototypeRegister,
  FinalizationRegistryPrototypeUnregister,
  Error,
  Number,
  ObjectDefineProperty,
  Promise,
  PromiseReject,
  PromiseResolve,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSubarray,
  TypeError,
  Uint8Array,
  WeakRef,
  WeakRefPrototypeDeref,
} = primordials;
const { copy, decode, encode } = bindings('bytes');
const { call, start } = bindings('host');
const { HeaderList } = require('web/fetch/header_list');

const FETCH = 64;
const FETCH_READ = 65;
const FETCH_WRITE = 66;
const FETCH_ABORT = 67;
const FETCH_HEAD = 68;

const REDIRECT = { __proto__: null, follow: 0, error: 1, manual: 2 };
const BODY_INLINE = 4;
const BODY_WRITTEN = 8;
const BODY_AGAIN = 16;
const ENCODED = 32;

const REDIRECTED = 1;
const COMPLETE = 2;
const NO_BODY = 4;

// What an answer begins with.
const FAILED = 1;
const WANTED_AGAIN = 2;

const OPENING_BYTES = 18;
const RESPONSE_BYTES = 8;
const INLINE_BYTES_MAX = 256 * 1024;
const WRITE_BYTES = 256 * 1024;
const READ_BYTES = 64 * 1024;
const READ_ALL_BYTES = 1024 * 1024;
const UTF8 = 0;

const viewOf = (bytes) => new DataView(TypedArrayPrototypeGetBuffer(bytes));
const writeU32 = (bytes, at, value) => DataViewPrototypeSetUint32(viewOf(bytes), at, value, true);
const readU32 = (bytes, at) => (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;

let lastId = 0;

/** What comes after `at` up to the next line break; `after` is where the next line begins, -1 behind the last. */
function line(text, at) {
  const end = StringPrototypeIndexOf(text, '\n', at);
  if (end < 0) return { __proto__: null, text: StringPrototypeSlice(text, at), after: -1 };
  return { __proto__: null, text: StringPrototypeSlice(text, at, end), after: end + 1 };
}

/** The error that an answer tells of, as Node's own has it: a `cause`. */
function causeOf(answer) {
  const text = decode(answer, 1, undefined, UTF8);
  const code = line(text, 0);
  const name = line(text, code.after);
  const message = StringPrototypeSlice(text, name.after);
  const error = name.text === 'TypeError' ? new TypeError(message) : new Error(message);
  if (name.text !== 'Error' && name.text !== 'TypeError') own(error, 'name', name.text, false);
  if (code.text !== '') own(error, 'code', code.text, true);
  const syscall = primordials.RegExpPrototypeExec(/^(getaddrinfo|connect|read|write) [A-Z_]+(?: (\S+))?/, message);
  if (syscall !== null) {
    own(error, 'syscall', syscall[1], true);
    if (syscall[1] === 'getaddrinfo') own(error, 'hostname', syscall[2], true);
  }
  return error;
}

const own = (error, key, value, enumerable) =>
  ObjectDefineProperty(error, key, { __proto__: null, value, enumerable, writable: true, configurable: true });

function failure(message, cause) {
  return own(new TypeError(message), 'cause', cause, false);
}

/** Gives an error the frames of the code that fetched: it was made when that code had long returned. */
function located(error, trace) {
  const stack = trace?.stack;
  const frames = typeof stack === 'string' ? StringPrototypeIndexOf(stack, '\n') : -1;
  if (frames < 0 || error === null || typeof error !== 'object') return error;
  return own(error, 'stack', error.name + ': ' + error.message + StringPrototypeSlice(stack, frames), false);
}

/** Method, URL and headers in lines. */
function headOf({ method, url, list }) {
  let text = method + '\n' + url.bare;
  list.forEach((name, value) => {
    text += '\n' + name + '\n' + value;
  });
  return new Uint8Array(encode(text, UTF8));
}

// Responses that nobody has any more are ended: their connection serves the next request.
let forgotten;

/** One request, from its beginning to the end of its response. */
class Exchange {
  constructor(request) {
    this.request = request;
    this.body = request.body;
    this.id = ++lastId;
    this.aborted = undefined;
    // The host has closed it; what it gave may still be unread.
    this.ended = false;
    // What an abort has to reach beside the host.
    this.fail = undefined;
    this.cancelSending = undefined;
    this.pass = undefined;
    this.remote = undefined;
    this.onEnd = undefined;
    // Told of each piece of the body that was sent, by its bytes; at its end of nothing.
    this.onSent = undefined;
  }

  /** The response: status, statusText, url, redirected, list, remote (null where there is no body). */
  async begin(encoded) {
    const { body } = this;
    let flags = REDIRECT[this.request.redirect] | (encoded ? ENCODED : 0);
    let inline;
    if (body !== null && body.stream === undefined && body.length <= INLINE_BYTES_MAX) {
      flags |= BODY_INLINE;
      inline = body.pieces;
      body.used = true;
    } else if (body !== null) flags |= BODY_WRITTEN | (body.pieces === undefined ? 0 : BODY_AGAIN);
    const answer = start(FETCH, this.opening(flags, inline));
    if ((flags & BODY_WRITTEN) === 0) {
      if (body !== null) this.onSent?.(body.length);
      this.onSent?.(undefined);
      this.body = null;
    } else this.send();
    return this.respond(await this.settled(answer));
  }

  opening(flags, inline) {
    const head = headOf(this.request);
    const { body } = this;
    const length = inline === undefined ? 0 : body.length;
    const payload = new Uint8Array(OPENING_BYTES + head.length + length);
    writeU32(payload, 0, this.id);
    payload[4] = flags;
    payload[5] = this.request.redirectsMax ?? 20;
    writeU32(payload, 6, head.length);
    DataViewPrototypeSetFloat64(viewOf(payload), 10, body === null ? 0 : (body.length ?? -1), true);
    let at = OPENING_BYTES + copy(payload, head, OPENING_BYTES, 0);
    for (let i = 0; inline !== undefined && i < inline.length; i++) at += copy(payload, inline[i], at, 0);
    return payload;
  }

  /** An answer, or what ended the request before there was one. */
  settled(answer) {
    return new Promise((resolve, reject) => {
      this.fail = reject;
      primordials.PromisePrototypeThen(answer, resolve, (error) => {
        this.finish();
        reject(located(error, this.request.trace));
      });
    });
  }

  async respond(answer) {
    if (answer[0] === WANTED_AGAIN) {
      const next = this.settled(start(FETCH_HEAD, this.ask(4)));
      this.send();
      return this.respond(await next);
    }
    if (answer[0] === FAILED) {
      this.finish();
      throw located(failure('fetch failed', causeOf(answer)), this.request.trace);
    }
    return this.responseOf(answer);
  }

  responseOf(answer) {
    const flags = answer[1];
    const from = RESPONSE_BYTES + readU32(answer, 4);
    const text = decode(answer, RESPONSE_BYTES, from, UTF8);
    const url = line(text, 0);
    const reason = line(text, url.after);
    const list = new HeaderList();
    for (let at = reason.after; at >= 0; ) {
      const name = line(text, at);
      const value = line(text, name.after);
      list.append(name.text, value.text);
      at = value.after;
    }
    if ((flags & COMPLETE) !== 0) this.end();
    const remote = (flags & NO_BODY) === 0 ? new Remote(this, TypedArrayPrototypeSubarray(answer, from)) : null;
    if (remote !== null && !list.has('content-encoding')) remote.length = Number(list.get('content-length') ?? 0);
    if (remote === null || remote.done) this.finish();
    else this.watch(remote);
    return {
      __proto__: null,
      status: answer[2] | (answer[3] << 8),
      statusText: reason.text,
      url: url.text,
      redirected: (flags & REDIRECTED) !== 0,
      list,
      remote,
    };
  }

  watch(remote) {
    this.remote = new WeakRef(remote);
    forgotten ??= new FinalizationRegistry((exchange) => exchange.abort(undefined));
    FinalizationRegistryPrototypeRegister(forgotten, remote, this, this);
  }

  /** A payload of so many bytes that begins with the id. */
  ask(bytes) {
    const payload = new Uint8Array(bytes);
    writeU32(payload, 0, this.id);
    return payload;
  }

  /** Nothing more comes from the host. */
  end() {
    this.ended = true;
    this.body = null;
  }

  /** There is nothing left to read either, so an abort changes nothing any more. */
  finish() {
    this.end();
    if (this.remote !== undefined) FinalizationRegistryPrototypeUnregister(forgotten, this);
    const { onEnd } = this;
    this.onEnd = undefined;
    onEnd?.();
  }

  /** Ends the request, whatever it is doing; who waits for it gets the reason. */
  abort(reason) {
    if (this.aborted !== undefined) return;
    const { body, ended } = this;
    const remote = this.remote === undefined ? undefined : WeakRefPrototypeDeref(this.remote);
    if (ended && (remote === undefined || remote.done)) return;
    this.aborted = { __proto__: null, reason };
    this.finish();
    if (!ended) call(FETCH_ABORT, this.ask(4));
    this.fail?.(reason);
    if (this.cancelSending !== undefined) this.cancelSending(reason);
    else body?.cancel(reason);
    remote?.onAbort?.(reason);
  }

  /** Writes the request's body while the host wants it. What goes wrong with it ends the request. */
  send() {
    const { send } = require('web/fetch/sender');
    const failed = (reason, hosts) => this.abort(hosts ? reason : failure('fetch failed', reason));
    // A redirect may want all of it again while it is being sent.
    const pass = (this.pass = { __proto__: null });
    const write = (bytes, last) => this.write(bytes, last, pass);
    send(this, write, WRITE_BYTES, failed);
  }

  /** Writes a piece: a promise of whether another one is wanted. */
  async write(bytes, last, pass) {
    if (this.ended || this.pass !== pass) return false;
    const payload = this.ask(5 + bytes.length);
    payload[4] = last ? 1 : 0;
    copy(payload, bytes, 5, 0);
    const answer = await start(FETCH_WRITE, payload);
    return answer[0] === 1;
  }
}

/** The body of a response that the host has. */
class Remote {
  constructor(exchange, first) {
    this.exchange = exchange;
    this.first = TypedArrayPrototypeGetByteLength(first) === 0 ? undefined : first;
    // What the server says; 0 where it does not.
    this.length = 0;
    // Told of an abort: whoever reads.
    this.onAbort = undefined;
  }

  /** All of it was read. */
  get done() {
    return this.exchange.ended && this.first === undefined;
  }

  /** Why nothing of it can be read any more, in an object; undefined while it can. */
  get aborted() {
    return this.exchange.aborted;
  }

  /** The next piece, undefined behind the last one. `all`: they are all wanted, so they may be large. */
  pull(all) {
    const { exchange, first } = this;
    if (exchange.aborted !== undefined) return PromiseReject(exchange.aborted.reason);
    if (first !== undefined) {
      this.first = undefined;
      if (exchange.ended) exchange.finish();
      return PromiseResolve(new Uint8Array(bindings('bytes').copyOf(first)));
    }
    return exchange.ended ? PromiseResolve(undefined) : this.read(all);
  }

  async read(all) {
    const { exchange } = this;
    const payload = exchange.ask(9);
    writeU32(payload, 4, all ? READ_ALL_BYTES : READ_BYTES);
    payload[8] = all ? 1 : 0;
    let answer;
    try {
      answer = await start(FETCH_READ, payload);
    } catch (error) {
      exchange.finish();
      throw error;
    }
    if (exchange.aborted !== undefined) throw exchange.aborted.reason;
    if (answer[0] === FAILED) {
      exchange.finish();
      throw failure('terminated', causeOf(answer));
    }
    if (answer[1] === 1) exchange.finish();
    const bytes = TypedArrayPrototypeSubarray(answer, 2);
    return bytes.length === 0 ? undefined : bytes;
  }

  cancel(reason) {
    this.first = undefined;
    this.exchange.abort(reason);
  }
}

module.exports = { Exchange, failure };
