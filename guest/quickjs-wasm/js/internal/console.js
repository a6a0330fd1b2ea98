// What console does seldom: tables, counters, timers. Each function gets the arguments in an array and returns the
// levels and texts to write, one after the other; to write them, and whether that is allowed, is bootstrap/console.js's.
const {
  ArrayBufferIsView,
  ArrayIsArray,
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  ArrayPrototypeUnshift,
  Map,
  MapPrototypeDelete,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeHas,
  MapPrototypeSet,
  MathFloor,
  Number,
  NumberPrototypeToFixed,
  ObjectHasOwn,
  ObjectKeys,
  SetPrototypeForEach,
  StringPrototypeIndexOf,
  StringPrototypePadStart,
  StringPrototypeRepeat,
  StringPrototypeSlice,
} = primordials;
const { entries: entriesOf, kind } = bindings('inspect');
const { now } = bindings('host');
const { inspect } = require('internal/inspect');
const { formatValues } = require('internal/inspect/format');
const { width } = require('internal/inspect/text');

const INFO = 1;
const WARN = 2;
const ERROR = 3;

const counts = new Map();
const timers = new Map();

/** A label is a string; a symbol is none. */
const labelOf = (values) => (values[0] === undefined ? 'default' : '' + values[0]);

function dir(values) {
  return [INFO, inspect(values[0], { customInspect: false, ...values[1] })];
}

function assert(values) {
  const rest = ArrayPrototypeSlice(values, 1);
  if (rest.length === 0) return [ERROR, 'Assertion failed'];
  rest[0] = 'Assertion failed: ' + rest[0];
  return [ERROR, formatValues(undefined, rest)];
}

function count(values) {
  const label = labelOf(values);
  const next = (MapPrototypeGet(counts, label) ?? 0) + 1;
  MapPrototypeSet(counts, label, next);
  return [INFO, label + ': ' + next];
}

function countReset(values) {
  const label = labelOf(values);
  if (!MapPrototypeHas(counts, label)) return [WARN, "Warning: Count for '" + label + "' does not exist"];
  MapPrototypeDelete(counts, label);
  return [];
}

function time(values) {
  const label = labelOf(values);
  if (MapPrototypeHas(timers, label)) return [WARN, "Warning: Label '" + label + "' already exists for console.time()"];
  MapPrototypeSet(timers, label, now());
  return [];
}

const pad = (value) => StringPrototypePadStart('' + value, 2, '0');

/** 1.234ms, 1.234s, 1:02.345 (m:ss.mmm), 1:02:03.456 (h:mm:ss.mmm) */
function duration(ms) {
  if (ms < 1000) return Number(NumberPrototypeToFixed(ms, 3)) + 'ms';
  if (ms < 60000) return NumberPrototypeToFixed(ms / 1000, 3) + 's';
  const hours = MathFloor(ms / 3600000);
  const minutes = MathFloor((ms % 3600000) / 60000);
  const text = NumberPrototypeToFixed((ms % 60000) / 1000, 3);
  const point = StringPrototypeIndexOf(text, '.');
  const rest = pad(StringPrototypeSlice(text, 0, point)) + StringPrototypeSlice(text, point);
  return hours !== 0 ? hours + ':' + pad(minutes) + ':' + rest + ' (h:mm:ss.mmm)' : minutes + ':' + rest + ' (m:ss.mmm)';
}

function elapsed(values, name) {
  const label = labelOf(values);
  const start = MapPrototypeGet(timers, label);
  if (start === undefined) return [WARN, "Warning: No such label '" + label + "' for console." + name + '()'];
  const shown = ['%s: %s', label, duration(now() - start)];
  for (let i = 1; i < values.length; i++) ArrayPrototypePush(shown, values[i]);
  return [INFO, formatValues(undefined, shown)];
}

const timeLog = (values) => elapsed(values, 'timeLog');

function timeEnd(values) {
  const label = labelOf(values);
  const lines = elapsed([label], 'timeEnd');
  MapPrototypeDelete(timers, label);
  return lines;
}

function line(cells, widths) {
  let text = '│ ';
  for (let i = 0; i < cells.length; i++) {
    text += (i ? ' │ ' : '') + cells[i] + StringPrototypeRepeat(' ', widths[i] - width(cells[i]));
  }
  return text + ' │\n';
}

function rule(left, middle, right, widths) {
  let text = left;
  for (let i = 0; i < widths.length; i++) text += (i ? middle : '') + StringPrototypeRepeat('─', widths[i] + 2);
  return text + right;
}

