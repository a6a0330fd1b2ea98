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
  SymbolToPrimitive,
} = primordials;
const { constructorOf, kind: kindOf, proxy } = bindings('inspect');
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

/** The prototypes whose properties are shown with an object's own: up to three, from this one on, and none of the
 * language's own but the first where that is not the object itself. */
function layersOf(main, first) {
  const layers = [];
  let object = first;
  if (main === first) object = ObjectGetPrototypeOf(first);
  else {
    ArrayPrototypePush(layers, first);
    object = ObjectGetPrototypeOf(first);
  }
  const most = main === first ? LAYERS_MAX : LAYERS_MAX - 1;
  for (let i = 0; i < most && object !== null && !ofBuiltIn(object); i++) {
    ArrayPrototypePush(layers, object);
    object = ObjectGetPrototypeOf(object);
  }
  return layers;
}

function inheritedText(state, main, layer, key, level) {
  const own = ObjectGetOwnPropertyDescriptor(layer, key);
  if (typeof own.value === 'function') return undefined;
  const flags = (own.get ? 1 : 0) | (own.set ? 2 : 0) | (own.enumerable ? 0 : 4);
  const text = showField(state, key, flags, own.get ?? own.value, level, false, main);
  return state.colors ? '\u001b[2m' + text + '\u001b[22m' : text;
}

/** Adds the data properties of prototypes, each under the name where it is met first. */
function addInherited(state, main, first, level, output) {
  const layers = layersOf(main, first);
  const met = new Map();
  MapPrototypeSet(met, 'constructor', true);
  ArrayPrototypePush(state.seen, main);
  for (let i = 0; i < layers.length; i++) {
    const keys = ReflectOwnKeys(layers[i]);
    for (let k = 0; k < keys.length; k++) {
      if (MapPrototypeHas(met, keys[k])) continue;
      MapPrototypeSet(met, keys[k], true);
      const text = ObjectHasOwn(main, keys[k]) ? undefined : inheritedText(state, main, layers[i], keys[k], level);
      if (text !== undefined) ArrayPrototypePush(output, text);
    }
  }
  ArrayPrototypePop(state.seen);
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

/** What is behind all proxies; null behind one that was revoked. */
function unproxied(value) {
  while (value !== null && kindOf(value) === 'Proxy') value = proxy(value)?.[0] ?? null;
  return value;
}

/** Whether String(value) says no more than the language's own toString does; for %s. */
function hasBuiltInToString(value) {
  const object = unproxied(value);
  if (object === null) return true;
  const ways = [];
  if (typeof object.toString === 'function') ArrayPrototypePush(ways, 'toString');
  if (typeof object[SymbolToPrimitive] === 'function') ArrayPrototypePush(ways, SymbolToPrimitive);
  const owns = (layer) => (ways.length > 0 && ObjectHasOwn(layer, ways[0])) || (ways.length > 1 && ObjectHasOwn(layer, ways[1]));
  if (ways.length === 0) return true;
  if (owns(object)) return false;
  for (let layer = ObjectGetPrototypeOf(object); layer !== null; layer = ObjectGetPrototypeOf(layer)) {
    if (owns(layer)) return ofBuiltIn(layer);
  }
  return true;
}

module.exports = { className, hasBuiltInToString, isBuiltIn };
