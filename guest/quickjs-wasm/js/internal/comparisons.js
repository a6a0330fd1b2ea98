// Deep equality, as assert and util.isDeepStrictEqual have it: strict (same prototypes, Object.is) or loose (==).
const {
  ArrayBufferIsView,
  ArrayIsArray,
  ArrayPrototypePop,
  ArrayPrototypePush,
  ArrayPrototypeSplice,
  BigIntPrototypeValueOf,
  BooleanPrototypeValueOf,
  DatePrototypeGetTime,
  Error,
  FunctionPrototypeSymbolHasInstance,
  MapPrototypeForEach,
  MapPrototypeGet,
  MapPrototypeGetSize,
  MapPrototypeHas,
  NumberPrototypeValueOf,
  ObjectGetOwnPropertySymbols,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  ObjectIs,
  ObjectKeys,
  ObjectPrototypePropertyIsEnumerable,
  ObjectPrototypeToString,
  Set,
  SetPrototypeForEach,
  SetPrototypeGetSize,
  SetPrototypeHas,
  StringPrototypeValueOf,
  SymbolPrototypeValueOf,
  TypedArrayPrototypeGetSymbolToStringTag,
  Uint8Array,
} = primordials;
const { fields: fieldsOf, kind } = bindings('inspect');
const { compare } = bindings('bytes');

const isNaN = (value) => value !== value;
const isObject = (value) => value !== null && typeof value === 'object';

// The objects that are being compared, from the outermost in. A pair that is met again within itself is equal if
// nothing else is unequal.
function newPath() {
  return { one: [], other: [] };
}

function onPath(path, one, other) {
  for (let i = path.one.length - 1; i >= 0; i--) if (path.one[i] === one && path.other[i] === other) return true;
  return false;
}

function equal(one, other, strict, path) {
  if (one === other) return one !== 0 || !strict || ObjectIs(one, other);
  if (strict) {
    if (typeof one === 'number') return isNaN(one) && isNaN(other);
    if (!isObject(one) || !isObject(other) || ObjectGetPrototypeOf(one) !== ObjectGetPrototypeOf(other)) return false;
  } else if (!isObject(one)) {
    // eslint-disable-next-line eqeqeq
    return !isObject(other) && (one == other || (isNaN(one) && isNaN(other)));
  } else if (!isObject(other)) return false;
  const tag = ObjectPrototypeToString(one);
  if (tag !== ObjectPrototypeToString(other)) return false;
  if (ArrayIsArray(one)) {
    return ArrayIsArray(other) && one.length === other.length && sameParts(one, other, strict, path, 'Array', true);
  }
  if (tag === '[object Object]') return sameParts(one, other, strict, path, '', false);
  const kinds = kind(one);
  if (ArrayBufferIsView(one)) {
    return ArrayBufferIsView(other) && sameView(one, other, strict) && sameParts(one, other, strict, path, '', true);
  }
  if (!sameInside(one, other, kinds, kind(other), strict, path)) return false;
  return sameParts(one, other, strict, path, kinds, false);
}

function sameBytes(one, other) {
  return one.byteLength === other.byteLength && compare(one, other, 0, Infinity, 0, Infinity) === 0;
}

