// util.format: a first string with % directives, the other values behind it.
const {
  Number,
  parseFloat,
  parseInt,
  JSONStringify,
  String,
  StringPrototypeCharCodeAt,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
} = primordials;
const { defaults, inspect, plain, showBigInt, showNumber } = require('internal/inspect');

const PERCENT = 37;

function number(options, value) {
  const separates = options?.numericSeparator ?? defaults.numericSeparator;
  return typeof value === 'bigint' ? showBigInt(value, separates, plain) : showNumber(value, separates, plain);
}

function json(value) {
  try {
    return '' + JSONStringify(value);
  } catch (error) {
    if (error?.name === 'TypeError' && StringPrototypeStartsWith(String(error.message), 'circular reference')) return '[Circular]';
    throw error;
  }
}

function string(options, value) {
  if (typeof value === 'number' || typeof value === 'bigint') return number(options, value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (!require('internal/inspect/prototypes').hasBuiltInToString(value)) return String(value);
  return inspect(value, { ...options, compact: 3, colors: false, depth: 0 });
}

function numeric(options, value, convert) {
  if (typeof value === 'symbol') return 'NaN';
  return number(options, convert(value));
}

/** What a directive shows; undefined where the letter is none. */
function directive(options, letter, value) {
  switch (letter) {
    case 's':
      return string(options, value);
    case 'j':
      return json(value);
    case 'd':
      return typeof value === 'bigint' ? number(options, value) : numeric(options, value, Number);
    case 'i':
      return typeof value === 'bigint' ? number(options, value) : numeric(options, value, parseInt);
    case 'f':
      return numeric(options, value, parseFloat);
    case 'O':
      return inspect(value, options);
    case 'o':
      return inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 });
    case 'c':
      return '';
    default:
      return undefined;
  }
}

/** The text of values, of which the first `from` are not looked at. */
function formatValues(options, values, from = 0) {
  const template = values[from];
  let text = '';
  let next = from;
  if (typeof template === 'string') {
    if (values.length === from + 1) return template;
    let done = 0;
    next = from + 1;
    for (let at = StringPrototypeIndexOf(template, '%'); at >= 0; at = StringPrototypeIndexOf(template, '%', at)) {
      if (at + 1 >= template.length) break;
      let shown;
      if (StringPrototypeCharCodeAt(template, at + 1) === PERCENT) shown = '%';
      else if (next < values.length) {
        shown = directive(options, template[at + 1], values[next]);
        if (shown !== undefined) next++;
      }
      at += 2;
      if (shown === undefined) continue;
      text += StringPrototypeSlice(template, done, at - 2) + shown;
      done = at;
    }
    text += StringPrototypeSlice(template, done);
  }
  for (; next < values.length; next++) {
    if (next > from) text += ' ';
    text += typeof values[next] === 'string' ? values[next] : inspect(values[next], options);
  }
  return text;
}

function format(...args) {
  return formatValues(undefined, args);
}

function formatWithOptions(inspectOptions, ...args) {
  require('internal/validators').validateObject(inspectOptions, 'inspectOptions', 'array');
  return formatValues(inspectOptions, args);
}

module.exports = { format, formatValues, formatWithOptions };
