"""Keys in pairs: every form that node writes is read and written alike, and the other way round; and bad keys."""
# ruff: noqa: E501 - lines of JavaScript

from tests.granted import OPEN, everything
from tests.guest.asymmetric import KINDS, TELL, node_keys, pair_of, same_as_node
from tests.guest.node import needs_node, node_result
from tests.harness import Guests

READ_AND_WRITE = (
    TELL
    + """
const read = ({ half, format, type, key, passphrase }) => {
  const given = format === 'der' ? Buffer.from(key, 'base64') : key;
  const more = passphrase === null ? {} : { passphrase };
  return (half === 'public' ? crypto.createPublicKey : crypto.createPrivateKey)(format === 'pem' && passphrase === null ? given : { key: given, format, type: type ?? undefined, ...more });
};
const write = (key, { format, type }) => {
  const made = key.export({ format, type: type ?? undefined });
  return Buffer.isBuffer(made) ? made.toString('base64') : made;
};
const canonical = (key) => key.export({ format: 'der', type: key.type === 'public' ? 'spki' : 'pkcs8' }).toString('base64');
const details = (key) => JSON.stringify([key.type, key.asymmetricKeyType, key.asymmetricKeyDetails], (name, value) => typeof value === 'bigint' ? value + 'n' : value);
"""
)


@needs_node
def test_keys_in_every_form_are_read_and_written_as_node_does(guests: Guests) -> None:
    """PEM, DER and JWK of PKCS #1, PKCS #8, SPKI and SEC 1, locked by each cipher too, of each kind of key; the public
    half of each private one; and what a key says of itself."""
    code = (
        READ_AND_WRITE
        + """
    return input.flatMap(({ forms }) => forms.map((form) => tell(() => {
      const key = read(form), opened = form.half === 'public' ? key : crypto.createPublicKey(key);
      const again = form.passphrase === null ? write(key, form) : null;
      return [canonical(key), canonical(opened), again, details(key), key.equals(read(form)), canonical(crypto.createPublicKey(form.format === 'pem' ? { key: form.key, passphrase: form.passphrase ?? undefined } : opened.export({ format: 'pem', type: 'spki' })))];
    })))"""
    )
    got = guests.result(code, node_keys(), policy=OPEN)
    cases = [(pair, form) for pair in node_keys() for form in pair["forms"]]
    assert len(got) == len(cases) > 200
    # Node knows SM2 keys that it has made, and does not know what to call those that it reads.
    for (pair, form), mine in zip(cases, got, strict=True):
        again = form["key"] if form["passphrase"] is None else None
        said = pair["details"].replace("public", form["half"], 1)
        expected = [pair[form["half"]], pair["public"], again, said, True, pair["public"]]
        assert mine == expected, (pair["kind"], pair["options"], form["half"], form["format"], form["type"])


@needs_node
def test_keys_that_guests_make_are_keys_to_node(guests: Guests) -> None:
    """Of each kind, as KeyObjects and in encodings, locked and open, by callback and by promise."""
    code = (
        READ_AND_WRITE
        + """
    const { promisify } = require('util'), made = [];
    for (const [kind, options] of input) {
      const pair = crypto.generateKeyPairSync(kind, options);
      made.push({ half: 'private', format: 'der', type: 'pkcs8', key: canonical(pair.privateKey), passphrase: null, of: canonical(pair.publicKey), details: details(pair.publicKey) });
      const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' };
      const text = await promisify(crypto.generateKeyPair)(kind, { ...options, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: locked });
      made.push({ half: 'private', format: 'pem', type: 'pkcs8', key: text.privateKey, passphrase: 'secret', of: canonical(crypto.createPublicKey(text.publicKey)), details: details(crypto.createPublicKey(text.publicKey)) });
    }
    const rsa = crypto.createPrivateKey({ key: Buffer.from(made[0].key, 'base64'), format: 'der', type: 'pkcs8' });
    made.push({ half: 'private', format: 'pem', type: 'pkcs1', key: rsa.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }), passphrase: 'x', of: made[0].of, details: made[0].details });
    return made"""
    )
    made = guests.result(
        code, [kind for kind in KINDS if kind[1] != {"modulusLength": 2048, "publicExponent": 3}], policy=OPEN
    )
    check = (
        READ_AND_WRITE
        + """
    return input.map((form) => { const open = crypto.createPublicKey(read(form)); return [canonical(open), details(open)] })"""
    )
    expected = [[form["of"], form["details"]] for form in made]
    got = node_result(check, made)
    assert [pair for pair in got if "null" not in pair[1]] == [pair for pair in expected if "SM2" not in pair[1]]
    assert [pair[0] for pair in got] == [pair[0] for pair in expected]
    assert len({form["of"] for form in made}) == len(made) - 1


