"""Keys that a policy lends out: used as their `use` says, never read, and not in the guest's memory at any time."""
# ruff: noqa: E501 - lines of JavaScript

import hashlib
import hmac
from collections.abc import Iterator

import pytest

from host.policy.grants.model import KeyGrant
from host.sandbox.engine import Engine
from host.sandbox.instance import Instance
from tests.granted import OPEN, crypto_policy, everything, guests_with
from tests.harness import Guests

SECRET = bytes.fromhex("d1f7a90c5b3e48826c17f0e4993ab25d7e60c1f8a4b2930d5e6f718293a4b5c6")
MAC = b"kV8#wQ2!zR5@tY9$uI3^oP7&aS1*dF4("
SECRETS = {"vault": SECRET, "written": SECRET.hex().encode() + b"\n", "shared": MAC, "short": b"12345", "base": b"base64:" + b"0fepDA"}  # fmt: skip
KEYS = (
    KeyGrant("file", "vault", "aes-256-gcm", ("decrypt", "encrypt")),
    KeyGrant("hex", "written", "aes-256-cbc", ("encrypt",)),
    KeyGrant("hook", "shared", "sha256", ("hmac",)),
    KeyGrant("root", "shared", "hkdf", ("derive",)),
    KeyGrant("pass", "shared", "pbkdf2", ("derive",)),
    KeyGrant("slow", "shared", "scrypt", ("derive",)),
    KeyGrant("odd", "short", "aes-128-gcm", ("encrypt",)),
    KeyGrant("gone", "missing", "sha256", ("hmac",)),
    KeyGrant("four", "base", "sha1", ("hmac",)),
)
LENT = everything(keys=KEYS)


@pytest.fixture(scope="module")
def lenders(engine: Engine) -> Iterator[Guests]:
    """Guests whose host has secrets."""
    with guests_with(engine, SECRETS) as guests:
        yield guests


USE = """
const crypto = require('crypto');
const file = crypto.hostKey('file'), hook = crypto.hostKey('hook'), iv = Buffer.alloc(12, 4);
const there = crypto.createCipheriv('aes-256-gcm', file, iv).setAAD('head');
const sealed = there.update('some text', 'utf8', 'hex') + there.final('hex'), tag = there.getAuthTag();
const back = crypto.createDecipheriv('aes-256-gcm', file, iv).setAAD('head').setAuthTag(tag);
const plain = back.update(sealed, 'hex', 'utf8') + back.final('utf8');
const cbc = crypto.createCipheriv('aes-256-cbc', crypto.hostKey('hex'), Buffer.alloc(16)).update('0123456789abcdef', 'utf8', 'hex');
const macs = ['x', 'y'.repeat(50000)].map((text) => crypto.createHmac('sha256', hook).update(text).digest('hex'));
const derived = Buffer.from(crypto.hkdfSync('sha256', crypto.hostKey('root'), 's', 'i', 16)).toString('hex');
const passed = crypto.pbkdf2Sync(crypto.hostKey('pass'), 's', 3, 16, 'sha1').toString('hex') + crypto.scryptSync(crypto.hostKey('slow'), 's', 16, { N: 16 }).toString('hex');
const short = crypto.createHmac('sha1', crypto.hostKey('four')).update('x').digest('hex');
"""


def test_a_key_does_what_its_use_says(lenders: Guests) -> None:
    """Ciphers both ways, HMAC of what is small and large, derivation; a secret may be written in digits or base64."""
    same = """
    const own = crypto.createDecipheriv('aes-256-gcm', Buffer.from(input.secret, 'hex'), iv).setAAD('head').setAuthTag(tag);
    const blocks = crypto.createCipheriv('aes-256-cbc', Buffer.from(input.secret, 'hex'), Buffer.alloc(16)).update('0123456789abcdef', 'utf8', 'hex');
    const hkdf = Buffer.from(crypto.hkdfSync('sha256', input.mac, 's', 'i', 16)).toString('hex');
    return [plain, own.update(sealed, 'hex', 'utf8') + own.final('utf8'), blocks === cbc, hkdf === derived, macs, short, passed]"""
    got = lenders.result(USE + same, {"secret": SECRET.hex(), "mac": MAC.decode()}, policy=LENT)
    macs = [hmac.new(MAC, text, hashlib.sha256).hexdigest() for text in (b"x", b"y" * 50000)]
    short = hmac.new(bytes.fromhex("d1f7a90c"), b"x", hashlib.sha1).hexdigest()
    passed = (
        hashlib.pbkdf2_hmac("sha1", MAC, b"s", 3, 16).hex()
        + hashlib.scrypt(MAC, salt=b"s", n=16, r=8, p=1, dklen=16).hex()
    )
    assert got == ["some text", "some text", True, True, macs, short, passed]


