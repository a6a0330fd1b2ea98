// `performance`: the clock of the execution, as the policy lets the guest see it, and marks and measures on it.
const {
  ArrayPrototypeFilter,
  ArrayPrototypePush,
  ArrayPrototypeSort,
  DOMException,
  DateNow,
  Number,
  NumberIsFinite,
  ObjectFreeze,
  TypeError,
} = primordials;
const { now } = bindings('host');
const { dictionary, expose, required, text } = require('internal/webidl');
const { EventTarget } = require('web/event');

const timeOrigin = DateNow() - now();
const secret = ObjectFreeze({ __proto__: null });
let entries = [];
let dataOf;

class PerformanceEntry {
  #data;

  static {
    dataOf = (entry) => {
      if (entry === null || typeof entry !== 'object' || !(#data in entry)) throw nodeError('ERR_INVALID_THIS', 'PerformanceEntry');
      return entry.#data;
    };
  }

  constructor(key = undefined, data = undefined) {
    if (key !== secret) throw nodeError('ERR_ILLEGAL_CONSTRUCTOR');
    this.#data = data;
  }

  get name() {
    return dataOf(this).name;
  }

  get entryType() {
    return dataOf(this).type;
  }

  get startTime() {
    return dataOf(this).start;
  }

  get duration() {
    return dataOf(this).duration;
  }

  toJSON() {
    const { name, type, start, duration, detail } = dataOf(this);
    const told = { name, entryType: type, startTime: start, duration };
    if (detail !== undefined) told.detail = detail;
    return told;
  }
}

const cloned = (detail) => {
  if (detail === undefined || detail === null) return null;
  return require('web/clone').structuredClone(detail);
};

class PerformanceMark extends PerformanceEntry {
  constructor(name, options = undefined) {
    required(arguments.length, 'name');
    const called = text(name);
    const { detail, startTime } = dictionary(options, 'options');
    const start = startTime === undefined ? now() : finite(startTime);
    if (start < 0) throw nodeError('ERR_PERFORMANCE_INVALID_TIMESTAMP', start);
    super(secret, { __proto__: null, name: called, type: 'mark', start, duration: 0, detail: cloned(detail) });
  }

  get detail() {
    return dataOf(this).detail;
  }
}

class PerformanceMeasure extends PerformanceEntry {
  get detail() {
    return dataOf(this).detail;
  }
}

function finite(value) {
  const number = Number(value);
  if (!NumberIsFinite(number)) throw new TypeError('The value is not a finite number');
  return number;
}

/** When a mark was made, or a time as it is. */
function timeOf(mark) {
  if (typeof mark === 'number') {
    if (mark < 0) throw nodeError('ERR_PERFORMANCE_INVALID_TIMESTAMP', mark);
    return finite(mark);
  }
  const name = text(mark);
  for (let i = entries.length - 1; i >= 0; i--) {
    const data = dataOf(entries[i]);
    if (data.type === 'mark' && data.name === name) return data.start;
  }
  throw new DOMException('The "' + name + '" performance mark has not been set', 'SyntaxError');
}

/** Entries in the order of their times, where `keeps` says so. */
function listed(keeps) {
  return ArrayPrototypeSort(
    ArrayPrototypeFilter(entries, (entry) => keeps(dataOf(entry))),
    (one, other) => dataOf(one).start - dataOf(other).start,
  );
}

function forget(type, given, name) {
  const wanted = given === undefined ? undefined : name;
  entries = ArrayPrototypeFilter(entries, (entry) => {
    const data = dataOf(entry);
    return data.type !== type || (wanted !== undefined && data.name !== wanted);
  });
}

/** What a measure is from and to, by the rules of User Timing. */
function span(from, to) {
  if (typeof from !== 'object' || from === null) {
    return { __proto__: null, start: from === undefined || from === null ? 0 : timeOf(from), end: to === undefined ? now() : timeOf(to) };
  }
  const { detail, duration, end: last, start: first } = from;
  if (detail !== undefined || duration !== undefined || last !== undefined || first !== undefined) {
    if (to !== undefined) throw new TypeError('There are both options and an end mark');
    if (first === undefined && last === undefined) throw new TypeError('One of options.start and options.end is needed');
    if (first !== undefined && last !== undefined && duration !== undefined) throw new TypeError('Start, end and duration cannot all be given');
  }
  const length = duration === undefined ? undefined : finite(duration);
  let end = to !== undefined ? timeOf(to) : last !== undefined ? timeOf(last) : undefined;
  let start = first !== undefined ? timeOf(first) : undefined;
  if (end === undefined) end = start !== undefined && length !== undefined ? start + length : now();
  if (start === undefined) start = length !== undefined ? end - length : 0;
  return { __proto__: null, start, end, detail };
}

let check;

class Performance extends EventTarget {
  #own = true;

  static {
    check = (value) => {
      if (value === null || typeof value !== 'object' || !(#own in value)) throw nodeError('ERR_INVALID_THIS', 'Performance');
    };
  }

  constructor(key = undefined) {
    if (key !== secret) throw nodeError('ERR_ILLEGAL_CONSTRUCTOR');
    super();
  }

  clearMarks(name = undefined) {
    check(this);
    forget('mark', name, name === undefined ? undefined : text(name));
  }

  clearMeasures(name = undefined) {
    check(this);
    forget('measure', name, name === undefined ? undefined : text(name));
  }

  getEntries() {
    check(this);
    return listed(() => true);
  }

  getEntriesByName(name, type = undefined) {
    check(this);
    required(arguments.length, 'name');
    const wanted = text(name);
    const kind = type === undefined ? undefined : text(type);
    return listed((data) => data.name === wanted && (kind === undefined || data.type === kind));
  }

  getEntriesByType(type) {
    check(this);
    required(arguments.length, 'type');
    const kind = text(type);
    return listed((data) => data.type === kind);
  }

  mark(name, options = undefined) {
    check(this);
    required(arguments.length, 'name');
    const made = new PerformanceMark(name, options);
    ArrayPrototypePush(entries, made);
    return made;
  }

  measure(name, startOrOptions = undefined, endMark = undefined) {
    check(this);
    required(arguments.length, 'name');
    const called = text(name);
    const { start, end, detail } = span(startOrOptions, endMark);
    const data = { __proto__: null, name: called, type: 'measure', start, duration: end - start, detail: cloned(detail) };
    const made = new PerformanceMeasure(secret, data);
    ArrayPrototypePush(entries, made);
    return made;
  }

  now() {
    check(this);
    return now();
  }

  get timeOrigin() {
    check(this);
    return timeOrigin;
  }

  toJSON() {
    check(this);
    return { timeOrigin };
  }
}

expose(PerformanceEntry, 'PerformanceEntry');
expose(PerformanceMark, 'PerformanceMark', 'mark');
expose(PerformanceMeasure, 'PerformanceMeasure', 'measure');
expose(Performance, 'Performance');

module.exports = { Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, performance: new Performance(secret) };
