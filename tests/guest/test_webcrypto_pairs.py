"""`crypto.subtle` with pairs of keys: RSA, ECDSA, ECDH, Ed25519 and X25519, beside node's."""
# ruff: noqa: E501 - lines of JavaScript

from tests.granted import OPEN, crypto_policy
from tests.guest.asymmetric import TELL
from tests.guest.node import needs_node, node_result
from tests.harness import Guests

ALGORITHMS = (
    TELL
    + """
const { subtle } = crypto.webcrypto, exponent = new Uint8Array([1, 0, 1]), data = Buffer.from('what is signed');
const rsa = (name, hash) => ({ name, modulusLength: 1024, publicExponent: exponent, hash }), signs = ['sign', 'verify'], derives = ['deriveKey', 'deriveBits'], encrypts = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];
const all = [[rsa('RSASSA-PKCS1-v1_5', 'SHA-256'), signs, {}], [rsa('RSA-PSS', 'SHA-1'), signs, { saltLength: 20 }], [rsa('RSA-PSS', 'SHA-256'), signs, { saltLength: 0 }], [rsa('RSA-OAEP', 'SHA-256'), encrypts, { label: data }], [rsa('RSA-OAEP', 'SHA-1'), encrypts, {}],
  ...['P-256', 'P-384', 'P-521'].flatMap((namedCurve) => [[{ name: 'ECDSA', namedCurve }, signs, { hash: 'SHA-384' }], [{ name: 'ECDH', namedCurve }, derives, {}]]), [{ name: 'Ed25519' }, signs, {}], [{ name: 'X25519' }, derives, {}]];
const halves = (usages) => usages === signs ? [['verify'], ['sign']] : usages === derives ? [[], derives] : [['encrypt', 'wrapKey'], ['decrypt', 'unwrapKey']], b64 = (bytes) => Buffer.from(bytes).toString('base64'), bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));
"""
)
MAKE = (
    ALGORITHMS
    + """
const made = [];
for (const [algorithm, usages, more] of all) {
  const { publicKey, privateKey } = await subtle.generateKey(algorithm, true, usages), with_ = { name: algorithm.name, ...more };
  const one = { spki: b64(await subtle.exportKey('spki', publicKey)), pkcs8: b64(await subtle.exportKey('pkcs8', privateKey)), jwk: await subtle.exportKey('jwk', privateKey), open: await subtle.exportKey('jwk', publicKey) };
  if (/^E|^X/.test(algorithm.name)) one.raw = b64(await subtle.exportKey('raw', publicKey));
  if (usages === signs) one.signature = b64(await subtle.sign(with_, privateKey, data));
  else if (usages === encrypts) one.sealed = b64(await subtle.encrypt(with_, publicKey, data));
  one.shape = [publicKey.type, privateKey.type, publicKey.usages, privateKey.usages, publicKey.extractable, JSON.stringify(publicKey.algorithm), Object.keys(one.jwk).sort(), Object.keys(one.open).sort(), one.jwk.alg ?? null, one.jwk.key_ops, one.open.key_ops];
  made.push(one);
}
return made
"""
)
USE = (
    ALGORITHMS
    + """
const used = [];
for (const [at, [algorithm, usages, more]] of all.entries()) {
  const one = input[at], [open, closed] = halves(usages), with_ = { name: algorithm.name, ...more };
  const pub = await subtle.importKey('spki', bytes(one.spki), algorithm, true, open), priv = await subtle.importKey('pkcs8', bytes(one.pkcs8), algorithm, true, closed);
  const pub2 = await subtle.importKey('jwk', one.open, algorithm, true, open), priv2 = await subtle.importKey('jwk', one.jwk, algorithm, true, closed), told = [b64(await subtle.exportKey('pkcs8', priv2)) === one.pkcs8, b64(await subtle.exportKey('spki', pub2)) === one.spki];
  if (one.raw) told.push(b64(await subtle.exportKey('raw', await subtle.importKey('raw', bytes(one.raw), algorithm, true, open))) === one.raw);
  if (usages === signs) told.push(await subtle.verify(with_, pub, bytes(one.signature), data), await subtle.verify(with_, pub, bytes(one.signature), Buffer.from('x')), await subtle.verify(with_, pub, new Uint8Array(7), data));
  else if (usages === encrypts) told.push(Buffer.from(await subtle.decrypt(with_, priv, bytes(one.sealed))).equals(data), await tellLater(() => subtle.decrypt({ ...with_, label: new Uint8Array(1) }, priv, bytes(one.sealed))));
  else for (const length of [null, 8, 128, 256]) told.push(b64(await subtle.deriveBits({ name: algorithm.name, public: pub }, priv2, length)));
  const object = crypto.KeyObject.from(priv2); told.push(object.type, object.asymmetricKeyType, crypto.createPublicKey(object).equals(crypto.KeyObject.from(pub)));
  used.push(told);
}
return used
"""
)


