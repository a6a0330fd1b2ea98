"""crypto called with everything that it does not expect, at random: no fault of the host's, no word of Python's."""
# ruff: noqa: E501 - lines of JavaScript

import pytest

from tests.granted import OPEN
from tests.harness import Guests

CODE = """
const crypto = require('crypto'), { subtle } = crypto;
let state = input;
const random = (count) => { state = (Math.imul(state, 1103515245) + 12345) >>> 0; return (state >>> 8) % count };
const pick = (list) => list[random(list.length)];
const detached = new Uint8Array(8); structuredClone(detached.buffer, { transfer: [detached.buffer] });
const resizable = new ArrayBuffer(8, { maxByteLength: 64 }), tracking = new Uint8Array(resizable);
const hostile = new Proxy({}, { get(_, name) { if (name === Symbol.toPrimitive) return () => pick(['x', 5, null]); if (random(5) === 0) throw new RangeError('trap'); return pick([undefined, 5, 'x', () => 1, -1, NaN, 2 ** 40]) } });
const shrinking = { valueOf() { resizable.resize(pick([0, 1, 64])); return 3 }, toString() { resizable.resize(pick([0, 8, 64])); return 'sha256' } };
const values = [undefined, null, 0, -1, 1, 5, 16, 1.5, NaN, Infinity, 2 ** 31, 2 ** 32, 2 ** 53, 1n, true, '', 'x', 'sha256', 'md5', 'shake128', 'aes-128-gcm', 'aes-256-cbc', 'aes-128-ccm', 'chacha20-poly1305', 'hex', 'utf8', 'jwk', 'raw', 'pem', 'der', 'pkcs8', 'spki',
  '\\ud800', '\\0', 'a'.repeat(70000), Symbol('s'), {}, [], [1, 2, 3], () => 1, Buffer.alloc(0), Buffer.alloc(12), Buffer.alloc(16), Buffer.alloc(32), detached, tracking, resizable, new DataView(resizable), new Float64Array(2), hostile, shrinking, crypto.createSecretKey(Buffer.alloc(32, 1)), crypto.createHash('md5'),
  { N: 16, r: 1, p: 1 }, { N: 2 ** 20, maxmem: 2 ** 40 }, { authTagLength: 16 }, { length: 128 }, { length: 2 ** 30 }, { outputLength: 2 ** 31 }, { modulusLength: 1024 }, { namedCurve: 'P-256' }, { format: 'jwk' }, { key: 'x', format: 'pem' }, { plaintextLength: 5 }, Object.create(null), 'rsa', 'ec', 'ed25519', 'hmac', 'aes', 'prime256v1',
  '-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----'];
const algorithms = ['AES-GCM', 'HMAC', 'PBKDF2', 'HKDF', 'AES-KW', 'AES-CTR', 'AES-CBC', 'SHA-1', { name: 'HMAC', hash: 'SHA-256' }, hostile];
const value = () => pick(values), some = (most) => Array.from({ length: random(most) }, value);
const names = Object.keys(crypto).filter((name) => typeof crypto[name] === 'function' && !/generateKeyPair|DiffieHellman/.test(name)), methods = Object.keys(SubtleCrypto.prototype);
const bad = new Set();
const note = (name, error) => { const text = error instanceof Object ? String(error.message) : ''; if (/Traceback|host\\/|\\.py|object at 0x|bytes-like|NoneType|b'|interpreted|__|ValueError|<class/.test(text)) bad.add(name + ': ' + text.slice(0, 300)) };
const settle = (name, result) => { if (result && typeof result.then === 'function') result.then(() => {}, (error) => note(name, error)); return result };
const attempt = (name, call) => { try { return settle(name, call()) } catch (error) { note(name, error) } };
for (let i = 0; i < 120; i++) {
  const name = pick(names), given = some(6), made = attempt(name, () => /^[A-Z]/.test(name) ? new crypto[name](...given) : crypto[name](...given));
  if (made && typeof made === 'object' && !ArrayBuffer.isView(made) && !Array.isArray(made) && !(made instanceof ArrayBuffer)) for (let j = 0; j < 3; j++) {
    const method = pick(Object.getOwnPropertyNames(Object.getPrototypeOf(made)));
    attempt(method, () => typeof made[method] === 'function' && method !== 'constructor' ? made[method](...some(4)) : 0);
  }
  const method = pick(methods);
  attempt(method, () => subtle[method](...Array.from({ length: 7 }, () => random(2) ? value() : pick(algorithms.concat({ name: 'AES-GCM', iv: value() }, { name: 'AES-CTR', counter: value(), length: value() }, { name: 'PBKDF2', salt: value(), iterations: value(), hash: value() })))));
}
await new Promise((done) => setTimeout(done, 20));
return [...bad]"""


@pytest.mark.parametrize("seed", [7, 1301, 88817])
def test_arguments_at_random_are_errors_of_the_guests(guests: Guests, seed: int, unharmed: None) -> None:
    """Wrong types, detached and growing buffers, proxies, huge sizes, in every place of every function."""
    assert guests.result(CODE, seed, policy=OPEN) == []
