// `timers/promises`.
const {
  Promise,
  PromiseReject,
  ObjectCreate,
  clearImmediate,
  clearInterval,
  clearTimeout,
  setImmediate: startImmediate,
  setInterval: startInterval,
  setTimeout: startTimeout,
} = primordials;
const { AbortError, checkSignal } = require('internal/aborted');

function checkOptions(options) {
  if (options === null || typeof options !== 'object') throw nodeError('ERR_INVALID_ARG_TYPE', 'options', 'Object', options);
  const { signal, ref = true } = options;
  checkSignal(signal, 'options.signal');
  if (typeof ref !== 'boolean') throw nodeError('ERR_INVALID_ARG_TYPE', 'options.ref', 'boolean', ref);
  return signal;
}

const abortError = (signal) => new AbortError(undefined, { __proto__: null, cause: signal.reason });

/** A promise for a timer that `start` sets and `clear` takes back; a signal rejects it at once. */
function timed(options, start, clear) {
  let signal;
  try {
    signal = checkOptions(options);
  } catch (error) {
    return PromiseReject(error);
  }
  if (signal?.aborted) return PromiseReject(abortError(signal));
  return new Promise((resolve, reject) => {
    let abort;
    const handle = start((value) => {
      if (abort !== undefined) signal.removeEventListener('abort', abort);
      resolve(value);
    });
    if (!signal) return;
    abort = () => {
      clear(handle);
      reject(abortError(signal));
    };
    signal.addEventListener('abort', abort, { __proto__: null, once: true });
  });
}

function setTimeout(delay, value, options = {}) {
  if (delay !== undefined && typeof delay !== 'number') {
    return PromiseReject(nodeError('ERR_INVALID_ARG_TYPE', 'delay', 'number', delay));
  }
  return timed(options, (resolve) => startTimeout(resolve, delay, value), clearTimeout);
}

function setImmediate(value, options = {}) {
  return timed(options, (resolve) => startImmediate(resolve, value), clearImmediate);
}

async function* setInterval(delay, value, options = {}) {
  if (delay !== undefined && typeof delay !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', 'delay', 'number', delay);
  const signal = checkOptions(options);
  if (signal?.aborted) throw abortError(signal);
  let ticks = 0;
  let wake;
  const stop = () => {
    clearInterval(handle);
    wake?.(PromiseReject(abortError(signal)));
    wake = undefined;
  };
  const handle = startInterval(() => {
    ticks++;
    wake?.();
    wake = undefined;
  }, delay);
  try {
    signal?.addEventListener('abort', stop, { __proto__: null, once: true });
    while (!signal?.aborted) {
      if (ticks === 0) await new Promise((resolve) => (wake = resolve));
      for (; ticks > 0; ticks--) yield value;
    }
    throw abortError(signal);
  } finally {
    clearInterval(handle);
    signal?.removeEventListener('abort', stop);
  }
}

class Scheduler {
  constructor() {
    throw nodeError('ERR_ILLEGAL_CONSTRUCTOR');
  }

  yield() {
    if (this !== scheduler) throw nodeError('ERR_INVALID_THIS', 'Scheduler');
    return setImmediate();
  }

  wait(delay, options) {
    if (this !== scheduler) throw nodeError('ERR_INVALID_THIS', 'Scheduler');
    return setTimeout(delay, undefined, options);
  }
}

const scheduler = ObjectCreate(Scheduler.prototype);

module.exports = { setTimeout, setImmediate, setInterval, scheduler };
