// util.inspect for what is neither a primitive nor a plain object nor an array.
const {
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  ArrayPrototypeSort,
  BigIntPrototypeValueOf,
  BooleanPrototypeValueOf,
  DatePrototypeGetTime,
  DatePrototypeToISOString,
  DatePrototypeToString,
  Error,
  FunctionPrototypeSymbolHasInstance,
  MapPrototypeForEach,
  MapPrototypeGetSize,
  NumberPrototypeValueOf,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  RegExpPrototypeToString,
  SetPrototypeForEach,
  SetPrototypeGetSize,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  StringPrototypeValueOf,
  SymbolIterator,
  SymbolPrototypeValueOf,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetLength,
  Uint8Array,
} = primordials;
const { entries: entriesOf, fields: fieldsOf, isClass, kind: kindOf, promise } = bindings('inspect');
const {
  layOut, moreItems, plain, plainPrefix, prefix, show, showBigInt, showNumber, showPrimitive,
} = require('internal/inspect');

/** How many of a collection are shown. */
const shownCount = (state, size) => (state.maxArrayLength > 0 ? (state.maxArrayLength < size ? state.maxArrayLength : size) : 0);

function showProxy(state, ends, level) {
  if (state.depth !== null && level > state.depth) return state.stylize('Proxy [Array]', 'special');
  state.indentation += 2;
  const output = [show(state, ends[0], level + 1), show(state, ends[1], level + 1)];
  state.indentation -= 2;
  return layOut(state, output, '', 'Proxy [', ']', true, level + 1);
}

function setItems(state, set, level) {
  const size = SetPrototypeGetSize(set);
  const most = shownCount(state, size);
  const output = [];
  state.indentation += 2;
  SetPrototypeForEach(set, (value) => {
    if (output.length < most) ArrayPrototypePush(output, show(state, value, level));
  });
  if (size > most) ArrayPrototypePush(output, moreItems(size - most));
  state.indentation -= 2;
  return output;
}

function mapItems(state, map, level) {
  const size = MapPrototypeGetSize(map);
  const most = shownCount(state, size);
  const output = [];
  state.indentation += 2;
  MapPrototypeForEach(map, (value, key) => {
    if (output.length < most) ArrayPrototypePush(output, show(state, key, level) + ' => ' + show(state, value, level));
  });
  if (size > most) ArrayPrototypePush(output, moreItems(size - most));
  state.indentation -= 2;
  return output;
}

function typedItems(state, array, level) {
  const length = TypedArrayPrototypeGetLength(array);
  const most = shownCount(state, length);
  const output = [];
  for (let i = 0; i < most; i++) {
    const showItem = typeof array[i] === 'bigint' ? showBigInt : showNumber;
    ArrayPrototypePush(output, showItem(array[i], state.numericSeparator, state.stylize));
  }
  if (length > most) ArrayPrototypePush(output, moreItems(length - most));
  if (!state.showHidden) return output;
  state.indentation += 2;
  const facts = [
    'BYTES_PER_ELEMENT', primordials[kindOf(array)].BYTES_PER_ELEMENT, 'length', length, 'byteLength', TypedArrayPrototypeGetByteLength(array),
    'byteOffset', TypedArrayPrototypeGetByteOffset(array), 'buffer', TypedArrayPrototypeGetBuffer(array),
  ];
  for (let i = 0; i < facts.length; i += 2) {
    ArrayPrototypePush(output, '[' + facts[i] + ']: ' + show(state, facts[i + 1], level, 'a typed array'));
  }
  state.indentation -= 2;
  return output;
}

function bufferItems(state, buffer) {
  let bytes;
  try {
    bytes = new Uint8Array(buffer);
  } catch {
    return [state.stylize('(detached)', 'special')];
  }
  if (buffer.detached) return [state.stylize('(detached)', 'special')];
  const digits = '0123456789abcdef';
  const most = shownCount(state, bytes.length);
  let text = '';
  for (let i = 0; i < most; i++) text += (i ? ' ' : '') + digits[bytes[i] >> 4] + digits[bytes[i] & 15];
  const rest = bytes.length - state.maxArrayLength;
  if (rest > 0) text += ' ... ' + rest + ' more byte' + (rest > 1 ? 's' : '');
  return [state.stylize('[Uint8Contents]', 'special') + ': <' + text + '>'];
}

function singles(state, values, level, weak) {
  const most = shownCount(state, values.length);
  const output = [];
  state.indentation += 2;
  for (let i = 0; i < most; i++) output[i] = show(state, values[i], level);
  state.indentation -= 2;
  if (weak && !state.sorted) ArrayPrototypeSort(output);
  if (values.length > most) ArrayPrototypePush(output, moreItems(values.length - most));
  return output;
}

