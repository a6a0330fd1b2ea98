"""crypto given numbers and sizes that take the host's time or memory before anybody has looked at them."""

import asyncio

import pytest

from tests.granted import OPEN
from tests.harness import Guests, result_of

HUGE = """
const crypto = require('crypto'), told = {};
const attempts = {
  scryptBlocks: () => crypto.scryptSync('a', 'b', 8, { N: 2, r: 2 ** 32 - 1, p: 1, maxmem: 2 ** 53 - 1 }),
  scryptLanes: () => crypto.scryptSync('a', 'b', 8, { N: 2, r: 1, p: 2 ** 32 - 1, maxmem: 2 ** 53 - 1 }),
  salt: () => crypto.pbkdf2Sync('a', Buffer.alloc(2 << 20), 1, 10240, 'sha256'),
  hkdfSalt: () => crypto.hkdfSync('sha256', 'a', Buffer.alloc(2 << 20), '', 8),
  nonce: () => crypto.createCipheriv('aes-128-gcm', Buffer.alloc(16), Buffer.alloc(1 << 20)).final(),
  oddNonce: () => crypto.createCipheriv('sm4-gcm', Buffer.alloc(16), Buffer.alloc(4)).final(),
  name: () => crypto.hostKey('k'.repeat(1 << 20)),
  certificate: () => new crypto.X509Certificate(Buffer.alloc(1 << 20, 48)),
};
for (const name in attempts) {
  try { attempts[name](); told[name] = 'worked' } catch (error) { told[name] = error.name }
}
return told;
"""

#: Something on every thread of the host's, and something apart.
WARM = """
const { pbkdf2, scryptSync } = require('crypto');
scryptSync('a', 'b', 8, { N: 16384 });
await Promise.all(Array.from({ length: 16 }, () => new Promise((done) => pbkdf2('a', 'b', 9000, 8, 'sha256', done))));
return 1"""


@pytest.fixture(scope="module", autouse=True)
def warm(guests: Guests) -> None:
    """Threads and the zygote are started by the first work, and stay."""
    for _ in range(2):
        guests.result(WARM, policy=OPEN)


def test_numbers_are_bounded_before_anything_is_computed_with_them(guests: Guests, unharmed: None) -> None:
    """Each is an error of the guest's own: `r` of scrypt alone once made the host raise 2 to the power of billions."""
    assert guests.result(HUGE, policy=OPEN, timeout_ms=20_000) == {
        "scryptBlocks": "RangeError",
        "scryptLanes": "RangeError",
        "salt": "ValidationError",
        "hkdfSalt": "ValidationError",
        "nonce": "TypeError",
        "oddNonce": "TypeError",
        "name": "ValidationError",
        "certificate": "Error",
    }


def test_a_million_lanes_of_scrypt_fit_into_the_memory_that_they_are_given(guests: Guests) -> None:
    """OpenSSL needs the lanes twice, which is no fault of the host's."""
    code = "return require('crypto').scryptSync('a', 'b', 8, { N: 2, r: 1, p: 1e6, maxmem: 2 ** 30 }).length"
    assert guests.result(code, policy=OPEN) == 8


def test_open_calls_hold_bounded_bytes_of_the_hosts(guests: Guests, unharmed: None) -> None:
    """One buffer signed over and over by callbacks is copied for each, and the copies are the host's."""
    code = """
    const crypto = require('crypto'), { privateKey } = crypto.generateKeyPairSync('ed25519'), told = new Set();
    const data = Buffer.alloc(8 << 20);
    for (let i = 0; i < 40; i++) {
      try { crypto.sign(null, data, privateKey, () => {}) } catch (error) { told.add(error.message) }
    }
    return [...told]"""
    told = guests.result(code, policy=OPEN)
    assert told == [] or (len(told) == 1 and "134217728 bytes" in told[0])


def test_nobody_waits_for_all_the_work_of_another(guests: Guests, unharmed: None) -> None:
    """An execution that begins a thousand derivations has two of them on the host's threads at a time."""
    many = """
    const { pbkdf2 } = require('crypto');
    for (let i = 0; i < 1000; i++) pbkdf2('a', 'b', 50000, 8, 'sha256', () => {});
    await new Promise((done) => setTimeout(done, 1e6)); return 1"""
    one = "return require('crypto').pbkdf2Sync('a', 'b', 5000, 8, 'sha256').length"

    async def together() -> tuple[object, bool]:
        crowd = asyncio.create_task(guests.start(many, policy=OPEN, timeout_ms=2_500))
        await asyncio.sleep(0.3)
        report = await guests.start(one, policy=OPEN)
        served_first = not crowd.done()
        await crowd
        return result_of(report), served_first

    assert guests.wait(together()) == (8, True)
