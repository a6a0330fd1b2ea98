"""`crypto`'s hashes and HMACs: the answers that standards print, and those of node for every algorithm and form."""
# ruff: noqa: E501 - lines of JavaScript

from tests.granted import OPEN
from tests.guest.node import needs_node, node_result
from tests.guest.vectors import vectors
from tests.harness import Guests

TELL = """
const crypto = require('crypto');
const shown = (value) => value instanceof Uint8Array ? 'bytes ' + Buffer.from(value).toString('hex')
  : value && value.update ? 'object' : value === undefined ? 'undefined' : value;
const tell = (call) => {
  try { return shown(call()) } catch (error) { return [String(error), error.code ?? null, Object.keys(error)] }
};
"""


def same_as_node(guests: Guests, code: str, given: object) -> None:
    """The code gives a list of pairs: what was tried, and what came of it."""
    got, expected = guests.result(TELL + code, given, policy=OPEN), node_result(TELL + code, given)
    assert len(got) == len(expected) > 0
    wrong = [(mine, theirs[1]) for mine, theirs in zip(got, expected, strict=True) if mine != theirs]
    assert not wrong, wrong[:10]


def test_hashes_are_those_that_the_standards_print(guests: Guests) -> None:
    """Of FIPS 180-4 and 202, RFC 1321 and 7693, GB/T 32905."""
    code = """
    const { createHash } = require('crypto');
    return input.map(({ algorithm, data, length }) =>
      createHash(algorithm, length ? { outputLength: length } : undefined).update(data, 'hex').digest('hex'))"""
    cases = vectors("hashes")["hash"]
    assert guests.result(code, cases, policy=OPEN) == [case["digest"] for case in cases]


def test_hmacs_are_those_that_the_standards_print(guests: Guests) -> None:
    """Of RFC 4231."""
    code = """
    const { createHmac } = require('crypto');
    return input.map(({ algorithm, key, data }) => createHmac(algorithm, Buffer.from(key, 'hex')).update(data, 'hex').digest('hex'))"""
    cases = vectors("hashes")["hmac"]
    assert guests.result(code, cases, policy=OPEN) == [case["mac"] for case in cases]


LENGTHS = [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000, 3071, 3072, 3073, 16384, 16385, 300_000]


@needs_node
def test_every_hash_of_every_length_is_nodes(guests: Guests) -> None:
    """In pieces, as text and as bytes, with a copy that goes on by itself: below and above what is hashed in the guest."""
    code = """
    return crypto.getHashes().filter((name) => name !== 'md5-sha1').flatMap((name) => input.map((length) => {
      const data = Buffer.alloc(length, 'ab\\u00ffc', 'latin1');
      return [[name, length], tell(() => {
        const hash = crypto.createHash(name).update(data.subarray(0, length >> 1));
        hash.update(data.subarray(length >> 1).toString('latin1'), 'latin1');
        const copy = hash.copy().update('\\u00e9');
        return hash.digest('base64') + copy.digest('hex');
      }), tell(() => crypto.createHmac(name, data.subarray(0, 200)).update(data.toString('hex'), 'hex').digest('base64url'))];
    }))"""
    same_as_node(guests, code, LENGTHS)


@needs_node
def test_encodings_and_output_lengths_are_nodes(guests: Guests) -> None:
    """Encodings that there are and that there are not, odd digits, lone surrogates; lengths that a hash has not."""
    code = """
    const texts = ['abcd', '\\u00e9\\u6f22\\u{1f600}x', '\\ud800', 'YWJj_-8=', '', 'abc', 'x'.repeat(5000), '\\u6f22'.repeat(2000)];
    const encodings = ['utf8', 'UTF-8', 'hex', 'HEX', 'base64', 'base64url', 'latin1', 'binary', 'ascii', 'ucs2', 'utf16le', 'nope',
      'buffer', undefined, null, ''];
    const sizes = [0, 1, 16, 20, 32, 200, 70000, -1, 1.5, 'x', 2 ** 32, null, undefined];
    return [
      ...encodings.flatMap((name) => texts.map((text) => [[name, text.slice(0, 9)], tell(() => crypto.createHash('sha256').update(text, name).digest(name)),
        tell(() => crypto.createHmac('sha1', text, { encoding: name }).update(text, name).digest(name))])),
      ...['sha1', 'shake128', 'shake256'].flatMap((name) => sizes.map((outputLength) => [[name, outputLength], tell(() => crypto.createHash(name, { outputLength }).update('x').digest('hex'))])),
      ...['sha1', 'sha3-256'].flatMap((name) => [...encodings, 5].map((encoding) => [[name, encoding], tell(() => crypto.hash(name, 'x', encoding))])),
    ]"""
    same_as_node(guests, code, None)


@needs_node
def test_wrong_arguments_and_reused_objects_are_the_errors_of_node(guests: Guests) -> None:
    """For names that no hash has, for what is no data and no key, and after the end."""
    code = """
    const odd = [new Uint16Array([1, 2, 3]), new DataView(new ArrayBuffer(4), 1, 2), new ArrayBuffer(3), [1, 2], {}, Symbol('a'), undefined, null,
      new Float64Array(2), true, () => 1, 5n];
    const names = ['sha-256', 'SHA2-256', 'sha512/256', 'SHA-512/256', 'keccak-256', 'SHAKE-128', 'ripemd', 'RSA-SHA256', 'ecdsa-with-SHA256',
      'DSA', 'ssl3-md5', 'sha', 'null', '', '__proto__', 'constructor', 'toString', 5, undefined, {}];
    const ended = (end) => { const hash = crypto.createHash('md5'); hash.digest(); return end(hash) };
    const endedMac = (end) => { const mac = crypto.createHmac('md5', 'k'); mac.digest(); return end(mac) };
    return [
      ...odd.flatMap((value, at) => [[at, tell(() => crypto.createHash('md5').update(value).digest('hex'))],
        [at, tell(() => crypto.createHmac('md5', value).update('x').digest('hex'))], [at, tell(() => crypto.hash('md5', value))]]),
      ...names.flatMap((name, at) => [[at, tell(() => crypto.createHash(name).update('abc').digest('hex'))],
        [at, tell(() => crypto.createHmac(name, 'k').update('abc').digest('hex'))]]),
      ...['update', 'digest', 'copy'].map((name) => [name, tell(() => ended((hash) => hash[name]('x')))]),
      ...['update', 'digest'].map((name) => [name, tell(() => endedMac((mac) => mac[name]('x')))]),
      ['hex', tell(() => endedMac((mac) => mac.digest('hex')))],
    ]"""
    same_as_node(guests, code, None)


def test_a_hash_is_of_what_it_was_given_and_not_of_what_that_became(guests: Guests) -> None:
    """Bytes that the guest changes, shrinks or detaches after `update` count as they were."""
    code = """
    const { createHash } = require('crypto');
    return [100, 100000].map((length) => {
      const data = new Uint8Array(length).fill(7);
      const hash = createHash('sha256').update(data);
      data.fill(8);
      structuredClone(data.buffer, { transfer: [data.buffer] });
      return [hash.digest('hex') === createHash('sha256').update(new Uint8Array(length).fill(7)).digest('hex'),
        createHash('sha256').update(data).digest('hex') === createHash('sha256').digest('hex')];
    })"""
    assert guests.result(code, policy=OPEN) == [[True, True], [True, True]]
