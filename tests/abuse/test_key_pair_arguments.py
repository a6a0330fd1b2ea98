"""Hostile values in every place of crypto's functions with keys: each is a value or an error that code can catch."""
# ruff: noqa: E501 - lines of JavaScript

import pytest

from tests.granted import OPEN
from tests.harness import Guests


@pytest.fixture(scope="module", autouse=True)
def _begun(guests: Guests) -> None:
    """The process that makes keys and the host's thread, which stay, are there before anybody counts."""
    code = """
    const { generateKeyPairSync, sign } = require('crypto');
    return sign('sha256', 'x', generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey).length"""
    assert guests.result(code, policy=OPEN) == 512


VALUES = """
const crypto = require('crypto');
const pair = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }), rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 });
const detached = new ArrayBuffer(8), view = new Uint8Array(detached); structuredClone(detached, { transfer: [detached] });
let turn = 0; const fickle = new Proxy({}, { get: (target, name) => [undefined, 'pem', 5, rsa.privateKey, Buffer.alloc(3), {}, 'jwk', null, -1][turn++ % 9] });
const thrower = new Proxy({}, { get() { throw new Error('a trap') }, has() { throw new Error('a trap') }, getPrototypeOf() { throw new Error('a trap') } });
const circle = {}; circle.key = circle; circle.format = 'jwk';
const odd = { get key() { return turn++ % 2 ? 'x' : rsa.privateKey }, format: 'der', type: 'pkcs8', get passphrase() { turn++; return 'p' } };
const values = [undefined, null, true, 0, -1, 1.5, NaN, 2 ** 40, 10n, '', 'sha256', '\\ud800', 'x'.repeat(70000), Symbol('s'), () => {}, [], {}, new Date(0), /x/, detached, view, new Uint8Array(3), Buffer.alloc(70000), new DataView(new ArrayBuffer(2)), fickle, thrower, circle, odd,
  rsa.privateKey, pair.publicKey, crypto.createSecretKey(Buffer.alloc(4)), { key: rsa.privateKey, padding: fickle, saltLength: 2 ** 31 }, { key: rsa.publicKey, padding: 2147483647, oaepHash: 'sha256', oaepLabel: Buffer.alloc(70000) }, { key: pair.privateKey, dsaEncoding: thrower }, { key: {}, format: 'jwk' }, { key: 'x', format: fickle },
  { key: Buffer.alloc(300000), format: 'der', type: 'spki' }, { privateKey: pair.privateKey, publicKey: fickle }, { modulusLength: 2 ** 32 }, { namedCurve: 'x'.repeat(9999) }, { group: '__proto__' }, Object.create(rsa.privateKey), new Proxy(rsa.privateKey, {}), '-----BEGIN CERTIFICATE-----\\n'.repeat(3000)];
const calm = (value) => { if (value instanceof Promise) value.catch(() => {}) };
"""


def test_no_value_in_any_place_is_more_than_an_error(guests: Guests) -> None:
    """Every function with one and two hostile values among good ones, and every method of what they make."""
    code = (
        VALUES
        + """
    const good = { sign: ['sha256', Buffer.from('x'), pair.privateKey], verify: ['sha256', Buffer.from('x'), pair.publicKey, Buffer.alloc(64)], publicEncrypt: [rsa.publicKey, Buffer.from('x')], privateDecrypt: [rsa.privateKey, Buffer.alloc(128, 1)], privateEncrypt: [rsa.privateKey, Buffer.from('x')], publicDecrypt: [rsa.publicKey, Buffer.alloc(128, 1)],
      createPrivateKey: [{ key: 'x' }], createPublicKey: [rsa.privateKey], createSign: ['sha256'], createVerify: ['sha256'], createECDH: ['prime256v1'], createDiffieHellman: [Buffer.alloc(64, 255), 'hex', 2, 'hex'], getDiffieHellman: ['modp1'], diffieHellman: [{ privateKey: pair.privateKey, publicKey: pair.publicKey }], generateKeyPairSync: ['ec', { namedCurve: 'P-256' }],
      generateKeyPair: ['ec', { namedCurve: 'P-256' }, () => {}], X509Certificate: ['x'], KeyObject: ['secret', {}], Sign: ['sha256'], ECDH: ['prime256v1'], DiffieHellman: [Buffer.alloc(64, 255)] };
    let tried = 0; const attempt = (call) => { tried++; try { calm(call()) } catch {} };
    for (const [name, args] of Object.entries(good)) {
      const call = (given) => attempt(() => /^[A-Z]/.test(name) ? new crypto[name](...given) : crypto[name](...given));
      for (let at = 0; at <= args.length; at++) for (const value of values) call(Object.assign([...args], { [at]: value }));
      for (const value of values) call(args.map(() => value));
    }
    const ecdh = crypto.createECDH('prime256v1'), dh = crypto.getDiffieHellman('modp1'); ecdh.generateKeys(); dh.generateKeys();
    const methods = [[() => crypto.createSign('sha256'), 'update', 'sign', 'write', 'end'], [() => crypto.createVerify('sha256'), 'update', 'verify'], [() => ecdh, 'computeSecret', 'setPrivateKey', 'setPublicKey', 'getPublicKey', 'getPrivateKey', 'generateKeys'], [() => dh, 'computeSecret', 'getPrime', 'generateKeys'], [() => rsa.privateKey, 'export', 'equals'], [() => pair.publicKey, 'export', 'equals']];
    for (const [make, ...names] of methods) for (const name of names) for (const value of values) { attempt(() => make()[name](value)); attempt(() => make()[name](value, value, value)); attempt(() => make()[name].call(value, 'x')) }
    for (const value of values) { attempt(() => crypto.ECDH.convertKey(value, 'prime256v1', value, value, value)); attempt(() => crypto.KeyObject.from(value)) }
    return tried > 2000"""
    )
    assert guests.result(code, policy=OPEN) is True


