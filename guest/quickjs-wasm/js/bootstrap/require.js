// `require`: an own-property list of names, read once as a string. No text of a guest becomes a path.
/* global CELLBLOCK_MODULES, CELLBLOCK_OWN_RIGHT, CELLBLOCK_PUBLIC */
import { MODULE_ASK, MODULE_LOAD, PERMIT_ALL_MODULES, PERMIT_ASK_MODULES, call, denial, load, modules, permitted } from './bridge.js';
import { coded } from './errors.js';
import { target } from './internal.js';
import { arrayIncludes, hasOwn, objectCreate, objectKeys, stringIndexOf, stringSlice, stringStartsWith } from './primordials.js';

// Every name that is a module of its own, from the build: `true` for one of a package, else which of our modules it
// is. A Map would be the natural thing, but its methods can be replaced by a guest.
const known = Object.assign(objectCreate(null), CELLBLOCK_PUBLIC);
for (const name of CELLBLOCK_MODULES) known[name] = true;
// Names with a slash that a policy lists for themselves.
const ownRight = objectCreate(null);
for (const name of CELLBLOCK_OWN_RIGHT) ownRight[name] = true;
// Packages whose functions have module names of their own: 'lodash/get' is require('lodash').get.
const parted = Object.assign(objectCreate(null), { lodash: true, 'date-fns': true });
const ready = objectCreate(null);

const forbidden = Object.assign(objectCreate(null), {
  fs: 'Code has no files: pass data in as `input` and return it.',
  child_process: 'Code cannot start processes.',
  net: 'Use fetch, where the policy grants it.',
  http: 'Use fetch, where the policy grants it.',
  https: 'Use fetch, where the policy grants it.',
  os: 'Code does not see the machine it runs on.',
  vm: 'Code is not made from text: write functions.',
  worker_threads: 'Run several executions instead.',
  cluster: 'Run several executions instead.',
  dgram: 'Use fetch, where the policy grants it.',
  dns: 'Use fetch with a host name; names are resolved by the host.',
  tls: 'Use fetch with an https URL, where the policy grants it.',
  module: 'Modules come with the image; require them by name.',
  repl: 'There is no terminal: return a value or use console.log.',
  v8: 'There is no V8 here: the engine is QuickJS-ng.',
});

let allowed;
// What the host said about each name, in an execution in which it wants to be asked.
const answered = objectCreate(null);

function allows(packageName) {
  if (permitted(PERMIT_ASK_MODULES)) {
    if (!hasOwn(answered, packageName)) answered[packageName] = call(MODULE_ASK, packageName)[0] === 1;
    return answered[packageName];
  }
  if (permitted(PERMIT_ALL_MODULES)) return true;
  if (allowed === undefined) allowed = '\n' + modules() + '\n';
  return stringIndexOf(allowed, '\n' + packageName + '\n') >= 0;
}

function packageOf(name) {
  const slash = stringIndexOf(name, '/');
  return slash < 0 ? name : stringSlice(name, 0, slash);
}

/** Edit distance, given up above 2. */
function near(a, b) {
  if (a.length > 40 || a.length - b.length > 2 || b.length - a.length > 2) return false;
  let row = [];
  for (let j = 0; j <= b.length; j++) row[j] = j;
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const inserted = next[j - 1] + 1;
      const deleted = row[j] + 1;
      next[j] = substituted < inserted ? substituted : inserted;
      if (deleted < next[j]) next[j] = deleted;
      if (next[j] < least) least = next[j];
    }
    if (least > 2) return false;
    row = next;
  }
  return row[b.length] <= 2;
}

function notFound(name) {
  const error = coded(Error, 'MODULE_NOT_FOUND', "Cannot find module '" + (name.length > 200 ? stringSlice(name, 0, 200) : name) + "'");
  const names = objectKeys(known);
  for (let i = 0; i < names.length; i++) {
    if (near(name, names[i])) {
      error.message += ". Did you mean '" + names[i] + "'?";
      break;
    }
  }
  return error;
}

/** Makes a module from its factory; a module that is being made is seen by a cycle as far as it has come. */
function instantiate(name, factory) {
  const module = { exports: {} };
  ready[name] = module;
  try {
    factory(module, module.exports, internalRequire);
  } catch (error) {
    delete ready[name];
    throw error;
  }
  return module.exports;
}

/** The part of a package that a name such as 'lodash/get' means; undefined where there is none. */
function part(name) {
  const packageName = packageOf(name);
  if (packageName === name || !hasOwn(parted, packageName)) return undefined;
  const exports = internalRequire(packageName);
  const key = stringSlice(name, packageName.length + 1);
  return hasOwn(exports, key) ? exports[key] : undefined;
}

function internalRequire(name) {
  if (hasOwn(ready, name)) return ready[name].exports;
  if (hasOwn(known, name)) {
    return known[name] === true ? instantiate(name, load(MODULE_LOAD, name)) : target(known[name]);
  }
  const found = part(name);
  if (found === undefined) throw notFound(name);
  return found;
}

export function require(name) {
  if (typeof name !== 'string') {
    throw coded(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "id" argument must be of type string');
  }
  if (stringStartsWith(name, 'node:')) name = stringSlice(name, 5);
  const packageName = packageOf(name);
  if (hasOwn(forbidden, packageName)) {
    throw denial('SecurityError', "Module '" + name + "' is not available to code blocks", forbidden[packageName]);
  }
  const owner = hasOwn(ownRight, name) ? name : packageName;
  if (!hasOwn(known, owner)) throw notFound(name);
  if (!allows(owner)) {
    throw denial(
      'CapabilityError',
      "The policy does not list the module '" + owner + "'",
      'A policy grants it with modules: [' + owner + '].',
    );
  }
  return internalRequire(name);
}

/** Called while an image is made: the package's factory runs now, and its exports are part of the snapshot. What is not
 * for `require` only makes globals ready. */
export function define(name, factory) {
  if (stringStartsWith(name, 'internal:')) return factory();
  if (!arrayIncludes(objectKeys(known), name)) throw new Error('the build does not list the module ' + name);
  instantiate(name, factory);
}

/** Modules that are written here and not bundled from a package. */
export function provide(name, exports) {
  known[name] = true;
  ready[name] = { exports };
}
