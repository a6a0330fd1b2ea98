"""Agreeing on secrets: ECDH, X25519 and Diffie-Hellman, by KeyObjects and by Node's objects; and bad public keys."""
# ruff: noqa: E501 - lines of JavaScript

from tests.granted import OPEN, crypto_policy
from tests.guest.asymmetric import LOAD, TELL, node_keys, same_as_node, some_keys
from tests.guest.node import needs_node, node_result
from tests.guest.test_crypto_signatures import TOOLS, VECTORS
from tests.harness import Guests

AGREE = (
    TELL
    + """
const load = ({ private: mine, public: open }, other) => crypto.diffieHellman({ privateKey: crypto.createPrivateKey({ key: mine, format: 'der', type: 'pkcs8', encoding: 'base64' }), publicKey: crypto.createPublicKey({ key: other ?? open, format: 'der', type: 'spki', encoding: 'base64' }) }).toString('hex');
return input.map((pair) => load(pair))
"""
)


@needs_node
def test_secrets_are_those_of_node(guests: Guests) -> None:
    """Of KeyObjects on every curve, X25519, X448 and a group; and of RFC 7748."""
    pairs = [pair for pair in node_keys() if pair["kind"] in ("ec", "x25519", "x448", "dh")]
    # Node does not know what to call an SM2 key that it reads.
    known = [pair for pair in pairs if pair["options"].get("namedCurve") != "SM2"]
    assert guests.result(AGREE, known, policy=OPEN) == node_result(AGREE, known)
    code = (
        TOOLS
        + """
    const priv = (d, x) => crypto.createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', d: url(d), x: url(x) }, format: 'jwk' }), pub = (x) => crypto.createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: url(x) }, format: 'jwk' }), { a, A, b, B } = input;
    return [[a, A, B], [b, B, A]].map(([mine, open, other]) => crypto.diffieHellman({ privateKey: priv(mine, open), publicKey: pub(other) }).toString('hex'))"""
    )
    assert guests.result(code, VECTORS["x25519"], policy=OPEN) == [VECTORS["x25519"]["secret"]] * 2


@needs_node
def test_objects_of_guests_agree_with_those_of_node(guests: Guests) -> None:
    """createECDH on every curve and in every form of a point, createDiffieHellman and the groups."""
    make = (
        TELL
        + """
    const curves = ['prime256v1', 'secp256k1', 'secp384r1', 'secp521r1', 'secp224r1', 'brainpoolP384r1'], forms = ['compressed', 'uncompressed', 'hybrid'], groups = ['modp1', 'modp2', 'modp5', 'modp14', 'modp15'];
    const ecdh = curves.map((curve) => { const it = crypto.createECDH(curve); it.generateKeys(); return [curve, it.getPrivateKey('hex'), ...forms.map((form) => it.getPublicKey('base64', form))] });
    const dh = groups.map((name) => { const it = crypto.getDiffieHellman(name); it.generateKeys(); return [name, it.getPrivateKey('hex'), it.getPublicKey('hex'), it.getPrime('hex'), it.getGenerator('hex')] });
    const prime = crypto.getDiffieHellman('modp14').getPrime(), own = crypto.createDiffieHellman(prime, 2); own.generateKeys();
    return { ecdh, dh, own: [own.getPublicKey('hex'), own.getPrivateKey('hex'), own.verifyError] }
    """
    )
    use = (
        TELL
        + """
    const { mine, theirs } = input;
    return [...mine.ecdh.flatMap(([curve, scalar, ...mineForms], at) => { const it = crypto.createECDH(curve); it.setPrivateKey(scalar, 'hex');
        return [it.getPublicKey('base64', 'compressed') === mineForms[0], ...theirs.ecdh[at].slice(2).map((point) => it.computeSecret(point, 'base64', 'hex')), ...mineForms.map((point) => ['compressed', 'hybrid', 'uncompressed'].map((form) => crypto.ECDH.convertKey(point, curve, 'base64', 'hex', form)).join())] }),
      ...mine.dh.map(([name, secret, open, prime], at) => { const it = crypto.createDiffieHellman(prime, 'hex', 2); it.setPrivateKey(secret, 'hex'); it.generateKeys(); return [it.getPublicKey('hex') === open, it.computeSecret(theirs.dh[at][2], 'hex', 'hex'), prime === theirs.dh[at][3]] })]
    """
    )
    ours, theirs = guests.result(make, policy=OPEN), node_result(make, None)
    assert ours["own"][2] == theirs["own"][2] == 0
    from_ours = guests.result(use, {"mine": ours, "theirs": theirs}, policy=OPEN)
    assert from_ours == node_result(use, {"mine": ours, "theirs": theirs})
    agreed = node_result(use, {"mine": theirs, "theirs": ours})
    assert [told[1] for told in agreed[-5:]] == [told[1] for told in from_ours[-5:]]


