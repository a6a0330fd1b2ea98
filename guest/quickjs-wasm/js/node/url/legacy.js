// The functions of `url` from before the standard. Their rules are their own, and programs depend on them.
const {
  ArrayPrototypeIncludes,
  ObjectCreate,
  RegExpPrototypeExec,
  StringPrototypeEndsWith,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeReplaceAll,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  StringPrototypeToLowerCase,
} = primordials;
const { decodeUri } = require('internal/uri');
const { domainToAscii } = bindings('url');

const matches = (pattern, text) => RegExpPrototypeExec(pattern, text) !== null;
const querystring = () => require('node/querystring');

/** Protocols that have no host at all, and those that always have slashes before it. */
const isHostless = (protocol) => protocol === 'javascript' || protocol === 'javascript:';
const withSlashes = ['http', 'https', 'ftp', 'gopher', 'file', 'ws', 'wss'];
const hasSlashes = (protocol) =>
  typeof protocol === 'string' &&
  ArrayPrototypeIncludes(withSlashes, StringPrototypeEndsWith(protocol, ':') ? StringPrototypeSlice(protocol, 0, -1) : protocol);

const HOSTNAME_LENGTH_MAX = 255;

// A function, because programs call it without `new`.
function Url() {
  this.protocol = null;
  this.slashes = null;
  this.auth = null;
  this.host = null;
  this.port = null;
  this.hostname = null;
  this.hash = null;
  this.search = null;
  this.query = null;
  this.pathname = null;
  this.path = null;
  this.href = null;
}

