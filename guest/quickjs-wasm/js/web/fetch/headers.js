// `Headers`: the object around a list of headers, and what its guard allows.
const {
  ArrayIsArray,
  ArrayPrototypePush,
  Iterator,
  ObjectDefineProperties,
  ObjectDefineProperty,
  ObjectSetPrototypeOf,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  RegExpPrototypeExec,
  StringPrototypeCharCodeAt,
  StringPrototypeToLowerCase,
  SymbolFor,
  SymbolIterator,
  SymbolToStringTag,
  TypeError,
} = primordials;
const { expose, text } = require('internal/webidl');
const { HeaderList, isToken, isValue, trimmed } = require('web/fetch/header_list');

const wide = /[^\0-\xff]/;
const custom = SymbolFor('nodejs.util.inspect.custom');

/** ByteString */
function bytes(value) {
  const string = text(value);
  const found = RegExpPrototypeExec(wide, string);
  if (found === null) return string;
  throw new TypeError('Cannot convert argument to a ByteString because the character at index ' + found.index +
    ' has a value of ' + StringPrototypeCharCodeAt(string, found.index) + ' which is greater than 255.');
}

function needs(given, count, where) {
  if (given >= count) return;
  throw new TypeError(where + ': ' + count + ' argument' + (count > 1 ? 's' : '') + ' required, but' +
    (given > 0 ? ' only' : '') + ' ' + given + ' found.');
}

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

/** The items of an iterable, each as `convert` makes it; `method` is how it iterates. */
function sequence(iterable, method, convert) {
  const items = [];
  if (typeof method !== 'function') throw new TypeError('Headers constructor: the init is not iterable.');
  const steps = { __proto__: null, [SymbolIterator]: () => ReflectApply(method, iterable, []) };
  for (const item of steps) ArrayPrototypePush(items, convert(item, items.length));
  return items;
}

function pair(item, index) {
  const method = isObject(item) ? item[SymbolIterator] : undefined;
  if (method === undefined || method === null) {
    throw new TypeError('Headers constructor: init[' + index + '] is not iterable.');
  }
  return sequence(item, method, bytes);
}

/** record<ByteString, ByteString>: the enumerable properties of an object. */
function record(init) {
  const pairs = [];
  const keys = ReflectOwnKeys(init);
  for (let i = 0; i < keys.length; i++) {
    const own = ReflectGetOwnPropertyDescriptor(init, keys[i]);
    if (own === undefined || !own.enumerable) continue;
    const name = bytes(keys[i]);
    ArrayPrototypePush(pairs, [name, bytes(init[keys[i]])]);
  }
  return pairs;
}

/** HeadersInit as pairs. */
function pairsOf(init) {
  if (!isObject(init)) {
    throw new TypeError('Headers constructor: Argument 1 could not be converted to one of: ' +
      'sequence<sequence<ByteString>>, record<ByteString, ByteString>.');
  }
  const method = init[SymbolIterator];
  return method === undefined || method === null ? record(init) : sequence(init, method, pair);
}

