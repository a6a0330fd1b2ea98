"""Keys out of passwords and secrets, random bytes and numbers, secret keys: standards' answers, and node's errors."""
# ruff: noqa: E501 - lines of JavaScript

import msgspec

from tests.granted import OPEN
from tests.guest.node import needs_node
from tests.guest.test_crypto_hashes import TELL, same_as_node
from tests.guest.vectors import vectors
from tests.harness import Guests


def test_derived_keys_are_those_that_the_standards_print(guests: Guests) -> None:
    """Of RFC 5869, 6070 and 7914; both by the functions that wait and by those that call back."""
    code = """
    const crypto = require('crypto');
    const hex = (text) => Buffer.from(text, 'hex');
    const later = (name, ...given) => new Promise((done, fail) => crypto[name](...given, (error, out) => error ? fail(error) : done(Buffer.from(out).toString('hex'))));
    const given = {
      hkdf: (one) => [one.hash, hex(one.key), hex(one.salt), hex(one.info), one.out.length / 2],
      pbkdf2: (one) => [hex(one.password), hex(one.salt), one.iterations, one.out.length / 2, one.hash],
      scrypt: (one) => [hex(one.password), hex(one.salt), one.out.length / 2, { N: one.n, r: one.r, p: one.p }],
    };
    const wrong = [];
    for (const name in given) for (const one of input[name]) {
      const now = Buffer.from(crypto[name + 'Sync'](...given[name](one))).toString('hex');
      if (now !== one.out || now !== await later(name, ...given[name](one))) wrong.push([name, one]);
    }
    return wrong"""
    cases = vectors("derive")
    assert min(len(cases[name]) for name in ("hkdf", "pbkdf2", "scrypt")) >= 3
    assert guests.result(code, cases, policy=OPEN) == []


DERIVE = """
const k = Buffer.alloc(32, 1), key = () => crypto.createSecretKey(k);
const many = (name, lists) => lists.map((given, at) => [[name, at], tell(() => { const out = crypto[name](...given); return out instanceof ArrayBuffer ? ['buffer', Buffer.from(out).toString('hex')] : out })]);
return [
  ...many('pbkdf2Sync', [...['md5', 'sha1', 'sha224', 'sha384', 'sha512', 'sha512-256', 'sha3-256', 'blake2b512', 'blake2s256', 'ripemd160', 'sm3', 'RSA-SHA256', 'SHA256', 'shake128', 'nope', '', 5, undefined].map((name) => ['p', 's', 3, 100, name]),
    ['a', 1, 1, 20, 'sha1'], ['p', 's', 0, 20, 'sha1'], ['p', 's', 1, -1, 'sha1'], ['p', 's', '1', 20, 'sha1'], ['p', 's', 1, 2 ** 31, 'sha1'], ['p', 's', 1.5, 20, 'sha1'], ['p', 's', 1, 0, 'sha1'], ['p', 's', 2 ** 31, 1, 'sha1'],
    [key(), k, 1, 20, 'sha1'], ['', '', 1, 5, 'md5'], [new Uint16Array([1, 2]), new DataView(new ArrayBuffer(3)), 2, 10, 'sha1'], [new ArrayBuffer(2), 's', 1, 1, 'sha1'], [5, 's', 1, 1, 'sha1'], ['\\ud800', '\\u6f22', 1, 9, 'sha1']]),
  ...many('scryptSync', [['p', 's', 20, { N: 3 }], ['p', 's', 20, { N: 16, r: 0 }], ['p', 's', 20, { N: 1 }], ['p', 's', 20, { N: 1048576 }], ['p', 's', 20, { cost: 16, N: 16 }], ['p', 's', -1], ['p', 's', 0], ['p', 's', 20, { N: 16, p: 0 }],
    ['p', 's', 20, { N: 'x' }], ['p', 's', 20, { N: 16, maxmem: 1000 }], ['p', 's', 20, { maxmem: -1 }], ['p', 's', 20, 5], ['p', 5, 20], [5, 's', 20], ['p', 's', 20, { cost: 16, blockSize: 8, parallelization: 1 }], ['p', 's', 20, { N: 16, r: 2 ** 25, p: 64 }], ['p', 's', 20, null], ['p', 's', 20, { N: -16 }], ['p', 's', 20, { N: 65536, r: 1 }]]),
  ...many('hkdfSync', [...['md5', 'sha1', 'sha384', 'sha512', 'sha3-512', 'blake2s256', 'sm3', 'shake128', 'nope', 5].map((name) => [name, 'k', 's', 'i', 70]), ['sha256', 'k', 's', 'i', -1], ['sha256', 'k', 's', 'i', 255 * 32], ['sha256', 'k', 's', 'i', 255 * 32 + 1],
    ['sha256', 'k', 's', 'i', 0], ['sha256', '', '', '', 10], ['sha256', 'k', 's', Buffer.alloc(1024), 10], ['sha256', 'k', 's', Buffer.alloc(1025), 10], ['sha256', 5, 's', 'i', 20], ['sha256', 'k', 5, 'i', 20], ['sha256', 'k', 's', 5, 20], ['sha256', 'k', 's', 'i', 'x'], ['sha256', key(), 's', 'i', 20]]),
  ...['pbkdf2', 'scrypt', 'hkdf'].flatMap((name) => [[name, tell(() => crypto[name]('sha1', 's', 1, 20, 'sha1'))], [name, tell(() => crypto[name]('p', 's', 1, 20, 'sha1', 5))]]),
]
"""