function draw(head, columns) {
  const widths = [];
  const rows = [];
  let longest = 0;
  for (let i = 0; i < columns.length; i++) if (columns[i].length > longest) longest = columns[i].length;
  for (let j = 0; j < longest; j++) rows[j] = [];
  for (let i = 0; i < head.length; i++) {
    widths[i] = width(head[i]);
    for (let j = 0; j < longest; j++) {
      const cell = ObjectHasOwn(columns[i], j) ? columns[i][j] : '';
      rows[j][i] = cell;
      const taken = width(cell);
      if (taken > widths[i]) widths[i] = taken;
    }
  }
  let text = rule('┌', '┬', '┐\n', widths) + line(head, widths) + rule('├', '┼', '┤\n', widths);
  for (let j = 0; j < longest; j++) text += line(rows[j], widths);
  return text + rule('└', '┴', '┘', widths);
}

function cell(value) {
  const isArray = ArrayIsArray(value) || (ArrayBufferIsView(value) && kind(value) !== 'DataView');
  const deep = value !== null && typeof value === 'object' && !isArray && ObjectKeys(value).length > 2;
  return inspect(value, { depth: deep ? -1 : 0, maxArrayLength: 3, breakLength: Infinity });
}

/** What a Map, a Set or an iterator of them holds: its values, or keys and values. */
function collected(data, kindOf) {
  if (kindOf === 'Map Iterator' || kindOf === 'Set Iterator') {
    const found = entriesOf(data);
    return { items: found[0], pairs: kindOf === 'Map Iterator' && found[1] };
  }
  const items = [];
  if (kindOf === 'Set') SetPrototypeForEach(data, (value) => ArrayPrototypePush(items, value));
  else if (kindOf === 'Map') MapPrototypeForEach(data, (value, key) => ArrayPrototypePush(items, key, value));
  else return undefined;
  return { items, pairs: kindOf === 'Map' };
}

function collectionTable(found) {
  const step = found.pairs ? 2 : 1;
  const indexes = [];
  const keys = [];
  const values = [];
  for (let i = 0; i < found.items.length; i += step) {
    ArrayPrototypePush(indexes, '' + i / step);
    if (found.pairs) ArrayPrototypePush(keys, cell(found.items[i]));
    ArrayPrototypePush(values, cell(found.items[i + step - 1]));
  }
  if (found.pairs) return draw(['(iteration index)', 'Key', 'Values'], [indexes, keys, values]);
  return draw(['(iteration index)', 'Values'], [indexes, values]);
}

function table(values) {
  const data = values[0];
  const properties = values[1];
  if (properties !== undefined) require('internal/validators').validateArray(properties, 'properties');
  if (data === null || typeof data !== 'object') return [INFO, formatValues(undefined, [data])];
  const found = collected(data, kind(data));
  if (found !== undefined) return [INFO, collectionTable(found)];
  const columns = new Map();
  const head = [];
  const primitives = [];
  let hasPrimitives = false;
  const indexes = ObjectKeys(data);
  for (let i = 0; i < indexes.length; i++) {
    const item = data[indexes[i]];
    const primitive = item === null || (typeof item !== 'function' && typeof item !== 'object');
    if (properties === undefined && primitive) {
      hasPrimitives = true;
      primitives[i] = cell(item);
      continue;
    }
    const keys = properties ?? ObjectKeys(item);
    for (let j = 0; j < keys.length; j++) {
      const key = '' + keys[j];
      if (!MapPrototypeHas(columns, key)) MapPrototypeSet(columns, key, []);
      MapPrototypeGet(columns, key)[i] = primitive || !ObjectHasOwn(item, key) ? '' : cell(item[key]);
    }
  }
  const cells = [];
  const order = { __proto__: null };
  MapPrototypeForEach(columns, (_, key) => (order[key] = true));
  const names = ObjectKeys(order);
  for (let i = 0; i < names.length; i++) {
    ArrayPrototypePush(head, names[i]);
    ArrayPrototypePush(cells, MapPrototypeGet(columns, names[i]));
  }
  if (hasPrimitives) {
    ArrayPrototypePush(head, 'Values');
    ArrayPrototypePush(cells, primitives);
  }
  ArrayPrototypeUnshift(head, '(index)');
  ArrayPrototypeUnshift(cells, indexes);
  return [INFO, draw(head, cells)];
}

module.exports = { assert, count, countReset, dir, table, time, timeEnd, timeLog };
