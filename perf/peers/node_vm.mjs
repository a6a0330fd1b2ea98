// Peer: node with ONE vm context for each worker, reused by every request. The fastest that people run, and no
// security boundary: a block sees what earlier blocks left, and node's documentation says not to run untrusted code so.
//
// PEER_CACHE       compiled scripts to keep by source text (default 0: every request compiles)
// PEER_TIMEOUT_MS  stop a block that loops (default 0: it loops for ever, and its worker answers nobody again)
import vm from 'node:vm';
import { requirePackage, serve } from './server.mjs';

const packages = { lodash: requirePackage('lodash') };

function guestRequire(name) {
  if (!Object.hasOwn(packages, name)) throw new Error(`Cannot find module '${name}'`);
  return packages[name];
}

const context = vm.createContext({ require: guestRequire });
const cacheMax = Number(process.env.PEER_CACHE ?? 0);
const cache = new Map();
const timeout = Number(process.env.PEER_TIMEOUT_MS ?? 0);
// The call itself runs under the timeout, and not only the making of the function.
const run = timeout > 0 ? runWithin : (code, input) => compile(code).runInContext(context)(input);
const call = new vm.Script('__function(__input)');

function runWithin(code, input) {
  context.__function = compile(code).runInContext(context);
  context.__input = input;
  return call.runInContext(context, { timeout });
}

function compile(code) {
  if (cache.has(code)) return cache.get(code);
  const script = new vm.Script(`(async function (input) {${code}\n})`);
  if (cacheMax > 0) {
    if (cache.size >= cacheMax) cache.delete(cache.keys().next().value);
    cache.set(code, script);
  }
  return script;
}

serve(async (code, input) => JSON.stringify((await run(code, input)) ?? null));
