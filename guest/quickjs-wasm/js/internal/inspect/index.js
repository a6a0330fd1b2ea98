// util.inspect, for what is shown most: primitives, plain objects, arrays. What else there is, is in `rare.js` and is
// loaded when it is met. The texts are Node's to the character; tests compare them with node's own.
const {
  ArrayPrototypeIncludes,
  ArrayPrototypeJoin,
  ArrayPrototypePop,
  ArrayPrototypePush,
  Error,
  FunctionPrototypeCall,
  FunctionPrototypeSymbolHasInstance,
  Map,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeSet,
  Object,
  ObjectAssign,
  ObjectDefineProperty,
  ObjectHasOwn,
  ObjectKeys,
  ObjectPrototypePropertyIsEnumerable,
  ObjectSeal,
  RangeError,
  String,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeRepeat,
  StringPrototypeReplaceAll,
  StringPrototypeSlice,
  SymbolFor,
  SymbolIterator,
  SymbolPrototypeToString,
  SymbolToStringTag,
} = primordials;
const { constructorOf, escape, fields: fieldsOf, isDense, isName, kind: kindOf, proxy, quote } = bindings('inspect');
const { lazy } = bindings('host');

// Flags of a field; c/inspect.c has the same numbers. A list of fields is key, flags, value, key, flags, value, …
const GET = 1;
const SET = 2;
const HIDDEN = 4;

const custom = SymbolFor('nodejs.util.inspect.custom');
const defaults = ObjectSeal({
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
});

const plain = (text) => text;
const seldom = () => require('internal/inspect/seldom');

function coloured(text, style) {
  const color = inspect.colors[inspect.styles[style]];
  return color === undefined ? text : '\u001b[' + color[0] + 'm' + text + '\u001b[' + color[1] + 'm';
}

// What one call carries along: the options, and where it is.
function newState() {
  return {
    length: 0,
    indentation: 0,
    inner: 0,
    seen: [],
    circular: undefined,
    userOptions: undefined,
    stylize: plain,
    showHidden: defaults.showHidden,
    depth: defaults.depth,
    colors: defaults.colors,
    customInspect: defaults.customInspect,
    showProxy: defaults.showProxy,
    maxArrayLength: defaults.maxArrayLength,
    maxStringLength: defaults.maxStringLength,
    breakLength: defaults.breakLength,
    compact: defaults.compact,
    sorted: defaults.sorted,
    getters: defaults.getters,
    numericSeparator: defaults.numericSeparator,
  };
}

function inspect(value, opts) {
  const state = newState();
  if (arguments.length > 2) {
    if (arguments[2] !== undefined) state.depth = arguments[2];
    if (arguments[3] !== undefined) state.colors = arguments[3];
  }
  if (typeof opts === 'boolean') state.showHidden = opts;
  else if (opts) {
    const names = ObjectKeys(opts);
    for (let i = 0; i < names.length; i++) {
      if (ObjectHasOwn(defaults, names[i]) || names[i] === 'stylize') state[names[i]] = opts[names[i]];
      else state.userOptions ??= opts;
    }
  }
  if (state.colors) state.stylize = coloured;
  if (state.maxArrayLength === null) state.maxArrayLength = Infinity;
  if (state.maxStringLength === null) state.maxStringLength = Infinity;
  return show(state, value, 0);
}

/** What the object's own function says, or undefined where that is not to be asked or says `this`. */
function showCustom(state, value, given, level, proxied) {
  const method = value[custom];
  if (typeof method !== 'function' || method === inspect) return undefined;
  // A prototype is shown for what it is.
  if (value.constructor && value.constructor.prototype === value) return undefined;
  const depth = state.depth === null ? null : state.depth - level;
  const foreign = proxied || !FunctionPrototypeSymbolHasInstance(Object, given);
  const shown = FunctionPrototypeCall(method, given, depth, seldom().userOptions(state, foreign), inspect);
  if (shown === given) return undefined;
  if (typeof shown !== 'string') return show(state, shown, level);
  return StringPrototypeReplaceAll(shown, '\n', '\n' + StringPrototypeRepeat(' ', state.indentation));
}

