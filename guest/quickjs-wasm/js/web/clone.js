// structuredClone, to the HTML standard. Copies are made while the value is walked: nothing tells this from writing it
// out first and reading it back, because guest code (getters) runs in the same order.
const {
  ArrayBuffer,
  ArrayBufferPrototypeGetByteLength,
  ArrayBufferPrototypeGetDetached,
  ArrayBufferPrototypeGetMaxByteLength,
  ArrayBufferPrototypeGetResizable,
  ArrayPrototypePush,
  BigIntPrototypeValueOf,
  BooleanPrototypeValueOf,
  DataView,
  Date,
  DatePrototypeGetTime,
  DOMException,
  Error,
  Map,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeSet,
  NumberPrototypeValueOf,
  Object,
  ObjectGetPrototypeOf,
  RegExp,
  RegExpPrototypeGetSource,
  Set,
  SetPrototypeAdd,
  SetPrototypeForEach,
  StringPrototypeToString,
} = primordials;
const { copy, kind } = bindings('objects');

// What each class is cloned by, under its number. A class that is not here cannot be cloned.
const OBJECT = kind({});
const ARRAY = kind([]);
const ERROR = kind(new Error(''));
const ARRAY_BUFFER = kind(new ArrayBuffer(0));
const objectPrototype = ObjectGetPrototypeOf({});
const byKind = { __proto__: null };

function walk(target, value, memory) {
  copy(target, value, (inner) => clone(inner, memory));
  return target;
}

const remember = (memory, value, made) => {
  MapPrototypeSet(memory, value, made);
  return made;
};

byKind[kind(new Date(0))] = (value, memory) => remember(memory, value, new Date(DatePrototypeGetTime(value)));
byKind[kind(Object(''))] = (value, memory) => remember(memory, value, Object(StringPrototypeToString(value)));
byKind[kind(Object(0))] = (value, memory) => remember(memory, value, Object(NumberPrototypeValueOf(value)));
byKind[kind(Object(false))] = (value, memory) => remember(memory, value, Object(BooleanPrototypeValueOf(value)));
byKind[kind(Object(0n))] = (value, memory) => remember(memory, value, Object(BigIntPrototypeValueOf(value)));

const FLAGS = { __proto__: null, HasIndices: 'd', Global: 'g', IgnoreCase: 'i', Multiline: 'm', DotAll: 's', Unicode: 'u', UnicodeSets: 'v', Sticky: 'y' };

byKind[kind(/x/)] = (value, memory) => {
  let flags = '';
  for (const name in FLAGS) if (primordials['RegExpPrototypeGet' + name](value)) flags += FLAGS[name];
  return remember(memory, value, new RegExp(RegExpPrototypeGetSource(value), flags));
};

byKind[kind(new Map())] = (value, memory) => {
  const made = remember(memory, value, new Map());
  const entries = [];
  MapPrototypeForEach(value, (item, key) => ArrayPrototypePush(entries, key, item));
  for (let i = 0; i < entries.length; i += 2) {
    const key = clone(entries[i], memory);
    MapPrototypeSet(made, key, clone(entries[i + 1], memory));
  }
  return made;
};

byKind[kind(new Set())] = (value, memory) => {
  const made = remember(memory, value, new Set());
  const items = [];
  SetPrototypeForEach(value, (item) => ArrayPrototypePush(items, item));
  for (let i = 0; i < items.length; i++) SetPrototypeAdd(made, clone(items[i], memory));
  return made;
};

/** A buffer of the same size and kind, without the bytes. */
function emptyLike(buffer) {
  const length = ArrayBufferPrototypeGetByteLength(buffer);
  if (!ArrayBufferPrototypeGetResizable(buffer)) return new ArrayBuffer(length);
  return new ArrayBuffer(length, { __proto__: null, maxByteLength: ArrayBufferPrototypeGetMaxByteLength(buffer) });
}

function fill(target, source) {
  const length = ArrayBufferPrototypeGetByteLength(source);
  if (length > 0) bindings('bytes').copy(target, source, 0, 0, length);
}

byKind[ARRAY_BUFFER] = (value, memory) => {
  if (ArrayBufferPrototypeGetDetached(value)) throw refusal('An ArrayBuffer is detached and could not be cloned.');
  const made = emptyLike(value);
  fill(made, value);
  return remember(memory, value, made);
};

const loose = () => require('web/clone_rare');
// One number for DataView and one for each class of typed arrays; what is rare is in a file of its own.
const integers = ['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32', 'BigInt64', 'BigUint64'];
const ofView = (value, memory) => loose().view(value, memory, clone, refusal);
const views = (names) => {
  for (let i = 0; i < names.length; i++) byKind[kind(new primordials[names[i] + 'Array'](0))] = ofView;
};
byKind[kind(new DataView(new ArrayBuffer(0)))] = ofView;
views(integers);
views(['Float16', 'Float32', 'Float64']);
byKind[ERROR] = (value, memory) => loose().error(value, memory, clone);
byKind[kind(new DOMException())] = (value, memory) => remember(memory, value, loose().domException(value));

function refusal(message) {
  return new DOMException(message, 'DataCloneError');
}

function uncloneable(value) {
  return refusal(loose().shown(value) + ' could not be cloned.');
}

/** Objects of classes that JavaScript has not made itself are no plain objects: the modules that have them know. */
function platform(value) {
  const proto = ObjectGetPrototypeOf(value);
  if (proto === objectPrototype || proto === null) return undefined;
  return require('internal/platform').kindOf(value);
}

function clone(value, memory) {
  if (typeof value === 'symbol' || typeof value === 'function') throw uncloneable(value);
  if (typeof value !== 'object' || value === null) return value;
  const known = MapPrototypeGet(memory, value);
  if (known !== undefined) return known;
  const number = kind(value);
  if (number === OBJECT) {
    const special = platform(value);
    if (special === undefined) return walk(remember(memory, value, {}), value, memory);
    if (special.clone === undefined) throw uncloneable(value);
    return remember(memory, value, special.clone(value));
  }
  if (number === ARRAY) {
    const made = remember(memory, value, []);
    const { length } = value;
    walk(made, value, memory);
    if (made.length !== length) made.length = length;
    return made;
  }
  const special = byKind[number];
  if (special === undefined || typeof value !== 'object') throw uncloneable(value);
  return special(value, memory);
}

function structuredClone(value, options = undefined) {
  if (arguments.length === 0) throw nodeError('ERR_MISSING_ARGS', 'value');
  const memory = new Map();
  if (options === undefined || options === null) {
    return typeof value === 'object' || typeof value === 'symbol' || typeof value === 'function' ? clone(value, memory) : value;
  }
  return loose().transferring(value, options, memory, { clone, emptyLike, fill, refusal });
}

module.exports = { structuredClone };
