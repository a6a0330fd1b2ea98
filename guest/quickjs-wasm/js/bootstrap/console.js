// `console`: captured into the answer's logs, or ConsoleDisabledError where the policy has it off. Plain strings and
// numbers are written from here; what needs util.inspect, and what is rarely used, is in modules that are loaded then.
import { PERMIT_CONSOLE, denial, log, permitted } from './bridge.js';
import { internal } from './internal.js';
import { Text, defineProperty, stringIndexOf, stringReplaceAll, stringSlice, toStringTag } from './primordials.js';

// Levels of a log record; host/sandbox/abi.py has the same list.
const DEBUG = 0;
const INFO = 1;
const WARN = 2;
const ERROR = 3;

let indent = '';

function check() {
  if (!permitted(PERMIT_CONSOLE)) {
    throw denial('ConsoleDisabledError', 'console is switched off by the policy', 'Return what you want to see; a policy allows console with language.console: true.');
  }
}

/** The text of values of which each is a string, a number or a boolean, where the first has no directives. */
function plainText(values) {
  let text = '';
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (i > 0) text += ' ';
    if (typeof value === 'string') {
      if (i === 0 && values.length > 1 && stringIndexOf(value, '%') >= 0) return undefined;
      text += value;
    } else if (typeof value === 'number') text += value === 0 && 1 / value < 0 ? '-0' : Text(value);
    else if (typeof value === 'boolean') text += Text(value);
    else return undefined;
  }
  return text;
}

const format = (values) => plainText(values) ?? internal('internal/inspect/format').formatValues(undefined, values);

function writeText(level, text) {
  log(level, indent ? indent + stringReplaceAll(text, '\n', '\n' + indent) : text);
}

function write(level, values) {
  check();
  writeText(level, format(values));
}

/** One of those that are loaded when they are first used. It returns the texts to write, with their levels. */
function rare(name, values) {
  check();
  const lines = internal('internal/console')[name](values);
  for (let i = 0; i < lines.length; i += 2) writeText(lines[i], lines[i + 1]);
}

// The prototype is an empty object, as the console standard has it.
export const console = {
  __proto__: {},
  log: (...values) => write(INFO, values),
  warn: (...values) => write(WARN, values),
  dir: (...values) => rare('dir', values),
  time: (...values) => rare('time', values),
  timeEnd: (...values) => rare('timeEnd', values),
  timeLog: (...values) => rare('timeLog', values),
  trace(...values) {
    check();
    const text = format(values);
    const { stack } = new Error();
    const from = typeof stack === 'string' ? stringIndexOf(stack, '\n') : -1;
    const frames = from < 0 ? '' : stringSlice(stack, from, from + 4096);
    writeText(ERROR, 'Trace' + (text === '' ? '' : ': ' + text) + frames);
  },
  assert(...values) {
    check();
    if (values[0]) return;
    rare('assert', values);
  },
  clear: () => check(),
  count: (...values) => rare('count', values),
  countReset: (...values) => rare('countReset', values),
  group(...values) {
    if (values.length) write(INFO, values);
    else check();
    indent += '  ';
  },
  groupEnd() {
    check();
    indent = stringSlice(indent, 2);
  },
  table: (...values) => rare('table', values),
  debug: (...values) => write(DEBUG, values),
  info: (...values) => write(INFO, values),
  dirxml: (...values) => write(INFO, values),
  error: (...values) => write(ERROR, values),
  groupCollapsed(...values) {
    if (values.length) write(INFO, values);
    else check();
    indent += '  ';
  },
};
defineProperty(console, toStringTag, { __proto__: null, value: 'console', writable: false, enumerable: false, configurable: true });
