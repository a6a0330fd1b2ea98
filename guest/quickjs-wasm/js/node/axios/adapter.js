// axios's adapter: its own for Node (lib/adapters/http.js), with the host in the place of Node's http. The options, their
// order and the errors are that adapter's.
const {
  ArrayIsArray,
  ArrayPrototypePush,
  Number,
  NumberIsNaN,
  Promise,
  String,
  StringPrototypeSlice,
  StringPrototypeToUpperCase,
  TypeError,
  Uint8Array,
  clearTimeout,
  setTimeout,
} = primordials;
const { copyOf, decode } = bindings('bytes');
const { CanceledError, axios, progress, resolveConfig, settle, utils } = require('node/axios/kit').parts;
const { AxiosError, AxiosHeaders, VERSION } = axios;
const { toBuffer } = require('internal/to_buffer');
const { HeaderList, isToken, isValue } = require('web/fetch/header_list');
const { send: transmit } = require('web/fetch');
const { parseUrl } = require('web/fetch/url');
const { bodyFor } = require('node/axios/body');
const { errorOf } = require('node/axios/errors');

const UTF8 = 0;
const MAX_REDIRECTS = 5;
/** What would change how the host connects, and so cannot be had. */
const refused = ['socketPath', 'transport', 'lookup', 'httpAgent', 'httpsAgent', 'beforeRedirect', 'maxRate'];

/** One request of axios, from its config to what `settle` makes of the response. */
class Call {
  constructor(config) {
    this.given = config;
    this.config = resolveConfig(config);
    this.request = undefined;
    this.exchange = undefined;
    this.timer = undefined;
    this.failed = undefined;
    this.cancel = (reason) => this.abort(!reason || reason.type ? new CanceledError(null, config, this.request) : reason);
  }

  own(key) {
    return utils.hasOwnProp(this.config, key) ? this.config[key] : undefined;
  }

  error(message, code, response) {
    return new AxiosError(message, code, this.given, this.request, response);
  }

  check() {
    for (let i = 0; i < refused.length; i++) {
      if (this.own(refused[i])) throw this.refusal(refused[i]);
    }
    if (this.own('proxy')) throw this.refusal('proxy');
    const timeout = this.own('timeout');
    if (timeout && NumberIsNaN(Number(timeout))) {
      throw this.error('error trying to parse `config.timeout` to int', AxiosError.ERR_BAD_OPTION_VALUE);
    }
  }

  refusal(option) {
    return this.error('`' + option + '` has no effect on code blocks: the host makes the connections', AxiosError.ERR_NOT_SUPPORT);
  }

  /** Ends it with an error, whatever it is doing. */
  abort(error) {
    if (this.failed !== undefined) return;
    this.failed = { __proto__: null, error };
    this.exchange?.abort(error);
    this.reject(error);
  }

  /** The timer begins anew with each piece of the response. */
  await() {
    clearTimeout(this.timer);
    const timeout = Number(this.own('timeout') ?? 0);
    if (timeout > 0) this.timer = setTimeout(() => this.abort(this.timeoutError()), timeout);
  }

  timeoutError() {
    const { clarifyTimeoutError } = this.own('transitional') ?? { __proto__: null };
    const words = this.own('timeoutErrorMessage') || 'timeout of ' + this.own('timeout') + 'ms exceeded';
    return this.error(words, clarifyTimeoutError ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED);
  }

  listen() {
    const { cancelToken, signal } = this.given;
    cancelToken?.subscribe(this.cancel);
    if (signal?.aborted) this.cancel();
    else signal?.addEventListener('abort', this.cancel);
  }

  finish() {
    const { cancelToken, signal } = this.given;
    clearTimeout(this.timer);
    cancelToken?.unsubscribe(this.cancel);
    signal?.removeEventListener('abort', this.cancel);
  }

  async run() {
    this.check();
    this.listen();
    const state = await this.prepare();
    this.request = requestOf(state);
    if (this.failed !== undefined) throw this.failed.error;
    this.await();
    const began = (exchange) => {
      this.exchange = exchange;
      exchange.onSent = this.progressOf('onUploadProgress', state.body?.length);
    };
    const answer = await transmit(state, began, this.own('decompress') === false);
    return this.receive(answer);
  }

