"""Signatures: the answers that standards print, those of guests to node and of node to guests, and the errors."""
# ruff: noqa: E501 - lines of JavaScript

import json
from pathlib import Path

from tests.granted import OPEN, crypto_policy
from tests.guest.asymmetric import LOAD, TELL, node_keys, same_as_node, some_keys
from tests.guest.node import needs_node, node_result
from tests.harness import Guests

VECTORS = json.loads((Path(__file__).parent / "vectors" / "asymmetric.json").read_text())
TOOLS = (
    TELL
    + """
const hex = (text) => Buffer.from(text, 'hex'), url = (text) => hex(text).toString('base64url');
const ecDer = (r, s) => { const int = (text) => { const bytes = hex(text); return Buffer.concat([Buffer.from([2, bytes.length + (bytes[0] >> 7), ...(bytes[0] >> 7 ? [0] : [])]), bytes]) };
  const inner = Buffer.concat([int(r), int(s)]); return Buffer.concat([Buffer.from([0x30, inner.length]), inner]) };
"""
)


def test_signatures_are_those_that_the_standards_print(guests: Guests) -> None:
    """Of RFC 8032 (made and checked), RFC 6979 and GM/T 0003 (checked: who signs draws lots)."""
    code = (
        TOOLS
        + """
    const okp = ({ curve, d, x }) => ({ kty: 'OKP', crv: curve, d: url(d), x: url(x) });
    const eddsa = input.eddsa.map((one) => {
      const key = crypto.createPrivateKey({ key: okp(one), format: 'jwk' }), message = hex(one.message);
      return [crypto.sign(null, message, key).toString('hex'), crypto.verify(null, message, key, hex(one.signature)), crypto.verify(null, Buffer.from('x'), key, hex(one.signature))];
    });
    const ecdsa = input.ecdsa.map(({ curve, x, y, digest, message, r, s }) => {
      const key = crypto.createPublicKey({ key: { kty: 'EC', crv: curve, x: url(x), y: url(y) }, format: 'jwk' }), data = Buffer.from(message);
      return [crypto.verify(digest, data, { key, dsaEncoding: 'ieee-p1363' }, hex(r + s)), crypto.verify(digest, data, key, ecDer(r, s)), crypto.verify(digest, data, key, ecDer(s, r))];
    });
    const { d, x, y, signer, message, r, s } = input.sm2;
    const head = '3059301306072a8648ce3d020106082a811ccf5501822d03420004', key = crypto.createPublicKey({ key: hex(head + x + y), format: 'der', type: 'spki' }), data = Buffer.from(message);
    const sm2 = [crypto.verify('sm3', data, { key, sm2Id: signer }, ecDer(r, s)), crypto.verify('sm3', data, { key, sm2Id: signer, dsaEncoding: 'ieee-p1363' }, hex(r + s)), crypto.verify('sm3', data, key, ecDer(r, s)), crypto.createVerify('sm3').update(message).verify({ key, sm2Id: signer }, ecDer(r, s))];
    return { eddsa, ecdsa, sm2 }"""
    )
    got = guests.result(code, VECTORS, policy=OPEN)
    assert got["eddsa"] == [[case["signature"], True, False] for case in VECTORS["eddsa"]]
    assert got["ecdsa"] == [[True, True, False]]
    assert got["sm2"] == [True, True, False, True]


def _cases() -> list[list]:
    """Every key with every digest, padding, length of salt and form that goes with it."""
    cases = []
    for at, pair in enumerate(node_keys()):
        kind, options = pair["kind"], pair["options"]
        if kind == "rsa":
            digests = (
                "md5",
                "sha1",
                "sha224",
                "sha256",
                "sha384",
                "sha512",
                "sha512-224",
                "sha512-256",
                "sha3-224",
                "sha3-256",
                "sha3-384",
            )
            cases += [[at, digest, {"padding": 1}] for digest in digests]
            cases += [
                [at, digest, {"padding": 6, "saltLength": salt}]
                for digest in digests[1:5]
                for salt in (-1, -2, -3, 0, 20)
            ]
            cases.append([at, None, {}])
        elif kind == "rsa-pss":
            restricted = "hashAlgorithm" in options
            cases += [[at, digest, {}] for digest in (("sha256", None) if restricted else ("sha1", "sha256", "sha512"))]
            cases += [
                [at, "sha256", {"saltLength": salt}] for salt in ((20, 32, -1) if restricted else (0, 20, -1, -2, -3))
            ]
        elif kind == "ec" and options["namedCurve"] == "SM2":
            # In pieces node signs the bare digest, which is no signature of GM/T 0003.
            cases.append([at, "sm3", {"whole": True}])
        elif kind == "ec":
            digests = ("sha1", "sha256", "sha384", "sha512", "sha3-256", "sm3", "blake2b512", None)
            cases += [[at, digest, form] for digest in digests for form in ({}, {"dsaEncoding": "ieee-p1363"})]
        elif kind in ("ed25519", "ed448"):
            cases.append([at, None, {}])
    return cases


