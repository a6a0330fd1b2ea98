// EventEmitter, and the functions of the module `events`.
const {
  ArrayPrototypePush,
  ArrayPrototypeShift,
  ArrayPrototypeSlice,
  ArrayPrototypeSplice,
  ArrayPrototypeUnshift,
  Boolean,
  Error,
  FunctionPrototypeBind,
  FunctionPrototypeCall,
  NumberIsNaN,
  ObjectDefineProperties,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  ReflectApply,
  ReflectOwnKeys,
  Symbol,
  SymbolFor,
} = primordials;
const { inspect } = bindings('host');

const kCapture = Symbol('kCapture');
const kShapeMode = Symbol('shapeMode');
const kErrorMonitor = Symbol('events.errorMonitor');
const kRejection = SymbolFor('nodejs.rejection');
let defaultMaxListeners = 10;

const more = () => require('node/events/more');

function EventEmitter(opts) {
  FunctionPrototypeCall(init, this, opts);
}

function init(opts) {
  if (this._events === undefined || this._events === ObjectGetPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
  }
  this._maxListeners = this._maxListeners || undefined;
  this[kShapeMode] = false;
  if (opts?.captureRejections) {
    checkBoolean(opts.captureRejections, 'options.captureRejections');
    this[kCapture] = Boolean(opts.captureRejections);
  } else this[kCapture] = EventEmitter.prototype[kCapture];
}

function checkBoolean(value, name) {
  if (typeof value !== 'boolean') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'boolean', value);
}

function checkListener(listener) {
  if (typeof listener !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'listener', 'Function', listener);
}

function checkLimit(value, name) {
  if (typeof value !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'number', value);
  if (value < 0 || NumberIsNaN(value)) throw nodeError('ERR_OUT_OF_RANGE', name, '>= 0', value);
}

function limitOf(emitter) {
  return emitter._maxListeners === undefined ? defaultMaxListeners : emitter._maxListeners;
}

/** Where rejections are captured: what a listener returned is watched, and its rejection becomes an `error` event. */
function watch(emitter, result, type, args) {
  if (!emitter[kCapture]) return;
  try {
    const { then } = result;
    if (typeof then !== 'function') return;
    FunctionPrototypeCall(then, result, undefined, (error) => {
      require('node/process/ticks').nextTick(rejected, [emitter, error, type, args]);
    });
  } catch (error) {
    emitter.emit('error', error);
  }
}

function rejected(emitter, error, type, args) {
  if (typeof emitter[kRejection] === 'function') {
    const values = [error, type];
    for (let i = 0; i < args.length; i++) ArrayPrototypePush(values, args[i]);
    ReflectApply(emitter[kRejection], emitter, values);
    return;
  }
  // An error handler that is rejected too must not go round for ever.
  const kept = emitter[kCapture];
  try {
    emitter[kCapture] = false;
    emitter.emit('error', error);
  } finally {
    emitter[kCapture] = kept;
  }
}

function unhandled(error) {
  if (error instanceof Error) return error;
  let shown;
  try {
    shown = inspect(error);
  } catch {
    shown = error;
  }
  const made = nodeError('ERR_UNHANDLED_ERROR', shown);
  made.context = error;
  return made;
}

function emit(type, ...args) {
  let fails = type === 'error';
  const events = this._events;
  if (events !== undefined) {
    if (fails && events[kErrorMonitor] !== undefined) {
      const values = [kErrorMonitor];
      for (let i = 0; i < args.length; i++) ArrayPrototypePush(values, args[i]);
      ReflectApply(this.emit, this, values);
    }
    fails = fails && events.error === undefined;
  } else if (!fails) return false;
  if (fails) throw unhandled(args[0]);
  const handler = events[type];
  if (handler === undefined) return false;
  if (typeof handler === 'function') {
    const result = ReflectApply(handler, this, args);
    if (result !== undefined && result !== null) watch(this, result, type, args);
    return true;
  }
  const listeners = ArrayPrototypeSlice(handler);
  for (let i = 0; i < listeners.length; i++) {
    const result = ReflectApply(listeners[i], this, args);
    if (result !== undefined && result !== null) watch(this, result, type, args);
  }
  return true;
}

