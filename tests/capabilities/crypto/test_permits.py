"""What of crypto a policy lets code do: each algorithm of each operation, within a budget, until the deadline."""
# ruff: noqa: E501 - lines of JavaScript

import time
from datetime import date

import msgspec
import pytest

from host.execution.outcome import Failure
from host.policy.algorithms import ALGORITHMS
from host.policy.grants.model import Denials
from host.policy.mode import Mode
from tests.abuse.test_requirement_08_poisoned_builtins import POISON_ALL
from tests.granted import OPEN, crypto_policy, everything
from tests.harness import Guests, failure_of

USES = """
const crypto = require('crypto');
const k = Buffer.alloc(32, 1), raw = (algorithm, usages) => crypto.subtle.importKey('raw', k, algorithm, false, usages);
const uses = {
  hash: () => crypto.createHash('sha256').update('x').digest(), hashLarge: () => crypto.createHash('sha256').update(Buffer.alloc(50000)).digest(),
  hashOnce: () => crypto.hash('sha256', 'x'), alias: () => crypto.createHash('RSA-SHA256'), other: () => crypto.createHash('sha3-512').digest(),
  digest: () => crypto.subtle.digest('SHA-256', k), hmac: () => crypto.createHmac('sha256', 'k').update('x').digest(),
  webHmac: async () => crypto.subtle.sign('HMAC', await raw({ name: 'HMAC', hash: 'SHA-256' }, ['sign']), k),
  cipher: () => crypto.createCipheriv('aes-256-gcm', k, k), decipher: () => crypto.createDecipheriv('aes-256-gcm', k, k),
  cfb8: () => crypto.createCipheriv('aes-256-cfb8', k, k.subarray(16)), webCipher: async () => crypto.subtle.encrypt({ name: 'AES-GCM', iv: k }, await raw('AES-GCM', ['encrypt']), k),
  wrap: async () => crypto.subtle.wrapKey('raw', await crypto.subtle.importKey('raw', k, 'AES-CBC', true, ['encrypt']), await raw('AES-KW', ['wrapKey']), 'AES-KW'),
  pbkdf2: () => crypto.pbkdf2Sync('p', 's', 1, 8, 'sha1'), scrypt: () => crypto.scryptSync('p', 's', 8, { N: 16 }), hkdf: () => crypto.hkdfSync('sha1', 'k', 's', 'i', 8),
  webPbkdf2: async () => crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-1', salt: k, iterations: 1 }, await raw('PBKDF2', ['deriveBits']), 8),
  random: () => crypto.randomBytes(1), uuid: () => crypto.randomUUID(), int: () => crypto.randomInt(5), fill: () => crypto.randomFillSync(k), key: () => crypto.generateKeySync('aes', { length: 128 }),
  globalRandom: () => [globalThis.crypto.getRandomValues(new Uint8Array(1)), globalThis.crypto.randomUUID()],
};
const told = {};
for (const name in uses) { try { await uses[name](); told[name] = true } catch (error) { told[name] = [error.name, error.message] } }
return told;
"""

GRANTS = {
    "hash": ({"hash": ("sha256",)}, {"hash", "hashLarge", "hashOnce", "alias", "digest"}),
    "other hash": ({"hash": ("sha3-512",)}, {"other"}),
    "hmac": ({"hmac": ("sha256",)}, {"hmac", "webHmac"}),
    "cipher": ({"cipher": ("aes-256-gcm",)}, {"cipher", "decipher", "webCipher"}),
    "cfb": ({"cipher": ("aes-256-cfb",)}, {"cfb8"}),
    "wrap": ({"cipher": ("aes256-wrap",)}, {"wrap"}),
    "pbkdf2": ({"derive": ("pbkdf2",)}, {"pbkdf2", "webPbkdf2"}),
    "scrypt": ({"derive": ("scrypt",)}, {"scrypt"}),
    "hkdf": ({"derive": ("hkdf",)}, {"hkdf"}),
    "random": ({"random": True}, {"random", "uuid", "int", "fill", "key"}),
    "nothing": ({}, set()),
}


def test_code_can_do_what_is_granted_and_nothing_else(guests: Guests) -> None:
    """Each operation by every way to it, with the one algorithm that is granted; the web's randomness needs no grant."""
    for grant, allowed in GRANTS.values():
        told = guests.result(USES, policy=crypto_policy(**grant))
        assert {name for name, outcome in told.items() if outcome is True} == allowed | {"globalRandom"}
        assert all(outcome is True or outcome[0] == "CapabilityError" for outcome in told.values())


