// `console`: captured into the answer's logs, or ConsoleDisabledError where the policy has it off.
import { PERMIT_CONSOLE, denial, log, permitted } from './bridge.js';
import { inspect, toJSONText } from './inspect.js';
import { Numeric, Text, arrayUnshift, hasOwn, isArray, numberParseFloat, numberParseInt, numberToFixed, objectCreate, objectKeys, stringIndexOf, stringRepeat, stringReplaceAll, stringSlice } from './primordials.js';

// Levels of a log record; host/sandbox/abi.py has the same list.
const DEBUG = 0;
const INFO = 1;
const WARN = 2;
const ERROR = 3;

let indent = '';
const counts = objectCreate(null);
const timers = objectCreate(null);
const now = performance.now.bind(performance);

function directive(letter, value) {
  switch (letter) {
    case 's':
      return typeof value === 'string' ? value : inspect(value);
    case 'd':
      return typeof value === 'object' ? 'NaN' : typeof value === 'bigint' ? value + 'n' : Text(Numeric(value));
    case 'i':
      return typeof value === 'object' ? 'NaN' : Text(numberParseInt(value, 10));
    case 'f':
      return typeof value === 'symbol' ? 'NaN' : Text(numberParseFloat(value));
    case 'j':
      return toJSONText(value);
    case 'o':
    case 'O':
      return inspect(value);
    case 'c':
      return '';
    default:
      return undefined;
  }
}

/** Node's util.format: a first string with % directives, the other values behind it, separated by spaces. */
function format(values) {
  let text = '';
  let next = 0;
  if (typeof values[0] === 'string') {
    const template = values[0];
    next = 1;
    let from = 0;
    for (let at = stringIndexOf(template, '%'); at >= 0; at = stringIndexOf(template, '%', at)) {
      const letter = template[at + 1];
      let shown;
      if (letter === '%' && values.length > 1) shown = '%';
      else if (next < values.length) {
        shown = directive(letter, values[next]);
        if (shown !== undefined) next++;
      }
      if (shown === undefined) {
        at += 1;
        continue;
      }
      text += stringSlice(template, from, at) + shown;
      from = at = at + 2;
    }
    text += stringSlice(template, from);
  }
  for (; next < values.length; next++) {
    if (next > 0) text += ' ';
    text += typeof values[next] === 'string' ? values[next] : inspect(values[next]);
  }
  return text;
}

function check() {
  if (!permitted(PERMIT_CONSOLE)) {
    throw denial('ConsoleDisabledError', 'console is switched off by the policy', 'Return what you want to see; a policy allows console with language.console: true.');
  }
}

function write(level, values) {
  check();
  const text = values.length === 1 && typeof values[0] === 'string' ? values[0] : format(values);
  log(level, indent ? indent + stringReplaceAll(text, '\n', '\n' + indent) : text);
}

function cellsOf(row) {
  if (row === null || typeof row !== 'object') return { Values: inspect(row) };
  const cells = objectCreate(null);
  const keys = objectKeys(row);
  for (let i = 0; i < keys.length; i++) cells[keys[i]] = inspect(row[keys[i]]);
  return cells;
}

function drawTable(data) {
  const head = ['(index)'];
  const rows = [];
  const names = objectKeys(data);
  for (let i = 0; i < names.length; i++) {
    const cells = cellsOf(data[names[i]]);
    const row = [names[i]];
    const columns = objectKeys(cells);
    for (let j = 0; j < columns.length; j++) {
      let column = 1;
      while (column < head.length && head[column] !== columns[j]) column++;
      head[column] = columns[j];
      row[column] = cells[columns[j]];
    }
    rows[i] = row;
  }
  const widths = [];
  for (let column = 0; column < head.length; column++) {
    widths[column] = head[column].length;
    for (let i = 0; i < rows.length; i++) {
      const cell = rows[i][column] ?? '';
      if (cell.length > widths[column]) widths[column] = cell.length;
    }
  }
  const rule = (left, middle, right) => {
    let line = left;
    for (let i = 0; i < widths.length; i++) line += (i ? middle : '') + stringRepeat('─', widths[i] + 2);
    return line + right;
  };
  const draw = (cells) => {
    let line = '│';
    for (let i = 0; i < widths.length; i++) {
      const cell = cells[i] ?? '';
      line += ' ' + cell + stringRepeat(' ', widths[i] - cell.length) + ' │';
    }
    return line;
  };
  let text = rule('┌', '┬', '┐') + '\n' + draw(head) + '\n' + rule('├', '┼', '┤') + '\n';
  for (let i = 0; i < rows.length; i++) text += draw(rows[i]) + '\n';
  return text + rule('└', '┴', '┘');
}

function elapsed(label, level, rest) {
  check();
  const name = label === undefined ? 'default' : Text(label);
  if (!hasOwn(timers, name)) return write(WARN, ["Warning: No such label '" + name + "' for console.timeEnd()"]);
  const ms = now() - timers[name];
  arrayUnshift(rest, name + ': ' + numberToFixed(ms, 3) + 'ms');
  write(level, rest);
  return undefined;
}

export const console = {
  log: (...values) => write(INFO, values),
  info: (...values) => write(INFO, values),
  debug: (...values) => write(DEBUG, values),
  warn: (...values) => write(WARN, values),
  error: (...values) => write(ERROR, values),
  trace: (...values) => write(ERROR, ['Trace: ' + format(values) + '\n' + stringSlice(new Error().stack, 0, 4096)]),
  dir: (value) => write(INFO, [inspect(value)]),
  assert(condition, ...values) {
    if (condition) return check();
    if (typeof values[0] === 'string') values[0] = 'Assertion failed: ' + values[0];
    else arrayUnshift(values, 'Assertion failed');
    return write(ERROR, values);
  },
  table(data) {
    if (data === null || typeof data !== 'object') return write(INFO, [data]);
    return write(INFO, [drawTable(data)]);
  },
  count(label) {
    check();
    const name = label === undefined ? 'default' : Text(label);
    counts[name] = (counts[name] ?? 0) + 1;
    write(INFO, [name + ': ' + counts[name]]);
  },
  countReset(label) {
    check();
    counts[label === undefined ? 'default' : Text(label)] = 0;
  },
  time(label) {
    check();
    timers[label === undefined ? 'default' : Text(label)] = now();
  },
  timeLog: (label, ...rest) => elapsed(label, INFO, rest),
  timeEnd(label) {
    elapsed(label, INFO, []);
    delete timers[label === undefined ? 'default' : Text(label)];
  },
  group(...values) {
    if (values.length) write(INFO, values);
    else check();
    indent += '  ';
  },
  groupEnd() {
    check();
    indent = stringSlice(indent, 2);
  },
};
console.groupCollapsed = console.group;
