// Rows of one sheet as they come: `readStream`, `readBatches`, and both as asynchronous iterators.
const { ArrayIsArray, NumberIsInteger } = primordials;
const { rows: makeRows, numbers } = bindings('cells');
const utils = () => require('vendor/sheetjs').utils;
const { inTime, close, trailer } = require('packages/xlsx/host');
const { openAtOnce, openInTime, sheetNumber, whole } = require('packages/xlsx/book');
const { NEXT, drive, driveLater } = require('packages/xlsx/drive');
const { keysOf, letters } = require('packages/xlsx/headers');
const { checked } = require('packages/xlsx/read');

const COLUMNS_MAX = 16384;
const BATCH_ROWS = 1000;

/** The rows and columns that are wanted, from 0: `range` is an A1 range, what SheetJS makes of one, or a first row. */
function rangeOf(range) {
  if (range === undefined || range === null) return undefined;
  if (typeof range === 'number') return { s: { r: range, c: 0 }, e: { r: Infinity, c: COLUMNS_MAX - 1 } };
  return typeof range === 'string' ? utils().decode_range(range) : range;
}

/** Makes rows of batches: what the keys are, and which rows count. */
class Table {
  constructor(options) {
    const { header } = options;
    this.range = rangeOf(options.range);
    this.first = this.range?.s.c ?? 0;
    this.width = this.range === undefined ? COLUMNS_MAX : this.range.e.c - this.first + 1;
    this.empty = options.defval;
    this.dates = options.cellDates !== false;
    this.keys = undefined;
    this.arrays = header === 1;
    if (ArrayIsArray(header)) this.keys = this.placed(header.map(String));
    else if (header === 'A') this.keys = this.placed(Array.from({ length: Math.min(this.width, 702) }, (_, i) => letters(this.first + i)));
    else if (header !== undefined && header !== 1 && header !== 0) {
      throw nodeError('ERR_INVALID_ARG_VALUE', 'options.header', header, "must be 1, 'A' or an array of names");
    }
  }

  /** Keys by column, none for those before the range. */
  placed(keys) {
    return [...new Array(this.first).fill(undefined), ...keys.slice(0, this.width)];
  }

  /** From which row of a batch on, and up to which, they are in the range. */
  bounds(batch) {
    if (this.range === undefined) return undefined;
    const all = numbers(batch);
    let from = 0;
    let to = all.length;
    while (from < to && all[from] < this.range.s.r) from++;
    while (to > from && all[to - 1] > this.range.e.r) to--;
    return { from, to };
  }

  rowsOf(batch) {
    const bounds = this.bounds(batch);
    let from = bounds?.from ?? 0;
    if (this.keys === undefined && !this.arrays) {
      const [header] = this.cut(makeRows(batch, undefined, undefined, false), from, bounds?.to ?? Infinity);
      if (header === undefined) return [];
      this.keys = this.placed(keysOf(header.slice(this.first, this.first + this.width)));
      from++;
    }
    return this.cut(makeRows(batch, this.arrays ? undefined : this.keys, this.empty, this.dates), from, bounds?.to ?? Infinity);
  }

  cut(rows, from, to) {
    const some = from === 0 && to >= rows.length ? rows : rows.slice(from, to);
    if (!this.arrays || (this.first === 0 && this.width === COLUMNS_MAX)) return some;
    return some.map((row) => row.slice(this.first, this.first + this.width));
  }
}

/** Where a sheet is to be read to: the last row that is wanted. */
function sheetOptions(facts, sheet, table) {
  const end = table.range?.e.r;
  return { sheet: sheetNumber(facts, sheet), everything: false, ...(NumberIsInteger(end) ? { row_end: end + 1 } : {}) };
}

const isPromise = (value) => value !== null && typeof value === 'object' && typeof value.then === 'function';

/** Each row to `callback`, until it gives false; waits for what it gives where that is a promise. */
function* eachRow(facts, sheet, options, callback) {
  const table = new Table(options);
  yield { operation: 'sheet', argument: sheetOptions(facts, sheet, table) };
  for (let count = 0; ; ) {
    const batch = yield NEXT;
    const rows = table.rowsOf(batch);
    for (let i = 0; i < rows.length; i++) {
      let goOn = callback(rows[i], count++);
      if (isPromise(goOn)) goOn = yield { operation: undefined, promise: goOn };
      if (goOn === false) return { success: true, rowsProcessed: count, stopped: true };
    }
    if (trailer(batch) !== undefined) return { success: true, rowsProcessed: count };
  }
}

