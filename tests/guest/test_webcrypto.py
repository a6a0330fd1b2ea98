"""`crypto.subtle` with one key: digests, HMAC, AES, PBKDF2, HKDF; standards' answers, and node's for the rest."""
# ruff: noqa: E501 - lines of JavaScript

from tests.granted import OPEN
from tests.guest.node import needs_node, node_result
from tests.guest.vectors import vectors
from tests.harness import Guests

TELL = """
const { subtle } = crypto;
const hex = (text) => Buffer.from(text, 'hex');
const shown = (value) => value instanceof ArrayBuffer ? Buffer.from(value).toString('hex') : value instanceof CryptoKey ? [value.type, value.extractable, value.algorithm, value.usages] : value;
const tell = async (call) => { try { return shown(await call()) } catch (error) { return [error.constructor.name, error.name, error.code ?? null, error.message] } };
const all = async (calls) => { const told = {}; for (const name in calls) told[name] = await tell(calls[name]); return told };
const raw = (bytes, algorithm, usages, extractable = true) => subtle.importKey('raw', bytes, algorithm, extractable, usages);
const iv = Buffer.alloc(12, 1), block = Buffer.alloc(16, 2);
"""

WORDS = {"iv", "iv5", "hash", "length", "info", "tag_range"}
"""Where node's words name the dictionary of Web IDL: class and code have to be the same, and not the words."""


def same_as_node(guests: Guests, code: str) -> None:
    got, expected = guests.result(TELL + code, policy=OPEN), node_result(TELL + code, None)
    assert got.keys() == expected.keys()
    kept = {name: 3 if name in WORDS else None for name in expected}
    wrong = {
        name: (got[name], theirs)
        for name, theirs in expected.items()
        if (got[name][: kept[name]] != theirs[: kept[name]] if kept[name] else got[name] != theirs)
    }
    assert not wrong


def test_answers_are_those_that_the_standards_print(guests: Guests) -> None:
    """AES of NIST, HMAC of RFC 4231, AES-KW of RFC 3394, HKDF of RFC 5869 and PBKDF2 of RFC 6070; each way."""
    code = (
        TELL
        + """
    const wrong = [];
    const check = (what, got, expected) => { if (Buffer.from(got).toString('hex') !== expected) wrong.push(what) };
    for (const one of input.ciphers) {
      const mode = one.name.slice(-3).toUpperCase(), algorithm = { name: 'AES-' + mode, iv: hex(one.iv), additionalData: hex(one.aad), tagLength: one.tag.length * 4 || undefined, counter: hex(one.iv), length: 128 };
      const key = await raw(hex(one.key), algorithm.name, ['encrypt', 'decrypt']);
      check(one, await subtle.encrypt(algorithm, key, hex(one.plain)), one.cipher + one.tag);
      check(one, await subtle.decrypt(algorithm, key, hex(one.cipher + one.tag)), one.plain);
    }
    for (const one of input.hmac) {
      const algorithm = { name: 'HMAC', hash: 'SHA-' + one.algorithm.slice(3) }, key = await raw(hex(one.key), algorithm, ['sign', 'verify']);
      check(one, await subtle.sign('HMAC', key, hex(one.data)), one.mac);
      if (!await subtle.verify('HMAC', key, hex(one.mac), hex(one.data)) || await subtle.verify('HMAC', key, hex(one.mac).subarray(1), hex(one.data))) wrong.push(one);
    }
    for (const one of input.wrap) {
      const kek = await raw(hex(one.kek), 'AES-KW', ['wrapKey', 'unwrapKey']), key = await raw(hex(one.key), 'AES-CBC', ['encrypt']);
      check(one, await subtle.wrapKey('raw', key, kek, 'AES-KW'), one.wrapped);
      check(one, await subtle.exportKey('raw', await subtle.unwrapKey('raw', hex(one.wrapped), kek, 'AES-KW', 'AES-GCM', true, ['encrypt'])), one.key);
    }
    for (const one of input.hkdf) check(one, await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-' + one.hash.slice(3), salt: hex(one.salt), info: hex(one.info) }, await raw(hex(one.key), 'HKDF', ['deriveBits'], false), one.out.length * 4), one.out);
    for (const one of input.pbkdf2) check(one, await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-' + one.hash.slice(3), salt: hex(one.salt), iterations: one.iterations }, await raw(hex(one.password), 'PBKDF2', ['deriveBits'], false), one.out.length * 4), one.out);
    return wrong"""
    )
    ciphers, derived = vectors("ciphers"), vectors("derive")
    aes = [case for case in ciphers["cipher"] if case["name"][:3] == "aes" and case["name"][-3:] in ("ctr", "gcm")]
    hmacs = [case for case in vectors("hashes")["hmac"] if case["algorithm"] != "sha224"]
    given = {
        "ciphers": aes,
        "hmac": hmacs,
        "wrap": ciphers["wrap"],
        "hkdf": derived["hkdf"],
        "pbkdf2": derived["pbkdf2"],
    }
    assert all(given.values())
    assert guests.result(code, given, policy=OPEN) == []


