// `performance`: the clock of the execution, as the policy lets the guest see it, and marks and measures on it.
const {
  ArrayPrototypeFilter,
  ArrayPrototypePush,
  ArrayPrototypeSort,
  DateNow,
  ObjectDefineProperties,
  ObjectFreeze,
  String,
  SymbolToStringTag,
} = primordials;
const { now } = bindings('host');

const timeOrigin = DateNow() - now();
const secret = {};
let entries = [];

class PerformanceEntry {
  #name;
  #type;
  #start;
  #duration;
  #detail;

  constructor(key, name, type, start, duration, detail) {
    if (key !== secret) throw nodeError('ERR_ILLEGAL_CONSTRUCTOR');
    this.#name = name;
    this.#type = type;
    this.#start = start;
    this.#duration = duration;
    this.#detail = detail;
  }

  get name() {
    return this.#name;
  }

  get entryType() {
    return this.#type;
  }

  get startTime() {
    return this.#start;
  }

  get duration() {
    return this.#duration;
  }

  get detail() {
    return this.#detail;
  }

  toJSON() {
    return {
      name: this.#name,
      entryType: this.#type,
      startTime: this.#start,
      duration: this.#duration,
      detail: this.#detail,
    };
  }
}

function keep(name, type, start, duration, options) {
  const entry = new PerformanceEntry(secret, name, type, start, duration, options?.detail ?? null);
  ArrayPrototypePush(entries, entry);
  return entry;
}

/** When a mark was made, or a time as it is. */
function timeOf(mark) {
  if (typeof mark === 'number') return mark;
  for (let i = entries.length - 1; i >= 0; i--) {
    if (entries[i].entryType === 'mark' && entries[i].name === String(mark)) return entries[i].startTime;
  }
  throw new primordials.DOMException('The "' + String(mark) + '" performance mark has not been set', 'SyntaxError');
}

/** Entries in the order of their times, where `keeps` says so. */
function listed(keeps) {
  return ArrayPrototypeSort(ArrayPrototypeFilter(entries, keeps), (one, other) => one.startTime - other.startTime);
}

class Performance {
  #own;

  constructor(key) {
    if (key !== secret) throw nodeError('ERR_ILLEGAL_CONSTRUCTOR');
    this.#own = true;
  }

  static #check(value) {
    if (!(#own in value)) throw nodeError('ERR_INVALID_THIS', 'Performance');
  }

  now() {
    Performance.#check(this);
    return now();
  }

  get timeOrigin() {
    Performance.#check(this);
    return timeOrigin;
  }

  mark(name, options) {
    if (arguments.length === 0) throw nodeError('ERR_MISSING_ARGS', 'name');
    const start = options?.startTime ?? now();
    if (start < 0) throw nodeError('ERR_PERFORMANCE_INVALID_TIMESTAMP', start);
    return keep(String(name), 'mark', start, 0, options);
  }

  measure(name, from, to) {
    if (arguments.length === 0) throw nodeError('ERR_MISSING_ARGS', 'name');
    const options = typeof from === 'object' && from !== null ? from : { start: from, end: to };
    const known = options.duration !== undefined;
    let end = options.end === undefined ? now() : timeOf(options.end);
    if (options.end === undefined && known && options.start !== undefined) end = timeOf(options.start) + options.duration;
    let start = options.start === undefined ? 0 : timeOf(options.start);
    if (options.start === undefined && known) start = end - options.duration;
    return keep(String(name), 'measure', start, end - start, options);
  }

  clearMarks(name) {
    entries = ArrayPrototypeFilter(entries, (entry) => entry.entryType !== 'mark' || (name !== undefined && entry.name !== String(name)));
  }

  clearMeasures(name) {
    entries = ArrayPrototypeFilter(entries, (entry) => entry.entryType !== 'measure' || (name !== undefined && entry.name !== String(name)));
  }

  getEntries() {
    return listed(() => true);
  }

  getEntriesByName(name, type) {
    return listed((entry) => entry.name === String(name) && (type === undefined || entry.entryType === String(type)));
  }

  getEntriesByType(type) {
    return listed((entry) => entry.entryType === String(type));
  }

  toJSON() {
    return { timeOrigin: this.timeOrigin };
  }
}

const shown = { __proto__: null, enumerable: true };
ObjectDefineProperties(Performance.prototype, {
  __proto__: null,
  now: shown,
  timeOrigin: shown,
  mark: shown,
  measure: shown,
  toJSON: shown,
  [SymbolToStringTag]: { __proto__: null, value: 'Performance', configurable: true },
});
ObjectFreeze(secret);

module.exports = { Performance, PerformanceEntry, performance: new Performance(secret) };
