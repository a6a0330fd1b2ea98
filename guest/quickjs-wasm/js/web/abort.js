// AbortController and AbortSignal.
const {
  ArrayPrototypePush,
  DOMException,
  ObjectFreeze,
  SetPrototypeAdd,
  SetPrototypeDelete,
  SetPrototypeForEach,
  SetPrototypeGetSize,
  Set,
  SymbolIterator,
  TypeError,
  setTimeout,
  ReflectApply,
} = primordials;
const { EventTarget, fire, handler, setHandler } = require('web/event');
const { enforced, expose, required } = require('internal/webidl');

const secret = ObjectFreeze({ __proto__: null });
const wrongThis = (name) => nodeError('ERR_INVALID_THIS', name);
let stateOf;
let isSignal;

class AbortSignal extends EventTarget {
  // `sources`: the signals that this one follows, as `any` makes it; `dependents`: those that follow it.
  #state = { __proto__: null, aborted: false, reason: undefined, algorithms: undefined, sources: undefined, dependents: undefined };

  static {
    isSignal = (value) => value !== null && typeof value === 'object' && #state in value;
    stateOf = (value) => {
      if (!isSignal(value)) throw wrongThis('AbortSignal');
      return value.#state;
    };
  }

  constructor(key = undefined) {
    if (key !== secret) throw nodeError('ERR_ILLEGAL_CONSTRUCTOR');
    super();
  }

  static abort(reason = undefined) {
    const signal = new AbortSignal(secret);
    const state = signal.#state;
    state.aborted = true;
    state.reason = reason === undefined ? aborted() : reason;
    return signal;
  }

  static timeout(milliseconds) {
    required(arguments.length, 'delay');
    const delay = enforced(milliseconds, 'delay');
    const signal = new AbortSignal(secret);
    setTimeout(() => abort(signal, new DOMException('The operation was aborted due to timeout', 'TimeoutError')), delay);
    return signal;
  }

  static any(signals) {
    required(arguments.length, 'signals');
    return anyOf(sequence(signals));
  }

  get aborted() {
    return stateOf(this).aborted;
  }

  get reason() {
    return stateOf(this).reason;
  }

  throwIfAborted() {
    const state = stateOf(this);
    if (state.aborted) throw state.reason;
  }

  get onabort() {
    stateOf(this);
    return handler(this, 'abort');
  }

  set onabort(value) {
    stateOf(this);
    setHandler(this, 'abort', value);
  }
}

expose(AbortSignal, 'AbortSignal', 'abortSignal');

function aborted() {
  return new DOMException('This operation was aborted', 'AbortError');
}

/** sequence<AbortSignal> */
function sequence(signals) {
  const method = signals !== null && typeof signals === 'object' ? signals[SymbolIterator] : undefined;
  if (typeof method !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'signals', 'Iterable', signals);
  const iterator = ReflectApply(method, signals, []);
  const { next } = iterator;
  const found = [];
  for (;;) {
    const step = ReflectApply(next, iterator, []);
    if (step === null || typeof step !== 'object') throw new TypeError('The iterator gives no object');
    if (step.done) return found;
    const { value } = step;
    if (!isSignal(value)) throw nodeError('ERR_INVALID_ARG_TYPE', 'signals[' + found.length + ']', 'AbortSignal', value);
    ArrayPrototypePush(found, value);
  }
}

/** A signal that follows others; one that follows already gives its own sources, so that there are no chains. */
function anyOf(signals) {
  const result = new AbortSignal(secret);
  const state = stateOf(result);
  for (let i = 0; i < signals.length; i++) {
    const other = stateOf(signals[i]);
    if (!other.aborted) continue;
    state.aborted = true;
    state.reason = other.reason;
    return result;
  }
  state.sources = new Set();
  const follow = (source) => {
    if (stateOf(source).aborted) return;
    SetPrototypeAdd(state.sources, source);
    SetPrototypeAdd((stateOf(source).dependents ??= new Set()), result);
  };
  for (let i = 0; i < signals.length; i++) {
    const { sources } = stateOf(signals[i]);
    if (sources === undefined) follow(signals[i]);
    else SetPrototypeForEach(sources, follow);
  }
  return result;
}

/** Every signal that is aborted with this one knows its reason before any code is told. */
function abort(signal, reason) {
  const state = stateOf(signal);
  if (state.aborted) return;
  state.aborted = true;
  state.reason = reason === undefined ? aborted() : reason;
  const followers = [];
  if (state.dependents !== undefined && SetPrototypeGetSize(state.dependents) > 0) {
    SetPrototypeForEach(state.dependents, (follower) => {
      const other = stateOf(follower);
      if (other.aborted) return;
      other.aborted = true;
      other.reason = state.reason;
      ArrayPrototypePush(followers, follower);
    });
  }
  run(signal, state);
  for (let i = 0; i < followers.length; i++) run(followers[i], stateOf(followers[i]));
}

function run(signal, state) {
  const { algorithms } = state;
  state.algorithms = undefined;
  if (algorithms !== undefined) SetPrototypeForEach(algorithms, (algorithm) => algorithm());
  fire(signal, 'abort');
}

/** What happens when a signal is aborted, before its event; for modules of ours. */
function addAlgorithm(signal, algorithm) {
  const state = stateOf(signal);
  if (!state.aborted) SetPrototypeAdd((state.algorithms ??= new Set()), algorithm);
}

function removeAlgorithm(signal, algorithm) {
  const { algorithms } = stateOf(signal);
  if (algorithms !== undefined) SetPrototypeDelete(algorithms, algorithm);
}

class AbortController {
  #signal = new AbortSignal(secret);

  get signal() {
    if (this === null || typeof this !== 'object' || !(#signal in this)) throw wrongThis('AbortController');
    return this.#signal;
  }

  abort(reason = undefined) {
    if (this === null || typeof this !== 'object' || !(#signal in this)) throw wrongThis('AbortController');
    abort(this.#signal, reason);
  }

  static #is(value) {
    return #signal in value;
  }

  static {
    require('internal/platform').register((value) => AbortController.#is(value), undefined);
  }
}

expose(AbortController, 'AbortController', 'abortController');

module.exports = {
  AbortController,
  AbortSignal,
  addAlgorithm,
  anyOf,
  isAborted: (signal) => stateOf(signal).aborted,
  isSignal,
  reasonOf: (signal) => stateOf(signal).reason,
  removeAlgorithm,
};