def test_no_value_in_any_place_of_subtle_is_more_than_a_rejection(guests: Guests) -> None:
    """Algorithms, keys and data of every sort."""
    code = (
        VALUES
        + """
    const { subtle } = crypto.webcrypto, { privateKey, publicKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const good = { sign: [{ name: 'ECDSA', hash: 'SHA-256' }, privateKey, new Uint8Array(3)], verify: [{ name: 'ECDSA', hash: 'SHA-256' }, publicKey, new Uint8Array(64), new Uint8Array(3)], generateKey: [{ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']], importKey: ['jwk', {}, { name: 'Ed25519' }, true, ['sign']], exportKey: ['jwk', publicKey], deriveBits: [{ name: 'ECDH', public: publicKey }, privateKey, 8], encrypt: [{ name: 'RSA-OAEP' }, publicKey, new Uint8Array(2)] };
    let tried = 0;
    for (const [name, args] of Object.entries(good)) for (let at = 0; at <= args.length; at++) for (const value of values) { tried++; try { await subtle[name](...Object.assign([...args], { [at]: value })) } catch {} }
    for (const name of ['RSA-PSS', 'RSA-OAEP', 'ECDH', 'X25519', 'Ed25519']) for (const value of values) for (const format of ['spki', 'pkcs8', 'raw', 'jwk']) { tried++; try { await subtle.importKey(format, value, { name, hash: 'SHA-256', namedCurve: 'P-256' }, true, ['sign', 'verify']) } catch {} }
    return tried > 1500"""
    )
    assert guests.result(code, policy=OPEN) is True


def test_a_guest_that_replaces_everything_gets_at_no_host_call(guests: Guests) -> None:
    """Setters and replaced built-ins see no DER of a key that is not exported, and nothing breaks that works without them."""
    code = """
    const crypto = require('crypto'), seen = [], apply = Reflect.apply; let looking = false, count = 0;
    const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519'), data = Buffer.from('x');
    const exported = privateKey.export({ type: 'pkcs8', format: 'der' }), der = exported.toString('hex').slice(-64), isKey = (value) => value instanceof Uint8Array && Buffer.from(value).toString('hex').includes(der);
    crypto.sign(null, data, privateKey);
    for (const name of ['der', 'handle', 'info', 'type', 'key', 'secret', 'digest', 'parts', '0', '1', '2']) Object.defineProperty(Object.prototype, name, { set(value) { seen.push(name) }, get() { return undefined }, configurable: true });
    const replaced = []; for (const Class of [Array, Uint8Array, Map, Object, Function]) for (const name of Object.getOwnPropertyNames(Class.prototype)) {
      const slot = Object.getOwnPropertyDescriptor(Class.prototype, name); if (typeof slot.value !== 'function' || name === 'constructor' || !slot.configurable) continue;
      replaced.push([Class.prototype, name, slot]); const was = slot.value;
      Object.defineProperty(Class.prototype, name, { ...slot, value: function (...given) { if (!looking) { looking = true; for (let at = -1; at < given.length; at++) if (isKey(at < 0 ? this : given[at])) { seen[count++] = name } looking = false } return apply(was, this, given) } });
    }
    let signature, verified;
    try { signature = crypto.sign(null, data, privateKey); verified = crypto.verify(null, data, publicKey, signature); [].lastIndexOf(exported) } finally {
      for (const [proto, name, slot] of replaced) Object.defineProperty(proto, name, slot);
      for (const name of ['der', 'handle', 'info', 'type', 'key', 'secret', 'digest', 'parts', '0', '1', '2']) delete Object.prototype[name];
    }
    return [signature.length, verified, seen]"""
    assert guests.result(code, policy=OPEN) == [64, True, ["lastIndexOf"]]
