// Event, CustomEvent and EventTarget, as the DOM standard has them; there is no tree, so a target is alone on its path.
const {
  ArrayPrototypeIndexOf,
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  ArrayPrototypeSplice,
  DOMException,
  ObjectDefineProperty,
  ObjectSetPrototypeOf,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  TypeError,
  queueMicrotask,
} = primordials;
const { now } = bindings('host');
const { constants, dictionary, expose, required, text } = require('internal/webidl');

const NONE = 0;
const AT_TARGET = 2;
// An event's flags.
const BUBBLES = 1;
const CANCELABLE = 2;
const COMPOSED = 4;
const CANCELED = 8;
const STOPPED = 16;
const STOPPED_AT_ONCE = 32;
const DISPATCHED = 64;
const INITIALIZED = 128;
const PASSIVE = 256;
const TRUSTED = 512;

/** What a listener throws ends the execution, after what is running now. */
function report(error) {
  queueMicrotask(() => {
    throw error;
  });
}

/** The global: an error that nobody handles, as if code had thrown it. */
function reportError(e) {
  required(arguments.length, 'e');
  report(e);
}

const wrongThis = (name) => nodeError('ERR_INVALID_THIS', name);
let stateOf;

// One getter for all events: an own accessor that no script can replace.
const trusted = ReflectGetOwnPropertyDescriptor(
  {
    get isTrusted() {
      return (stateOf(this).flags & TRUSTED) !== 0;
    },
  },
  'isTrusted',
);
ObjectSetPrototypeOf(trusted, null);
trusted.configurable = false;

class Event {
  #state;