  /** What is sent. */
  async prepare() {
    const { headers } = this.config;
    let url = parseUrl(String(this.own('url')), 'Invalid URL');
    if (url.scheme !== 'http:' && url.scheme !== 'https:' && url.scheme !== 'data:') {
      throw this.error('Unsupported protocol ' + url.scheme, AxiosError.ERR_BAD_REQUEST);
    }
    if (url.hasCredentials) url = this.withoutCredentials(url);
    headers.set('User-Agent', 'axios/' + VERSION, false);
    const data = this.own('data');
    const body = data ? bodyFor(data, headers, (message) => this.error(message, AxiosError.ERR_BAD_REQUEST)) : null;
    const most = this.own('maxBodyLength') ?? -1;
    if (most > -1 && body !== null) {
      const tooLarge = () => this.error('Request body larger than maxBodyLength limit', AxiosError.ERR_BAD_REQUEST);
      if (body.length > most) throw tooLarge();
      if (body.length === null) limit(body, most, tooLarge);
    }
    const redirects = this.own('maxRedirects') ?? MAX_REDIRECTS;
    const method = StringPrototypeToUpperCase(String(this.own('method') ?? 'get'));
    if (!isToken(method)) throw coded('Method must be a valid HTTP token ["' + method + '"]', 'ERR_INVALID_HTTP_TOKEN');
    return {
      __proto__: null,
      method,
      url,
      list: listOf(headers),
      body,
      redirect: redirects === 0 ? 'manual' : 'follow',
      redirectsMax: redirects > 20 ? 20 : redirects,
    };
  }

  /** A name and a password of the URL are those of `auth`, unless that is there. */
  withoutCredentials(url) {
    const { URL } = require('web/url');
    const parsed = new URL(url.href);
    if (!this.own('auth')) {
      const pair = decodeSafely(parsed.username) + ':' + decodeSafely(parsed.password);
      this.config.headers.set('Authorization', 'Basic ' + toBuffer(utf8(pair)).toString('base64'));
    }
    parsed.username = '';
    parsed.password = '';
    return parseUrl(parsed.href);
  }

  progressOf(option, total) {
    const listener = this.own(option);
    if (typeof listener !== 'function') return undefined;
    const download = option === 'onDownloadProgress';
    const throttled = progress.progressEventReducer(progress.asyncDecorator(listener), download, 3);
    const [tell, flush] = progress.progressEventDecorator(total ?? undefined, throttled);
    let loaded = 0;
    return (bytes) => {
      if (bytes === undefined) flush();
      else tell((loaded += bytes));
    };
  }

  async receive(answer) {
    const headers = headersOf(answer.list, this.own('decompress') !== false);
    this.request.responseURL = answer.url;
    this.request.res.responseUrl = answer.url;
    const { status, statusText } = answer;
    const response = { status, statusText, headers, config: this.given, request: this.request, data: undefined };
    const most = this.own('maxContentLength') ?? -1;
    const words = 'maxContentLength size of ' + most + ' exceeded';
    const source = {
      __proto__: null,
      body: answer.body,
      most,
      tooLarge: () => this.error(words, AxiosError.ERR_BAD_RESPONSE),
      came: this.progressOf('onDownloadProgress', utils.toFiniteNumber(headers.get('content-length'))),
      wait: () => this.await(),
      failed: (error) => this.failed?.error ?? errorOf(error, this, response),
      ended: () => this.finish(),
    };
    if (this.own('responseType') === 'stream') {
      response.data = require('node/axios/stream').streamOf(source);
      return response;
    }
    response.data = this.dataOf(await collect(source), headers);
    return response;
  }

