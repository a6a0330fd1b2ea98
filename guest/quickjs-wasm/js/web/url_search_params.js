// `URLSearchParams`: a list of names and values in turn, of its own or of a URL.
const {
  ArrayIsArray,
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  ArrayPrototypeSort,
  Iterator,
  Map,
  MapPrototypeGet,
  MapPrototypeHas,
  MapPrototypeSet,
  ObjectDefineProperties,
  ObjectDefineProperty,
  ObjectSetPrototypeOf,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  StringPrototypeIncludes,
  StringPrototypeSlice,
  StringPrototypeToWellFormed,
  SymbolFor,
  SymbolIterator,
  SymbolToStringTag,
} = primordials;
const { parseForm, escapeForm } = bindings('url');
const { text } = require('web/url');

const usv = (value) => StringPrototypeToWellFormed(text(value));

function serialize(list) {
  let result = '';
  for (let i = 0; i < list.length; i += 2) {
    result += (i === 0 ? '' : '&') + escapeForm(list[i]) + '=' + escapeForm(list[i + 1]);
  }
  return result;
}

/** One pair of a sequence: an array is looked at, everything else iterated. */
function pushPair(list, pair) {
  if (pair === null || pair === undefined) throw nodeError('ERR_INVALID_TUPLE', 'Each query pair', '[name, value]');
  if (ArrayIsArray(pair)) {
    if (pair.length !== 2) throw nodeError('ERR_INVALID_TUPLE', 'Each query pair', '[name, value]');
    ArrayPrototypePush(list, usv(pair[0]), usv(pair[1]));
    return;
  }
  if ((typeof pair !== 'object' && typeof pair !== 'function') || typeof pair[SymbolIterator] !== 'function') {
    throw nodeError('ERR_INVALID_TUPLE', 'Each query pair', '[name, value]');
  }
  let length = 0;
  for (const element of pair) {
    length++;
    ArrayPrototypePush(list, usv(element));
  }
  if (length !== 2) throw nodeError('ERR_INVALID_TUPLE', 'Each query pair', '[name, value]');
}

/** The enumerable properties of an object; two names that become one keep the place of the first. */
function ofRecord(init) {
  const list = [];
  const seen = new Map();
  const keys = ReflectOwnKeys(init);
  for (let i = 0; i < keys.length; i++) {
    const descriptor = ReflectGetOwnPropertyDescriptor(init, keys[i]);
    if (descriptor === undefined || !descriptor.enumerable) continue;
    const name = usv(keys[i]);
    const value = usv(init[keys[i]]);
    if (MapPrototypeHas(seen, name)) list[MapPrototypeGet(seen, name)] = value;
    else {
      MapPrototypeSet(seen, name, list.length + 1);
      ArrayPrototypePush(list, name, value);
    }
  }
  return list;
}

function ofObject(init) {
  const method = init[SymbolIterator];
  if (method === null || method === undefined) return ofRecord(init);
  if (typeof method !== 'function') throw nodeError('ERR_ARG_NOT_ITERABLE', 'Query pairs');
  const list = [];
  if (method === URLSearchParams.prototype.entries && listOf(init) !== undefined) {
    return ArrayPrototypeSlice(listOf(init));
  }
  const pairs = { __proto__: null, [SymbolIterator]: () => ReflectApply(method, init, []) };
  for (const pair of pairs) pushPair(list, pair);
  return list;
}

let listOf;
let renew;
let link;

class URLSearchParams {
  #list = [];
  #url;
  #changed;