ROUND = (
    TELL
    + """
const pairs = input.keys.map((pair) => ({ private: { key: pair.private, format: 'der', type: 'pkcs8', encoding: 'base64' }, public: { key: pair.public, format: 'der', type: 'spki', encoding: 'base64' } }));
const message = Buffer.from('what is signed '.repeat(40));
const signed = (at, digest, options) => {
  const whole = crypto.sign(digest, message, { ...pairs[at].private, ...options });
  if (digest === null || options.whole) return [whole.toString('base64')];
  const pieces = crypto.createSign(digest).update(message.subarray(0, 7)).update(message.subarray(7).toString('latin1'), 'latin1');
  return [whole.toString('base64'), pieces.sign({ ...pairs[at].private, ...options }, 'base64')];
};
const attempted = (call) => { try { return call() } catch (error) { if (error.message === 'Malformed signature') return false; throw error } };
const verified = (at, digest, options, signatures) => signatures.flatMap((text) => {
  const signature = Buffer.from(text, 'base64'), key = { ...pairs[at].public, ...options }, wrong = Buffer.from(signature);
  wrong[wrong.length >> 1] ^= 1;
  const pieces = (signature) => digest === null || options.whole ? crypto.verify(digest, message, key, signature) : attempted(() => crypto.createVerify(digest).update(message).verify(key, signature));
  return [crypto.verify(digest, message, key, signature), pieces(signature), crypto.verify(digest, Buffer.from('other'), key, signature), pieces(wrong), pieces(signature.subarray(0, -1)), pieces(Buffer.alloc(0))];
});
"""
)


@needs_node
def test_signatures_of_guests_are_good_to_node_and_the_other_way_round(guests: Guests) -> None:
    """Of every key, digest, padding, length of salt and form, whole and in pieces; and not of another message, nor with
    a bit turned, nor cut off."""
    cases, keys = _cases(), [{"public": pair["public"], "private": pair["private"]} for pair in node_keys()]
    sign = ROUND + "return input.cases.map((one) => signed(...one))"
    verify = ROUND + "return input.cases.map((one, at) => verified(...one, input.signatures[at]))"
    given = {"keys": keys, "cases": cases}
    ours, theirs = guests.result(sign, given, policy=OPEN), node_result(sign, given)
    for case, to_node, to_us in zip(
        cases,
        node_result(verify, {**given, "signatures": ours}),
        guests.result(verify, {**given, "signatures": theirs}, policy=OPEN),
        strict=True,
    ):
        assert (
            to_node
            == to_us
            == [True, True, False, False, False, False] * (1 if case[1] is None or "whole" in case[2] else 2)
        ), case
    assert len(cases) > 150


