"""Keys that the machine's node has made, in every form, for tests of what guests make of them; and how a call went."""
# ruff: noqa: E501 - lines of JavaScript

from functools import cache

from tests.granted import OPEN
from tests.guest.node import node_result
from tests.harness import Guests

#: What a call gives, or how it fails: without the part of OpenSSL's story that Node adds to some errors.
TELL = """
const crypto = require('crypto');
const shown = (value) => value instanceof Uint8Array ? 'bytes ' + Buffer.from(value).toString('hex')
  : value === undefined ? 'undefined' : typeof value === 'function' || (typeof value === 'object' && value?.constructor !== Object && !Array.isArray(value)) ? 'a ' + value?.constructor?.name : value;
const tell = (call) => {
  try { return shown(call()) }
  catch (error) { return [String(error), error.code ?? null, Object.keys(error).filter((key) => key !== 'opensslErrorStack')] }
};
const tellLater = async (call) => { try { return shown(await call()) } catch (error) { return [error.name, error.message] } };
"""

_MAKE = (
    TELL
    + """
const make = ([kind, options]) => {
  const pair = crypto.generateKeyPairSync(kind, options), forms = [];
  const add = (half, format, type, more = {}) => {
    let key; try { key = pair[half + 'Key'].export({ format, type, ...more }) } catch { return }
    forms.push({ half, format, type: type ?? null, key: Buffer.isBuffer(key) ? key.toString('base64') : key, passphrase: more.passphrase ?? null });
  };
  for (const format of ['pem', 'der', 'jwk']) {
    for (const type of ['spki', 'pkcs1']) add('public', format, type);
    for (const type of ['pkcs8', 'pkcs1', 'sec1']) add('private', format, type);
  }
  for (const cipher of ['aes-128-cbc', 'aes-256-cbc', 'des-ede3-cbc']) for (const type of ['pkcs8', 'pkcs1', 'sec1'])
    for (const format of ['pem', 'der']) add('private', format, type, { cipher, passphrase: 'p\\u00e4ss' });
  const der = (key, type) => key.export({ format: 'der', type }).toString('base64');
  const details = JSON.stringify(['public', kind, pair.publicKey.asymmetricKeyDetails], (name, value) => typeof value === 'bigint' ? value + 'n' : value);
  return { kind, options, forms, details, public: der(pair.publicKey, 'spki'), private: der(pair.privateKey, 'pkcs8') };
};
return input.map(make)
"""
)
KINDS = [
    ["rsa", {"modulusLength": 1024}],
    ["rsa", {"modulusLength": 2048, "publicExponent": 3}],
    ["rsa-pss", {"modulusLength": 1024}],
    ["rsa-pss", {"modulusLength": 1024, "hashAlgorithm": "sha256", "mgf1HashAlgorithm": "sha1", "saltLength": 20}],
    *(
        ["ec", {"namedCurve": name}]
        for name in ("P-256", "P-384", "P-521", "secp256k1", "secp224r1", "brainpoolP256r1", "SM2")
    ),
    *([name, {}] for name in ("ed25519", "ed448", "x25519", "x448")),
    ["dh", {"group": "modp14"}],
]


@cache
def node_keys() -> list[dict]:
    """A pair of each kind: what it is, its canonical halves, and all forms in which node writes them."""
    return node_result(_MAKE, KINDS)


def pair_of(kind: str, at: int = 0) -> dict:
    """The halves of a pair by its kind, as base64."""
    found = [pair for pair in node_keys() if pair["kind"] == kind][at]
    return {"public": found["public"], "private": found["private"]}


#: Keys of `input.keys`, by name, as KeyObjects: `own.rsa.private`.
LOAD = """
const own = {};
for (const [name, pair] of Object.entries(input.keys)) own[name] = {
  public: crypto.createPublicKey({ key: pair.public, format: 'der', type: 'spki', encoding: 'base64' }),
  private: crypto.createPrivateKey({ key: pair.private, format: 'der', type: 'pkcs8', encoding: 'base64' }),
};
"""


def some_keys() -> dict:
    """One pair of each sort that errors are about."""
    return {
        "rsa": pair_of("rsa"), "pss": pair_of("rsa-pss", 1), "ec": pair_of("ec"), "ec384": pair_of("ec", 1),
        "ed": pair_of("ed25519"), "x": pair_of("x25519"), "dh": pair_of("dh"), "sm2": pair_of("ec", 6),
    }  # fmt: skip


def same_as_node(guests: Guests, code: str, given: object = None) -> None:
    """The code gives a list of pairs: what was tried, and what came of it."""
    given = {"keys": some_keys(), "more": given}
    got, expected = guests.result(TELL + LOAD + code, given, policy=OPEN), node_result(TELL + LOAD + code, given)
    assert len(got) == len(expected) > 0
    wrong = [(mine, theirs[1]) for mine, theirs in zip(got, expected, strict=True) if mine != theirs]
    assert not wrong, wrong[:10]