def test_no_byte_of_a_key_is_in_the_guests_memory(lenders: Guests, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an execution that used it in every way and tried to get at it: not as it is, nor written or padded."""
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
    const tries = [() => file.export(), () => hook.export({ format: 'jwk' }), () => file.equals(hook), () => JSON.stringify([file, hook]), () => require('util').inspect(file, { showHidden: true }),
      () => structuredClone(file), () => crypto.createSecretKey(file), () => crypto.createCipheriv('aes-256-cbc', file, Buffer.alloc(16)), () => crypto.createHmac('sha256', file), () => crypto.pbkdf2Sync(file, 's', 1, 8, 'sha1')];
    const told = tries.map((each) => { try { return String(each()) } catch (error) { return error.message + error.stack } });
    await new Promise((done) => setTimeout(done, 1));
    return [told, sealed, macs]"""
    )
    answer = str(lenders.result(code, policy=LENT))
    assert len(memories) == 1
    assert len(memories[0]) > 1_000_000
    for key in (SECRET, MAC):
        forms = [key, key.hex().encode(), bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)]
        for form in forms:
            for at in range(len(form) - 7):
                assert form[at : at + 8] not in memories[0]
        assert key.hex() not in answer
    assert MAC.decode() not in answer


REFUSALS = """
const crypto = require('crypto');
const tell = (call) => { try { call(); return 'allowed' } catch (error) { return [error.name, error.message] } };
const iv = Buffer.alloc(12);
return [
  tell(() => crypto.hostKey('nope')), tell(() => crypto.hostKey(5)), tell(() => crypto.hostKey('file').export()),
  tell(() => crypto.createDecipheriv('aes-256-cbc', crypto.hostKey('hex'), Buffer.alloc(16))), tell(() => crypto.createCipheriv('aes-256-ctr', crypto.hostKey('file'), Buffer.alloc(16))),
  tell(() => crypto.createHmac('sha512', crypto.hostKey('hook'))), tell(() => crypto.createHmac('sha256', crypto.hostKey('file'))),
  tell(() => crypto.createCipheriv('aes-128-gcm', crypto.hostKey('odd'), iv).update('x')), tell(() => crypto.createHmac('sha256', crypto.hostKey('gone')).update('x').digest()),
]"""


def test_any_other_use_is_refused(lenders: Guests) -> None:
    """A name that there is not, another algorithm, another use, a secret that the server lacks or that fits nothing."""
    got = lenders.result(REFUSALS, policy=LENT)
    assert [told[0] for told in got] == ["CapabilityError", "TypeError", *["CapabilityError"] * 7]
    words = ["has no key of that name", "", "can be used and not exported", "the key is for encrypt alone", "is for aes-256-gcm, and not for", "is for sha256, and not for sha512", "the key is for decrypt, encrypt alone", "is not a key for aes-128-gcm", "no secret `missing`"]  # fmt: skip
    assert all(word in told[1] for word, told in zip(words, got, strict=True)), got


def test_a_key_needs_no_grant_of_its_algorithm_and_gives_none(lenders: Guests) -> None:
    """What the policy lends out may be used; with a key of the guest's own the same algorithm may not."""
    policy = crypto_policy(keys=KEYS)
    code = "const crypto = require('crypto'); return crypto.createHmac('sha256', crypto.hostKey('hook')).update('x').digest('hex')"
    assert lenders.result(code, policy=policy) == hmac.new(MAC, b"x", hashlib.sha256).hexdigest()
    own = "return require('crypto').createHmac('sha256', 'mine').update('x').digest('hex')"
    assert lenders.failure(own, policy=policy).type == "CapabilityError"


def test_a_policy_without_the_key_knows_nothing_of_it(lenders: Guests) -> None:
    """Though the server has its secret."""
    failure = lenders.failure("return require('crypto').hostKey('file').type", policy=OPEN)
    assert failure.type == "CapabilityError"
