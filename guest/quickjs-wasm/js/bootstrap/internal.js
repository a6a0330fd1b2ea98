// Modules of our own (js/internal, js/node, js/web): loaded from bytecode when they are first needed, in no snapshot, and
// reachable by no name that guest code can give to `require`. MODULES.md says how to write one.
import { MODULE_LOAD, call, denial, lazy, load, log, maker, newBindings, newPrimordials, permitted, start, text } from './bridge.js';
import { defineProperty, hasOwn, objectCreate, stringIndexOf, stringSlice, stringify } from './primordials.js';

const { now } = performance;
// Methods come from the engine's own tables, on demand (c/engine_pristine.h). What is not in those is taken here.
const primordials = newPrimordials();
const constructors = [
  ...['AggregateError', 'Array', 'ArrayBuffer', 'BigInt', 'BigInt64Array', 'BigUint64Array', 'Boolean', 'DOMException'],
  ...['DataView', 'Date', 'Error', 'EvalError', 'FinalizationRegistry', 'Float16Array', 'Float32Array', 'Float64Array'],
  ...['Function', 'Int16Array', 'Int32Array', 'Int8Array', 'Map', 'Number', 'Object', 'Promise', 'Proxy', 'RangeError'],
  ...['ReferenceError', 'RegExp', 'Set', 'String', 'Symbol', 'SyntaxError', 'TypeError', 'URIError', 'Uint16Array'],
  ...['Uint32Array', 'Uint8Array', 'Uint8ClampedArray', 'WeakMap', 'WeakRef', 'WeakSet', 'Iterator', 'queueMicrotask'],
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'],
];
const keep = (name, value) => defineProperty(primordials, name, { value });
for (const name of constructors) keep(name, globalThis[name]);
for (const name of ['iterator', 'asyncIterator', 'hasInstance', 'species', 'toPrimitive', 'toStringTag']) {
  keep('Symbol' + name[0].toUpperCase() + name.slice(1), Symbol[name]);
}
keep('TypedArray', Object.getPrototypeOf(Uint8Array));
keep('JSONStringify', stringify);

const made = objectCreate(null);
const bound = objectCreate(null);
// What a module can ask of the host's side, beside the files of C functions.
const inspect = (value, options) => internal('internal/inspect').inspect(value, options);
bound.host = { __proto__: null, call, denial, inspect, lazy, log, now, permitted, start, text };

function bindings(name) {
  if (!hasOwn(bound, name)) bound[name] = newBindings(name);
  return bound[name];
}

/** An error as Node makes it. The module that knows their words is loaded with the first one. */
function nodeError(code, ...values) {
  return internal('internal/errors').make(code, values);
}

/** A module of ours; one that is being made is seen by a cycle as far as it has come. */
export function internal(name) {
  if (hasOwn(made, name)) return made[name].exports;
  const module = { exports: {} };
  made[name] = module;
  try {
    load(MODULE_LOAD, 'internal:' + name)(module, module.exports, internal, primordials, bindings, nodeError);
  } catch (error) {
    // Out of memory or out of stack: the next one who asks may have more.
    delete made[name];
    throw error;
  }
  return module.exports;
}

/** What a target of the build's table stands for: `MODULE` or `MODULE#EXPORT`. */
export function target(key) {
  const hash = stringIndexOf(key, '#');
  if (hash < 0) return internal(key);
  const exports = internal(stringSlice(key, 0, hash));
  const name = stringSlice(key, hash + 1);
  if (!hasOwn(exports, name)) throw new InternalError('the module of ' + key + ' is still being made');
  return exports[name];
}

/** Globals, and methods in the place of the engine's, that are made when they are first touched. */
export function installLazy(globals, enumerable, methods) {
  maker(target);
  for (const name of Object.keys(globals)) lazy(globalThis, name, globals[name], enumerable.includes(name));
  for (const path of Object.keys(methods)) {
    const [Class, , name] = path.split('.');
    lazy((Class === 'TypedArray' ? primordials.TypedArray : globalThis[Class]).prototype, name, methods[path]);
  }
}