/** Without the white space around it, and with slashes for the backslashes before ? and #. */
function straightened(text) {
  const trimmed = (RegExpPrototypeExec(/[^\0- \u00a0\ufeff](?:[^]*[^\0- \u00a0\ufeff])?/, text) ?? [''])[0];
  const end = RegExpPrototypeExec(/[?#]/, trimmed)?.index ?? trimmed.length;
  return StringPrototypeReplaceAll(StringPrototypeSlice(trimmed, 0, end), '\\', '/') + StringPrototypeSlice(trimmed, end);
}

function setPath(url) {
  if (url.pathname || url.search) url.path = (url.pathname || '') + (url.search || '');
}

/** A path and a query alone, which is what servers see most. */
function parseSimple(url, rest, parsesQuery) {
  const simple = RegExpPrototypeExec(/^(\/\/?(?!\/)[^?\s]*)(\?[^\s]*)?$/, rest);
  if (simple === null) return false;
  url.path = url.href = rest;
  url.pathname = simple[1];
  if (simple[2]) {
    url.search = simple[2];
    const query = StringPrototypeSlice(simple[2], 1);
    url.query = parsesQuery ? querystring().parse(query) : query;
  } else if (parsesQuery) url.query = ObjectCreate(null);
  return true;
}

/** Where credentials and host end. What cannot be in a host ends it too, unless an @ comes after. Tabs and line breaks
 * are left out of `rest` as far as it was looked at. */
function scanAuthority(text) {
  let rest = text;
  let at = -1;
  let end = -1;
  for (let i = 0; i < rest.length; i++) {
    const char = rest[i];
    if (char === '\t' || char === '\n' || char === '\r') {
      rest = StringPrototypeSlice(rest, 0, i) + StringPrototypeSlice(rest, i + 1);
      i--;
    } else if (char === '@') {
      at = i;
      end = -1;
    } else if (end === -1 && StringPrototypeIncludes(' "%\';<>\\^`{|}#/?', char)) end = i;
    if (char === '#' || char === '/' || char === '?') break;
  }
  return { rest, at, end };
}

const isIpv6 = (hostname) => hostname[0] === '[' && hostname[hostname.length - 1] === ']';

/** Takes credentials, host and port off; gives what comes after. */
function takeAuthority(url, text, whole) {
  const { rest, at, end } = scanAuthority(text);
  if (at >= 0) url.auth = decodeUri(StringPrototypeSlice(rest, 0, at));
  url.host = StringPrototypeSlice(rest, at + 1, end < 0 ? undefined : end);
  let after = end < 0 ? '' : StringPrototypeSlice(rest, end);
  url.parseHost();
  if (typeof url.hostname !== 'string') url.hostname = '';
  const ipv6 = isIpv6(url.hostname);
  if (!ipv6) {
    const bad = RegExpPrototypeExec(/[/\\#?:]/, url.hostname);
    if (bad !== null) {
      after = '/' + StringPrototypeSlice(url.hostname, bad.index) + after;
      url.hostname = StringPrototypeSlice(url.hostname, 0, bad.index);
    }
  }
  checkHostname(url, ipv6, whole);
  url.host = (url.hostname || '') + (url.port ? ':' + url.port : '');
  if (!ipv6) return after;
  url.hostname = StringPrototypeSlice(url.hostname, 1, -1);
  return after[0] === '/' ? after : '/' + after;
}

function checkHostname(url, ipv6, whole) {
  if (url.hostname.length > HOSTNAME_LENGTH_MAX) url.hostname = '';
  else url.hostname = StringPrototypeToLowerCase(url.hostname);
  if (url.hostname === '') return;
  if (ipv6) {
    if (matches(/[\0\t\n\r #%/<>?@\\^|]/, url.hostname)) throw nodeError('ERR_INVALID_URL', whole);
    return;
  }
  // What IDNA made of it may be nothing, or hold what no host may.
  url.hostname = domainToAscii(url.hostname);
  if (url.hostname === '' || matches(/[\0\t\n\r #%/:<>?@[\\\]^|]/, url.hostname)) {
    throw nodeError('ERR_INVALID_URL', whole);
  }
}

const escapes = {
  __proto__: null,
  ...{ '\t': '%09', '\n': '%0A', '\r': '%0D', ' ': '%20', '"': '%22', "'": '%27', '<': '%3C', '>': '%3E' },
  ...{ '\\': '%5C', '^': '%5E', '`': '%60', '{': '%7B', '|': '%7C', '}': '%7D' },
};

function escapeUnwise(text) {
  let result = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const escaped = escapes[text[i]];
    if (escaped === undefined) continue;
    result += StringPrototypeSlice(text, from, i) + escaped;
    from = i + 1;
  }
  return result + StringPrototypeSlice(text, from);
}

/** Path, query and fragment. */
function takeTail(url, text, parsesQuery) {
  let rest = text;
  const hash = StringPrototypeIndexOf(rest, '#');
  if (hash >= 0) {
    url.hash = StringPrototypeSlice(rest, hash);
    rest = StringPrototypeSlice(rest, 0, hash);
  }
  const question = StringPrototypeIndexOf(rest, '?');
  if (question >= 0) {
    url.search = StringPrototypeSlice(rest, question);
    url.query = StringPrototypeSlice(rest, question + 1);
    if (parsesQuery) url.query = querystring().parse(url.query);
    rest = StringPrototypeSlice(rest, 0, question);
  } else if (parsesQuery) url.query = ObjectCreate(null);
  if (rest !== '') url.pathname = rest;
}

Url.prototype.parse = function parse(url, parseQueryString, slashesDenoteHost) {
  if (typeof url !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'url', 'string', url);
  let rest = straightened(url);
  if (!slashesDenoteHost && !StringPrototypeIncludes(rest, '#') && !StringPrototypeIncludes(rest, '@')) {
    if (parseSimple(this, rest, parseQueryString)) return this;
  }
  const written = (RegExpPrototypeExec(/^[a-z0-9.+-]+:/i, rest) ?? [''])[0];
  const protocol = StringPrototypeToLowerCase(written);
  if (written !== '') {
    this.protocol = protocol;
    rest = StringPrototypeSlice(rest, written.length);
  }
  let slashes = false;
  if (slashesDenoteHost || written !== '' || matches(/^\/\/[^@/]+@[^@/]+/, rest)) {
    slashes = StringPrototypeStartsWith(rest, '//');
    if (slashes && !isHostless(protocol)) {
      rest = StringPrototypeSlice(rest, 2);
      this.slashes = true;
    }
  }
  if (!isHostless(protocol) && (slashes || (written !== '' && !hasSlashes(written)))) {
    rest = takeAuthority(this, rest, url);
  }
  takeTail(this, isHostless(protocol) ? rest : escapeUnwise(rest), parseQueryString);
  if (hasSlashes(protocol) && this.hostname && !this.pathname) this.pathname = '/';
  setPath(this);
  this.href = this.format();
  return this;
};

/** encodeURIComponent, but for colons. */
function encodeAuth(auth) {
  let result = '';
  let from = 0;
  for (let at; (at = StringPrototypeIndexOf(auth, ':', from)) >= 0; from = at + 1) {
    result += querystring().escape(StringPrototypeSlice(auth, from, at)) + ':';
  }
  return result + querystring().escape(StringPrototypeSlice(auth, from));
}

function hostOf(url) {
  const auth = url.auth ? encodeAuth(url.auth) + '@' : '';
  if (url.host) return auth + url.host;
  if (!url.hostname) return '';
  const { hostname } = url;
  const shown = StringPrototypeIncludes(hostname, ':') && !isIpv6(hostname) ? '[' + hostname + ']' : hostname;
  return auth + shown + (url.port ? ':' + url.port : '');
}

function formatLegacy(url) {
  let protocol = url.protocol || '';
  let pathname = url.pathname || '';
  let hash = url.hash || '';
  let host = hostOf(url);
  let query = '';
  if (url.query !== null && typeof url.query === 'object') query = querystring().stringify(url.query);
  let search = url.search || (query && '?' + query) || '';
  if (protocol && !StringPrototypeEndsWith(protocol, ':')) protocol += ':';
  pathname = StringPrototypeReplaceAll(StringPrototypeReplaceAll(pathname, '#', '%23'), '?', '%3F');
  if (url.slashes || hasSlashes(protocol)) {
    if (url.slashes || host) {
      if (pathname && pathname[0] !== '/') pathname = '/' + pathname;
      host = '//' + host;
    } else if (StringPrototypeStartsWith(protocol, 'file')) host = '//';
  }
  search = StringPrototypeReplaceAll(search, '#', '%23');
  if (hash && hash[0] !== '#') hash = '#' + hash;
  if (search && search[0] !== '?') search = '?' + search;
  return protocol + host + pathname + search + hash;
}

Url.prototype.format = function format() {
  return formatLegacy(this);
};

Url.prototype.resolve = function resolve(relative) {
  return this.resolveObject(urlParse(relative, false, true)).format();
};

Url.prototype.resolveObject = function resolveObject(relative) {
  const result = require('node/url/resolve').resolveObject(this, relative, Url);
  result.href = result.format();
  return result;
};

Url.prototype.parseHost = function parseHost() {
  let { host } = this;
  const port = RegExpPrototypeExec(/:[0-9]*$/, host);
  if (port !== null) {
    if (port[0] !== ':') this.port = StringPrototypeSlice(port[0], 1);
    host = StringPrototypeSlice(host, 0, port.index);
  }
  if (host) this.hostname = host;
};

function urlParse(url, parseQueryString, slashesDenoteHost) {
  if (url instanceof Url) return url;
  const parsed = new Url();
  parsed.parse(url, parseQueryString, slashesDenoteHost);
  return parsed;
}

function urlResolve(source, relative) {
  return urlParse(source, false, true).resolve(relative);
}

function urlResolveObject(source, relative) {
  return source ? urlParse(source, false, true).resolveObject(relative) : relative;
}

module.exports = { Url, urlParse, urlResolve, urlResolveObject, formatLegacy, hasSlashes, isHostless, setPath };