def test_a_denial_names_the_operation_and_the_algorithm(guests: Guests) -> None:
    """And what a policy would have to say, in the hint."""
    code = "return require('crypto').createHash('MD5').update('x').digest('hex')"
    failure = guests.failure(code, policy=crypto_policy(hash=("sha256",)))
    assert failure.type == "CapabilityError"
    assert "hash md5" in failure.message
    assert "`hash` is granted for sha256 alone" in failure.message
    assert failure.hint == "A policy allows it with\ngrants:\n  crypto:\n    hash: [md5]"


def test_deny_wins_over_a_grant(guests: Guests) -> None:
    """Of every algorithm; also where the policy only watches."""
    policy = everything(denials=Denials(crypto=(("hash", ("md5",)),)))
    watching = msgspec.structs.replace(policy, mode=Mode("audit", date(2999, 1, 1)))
    for each in (policy, watching):
        code = "const { createHash } = require('crypto'); createHash('sha1'); return createHash('md5').digest()"
        assert guests.failure(code, policy=each).type == "CapabilityError"


FLOWS = """
const crypto = require('crypto'), { subtle } = crypto, b = Buffer.alloc(16, 1), k = Buffer.alloc(32, 2), iv = Buffer.alloc(12), big = Buffer.alloc(600000, 3);
const use = ['encrypt', 'decrypt'], sign = ['sign'], bits = ['deriveBits'], out = [], array = Array.prototype, items = use.values().__proto__, { next } = items, iterator = array[Symbol.iterator];
const flows = [
  () => crypto.createHash('sha256').update('x').digest('hex'), () => crypto.createHash('SHA3-256').update(b).digest('hex'), () => crypto.hash('sha1', big, 'base64'), () => crypto.createHmac('sha256', 'k').update('x').digest('hex'),
  () => { const c = crypto.createCipheriv('aes-256-gcm', k, iv); c.setAAD(b); return c.update('text', 'utf8', 'hex') + c.final('hex') + c.getAuthTag().length },
  () => crypto.createCipheriv('aes-256-cbc', k, b).update(big).length, () => crypto.pbkdf2Sync('p', 's', 10, 8, 'sha1').length, () => crypto.scryptSync('p', 's', 8, { N: 16 }).length,
  () => crypto.randomBytes(4).length, () => typeof crypto.randomInt(9), () => crypto.randomUUID().length, () => crypto.generateKeySync('aes', { length: 128 }).symmetricKeySize, () => crypto.timingSafeEqual(b, b),
  () => crypto.createSecretKey('ab').export({ format: 'jwk' }).k, () => crypto.getCipherInfo('aes-128-cbc').nid, async () => (await subtle.digest('SHA-1', b)) instanceof Object,
  async () => (await subtle.exportKey('jwk', await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, sign))).kty,
  async () => (await subtle.encrypt({ name: 'AES-GCM', iv }, await subtle.importKey('raw', b, 'AES-GCM', true, use), b)) instanceof Object,
  async () => (await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-1', salt: b, iterations: 2 }, await subtle.importKey('raw', b, 'PBKDF2', false, bits), 64)) instanceof Object,
];
"""


def test_replaced_built_ins_change_nothing_and_permit_nothing(guests: Guests) -> None:
    """A guest that replaced every built-in before it first asks: crypto does the same, and as much."""
    work = """
    array[Symbol.iterator] = iterator; items.next = next; // a list of usages is gone through, as the web has it
    for (let i = 0; i < flows.length; i++) { try { out[i] = await flows[i]() } catch (error) { out[i] = error.name + error.message } }
    return out"""
    plain, poisoned = (guests.result(FLOWS + each + work, policy=OPEN) for each in ("", POISON_ALL))
    assert poisoned == plain
    assert not [each for each in plain if "rror" in str(each)]
    forged = "Object.defineProperty(Object.prototype, 'hash sha256 undefined', { value: true });"
    hashing = "return require('crypto').createHash('sha256').update('x').digest('hex')"
    for before in (forged, POISON_ALL + forged):
        assert isinstance(guests.run(before + hashing, policy=crypto_policy(hash=("sha1",))).outcome, Failure)


def test_a_class_put_between_keys_gets_nothing(guests: Guests) -> None:
    """What a key is made of is handed to no constructor, whatever the parent of its class has become."""
    code = """
    const { createSecretKey } = require('crypto'), seen = [], Key = createSecretKey('abc').constructor;
    const Parent = Object.getPrototypeOf(Key);
    Object.setPrototypeOf(Key, function (...given) { seen.push(...given); return Reflect.construct(Parent, given, new.target) });
    const made = createSecretKey('secret');
    return [made.export().toString(), seen.length, seen.map((each) => typeof each === 'object' ? Reflect.ownKeys(each).length : each), (() => { try { return new Parent('secret', seen[1]) } catch (error) { return error.code } })()]"""
    assert guests.result(code, policy=OPEN) == ["secret", 2, ["secret", 0], "ERR_INVALID_ARG_TYPE"]