ERRORS = """
const d = Buffer.from('hello'), sign = (...given) => crypto.sign(...given).length, S = (name) => crypto.createSign(name), V = (name) => crypto.createVerify(name);
const good = crypto.sign('sha256', d, own.rsa.private), { rsa, ec, ed, x, dh, pss } = own, secret = crypto.createSecretKey(d), bad = crypto.sign('sha256', d, ec.private);
const tries = [
  () => sign('sha256', d), () => sign('sha256', d, null), () => sign('foo', d, rsa.private), () => sign(5, d, rsa.private), () => sign('sha256', 'x', rsa.private), () => sign('sha256', 5, rsa.private), () => sign('sha256', {}, rsa.private),
  ...[ed, x, dh].flatMap((pair) => [null, 'sha256'].map((digest) => () => sign(digest, d, pair.private))), () => sign('sha256', d, rsa.public), () => sign('sha256', d, secret), () => sign('sha256', d, 'garbage'),
  ...[{ saltLength: 10 }, {}, { saltLength: 40 }, { padding: 1 }, { padding: 6, saltLength: 20 }].map((more) => () => sign('sha256', d, { key: pss.private, ...more })), () => sign('sha512', d, pss.private), () => sign(null, d, pss.private),
  ...[500, -5, -4, -1, -2, -3, 'x', 1.5, null, 0].map((saltLength) => () => sign('sha256', d, { key: rsa.private, padding: 6, saltLength })), ...[3, 4, 99, 'x', 1, 0, -1].map((padding) => () => sign('sha256', d, { key: rsa.private, padding })),
  () => sign('sha256', d, { key: rsa.private, saltLength: 5 }), () => sign(null, d, { key: ed.private, padding: 1 }), () => sign('sha256', d, { key: ec.private, dsaEncoding: 'x' }), () => sign('sha256', d, { key: rsa.private, dsaEncoding: 'ieee-p1363' }),
  () => sign('sha512', d, { key: rsa.private, padding: 6, saltLength: 64 }), () => sign('sha512', d, { key: rsa.private, padding: 6, saltLength: 62 }), ...['shake128', 'blake2b512', 'sm3', 'sha3-512'].map((digest) => () => sign(digest, d, rsa.private)), () => sign('RSA-SHA256', d, rsa.private), () => sign('SHA256', d, rsa.private),
  ...[good.subarray(1), Buffer.alloc(0), Buffer.alloc(128), Buffer.concat([Buffer.alloc(1), good]), good].map((signature) => () => crypto.verify('sha256', d, rsa.public, signature)), () => crypto.verify('sha256', d, rsa.private, good),
  () => crypto.verify('sha256', d, ec.public, Buffer.from('zz')), () => crypto.verify('sha256', d, { key: ec.public, dsaEncoding: 'ieee-p1363' }, Buffer.alloc(10)), () => crypto.verify(null, d, ed.public, Buffer.alloc(10)), () => crypto.verify('sha256', d, rsa.public, 'x'), () => crypto.verify('sha256', d, secret, good),
  () => crypto.verify('sha256', d, rsa.private.export({ type: 'pkcs1', format: 'pem' }), good), () => crypto.verify('sha256', d, ed.public, good), () => crypto.verify(null, d, x.public, good), () => crypto.verify('sha512', d, pss.public, good), () => crypto.verify('sha256', d, { key: pss.public, saltLength: 10 }, good), () => crypto.verify('sha256', d, rsa.public),
  () => S('foo'), () => S(5), () => S(), () => S('RSA-SHA256').update('a').sign(rsa.private, 'hex').length, () => { const it = S('sha256').update('a'); it.sign(rsa.private); it.sign(rsa.private) }, () => { const it = S('sha256'); it.sign(rsa.private); it.update('b') }, () => S('sha256').sign(), () => S('sha256').sign(null), () => S('sha256').update(5), () => S('sha256').update({}), () => S('sha256').update('abc', 'hex'),
  () => S('sha256').update('a').sign(ed.private), () => S('sha256').update('a').sign(x.private), () => S('sha512').update('a').sign(pss.private), () => S('blake2b512').update('a').sign(rsa.private), () => { const it = S('sha256').update('a'); try { it.sign(x.private) } catch {} it.sign(rsa.private) }, () => typeof crypto.Sign('sha256').sign, () => crypto.createVerify('sha256') instanceof crypto.Verify,
  () => { const it = V('sha256').update(d); return [it.verify(rsa.public, good), tell(() => it.verify(rsa.public, good))] }, () => V('sha256').update(d).verify(ed.public, good), () => V('sha256').update(d).verify(rsa.public, good.toString('hex'), 'hex'), () => V('sha256').update(d).verify(rsa.public), () => V('sha256').update(d).verify(rsa.public, 5), () => V('sha256').verify(), () => V('foo'),
  () => crypto.sign('sha256', d, rsa.private, 5), () => crypto.verify('sha256', d, rsa.public, good, 5), () => { const it = S('sha256'); it.write('what'); it.end(); return it.sign(rsa.private, 'base64') === S('sha256').update('what').sign(rsa.private).toString('base64') },
];
return tries.map((call, at) => [[at, String(call).slice(0, 100)], tell(call)])
"""


@needs_node
def test_wrong_keys_arguments_and_states_are_the_errors_of_node(guests: Guests) -> None:
    """Of sign, verify, createSign and createVerify."""
    same_as_node(guests, ERRORS)


