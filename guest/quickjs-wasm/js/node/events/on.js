// events.on: the events of an emitter or a target as an asynchronous iterator.
const {
  ArrayPrototypePush,
  ArrayPrototypeShift,
  Error,
  NumberIsInteger,
  ObjectGetPrototypeOf,
  ObjectSetPrototypeOf,
  Promise,
  PromiseReject,
  PromiseResolve,
  SymbolAsyncIterator,
} = primordials;
const { AbortError, checkSignal } = require('internal/aborted');
const { listen, unlisten } = require('node/events/more');

const iteratorPrototype = ObjectGetPrototypeOf(ObjectGetPrototypeOf(ObjectGetPrototypeOf((async function* () {})())));

function checkWaterMark(value, name, otherwise) {
  const mark = value ?? otherwise;
  if (typeof mark !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'number', mark);
  if (mark !== Infinity) {
    if (!NumberIsInteger(mark)) throw nodeError('ERR_OUT_OF_RANGE', name, 'an integer', mark);
    if (mark < 1) throw nodeError('ERR_OUT_OF_RANGE', name, '>= 1 && <= 9007199254740991', mark);
  }
  return mark;
}

function on(emitter, event, options) {
  const signal = options?.signal;
  checkSignal(signal, 'options.signal');
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  const high = checkWaterMark(options?.highWaterMark ?? options?.highWatermark, 'options.highWaterMark', 9007199254740991);
  const low = checkWaterMark(options?.lowWaterMark ?? options?.lowWatermark, 'options.lowWaterMark', 1);
  const events = [];
  const waiting = [];
  const listened = [];
  let paused = false;
  let error = null;
  let finished = false;

  function attach(target, name, listener, flags) {
    listen(target, name, listener, flags);
    ArrayPrototypePush(listened, { __proto__: null, target, name, listener, flags });
  }

  function deliver(value) {
    if (waiting.length > 0) {
      const { resolve } = ArrayPrototypeShift(waiting);
      resolve({ value, done: false });
      return;
    }
    ArrayPrototypePush(events, value);
    if (!paused && events.length > high) {
      paused = true;
      emitter.pause?.();
    }
  }

  function fail(problem) {
    if (waiting.length > 0) ArrayPrototypeShift(waiting).reject(problem);
    else error = problem;
    close();
  }

  function close() {
    for (let i = 0; i < listened.length; i++) {
      const { target, name, listener, flags } = listened[i];
      unlisten(target, name, listener, flags);
    }
    listened.length = 0;
    finished = true;
    const last = { value: undefined, done: true };
    while (waiting.length > 0) ArrayPrototypeShift(waiting).resolve(last);
    return PromiseResolve(last);
  }

  const iterator = ObjectSetPrototypeOf(
    {
      next() {
        if (events.length > 0) {
          const value = ArrayPrototypeShift(events);
          if (paused && events.length < low) {
            emitter.resume?.();
            paused = false;
          }
          return PromiseResolve({ value, done: false });
        }
        if (error) {
          const failed = PromiseReject(error);
          error = null;
          return failed;
        }
        if (finished) return close();
        return new Promise((resolve, reject) => ArrayPrototypePush(waiting, { __proto__: null, resolve, reject }));
      },
      return() {
        return close();
      },
      throw(problem) {
        if (!problem || !(problem instanceof Error)) {
          throw nodeError('ERR_INVALID_ARG_TYPE', 'EventEmitter.AsyncIterator', 'Error', problem);
        }
        fail(problem);
      },
      [SymbolAsyncIterator]() {
        return this;
      },
    },
    iteratorPrototype,
  );

  attach(emitter, event, (...args) => deliver(args));
  if (event !== 'error' && typeof emitter.on === 'function') attach(emitter, 'error', fail);
  const closing = options?.close;
  if (closing?.length) for (let i = 0; i < closing.length; i++) attach(emitter, closing[i], close);
  if (signal) {
    attach(signal, 'abort', () => fail(new AbortError(undefined, { cause: signal.reason })), { __proto__: null, once: true });
  }
  return iterator;
}

module.exports = { on };