ERRORS = """
const { x, ec, ec384, rsa, ed, dh } = own, H = (privateKey, publicKey) => crypto.diffieHellman({ privateKey, publicKey }), a = crypto.createECDH('prime256v1'), b = crypto.createECDH('secp256k1'), C = crypto.ECDH.convertKey, dh5 = crypto.getDiffieHellman('modp5');
a.generateKeys(); b.generateKeys();
const p = crypto.getDiffieHellman('modp14'), q = crypto.getDiffieHellman('modp14'); p.generateKeys(); const last = p.getPrime(); last[last.length - 1] -= 1; const P = Buffer.concat([p.getPrime()]);
const low = ['00'.repeat(32), '01' + '00'.repeat(31), 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'].map((text) => crypto.createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(text, 'hex').toString('base64url') }, format: 'jwk' }));
const tries = [
  () => crypto.diffieHellman(), () => crypto.diffieHellman({}), () => H(x.private, ec.public), () => H(ec384.private, ec.public), () => H(rsa.private, rsa.public), () => H(ed.private, ed.public), () => H(x.public, x.public), () => H(x.private, x.private).length, () => H(5, x.public), () => H(x.private, crypto.createSecretKey(Buffer.alloc(4))), () => H(x.private, 'text'), ...low.map((open) => () => H(x.private, open)),
  () => crypto.createECDH('foo'), () => crypto.createECDH(5), () => crypto.createECDH('P-256').generateKeys().length, () => crypto.createECDH('prime256v1').getPublicKey(), () => crypto.createECDH('prime256v1').getPrivateKey(), () => crypto.createECDH('prime256v1').computeSecret(a.getPublicKey()), () => a.getPublicKey('hex', 'x'), () => a.getPublicKey('zzz'), () => a.getPublicKey('hex').length,
  ...[b.getPublicKey(), Buffer.from('x'), Buffer.alloc(0), Buffer.alloc(65, 4), 5, undefined, Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)])].map((point) => () => a.computeSecret(point)), () => a.computeSecret(a.getPublicKey('hex'), 'hex', 'hex').length,
  ...[Buffer.alloc(32), Buffer.alloc(32, 255), Buffer.alloc(40, 1)].map((scalar) => () => a.setPrivateKey(scalar)), () => { const it = crypto.createECDH('prime256v1'); it.setPrivateKey('01', 'hex'); return [it.getPublicKey('hex', 'compressed'), it.getPrivateKey('hex')].join() }, () => a.setPublicKey(Buffer.from('x')),
  () => { const it = crypto.createECDH('prime256v1'), other = crypto.createECDH('prime256v1'); it.generateKeys(); other.generateKeys(); it.setPublicKey(other.getPublicKey()); it.computeSecret(other.getPublicKey()) }, () => { const it = crypto.createECDH('prime256v1'); it.setPublicKey(a.getPublicKey()); return it.getPublicKey('hex', 'compressed').length },
  () => C(b.getPublicKey(), 'foo'), () => C(Buffer.from('x'), 'secp256k1'), () => C(b.getPublicKey(), 'secp256k1', 'hex', 'hex', 'zz'), () => C(5, 'secp256k1'), () => C(b.getPublicKey(), 5), () => C(Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]), 'secp256k1'), () => typeof crypto.ECDH('secp256k1').generateKeys,
  () => crypto.createDiffieHellman(), ...[1, 0, -1, 64, 1.5].map((size) => () => crypto.createDiffieHellman(size)), () => typeof crypto.createDiffieHellman('abc').getPrime, () => crypto.createDiffieHellman(Buffer.from([5]), 1), () => crypto.createDiffieHellman(Buffer.from([5]), 0).getGenerator('hex'), () => crypto.createDiffieHellman(Buffer.from([5]), '02', 'hex').getGenerator('hex'), () => crypto.createDiffieHellman(Buffer.from([5])).verifyError, () => crypto.createDiffieHellman(Buffer.from([23]), 5).generateKeys(), () => crypto.createDiffieHellman(Buffer.alloc(0)), () => crypto.createDiffieHellman(Buffer.alloc(128, 0xfe)).generateKeys(), () => crypto.createDiffieHellman(Buffer.alloc(128, 0xfe)).verifyError, () => crypto.createDiffieHellman({}), () => crypto.createDiffieHellman(P, {}),
  () => q.getPublicKey(), () => q.getPrivateKey(), () => q.computeSecret(Buffer.from([5])), ...[Buffer.from([0]), Buffer.from([1]), p.getPrime(), last, Buffer.alloc(0)].map((number) => () => p.computeSecret(number)), () => p.computeSecret(Buffer.from([2])).length, () => p.computeSecret(5), () => p.setPrivateKey, () => p.verifyError, () => crypto.getDiffieHellman('x'), () => crypto.getDiffieHellman('MODP18').getPrime().length, () => crypto.getDiffieHellman('modp1').getPrime('hex'), () => crypto.createDiffieHellmanGroup('modp5').verifyError,
  () => { const it = crypto.createDiffieHellman(p.getPrime(), 2); it.setPrivateKey(Buffer.from([5])); it.generateKeys(); return it.getPublicKey('hex') }, () => { const it = crypto.createDiffieHellman(p.getPrime()); it.setPublicKey(Buffer.from([5])); return it.getPublicKey('hex') }, () => typeof crypto.DiffieHellman(P).generateKeys, () => crypto.DiffieHellmanGroup('modp14').getPrime().length, () => crypto.createDiffieHellman(P, 3).verifyError, () => p.getPrivateKey().length < 30, () => dh5.generateKeys('base64').length,
];
return tries.map((call, at) => [[at, String(call).slice(0, 90)], tell(call)])
"""