FORMS = """
const key = await raw(block, 'AES-GCM', ['encrypt', 'decrypt', 'wrapKey']), mac = await raw(block, { name: 'HMAC', hash: 'SHA-256' }, ['sign', 'verify']);
const cbc = (usages) => raw(block, 'AES-CBC', usages, false), ctr = (length, bytes, counter = Buffer.alloc(16, 255)) => async () => subtle.encrypt({ name: 'AES-CTR', counter, length }, await raw(block, 'AES-CTR', ['encrypt']), Buffer.alloc(bytes, 3));
const password = (usages, extractable = false) => raw(iv, 'PBKDF2', usages, extractable), pbkdf2 = (more) => ({ name: 'PBKDF2', hash: 'SHA-1', salt: iv, iterations: 2, ...more });
const jwk = (members, algorithm = 'AES-GCM', usages = ['encrypt']) => () => subtle.importKey('jwk', { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAA', ...members }, algorithm, true, usages);
return all({
  digest: () => subtle.digest('sha-1', 'x'), sha: () => subtle.digest({ name: 'SHA-512' }, new DataView(iv.buffer, iv.byteOffset, 3)), big: () => subtle.digest('SHA-384', Buffer.alloc(700_000, 'abc')), none: () => subtle.digest('SHA-1'), unknown: () => subtle.digest('MD5', iv), five: () => subtle.digest(5, iv),
  self: () => subtle.digest.call({}, 'SHA-1', iv), key: () => key, exported: () => subtle.exportKey('jwk', key), gcm: () => subtle.encrypt({ name: 'aes-gcm', iv, additionalData: block }, key, iv),
  iv: () => subtle.encrypt({ name: 'AES-GCM' }, key, iv), iv5: () => subtle.encrypt({ name: 'AES-GCM', iv: 5 }, key, iv), iv0: () => subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(0) }, key, iv), tag5: () => subtle.encrypt({ name: 'AES-GCM', iv, tagLength: 5 }, key, iv),
  tag32: () => subtle.encrypt({ name: 'AES-GCM', iv, tagLength: 32 }, key, iv), tag_range: () => subtle.encrypt({ name: 'AES-GCM', iv, tagLength: 300 }, key, iv), forged: () => subtle.decrypt({ name: 'AES-GCM', iv }, key, Buffer.alloc(20)), small: () => subtle.decrypt({ name: 'AES-GCM', iv }, key, iv),
  no_key: () => subtle.encrypt({ name: 'AES-GCM', iv }, 5, iv), other: () => subtle.encrypt({ name: 'AES-CBC', iv: block }, key, iv), no_data: () => subtle.encrypt({ name: 'AES-GCM', iv }, key, 'text'), unusable: async () => subtle.encrypt({ name: 'AES-CBC', iv: block }, await cbc(['decrypt']), iv),
  cbc: async () => subtle.encrypt({ name: 'AES-CBC', iv: block }, await cbc(['encrypt']), Buffer.alloc(300_000, 1)).then((out) => subtle.digest('SHA-1', out)), cbc_iv: async () => subtle.encrypt({ name: 'AES-CBC', iv }, await cbc(['encrypt']), iv), padding: async () => subtle.decrypt({ name: 'AES-CBC', iv: block }, await cbc(['decrypt']), block), cut: async () => subtle.decrypt({ name: 'AES-CBC', iv: block }, await cbc(['decrypt']), iv),
  ctr0: ctr(0, 5), ctr1: ctr(1, 33), ctr4: ctr(4, 33), ctr64: ctr(64, 100), ctr128: ctr(128, 100), ctr_short: ctr(64, 5, iv), ctr8: ctr(8, 4096), ctr8_full: ctr(8, 4097),
  raw15: () => raw(Buffer.alloc(15), 'AES-GCM', ['encrypt']), sign_use: () => raw(block, 'AES-GCM', ['sign']), no_use: () => raw(block, 'AES-GCM', []), odd_use: () => raw(block, 'AES-GCM', ['nope']), format: () => subtle.importKey('nope', block, 'AES-GCM', true, ['encrypt']), spki: () => subtle.importKey('spki', block, 'AES-GCM', true, ['encrypt']),
  jwk: jwk({}), jwk_bytes: () => subtle.importKey('jwk', block, 'AES-GCM', true, ['encrypt']), jwk_k: jwk({ k: undefined }), jwk_rsa: jwk({ kty: 'RSA' }), jwk_short: jwk({ k: 'AAAA' }), jwk_alg: jwk({ alg: 'A256GCM' }), jwk_ext: jwk({ ext: false }), jwk_use: jwk({ use: 'sig' }), jwk_ops: jwk({ key_ops: ['decrypt'] }), jwk_twice: jwk({ key_ops: ['encrypt', 'encrypt'] }), jwk_right: jwk({ alg: 'A128GCM', ext: true, use: 'enc', key_ops: ['encrypt', 'decrypt'] }),
  jwk_mac: jwk({ alg: 'HS512', use: 'sig' }, { name: 'HMAC', hash: 'SHA-512' }, ['verify']), hash: () => raw(iv, 'HMAC', ['sign']), mac0: () => raw(Buffer.alloc(0), { name: 'HMAC', hash: 'SHA-1' }, ['sign']), mac_length: () => raw(iv, { name: 'HMAC', hash: 'SHA-1', length: 5 }, ['sign']), mac_md5: () => raw(iv, { name: 'HMAC', hash: 'MD5' }, ['sign']), mac: () => subtle.sign('HMAC', mac, 'x'), mac_jwk: () => subtle.exportKey('jwk', mac), mac_raw: () => subtle.exportKey('raw', mac),
  generated: async () => (await subtle.generateKey({ name: 'HMAC', hash: 'SHA-384' }, true, ['sign'])).algorithm, aes_generated: async () => (await subtle.exportKey('raw', await subtle.generateKey({ name: 'AES-KW', length: 192 }, true, ['wrapKey']))).byteLength, aes100: () => subtle.generateKey({ name: 'AES-GCM', length: 100 }, true, ['encrypt']), no_usages: () => subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, []), length: () => subtle.generateKey({ name: 'AES-GCM' }, true, ['encrypt']), mac_generate0: () => subtle.generateKey({ name: 'HMAC', hash: 'SHA-1', length: 0 }, true, ['sign']),
  password_extractable: () => password(['deriveBits'], true), password_sign: () => password(['sign']), password_jwk: () => subtle.importKey('jwk', {}, 'PBKDF2', false, ['deriveBits']), zero: async () => subtle.deriveBits(pbkdf2({ iterations: 0 }), await password(['deriveBits']), 8), nine: async () => subtle.deriveBits(pbkdf2(), await password(['deriveBits']), 9), null: async () => subtle.deriveBits(pbkdf2(), await password(['deriveBits']), null), not_bits: async () => subtle.deriveBits(pbkdf2(), await password(['deriveKey']), 8), nothing: async () => subtle.deriveBits(pbkdf2(), await password(['deriveBits']), 0),
  too_long: async () => subtle.deriveBits({ name: 'HKDF', hash: 'SHA-1', salt: iv, info: iv }, await raw(iv, 'HKDF', ['deriveBits'], false), 8 * 20 * 256), info: async () => subtle.deriveBits({ name: 'HKDF', hash: 'SHA-1', salt: iv }, await raw(iv, 'HKDF', ['deriveBits'], false), 8), derived: async () => subtle.exportKey('raw', await subtle.deriveKey(pbkdf2(), await password(['deriveKey']), { name: 'AES-CTR', length: 256 }, true, ['encrypt'])), derived_mac: async () => (await subtle.deriveKey(pbkdf2(), await password(['deriveKey']), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])).algorithm.length, derived99: async () => subtle.deriveKey(pbkdf2(), await password(['deriveKey']), { name: 'AES-GCM', length: 99 }, true, ['encrypt']),
  wrapped: async () => subtle.wrapKey('raw', mac, await raw(block, 'AES-GCM', ['wrapKey']), { name: 'AES-GCM', iv }), unwrapped: async () => subtle.unwrapKey('raw', Buffer.alloc(24), await raw(block, 'AES-KW', ['unwrapKey']), 'AES-KW', 'AES-GCM', true, ['encrypt']), kept: async () => subtle.wrapKey('raw', await cbc(['encrypt']), key, { name: 'AES-GCM', iv }).catch((error) => error.message),
  floats: () => crypto.getRandomValues(new Float32Array(1)), quota: () => crypto.getRandomValues(new Uint8Array(65537)), array: () => crypto.getRandomValues([]), filled: () => crypto.getRandomValues(new BigInt64Array(8192)).length, same: () => { const array = new Uint8Array(1); return crypto.getRandomValues(array) === array },
  classes: () => [CryptoKey, Crypto, SubtleCrypto].map((Class) => { try { return new Class() } catch (error) { return error.code } }), methods: () => [Object.keys(SubtleCrypto.prototype).sort(), Object.keys(Crypto.prototype).sort(), Object.prototype.toString.call(subtle)],
})"""