@needs_node
def test_keys_signatures_and_secrets_are_good_to_node_and_the_other_way_round(guests: Guests) -> None:
    """Each algorithm with keys as SPKI, PKCS #8, JWK and raw."""
    ours, theirs = guests.result(MAKE, policy=OPEN), node_result(MAKE, None)
    assert [one["shape"] for one in ours] == [one["shape"] for one in theirs]
    for made in (ours, theirs):
        used = node_result(USE, made)
        assert guests.result(USE, made, policy=OPEN) == used
        # A key that does not fit its halves, or a signature that is none, would be false here and there.
        assert all(told[0] is True and told[1] is True and told[-1] is True for told in used)
        assert all(told[3] is True or told[2] is True for told in used)


ERRORS = (
    ALGORITHMS
    + """
const found = [], note = async (what, call) => found.push([what, await tellLater(call)]), brief = ([what, told]) => [what, Array.isArray(told) ? told[0].replace('InvalidAccessException', 'InvalidAccessError') : told instanceof Object ? 'made' : told];
for (const [algorithm, usages, more] of all) {
  const { publicKey, privateKey } = await subtle.generateKey(algorithm, true, usages), [open, closed] = halves(usages), with_ = { name: algorithm.name, ...more }, jwk = await subtle.exportKey('jwk', privateKey), spki = await subtle.exportKey('spki', publicKey), pkcs8 = await subtle.exportKey('pkcs8', privateKey);
  const name = JSON.stringify(algorithm), other = algorithm.name === 'ECDSA' ? { name: 'ECDH', namedCurve: algorithm.namedCurve } : { name: 'ECDSA', namedCurve: 'P-256' };
  await note(name + ' pkcs8 of public', () => subtle.exportKey('pkcs8', publicKey)); await note(name + ' spki of private', () => subtle.exportKey('spki', privateKey));
  for (const wrong of [['decrypt', 'sign', 'deriveBits'], [], ['foo']]) { await note(name + ' generate ' + wrong, async () => (await subtle.generateKey(algorithm, true, wrong)).privateKey.type); await note(name + ' import ' + wrong, async () => (await subtle.importKey('pkcs8', pkcs8, algorithm, true, wrong)).type); }
  for (const change of [{ kty: 'foo' }, { use: 'foo' }, { key_ops: ['foo'] }, { key_ops: 'foo' }, { ext: false }, { alg: 'foo' }]) await note(name + ' jwk ' + JSON.stringify(change), async () => (await subtle.importKey('jwk', { ...jwk, ...change }, algorithm, true, closed)).type);
  await note(name + ' cut', async () => (await subtle.importKey('spki', spki.slice(0, 20), algorithm, true, open)).type); await note(name + ' as another', async () => (await subtle.importKey('spki', spki, other, true, other.name === 'ECDH' ? [] : ['verify'])).type);
  const kept = await subtle.importKey('pkcs8', pkcs8, algorithm, false, closed); await note(name + ' kept', () => subtle.exportKey('jwk', kept)); await note(name + ' kept pkcs8', () => subtle.exportKey('pkcs8', kept));
  if (usages === signs) { await note(name + ' sign public', () => subtle.sign(with_, publicKey, data)); await note(name + ' verify private', () => subtle.verify(with_, privateKey, data, data)); await note(name + ' other name', () => subtle.sign({ name: 'HMAC' }, privateKey, data)); }
  if (usages === encrypts) { await note(name + ' long', () => subtle.encrypt(with_, publicKey, new Uint8Array(200))); await note(name + ' cut', () => subtle.decrypt(with_, privateKey, new Uint8Array(20)));
    const aes = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']), wrapped = await subtle.wrapKey('raw', aes, publicKey, with_); await note(name + ' unwrap', async () => (await subtle.unwrapKey('raw', wrapped, privateKey, with_, { name: 'AES-GCM' }, true, ['encrypt'])).type); }
  if (usages === derives) { for (const length of [0, 384, 528, 10, 4096]) await note(name + ' bits ' + length, async () => (await subtle.deriveBits({ name: algorithm.name, public: publicKey }, privateKey, length)).byteLength); await note(name + ' of private', () => subtle.deriveBits({ name: algorithm.name, public: privateKey }, privateKey, 8)); await note(name + ' of none', () => subtle.deriveBits({ name: algorithm.name }, privateKey, 8)); await note(name + ' to key', async () => (await subtle.deriveKey({ name: algorithm.name, public: publicKey }, privateKey, { name: 'AES-CBC', length: 256 }, true, ['encrypt'])).type); }
}
for (const namedCurve of ['P-256', 'P-521']) { const { publicKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign']), whole = new Uint8Array(await subtle.exportKey('raw', publicKey)), size = (whole.length - 1) / 2;
  for (const first of [2, 3, 5]) await note(namedCurve + ' compressed ' + first, async () => { const half = whole.slice(0, size + 1); half[0] = first; return (await subtle.exportKey('raw', await subtle.importKey('raw', half, { name: 'ECDSA', namedCurve }, true, ['verify']))).byteLength }); }
for (const zeros of [32, 31, 33]) await note('X25519 raw ' + zeros, async () => { const { privateKey } = await subtle.generateKey('X25519', true, ['deriveBits']); return (await subtle.deriveBits({ name: 'X25519', public: await subtle.importKey('raw', new Uint8Array(zeros), 'X25519', true, []) }, privateKey, 256)).byteLength });
for (const wrong of [{ name: 'ECDSA', namedCurve: 'K-256' }, { name: 'ECDSA' }, { name: 'FOO' }, { ...rsa('RSA-PSS', 'SHA-256'), modulusLength: 100 }, { ...rsa('RSA-PSS', 'SHA-256'), publicExponent: new Uint8Array([2]) }, rsa('RSA-PSS', undefined), rsa('RSA-PSS', 'MD5'), rsa('RSA-PSS', 5)]) await note(JSON.stringify(wrong), () => subtle.generateKey(wrong, true, ['sign', 'deriveBits']));
return found.map(brief)
"""
)