def test_what_only_looks_like_a_signature_is_none(guests: Guests) -> None:
    """DER with other lengths, numbers or bytes behind it, and r and s that are zero, negative or not below the order."""
    code = (
        TOOLS
        + LOAD
        + """
    const data = Buffer.from('what is signed'), length = (bytes) => bytes.length < 128 ? [bytes.length] : [0x81, bytes.length];
    const tlv = (tag, bytes) => Buffer.concat([Buffer.from([tag, ...length(bytes)]), bytes]), plus = (number) => { const text = number.toString(16), even = text.length % 2 ? '0' + text : text; return hex(parseInt(even.slice(0, 2), 16) > 127 ? '00' + even : even) };
    const orders = { ec: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n, sm2: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n };
    const found = {};
    for (const [name, digest] of [['ec', 'sha256'], ['sm2', 'sm3']]) {
      const key = own[name].public, good = crypto.sign(digest, data, own[name].private), raw = crypto.sign(digest, data, { key: own[name].private, dsaEncoding: 'ieee-p1363' }), n = orders[name];
      const r = BigInt('0x' + raw.subarray(0, 32).toString('hex')), s = BigInt('0x' + raw.subarray(32).toString('hex')), der = (a, b) => tlv(0x30, Buffer.concat([tlv(2, a), tlv(2, b)])), body = good.subarray(2);
      const R = plus(r), Z = plus(s), zero = Buffer.from([0]), wide = (number) => hex(number.toString(16).padStart(64, '0'));
      const bad = [der(zero, zero), der(R, zero), der(zero, Z), der(plus(n), Z), der(R, plus(n)), der(plus(r + n), Z), der(R, plus(s + n)), der(Buffer.concat([zero, R]), Z), der(R, Buffer.concat([zero, Z])), Buffer.concat([good, zero]), good.subarray(0, -1),
        Buffer.concat([Buffer.from([0x30, 0x81, body.length]), body]), Buffer.concat([Buffer.from([0x30, 0x82, 0, body.length]), body]), Buffer.concat([Buffer.from([0x30, 0x80]), body, Buffer.from([0, 0])]), tlv(0x31, body), der(Buffer.alloc(0), Z), Buffer.concat([tlv(0x30, Buffer.concat([body, tlv(5, Buffer.alloc(0))]))]), der(hex('ff'), Z), body, Buffer.alloc(0)];
      const badRaw = [Buffer.alloc(64), Buffer.concat([raw.subarray(0, 32), Buffer.alloc(32)]), Buffer.concat([Buffer.alloc(32), raw.subarray(32)]), Buffer.concat([wide(n), raw.subarray(32)]), Buffer.concat([raw.subarray(0, 32), wide(n)]), raw.subarray(1), Buffer.concat([raw, zero]), Buffer.concat([zero, raw]), Buffer.alloc(64, 255), raw.subarray(0, 32), good];
      const check = (signature, dsaEncoding) => crypto.verify(digest, data, { key, dsaEncoding }, signature);
      found[name] = [check(good, 'der'), check(raw, 'ieee-p1363'), check(der(R, Z), 'der'), bad.findIndex((one) => check(one, 'der')), badRaw.findIndex((one) => check(one, 'ieee-p1363'))];
    }
    const sig = crypto.sign(null, data, own.ed.private), L = 2n ** 252n + 27742317777372353535851937790883648493n, S = BigInt('0x' + Buffer.from(sig.subarray(32)).reverse().toString('hex')) + L;
    const malleable = Buffer.concat([sig.subarray(0, 32), hex(S.toString(16).padStart(64, '0')).reverse()]);
    found.ed = [crypto.verify(null, data, own.ed.public, sig), crypto.verify(null, data, own.ed.public, malleable), crypto.verify(null, data, own.ed.public, Buffer.concat([sig, Buffer.alloc(1)])), crypto.verify(null, data, own.ed.public, sig.subarray(0, 63))];
    return found"""
    )
    found = guests.result(code, {"keys": some_keys()}, policy=OPEN)
    assert found["ec"] == found["sm2"] == [True, True, True, -1, -1]
    assert found["ed"] == [True, False, False, False]