@needs_node
def test_forms_and_wrong_arguments_are_nodes(guests: Guests) -> None:
    """JWKs, usages, lengths, counters that run over, keys for something else, and what is no key."""
    same_as_node(guests, FORMS)


def test_keys_cross_between_crypto_and_the_web(guests: Guests) -> None:
    """A CryptoKey is a KeyObject's, and a JWK goes through AES-KW and back."""
    code = (
        TELL
        + """
    const node = require('crypto'), key = await raw(Buffer.alloc(32, 7), { name: 'HMAC', hash: 'SHA-256' }, ['sign']);
    const object = node.KeyObject.from(key), kek = await raw(block, 'AES-KW', ['wrapKey', 'unwrapKey']);
    const wrapped = await subtle.wrapKey('jwk', key, kek, 'AES-KW');
    const back = await subtle.unwrapKey('jwk', wrapped, kek, 'AES-KW', { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
    const signed = shown(await subtle.sign('HMAC', key, iv));
    return [object.export().toString('hex') === '07'.repeat(32), node.createHmac('sha256', key).update(iv).digest('hex') === signed, node.createHmac('sha256', object).update(iv).digest('hex') === signed, shown(await subtle.sign('HMAC', back, iv)) === signed]"""
    )
    assert guests.result(code, policy=OPEN) == [True] * 4


def test_what_a_guest_does_to_a_key_changes_no_key(guests: Guests) -> None:
    """Its algorithm and usages are copies, `extractable` is not its to set, and its data were copied."""
    code = (
        TELL
        + """
    const bytes = Buffer.alloc(16, 9), key = await raw(bytes, 'AES-GCM', ['encrypt'], false);
    bytes.fill(0);
    key.algorithm.name = 'AES-CBC'; key.usages.push('decrypt');
    try { key.extractable = true } catch {}
    const same = await subtle.encrypt({ name: 'AES-GCM', iv }, key, iv), other = await subtle.encrypt({ name: 'AES-GCM', iv }, await raw(Buffer.alloc(16, 9), 'AES-GCM', ['encrypt']), iv);
    return [shown(same) === shown(other), await tell(() => subtle.exportKey('raw', key)), await tell(() => subtle.decrypt({ name: 'AES-GCM', iv }, key, same)), shown(key)]"""
    )
    got = guests.result(code, policy=OPEN)
    assert got[0] is True
    assert [told[1] for told in got[1:3]] == ["InvalidAccessError"] * 2
    assert got[3][:2] == ["secret", False]