@needs_node
def test_wrong_keys_usages_and_data_are_the_errors_of_node(guests: Guests) -> None:
    """By the name of the error, which is what the standard has."""
    got, expected = guests.result(ERRORS, policy=OPEN), node_result(ERRORS, None)
    wrong = [(mine, theirs[1]) for mine, theirs in zip(got, expected, strict=True) if mine != theirs]
    assert not wrong, wrong[:10]
    assert len(got) > 200


def test_a_jwk_that_makes_no_key_is_a_data_error(guests: Guests) -> None:
    """Members that are no text, cut off, or of another key; node takes some of them."""
    code = (
        ALGORITHMS
        + """
    const told = [];
    for (const [algorithm, usages] of all) {
      const { privateKey } = await subtle.generateKey(algorithm, true, usages), jwk = await subtle.exportKey('jwk', privateKey), [open, closed] = halves(usages);
      for (const change of [{ d: undefined, x: 'AA', n: 'AA', key_ops: undefined }, { d: '' }, { d: 'AA' }, { x: 5, n: 5 }, { d: {} }, { e: 'AA', d: 'AAAA' }]) told.push(await tellLater(() => subtle.importKey('jwk', { ...jwk, ...change }, algorithm, true, change.d === undefined && 'd' in change ? open : closed)));
    }
    return told.filter(([name]) => name !== 'DataError')"""
    )
    assert guests.result(code, policy=OPEN) == []


def test_a_policys_refusal_stays_one(guests: Guests) -> None:
    """No DOMException hides what was denied."""
    code = (
        ALGORITHMS
        + """
    const { privateKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, signs);
    return [await tellLater(() => subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, data)), await tellLater(() => subtle.generateKey({ name: 'Ed25519' }, true, signs)), await tellLater(() => subtle.generateKey(rsa('RSA-PSS', 'SHA-256'), true, signs))]"""
    )
    told = guests.result(code, policy=crypto_policy(keypair=("ec",)))
    words = ["sign ecdsa-sha256", "keypair ed25519", "keypair rsa"]
    assert all(one[0] == "CapabilityError" and word in one[1] for word, one in zip(words, told, strict=True)), told