function show(state, value, level, within) {
  if (value === null) return state.stylize('null', 'null');
  if (typeof value !== 'object' && typeof value !== 'function') return showPrimitive(state, value, state.stylize);
  const given = value;
  let kind = kindOf(value);
  while (kind === 'Proxy') {
    const ends = proxy(value);
    if (ends === null) return state.stylize('<Revoked Proxy>', 'special');
    if (state.showProxy) return require('internal/inspect/rare').showProxy(state, ends, level);
    value = ends[0];
    kind = kindOf(value);
  }
  if (state.customInspect) {
    const shown = showCustom(state, value, given, level, given !== value);
    if (shown !== undefined) return shown;
  }
  if (ArrayPrototypeIncludes(state.seen, value)) return showCircle(state, value);
  return showObject(state, value, kind, level, within);
}

function showCircle(state, value) {
  state.circular ??= new Map();
  let index = MapPrototypeGet(state.circular, value);
  if (index === undefined) {
    index = MapPrototypeGetSize(state.circular) + 1;
    MapPrototypeSet(state.circular, value, index);
  }
  return state.stylize('[Circular *' + index + ']', 'special');
}

/** The name of the class, null for an object without a prototype. Prototypes' properties go to `inherited`. */
function className(state, value, kind, level, inherited) {
  const found = constructorOf(value);
  if (found[0] === undefined || inherited !== undefined) {
    return require('internal/inspect/prototypes').className(state, value, kind, level, inherited, found);
  }
  return found[0] === null ? null : String(found[0]);
}

function prefix(name, tag, fallback, size = '') {
  if (name === null) {
    const start = '[' + fallback + size + ': null prototype] ';
    return tag !== '' && fallback !== tag ? start + '[' + tag + '] ' : start;
  }
  return tag !== '' && name !== tag ? name + size + ' [' + tag + '] ' : name + size + ' ';
}

/** The prefix of what is shown as a plain object. */
function plainPrefix(kind, name, tag) {
  if (name !== null) return prefix(name, tag, '');
  return prefix(name, tag, kind === tag ? 'Object' : kind);
}

function tagOf(state, value) {
  const tag = value[SymbolToStringTag];
  if (typeof tag !== 'string' || tag === '') return '';
  // It is listed with the properties already.
  const own = state.showHidden ? ObjectHasOwn : ObjectPrototypePropertyIsEnumerable;
  return own(value, SymbolToStringTag) ? '' : tag;
}

function showObject(state, value, kind, level, within) {
  const beyond = state.depth !== null && level > state.depth;
  const inherited = state.showHidden && !beyond ? [] : undefined;
  const name = className(state, value, kind, level, inherited);
  const tag = tagOf(state, value);
  const part = { base: '', open: '{', close: '}', list: false, fields: undefined, items: undefined, inherited };
  if (inherited !== undefined && inherited.length === 0) part.inherited = undefined;
  if (kind === 'Array' && (name === null || SymbolIterator in value)) {
    const start = name !== 'Array' || tag !== '' ? prefix(name, tag, 'Array', '(' + value.length + ')') : '';
    part.fields = fieldsOf(value, state.showHidden, true);
    part.open = start + '[';
    part.close = ']';
    if (value.length === 0 && part.fields.length === 0 && part.inherited === undefined) return part.open + ']';
    part.list = true;
    part.items = arrayItems;
  } else if (kind === 'Object' && (name === 'Object' || !FunctionPrototypeSymbolHasInstance(Error, value))) {
    part.fields = fieldsOf(value, state.showHidden, false);
    if (name !== 'Object' || tag !== '') part.open = plainPrefix(kind, name, tag) + '{';
    if (part.fields.length === 0 && part.inherited === undefined) return part.open + '}';
  } else {
    const shown = require('internal/inspect/rare').describe(state, value, kind, name, tag, level, within, part);
    if (shown !== undefined) return shown;
  }
  if (beyond) {
    const shown = StringPrototypeSlice(plainPrefix(kind, name, tag), 0, -1);
    return state.stylize(name === null ? shown : '[' + shown + ']', 'special');
  }
  return showParts(state, value, kind, name, tag, level + 1, part);
}

