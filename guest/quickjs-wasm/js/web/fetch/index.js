// `fetch`, by the Fetch standard as Node has it: no cookies, no cache, and no origin of our own. What may be asked for is
// decided by the host, which follows redirects too.
const { Error, RegExpPrototypeExec } = primordials;
const { Body } = require('web/fetch/body');
const { HeaderList } = require('web/fetch/header_list');
const { needs } = require('web/fetch/headers');
const { Request, followed, stateOf } = require('web/fetch/request');
const { makeResponse } = require('web/fetch/response');
const { Exchange, failure } = require('web/fetch/transport');
const { parseUrl } = require('web/fetch/url');

const conditions = ['if-modified-since', 'if-none-match', 'if-unmodified-since', 'if-match', 'if-range'];

function networkError(words) {
  return failure('fetch failed', new Error(words));
}

/** Headers that the standard adds on the way; the host adds its own. */
function addHeaders(state) {
  const { list } = state;
  const put = (name, value) => {
    if (!list.has(name)) list.append(name, value);
  };
  if (state.referrer !== '' && state.referrerPolicy !== 'no-referrer') {
    const { bare, scheme, hasCredentials } = parseUrl(state.referrer);
    if ((scheme === 'http:' || scheme === 'https:') && !hasCredentials) put('referer', bare);
  }
  put('accept-language', '*');
  let { cache } = state;
  for (let i = 0; cache === 'default' && i < conditions.length; i++) if (list.has(conditions[i])) cache = 'no-store';
  if (cache === 'no-cache') put('cache-control', 'max-age=0');
  if (cache === 'no-store' || cache === 'reload') {
    put('pragma', 'no-cache');
    put('cache-control', 'no-cache');
  }
}

function dataResponse({ method, url }) {
  const read = require('web/fetch/data_url').readDataUrl(url.bare);
  if (read === undefined) throw networkError('failed to fetch the data URL');
  const list = new HeaderList();
  list.append('content-type', read.type);
  return {
    __proto__: null,
    status: 200,
    statusText: 'OK',
    url: url.bare,
    redirected: false,
    list,
    body: method === 'HEAD' ? null : new Body([read.bytes], undefined, undefined),
  };
}

/** Sends a request: method, url, list, body, redirect, redirectsMax. `began(exchange)` is told of what can end it. */
async function send(state, began, encoded = false) {
  const { scheme } = state.url;
  if (scheme === 'data:') return dataResponse(state);
  if (scheme !== 'http:' && scheme !== 'https:') {
    throw networkError(scheme === 'about:' ? 'about scheme is not supported' : 'unknown scheme');
  }
  const exchange = new Exchange(state);
  began(exchange);
  const response = await exchange.begin(encoded);
  response.body = response.remote === null ? null : new Body(undefined, response.remote, undefined);
  return response;
}

function follow(exchange, signal) {
  const { addAlgorithm, reasonOf, removeAlgorithm } = require('web/abort');
  const algorithm = () => exchange.abort(reasonOf(signal));
  addAlgorithm(signal, algorithm);
  exchange.onEnd = () => removeAlgorithm(signal, algorithm);
}

/** The response to a request as Request's constructor takes one. */
async function begin(input, init, given) {
  needs(given, 1, 'fetch');
  const state = stateOf(new Request(input, init));
  state.trace = new Error();
  const signal = followed(state);
  if (signal !== undefined && require('web/abort').isAborted(signal)) {
    const reason = require('web/abort').reasonOf(signal);
    state.body?.cancel(reason);
    throw reason;
  }
  if (RegExpPrototypeExec(/(?:^|\s)sha(?:256|384|512)-/i, state.integrity) !== null) {
    throw networkError('integrity cannot be checked here');
  }
  if (state.cache === 'only-if-cached') throw networkError('only if cached');
  addHeaders(state);
  const answer = await send(state, (exchange) => {
    if (signal !== undefined) follow(exchange, signal);
  });
  const { status, statusText, url, redirected, list, body } = answer;
  return makeResponse({ type: 'basic', guard: 'immutable', status, statusText, url, redirected, list, body });
}

// A method is no constructor.
const { fetch } = {
  fetch(input, init = undefined) {
    return begin(input, init, arguments.length);
  },
};

module.exports = { fetch, send };