const safelisted = { __proto__: null, accept: true, 'accept-language': true, 'content-language': true, 'content-type': true };
const unsafeInValues = /[\0-\x08\x0a-\x1f"():<>?@[\\\]{}\x7f]/;
const languages = /^[0-9A-Za-z *,\-.;=]*$/;

/** Whether a request may carry a header to another origin that did not agree to anything (the guard request-no-cors). */
function isSafelisted(name, value) {
  const key = StringPrototypeToLowerCase(name);
  if (safelisted[key] !== true || value.length > 128) return false;
  if (key === 'accept') return RegExpPrototypeExec(unsafeInValues, value) === null;
  if (key !== 'content-type') return RegExpPrototypeExec(languages, value) !== null;
  if (RegExpPrototypeExec(unsafeInValues, value) !== null) return false;
  const { essence } = require('web/fetch/mime').parse(value) ?? {};
  return essence === 'application/x-www-form-urlencoded' || essence === 'multipart/form-data' || essence === 'text/plain';
}

let listOf;
let guardOf;
let make;
let isHeaders;
const secret = { __proto__: null };

class Headers {
  #list;
  // 'none', 'request', 'request-no-cors', 'response' or 'immutable'
  #guard = 'none';

  static {
    isHeaders = (value) => isObject(value) && #list in value;
    listOf = (headers) => {
      if (!isHeaders(headers)) throw nodeError('ERR_INVALID_THIS', 'Headers');
      return headers.#list;
    };
    guardOf = (headers) => headers.#guard;
    make = (list, guard) => {
      const headers = new Headers(secret);
      headers.#list = list;
      headers.#guard = guard;
      return headers;
    };
    require('internal/platform').register(isHeaders, undefined);
  }

  constructor(init = undefined) {
    if (init === secret) {
      this.#list = undefined;
      return;
    }
    this.#list = new HeaderList();
    if (init !== undefined) fill(this, pairsOf(init));
  }

  append(name, value) {
    listOf(this);
    needs(arguments.length, 2, 'Headers.append');
    append(this, bytes(name), bytes(value));
  }

  delete(name) {
    const list = listOf(this);
    needs(arguments.length, 1, 'Headers.delete');
    const key = named('Headers.delete', bytes(name));
    if (guardOf(this) === 'immutable') throw new TypeError('immutable');
    if (guardOf(this) === 'request-no-cors' && safelisted[StringPrototypeToLowerCase(key)] !== true) return;
    list.delete(key);
  }

  get(name) {
    const list = listOf(this);
    needs(arguments.length, 1, 'Headers.get');
    return list.get(named('Headers.get', bytes(name)));
  }

  has(name) {
    const list = listOf(this);
    needs(arguments.length, 1, 'Headers.has');
    return list.has(named('Headers.has', bytes(name)));
  }

  set(name, value) {
    const list = listOf(this);
    needs(arguments.length, 2, 'Headers.set');
    const key = bytes(name);
    const put = trimmed(bytes(value));
    if (allowed(this, 'Headers.set', key, put, put)) list.set(key, put);
  }

  getSetCookie() {
    return listOf(this).cookies();
  }

  entries() {
    return iterate(listOf(this), 'entries');
  }

  forEach(callback, thisArg = undefined) {
    const list = listOf(this);
    needs(arguments.length, 1, 'Headers.forEach');
    if (typeof callback !== 'function') {
      throw new TypeError("Failed to execute 'forEach' on 'Headers': parameter 1 is not of type 'Function'.");
    }
    for (let i = 0; i < list.sorted().length; i++) {
      const entry = list.sorted()[i];
      ReflectApply(callback, thisArg, [entry[1], entry[0], this]);
    }
  }

  keys() {
    return iterate(listOf(this), 'keys');
  }

  values() {
    return iterate(listOf(this), 'values');
  }

  [custom](depth, options, inspect) {
    const shown = {};
    const pairs = listOf(this).sorted();
    for (let i = 0; i < pairs.length; i++) {
      const value = listOf(this).get(pairs[i][0]);
      ObjectDefineProperty(shown, pairs[i][0], { __proto__: null, value, enumerable: true, configurable: true });
    }
    return typeof inspect === 'function' ? 'Headers ' + inspect(shown, options) : shown;
  }
}

function named(where, name) {
  if (!isToken(name)) throw new TypeError(where + ': "' + name + '" is an invalid header name.');
  return name;
}

/** Whether the guard lets a header in, which is `whole` with what is there already. Throws where it is none. */
function allowed(headers, where, name, value, whole) {
  named(where, name);
  if (!isValue(value)) throw new TypeError(where + ': "' + value + '" is an invalid header value.');
  const guard = guardOf(headers);
  if (guard === 'immutable') throw new TypeError('immutable');
  return guard !== 'request-no-cors' || isSafelisted(name, whole);
}

function append(headers, name, value) {
  const list = listOf(headers);
  const added = trimmed(value);
  let whole = added;
  if (guardOf(headers) === 'request-no-cors' && isToken(name) && list.has(name)) whole = list.get(name) + ', ' + added;
  if (allowed(headers, 'Headers.append', name, added, whole)) list.append(name, added);
}

/** Adds what `pairsOf` made of a HeadersInit. */
function fill(headers, pairs) {
  for (let i = 0; i < pairs.length; i++) {
    const found = pairs[i];
    if (!ArrayIsArray(found) || found.length !== 2) {
      throw new TypeError('Headers constructor: expected name/value pair to be length 2, found ' + found.length + '.');
    }
    append(headers, found[0], found[1]);
  }
}

let stepOf;

class HeadersIterator {
  #state;

  static {
    stepOf = (iterator) => {
      if (!isObject(iterator) || !(#state in iterator)) throw nodeError('ERR_INVALID_THIS', 'Headers Iterator');
      return iterator.#state;
    };
  }

  constructor(list, kind) {
    this.#state = { __proto__: null, list, kind, at: 0 };
  }

  next() {
    const state = stepOf(this);
    // The list may have changed since.
    const pairs = state.list.sorted();
    if (state.at >= pairs.length) return { value: undefined, done: true };
    const found = pairs[state.at++];
    if (state.kind === 'entries') return { value: [found[0], found[1]], done: false };
    return { value: found[state.kind === 'keys' ? 0 : 1], done: false };
  }
}

const iterate = (list, kind) => new HeadersIterator(list, kind);

ObjectSetPrototypeOf(HeadersIterator.prototype, Iterator.prototype);
delete HeadersIterator.prototype.constructor;
ObjectDefineProperties(HeadersIterator.prototype, {
  __proto__: null,
  next: { __proto__: null, enumerable: true },
  [SymbolToStringTag]: { __proto__: null, value: 'Headers Iterator', configurable: true },
});
expose(Headers, 'Headers');
ObjectDefineProperties(Headers.prototype, {
  __proto__: null,
  [SymbolIterator]: { __proto__: null, value: Headers.prototype.entries, writable: true, configurable: true },
  [custom]: { __proto__: null, enumerable: false },
});

module.exports = { Headers, bytes, fill, isObject, listOf, make, needs, pairsOf };