def test_a_padding_of_rsa_with_anything_else_in_it_is_no_signature(guests: Guests) -> None:
    """PKCS #1 v1.5: another digest's identifier, none at all, fewer bytes of padding with room behind it, a wrong first
    byte; each made with the key itself."""
    code = (
        TOOLS
        + LOAD
        + """
    const data = Buffer.from('what is signed'), key = own.rsa.private, digest = crypto.createHash('sha256').update(data).digest(), sha256 = hex('3031300d060960864801650304020105000420');
    const raw = (block) => crypto.privateEncrypt({ key, padding: 3 }, block), fill = (tail, first = [0, 1], byte = 255, more = 0) => Buffer.concat([Buffer.from(first), Buffer.alloc(125 - tail.length - more, byte), Buffer.from([0]), tail, Buffer.alloc(more)]);
    const whole = Buffer.concat([sha256, digest]), noNull = Buffer.concat([hex('302f300b0609608648016503040201'), hex('0420'), digest]);
    const blocks = [fill(whole), fill(digest), fill(Buffer.concat([hex('3021300906052b0e03021a05000414'), digest])), fill(whole, [0, 2]), fill(whole, [0, 1], 0xfe), fill(whole, [0, 1], 255, 40), fill(whole, [1, 1]), Buffer.concat([Buffer.from([0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0]), whole, Buffer.alloc(128 - 11 - whole.length)]), fill(Buffer.concat([whole, Buffer.alloc(1)]))];
    return blocks.map((block) => { try { return crypto.verify('sha256', data, own.rsa.public, raw(block)) } catch (error) { return error.code } })"""
    )
    found = guests.result(code, {"keys": some_keys()}, policy=OPEN)
    assert found == [True, *[False] * 5, found[6], False, False]
    assert found[6] in (False, "ERR_OSSL_RSA_DATA_TOO_LARGE_FOR_MODULUS")


def test_a_policy_names_the_signatures_that_it_grants(guests: Guests) -> None:
    """By algorithm and digest, and verifying apart from signing; an error names what was denied."""
    code = (
        TELL
        + LOAD
        + """
    const d = Buffer.from('x'), { rsa, ec, ed } = own;
    return [() => crypto.sign('sha256', d, rsa.private).length, () => crypto.sign('sha1', d, rsa.private), () => crypto.sign('sha256', d, { key: rsa.private, padding: 6 }), () => crypto.sign('sha256', d, ec.private), () => crypto.sign(null, d, ed.private).length,
      () => crypto.verify('sha256', d, rsa.public, Buffer.alloc(128)), () => crypto.verify(null, d, ed.public, Buffer.alloc(64)), () => crypto.createSign('sha512').update('x').sign(rsa.private)].map((call) => tell(call)).map((told) => Array.isArray(told) ? told[0] : told)"""
    )
    policy = crypto_policy(sign=("rsa-sha256", "ed25519"), verify=("ed25519",))
    found = guests.result(code, {"keys": some_keys()}, policy=policy)
    denied = [
        None,
        "sign rsa-sha1",
        "sign rsa-pss-sha256",
        "sign ecdsa-sha256",
        None,
        "verify rsa-sha256",
        None,
        "sign rsa-sha512",
    ]
    assert [found[0], found[4], found[6]] == [128, 64, False]
    for told, target in zip(found, denied, strict=True):
        assert target is None or (told.startswith("CapabilityError: ") and target in told), told


def test_callbacks_and_locked_keys_sign_as_the_others_do(guests: Guests) -> None:
    """One after the other and many at once; an error is the callback's, and a callback runs in a turn of its own."""
    code = (
        TELL
        + LOAD
        + """
    const { promisify } = require('util'), d = Buffer.from('x'), { rsa, x } = own, turns = [];
    const key = rsa.private.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pw' }), locked = { key, passphrase: 'pw' }, signature = crypto.sign('sha256', d, locked);
    const answer = new Promise((done) => crypto.sign('sha256', d, locked, (error, made) => { turns.push('callback'); done([error, made.equals(signature)]) }));
    turns.push('after');
    const many = await Promise.all(Array.from({ length: 20 }, () => promisify(crypto.sign)('sha512', d, rsa.private)));
    return { answer: await answer, turns, many: new Set(many.map(String)).size, verified: await promisify(crypto.verify)('sha256', d, rsa.public, signature), error: await promisify(crypto.sign)(null, d, x.private).catch(({ code }) => code),
      pss: crypto.createSign('RSA-SHA256').update('a').sign({ ...locked, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST }, 'hex').length, jwk: crypto.sign('sha256', d, { key: rsa.private.export({ format: 'jwk' }), format: 'jwk' }).equals(signature) }"""
    )
    assert guests.result(code, {"keys": some_keys()}, policy=OPEN) == {
        "answer": [None, True], "turns": ["after", "callback"], "many": 1, "verified": True,
        "error": "ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE", "pss": 256, "jwk": True,
    }  # fmt: skip
