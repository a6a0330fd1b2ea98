// What modules of ours do with a ReadableStream: past its methods, which a guest may have replaced by then, and without
// promises on which a guest could have put a `then` of its own. Loaded with the streams, before any guest sees one.
const {
  ObjectGetOwnPropertySymbols,
  ObjectGetPrototypeOf,
  Promise,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  SymbolPrototypeGetDescription,
} = primordials;
const { ReadableByteStreamController, ReadableStream, ReadableStreamDefaultController, ReadableStreamDefaultReader } =
  require('vendor/streams');

const { cancel, getReader, tee } = ReadableStream.prototype;
const { error: failBytes } = ReadableByteStreamController.prototype;
const lockedOf = ReflectGetOwnPropertyDescriptor(ReadableStream.prototype, 'locked').get;
const { enqueue } = ReadableStreamDefaultController.prototype;
const { cancel: cancelReader } = ReadableStreamDefaultReader.prototype;
const pullSteps = internalMethod(ReadableStreamDefaultController.prototype, '[[PullSteps]]');

function internalMethod(prototype, name) {
  const symbols = ObjectGetOwnPropertySymbols(prototype);
  for (let i = 0; i < symbols.length; i++) if (SymbolPrototypeGetDescription(symbols[i]) === name) return symbols[i];
  throw new primordials.Error('the streams package has no ' + name);
}

function isStream(value) {
  if (value === null || typeof value !== 'object') return false;
  try {
    ReflectApply(lockedOf, value, []);
    return true;
  } catch {
    return false;
  }
}

/** A stream of bytes. `pull(controller)` and `cancel(reason)` are called as the standard has it; nothing is pulled that
 * nobody reads. */
function make(pull, cancelled) {
  return new ReadableStream({ __proto__: null, type: 'bytes', pull, cancel: cancelled }, { __proto__: null });
}

const isLocked = (stream) => ReflectApply(lockedOf, stream, []);
const isDisturbed = (stream) => stream._disturbed === true;

/** Locks a stream that is not; it stays so. */
const lock = (stream) => ReflectApply(getReader, stream, []);

/** Asks a locked stream for its next chunk: one of `chunk(value)`, `close()` and `error(reason)` is called, now or later. */
function read(stream, steps) {
  const request = { __proto__: null, _chunkSteps: steps.chunk, _closeSteps: steps.close, _errorSteps: steps.error };
  stream._disturbed = true;
  if (stream._state === 'closed') steps.close();
  else if (stream._state === 'errored') steps.error(stream._storedError);
  else stream._readableStreamController[pullSteps](request);
}

/** Reads a stream to its end: `visit(chunk)` for each, and then `done()` or `failed(reason)`. What `visit` throws ends it. */
function drain(stream, visit, done, failed) {
  const reader = lock(stream);
  let inCall = false;
  let again = false;
  const steps = {
    __proto__: null,
    chunk(value) {
      try {
        visit(value);
      } catch (error) {
        failed(error);
        primordials.PromisePrototypeThen(ReflectApply(cancelReader, reader, [error]), undefined, () => {});
        return;
      }
      if (inCall) again = true;
      else next();
    },
    close: done,
    error: failed,
  };
  // Chunks that are there already come within the call, and must not nest.
  function next() {
    inCall = true;
    do {
      again = false;
      read(stream, steps);
    } while (again);
    inCall = false;
  }
  next();
}

/** A stream of what another one has, as `change` makes it. Nobody else can read from that one from then on. */
function proxy(stream, change = (chunk) => chunk) {
  const reader = lock(stream);
  stream._disturbed = true;
  const pull = (controller) =>
    new Promise((resolve, reject) => {
      read(stream, {
        __proto__: null,
        chunk: (value) => {
          try {
            ReflectApply(enqueue, controller, [change(value)]);
            resolve();
          } catch (error) {
            reject(error);
          }
        },
        close: () => {
          controller.close();
          resolve();
        },
        error: reject,
      });
    });
  const source = { __proto__: null, pull, cancel: (reason) => ReflectApply(cancelReader, reader, [reason]) };
  return new ReadableStream(source, { __proto__: null, highWaterMark: 0 });
}

module.exports = {
  cancel: (stream, reason) => ReflectApply(cancel, stream, [reason]),
  cancelReader: (reader, reason) => ReflectApply(cancelReader, reader, [reason]),
  drain,
  /** Ends a stream that `make` made; nothing where it has ended. */
  fail: (stream, reason) => {
    if (stream._state === 'readable') ReflectApply(failBytes, stream._readableStreamController, [reason]);
  },
  isDisturbed,
  isLocked,
  isStream,
  /** Whether its chunks are bytes by their nature. */
  isOfBytes: (stream) => ObjectGetPrototypeOf(stream._readableStreamController) === ReadableByteStreamController.prototype,
  lock,
  make,
  proxy,
  read,
  tee: (stream) => ReflectApply(tee, stream, []),
};
