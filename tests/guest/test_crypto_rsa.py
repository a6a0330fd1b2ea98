"""Encrypting with RSA and SM2: guests to node and back, what is not decrypted, and the errors."""
# ruff: noqa: E501 - lines of JavaScript

from tests.granted import OPEN, crypto_policy
from tests.guest.asymmetric import LOAD, TELL, node_keys, pair_of, same_as_node, some_keys
from tests.guest.node import needs_node, node_result
from tests.guest.test_crypto_signatures import TOOLS, VECTORS
from tests.harness import Guests

OPTIONS = """
const digests = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-224', 'sha512-256', 'sha3-224', 'sha3-256'], message = Buffer.from('the message');
const ways = [...digests.flatMap((oaepHash) => [{ padding: 4, oaepHash }, { oaepHash, oaepLabel: Buffer.from('label') }]), {}];
const pair = { public: crypto.createPublicKey({ key: input.key.public, format: 'der', type: 'spki', encoding: 'base64' }), private: crypto.createPrivateKey({ key: input.key.private, format: 'der', type: 'pkcs8', encoding: 'base64' }) };
const block = Buffer.concat([Buffer.from([0, 7]), Buffer.alloc(254, 'z')]), there = () => ({ oaep: ways.map((way) => crypto.publicEncrypt({ key: pair.public, ...way }, message).toString('base64')), pkcs1: crypto.publicEncrypt({ key: pair.public, padding: 1 }, message).toString('base64'),
  raw: crypto.publicEncrypt({ key: pair.public, padding: 3 }, block).toString('base64'), signed: crypto.privateEncrypt(pair.private, message).toString('base64'), rawSigned: crypto.privateEncrypt({ key: pair.private, padding: 3 }, block).toString('base64') });
const bytes = (text) => Buffer.from(text, 'base64'), back = ({ oaep, raw, signed, rawSigned }) => [oaep.every((text, at) => crypto.privateDecrypt({ key: pair.private, ...ways[at] }, bytes(text)).equals(message)),
  crypto.privateDecrypt({ key: pair.private, padding: 3 }, bytes(raw)).equals(block), crypto.publicDecrypt(pair.public, bytes(signed)).equals(message), crypto.publicDecrypt({ key: pair.public, padding: 3 }, bytes(rawSigned)).equals(block)];
"""


@needs_node
def test_messages_of_guests_are_read_by_node_and_the_other_way_round(guests: Guests) -> None:
    """OAEP with every digest, with and without a label; raw; and what Node calls encrypting with a private key. The
    machine's node does not decrypt PKCS #1 v1.5 (CVE-2023-46809); guests do, without telling a padding's faults."""
    given = {"key": pair_of("rsa", 1)}
    ours, theirs = (
        guests.result(TELL + OPTIONS + "return there()", given, policy=OPEN),
        node_result(TELL + OPTIONS + "return there()", given),
    )
    assert node_result(TELL + OPTIONS + "return back(input.sent)", {**given, "sent": ours}) == [True] * 4
    assert (
        guests.result(TELL + OPTIONS + "return back(input.sent)", {**given, "sent": theirs}, policy=OPEN) == [True] * 4
    )
    assert all(ours[way] == theirs[way] for way in ("raw", "signed", "rawSigned"))
    code = (
        TELL
        + OPTIONS
        + "return input.sent.map((text) => crypto.privateDecrypt({ key: pair.private, padding: 1 }, bytes(text)).toString())"
    )
    assert guests.result(code, {**given, "sent": [ours["pkcs1"], theirs["pkcs1"]]}, policy=OPEN) == ["the message"] * 2