@needs_node
def test_wrong_keys_points_and_numbers_are_the_errors_of_node(guests: Guests) -> None:
    """Points of small order, off the curve or of another; scalars and numbers out of range; keys that do not agree."""
    same_as_node(guests, ERRORS)


def test_an_execution_makes_a_prime_of_its_own(guests: Guests) -> None:
    """Both it and half of it are prime; two objects agree over it."""
    code = (
        TELL
        + """
    const a = crypto.createDiffieHellman(512), b = crypto.createDiffieHellman(a.getPrime(), a.getGenerator());
    a.generateKeys(); b.generateKeys();
    return [a.getPrime().length, a.verifyError, a.computeSecret(b.getPublicKey()).equals(b.computeSecret(a.getPublicKey()))]"""
    )
    assert guests.result(code, policy=OPEN) == [64, 0, True]


def test_sm2_keys_agree_as_other_curves_do(guests: Guests) -> None:
    """By KeyObjects and by ECDH objects."""
    code = (
        TELL
        + LOAD
        + """
    const one = crypto.createECDH('SM2'), two = crypto.createECDH('SM2'); one.generateKeys(); two.generateKeys();
    const mine = crypto.generateKeyPairSync('ec', { namedCurve: 'SM2' }), H = (privateKey, publicKey) => crypto.diffieHellman({ privateKey, publicKey });
    return [one.computeSecret(two.getPublicKey(null, 'compressed')).equals(two.computeSecret(one.getPublicKey())), H(mine.privateKey, own.sm2.public).equals(H(own.sm2.private, mine.publicKey))]"""
    )
    assert guests.result(code, {"keys": some_keys()}, policy=OPEN) == [True, True]


def test_a_policy_names_what_may_be_agreed_by(guests: Guests) -> None:
    """Each sort of its own."""
    code = (
        TELL
        + LOAD
        + """
    const H = ({ private: privateKey, public: publicKey }) => crypto.diffieHellman({ privateKey, publicKey }).length;
    return [() => H(own.x), () => H(own.ec), () => H(own.dh), () => H(own.sm2), () => crypto.createECDH('prime256v1').generateKeys()].map((call) => String(tell(call)))"""
    )
    told = guests.result(code, {"keys": some_keys()}, policy=crypto_policy(exchange=("x25519",)))
    assert told[0] == "32"
    words = ["exchange ecdh", "exchange dh", "exchange sm2", "keypair ec"]
    assert all(word in one and one.startswith("CapabilityError") for word, one in zip(words, told[1:], strict=True)), (
        told
    )