function pairs(state, values, level, weak) {
  const most = shownCount(state, values.length / 2);
  const output = [];
  state.indentation += 2;
  for (let i = 0; i < most; i++) {
    const key = show(state, values[2 * i], level);
    const value = show(state, values[2 * i + 1], level);
    output[i] = weak ? key + ' => ' + value : layOut(state, [key, value], '', '[', ']', true, level);
  }
  if (weak && !state.sorted) ArrayPrototypeSort(output);
  state.indentation -= 2;
  if (values.length / 2 > most) ArrayPrototypePush(output, moreItems(values.length / 2 - most));
  return output;
}

function iteratorItems(state, iterator, level, part) {
  const found = entriesOf(iterator);
  if (!found[1]) return singles(state, found[0], level, false);
  part.open = StringPrototypeSlice(part.open, 0, -12) + ' Entries] {';
  return pairs(state, found[0], level, false);
}

function weakItems(state, weak, level) {
  if (!state.showHidden) return [state.stylize('<items unknown>', 'special')];
  const found = entriesOf(weak);
  return (found[1] ? pairs : singles)(state, found[0], level, true);
}

function promiseItems(state, value, level) {
  const found = promise(value);
  if (found[0] === 0) return [state.stylize('<pending>', 'special')];
  state.indentation += 2;
  const text = show(state, found[1], level);
  state.indentation -= 2;
  return [found[0] === 2 ? state.stylize('<rejected>', 'special') + ' ' + text : text];
}

/** Kinds that can be iterated. False for those that are shown otherwise when there is nothing to iterate by. */
function describeIterable(state, value, kind, name, tag, part) {
  const bare = part.inherited === undefined;
  if (kind === 'Set' || kind === 'Map') {
    const size = kind === 'Set' ? SetPrototypeGetSize(value) : MapPrototypeGetSize(value);
    const start = prefix(name, tag, kind, '(' + size + ')');
    part.fields = fieldsOf(value, state.showHidden, false);
    part.items = kind === 'Set' ? setItems : mapItems;
    part.open = start + '{';
    return size === 0 && part.fields.length === 0 && bare ? part.open + '}' : undefined;
  }
  if (kind === 'Map Iterator' || kind === 'Set Iterator') {
    part.fields = fieldsOf(value, state.showHidden, false);
    part.open = '[' + (tag === kind ? kind : tag === '' ? kind : tag + '] [' + kind) + '] {';
    part.items = iteratorItems;
    return undefined;
  }
  if (!isTyped(kind)) return false;
  const size = TypedArrayPrototypeGetLength(value);
  part.fields = fieldsOf(value, state.showHidden, true);
  part.open = prefix(name, tag, name === null ? kind : '', '(' + size + ')') + '[';
  part.close = ']';
  part.list = true;
  part.items = typedItems;
  return size === 0 && part.fields.length === 0 && !state.showHidden ? part.open + ']' : undefined;
}

const isTyped = (kind) => kind.length > 8 && kind !== 'Array' && StringPrototypeSlice(kind, -5) === 'Array';

// By kind: what a function is called.
const functionTypes = {
  __proto__: null,
  AsyncFunction: 'AsyncFunction',
  AsyncGeneratorFunction: 'AsyncGeneratorFunction',
  GeneratorFunction: 'GeneratorFunction',
};

/** As a template literal would have it: no symbol. */
const textOf = (value) => '' + value;

const tagged = (tag, name) => (tag === '' || tag === name ? '' : ' [' + tag + ']');

function functionBase(value, kind, name, tag) {
  if (isClass(value)) return classBase(value, name, tag);
  const type = functionTypes[kind] ?? 'Function';
  const called = value.name === '' ? ' (anonymous)' : ': ' + textOf(value.name);
  const start = '[' + type + (name === null ? ' (null prototype)' : '') + called + ']';
  return start + (name === type || name === null ? '' : ' ' + name) + tagged(tag, name);
}

function classBase(value, name, tag) {
  const called = ObjectHasOwn(value, 'name') ? textOf(value.name) : '';
  const above = name === null ? '[null prototype]' : ObjectGetPrototypeOf(value).name;
  const unusual = name === 'Function' || name === null ? '' : ' [' + name + ']';
  const parent = above ? ' extends ' + textOf(above) : '';
  return '[class ' + (called || '(anonymous)') + unusual + tagged(tag, name) + parent + ']';
}