function add(target, type, listener, prepend) {
  checkListener(listener);
  let events = target._events;
  let existing;
  if (events === undefined) {
    events = target._events = { __proto__: null };
    target._eventsCount = 0;
  } else {
    // Before it is added, so that listeners of `newListener` can add theirs first.
    if (events.newListener !== undefined) {
      target.emit('newListener', type, listener.listener ?? listener);
      events = target._events;
    }
    existing = events[type];
  }
  if (existing === undefined) {
    events[type] = listener;
    ++target._eventsCount;
    return target;
  }
  if (typeof existing === 'function') existing = events[type] = prepend ? [listener, existing] : [existing, listener];
  else if (prepend) ArrayPrototypeUnshift(existing, listener);
  else ArrayPrototypePush(existing, listener);
  const most = limitOf(target);
  if (most > 0 && existing.length > most && !existing.warned) {
    existing.warned = true;
    more().warnOfLeak(target, type, existing.length, most);
  }
  return target;
}

function onceWrapper() {
  if (this.fired) return undefined;
  this.target.removeListener(this.type, this.wrapFn);
  this.fired = true;
  return ReflectApply(this.listener, this.target, arguments);
}

function wrapOnce(target, type, listener) {
  const state = { fired: false, wrapFn: undefined, target, type, listener };
  const wrapped = FunctionPrototypeBind(onceWrapper, state);
  wrapped.listener = listener;
  state.wrapFn = wrapped;
  return wrapped;
}

function removeListener(type, listener) {
  checkListener(listener);
  const events = this._events;
  if (events === undefined) return this;
  const list = events[type];
  if (list === undefined) return this;
  if (list === listener || list.listener === listener) {
    if (--this._eventsCount === 0) this._events = { __proto__: null };
    else {
      delete events[type];
      if (events.removeListener) this.emit('removeListener', type, list.listener || listener);
    }
  } else if (typeof list !== 'function') {
    let position = list.length - 1;
    while (position >= 0 && list[position] !== listener && list[position].listener !== listener) position--;
    if (position < 0) return this;
    if (position === 0) ArrayPrototypeShift(list);
    else ArrayPrototypeSplice(list, position, 1);
    if (list.length === 1) events[type] = list[0];
    if (events.removeListener !== undefined) this.emit('removeListener', type, listener);
  }
  return this;
}

function removeAllListeners(type) {
  const events = this._events;
  if (events === undefined) return this;
  if (events.removeListener === undefined) {
    if (arguments.length === 0) {
      this._events = { __proto__: null };
      this._eventsCount = 0;
    } else if (events[type] !== undefined) {
      if (--this._eventsCount === 0) this._events = { __proto__: null };
      else delete events[type];
    }
    return this;
  }
  // Somebody listens to removals, so each is told.
  if (arguments.length === 0) {
    const keys = ReflectOwnKeys(events);
    for (let i = 0; i < keys.length; i++) if (keys[i] !== 'removeListener') this.removeAllListeners(keys[i]);
    this.removeAllListeners('removeListener');
    this._events = { __proto__: null };
    this._eventsCount = 0;
    return this;
  }
  const listeners = events[type];
  if (typeof listeners === 'function') this.removeListener(type, listeners);
  else if (listeners !== undefined) for (let i = listeners.length - 1; i >= 0; i--) this.removeListener(type, listeners[i]);
  return this;
}

function listenersOf(target, type, unwrap) {
  const list = target._events === undefined ? undefined : target._events[type];
  if (list === undefined) return [];
  if (typeof list === 'function') return unwrap ? [list.listener || list] : [list];
  const found = ArrayPrototypeSlice(list);
  if (unwrap) {
    for (let i = 0; i < found.length; i++) {
      const original = found[i].listener;
      if (typeof original === 'function') found[i] = original;
    }
  }
  return found;
}

function listenerCount(type, listener) {
  const list = this._events === undefined ? undefined : this._events[type];
  if (list === undefined) return 0;
  if (typeof list === 'function') return listener == null || listener === list || listener === list.listener ? 1 : 0;
  if (listener == null) return list.length;
  let matching = 0;
  for (let i = 0; i < list.length; i++) if (list[i] === listener || list[i].listener === listener) matching++;
  return matching;
}