  dataOf(bytes, headers) {
    const type = this.own('responseType');
    if (type === 'arraybuffer') return toBuffer(bytes);
    if (type === 'blob') return require('web/blob').makeBlob(bytes, String(headers.get('content-type') ?? ''));
    if (type === 'formdata') {
      const mime = require('web/fetch/mime').parse(String(headers.get('content-type') ?? ''));
      return require('web/fetch/form_data').decodeForm(bytes, mime);
    }
    const encoding = this.own('responseEncoding');
    const utf8Text = !encoding || encoding === 'utf8' || encoding === 'utf-8';
    const text = utf8Text ? decode(bytes, 0, undefined, UTF8) : toBuffer(bytes).toString(encoding);
    return utf8Text && text[0] === '\ufeff' ? StringPrototypeSlice(text, 1) : text;
  }
}

const utf8 = (text) => new Uint8Array(bindings('bytes').encode(text, UTF8));

function decodeSafely(text) {
  try {
    return primordials.decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A stream of unknown length ends with an error where it becomes too long. */
function limit(body, most, tooLarge) {
  let length = 0;
  body.check = (bytes) => {
    length += bytes;
    if (length > most) throw tooLarge();
  };
}

/** The headers as they are sent. Throws what Node does for those that cannot be. */
function listOf(headers) {
  const list = new HeaderList();
  const sent = headers.toJSON();
  const names = primordials.ObjectKeys(sent);
  for (let i = 0; i < names.length; i++) {
    const values = ArrayIsArray(sent[names[i]]) ? sent[names[i]] : [sent[names[i]]];
    for (let j = 0; j < values.length; j++) {
      const value = String(values[j]);
      if (!isToken(names[i])) throw coded('Header name must be a valid HTTP token ["' + names[i] + '"]', 'ERR_INVALID_HTTP_TOKEN');
      if (!isValue(value) || primordials.RegExpPrototypeExec(/[^\t\x20-\x7e\x80-\xff]/, value) !== null) {
        throw coded('Invalid character in header content ["' + names[i] + '"]', 'ERR_INVALID_CHAR');
      }
      list.append(names[i], value);
    }
  }
  return list;
}

function coded(message, code) {
  const error = new TypeError(message);
  return primordials.ObjectDefineProperty(error, 'code', { __proto__: null, value: code, writable: true, enumerable: true, configurable: true });
}

/** The headers of a response as Node has them: cookies are a list, and what was undone is not told any more. */
function headersOf(list, decoded) {
  const plain = { __proto__: null };
  list.forEach((name, value) => {
    if (name !== 'set-cookie') plain[name] = value;
  });
  const cookies = list.cookies();
  if (cookies.length > 0) plain['set-cookie'] = cookies;
  if (decoded) delete plain['content-encoding'];
  return new AxiosHeaders(plain);
}

/** What code finds as `response.request`: where it went. */
function requestOf({ method, url }) {
  const { URL } = require('web/url');
  const { host, pathname, protocol, search } = new URL(url.href);
  return { method, protocol, host, path: pathname + search, responseURL: url.bare, res: { responseUrl: url.bare } };
}

/** All bytes of a response. */
async function collect(source) {
  const { body } = source;
  if (body === null) {
    source.ended();
    return new Uint8Array(0);
  }
  const { pull } = require('node/axios/pieces').reader(source);
  const pieces = [];
  let length = 0;
  for (let piece = await pull(true); piece !== undefined; piece = await pull(true)) {
    ArrayPrototypePush(pieces, piece);
    length += piece.length;
  }
  if (pieces.length === 1) return pieces[0].byteOffset === 0 ? pieces[0] : new Uint8Array(copyOf(pieces[0]));
  const whole = new Uint8Array(length);
  for (let at = 0; pieces.length > 0; ) at += bindings('bytes').copy(whole, primordials.ArrayPrototypeShift(pieces), at, 0);
  return whole;
}

function send(config) {
  return new Promise((resolve, reject) => {
    let call;
    const failed = (error) => {
      call?.finish();
      reject(call === undefined ? error : (call.failed?.error ?? errorOf(error, call, undefined)));
    };
    try {
      call = new Call(config);
      call.reject = failed;
    } catch (error) {
      failed(error);
      return;
    }
    primordials.PromisePrototypeThen(call.run(), (response) => settle(resolve, reject, response), failed);
  });
}

module.exports = { send };