BAD = """
const pem = own.rsa.private.export({ type: 'pkcs8', format: 'pem' }), der = own.rsa.private.export({ type: 'pkcs8', format: 'der' });
const open = own.rsa.public.export({ type: 'spki', format: 'pem' }), openDer = own.rsa.public.export({ type: 'spki', format: 'der' });
const { locked, lockedOld } = input.more;
const priv = (key) => crypto.createPrivateKey(key).type, pub = (key) => crypto.createPublicKey(key).type;
const jwk = (key) => key.export({ format: 'jwk' }), rsaJwk = jwk(own.rsa.private), ecJwk = jwk(own.ec.private), edJwk = jwk(own.ed.private);
const jwks = [{}, { kty: 'RSA' }, { kty: 'RSA', n: 'AQAB' }, { kty: 'EC', crv: 'P-256' }, { kty: 'EC', crv: 'P-999', x: 'a', y: 'b' }, { kty: 'EC', crv: 'P-256', x: 'AQ', y: 'Ag' },
  { kty: 'EC', crv: 'P-256', x: 1, y: 'Ag' }, { kty: 'OKP', crv: 'Ed25519', x: 'AA' }, { kty: 'OKP', crv: 'Foo', x: 'AA' }, { kty: 'OKP' }, { kty: 'oct', k: 'AA' }, { kty: 5 }, { ...edJwk, d: 'AAAA' },
  rsaJwk, ecJwk, edJwk, { ...rsaJwk, q: 5 }, { ...rsaJwk, d: undefined }, null, 'x', [], 5];
const exports = [undefined, {}, { format: 'pem' }, { format: 'der' }, { format: 'pem', type: 'xx' }, { format: 'xx', type: 'pkcs8' }, { format: 'pem', type: 'sec1' }, { format: 'pem', type: 'pkcs1' },
  { format: 'pem', type: 'spki' }, { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc' }, { format: 'pem', type: 'pkcs8', cipher: 'foo', passphrase: 'x' }, { format: 'pem', type: 'pkcs8', passphrase: 'x' },
  { format: 'der', type: 'pkcs1', cipher: 'aes-256-cbc', passphrase: 'x' }, { format: 'der', type: 'sec1', cipher: 'aes-256-cbc', passphrase: 'x' }, { format: 'jwk', cipher: 'aes-256-cbc', passphrase: 'x' },
  { format: 'pem', type: 'pkcs8', cipher: 5, passphrase: 'x' }, { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 5 }, 5, null];
const tries = [
  ...['', 'garbage', pem.slice(0, 300), pem.slice(0, 300) + '\\n-----END PRIVATE KEY-----\\n', open, '-----BEGIN PRIVATE KEY-----\\n!!!!\\n-----END PRIVATE KEY-----\\n', '-----BEGIN PRIVATE KEY-----\\n-----END PRIVATE KEY-----\\n',
    pem.replace(/\\n/g, '\\r\\n'), 'text before\\n' + pem, pem.replace(/\\n/g, '\\n  '), pem.trim(), pem.replace(/\\n/g, '\\\\n'), pem.replace(/\\n/g, ' '), pem.replace('END PRIVATE', 'END PUBLIC'), pem.replace(/PRIVATE/g, 'RSA PRIVATE'), open + pem, pem + open,
    locked, lockedOld, undefined, 5, {}, true, Symbol.iterator].map((key) => ['text', key, () => [tell(() => priv(key)), tell(() => pub(key))]]),
  ...[['x'], [''], ['y'], [Buffer.from('x')]].map(([passphrase]) => ['passphrase', String(passphrase), () => [locked, lockedOld].flatMap((key) => [tell(() => priv({ key, passphrase })), tell(() => pub({ key, passphrase }))])]),
  ['passphrase', 'number', () => priv({ key: locked, passphrase: 5 })],
  ...[der, der.subarray(0, 200), der.subarray(0, 3), Buffer.concat([der, Buffer.alloc(3)])].flatMap((key) => ['pkcs8', 'pkcs1', undefined, 'foo', 'spki'].map((type) => [key.length, type, () => priv({ key, format: 'der', type })])),
  ...[openDer, Buffer.concat([openDer, Buffer.alloc(3)]), openDer.subarray(0, 100)].map((key) => [key.length, 'spki', () => pub({ key, format: 'der', type: 'spki' })]),
  ['pkcs1', '', () => pub({ key: openDer, format: 'der', type: 'pkcs1' })], ['der', 'sec1', () => priv({ key: der, format: 'der', type: 'sec1' })], ['format', 'foo', () => priv({ key: der, format: 'foo' })],
  ...[own.rsa.private, own.rsa.public, { key: own.rsa.private }, crypto.createSecretKey(Buffer.alloc(4))].map((key, at) => ['object', at, () => [tell(() => priv(key)), tell(() => pub(key))]]),
  ...jwks.flatMap((key, at) => [['jwk public', at, () => pub({ key, format: 'jwk' })], ['jwk private', at, () => priv({ key, format: 'jwk' })]]),
  ...exports.flatMap((options, at) => ['rsa', 'ec', 'pss', 'ed'].flatMap((name) => [[name, at, () => own[name].private.export(options).length > 0], [name + ' public', at, () => own[name].public.export(options).length > 0]])),
  ['equals', '', () => own.rsa.private.equals(5)], ['equals', 'other half', () => own.rsa.private.equals(own.rsa.public)], ['new', '', () => new crypto.KeyObject()], ['new', 'secret', () => new crypto.KeyObject('secret', {})],
  ['from', '', () => crypto.KeyObject.from(5)], ['kind', '', () => [String(own.rsa.private), Object.keys(own.rsa.private), own.ec.public.asymmetricKeyType, own.x.public.asymmetricKeyDetails]],
];
return tries.map(([what, which, call]) => [[what, which === undefined ? null : String(which).slice(0, 80)], tell(call)])
"""


