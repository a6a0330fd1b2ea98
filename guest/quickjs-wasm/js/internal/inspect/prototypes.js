// Names of classes where they are hard to tell, and what showHidden adds of prototypes.
const {
  ArrayPrototypePop,
  ArrayPrototypePush,
  Map,
  MapPrototypeHas,
  MapPrototypeSet,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetPrototypeOf,
  ObjectHasOwn,
  ReflectOwnKeys,
  String,
  StringPrototypeIncludes,
} = primordials;
const { constructorOf, kind: kindOf } = bindings('inspect');
const { inspect, showField } = require('internal/inspect');

// The constructors of the language, whose prototypes tell nothing new.
const builtIns =
  ' Object Function Array Number Boolean String Symbol Date Promise RegExp Error AggregateError EvalError RangeError ' +
  'ReferenceError SyntaxError TypeError URIError ArrayBuffer Uint8Array Int8Array Uint16Array Int16Array Uint32Array ' +
  'Int32Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set WeakMap ' +
  'WeakSet WeakRef Proxy FinalizationRegistry SharedArrayBuffer Atomics JSON Math Intl Reflect Iterator Float16Array ';
const isBuiltIn = (name) => typeof name === 'string' && StringPrototypeIncludes(builtIns, ' ' + name + ' ');
const LAYERS_MAX = 3;

function ofBuiltIn(object) {
  const own = ObjectGetOwnPropertyDescriptor(object, 'constructor');
  return own !== undefined && typeof own.value === 'function' && isBuiltIn(own.value.name);
}

/** Adds the data properties of up to three prototypes that are not the language's own. */
function addInherited(state, main, from, level, output) {
  const met = new Map();
  let object = from;
  for (let layer = 0; layer < LAYERS_MAX; layer++) {
    if (layer !== 0 || main === object) {
      object = ObjectGetPrototypeOf(object);
      if (object === null || ofBuiltIn(object)) return;
    }
    const keys = ReflectOwnKeys(object);
    ArrayPrototypePush(state.seen, main);
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] === 'constructor' || ObjectHasOwn(main, keys[i]) || MapPrototypeHas(met, keys[i])) continue;
      const own = ObjectGetOwnPropertyDescriptor(object, keys[i]);
      if (typeof own.value === 'function') continue;
      const flags = (own.get ? 1 : 0) | (own.set ? 2 : 0) | (own.enumerable ? 0 : 4);
      const text = showField(state, keys[i], flags, own.get ?? own.value, level, false, main);
      ArrayPrototypePush(output, state.colors ? '\u001b[2m' + text + '\u001b[22m' : text);
    }
    for (let i = 0; i < keys.length; i++) MapPrototypeSet(met, keys[i], true);
    ArrayPrototypePop(state.seen);
  }
}

function className(state, value, kind, level, inherited, found) {
  const name = found[0];
  const steps = found[1];
  const parent = ObjectGetPrototypeOf(value);
  if (name !== null && name !== undefined) {
    if (inherited !== undefined && (steps !== 1 || !isBuiltIn(name))) {
      addInherited(state, value, steps === 0 ? value : parent, level, inherited);
    }
    return String(name);
  }
  if (parent === null) return null;
  // Prototypes, and none of them tells whose instance this is.
  if (state.depth !== null && level > state.depth) return kind + ' <Complex prototype>';
  const above = className(state, parent, kindOf(parent), level + 1, inherited, constructorOf(parent));
  if (above !== null) return kind + ' <' + above + '>';
  return kind + ' <' + inspect(parent, { ...optionsOf(state), customInspect: false, depth: -1 }) + '>';
}

function optionsOf(state) {
  const { showHidden, colors, showProxy, maxArrayLength, maxStringLength, breakLength, compact, sorted } = state;
  const { getters, numericSeparator } = state;
  return {
    showHidden, colors, showProxy, maxArrayLength, maxStringLength, breakLength, compact, sorted, getters,
    numericSeparator,
  };
}

/** Whether String(value) says no more than the language's own toString does; for %s. */
function hasBuiltInToString(value) {
  if (kindOf(value) === 'Proxy') {
    const ends = bindings('inspect').proxy(value);
    if (ends === null) return true;
    value = ends[0];
  }
  const toPrimitive = primordials.SymbolToPrimitive;
  const converts = typeof value[toPrimitive] === 'function';
  const tells = typeof value.toString === 'function';
  if (!tells && !converts) return true;
  if (tells && ObjectHasOwn(value, 'toString')) return false;
  if (converts && ObjectHasOwn(value, toPrimitive)) return false;
  let owner = value;
  do {
    owner = ObjectGetPrototypeOf(owner);
    if (owner === null) return true;
  } while (!(tells && ObjectHasOwn(owner, 'toString')) && !(converts && ObjectHasOwn(owner, toPrimitive)));
  return ofBuiltIn(owner);
}

module.exports = { className, hasBuiltInToString, isBuiltIn };