def test_the_policy_is_asked_once_for_each_algorithm(guests: Guests) -> None:
    """However often it is used; so a second hash costs no host call."""
    code = "const { createHash } = require('crypto'); for (let i = 0; i < input; i++) createHash('sha256').update('x').digest()"
    code += "; return 1"
    calls = [guests.run(code, count, policy=OPEN).usage.host_calls for count in (1, 50)]
    assert calls[0] == calls[1]


def test_the_budget_bounds_all_work_together(guests: Guests) -> None:
    """Many small pieces of work, and one that is too large for it before it begins."""
    many = """
    const crypto = require('crypto');
    let done = 0;
    try { for (;;) { crypto.pbkdf2Sync('p', 's', 20000, 32, 'sha256'); done++ } } catch (error) { return [done, error.name, error.message] }"""
    done, name, message = guests.result(many, policy=everything(budget_ms=100))
    assert done == 16
    assert (name, message) == (
        "CapabilityError",
        "The execution has used up the 100 ms of crypto that its policy allows",
    )
    one = "return require('crypto').scryptSync('p', 's', 32, { N: 2 ** 17, r: 7, p: 400, maxmem: 2 ** 30 })"
    began = time.monotonic()
    assert guests.failure(one, policy=everything(budget_ms=5_000)).type == "CapabilityError"
    assert time.monotonic() - began < 5


@pytest.fixture
def zygote(guests: Guests) -> None:
    """What such work is forked from is there: it stays."""
    code = "return require('crypto').pbkdf2Sync('p', 's', 200000, 8, 'sha256').length"
    assert guests.result(code, policy=OPEN) == 8


@pytest.mark.parametrize(
    "code",
    [
        "crypto.pbkdf2Sync('p', 's', 2 ** 31 - 1, 64, 'sha512')",
        "await new Promise((done) => crypto.pbkdf2('p', 's', 2 ** 31 - 1, 64, 'sha512', done))",
        "crypto.scryptSync('p', 's', 64, { N: 2 ** 16, r: 8, p: 1000, maxmem: 2 ** 30 })",
    ],
)
def test_work_that_runs_long_ends_with_the_execution(guests: Guests, code: str, zygote: None, unharmed: None) -> None:
    """At its deadline, whatever the work would still have to do."""
    began = time.monotonic()
    policy = everything(budget_ms=3_600_000)
    report = guests.run(f"const crypto = require('crypto'); return {code}", policy=policy, timeout_ms=700)
    assert failure_of(report).type == "TimeoutError"
    assert time.monotonic() - began < 20


def test_scrypt_has_so_much_memory_and_no_more(guests: Guests) -> None:
    """Whatever `maxmem` says."""
    code = """
    const { scryptSync } = require('crypto');
    try { return scryptSync('p', 's', 8, { N: 2 ** 17, r: 8, maxmem: 2 ** 31 }).length } catch (error) { return [error.name, error.code] }"""
    assert guests.result(code, policy=OPEN) == ["RangeError", "ERR_CRYPTO_INVALID_SCRYPT_PARAMS"]


def test_every_algorithm_that_a_policy_can_name_is_there(guests: Guests) -> None:
    """Of hashes, HMACs, ciphers and derivations."""
    code = """
    const crypto = require('crypto'), missing = [];
    for (const name of input.hash) try { crypto.createHash(name).digest() } catch { missing.push(name) }
    for (const name of input.hmac) try { crypto.createHmac(name, 'k').digest() } catch { missing.push(name) }
    for (const name of input.cipher) {
      const info = crypto.getCipherInfo(name);
      try { const it = crypto.createCipheriv(name, Buffer.alloc(info.keyLength), info.ivLength ? Buffer.alloc(info.ivLength) : null, { authTagLength: 16 }); it.update('x'); it.final() } catch { missing.push(name) }
    }
    return missing"""
    ciphers = {name for name in ALGORITHMS["cipher"] if not name.startswith(("rsa", "sm2")) and "wrap" not in name}
    given = {"hash": sorted(ALGORITHMS["hash"]), "hmac": sorted(ALGORITHMS["hmac"]), "cipher": sorted(ciphers)}
    assert guests.result(code, given, policy=OPEN) == []