@needs_node
def test_bad_keys_are_the_errors_of_node(guests: Guests) -> None:
    """Cut off, malformed, of the wrong half, kind or form, with wrong passphrases, and values that are no keys."""
    locks = """return [['pkcs8', 'pkcs8'], ['pkcs1', 'pkcs1']].map(([type]) =>
      require('crypto').createPrivateKey({ key: input, format: 'der', type: 'pkcs8', encoding: 'base64' }).export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }))"""
    locked, locked_old = node_result(locks, pair_of("rsa")["private"])
    same_as_node(guests, BAD, {"locked": locked, "lockedOld": locked_old})


def test_no_cut_or_changed_key_brings_the_host_down(guests: Guests) -> None:
    """Every key of every kind, cut at many places and with many bits turned: it is a key, or an error with a code."""
    code = (
        READ_AND_WRITE
        + """
    const told = new Set();
    const attempt = (call) => { try { call() } catch (error) { told.add(error.code); if (!/^ERR_/.test(error.code)) throw error } };
    for (const { half, format, type, key } of input) {
      const make = half === 'public' ? crypto.createPublicKey : crypto.createPrivateKey;
      const bytes = format === 'der' ? Buffer.from(key, 'base64') : Buffer.from(key);
      for (let at = 0; at < bytes.length; at += 1 + (bytes.length >> 5)) {
        const changed = Buffer.from(bytes);
        changed[at] ^= 1 << (at & 7);
        const given = (data) => format === 'der' ? { key: data, format, type } : data;
        attempt(() => make(given(bytes.subarray(0, at))));
        attempt(() => make(given(changed)));
      }
    }
    return [...told].sort()"""
    )
    forms = [
        form for pair in node_keys() for form in pair["forms"] if form["format"] != "jwk" and form["passphrase"] is None
    ]
    forms = [form for form in forms if form["format"] == "der"] + forms[:4]
    told = guests.result(code, forms, policy=OPEN)
    assert set(told) <= {
        "ERR_OSSL_UNSUPPORTED",
        "ERR_OSSL_ASN1_NOT_ENOUGH_DATA",
        "ERR_OSSL_ASN1_TOO_LONG",
        "ERR_OSSL_ASN1_WRONG_TAG",
        "ERR_OSSL_ASN1_HEADER_TOO_LONG",
        "ERR_CRYPTO_INVALID_KEYLEN",
    }
    assert "ERR_OSSL_UNSUPPORTED" in told


def test_numbers_that_make_no_key_are_refused(guests: Guests) -> None:
    """A modulus that is too short or too long, an even one, primes that are not its own, a scalar of zero or above the
    order, and a point that is not on the curve; node takes some of them."""
    code = (
        TELL
        + """
    const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 }), rsa = privateKey.export({ format: 'jwk' });
    const ec = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const zeros = Buffer.alloc(32).toString('base64url'), ones = Buffer.alloc(32, 255).toString('base64url'), long = Buffer.alloc(1025, 255).toString('base64url');
    const even = Buffer.from(rsa.n, 'base64url'); even[even.length - 1] ^= 1;
    const priv = [{ ...rsa, p: rsa.q }, { ...rsa, dp: rsa.dq }, { ...rsa, qi: 'AQ' }, { ...rsa, d: 'AQ' }, { ...rsa, e: 'Ag' }, { ...rsa, e: 'AQ' }, { ...rsa, n: even.toString('base64url') }, { ...rsa, p: 'AQ', q: rsa.n },
      { ...ec, d: zeros }, { ...ec, d: ones }, { ...ec, d: 'AQ' }, { ...ec, x: zeros, y: zeros }];
    const pub = [{ kty: 'RSA', e: 'AQAB', n: 'AQAB' }, { kty: 'RSA', e: 'AQAB', n: long }, { kty: 'RSA', e: rsa.n, n: rsa.n }, { ...ec, x: ones }, { ...ec, x: ec.y, y: ec.x }];
    return [...priv.map((key) => tell(() => crypto.createPrivateKey({ key, format: 'jwk' }))), ...pub.map((key) => tell(() => crypto.createPublicKey({ key, format: 'jwk' })))].map((told) => told[1])"""
    )
    codes = guests.result(code, policy=OPEN)
    assert codes == [
        *["ERR_CRYPTO_INVALID_JWK"] * 12,
        *["ERR_CRYPTO_INVALID_KEYLEN"] * 2,
        *["ERR_CRYPTO_INVALID_JWK"] * 3,
    ]