const methods = {
  __proto__: null,
  _events: undefined,
  _eventsCount: 0,
  _maxListeners: undefined,
  setMaxListeners: function setMaxListeners(n) {
    checkLimit(n, 'setMaxListeners');
    this._maxListeners = n;
    return this;
  },
  getMaxListeners: function getMaxListeners() {
    return limitOf(this);
  },
  emit,
  addListener: function addListener(type, listener) {
    return add(this, type, listener, false);
  },
  prependListener: function prependListener(type, listener) {
    return add(this, type, listener, true);
  },
  once: function once(type, listener) {
    checkListener(listener);
    this.on(type, wrapOnce(this, type, listener));
    return this;
  },
  prependOnceListener: function prependOnceListener(type, listener) {
    checkListener(listener);
    this.prependListener(type, wrapOnce(this, type, listener));
    return this;
  },
  removeListener,
  removeAllListeners,
  listeners: function listeners(type) {
    return listenersOf(this, type, true);
  },
  rawListeners: function rawListeners(type) {
    return listenersOf(this, type, false);
  },
  listenerCount,
  eventNames: function eventNames() {
    return this._eventsCount > 0 ? ReflectOwnKeys(this._events) : [];
  },
};

const { prototype } = EventEmitter;
for (const name in methods) {
  ObjectDefineProperty(prototype, name, { __proto__: null, value: methods[name], writable: true, enumerable: true, configurable: true });
  // Node's order of them: `on` is the same function as `addListener`, `off` as `removeListener`.
  const alias = name === 'addListener' ? 'on' : name === 'removeListener' ? 'off' : undefined;
  if (alias) ObjectDefineProperty(prototype, alias, { __proto__: null, value: methods[name], writable: true, enumerable: true, configurable: true });
}
ObjectDefineProperty(prototype, kCapture, { __proto__: null, value: false, writable: true, enumerable: false });

const limit = {
  __proto__: null,
  enumerable: true,
  get() {
    return defaultMaxListeners;
  },
  set(value) {
    checkLimit(value, 'defaultMaxListeners');
    defaultMaxListeners = value;
  },
};

const own = (value) => ({ __proto__: null, value, writable: true, enumerable: true, configurable: true });

ObjectDefineProperties(EventEmitter, {
  __proto__: null,
  addAbortListener: own(function addAbortListener(signal, listener) {
    return more().addAbortListener(signal, listener);
  }),
  once: own(async function once(emitter, name, options = { __proto__: null }) {
    return more().once(emitter, name, options);
  }),
  on: own(function on(emitter, event, options = { __proto__: null }) {
    return require('node/events/on').on(emitter, event, options);
  }),
  getEventListeners: own(function getEventListeners(emitterOrTarget, type) {
    return more().getEventListeners(emitterOrTarget, type);
  }),
  getMaxListeners: own(function getMaxListeners(emitterOrTarget) {
    return more().getMaxListeners(emitterOrTarget, limitOf);
  }),
  EventEmitter: own(EventEmitter),
  usingDomains: own(false),
  captureRejectionSymbol: own(kRejection),
  captureRejections: {
    __proto__: null,
    enumerable: true,
    get() {
      return EventEmitter.prototype[kCapture];
    },
    set(value) {
      checkBoolean(value, 'EventEmitter.captureRejections');
      EventEmitter.prototype[kCapture] = value;
    },
  },
  errorMonitor: own(kErrorMonitor),
  defaultMaxListeners: limit,
  setMaxListeners: own(function setMaxListeners(n = defaultMaxListeners, ...eventTargets) {
    checkLimit(n, 'setMaxListeners');
    if (eventTargets.length === 0) defaultMaxListeners = n;
    else more().setMaxListeners(n, eventTargets);
  }),
  init: own(function (opts) {
    FunctionPrototypeCall(init, this, opts);
  }),
  listenerCount: own(function (emitter, type) {
    if (typeof emitter.listenerCount === 'function') return emitter.listenerCount(type);
    return FunctionPrototypeCall(listenerCount, emitter, type);
  }),
});

module.exports = { EventEmitter };