@needs_node
def test_derivations_of_all_hashes_and_wrong_arguments_are_nodes(guests: Guests) -> None:
    """For every hash, for parameters that there are not, and for what is no password."""
    same_as_node(guests, DERIVE, None)


RANDOM = """
const many = (name, lists) => lists.map((given, at) => [[name, at], tell(() => { const out = crypto[name](...given); return typeof out === 'object' ? out.length ?? out.symmetricKeySize : typeof out })]);
const so = crypto.createSecretKey(Buffer.from('abcd'));
return [
  ...many('randomBytes', [[], ['x'], [-1], [2 ** 31], [1.5], [0], [100_000], [3, 5], [NaN]]),
  ...many('randomInt', [[], ['x'], [0], [5, 3], [1.5], [0, 2 ** 48], [2 ** 49], [1, 1], [0, 2 ** 53], [-5, 0], [2 ** 48 - 1], [5, 'x'], [5, 6, 7]]),
  ...many('randomFillSync', [[], ['x'], [Buffer.alloc(4), 5], [Buffer.alloc(4), 1, 4], [Buffer.alloc(4), -1], [Buffer.alloc(4), 1, 'x'], [Buffer.alloc(4), 'x'], [new Float64Array(2)], [new BigInt64Array(2)], [[1, 2]]]),
  ...many('randomUUID', [[], [{}], [{ disableEntropyCache: 1 }], [5], [null]]),
  ...many('timingSafeEqual', [[], ['x', 'x'], [Buffer.alloc(4), Buffer.alloc(5)], [Buffer.alloc(4), new Uint16Array(2)], [Buffer.alloc(4), 'abcd'], [new ArrayBuffer(2), new ArrayBuffer(2)], [Buffer.from('ab'), Buffer.from('ac')]]),
  ...many('generateKeySync', [['hmac', { length: 64 }], ['hmac', { length: 7 }], ['aes', { length: 128 }], ['aes', { length: 100 }], ['nope', { length: 1 }], ['hmac'], ['hmac', {}], ['hmac', { length: 65 }], ['hmac', { length: 2 ** 31 }], [5]]),
  ...many('createSecretKey', [['abc'], [5], ['616', 'hex'], ['616263', 'hex'], [Buffer.alloc(0)], [new Uint16Array(3)], [null], [so], ['a', 'nope']]),
  ...[{ format: 'pem' }, { format: 5 }, 5, null, { format: 'buffer' }, {}].map((options, at) => [at, tell(() => so.export(options))]),
  ['jwk', so.export({ format: 'jwk' })], ['same', [so.equals(crypto.createSecretKey('abcd')), so.equals(crypto.createSecretKey('abce')), so.equals(crypto.createSecretKey('abc'))]], ['equals', tell(() => so.equals(5))],
  ['what', [so.type, so.symmetricKeySize, Object.prototype.toString.call(so), so.constructor.name, so instanceof crypto.KeyObject, Object.getOwnPropertyNames(crypto.KeyObject.prototype)]],
  ...[['secret', {}], ['x', {}], ['secret'], []].map((given, at) => [at, tell(() => new crypto.KeyObject(...given))]), ['from', tell(() => crypto.KeyObject.from(5))],
  ['names', ['createHash', 'createHmac', 'createCipheriv', 'createDecipheriv', 'pbkdf2', 'pbkdf2Sync', 'scryptSync', 'hkdf', 'hkdfSync', 'randomBytes', 'randomFill', 'randomInt', 'randomUUID', 'generateKeySync', 'createSecretKey'].map((name) => [crypto[name].name, crypto[name].length])],
  ['constants', Object.entries(crypto.constants).filter(([, value]) => typeof value === 'number')], ['hashes', crypto.getHashes().filter((name) => name !== 'md5-sha1')], ['web', [crypto.subtle === crypto.webcrypto.subtle]],
]
"""


