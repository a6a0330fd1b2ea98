// The body of a request on its way to the host, piece by piece, as fast as the host takes them.
const {
  Promise,
  PromisePrototypeThen,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeSubarray,
  TypeError,
  Uint8Array,
} = primordials;
const { kindOf } = bindings('buffer');

const nothing = new Uint8Array(0);

class Sender {
  constructor(exchange, ask, mostBytes) {
    this.exchange = exchange;
    this.ask = ask;
    this.mostBytes = mostBytes;
    // It is the host that is asked, so what goes wrong is what the host says.
    this.asking = false;
  }

  async write(bytes, last) {
    this.asking = true;
    const wanted = await this.ask(bytes, last);
    this.asking = false;
    return wanted;
  }

  /** Bytes in parts that are not too large; whether more is wanted. */
  async writeAll(bytes) {
    this.exchange.body?.check?.(TypedArrayPrototypeGetByteLength(bytes));
    for (let at = 0; at < TypedArrayPrototypeGetByteLength(bytes); at += this.mostBytes) {
      const part = TypedArrayPrototypeSubarray(bytes, at, at + this.mostBytes);
      const wanted = await this.write(part, false);
      this.exchange.onSent?.(TypedArrayPrototypeGetByteLength(part));
      if (!wanted) return false;
    }
    return true;
  }

  async writePieces(pieces) {
    for (let i = 0; i < pieces.length; i++) if (!(await this.writeAll(pieces[i]))) return false;
    return true;
  }

  async writeStream(stream) {
    const { cancelReader, lock, read } = require('internal/readable');
    const reader = lock(stream);
    const cancel = (reason) => PromisePrototypeThen(cancelReader(reader, reason), undefined, () => {});
    this.exchange.cancelSending = cancel;
    for (;;) {
      const chunk = await next(read, stream);
      if (chunk === undefined) return true;
      if (kindOf(chunk.value) !== 1) {
        const fault = new TypeError('Received non-Uint8Array chunk');
        cancel(fault);
        throw fault;
      }
      if (await this.writeAll(chunk.value)) continue;
      cancel(this.exchange.aborted?.reason);
      return false;
    }
  }
}

/** A promise of the next chunk, in an object; of undefined at the end. */
function next(read, stream) {
  return new Promise((resolve, reject) => {
    const chunk = (value) => resolve({ __proto__: null, value });
    read(stream, { __proto__: null, chunk, close: () => resolve(undefined), error: reject });
  });
}

/** Sends the body of an exchange by `write(bytes, last)`, a promise of whether more is wanted; where that cannot be done,
 * `failed(reason, whether the host gave it)`. */
async function send(exchange, write, mostBytes, failed) {
  const { body } = exchange;
  const sender = new Sender(exchange, write, mostBytes);
  body.used = true;
  try {
    const wanted = await (body.pieces === undefined ? sender.writeStream(body.stream) : sender.writePieces(body.pieces));
    if (wanted) await sender.write(nothing, true);
    exchange.onSent?.(undefined);
  } catch (reason) {
    failed(reason, sender.asking);
  }
}

module.exports = { send };
