"""Named keys in pairs: a guest signs, decrypts and agrees with them by a handle, and nobody there can read them."""
# ruff: noqa: E501 - lines of JavaScript

import base64
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from host.capabilities.crypto.asymmetric import jwk
from host.capabilities.crypto.asymmetric import key as keys
from host.policy.grants.model import KeyGrant
from host.sandbox.engine import Engine
from host.sandbox.instance import Instance
from tests.granted import OPEN, crypto_policy, guests_with
from tests.harness import Guests

_RSA = rsa.generate_private_key(65537, 2048)
_EC = ec.generate_private_key(ec.SECP256R1())
_ED = ed25519.Ed25519PrivateKey.generate()
_X = x25519.X25519PrivateKey.generate()


def _der(key: object) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _pem(key: object) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _open(key: object) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


_SM2 = keys.ec_private(keys.BY_OID["1.2.156.10197.1.301"], 0x1234567890ABCDEF << 128)
SECRETS = {
    "invoice-pem": _pem(_RSA),
    "invoice-old": _RSA.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    "ec-jwk": jwk.write_jwk(keys.read(_der(_EC), keys.pkcs8)),
    "ed-der": base64.b64encode(_der(_ED)),
    "x-pem": _pem(_X),
    "sm2-der": base64.encodebytes(_SM2.der),
    "open-pem": _open(_RSA).encode(),
    "garbage": b"correct horse battery staple",
    "cut": _pem(_RSA)[:300],
    "empty": b"",
}
GRANTED = (
    KeyGrant("invoice", "invoice-pem", "rsa-sha256", ("sign", "verify")),
    KeyGrant("pss", "invoice-old", "rsa-pss-sha384", ("sign",)),
    KeyGrant("token", "ec-jwk", "ecdsa-sha256", ("sign",)),
    KeyGrant("note", "ed-der", "ed25519", ("sign",)),
    KeyGrant("chat", "x-pem", "x25519", ("exchange",)),
    KeyGrant("seal", "sm2-der", "sm2-sm3", ("sign",)),
    KeyGrant("letter", "invoice-pem", "rsa-oaep", ("decrypt",)),
    KeyGrant("check", "open-pem", "rsa-sha256", ("verify",)),
    KeyGrant("post", "open-pem", "rsa-oaep", ("encrypt",)),
    KeyGrant("other", "ec-jwk", "rsa-sha256", ("sign",)),
    KeyGrant("garbage", "garbage", "ed25519", ("sign",)),
    KeyGrant("cut", "cut", "rsa-sha256", ("sign",)),
    KeyGrant("half", "open-pem", "rsa-sha256", ("sign",)),
    KeyGrant("empty", "empty", "ed25519", ("sign",)),
)
#: Nothing but the keys is granted.
LENT = crypto_policy(keys=GRANTED)


@pytest.fixture(scope="module")
def lenders(engine: Engine) -> Iterator[Guests]:
    """Guests whose host has secrets."""
    with guests_with(engine, SECRETS) as guests:
        yield guests


USE = """
const crypto = require('crypto'), data = Buffer.from('what is signed'), key = (name) => crypto.hostKey(name);
const whole = ['invoice', 'pss', 'token', 'note', 'seal'].map((name) => crypto.sign(null, data, key(name)).toString('base64'));
const pieces = ['invoice', 'token'].map((name) => crypto.createSign('sha256').update(data).sign(key(name), 'base64'));
const raw = crypto.sign('sha256', data, { key: key('token'), dsaEncoding: 'ieee-p1363' }).length;
const verified = [crypto.verify('sha256', data, key('invoice'), Buffer.from(whole[0], 'base64')), crypto.verify('sha256', data, key('check'), Buffer.from(whole[0], 'base64')), crypto.verify('sha256', Buffer.from('x'), key('check'), Buffer.from(whole[0], 'base64'))];
const opened = crypto.privateDecrypt(key('letter'), crypto.publicEncrypt(key('post'), Buffer.from('a letter'))).toString();
const secret = crypto.diffieHellman({ privateKey: key('chat'), publicKey: crypto.createPublicKey(input) }).toString('base64');
"""


