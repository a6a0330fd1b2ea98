"""A walk over everything that guest code can reach, as JavaScript in front of what a test does with it."""

#: Everything that can be reached from the global object and from what our functions give, throw and call back.
WALK = """
const seen = new Set(), paths = new Map(), queue = [];
const add = (value, path) => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
  seen.add(value); paths.set(value, path); queue.push(value);
};
add(globalThis, 'globalThis');
for (const make of [() => function* () {}, () => async () => {}, () => async function* () {},
  () => [].values(), () => new Map().keys(),
                    () => new Set().keys(), () => ''[Symbol.iterator](), () => 'a'.matchAll(/a/g),
                    () => [].values().map((x) => x),
                    () => Iterator.from({next() {}}), () => Iterator.concat([]),
                    () => (function () { return arguments })(),
                    () => (function* () {})(), () => (async function* () {})(), () => Promise.withResolvers(),
                    () => Proxy.revocable({}, {})])
  add(make(), 'made');
for (const act of [() => require('fs'), () => require('nope'), () => require({}), () => setTimeout('x'),
  () => eval('1'), () => Function('1'),
                   () => crypto.getRandomValues([]), () => require('cellblock:echo').reply('x'), () => null.x,
                   () => decodeURI('%'),
                   () => new Array(-1), () => { (function f() { f() })() }, () => Symbol() + '', () => JSON.parse('{')])
  try { act() } catch (e) { add(e, 'thrown') }
try { await import('fs') } catch (e) { add(e, 'import') }
Error.prepareStackTrace = (e, sites) => { add(sites, 'sites'); return '' };
try { require('nope') } catch (e) { e.stack }
console.trace('x');
Error.prepareStackTrace = undefined;
add(crypto.getRandomValues(new Uint8Array(8)), 'random');
for (const name of ['cellblock:echo', 'lodash', 'qs', 'uuid', 'dayjs', 'crypto-js', 'axios', 'form-data',
  'date-fns']) add(require(name), name);
add(await fetch('data:,x'), 'response'); add(new Request('http://x/', { method: 'POST', body: 'x' }), 'request');
for (const failing of [() => fetch('http://x/'), () => require('axios').get('http://x/')])
  await failing().catch((error) => add(error, 'refused'));
const functions = [];
while (queue.length) {
  const at = queue.pop();
  add(Object.getPrototypeOf(at), paths.get(at) + '.__proto__');
  for (const key of Reflect.ownKeys(at)) {
    const own = Reflect.getOwnPropertyDescriptor(at, key);
    const path = `${paths.get(at)}.${String(key)}`;
    if (typeof key === 'symbol') add(key.description, path);
    if ('value' in own) add(own.value, path);
    add(own.get, path + '<get>'); add(own.set, path + '<set>');
    try { add(at[key], path + '()') } catch (e) { add(e, path + ' throws') }
  }
  if (typeof at === 'function') functions.push([at, paths.get(at)]);
}
"""