/** The same with batches of `size` rows. */
function* eachBatch(facts, sheet, options, size, callback) {
  const table = new Table(options);
  yield { operation: 'sheet', argument: sheetOptions(facts, sheet, table) };
  let waiting = [];
  let totalRows = 0;
  let totalBatches = 0;
  for (let last = false; !last; ) {
    const batch = yield NEXT;
    last = trailer(batch) !== undefined;
    waiting = waiting.length > 0 ? waiting.concat(table.rowsOf(batch)) : table.rowsOf(batch);
    let at = 0;
    while (waiting.length - at >= size || (last && at < waiting.length)) {
      const some = at === 0 && waiting.length <= size ? waiting : waiting.slice(at, at + size);
      at += some.length;
      totalRows += some.length;
      let goOn = callback(some, totalBatches++);
      if (isPromise(goOn)) goOn = yield { operation: undefined, promise: goOn };
      if (goOn === false) return { success: true, totalRows, totalBatches, stopped: true };
    }
    waiting = waiting.slice(at);
  }
  return { success: true, totalRows, totalBatches };
}

/** `(data, sheet, options, callback)`, of which the options may be left out. */
function argumentsOf(options, callback) {
  const [given, visit] = typeof options === 'function' ? [callback, options] : [options, callback];
  if (typeof visit !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'callback', 'Function', visit);
  return [checked(given), visit];
}

function run(data, options, steps) {
  const bytes = whole(data, options.type);
  if (bytes === undefined) return runLater(data, options, steps);
  const { handle, facts } = openAtOnce(bytes, options);
  return drive(steps(facts), handle);
}

async function runLater(data, options, steps) {
  const { handle, facts } = await openInTime(data, options);
  return driveLater(steps(facts), handle);
}

/**
 * Reads a sheet row by row: `callback(row, index)`. Gives `{success, rowsProcessed}`; a promise of it where the data is a
 * stream or the callback is asynchronous. A callback that gives false ends it.
 */
function readStream(data, sheet, options, callback) {
  const [given, visit] = argumentsOf(options, callback);
  return run(data, given, (facts) => eachRow(facts, sheet, given, visit));
}

function sizeOf(options) {
  const size = options.batchSize ?? BATCH_ROWS;
  if (typeof size !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', 'options.batchSize', 'number', size);
  if (!NumberIsInteger(size) || size < 1) throw nodeError('ERR_OUT_OF_RANGE', 'options.batchSize', 'an integer above 0', size);
  return size;
}

/** Reads a sheet in batches of `batchSize` rows: `callback(rows, index)`. Gives `{success, totalRows, totalBatches}`. */
function readBatches(data, sheet, options, callback) {
  const [given, visit] = argumentsOf(options, callback);
  const size = sizeOf(given);
  return run(data, given, (facts) => eachBatch(facts, sheet, given, size, visit));
}

async function* lists(data, sheet, options) {
  const table = new Table(options);
  const bytes = whole(data, options.type);
  const { handle, facts } = bytes === undefined ? await openInTime(data, options) : openAtOnce(bytes, options);
  try {
    await inTime.sheet(handle, sheetOptions(facts, sheet, table));
    for (let last = false; !last; ) {
      const batch = await inTime.next(handle);
      last = trailer(batch) !== undefined;
      yield table.rowsOf(batch);
    }
  } finally {
    close(handle);
  }
}

/** The rows of a sheet: `for await (const row of xlsx.rows(data, sheet))`. */
async function* rows(data, sheet, options) {
  for await (const list of lists(data, sheet, checked(options))) yield* list;
}

/** The same in batches of `batchSize` rows. */
async function* batches(data, sheet, options) {
  const given = checked(options);
  const size = sizeOf(given);
  let waiting = [];
  for await (const list of lists(data, sheet, given)) {
    waiting = waiting.concat(list);
    while (waiting.length >= size) yield waiting.splice(0, size);
  }
  if (waiting.length > 0) yield waiting;
}

module.exports = { readStream, readBatches, rows, batches };
