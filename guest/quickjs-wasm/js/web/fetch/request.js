// `Request`, by the Fetch standard. There is no client here that could have an origin, so `cors` and `credentials` are
// what code says they are, and change nothing of what is sent.
const {
  ArrayPrototypeIncludes,
  ArrayPrototypeJoin,
  ObjectDefineProperty,
  StringPrototypeToUpperCase,
  SymbolFor,
  TypeError,
} = primordials;
const { expose, text, wellFormed } = require('internal/webidl');
const { extract } = require('web/fetch/body');
const { HeaderList, isToken } = require('web/fetch/header_list');
const { bytes, fill, isObject, make: makeHeaders, needs, pairsOf } = require('web/fetch/headers');
const { mixIn } = require('web/fetch/mixin');
const { parseUrl } = require('web/fetch/url');

const custom = SymbolFor('nodejs.util.inspect.custom');
// Loaded by the first request that has a signal, or is asked for one.
const ABORT = 'web/abort';
const secret = { __proto__: null };

const choices = {
  __proto__: null,
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  credentials: ['omit', 'same-origin', 'include'],
  duplex: ['half'],
  mode: ['navigate', 'same-origin', 'no-cors', 'cors'],
  priority: ['high', 'low', 'auto'],
  redirect: ['follow', 'manual', 'error'],
  referrerPolicy: [
    '', 'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin',
    'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url',
  ],
};

/** How Web IDL makes values of the members of RequestInit, in the order in which it reads them. */
const members = {
  __proto__: null,
  body: (value) => value,
  cache: choice('cache'),
  credentials: choice('credentials'),
  duplex: choice('duplex'),
  headers: (value) => pairsOf(value),
  integrity: text,
  keepalive: (value) => !!value,
  method: (value) => bytes(value),
  mode: choice('mode'),
  priority: choice('priority'),
  redirect: choice('redirect'),
  referrer: wellFormed,
  referrerPolicy: choice('referrerPolicy'),
  signal: asSignal,
  window: (value) => value,
};
const memberNames = primordials.ObjectKeys(members);

function choice(name) {
  return (value) => {
    const chosen = text(value);
    if (ArrayPrototypeIncludes(choices[name], chosen)) return chosen;
    const expected = ArrayPrototypeJoin(choices[name], ', ');
    throw new TypeError('Request constructor: ' + chosen + ' is not an accepted type. Expected one of ' + expected + '.');
  };
}

function asSignal(value) {
  if (value === null || (isObject(value) && require(ABORT).isSignal(value))) return value;
  throw new TypeError("Failed to construct 'Request': member signal is not of type AbortSignal.");
}

/** RequestInit: what is defined of it, or undefined where nothing is. */
function readInit(init) {
  if (init === undefined || init === null) return undefined;
  if (!isObject(init)) {
    throw new TypeError('Request constructor: Expected ' + text(init) + ' to be one of: Null, Undefined, Object.');
  }
  let read;
  for (let i = 0; i < memberNames.length; i++) {
    const value = init[memberNames[i]];
    if (value === undefined) continue;
    read ??= { __proto__: null };
    read[memberNames[i]] = members[memberNames[i]](value);
  }
  return read;
}

let stateOf;
let isRequest;

class Request {
  #state;

  static {
    isRequest = (value) => isObject(value) && #state in value;
    stateOf = (value) => {
      if (!isRequest(value)) throw nodeError('ERR_INVALID_THIS', 'Request');
      return value.#state;
    };
    require('internal/platform').register(isRequest, undefined);
  }

  constructor(input, init = undefined) {
    if (input === secret) {
      this.#state = init;
      return;
    }
    needs(arguments.length, 1, 'Request constructor');
    this.#state = newState(input, init);
  }

  get method() {
    return stateOf(this).method;
  }

  get url() {
    return stateOf(this).url.href;
  }

  get headers() {
    const state = stateOf(this);
    return (state.headers ??= makeHeaders(state.list, guardFor(state)));
  }

  get destination() {
    stateOf(this);
    return '';
  }

  get referrer() {
    return stateOf(this).referrer;
  }

  get referrerPolicy() {
    return stateOf(this).referrerPolicy;
  }

  get mode() {
    return stateOf(this).mode;
  }

  get credentials() {
    return stateOf(this).credentials;
  }

  get cache() {
    return stateOf(this).cache;
  }

  get redirect() {
    return stateOf(this).redirect;
  }

  get integrity() {
    return stateOf(this).integrity;
  }

  get keepalive() {
    return stateOf(this).keepalive;
  }

  get isReloadNavigation() {
    stateOf(this);
    return false;
  }

  get isHistoryNavigation() {
    stateOf(this);
    return false;
  }

  get signal() {
    const state = stateOf(this);
    return (state.signal ??= require(ABORT).anyOf(state.source === undefined ? [] : [state.source]));
  }

  get duplex() {
    stateOf(this);
    return 'half';
  }

  clone() {
    const state = stateOf(this);
    if (state.body?.unusable) throw new TypeError('unusable');
    const copied = { headers: undefined, list: state.list.copy(), body: state.body === null ? null : state.body.fork() };
    return new Request(secret, { ...state, ...copied, __proto__: null, source: followed(state), signal: undefined });
  }

