// Peer: the npm package isolated-vm, a fresh isolate for every request, made from a snapshot with lodash inside.
// Run with node --no-node-snapshot (isolated-vm asks for it from node 20 on).
import { readFileSync } from 'node:fs';
import { requirePackage, serve } from './server.mjs';

const ivm = requirePackage('isolated-vm');
const lodash = readFileSync(requirePackage.resolve('lodash/lodash.min.js'), 'utf8');

const MEMORY_LIMIT_MB = 128;
const TIMEOUT_MS = 10_000;

const snapshot = ivm.Isolate.createSnapshot([
  {
    code: `globalThis.require = (function () {
      const module = { exports: {} };
      (function (module, exports) {${lodash}\n})(module, module.exports);
      const packages = { lodash: module.exports };
      return function require(name) {
        if (!Object.hasOwn(packages, name)) throw new Error("Cannot find module '" + name + "'");
        return packages[name];
      };
    })();`,
  },
]);

// JSON text in and out: it is quicker than isolated-vm's own copying of objects.
const wrap = (code) =>
  `const input = JSON.parse($0);
  return (async function (input) {${code}\n})(input)
    .then((value) => JSON.stringify(value === undefined ? null : value));`;

async function execute(code, input) {
  const isolate = new ivm.Isolate({ snapshot, memoryLimit: MEMORY_LIMIT_MB });
  try {
    const context = await isolate.createContext();
    const result = { promise: true, copy: true };
    return await context.evalClosure(wrap(code), [JSON.stringify(input)], { result, timeout: TIMEOUT_MS });
  } finally {
    isolate.dispose();
  }
}

serve(execute);