  static {
    listOf = (value) => ((typeof value === 'object' || typeof value === 'function') && value !== null && #list in value ? value.#list : undefined);
    renew = (params, query) => {
      params.#list = parseForm(query);
    };
    link = (params, url, changed) => {
      params.#url = url;
      params.#changed = changed;
    };
  }

  constructor(init = undefined) {
    if (init === undefined || init === null) return;
    if (typeof init === 'object' || typeof init === 'function') this.#list = ofObject(init);
    else {
      let query = text(init);
      if (query[0] === '?') query = StringPrototypeSlice(query, 1);
      this.#list = parseForm(query);
    }
  }

  static #check(value) {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !(#list in value)) {
      throw nodeError('ERR_INVALID_THIS', 'URLSearchParams');
    }
  }

  #update() {
    if (this.#url !== undefined) this.#changed(this.#url, serialize(this.#list));
  }

  get size() {
    URLSearchParams.#check(this);
    return this.#list.length / 2;
  }

  append(name, value) {
    URLSearchParams.#check(this);
    if (arguments.length < 2) throw nodeError('ERR_MISSING_ARGS', 'name', 'value');
    const key = usv(name);
    const added = usv(value);
    ArrayPrototypePush(this.#list, key, added);
    this.#update();
  }

  delete(name, value = undefined) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw nodeError('ERR_MISSING_ARGS', 'name');
    const key = usv(name);
    const only = value === undefined ? undefined : usv(value);
    const list = this.#list;
    const kept = [];
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== key || (only !== undefined && list[i + 1] !== only)) ArrayPrototypePush(kept, list[i], list[i + 1]);
    }
    this.#list = kept;
    this.#update();
  }

  get(name) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw nodeError('ERR_MISSING_ARGS', 'name');
    const key = usv(name);
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) if (list[i] === key) return list[i + 1];
    return null;
  }

  getAll(name) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw nodeError('ERR_MISSING_ARGS', 'name');
    const key = usv(name);
    const list = this.#list;
    const found = [];
    for (let i = 0; i < list.length; i += 2) if (list[i] === key) ArrayPrototypePush(found, list[i + 1]);
    return found;
  }

  has(name, value = undefined) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw nodeError('ERR_MISSING_ARGS', 'name');
    const key = usv(name);
    const only = value === undefined ? undefined : usv(value);
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === key && (only === undefined || list[i + 1] === only)) return true;
    }
    return false;
  }

  set(name, value) {
    URLSearchParams.#check(this);
    if (arguments.length < 2) throw nodeError('ERR_MISSING_ARGS', 'name', 'value');
    const key = usv(name);
    const put = usv(value);
    const list = this.#list;
    const kept = [];
    let found = false;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== key) ArrayPrototypePush(kept, list[i], list[i + 1]);
      else if (!found) {
        ArrayPrototypePush(kept, key, put);
        found = true;
      }
    }
    if (!found) ArrayPrototypePush(kept, key, put);
    this.#list = kept;
    this.#update();
  }

  sort() {
    URLSearchParams.#check(this);
    const list = this.#list;
    const pairs = [];
    for (let i = 0; i < list.length; i += 2) ArrayPrototypePush(pairs, [list[i], list[i + 1]]);
    ArrayPrototypeSort(pairs, (one, other) => (one[0] < other[0] ? -1 : one[0] > other[0] ? 1 : 0));
    for (let i = 0; i < pairs.length; i++) {
      list[2 * i] = pairs[i][0];
      list[2 * i + 1] = pairs[i][1];
    }
    this.#update();
  }

  entries() {
    URLSearchParams.#check(this);
    return new URLSearchParamsIterator(this, 'entries');
  }

  forEach(callback, thisArg = undefined) {
    URLSearchParams.#check(this);
    if (typeof callback !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'callback', 'function', callback);
    // The list may change, or be another, while it is gone through.
    for (let i = 0; i < this.#list.length; i += 2) {
      ReflectApply(callback, thisArg, [this.#list[i + 1], this.#list[i], this]);
    }
  }

  keys() {
    URLSearchParams.#check(this);
    return new URLSearchParamsIterator(this, 'keys');
  }

  values() {
    URLSearchParams.#check(this);
    return new URLSearchParamsIterator(this, 'values');
  }

  toString() {
    URLSearchParams.#check(this);
    return serialize(this.#list);
  }
}

let restOf;

class URLSearchParamsIterator {
  #params;
  #kind;
  #at = 0;

  static {
    restOf = (iterator) => {
      const list = listOf(iterator.#params);
      const rest = [];
      for (let i = iterator.#at; i < list.length; i += 2) {
        if (iterator.#kind === 'entries') ArrayPrototypePush(rest, [list[i], list[i + 1]]);
        else ArrayPrototypePush(rest, list[iterator.#kind === 'keys' ? i : i + 1]);
      }
      return rest;
    };
  }

  constructor(params, kind) {
    this.#params = params;
    this.#kind = kind;
  }

  next() {
    if (typeof this !== 'object' || this === null || !(#params in this)) {
      throw nodeError('ERR_INVALID_THIS', 'URLSearchParamsIterator');
    }
    const list = listOf(this.#params);
    const at = this.#at;
    if (at >= list.length) return { value: undefined, done: true };
    this.#at = at + 2;
    if (this.#kind === 'entries') return { value: [list[at], list[at + 1]], done: false };
    return { value: list[this.#kind === 'keys' ? at : at + 1], done: false };
  }
}

/** The parts of what util.inspect shows on one line, or on lines of their own where that is too long. */
function laidOut(name, parts, options) {
  if (parts.length === 0) return name === 'URLSearchParams' ? name + ' {}' : name + ' {  }';
  let length = parts.length * 2;
  let broken = false;
  let joined = '';
  let lines = '';
  for (let i = 0; i < parts.length; i++) {
    length += parts[i].length - (options.colors ? 9 : 0);
    broken ||= StringPrototypeIncludes(parts[i], '\n');
    joined += (i === 0 ? '' : ', ') + parts[i];
    lines += (i === 0 ? '' : ',\n  ') + parts[i];
  }
  if (broken || length > options.breakLength) return name + ' {\n  ' + lines + ' }';
  return name + ' { ' + joined + ' }';
}

function innerOptions(options) {
  return { ...options, depth: typeof options.depth === 'number' ? options.depth - 1 : options.depth };
}

function inspectParams(depth, options, inspect = undefined) {
  const list = listOf(this);
  if (list === undefined) throw nodeError('ERR_INVALID_THIS', 'URLSearchParams');
  if (typeof depth === 'number' && depth < 0) return options.stylize('[Object]', 'special');
  const inner = innerOptions(options);
  const parts = [];
  for (let i = 0; i < list.length; i += 2) {
    ArrayPrototypePush(parts, inspect(list[i], inner) + ' => ' + inspect(list[i + 1], inner));
  }
  return laidOut('URLSearchParams', parts, options);
}

function inspectIterator(depth, options, inspect = undefined) {
  if (typeof depth === 'number' && depth < 0) return options.stylize('[Object]', 'special');
  const inner = innerOptions(options);
  const rest = restOf(this);
  for (let i = 0; i < rest.length; i++) rest[i] = inspect(rest[i], inner);
  return laidOut('URLSearchParams Iterator', rest, options);
}

/** A method that enumerating does not show, named after its symbol. */
function hidden(value, name) {
  ObjectDefineProperty(value, 'name', { __proto__: null, value: name, configurable: true });
  return { __proto__: null, value, writable: true, configurable: true };
}

const shown = { __proto__: null, enumerable: true };
const custom = SymbolFor('nodejs.util.inspect.custom');
const customName = '[nodejs.util.inspect.custom]';
ObjectDefineProperties(URLSearchParams.prototype, {
  __proto__: null,
  ...{ size: shown, append: shown, delete: shown, get: shown, getAll: shown, has: shown, set: shown, sort: shown },
  ...{ entries: shown, forEach: shown, keys: shown, values: shown, toString: shown },
  [custom]: hidden(inspectParams, customName),
  [SymbolIterator]: { __proto__: null, value: URLSearchParams.prototype.entries, writable: true, configurable: true },
  [SymbolToStringTag]: { __proto__: null, value: 'URLSearchParams', configurable: true },
});
ObjectSetPrototypeOf(URLSearchParamsIterator.prototype, Iterator.prototype);
delete URLSearchParamsIterator.prototype.constructor;
ObjectDefineProperties(URLSearchParamsIterator.prototype, {
  __proto__: null,
  next: shown,
  [custom]: hidden(inspectIterator, customName),
  [SymbolToStringTag]: { __proto__: null, value: 'URLSearchParams Iterator', configurable: true },
});

/** The parameters of a URL: a change of them calls `changed(url, query)`. */
function ofUrl(url, query, changed) {
  const params = new URLSearchParams();
  renew(params, query);
  link(params, url, changed);
  return params;
}

module.exports = { URLSearchParams, listOf, ofUrl, renew, serialize };
