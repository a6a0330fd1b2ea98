// `URL`: the parser is C (c/url_parse.c), this is the class around it. A record is [href, where its parts end…].
const {
  ArrayPrototypeIndexOf,
  ObjectDefineProperties,
  String,
  StringPrototypeSlice,
  SymbolFor,
  SymbolToStringTag,
  TypeError,
} = primordials;
const { lazy } = bindings('host');
const { parse, canParse, set } = bindings('url');

const HREF = 0;
const PROTOCOL_END = 1;
const USERNAME_AT = 2;
const USERNAME_END = 3;
const PASSWORD_AT = 4;
const PASSWORD_END = 5;
const HOST_AT = 6;
const HOSTNAME_END = 7;
const HOST_END = 8;
const PATH_AT = 9;
const PATH_END = 10;
const SEARCH_END = 11;

// What c/url.h calls the parts.
const PROTOCOL = 0;
const USERNAME = 1;
const PASSWORD = 2;
const HOST = 3;
const HOSTNAME = 4;
const PORT = 5;
const PATHNAME = 6;
const SEARCH = 7;
const HASH = 8;

/** As `${value}` makes it, with the words of Node's engine for what has no text. */
function text(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  return String(value);
}

let paramsModule;
const params = () => (paramsModule ??= require('web/url_search_params'));

let isUrl;
let changeSearch;

// What Node's engine says to a `this` that is no URL.
const UNDECLARED = 'Cannot read private member #context from an object whose class did not declare it';
const NO_RECEIVER = 'Receiver must be an instance of class URL';

class URL {
  #record;
  #params;

  static {
    isUrl = (value) => typeof value === 'object' && value !== null && #record in value;
    changeSearch = (url, query) => {
      url.#record = set(url.#record[HREF], SEARCH, query);
    };
  }

  constructor(input, base = undefined) {
    if (arguments.length === 0) throw nodeError('ERR_MISSING_ARGS', 'url');
    const url = text(input);
    const from = base === undefined ? undefined : text(base);
    const record = parse(url, from);
    if (record === undefined) throw nodeError('ERR_INVALID_URL', url, from);
    this.#record = record;
  }

  static parse(input, base = undefined) {
    if (arguments.length === 0) throw nodeError('ERR_MISSING_ARGS', 'url');
    const url = text(input);
    const from = base === undefined ? undefined : text(base);
    return canParse(url, from) ? new URL(url, from) : null;
  }

  static canParse(url, base = undefined) {
    if (arguments.length === 0) throw nodeError('ERR_MISSING_ARGS', 'url');
    const input = text(url);
    return canParse(input, base === undefined ? undefined : text(base));
  }

  static #of(value, complaint = UNDECLARED) {
    if (!isUrl(value)) throw new TypeError(complaint);
    return value.#record;
  }

  static #part(url, from, to) {
    const record = URL.#of(url);
    return StringPrototypeSlice(record[HREF], record[from], record[to]);
  }

  static #set(url, part, value) {
    URL.#of(url);
    const written = text(value);
    url.#record = set(url.#record[HREF], part, written);
  }

  static #query(record) {
    return StringPrototypeSlice(record[HREF], record[PATH_END] + 1, record[SEARCH_END]);
  }

  static #renewParams(url) {
    if (url.#params !== undefined) params().renew(url.#params, URL.#query(url.#record));
  }

  toString() {
    return URL.#of(this, NO_RECEIVER)[HREF];
  }

  get href() {
    return URL.#of(this, NO_RECEIVER)[HREF];
  }

  set href(value) {
    URL.#of(this);
    const href = text(value);
    const record = parse(href);
    if (record === undefined) throw nodeError('ERR_INVALID_URL', href);
    this.#record = record;
    URL.#renewParams(this);
  }

  get origin() {
    const protocol = StringPrototypeSlice(URL.#of(this)[HREF], 0, this.#record[PROTOCOL_END]);
    if (protocol === 'blob:') {
      const inner = parse(URL.#part(this, PATH_AT, PATH_END));
      if (inner === undefined) return 'null';
      const own = StringPrototypeSlice(inner[HREF], 0, inner[PROTOCOL_END]);
      if (own !== 'http:' && own !== 'https:') return 'null';
      return own + '//' + StringPrototypeSlice(inner[HREF], inner[HOST_AT], inner[HOST_END]);
    }
    if (ArrayPrototypeIndexOf(['http:', 'https:', 'ws:', 'wss:', 'ftp:'], protocol) < 0) return 'null';
    return protocol + '//' + URL.#part(this, HOST_AT, HOST_END);
  }

  get protocol() {
    const record = URL.#of(this);
    return StringPrototypeSlice(record[HREF], 0, record[PROTOCOL_END]);
  }

  set protocol(value) {
    URL.#of(this);
    URL.#set(this, PROTOCOL, text(value) + ':');
  }

  get username() {
    return URL.#part(this, USERNAME_AT, USERNAME_END);
  }

  set username(value) {
    URL.#set(this, USERNAME, value);
  }

  get password() {
    return URL.#part(this, PASSWORD_AT, PASSWORD_END);
  }

  set password(value) {
    URL.#set(this, PASSWORD, value);
  }

  get host() {
    return URL.#part(this, HOST_AT, HOST_END);
  }

  set host(value) {
    URL.#set(this, HOST, value);
  }

  get hostname() {
    return URL.#part(this, HOST_AT, HOSTNAME_END);
  }

  set hostname(value) {
    URL.#set(this, HOSTNAME, value);
  }

  get port() {
    const record = URL.#of(this);
    return StringPrototypeSlice(record[HREF], record[HOSTNAME_END] + 1, record[HOST_END]);
  }

  set port(value) {
    URL.#set(this, PORT, value);
  }

  get pathname() {
    return URL.#part(this, PATH_AT, PATH_END);
  }

  set pathname(value) {
    URL.#set(this, PATHNAME, value);
  }

  get search() {
    const record = URL.#of(this, NO_RECEIVER);
    const query = StringPrototypeSlice(record[HREF], record[PATH_END], record[SEARCH_END]);
    return query === '?' ? '' : query;
  }

  set search(value) {
    URL.#set(this, SEARCH, value);
    URL.#renewParams(this);
  }

  get searchParams() {
    if (!isUrl(this)) throw new TypeError('Cannot read private member #searchParams from an object whose class did not declare it');
    return (this.#params ??= params().ofUrl(this, URL.#query(this.#record), changeSearch));
  }

  get hash() {
    const record = URL.#of(this);
    const hash = StringPrototypeSlice(record[HREF], record[SEARCH_END]);
    return hash === '#' ? '' : hash;
  }

  set hash(value) {
    URL.#set(this, HASH, value);
  }

  toJSON() {
    return URL.#of(this, NO_RECEIVER)[HREF];
  }
}

const shown = { __proto__: null, enumerable: true };
ObjectDefineProperties(URL.prototype, {
  __proto__: null,
  href: shown,
  origin: shown,
  protocol: shown,
  username: shown,
  password: shown,
  host: shown,
  hostname: shown,
  port: shown,
  pathname: shown,
  search: shown,
  searchParams: shown,
  hash: shown,
  toString: shown,
  toJSON: shown,
  [SymbolToStringTag]: { __proto__: null, value: 'URL', configurable: true },
});
ObjectDefineProperties(URL, { __proto__: null, parse: shown, canParse: shown });
lazy(URL.prototype, SymbolFor('nodejs.util.inspect.custom'), 'internal/inspect/web#url', false);

module.exports = { URL, text, isUrl };