  static {
    stateOf = (event) => {
      if (event === null || typeof event !== 'object' || !(#state in event)) throw wrongThis('Event');
      return event.#state;
    };
  }

  constructor(type, options = undefined) {
    required(arguments.length, 'type');
    const name = text(type);
    const given = dictionary(options, 'options');
    const bubbles = given.bubbles ? BUBBLES : 0;
    const cancelable = given.cancelable ? CANCELABLE : 0;
    const flags = INITIALIZED | bubbles | cancelable | (given.composed ? COMPOSED : 0);
    this.#state = { __proto__: null, type: name, flags, target: null, current: null, phase: NONE, time: now() };
    ObjectDefineProperty(this, 'isTrusted', trusted);
  }

  get type() {
    return stateOf(this).type;
  }

  get target() {
    return stateOf(this).target;
  }

  get srcElement() {
    return stateOf(this).target;
  }

  get currentTarget() {
    return stateOf(this).current;
  }

  composedPath() {
    const { current } = stateOf(this);
    return current === null ? [] : [current];
  }

  get eventPhase() {
    return stateOf(this).phase;
  }

  stopPropagation() {
    stateOf(this).flags |= STOPPED;
  }

  get cancelBubble() {
    return (stateOf(this).flags & STOPPED) !== 0;
  }

  set cancelBubble(value) {
    const state = stateOf(this);
    if (value) state.flags |= STOPPED;
  }

  stopImmediatePropagation() {
    stateOf(this).flags |= STOPPED | STOPPED_AT_ONCE;
  }

  get bubbles() {
    return (stateOf(this).flags & BUBBLES) !== 0;
  }

  get cancelable() {
    return (stateOf(this).flags & CANCELABLE) !== 0;
  }

  get returnValue() {
    return (stateOf(this).flags & CANCELED) === 0;
  }

  set returnValue(value) {
    const state = stateOf(this);
    if (!value) cancel(state);
  }

  preventDefault() {
    cancel(stateOf(this));
  }

  get defaultPrevented() {
    return (stateOf(this).flags & CANCELED) !== 0;
  }

  get composed() {
    return (stateOf(this).flags & COMPOSED) !== 0;
  }

  get timeStamp() {
    return stateOf(this).time;
  }

  initEvent(type, bubbles = false, cancelable = false) {
    const state = stateOf(this);
    required(arguments.length, 'type');
    initialize(state, text(type), bubbles, cancelable);
  }
}

function cancel(state) {
  if (state.flags & CANCELABLE && !(state.flags & PASSIVE)) state.flags |= CANCELED;
}

function initialize(state, type, bubbles, cancelable) {
  if (state.flags & DISPATCHED) return false;
  const kept = state.flags & COMPOSED;
  state.flags = INITIALIZED | kept | (bubbles ? BUBBLES : 0) | (cancelable ? CANCELABLE : 0);
  state.type = type;
  state.target = null;
  return true;
}

expose(Event, 'Event', 'event');
constants(Event, { __proto__: null, NONE, CAPTURING_PHASE: 1, AT_TARGET, BUBBLING_PHASE: 3 });

class CustomEvent extends Event {
  #detail = null;

  constructor(type, options = undefined) {
    required(arguments.length, 'type');
    super(type, options);
    const detail = options?.detail;
    if (detail !== undefined) this.#detail = detail;
  }

  get detail() {
    if (!(#detail in this)) throw wrongThis('CustomEvent');
    return this.#detail;
  }

  initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
    if (!(#detail in this)) throw wrongThis('CustomEvent');
    required(arguments.length, 'type');
    if (initialize(stateOf(this), text(type), bubbles, cancelable)) this.#detail = detail;
  }
}

expose(CustomEvent, 'CustomEvent');

/** The options of addEventListener and removeEventListener; only the first reads more than `capture`. */
function readOptions(options, all) {
  const read = { __proto__: null, capture: false, once: false, passive: false, signal: undefined };
  if (options === undefined || options === null) return read;
  if (typeof options !== 'object' && typeof options !== 'function') {
    read.capture = !!options;
    return read;
  }
  read.capture = !!options.capture;
  if (!all) return read;
  read.once = !!options.once;
  read.passive = !!options.passive;
  read.signal = options.signal;
  if (read.signal !== undefined && !require('web/abort').isSignal(read.signal)) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'options.signal', 'AbortSignal', read.signal);
  }
  return read;
}

function readCallback(callback) {
  if (callback === null || callback === undefined) return null;
  if (typeof callback !== 'function' && typeof callback !== 'object') {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'listener', 'EventListener', callback);
  }
  return callback;
}

/** Calls those of the listeners that listen to this phase and were there when it began. */
function invoke(target, lists, event, state, capture) {
  if (state.flags & STOPPED) return;
  const list = lists[state.type];
  if (list === undefined) return;
  const listeners = ArrayPrototypeSlice(list);
  for (let i = 0; i < listeners.length; i++) {
    const listener = listeners[i];
    if (listener.removed || listener.capture !== capture) continue;
    if (listener.once) forget(lists, state.type, listener);
    if (listener.passive) state.flags |= PASSIVE;
    try {
      if (typeof listener.callback === 'function') ReflectApply(listener.callback, target, [event]);
      else callObject(listener.callback, event);
    } catch (error) {
      report(error);
    }
    state.flags &= ~PASSIVE;
    if (state.flags & STOPPED_AT_ONCE) return;
  }
}

function callObject(callback, event) {
  const { handleEvent } = callback;
  if (typeof handleEvent !== 'function') throw new TypeError("The listener's handleEvent is not a function");
  ReflectApply(handleEvent, callback, [event]);
}

function forget(lists, type, listener) {
  listener.removed = true;
  const list = lists[type];
  const at = list === undefined ? -1 : ArrayPrototypeIndexOf(list, listener);
  if (at >= 0) ArrayPrototypeSplice(list, at, 1);
}

let listsOf;
let handlersOf;
let isTarget;

class EventTarget {
  // Listeners by type, in the order in which they came; and what `ontype` attributes hold.
  #lists = { __proto__: null };
  #handlers = null;

  static {
    isTarget = (value) => value !== null && typeof value === 'object' && #lists in value;
    listsOf = (value) => value.#lists;
    handlersOf = (value) => (value.#handlers ??= { __proto__: null });
  }

  addEventListener(type, callback, options = undefined) {
    if (!isTarget(this)) throw wrongThis('EventTarget');
    required(arguments.length, 'type', 'listener');
    const name = text(type);
    const called = readCallback(callback);
    const { capture, once, passive, signal } = readOptions(options, true);
    const aborts = signal === undefined ? undefined : require('web/abort');
    if (called === null || (aborts !== undefined && aborts.isAborted(signal))) return;
    const lists = this.#lists;
    const list = (lists[name] ??= []);
    for (let i = 0; i < list.length; i++) if (list[i].callback === called && list[i].capture === capture) return;
    const listener = { __proto__: null, callback: called, capture, once, passive, removed: false };
    ArrayPrototypePush(list, listener);
    if (aborts !== undefined) aborts.addAlgorithm(signal, () => forget(lists, name, listener));
  }

  removeEventListener(type, callback, options = undefined) {
    if (!isTarget(this)) throw wrongThis('EventTarget');
    required(arguments.length, 'type', 'listener');
    const name = text(type);
    const called = readCallback(callback);
    const { capture } = readOptions(options, false);
    const list = this.#lists[name];
    if (called === null || list === undefined) return;
    for (let i = 0; i < list.length; i++) {
      if (list[i].callback === called && list[i].capture === capture) return forget(this.#lists, name, list[i]);
    }
  }

  dispatchEvent(event) {
    if (!isTarget(this)) throw wrongThis('EventTarget');
    required(arguments.length, 'event');
    if (!isEvent(event)) throw nodeError('ERR_INVALID_ARG_TYPE', 'event', 'Event', event);
    const state = stateOf(event);
    if (state.flags & DISPATCHED || !(state.flags & INITIALIZED)) {
      throw new DOMException('The event is already being dispatched', 'InvalidStateError');
    }
    state.flags &= ~TRUSTED;
    return dispatch(this, event, state);
  }
}

expose(EventTarget, 'EventTarget', 'eventTarget');

function isEvent(value) {
  try {
    return stateOf(value) !== undefined;
  } catch {
    return false;
  }
}

function dispatch(target, event, state) {
  state.flags |= DISPATCHED;
  state.target = state.current = target;
  state.phase = AT_TARGET;
  const lists = listsOf(target);
  invoke(target, lists, event, state, true);
  invoke(target, lists, event, state, false);
  state.phase = NONE;
  state.current = null;
  state.flags &= ~(DISPATCHED | STOPPED | STOPPED_AT_ONCE);
  return (state.flags & CANCELED) === 0;
}

/** Fires an event of our own making. */
function fire(target, type) {
  if (listsOf(target)[type] === undefined) return;
  const event = new Event(type);
  const state = stateOf(event);
  state.flags |= TRUSTED;
  dispatch(target, event, state);
}

function handler(target, type) {
  return handlersOf(target)[type]?.value ?? null;
}

/** An event handler attribute: it listens from when it is first set until it is null, at its place in the order. */
function setHandler(target, type, value) {
  const handlers = handlersOf(target);
  const lists = listsOf(target);
  const wanted = typeof value === 'function' || (typeof value === 'object' && value !== null) ? value : null;
  const known = handlers[type];
  if (wanted === null) {
    if (known !== undefined) forget(lists, type, known.listener);
    delete handlers[type];
  } else if (known !== undefined) known.value = wanted;
  else {
    const made = { __proto__: null, value: wanted, listener: undefined };
    const callback = function (event) {
      if (typeof made.value !== 'function') return;
      if (ReflectApply(made.value, this, [event]) === false) cancel(stateOf(event));
    };
    made.listener = { __proto__: null, callback, capture: false, once: false, passive: false, removed: false };
    handlers[type] = made;
    ArrayPrototypePush((lists[type] ??= []), made.listener);
  }
}

/** What Node's getEventListeners tells. */
function listenersOf(target, type) {
  const list = listsOf(target)[type] ?? [];
  const found = [];
  for (let i = 0; i < list.length; i++) ArrayPrototypePush(found, list[i].callback);
  return found;
}

require('internal/platform').register((value) => isTarget(value) || isEvent(value), undefined);

module.exports = { CustomEvent, Event, EventTarget, fire, handler, isEvent, isTarget, listenersOf, reportError, setHandler };
