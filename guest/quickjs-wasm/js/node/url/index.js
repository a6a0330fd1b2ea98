// `url`: the standard's classes, what turns URLs into paths and options, and the older functions (legacy.js).
const {
  Number,
  RegExpPrototypeExec,
  StringPrototypeCharCodeAt,
  StringPrototypeEndsWith,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
} = primordials;
const { decodeUri } = require('internal/uri');
const { canParse, domainToUnicode: toUnicode } = bindings('url');
const { lazy } = bindings('host');
const { URL, isUrl } = require('web/url');
const { Url, urlParse, urlResolve, urlResolveObject, formatLegacy } = require('node/url/legacy');

function domainToASCII(domain) {
  if (arguments.length < 1) throw nodeError('ERR_MISSING_ARGS', 'domain');
  const url = new URL('ws://x');
  url.hostname = domain + '';
  return canParse('ws://' + domain, undefined) ? url.hostname : '';
}

function domainToUnicode(domain) {
  if (arguments.length < 1) throw nodeError('ERR_MISSING_ARGS', 'domain');
  const ascii = domainToASCII(domain);
  return ascii === '' ? '' : toUnicode(ascii);
}

/** A path of a file URL, decoded; what is encoded and would be a slash then is refused. */
function pathOf(url) {
  if (url.hostname !== '') throw nodeError('ERR_INVALID_FILE_URL_HOST', 'linux');
  const { pathname } = url;
  if (RegExpPrototypeExec(/%2f/i, pathname) !== null) {
    throw nodeError('ERR_INVALID_FILE_URL_PATH', 'must not include encoded / characters');
  }
  return decodeUri(pathname);
}

function fileURLToPath(path) {
  let url = path;
  if (typeof url === 'string') url = new URL(url);
  else if (!isUrlLike(url)) throw nodeError('ERR_INVALID_ARG_TYPE', 'path', ['string', 'URL'], path);
  if (url.protocol !== 'file:') throw nodeError('ERR_INVALID_URL_SCHEME', 'file');
  return pathOf(url);
}

/** A URL of any maker's, but no object of `parse`. */
function isUrlLike(value) {
  return Boolean(value?.href && value.protocol && value.auth === undefined && value.path === undefined);
}

const hex = '0123456789ABCDEF';

function pathToFileURL(filepath, options) {
  if (typeof filepath !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'path', 'string', filepath);
  let path = require('node/path').resolve(filepath);
  if (StringPrototypeEndsWith(filepath, '/') && !StringPrototypeEndsWith(path, '/')) path += '/';
  let written = '';
  for (let i = 0; i < path.length; i++) {
    const unit = StringPrototypeCharCodeAt(path, i);
    if (RegExpPrototypeExec(/[%\\\n\r\t?#[\]^|~]/, path[i]) === null) written += path[i];
    else written += '%' + hex[unit >> 4] + hex[unit & 15];
  }
  return new URL('file://' + written);
}

function urlToHttpOptions(url) {
  const { hostname, pathname, port, username, password, search } = url;
  const options = {
    __proto__: null,
    ...url,
    protocol: url.protocol,
    hostname:
      typeof hostname === 'string' && StringPrototypeStartsWith(hostname, '[')
        ? StringPrototypeSlice(hostname, 1, -1)
        : hostname,
    hash: url.hash,
    search,
    pathname,
    path: (pathname || '') + (search || ''),
    href: url.href,
  };
  if (port !== '') options.port = Number(port);
  if (username || password) options.auth = decodeUri(username) + ':' + decodeUri(password);
  return options;
}

function formatUrl(url, options) {
  const wanted = { __proto__: null, fragment: true, unicode: false, search: true, auth: true };
  if (options) {
    if (typeof options !== 'object') throw nodeError('ERR_INVALID_ARG_TYPE', 'options', 'object', options);
    const given = { __proto__: null, fragment: options.fragment, unicode: options.unicode };
    given.search = options.search;
    given.auth = options.auth;
    for (const name in wanted) {
      if (given[name] !== null && given[name] !== undefined) wanted[name] = Boolean(given[name]);
    }
  }
  const copy = new URL(url.href);
  if (!wanted.fragment) copy.hash = '';
  if (!wanted.search) copy.search = '';
  if (!wanted.auth) {
    copy.username = '';
    copy.password = '';
  }
  if (!wanted.unicode || copy.hostname === '') return copy.href;
  const at = copy.protocol.length + 2 + credentialsLength(copy);
  return (
    StringPrototypeSlice(copy.href, 0, at) +
    toUnicode(copy.hostname) +
    StringPrototypeSlice(copy.href, at + copy.hostname.length)
  );
}

function credentialsLength({ username, password }) {
  if (username === '' && password === '') return 0;
  return username.length + (password === '' ? 0 : password.length + 1) + 1;
}

function urlFormat(urlObject, options) {
  if (typeof urlObject === 'string') return urlParse(urlObject).format();
  if (typeof urlObject !== 'object' || urlObject === null) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'urlObject', ['Object', 'string'], urlObject);
  }
  return isUrl(urlObject) ? formatUrl(urlObject, options) : formatLegacy(urlObject);
}

const url = {
  Url,
  parse: urlParse,
  resolve: urlResolve,
  resolveObject: urlResolveObject,
  format: urlFormat,
  URL,
  URLSearchParams: undefined,
  domainToASCII,
  domainToUnicode,
  pathToFileURL,
  fileURLToPath,
  urlToHttpOptions,
};
lazy(url, 'URLSearchParams', 'web/url_search_params#URLSearchParams', true);
module.exports = url;