def test_keys_sign_decrypt_and_agree_as_their_use_says(lenders: Guests) -> None:
    """From PEM of both kinds, a JWK and DER in base64; with the digest and the padding that go with the key."""
    theirs = x25519.X25519PrivateKey.generate()
    code = (
        USE
        + "return { whole, pieces, raw, verified, opened, secret, types: ['invoice', 'post', 'note'].map((name) => [key(name).type, key(name).asymmetricKeyType]) }"
    )
    got = lenders.result(code, _open(theirs), policy=LENT)
    data = b"what is signed"
    signatures = [base64.b64decode(text) for text in (*got["whole"], *got["pieces"])]
    for signature in (signatures[0], signatures[5]):
        _RSA.public_key().verify(signature, data, padding.PKCS1v15(), SHA256())
    for signature in (signatures[2], signatures[6]):
        _EC.public_key().verify(signature, data, ec.ECDSA(SHA256()))
    _ED.public_key().verify(signatures[3], data)
    assert got["raw"] == 64
    assert got["verified"] == [True, True, False]
    assert got["opened"] == "a letter"
    assert base64.b64decode(got["secret"]) == theirs.exchange(_X.public_key())
    assert got["types"] == [["private", "rsa"], ["public", "rsa"], ["private", "ed25519"]]


def _numbers() -> list[bytes]:
    """What must be nowhere: each secret number, as DER, PEM and JWK have it."""
    numbers = _RSA.private_numbers()
    found = [
        value.to_bytes(size, "big")
        for value, size in ((numbers.d, 256), (numbers.p, 128), (numbers.q, 128), (numbers.dmp1, 128))
    ]
    found += [_EC.private_numbers().private_value.to_bytes(32, "big"), _ED.private_bytes_raw(), _X.private_bytes_raw()]
    return found