function sameView(one, other, strict) {
  const name = TypedArrayPrototypeGetSymbolToStringTag(one);
  if (name !== TypedArrayPrototypeGetSymbolToStringTag(other)) return false;
  if (strict || (name !== 'Float32Array' && name !== 'Float64Array')) return sameBytes(one, other);
  if (one.byteLength !== other.byteLength) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

const unboxed = {
  __proto__: null,
  Number: NumberPrototypeValueOf,
  String: StringPrototypeValueOf,
  Boolean: BooleanPrototypeValueOf,
  BigInt: BigIntPrototypeValueOf,
  Symbol: SymbolPrototypeValueOf,
};
const known = { __proto__: null, Date: true, RegExp: true, Set: true, Map: true, ArrayBuffer: true, SharedArrayBuffer: true };

const isErrorOf = (value, itsKind) => itsKind === 'Error' || FunctionPrototypeSymbolHasInstance(Error, value);

/** What is equal of two objects beside their properties. */
function sameInside(one, other, kindOne, kindOther, strict, path) {
  switch (kindOne) {
    case 'Date':
      return kindOther === 'Date' && DatePrototypeGetTime(one) === DatePrototypeGetTime(other);
    case 'RegExp':
      return kindOther === 'RegExp' && one.source === other.source && one.flags === other.flags && one.lastIndex === other.lastIndex;
    case 'Set':
      return kindOther === 'Set' && SetPrototypeGetSize(one) === SetPrototypeGetSize(other);
    case 'Map':
      return kindOther === 'Map' && MapPrototypeGetSize(one) === MapPrototypeGetSize(other);
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      return (kindOther === 'ArrayBuffer' || kindOther === 'SharedArrayBuffer') &&
        sameBytes(new Uint8Array(one), new Uint8Array(other));
  }
  if (isErrorOf(one, kindOne)) return isErrorOf(other, kindOther) && sameErrors(one, other, strict, path);
  if (unboxed[kindOne] !== undefined) {
    return kindOther === kindOne && ObjectIs(unboxed[kindOne](one), unboxed[kindOne](other));
  }
  if (known[kindOther] || unboxed[kindOther] !== undefined || ArrayIsArray(other) || ArrayBufferIsView(other)) return false;
  if (isErrorOf(other, kindOther)) return false;
  if (isUrl(one)) return isUrl(other) && one.href === other.href;
  return true;
}

const isUrl = (value) => ObjectPrototypeToString(value) === '[object URL]';

function sameErrors(one, other, strict, path) {
  const enumerable = ObjectPrototypePropertyIsEnumerable;
  const names = ['message', 'name', 'cause', 'errors'];
  for (let i = 0; i < names.length; i++) {
    const shown = enumerable(one, names[i]);
    if (shown !== enumerable(other, names[i])) return false;
    if (shown) continue;
    if (i < 2 ? one[names[i]] !== other[names[i]] : !equal(one[names[i]], other[names[i]], strict, path)) return false;
  }
  return true;
}

/** The keys that are compared: of arrays those that are no index, symbols in strict mode only. */
function keysOf(value, strict, list) {
  const keys = [];
  if (list) {
    const fields = fieldsOf(value, false, true);
    for (let i = 0; i < fields.length; i += 3) if (strict || typeof fields[i] === 'string') ArrayPrototypePush(keys, fields[i]);
    return keys;
  }
  const strings = ObjectKeys(value);
  if (!strict) return strings;
  const symbols = ObjectGetOwnPropertySymbols(value);
  for (let i = 0; i < symbols.length; i++) {
    if (ObjectPrototypePropertyIsEnumerable(value, symbols[i])) ArrayPrototypePush(strings, symbols[i]);
  }
  return strings;
}

function sameParts(one, other, strict, path, kinds, list) {
  const keys = keysOf(one, strict, list);
  if (keys.length !== keysOf(other, strict, list).length) return false;
  for (let i = 0; i < keys.length; i++) if (!ObjectPrototypePropertyIsEnumerable(other, keys[i])) return false;
  if (keys.length === 0 && kinds !== 'Array' && kinds !== 'Set' && kinds !== 'Map') return true;
  if (onPath(path, one, other)) return true;
  ArrayPrototypePush(path.one, one);
  ArrayPrototypePush(path.other, other);
  const same = sameValues(one, other, keys, strict, path, kinds);
  ArrayPrototypePop(path.one);
  ArrayPrototypePop(path.other);
  return same;
}

function sameValues(one, other, keys, strict, path, kinds) {
  for (let i = 0; i < keys.length; i++) if (!equal(one[keys[i]], other[keys[i]], strict, path)) return false;
  if (kinds === 'Array') return sameItems(one, other, strict, path);
  if (kinds === 'Set') return sameMembers(one, other, strict, path);
  if (kinds === 'Map') return sameEntries(one, other, strict, path);
  return true;
}

function sameItems(one, other, strict, path) {
  for (let i = 0; i < one.length; i++) {
    const has = ObjectHasOwn(one, i);
    if (has !== ObjectHasOwn(other, i)) return false;
    // A hole: from here on only what is there is looked at, which may be little of a long array.
    if (!has) return sameSparse(one, other, strict, path, i);
    if (!equal(one[i], other[i], strict, path)) return false;
  }
  return true;
}

function sameSparse(one, other, strict, path, from) {
  const keys = ObjectKeys(one);
  for (let i = from; i < keys.length; i++) {
    if (!ObjectHasOwn(other, keys[i]) || !equal(one[keys[i]], other[keys[i]], strict, path)) return false;
  }
  return keys.length === ObjectKeys(other).length;
}

/** Whether each of the ones left over has an equal of its own among the others, whichever comes first. */
function pairOff(ones, others, same) {
  if (ones.length !== others.length) return false;
  for (let i = 0; i < ones.length; i++) {
    let at = 0;
    while (at < others.length && !same(ones[i], others[at])) at++;
    if (at === others.length) return false;
    ArrayPrototypeSplice(others, at, 1);
  }
  return true;
}

/** The members that the other set has not. Undefined where one of them can have no equal: a primitive, in strict mode. */
function membersWithout(set, other, strict) {
  const left = [];
  let hopeless = false;
  SetPrototypeForEach(set, (member) => {
    if (SetPrototypeHas(other, member)) return;
    if (strict && !isObject(member)) hopeless = true;
    ArrayPrototypePush(left, member);
  });
  return hopeless ? undefined : left;
}

function sameMembers(one, other, strict, path) {
  const ours = membersWithout(one, other, strict);
  const theirs = ours && membersWithout(other, one, strict);
  return theirs !== undefined && pairOff(ours, theirs, (mine, its) => equal(mine, its, strict, path));
}

/** The entries, as pairs, that the other map has not under the same key, with an equal value. */
function entriesWithout(map, other, strict, path) {
  const left = [];
  let hopeless = false;
  MapPrototypeForEach(map, (value, key) => {
    if (hopeless || (MapPrototypeHas(other, key) && equal(value, MapPrototypeGet(other, key), strict, path))) return;
    if (strict && !isObject(key)) hopeless = true;
    ArrayPrototypePush(left, [key, value]);
  });
  return hopeless ? undefined : left;
}

function sameEntries(one, other, strict, path) {
  const ours = entriesWithout(one, other, strict, path);
  const theirs = ours && entriesWithout(other, one, strict, path);
  const same = (mine, its) => equal(mine[0], its[0], strict, path) && equal(mine[1], its[1], strict, path);
  return theirs !== undefined && pairOff(ours, theirs, same);
}

const isDeepEqual = (one, other) => equal(one, other, false, newPath());
const isDeepStrictEqual = (one, other) => equal(one, other, true, newPath());

module.exports = { isDeepEqual, isDeepStrictEqual };