@needs_node
def test_random_values_and_secret_keys_are_nodes(guests: Guests) -> None:
    """Sizes, ranges, exports, names and numbers; and the errors for all others."""
    same_as_node(guests, RANDOM, None)


def test_random_numbers_are_all_drawn_and_lie_in_their_range(guests: Guests) -> None:
    """Bytes beyond what one call gives, numbers of every width, UUIDs of version 4; by callback too."""
    code = (
        TELL
        + """
    const later = (name, ...given) => new Promise((done, fail) => crypto[name](...given, (error, out) => error ? fail(error) : done(out)));
    const big = crypto.randomBytes(2_500_000), tail = big.subarray(2_499_000).some((byte) => byte !== 0);
    const seen = new Set(Array.from({ length: 300 }, () => crypto.randomInt(-3, 4)));
    const wide = Array.from({ length: 50 }, () => crypto.randomInt(2 ** 48 - 1)).some((number) => number > 2 ** 40);
    const filled = crypto.randomFillSync(new Uint32Array(4), 1, 2), half = await later('randomFill', Buffer.alloc(32), 16);
    return [big.length, tail, [...seen].sort((a, b) => a - b), wide, filled[0] === 0 && filled[3] === 0 && filled[1] !== 0, half.subarray(0, 16).every((byte) => byte === 0) && half.some((byte) => byte),
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), (await later('randomBytes', 9)).length, typeof await later('randomInt', 5), (await later('generateKey', 'aes', { length: 192 })).symmetricKeySize,
      crypto.randomBytes(16).equals(crypto.randomBytes(16))]"""
    )
    expected = [2_500_000, True, [-3, -2, -1, 0, 1, 2, 3], True, True, True, True, 9, "number", 24, False]
    assert guests.result(code, policy=OPEN) == expected


def test_buffers_have_array_buffers_of_their_own(guests: Guests) -> None:
    """So that another view of them shows what they hold and nothing else."""
    code = """
    const crypto = require('crypto'), k = Buffer.alloc(16), it = crypto.createCipheriv('aes-128-gcm', k, k);
    const made = [crypto.randomBytes(8), it.update('some text'), it.final(), it.getAuthTag(), crypto.createHash('sha1').digest(), crypto.createHash('sm3').digest(), crypto.createHmac('sha1', k).digest(),
      crypto.pbkdf2Sync('p', 's', 1, 8, 'sha1'), crypto.scryptSync('p', 's', 8, { N: 16 }), crypto.createSecretKey(k).export()];
    return made.filter((buffer) => buffer.byteOffset !== 0 || buffer.buffer.byteLength !== buffer.length).length"""
    assert guests.result(code, policy=OPEN) == 0


def test_a_seed_decides_every_random_number(guests: Guests) -> None:
    """Of crypto, of the web's crypto and of crypto-js; another seed gives others, and without one they are secret."""
    code = """
    const crypto = require('crypto');
    return [crypto.randomBytes(8).toString('hex'), crypto.randomUUID(), crypto.randomInt(2 ** 40), globalThis.crypto.randomUUID(),
      require('crypto-js').lib.WordArray.random(8).toString(), crypto.generateKeySync('aes', { length: 128 }).export().toString('hex'), crypto.webcrypto.getRandomValues(new Uint8Array(8)).join()]"""
    seeded = msgspec.structs.replace(OPEN, language=msgspec.structs.replace(OPEN.language, random="seeded"))
    one, again = (guests.result(code, policy=seeded, seed=7) for _ in range(2))
    other, secret = guests.result(code, policy=seeded, seed=8), guests.result(code, policy=OPEN, seed=7)
    assert one == again
    assert all(mine != theirs for mine, theirs in zip(one, other, strict=True))
    assert all(mine != theirs for mine, theirs in zip(one, secret, strict=True))