def test_no_byte_of_a_key_is_in_the_guests_memory(lenders: Guests, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an execution that used them in every way and tried to get at them: not as numbers, in digits, in base64, nor
    with their bytes the other way round."""
    memories: list[bytes] = []
    close = Instance.close

    def closing(instance: Instance) -> None:
        if instance.host_calls > 5:
            memories.append(instance.memory.read(0, instance.memory_bytes()))
        close(instance)

    monkeypatch.setattr(Instance, "close", closing)
    code = (
        USE
        + """
    const names = ['invoice', 'token', 'note', 'chat', 'letter', 'garbage', 'cut'], forms = [{ format: 'jwk' }, { format: 'pem', type: 'pkcs8' }, { format: 'der', type: 'pkcs8' }, { format: 'der', type: 'pkcs1' }];
    const tries = names.flatMap((name) => [...forms.map((form) => () => key(name).export(form)), () => crypto.createPublicKey(key(name)), () => crypto.createPrivateKey(key(name)), () => crypto.createPrivateKey({ key: key(name) }), () => crypto.privateEncrypt(key(name), data), () => crypto.publicDecrypt(key(name), data), () => crypto.privateEncrypt({ key: key(name), padding: 3 }, Buffer.alloc(256)),
      () => structuredClone(key(name)), () => JSON.stringify(key(name)), () => require('util').inspect(key(name), { showHidden: true, depth: 9 }), () => key(name).asymmetricKeyDetails, () => key(name).equals(key('pss')), () => crypto.sign(null, data, key(name)).length, () => crypto.createSecretKey(key(name)), () => crypto.createHmac('sha256', key(name)), () => new crypto.X509Certificate(input).checkPrivateKey(key(name))]);
    const told = tries.map((each) => { try { return String(each()) } catch (error) { return error.message + error.stack } });
    await new Promise((done) => setTimeout(done, 1));
    return [told, whole, secret]"""
    )
    answer = str(lenders.result(code, _open(x25519.X25519PrivateKey.generate()), policy=LENT))
    assert len(memories) == 1
    assert len(memories[0]) > 1_000_000
    for number in _numbers():
        forms = [
            number,
            number[::-1],
            number.hex().encode(),
            *(base64.b64encode(number[at:])[:-4] for at in range(3)),
            *(base64.urlsafe_b64encode(number[at:])[:-4] for at in range(3)),
        ]
        for form in forms:
            for at in range(0, len(form) - 11, 16):
                assert form[at : at + 12] not in memories[0]
        assert number.hex()[:24] not in answer
    assert "horse" not in answer
    assert b"correct horse" not in memories[0]


REFUSALS = """
const crypto = require('crypto'), data = Buffer.from('x'), key = (name) => crypto.hostKey(name), mine = crypto.createPublicKey(input);
const tell = (call) => { try { return ['allowed', String(call())] } catch (error) { return [error.name, error.message] } };
return [
  () => crypto.sign('sha512', data, key('invoice')), () => crypto.sign('sha256', data, { key: key('invoice'), padding: 6 }), () => crypto.privateDecrypt({ key: key('letter'), padding: 1 }, Buffer.alloc(256)), () => crypto.privateDecrypt(key('invoice'), Buffer.alloc(256)), () => crypto.sign('sha256', data, key('letter')),
  () => crypto.publicEncrypt(key('letter'), data), () => crypto.privateEncrypt(key('invoice'), data), () => key('invoice').export({ format: 'pem', type: 'pkcs8' }), () => crypto.createPublicKey(key('invoice')).export({ format: 'pem', type: 'spki' }), () => crypto.sign('sha256', data, key('other')),
  () => crypto.sign(null, data, key('garbage')), () => crypto.sign(null, data, key('cut')), () => crypto.sign(null, data, key('half')), () => crypto.sign(null, data, key('empty')), () => crypto.diffieHellman({ privateKey: key('chat'), publicKey: key('chat') }).length, () => crypto.diffieHellman({ privateKey: key('note'), publicKey: mine }), () => crypto.sign('sha256', data, key('post')),
].map((call) => tell(call))
"""


def test_any_other_use_is_refused(lenders: Guests) -> None:
    """Another digest, padding or use; reading; secrets that are no key of the sort, whose content no error tells."""
    got = lenders.result(REFUSALS, _open(x25519.X25519PrivateKey.generate()), policy=LENT)
    words = [
        "is for rsa-sha256, and not for rsa-sha512", "is for rsa-sha256, and not for rsa-pss-sha256", "is for rsa-oaep, and not for rsa-pkcs1", "the key is for sign, verify alone", "the key is for decrypt alone",
        "the key is for decrypt alone", "signs by its algorithm alone", "can be used and not exported", "can be used and not exported", "is for rsa-sha256, and not for ecdsa-sha256",
        "its secret is no private key that can be read", "its secret is no private key that can be read", "its secret is no private key that can be read", "its secret is no private key that can be read", "32", "Incompatible key types", "expected private",
    ]  # fmt: skip
    assert [(word, told) for word, told in zip(words, got, strict=True) if word not in told[1]] == []
    assert {told[0] for told in got[:14]} == {"CapabilityError"}


def test_a_key_of_the_guests_own_gains_nothing(lenders: Guests) -> None:
    """The policy lends keys, and grants no algorithm; and where it has none, it lends none."""
    own = "const crypto = require('crypto'); return crypto.sign('sha256', Buffer.from('x'), input).length"
    failure = lenders.failure(own, _pem(_RSA).decode(), policy=LENT)
    assert failure.type == "CapabilityError"
    assert "sign rsa-sha256" in failure.message
    assert lenders.failure("return require('crypto').hostKey('invoice').type", policy=OPEN).type == "CapabilityError"
