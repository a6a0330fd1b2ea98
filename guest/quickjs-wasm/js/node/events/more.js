// What `events` has beside the emitter itself: once, listeners of targets, limits, warnings.
const {
  Error,
  ObjectGetPrototypeOf,
  ObjectDefineProperty,
  Promise,
  ReflectGetOwnPropertyDescriptor,
  String,
  Symbol,
  SymbolFor,
  WeakMap,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
  queueMicrotask,
} = primordials;
const { AbortError, checkSignal } = require('internal/aborted');
const { isTarget, listenersOf } = require('web/event');

// Limits of EventTargets. They are kept, and there is no warning above them.
const limits = new WeakMap();

function className(object) {
  for (let proto = object, depth = 0; proto && depth < 8; proto = ObjectGetPrototypeOf(proto), depth++) {
    const own = ReflectGetOwnPropertyDescriptor(proto, 'constructor');
    if (own && typeof own.value === 'function') return String(own.value.name);
  }
  return 'Object';
}

/** As inspect tells an object of which it shows nothing. */
function brief(emitter) {
  const custom = emitter[SymbolFor('nodejs.util.inspect.custom')];
  if (typeof custom !== 'function') return '[' + className(emitter) + ']';
  const text = custom.call(emitter, -1, {}, bindings('host').inspect);
  return typeof text === 'string' ? text : bindings('host').inspect(text);
}

function warnOfLeak(emitter, type, count, most) {
  const warning = new Error(
    'Possible EventEmitter memory leak detected. ' + count + ' ' + String(type) + ' listeners added to ' + brief(emitter) +
      '. MaxListeners is ' + most + '. Use emitter.setMaxListeners() to increase limit',
  );
  warning.name = 'MaxListenersExceededWarning';
  warning.emitter = emitter;
  warning.type = type;
  warning.count = count;
  require('node/process/warning').emitWarning(warning);
}

/** Listens on an emitter or on an EventTarget, whichever it is. */
function listen(emitter, name, listener, flags) {
  if (typeof emitter.on === 'function') {
    if (flags?.once) emitter.once(name, listener);
    else emitter.on(name, listener);
  } else if (typeof emitter.addEventListener === 'function') emitter.addEventListener(name, listener, flags);
  else throw nodeError('ERR_INVALID_ARG_TYPE', 'emitter', 'EventEmitter', emitter);
}

function unlisten(emitter, name, listener, flags) {
  if (typeof emitter.removeListener === 'function') emitter.removeListener(name, listener);
  else if (typeof emitter.removeEventListener === 'function') emitter.removeEventListener(name, listener, flags);
  else throw nodeError('ERR_INVALID_ARG_TYPE', 'emitter', 'EventEmitter', emitter);
}

function once(emitter, name, options) {
  const signal = options?.signal;
  checkSignal(signal, 'options.signal');
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
  return new Promise((resolve, reject) => {
    const failed = (error) => {
      emitter.removeListener(name, resolver);
      if (signal != null) unlisten(signal, 'abort', abort);
      reject(error);
    };
    const resolver = (...args) => {
      if (typeof emitter.removeListener === 'function') emitter.removeListener('error', failed);
      if (signal != null) unlisten(signal, 'abort', abort);
      resolve(args);
    };
    function abort() {
      unlisten(emitter, name, resolver);
      unlisten(emitter, 'error', failed);
      reject(new AbortError(undefined, { cause: signal?.reason }));
    }
    listen(emitter, name, resolver, { __proto__: null, once: true });
    // An EventTarget has no `error` event of this meaning.
    if (name !== 'error' && typeof emitter.once === 'function') emitter.once('error', failed);
    if (signal != null) listen(signal, 'abort', abort, { __proto__: null, once: true });
  });
}

function getEventListeners(emitter, type) {
  if (typeof emitter.listeners === 'function') return emitter.listeners(type);
  if (isTarget(emitter)) return listenersOf(emitter, String(type));
  throw nodeError('ERR_INVALID_ARG_TYPE', 'emitter', ['EventEmitter', 'EventTarget'], emitter);
}

function getMaxListeners(emitter, limitOf) {
  if (typeof emitter?.getMaxListeners === 'function') return limitOf(emitter);
  if (isTarget(emitter)) {
    const { EventEmitter } = require('node/events');
    return WeakMapPrototypeGet(limits, emitter) ?? EventEmitter.defaultMaxListeners;
  }
  throw nodeError('ERR_INVALID_ARG_TYPE', 'emitter', ['EventEmitter', 'EventTarget'], emitter);
}

function setMaxListeners(n, targets) {
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i];
    if (isTarget(target)) WeakMapPrototypeSet(limits, target, n);
    else if (typeof target.setMaxListeners === 'function') target.setMaxListeners(n);
    else throw nodeError('ERR_INVALID_ARG_TYPE', 'eventTargets', ['EventEmitter', 'EventTarget'], target);
  }
}

function addAbortListener(signal, listener) {
  if (signal === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'signal', 'AbortSignal', signal);
  checkSignal(signal, 'signal');
  if (typeof listener !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'listener', 'Function', listener);
  let remove;
  if (signal.aborted) queueMicrotask(() => listener());
  else {
    // By an algorithm where it can be: an event's listener can be kept from it by another's stopImmediatePropagation.
    const aborts = require('web/abort');
    if (aborts.isSignal(signal)) {
      const { Event } = require('web/event');
      const tell = () => listener.call(signal, new Event('abort'));
      aborts.addAlgorithm(signal, tell);
      remove = () => aborts.removeAlgorithm(signal, tell);
    } else {
      signal.addEventListener('abort', listener, { __proto__: null, once: true });
      remove = () => signal.removeEventListener('abort', listener);
    }
  }
  const disposable = {};
  const key = Symbol.dispose ?? SymbolFor('nodejs.dispose');
  const dispose = { __proto__: null, value: () => remove?.(), writable: true, enumerable: true, configurable: true };
  ObjectDefineProperty(disposable, key, dispose);
  return disposable;
}

module.exports = { addAbortListener, getEventListeners, getMaxListeners, listen, once, setMaxListeners, unlisten, warnOfLeak };
