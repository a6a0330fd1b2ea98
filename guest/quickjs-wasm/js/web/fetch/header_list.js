// A list of headers, by the Fetch standard: names keep the case that they came with first, and are the same in any case.
const {
  ArrayPrototypePush,
  ArrayPrototypeSort,
  MapPrototypeDelete,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeHas,
  MapPrototypeSet,
  Map,
  RegExpPrototypeExec,
  StringPrototypeCharCodeAt,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
} = primordials;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const forbiddenInValues = /[\0\r\n]/;
const COOKIE = 'set-cookie';

const isToken = (name) => RegExpPrototypeExec(token, name) !== null;
const isValue = (value) => RegExpPrototypeExec(forbiddenInValues, value) === null;

const isSpace = (unit) => unit === 32 || unit === 9 || unit === 10 || unit === 13;

/** A value without the white space around it. */
function trimmed(value) {
  let from = 0;
  let to = value.length;
  while (from < to && isSpace(StringPrototypeCharCodeAt(value, from))) from++;
  while (to > from && isSpace(StringPrototypeCharCodeAt(value, to - 1))) to--;
  return StringPrototypeSlice(value, from, to);
}

/** By the name in small letters: its spelling, and the value, which for cookies is a list of values. */
class HeaderList {
  #entries = new Map();
  #sorted;

  /** Adds a value to those that the name has. Names and values are tokens and values already. */
  append(name, value) {
    const key = StringPrototypeToLowerCase(name);
    const entry = MapPrototypeGet(this.#entries, key);
    if (entry === undefined) this.#put(key, name, value);
    else if (key === COOKIE) ArrayPrototypePush(entry.values, value);
    else entry.value += ', ' + value;
    this.#sorted = undefined;
  }

  set(name, value) {
    const key = StringPrototypeToLowerCase(name);
    const entry = MapPrototypeGet(this.#entries, key);
    this.#put(key, entry === undefined ? name : entry.name, value);
    this.#sorted = undefined;
  }

  #put(key, name, value) {
    const entry = { __proto__: null, name, value, values: key === COOKIE ? [value] : undefined };
    MapPrototypeSet(this.#entries, key, entry);
  }

  has(name) {
    return MapPrototypeHas(this.#entries, StringPrototypeToLowerCase(name));
  }

  /** The value, or null. */
  get(name) {
    const entry = MapPrototypeGet(this.#entries, StringPrototypeToLowerCase(name));
    if (entry === undefined) return null;
    return entry.values === undefined ? entry.value : joined(entry.values);
  }

  delete(name) {
    MapPrototypeDelete(this.#entries, StringPrototypeToLowerCase(name));
    this.#sorted = undefined;
  }

  cookies() {
    const entry = MapPrototypeGet(this.#entries, COOKIE);
    const all = [];
    if (entry !== undefined) for (let i = 0; i < entry.values.length; i++) ArrayPrototypePush(all, entry.values[i]);
    return all;
  }

  /** Calls `visit(name, value)` for each, as they were spelled and in the order in which they came. */
  forEach(visit) {
    MapPrototypeForEach(this.#entries, ({ name, value, values }) => {
      if (values === undefined) visit(name, value);
      else for (let i = 0; i < values.length; i++) visit(name, values[i]);
    });
  }

  /** Pairs in the order of their names, which are in small letters; each cookie has one. Not to be changed. */
  sorted() {
    if (this.#sorted !== undefined) return this.#sorted;
    const pairs = [];
    MapPrototypeForEach(this.#entries, ({ value, values }, key) => {
      if (values === undefined) ArrayPrototypePush(pairs, [key, value]);
      else for (let i = 0; i < values.length; i++) ArrayPrototypePush(pairs, [key, values[i]]);
    });
    ArrayPrototypeSort(pairs, (one, other) => (one[0] < other[0] ? -1 : one[0] > other[0] ? 1 : 0));
    return (this.#sorted = pairs);
  }

  copy() {
    const other = new HeaderList();
    this.forEach((name, value) => other.append(name, value));
    return other;
  }
}

function joined(values) {
  let all = '';
  for (let i = 0; i < values.length; i++) all += (i === 0 ? '' : ', ') + values[i];
  return all;
}

module.exports = { HeaderList, isToken, isValue, trimmed };