  [custom](depth, options, inspect) {
    const shown = {};
    for (let i = 0; i < shownNames.length; i++) {
      const own = { __proto__: null, value: this[shownNames[i]], enumerable: true, configurable: true };
      ObjectDefineProperty(shown, shownNames[i], own);
    }
    return typeof inspect === 'function' ? 'Request ' + inspect(shown, options) : shown;
  }
}

const shownNames = [
  'method', 'url', 'headers', 'destination', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect',
  'integrity', 'keepalive', 'isReloadNavigation', 'isHistoryNavigation', 'signal',
];

const guardFor = ({ mode }) => (mode === 'no-cors' ? 'request-no-cors' : 'request');

/** The signal that ends a request: its own, which nobody may have asked for yet, or the one that that will follow. */
const followed = (state) => state.signal ?? state.source;

function newState(input, init) {
  let state;
  if (isRequest(input)) {
    const given = stateOf(input);
    state = { ...given, __proto__: null, headers: undefined, signal: undefined, source: followed(given) };
  } else state = ofUrl(wellFormed(input));
  const options = readInit(init);
  if (options !== undefined) apply(state, options);
  setHeaders(state, options);
  setBody(state, options, isRequest(input) ? stateOf(input).body : null);
  return state;
}

function ofUrl(input) {
  const url = parseUrl(input);
  if (url.hasCredentials) {
    throw new TypeError('Request cannot be constructed from a URL that includes credentials: ' + input);
  }
  return {
    __proto__: null,
    method: 'GET',
    url,
    list: new HeaderList(),
    headers: undefined,
    referrer: 'about:client',
    referrerPolicy: '',
    mode: 'cors',
    credentials: 'same-origin',
    cache: 'default',
    redirect: 'follow',
    integrity: '',
    keepalive: false,
    body: null,
    signal: undefined,
    source: undefined,
  };
}

function apply(state, options) {
  if (options.window !== undefined && options.window !== null) throw new TypeError("'window' option '" + text(options.window) + "' must be null");
  state.referrer = options.referrer === undefined ? 'about:client' : referrerOf(options.referrer);
  state.referrerPolicy = options.referrerPolicy ?? '';
  if (options.mode === 'navigate') throw new TypeError('Request constructor: invalid request mode navigate.');
  const plain = ['mode', 'credentials', 'cache', 'redirect', 'integrity', 'keepalive'];
  for (let i = 0; i < plain.length; i++) if (options[plain[i]] !== undefined) state[plain[i]] = options[plain[i]];
  if (state.cache === 'only-if-cached' && state.mode !== 'same-origin') {
    throw new TypeError("'only-if-cached' can be set only with 'same-origin' mode");
  }
  if (options.method !== undefined) state.method = methodOf(options.method);
  if (options.signal !== undefined) state.source = options.signal ?? undefined;
}

function referrerOf(referrer) {
  if (referrer === '') return '';
  return parseUrl(referrer, 'Referrer "' + referrer + '" is not a valid URL.').href;
}

function methodOf(method) {
  if (!isToken(method)) throw new TypeError("'" + method + "' is not a valid HTTP method.");
  const upper = StringPrototypeToUpperCase(method);
  if (upper === 'CONNECT' || upper === 'TRACE' || upper === 'TRACK') {
    throw new TypeError("'" + method + "' HTTP method is unsupported.");
  }
  return ArrayPrototypeIncludes(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'], upper) ? upper : method;
}

function setHeaders(state, options) {
  if (state.mode === 'no-cors' && !ArrayPrototypeIncludes(['GET', 'HEAD', 'POST'], state.method)) {
    throw new TypeError("'" + state.method + "' is unsupported in no-cors mode.");
  }
  const given = state.list;
  if (options?.headers === undefined && (options === undefined || state.mode !== 'no-cors')) {
    state.list = given.copy();
    return;
  }
  state.list = new HeaderList();
  state.headers = makeHeaders(state.list, guardFor(state));
  const pairs = options.headers ?? [];
  if (options.headers === undefined) given.forEach((name, value) => primordials.ArrayPrototypePush(pairs, [name, value]));
  fill(state.headers, pairs);
}

function setBody(state, options, inputBody) {
  const given = options?.body ?? null;
  if ((given !== null || inputBody !== null) && (state.method === 'GET' || state.method === 'HEAD')) {
    throw new TypeError('Request with GET/HEAD method cannot have body.');
  }
  let body = null;
  if (given !== null) {
    const content = extract(given, state.keepalive);
    body = content.body;
    if (content.type !== null && !state.list.has('content-type')) state.list.append('content-type', content.type);
  }
  const sent = body ?? inputBody;
  if (sent !== null && sent.pieces === undefined) {
    if (body !== null && options.duplex === undefined) {
      throw new TypeError('RequestInit: duplex option is required when sending a body.');
    }
    if (state.mode !== 'same-origin' && state.mode !== 'cors') {
      throw new TypeError('If request is made from ReadableStream, mode should be "same-origin" or "cors"');
    }
  }
  if (body === null && inputBody !== null) {
    if (inputBody.unusable) {
      throw new TypeError('Cannot construct a Request with a Request object that has already been used.');
    }
    body = inputBody.moved();
  }
  state.body = body;
}

mixIn(Request, (value) => stateOf(value));
expose(Request, 'Request');
ObjectDefineProperty(Request.prototype, custom, { __proto__: null, enumerable: false });

module.exports = { Request, followed, stateOf: (value) => stateOf(value) };