ERRORS = """
const d = Buffer.from('hello'), E = (options, data = d) => crypto.publicEncrypt(options, data).length, D = (options, data) => crypto.privateDecrypt(options, data), { rsa, ec, ed, pss } = own, secret = crypto.createSecretKey(d);
const key = rsa.public, priv = rsa.private, ct = crypto.publicEncrypt(key, d);
const tries = [
  () => D(priv, ct), () => E(key, Buffer.alloc(200)), () => E({ key, padding: 1 }, Buffer.alloc(120)), ...[12, 129].map((size) => () => E({ key, padding: 3 }, Buffer.alloc(size))), () => E({ key, padding: 3 }, Buffer.alloc(128, 255)), () => E({ key, padding: 3 }, Buffer.alloc(128, 1)),
  ...[Buffer.alloc(128, 1), Buffer.alloc(12, 1), Buffer.alloc(0), Buffer.alloc(129, 1), Buffer.alloc(128, 255), ct.subarray(1)].map((data) => () => D(priv, data)), () => D({ key: priv, oaepLabel: Buffer.from('x') }, ct), () => D({ key: priv, oaepHash: 'sha256' }, ct),
  () => E({ key, oaepHash: 'foo' }), () => E({ key, oaepHash: 5 }), () => E({ key, oaepLabel: 5 }), () => E({ key, oaepLabel: 'x' }), () => E({ key, oaepHash: 'sha512' }), () => D(key, ct), () => E(ec.public), () => D(ec.private, d), () => E(ed.public), () => E(pss.public), () => D(pss.private, ct),
  () => E({ key, padding: 9 }), () => E({ key, padding: 'a' }), () => E({ key, padding: 0 }), () => E({ key, padding: null }), () => E(key, 5), () => E(key, 'text'), () => E(undefined), () => E('garbage'), () => E(secret), () => E(priv), () => E(priv.export({ type: 'pkcs8', format: 'pem' })), () => E(key, Buffer.alloc(0)),
  () => crypto.privateEncrypt(priv, Buffer.alloc(120)), () => crypto.privateEncrypt({ key: priv, padding: 4 }, d), ...[Buffer.alloc(128, 1), Buffer.alloc(12, 1)].map((data) => () => crypto.publicDecrypt(key, data)), () => crypto.publicDecrypt({ key, padding: 4 }, ct), () => crypto.privateEncrypt({ key: priv, padding: 3 }, Buffer.alloc(12)), () => crypto.privateEncrypt(key, d), () => crypto.publicDecrypt(key, 5),
  () => D(priv, crypto.publicEncrypt(key, 'text')).toString(), () => D({ key: priv, encoding: 'hex' }, ct.toString('hex')),
];
return tries.map((call, at) => [[at, String(call).slice(0, 90)], tell(call)])
"""


@needs_node
def test_wrong_keys_data_and_options_are_the_errors_of_node(guests: Guests) -> None:
    """Messages that are too long, ciphertexts that are none, keys that do not encrypt, paddings that there are not."""
    same_as_node(guests, ERRORS)


def test_no_fault_of_a_padding_can_be_told_from_another(guests: Guests) -> None:
    """PKCS #1 v1.5: whatever is wrong there is a message, the same each time, and none of it is what was hidden. OAEP:
    one error for all of it."""
    code = (
        TELL
        + LOAD
        + """
    const key = own.rsa.private, raw = (block) => crypto.publicEncrypt({ key: own.rsa.public, padding: 3 }, block), fill = (start, zeroAt, end) => { const block = Buffer.alloc(128, 7); block.set(start); if (zeroAt) block[zeroAt] = 0; block.set(end, 128 - end.length); return block };
    const hidden = Buffer.from('Test'), blocks = [fill([0, 1], 123, hidden), fill([0, 2], 5, hidden), fill([0, 2], 0, hidden), fill([1, 2], 123, hidden), fill([0, 0], 123, hidden), Buffer.alloc(128), fill([0, 2], 127, [])];
    const decrypted = (data, options) => crypto.privateDecrypt({ key, ...options }, data);
    const pkcs1 = blocks.slice(0, -1).map((block) => { const data = raw(block), one = decrypted(data, { padding: 1 }), two = decrypted(data, { padding: 1 }); return [one.equals(two), one.equals(hidden)] });
    const good = crypto.publicEncrypt(own.rsa.public, hidden), oaep = new Set(blocks.map((block) => String(tell(() => decrypted(raw(block))))));
    for (let bit = 0; bit < 1024; bit += 37) { const changed = Buffer.from(good); changed[bit >> 3] ^= 1 << (bit & 7); if (changed[0] < good[0] || bit > 8) oaep.add(String(tell(() => decrypted(changed)))) }
    return { pkcs1, empty: decrypted(raw(blocks.at(-1)), { padding: 1 }).length, oaep: [...oaep].filter((told) => !told.includes('TOO_LARGE_FOR_MODULUS')), zeros: [Buffer.concat([Buffer.alloc(1), good]), good.subarray(0, 127)].map((data) => tell(() => decrypted(data, { padding: 1 }))[1]) }"""
    )
    found = guests.result(code, {"keys": some_keys()}, policy=OPEN)
    assert found["pkcs1"] == [[True, False]] * 6
    assert found["empty"] == 0
    assert len(found["oaep"]) == 1
    assert "ERR_OSSL_RSA_OAEP_DECODING_ERROR" in found["oaep"][0]
    assert found["zeros"] == ["ERR_OSSL_RSA_DATA_GREATER_THAN_MOD_LEN", "ERR_OSSL_RSA_OAEP_DECODING_ERROR"]