function showParts(state, value, kind, name, tag, level, part) {
  ArrayPrototypePush(state.seen, value);
  state.inner = level;
  const { fields } = part;
  const indentation = state.indentation;
  let output;
  try {
    output = part.items === undefined ? [] : part.items(state, value, level, part);
    for (let i = 0; i < fields.length; i += 3) {
      ArrayPrototypePush(output, showField(state, fields[i], fields[i + 1], fields[i + 2], level, part.list, value));
    }
    if (part.inherited !== undefined) {
      for (let i = 0; i < part.inherited.length; i++) ArrayPrototypePush(output, part.inherited[i]);
    }
  } catch (error) {
    if (!FunctionPrototypeSymbolHasInstance(RangeError, error) || error.message !== 'Maximum call stack size exceeded') throw error;
    ArrayPrototypePop(state.seen);
    state.indentation = indentation;
    const shown = StringPrototypeSlice(plainPrefix(kind, name, tag), 0, -1);
    return state.stylize('[' + shown + ': Inspection interrupted prematurely. Maximum call stack size exceeded.]', 'special');
  }
  if (state.circular !== undefined) refer(state, value, part);
  ArrayPrototypePop(state.seen);
  if (state.sorted) output = seldom().sort(state, output, fields.length / 3, part.list);
  const text = layOut(state, output, part.base, part.open, part.close, part.list, level, value);
  // What would become longer than a string can be is shown without its insides from here on.
  state.length += text.length;
  if (state.length > 2 ** 27) state.depth = -1;
  return text;
}

/** An object that something inside of it refers to says so at its beginning. */
function refer(state, value, part) {
  const index = MapPrototypeGet(state.circular, value);
  if (index === undefined) return;
  const mark = state.stylize('<ref *' + index + '>', 'special');
  if (state.compact === true) part.open = mark + ' ' + part.open;
  else part.base = part.base === '' ? mark : mark + ' ' + part.base;
}

function showField(state, key, flags, value, level, list, owner) {
  let gap = ' ';
  let text;
  if ((flags & (GET | SET)) === 0) {
    const step = state.compact !== true || list ? 2 : 3;
    state.indentation += step;
    text = show(state, value, level);
    if (step === 3 && state.breakLength < require('internal/inspect/text').width(text, state.colors)) {
      gap = '\n' + StringPrototypeRepeat(' ', state.indentation);
    }
    state.indentation -= step;
  } else {
    text = seldom().showAccessor(state, flags, value, level, owner);
  }
  return fieldName(state, key, flags) + ':' + gap + text;
}

function fieldName(state, key, flags) {
  if (typeof key === 'symbol') return '[' + state.stylize(escape(SymbolPrototypeToString(key)), 'symbol') + ']';
  if (key === '__proto__') return "['__proto__']";
  if (flags & HIDDEN) return '[' + escape(key) + ']';
  return isName(key) ? state.stylize(key, 'name') : state.stylize(quote(key), 'string');
}

const moreItems = (count) => '... ' + count + ' more item' + (count > 1 ? 's' : '');

function arrayItems(state, array, level) {
  const length = array.length;
  const most = state.maxArrayLength > 0 ? (state.maxArrayLength < length ? state.maxArrayLength : length) : 0;
  if (!isDense(array)) return require('internal/inspect/sparse').items(state, array, level, most);
  const output = [];
  state.indentation += 2;
  for (let i = 0; i < most; i++) {
    const item = array[i];
    ArrayPrototypePush(output, typeof item === 'number' ? showNumber(item, state.numericSeparator, state.stylize) : show(state, item, level));
  }
  state.indentation -= 2;
  if (length > most) ArrayPrototypePush(output, moreItems(length - most));
  return output;
}