const unboxed = {
  __proto__: null,
  Number: NumberPrototypeValueOf,
  String: StringPrototypeValueOf,
  Boolean: BooleanPrototypeValueOf,
  BigInt: BigIntPrototypeValueOf,
  Symbol: SymbolPrototypeValueOf,
};

function boxedBase(state, value, kind, name, tag, part) {
  const inner = unboxed[kind](value);
  // The characters of a string are properties of its object.
  if (kind === 'String') part.fields = ArrayPrototypeSlice(part.fields, 3 * inner.length);
  let base = '[' + kind;
  if (kind !== name) base += name === null ? ' (null prototype)' : ' (' + name + ')';
  base += ': ' + showPrimitive(state, inner, plain) + ']';
  if (tag !== '' && tag !== name) base += ' [' + tag + ']';
  return part.fields.length || state.stylize === plain ? base : state.stylize(base, StringPrototypeToLowerCase(kind));
}

function dateBase(value, name, tag) {
  const time = DatePrototypeGetTime(value);
  const text = time === time ? DatePrototypeToISOString(value) : DatePrototypeToString(value);
  const start = prefix(name, tag, 'Date');
  return start === 'Date ' ? text : start + text;
}

function regExpBase(value, name, tag) {
  const text = RegExpPrototypeToString(name === null ? new primordials.RegExp(value) : value);
  const start = prefix(name, tag, 'RegExp');
  return start === 'RegExp ' ? text : start + text;
}

/** Puts facts about bytes before the properties. */
function addFacts(part, value, names) {
  const fields = [];
  for (let i = 0; i < names.length; i++) {
    const own = ObjectGetOwnPropertyDescriptor(value, names[i]);
    ArrayPrototypePush(fields, names[i], own === undefined || own.enumerable ? 0 : 4, value[names[i]]);
  }
  for (let i = 0; i < part.fields.length; i++) ArrayPrototypePush(fields, part.fields[i]);
  part.fields = fields;
}

/**
 * Fills in how a value is shown, its `part`; gives the text where that is the whole of it. Kinds go by what the value
 * is, not by what its prototype says.
 */
function describe(state, value, kind, name, tag, level, within, part) {
  if (name === null || SymbolIterator in value) {
    const shown = describeIterable(state, value, kind, name, tag, part);
    if (shown !== false) return shown;
  }
  part.fields = fieldsOf(value, state.showHidden, false);
  const bare = () => part.fields.length === 0 && part.inherited === undefined;
  const beyond = state.depth !== null && level > state.depth;
  const { stylize } = state;
  if (typeof value === 'function') {
    part.base = functionBase(value, kind, name, tag);
    return bare() ? stylize(part.base, 'special') : undefined;
  }
  if (name === 'Object') {
    if (kind === 'Arguments') part.open = '[Arguments] {';
    else if (tag !== '') part.open = prefix(name, tag, 'Object') + '{';
    return bare() ? part.open + '}' : undefined;
  }
  switch (kind) {
    case 'RegExp':
      part.base = regExpBase(value, name, tag);
      return bare() || beyond ? stylize(part.base, 'regexp') : undefined;
    case 'Date':
      part.base = dateBase(value, name, tag);
      return bare() ? stylize(part.base, 'date') : undefined;
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      if (within === undefined) part.items = bufferItems;
      else if (bare()) return prefix(name, tag, kind) + '{ byteLength: ' + showNumber(value.byteLength, false, stylize) + ' }';
      part.open = prefix(name, tag, kind) + '{';
      addFacts(part, value, ['byteLength']);
      return undefined;
    case 'DataView':
      part.open = prefix(name, tag, kind) + '{';
      addFacts(part, value, ['byteLength', 'byteOffset', 'buffer']);
      return undefined;
    case 'Promise':
      part.open = prefix(name, tag, kind) + '{';
      part.items = promiseItems;
      return undefined;
    case 'WeakSet':
    case 'WeakMap':
      part.open = prefix(name, tag, kind) + '{';
      part.items = weakItems;
      return undefined;
    case 'Module':
      part.open = prefix(name, tag, kind) + '{';
      return undefined;
  }
  if (unboxed[kind] !== undefined) {
    part.base = boxedBase(state, value, kind, name, tag, part);
    return bare() ? part.base : undefined;
  }
  if (kind === 'Error' || FunctionPrototypeSymbolHasInstance(Error, value)) {
    part.base = require('internal/inspect/errors').base(state, value, name, tag, part);
    return bare() ? part.base : undefined;
  }
  part.open = plainPrefix(kind, name, tag) + '{';
  return bare() ? part.open + '}' : undefined;
}

module.exports = { describe, showProxy };