GENERATE = """
const make = (...given) => crypto.generateKeyPairSync(...given);
const encoding = { type: 'spki', format: 'pem' };
const tries = [[], ['foo'], ['rsa'], ['rsa', {}], ['rsa', { modulusLength: 'x' }], ['rsa', { modulusLength: -1 }], ['rsa', { modulusLength: 1.5 }], ['rsa', { modulusLength: 1024, publicExponent: 2 }], ['rsa', { modulusLength: 1024, publicExponent: 'x' }],
  ['ec', {}], ['ec', { namedCurve: 'foo' }], ['ec', { namedCurve: 'secp256r1' }], ['ec', { namedCurve: 5 }], ['ec', { namedCurve: 'P-256', paramEncoding: 'x' }], ['ec', 5],
  ['ec', { namedCurve: 'P-256', publicKeyEncoding: 5 }], ['ec', { namedCurve: 'P-256', publicKeyEncoding: {} }], ['ec', { namedCurve: 'P-256', publicKeyEncoding: { type: 'pkcs1', format: 'pem' } }], ['ec', { namedCurve: 'P-256', publicKeyEncoding: encoding }],
  ['ec', { namedCurve: 'P-256', privateKeyEncoding: { type: 'sec1', format: 'pem', cipher: 'foo', passphrase: 'x' } }], ['ec', { namedCurve: 'P-256', privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc' } }],
  ['rsa-pss', { modulusLength: 1024, hashAlgorithm: 'foo' }], ['rsa-pss', { modulusLength: 1024, saltLength: -1 }], ['rsa-pss', { modulusLength: 1024, hashAlgorithm: 'sha1', hash: 'sha256' }], ['dh', {}], ['dh', { group: 'x' }], ['dh', { group: 'modp14', prime: Buffer.from([5]) }], ['dh', { group: 'modp14', generator: 2 }]];
return [
  ...tries.map((given, at) => [at, tell(() => typeof make(...given).publicKey)]),
  ['no callback', tell(() => crypto.generateKeyPair('ec', { namedCurve: 'P-256' }))],
  ...[{ hashAlgorithm: 'sha512' }, { hashAlgorithm: 'sha256', saltLength: 10 }, { mgf1HashAlgorithm: 'sha256' }, { saltLength: 20 }, {}].map((options) => [options, tell(() => {
    const { hashAlgorithm, mgf1HashAlgorithm, saltLength } = make('rsa-pss', { modulusLength: 1024, ...options }).privateKey.asymmetricKeyDetails; return [hashAlgorithm, mgf1HashAlgorithm, saltLength].join() })]),
]"""


@needs_node
def test_options_of_new_keys_are_those_of_node(guests: Guests) -> None:
    """Missing, of the wrong type, out of range, or not together."""
    same_as_node(guests, GENERATE)


def test_a_modulus_outside_of_the_bounds_is_not_begun(guests: Guests) -> None:
    """1024 to 8192 bits; the price of one is taken from the budget before it is made."""
    code = (
        TELL
        + "return input.map((modulusLength) => tell(() => crypto.generateKeyPairSync('rsa', { modulusLength }))[0])"
    )
    small, large, dear = guests.result(code, [1023, 8193, 4096], policy=everything(budget_ms=500))
    bounds = 'The value of "options.modulusLength" is out of range. It must be >= 1024 && <= 8192.'
    assert small == f"RangeError: {bounds} Received 1023"
    assert large == f"RangeError: {bounds} Received 8193"
    assert dear.startswith("CapabilityError: The execution has used up the 500 ms of crypto")


def test_a_key_that_takes_too_long_ends_with_the_execution(guests: Guests) -> None:
    """It is made in a process of its own, which is killed at the deadline."""
    code = "for (;;) require('crypto').generateKeyPairSync('rsa', { modulusLength: 8192 }); return null"
    policy = everything(budget_ms=3_000_000)
    report = guests.run(code, policy=policy, timeout_ms=700)
    assert report.outcome.type == "TimeoutError"