function showNumber(number, separates, stylize) {
  if (separates) return stylize(seldom().separatedNumber(number), 'number');
  return stylize(number === 0 && 1 / number < 0 ? '-0' : '' + number, 'number');
}

const showBigInt = (number, separates, stylize) => stylize((separates ? seldom().separated('' + number) : '' + number) + 'n', 'bigint');

function showString(state, string, stylize) {
  let rest = '';
  if (string.length > state.maxStringLength) {
    const more = string.length - state.maxStringLength;
    string = StringPrototypeSlice(string, 0, state.maxStringLength);
    rest = '... ' + more + ' more character' + (more > 1 ? 's' : '');
  }
  if (state.compact === true || string.length <= 16 || string.length <= state.breakLength - state.indentation - 4) {
    return stylize(quote(string), 'string') + rest;
  }
  const lines = [];
  for (let from = 0; from < string.length; ) {
    const end = StringPrototypeIndexOf(string, '\n', from) + 1 || string.length;
    ArrayPrototypePush(lines, stylize(quote(StringPrototypeSlice(string, from, end)), 'string'));
    from = end;
  }
  return ArrayPrototypeJoin(lines, ' +\n' + StringPrototypeRepeat(' ', state.indentation + 2)) + rest;
}

function showPrimitive(state, value, stylize) {
  switch (typeof value) {
    case 'string':
      return showString(state, value, stylize);
    case 'number':
      return showNumber(value, state.numericSeparator, stylize);
    case 'bigint':
      return showBigInt(value, state.numericSeparator, stylize);
    case 'symbol':
      return stylize(SymbolPrototypeToString(value), 'symbol');
    case 'undefined':
      return stylize('undefined', 'undefined');
    default:
      return stylize('' + value, typeof value);
  }
}

/** Whether the entries fit on one line. */
function fits(state, output, start, base) {
  let total = output.length + start;
  if (total + output.length > state.breakLength) return false;
  const { plainLength } = state.colors ? require('internal/inspect/text') : {};
  for (let i = 0; i < output.length; i++) {
    total += state.colors ? plainLength(output[i]) : output[i].length;
    if (total > state.breakLength) return false;
  }
  return base === '' || !StringPrototypeIncludes(base, '\n');
}

/** The whole text of an object from the texts of its parts. */
function layOut(state, output, base, open, close, list, level, value) {
  if (state.compact === true) return seldom().layOutCompact(state, output, base, open, close);
  const start = base === '' ? open : base + ' ' + open;
  if (typeof state.compact === 'number' && state.compact >= 1) {
    const entries = output.length;
    if (list && entries > 6) output = require('internal/inspect/columns').group(state, output, value);
    // Only the innermost levels are put on one line, and no array that has columns.
    if (state.inner - level < state.compact && entries === output.length) {
      const taken = output.length + state.indentation + open.length + base.length + 10;
      if (fits(state, output, taken, base)) {
        const line = ArrayPrototypeJoin(output, ', ');
        if (!StringPrototypeIncludes(line, '\n')) return start + ' ' + line + ' ' + close;
      }
    }
  }
  const margin = '\n' + StringPrototypeRepeat(' ', state.indentation);
  return start + margin + '  ' + ArrayPrototypeJoin(output, ',' + margin + '  ') + margin + close;
}

inspect.custom = custom;
lazy(inspect, 'colors', 'internal/inspect/colors#colors', true);
lazy(inspect, 'styles', 'internal/inspect/colors#styles', true);
ObjectDefineProperty(inspect, 'defaultOptions', {
  __proto__: null,
  get() {
    return defaults;
  },
  set(options) {
    require('internal/validators').validateObject(options, 'options');
    return ObjectAssign(defaults, options);
  },
});

module.exports = {
  defaults, fits, inspect, layOut, moreItems, plain, plainPrefix, prefix, show, showBigInt, showField, showNumber,
  showPrimitive,
};
