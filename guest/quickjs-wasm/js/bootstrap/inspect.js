// How console shows values: the rules of Node's util.inspect for plain data, at depth 2.
import {
  Text,
  arrayJoin,
  arrayPush,
  dateGetTime,
  dateToISOString,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  mapForEach,
  mapSize,
  objectKeys,
  regExpExec,
  regExpToString,
  setForEach,
  setSize,
  stringIndexOf,
  stringRepeat,
  stringReplaceAll,
  stringSlice,
  stringify,
  symbolToString,
  typedArrayLength,
  typedArrayName,
} from './primordials.js';

const DEPTH_MAX = 2;
const ITEMS_MAX = 100;
const LINE_WIDTH = 72;
const identifier = /^[A-Za-z_$][\w$]*$/;
const isIdentifier = (key) => regExpExec(identifier, key) !== null;

function quote(string) {
  if (stringIndexOf(string, "'") < 0) return "'" + escape(string) + "'";
  if (stringIndexOf(string, '"') < 0) return '"' + escape(string) + '"';
  return "'" + stringReplaceAll(escape(string), "'", "\\'") + "'";
}

function escape(string) {
  return stringReplaceAll(stringReplaceAll(stringReplaceAll(string, '\\', '\\\\'), '\n', '\\n'), '\t', '\\t');
}

function primitive(value) {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'bigint':
      return value + 'n';
    case 'symbol':
      return symbolToString(value);
    case 'number':
      return value === 0 && 1 / value < 0 ? '-0' : Text(value);
    default:
      return Text(value);
  }
}

/** The name of the class of an object, read from data properties alone so that no getter runs; null for none. */
function className(object) {
  for (let proto = object, depth = 0; proto && depth < 8; proto = getPrototypeOf(proto), depth++) {
    const own = getOwnPropertyDescriptor(proto, 'constructor');
    if (own && typeof own.value === 'function') {
      const name = getOwnPropertyDescriptor(own.value, 'name');
      return name && typeof name.value === 'string' ? name.value : '';
    }
  }
  return null;
}

function layOut(items, open, close, prefix, indent) {
  if (items.length === 0) return '' + prefix + open + close;
  const line = arrayJoin(items, ', ');
  const space = open === '[' ? ' ' : ' ';
  if (line.length + prefix.length <= LINE_WIDTH && stringIndexOf(line, '\n') < 0) {
    return '' + prefix + open + space + line + space + close;
  }
  const margin = stringRepeat('  ', indent + 1);
  return '' + prefix + open + '\n' + margin + arrayJoin(items, ',\n' + margin) + '\n' + stringRepeat('  ', indent) + close;
}

function more(count) {
  return '... ' + count + ' more item' + (count === 1 ? '' : 's');
}

function property(object, key, seen, depth) {
  const own = getOwnPropertyDescriptor(object, key);
  if (!own) return 'undefined';
  if (own.get) return own.set ? '[Getter/Setter]' : '[Getter]';
  if (own.set) return '[Setter]';
  return show(own.value, seen, depth + 1);
}

function properties(object, keys, seen, depth) {
  const items = [];
  for (let i = 0; i < keys.length && i < ITEMS_MAX; i++) {
    const name = isIdentifier(keys[i]) ? keys[i] : quote(keys[i]);
    arrayPush(items, name + ': ' + property(object, keys[i], seen, depth));
  }
  if (keys.length > ITEMS_MAX) arrayPush(items, more(keys.length - ITEMS_MAX));
  return items;
}

function arrayItems(array, seen, depth) {
  const items = [];
  let holes = 0;
  const flush = () => {
    if (holes) arrayPush(items, '<' + holes + ' empty item' + (holes > 1 ? 's' : '') + '>');
    holes = 0;
  };
  let index = 0;
  for (; index < array.length && items.length < ITEMS_MAX; index++) {
    if (hasOwn(array, index)) {
      flush();
      arrayPush(items, property(array, index, seen, depth));
    } else if (++holes > 10000) {
      holes += array.length - index - 1;
      index = array.length;
    }
  }
  flush();
  if (index < array.length) arrayPush(items, more(array.length - index));
  return items;
}

function showError(error, seen, depth) {
  const stack = getOwnPropertyDescriptor(error, 'stack');
  const text = stack && typeof stack.value === 'string' ? stack.value : '';
  let head;
  try {
    head = Text(error);
  } catch {
    head = 'Error';
  }
  const extra = properties(error, objectKeys(error), seen, depth);
  const body = text ? head + '\n' + (stringSlice(text, -1) === '\n' ? stringSlice(text, 0, -1) : text) : '[' + head + ']';
  return extra.length ? body + ' {\n  ' + arrayJoin(extra, ',\n  ') + '\n}' : body;
}

/** Objects whose content is not in their properties; undefined for all others. */
function exotic(value, name, seen, depth) {
  const typed = typedArrayName(value);
  if (typed) return layOut(arrayItems(value, seen, depth), '[', ']', typed + '(' + typedArrayLength(value) + ') ', depth);
  if (value instanceof Map) {
    const items = [];
    mapForEach(value, (item, key) => arrayPush(items, show(key, seen, depth + 1) + ' => ' + show(item, seen, depth + 1)));
    return layOut(items, '{', '}', 'Map(' + mapSize(value) + ') ', depth);
  }
  if (value instanceof Set) {
    const items = [];
    setForEach(value, (item) => arrayPush(items, show(item, seen, depth + 1)));
    return layOut(items, '{', '}', 'Set(' + setSize(value) + ') ', depth);
  }
  if (value instanceof Date) return dateGetTime(value) === dateGetTime(value) ? dateToISOString(value) : 'Invalid Date';
  if (value instanceof RegExp) return regExpToString(value);
  if (value instanceof Promise) return 'Promise { <pending> }';
  return undefined;
}

function showObject(value, seen, depth) {
  const name = className(value);
  if (typeof value === 'function') return '[' + (name === 'AsyncFunction' ? 'AsyncFunction' : 'Function') + functionName(value) + ']';
  if (value instanceof Error) return showError(value, seen, depth);
  if (depth > DEPTH_MAX) return isArray(value) ? '[Array]' : '[' + (name || 'Object') + ']';
  let shown;
  try {
    shown = exotic(value, name, seen, depth);
  } catch {
    // A prototype without the inner slots (Object.create(Map.prototype)): shown as the plain object that it is.
  }
  if (shown !== undefined) return shown;
  if (isArray(value)) return layOut(arrayItems(value, seen, depth), '[', ']', '', depth);
  const prefix = name === 'Object' ? '' : name === null ? '[Object: null prototype] ' : name ? name + ' ' : '';
  return layOut(properties(value, objectKeys(value), seen, depth), '{', '}', prefix, depth);
}

function functionName(value) {
  const name = getOwnPropertyDescriptor(value, 'name');
  return name && name.value ? ': ' + name.value : ' (anonymous)';
}

function show(value, seen, depth) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return primitive(value);
  for (let i = 0; i < seen.length; i++) if (seen[i] === value) return '[Circular]';
  arrayPush(seen, value);
  const shown = showObject(value, seen, depth);
  seen.length--;
  return shown;
}

export function inspect(value) {
  return show(value, [], 0);
}

export function toJSONText(value) {
  try {
    return stringify(value);
  } catch {
    return '[Circular]';
  }
}
