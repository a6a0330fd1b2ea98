// `Response`, by the Fetch standard.
const {
  ArrayPrototypeIncludes,
  JSONStringify,
  ObjectDefineProperty,
  RangeError,
  RegExpPrototypeExec,
  SymbolFor,
  TypeError,
} = primordials;
const { dictionary, expose, wellFormed } = require('internal/webidl');
const { extract } = require('web/fetch/body');
const { HeaderList } = require('web/fetch/header_list');
const { bytes, fill, make: makeHeaders, needs, pairsOf } = require('web/fetch/headers');
const { mixIn } = require('web/fetch/mixin');
const { parseUrl } = require('web/fetch/url');

const NULL_BODY = [101, 103, 204, 205, 304];
const REDIRECTS = [301, 302, 303, 307, 308];
const reasonPhrase = /^[\t\x20-\x7e\x80-\xff]*$/;
const custom = SymbolFor('nodejs.util.inspect.custom');
const secret = { __proto__: null };

let stateOf;
let isResponse;

/** `state`: type, url, redirected, status, statusText, list, body; `headers` is made when it is asked for. */
const newState = (values) => ({
  __proto__: null,
  type: 'default',
  url: '',
  redirected: false,
  status: 200,
  statusText: '',
  list: new HeaderList(),
  guard: 'response',
  headers: undefined,
  body: null,
  ...values,
});

class Response {
  #state;

  static {
    isResponse = (value) => typeof value === 'object' && value !== null && #state in value;
    stateOf = (value) => {
      if (!isResponse(value)) throw nodeError('ERR_INVALID_THIS', 'Response');
      return value.#state;
    };
    require('internal/platform').register(isResponse, undefined);
  }

  constructor(body = null, init = undefined) {
    if (body === secret) {
      this.#state = init;
      return;
    }
    const options = readInit(init);
    this.#state = newState();
    initialize(this.#state, options, body === null || body === undefined ? null : extract(body));
  }

  static error() {
    return makeResponse({ type: 'error', status: 0, guard: 'immutable' });
  }

  static json(data, init = undefined) {
    needs(arguments.length, 1, 'Response.json');
    const options = readInit(init);
    const text = JSONStringify(data);
    if (text === undefined) throw new TypeError('Value is not JSON serializable');
    const state = newState();
    initialize(state, options, { __proto__: null, body: extract(text).body, type: 'application/json' });
    return new Response(secret, state);
  }

  static redirect(url, status = 302) {
    needs(arguments.length, 1, 'Response.redirect');
    const parsed = parseUrl(wellFormed(url));
    const code = unsignedShort(status);
    if (!ArrayPrototypeIncludes(REDIRECTS, code)) throw new RangeError('Invalid status code ' + code);
    const list = new HeaderList();
    list.append('location', parsed.href);
    return makeResponse({ status: code, list, guard: 'immutable' });
  }

  get type() {
    return stateOf(this).type;
  }

  get url() {
    return stateOf(this).url;
  }

  get redirected() {
    return stateOf(this).redirected;
  }

  get status() {
    return stateOf(this).status;
  }

  get ok() {
    const { status } = stateOf(this);
    return status >= 200 && status <= 299;
  }

  get statusText() {
    return stateOf(this).statusText;
  }

  get headers() {
    const state = stateOf(this);
    return (state.headers ??= makeHeaders(state.list, state.guard));
  }

  clone() {
    const state = stateOf(this);
    if (state.body?.unusable) throw new TypeError('Response.clone: Body has already been consumed.');
    const body = state.body === null ? null : state.body.fork();
    return new Response(secret, { ...state, __proto__: null, list: state.list.copy(), headers: undefined, body });
  }

  [custom](depth, options, inspect) {
    const { status, statusText, headers, body, bodyUsed, ok, redirected, type, url } = this;
    const shown = { status, statusText, headers, body, bodyUsed, ok, redirected, type, url };
    return typeof inspect === 'function' ? 'Response ' + inspect(shown, options) : shown;
  }
}

/** Web IDL's `unsigned short`. */
function unsignedShort(value) {
  return primordials.Number(value) & 0xffff;
}

/** ResponseInit, its members read once and in the order of the standard. */
function readInit(init) {
  const given = dictionary(init, 'init');
  const { headers } = given;
  const pairs = headers === undefined ? undefined : pairsOf(headers);
  const { status, statusText } = given;
  return {
    __proto__: null,
    pairs,
    status: status === undefined ? 200 : unsignedShort(status),
    statusText: statusText === undefined ? '' : bytes(statusText),
  };
}

function initialize(state, { pairs, status, statusText }, content) {
  if (status < 200 || status > 599) {
    throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
  }
  if (RegExpPrototypeExec(reasonPhrase, statusText) === null) throw new TypeError('Invalid statusText');
  state.status = status;
  state.statusText = statusText;
  if (pairs !== undefined) {
    state.headers = makeHeaders(state.list, 'response');
    fill(state.headers, pairs);
  }
  if (content === null) return;
  if (ArrayPrototypeIncludes(NULL_BODY, status)) {
    throw new TypeError('Response constructor: Invalid response status code ' + status);
  }
  state.body = content.body;
  if (content.type !== null && !state.list.has('content-type')) state.list.append('content-type', content.type);
}

/** A response of our own making. */
const makeResponse = (values) => new Response(secret, newState(values));

mixIn(Response, (value) => stateOf(value));
expose(Response, 'Response');
ObjectDefineProperty(Response.prototype, custom, { __proto__: null, enumerable: false });

module.exports = { NULL_BODY, REDIRECTS, Response, isResponse, makeResponse };