def test_sm2_encrypts_as_the_standard_has_it(guests: Guests) -> None:
    """GM/T 0003.5 is decrypted; messages of any length come back; a changed one does not, and no point off the curve."""
    code = (
        TOOLS
        + LOAD
        + """
    const { d } = input.vectors.sm2, { message, x1, y1, digest, masked } = input.vectors.sm2_encryption;
    const int = (text) => { const bytes = hex(text); return Buffer.concat([Buffer.from([2, bytes.length + (bytes[0] >> 7), ...(bytes[0] >> 7 ? [0] : [])]), bytes]) }, octets = (text) => Buffer.concat([Buffer.from([4, text.length / 2]), hex(text)]);
    const inner = Buffer.concat([int(x1), int(y1), octets(digest), octets(masked)]), sealed = Buffer.concat([Buffer.from([0x30, inner.length]), inner]);
    const sec1 = Buffer.concat([hex('30310201010420'), hex(d), hex('a00a06082a811ccf5501822d')]), key = crypto.createPrivateKey({ key: sec1, format: 'der', type: 'sec1' }), open = crypto.createPublicKey(key);
    const lengths = [0, 1, 31, 32, 33, 5000].map((length) => { const data = Buffer.alloc(length, 'm'); return crypto.privateDecrypt(key, crypto.publicEncrypt(open, data)).equals(data) });
    const bad = [sealed.subarray(0, -1), Buffer.concat([sealed, Buffer.alloc(1)]), ...[5, 40, 80, 110].map((at) => { const changed = Buffer.from(sealed); changed[at] ^= 1; return changed })].map((data) => tell(() => crypto.privateDecrypt(key, data))[1]);
    return [crypto.privateDecrypt(key, sealed).toString('hex'), lengths, [...new Set(bad)], tell(() => crypto.privateDecrypt(own.sm2.private, sealed))[1]]"""
    )
    found = guests.result(code, {"keys": some_keys(), "vectors": VECTORS}, policy=OPEN)
    assert found == [VECTORS["sm2_encryption"]["message"], [True] * 6, ["ERR_OSSL_BAD_DECRYPT"], "ERR_OSSL_BAD_DECRYPT"]


def test_a_policy_names_the_paddings_that_it_grants(guests: Guests) -> None:
    """OAEP does not bring PKCS #1, and neither brings RSA without padding."""
    code = (
        TELL
        + LOAD
        + """
    const { public: key, private: mine } = own.rsa;
    return [() => crypto.publicEncrypt(key, Buffer.alloc(3)), () => crypto.publicEncrypt({ key, padding: 1 }, Buffer.alloc(3)), () => crypto.publicEncrypt({ key, padding: 3 }, Buffer.alloc(128)), () => crypto.privateEncrypt(mine, Buffer.alloc(3)), () => crypto.publicEncrypt(own.sm2.public, Buffer.alloc(3)),
      () => mine.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })].map((call) => String(tell(call)))"""
    )
    told = guests.result(code, {"keys": some_keys()}, policy=crypto_policy(cipher=("rsa-oaep",)))
    assert told[0].startswith("bytes ")
    words = ["cipher rsa-pkcs1", "cipher rsa-raw", "cipher rsa-pkcs1", "cipher sm2", "cipher aes-256-cbc"]
    assert all(word in one and one.startswith("CapabilityError") for word, one in zip(words, told[1:], strict=True)), (
        told
    )


TYPICAL = """
const crypto = require('crypto');
const digest = crypto.createHash('sha256').update('hello').digest('hex');
const mac = crypto.createHmac('sha256', 'secret').update('hello').digest('hex');
const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const sealed = crypto.publicEncrypt(publicKey, Buffer.from('Hello RSA')).toString('base64');
const opened = crypto.privateDecrypt(privateKey, Buffer.from(sealed, 'base64')).toString('utf8');
const signature = crypto.createSign('SHA256').update('data').end().sign(privateKey, 'base64');
return { digest, mac, opened, verified: crypto.createVerify('SHA256').update('data').verify(publicKey, signature, 'base64') };
"""


def test_what_a_typical_client_does_works(guests: Guests) -> None:
    """A digest, a MAC, a pair of RSA keys as PEM, a message there and back, a signature; under a policy of just that."""
    policy = crypto_policy(
        hash=("sha256",),
        hmac=("sha256",),
        cipher=("rsa-oaep",),
        keypair=("rsa",),
        sign=("rsa-sha256",),
        verify=("rsa-sha256",),
    )
    assert guests.result(TYPICAL, policy=policy) == {
        "digest": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "mac": "88aab3ede8d3adf94d26ab90d3bafd4a2083070c3bcce9c014ee04a443847c0b",
        "opened": "Hello RSA",
        "verified": True,
    }


def test_keys_differ_each_time_under_a_seed_too(guests: Guests) -> None:
    """Keys and what signatures are made with come from the system, where the policy's randomness can be foretold."""
    code = (
        TELL
        + """
    const made = [crypto.generateKeyPairSync('rsa', { modulusLength: 1024 }), crypto.generateKeyPairSync('ec', { namedCurve: 'SM2' }), crypto.generateKeyPairSync('ed25519')].map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' }));
    return [...made, ...input.map((pair) => crypto.sign(null, Buffer.from('x'), { key: pair.private, format: 'der', type: 'pkcs8', encoding: 'base64' }).toString('hex'))]"""
    )
    given = [{"private": pair["private"]} for pair in node_keys() if pair["kind"] == "ec"]
    one, two = (guests.result(code, given, policy=OPEN, seed=7) for _ in range(2))
    assert not set(one) & set(two)
