"""`crypto-js`: every documented function, against Python's hashes, pycryptodome's ciphers, or the answer of a standard."""
# ruff: noqa: E501 - lines of JavaScript

import base64
import hashlib
import hmac

from Crypto.Cipher import AES, ARC4, DES, DES3, Blowfish
from Crypto.Hash import keccak

from tests.harness import Guests

DATA = "The quick brown fox – 漢字 😀 " * 7
RAW = DATA.encode()
KEY, IV = bytes(range(32)), bytes(range(100, 116))


def result(guests: Guests, code: str, given: object = None) -> object:
    return guests.result(
        "const C = require('crypto-js'); const hex = C.enc.Hex.parse;" + code, given, fuel=200_000_000_000
    )


def test_hashes_and_hmacs(guests: Guests) -> None:
    """All eight of each; what it calls SHA3 is Keccak, as it was before the standard."""
    code = """
    const names = ['MD5', 'SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'RIPEMD160', 'SHA3'];
    return names.map((name) => [String(C[name](input)), String(C['Hmac' + name](input, 'key')), String(C.algo[name].create().update(input.slice(0, 9)).update(input.slice(9)).finalize()),
      String(C.algo.HMAC.create(C.algo[name], 'key').update(input).finalize())]).concat([[String(C.SHA3(input, { outputLength: 256 }))]])"""
    names = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "ripemd160"]
    expected = []
    for name in names:
        digest, mac = hashlib.new(name, RAW).hexdigest(), hmac.new(b"key", RAW, name).hexdigest()
        expected.append([digest, mac, digest, mac])
    sha3 = keccak.new(digest_bits=512, data=RAW).hexdigest()
    inner, outer = (bytes(byte ^ pad for byte in b"key".ljust(72, b"\0")) for pad in (0x36, 0x5C))
    mac = keccak.new(digest_bits=512, data=outer + keccak.new(digest_bits=512, data=inner + RAW).digest()).hexdigest()
    expected += [[sha3, mac, sha3, mac], [keccak.new(digest_bits=256, data=RAW).hexdigest()]]
    assert result(guests, code, DATA) == expected


def test_derivations(guests: Guests) -> None:
    """PBKDF2 with each hash, and OpenSSL's EVP_BytesToKey."""
    code = """
    return [['SHA1', 'SHA256', 'SHA512'].map((name) => String(C.PBKDF2(input, 'salt', { keySize: 11, iterations: 5, hasher: C.algo[name] }))), String(C.EvpKDF(input, 'saltsalt', { keySize: 12, iterations: 3 })),
      String(C.EvpKDF(input, 'saltsalt', { keySize: 8, hasher: C.algo.SHA256 }))]"""
    pbkdf2 = [hashlib.pbkdf2_hmac(name, RAW, b"salt", 5, 44).hex() for name in ("sha1", "sha256", "sha512")]
    expected = [pbkdf2, evp(RAW, b"saltsalt", 48, 3, "md5").hex(), evp(RAW, b"saltsalt", 32, 1, "sha256").hex()]
    assert result(guests, code, DATA) == expected


def evp(password: bytes, salt: bytes, length: int, iterations: int, name: str) -> bytes:
    derived, block = b"", b""
    while len(derived) < length:
        block = hashlib.new(name, block + password + salt).digest()
        for _ in range(iterations - 1):
            block = hashlib.new(name, block).digest()
        derived += block
    return derived[:length]


def pkcs7(data: bytes, size: int) -> bytes:
    return data + bytes([size - len(data) % size]) * (size - len(data) % size)


def test_ciphers(guests: Guests) -> None:
    """AES, DES, TripleDES, Blowfish, RC4 and its RC4Drop; each is undone by itself."""
    code = """
    const all = { AES: [64, 32], DES: [16, 16], TripleDES: [48, 16], Blowfish: [32, 16], RC4: [32, 0], RC4Drop: [32, 0] }, out = {};
    for (const name in all) {
      const key = hex(input.key.slice(0, all[name][0])), options = { iv: hex(input.iv.slice(0, all[name][1])), drop: 192 };
      const made = C[name].encrypt(input.data, key, options);
      out[name] = [String(made.ciphertext), C[name].decrypt(made, key, options).toString(C.enc.Utf8) === input.data,
        String(C.algo[name].createEncryptor(key, options).finalize(input.data)) === String(made.ciphertext)];
    }
    return out"""
    ciphers = {
        "AES": AES.new(KEY, AES.MODE_CBC, IV).encrypt(pkcs7(RAW, 16)),
        "DES": DES.new(KEY[:8], DES.MODE_CBC, IV[:8]).encrypt(pkcs7(RAW, 8)),
        "TripleDES": DES3.new(KEY[:24], DES3.MODE_CBC, IV[:8]).encrypt(pkcs7(RAW, 8)),
        "Blowfish": Blowfish.new(KEY[:16], Blowfish.MODE_CBC, IV[:8]).encrypt(pkcs7(RAW, 8)),
        "RC4": ARC4.new(KEY[:16]).encrypt(RAW),
        "RC4Drop": ARC4.new(KEY[:16], drop=768).encrypt(RAW),
    }
    given = {"key": KEY.hex(), "iv": IV.hex(), "data": DATA}
    assert result(guests, code, given) == {name: [made.hex(), True, True] for name, made in ciphers.items()}


RABBIT = "b15754f036a5d6ecf56b45261c4af70288e8d815c59c0c397b696c4789c68aa7f416a1c3700cd451da68d1881673d696"
"""The key stream of a key of zeros (RFC 4503, A.1), whose octet strings are numbers: the last byte comes first."""


def test_rabbit(guests: Guests) -> None:
    """As the RFC has it, and with a nonce; the older one is its own inverse, and the same where nothing is turned round."""
    code = """
    const zeros = hex('00'.repeat(48)), key = hex('00'.repeat(16)), run = (name, key, options) => String(C[name].encrypt(zeros, key, options).ciphertext);
    // It turns the words of a key round where they are, so a key is good for one call.
    const once = () => [hex('00112233445566778899aabbccddeeff'), { iv: hex('0102030405060708') }];
    const back = (name) => { const made = C[name].encrypt('some text', ...once()); return [String(made.ciphertext) !== String(C.enc.Utf8.parse('some text')), C[name].decrypt(made, ...once()).toString(C.enc.Utf8)] };
    return [run('Rabbit', key), run('Rabbit', hex('912813292e3d36fe3bfc62f1dc51c3ac'.match(/../g).reverse().join(''))), run('Rabbit', key, { iv: hex('00'.repeat(8)) }), run('RabbitLegacy', key), back('Rabbit'), back('RabbitLegacy')]"""
    blocks = [bytes.fromhex(RABBIT)[at : at + 16][::-1].hex() for at in (0, 16, 32)]
    got = result(guests, code)
    assert got[0] == "".join(blocks)
    assert got[1][:32] == bytes.fromhex("3d2df3c83ef627a1e97fc38487e2519c")[::-1].hex()
    assert got[2][:32] == bytes.fromhex("c6a7275ef85495d87ccd5d376705b7ed")[::-1].hex()
    assert got[3] == "".join(blocks)
    assert got[4:] == [[True, "some text"]] * 2


def test_modes(guests: Guests) -> None:
    """CBC, CFB, CTR, Gladman's CTR, OFB and ECB, each both ways."""
    code = """
    return Object.fromEntries(['CBC', 'CFB', 'CTR', 'CTRGladman', 'OFB', 'ECB'].map((name) => {
      const options = { iv: hex(input.iv), mode: C.mode[name], padding: C.pad.Pkcs7 }, key = hex(input.key), made = C.AES.encrypt(input.data, key, options);
      return [name, [String(made.ciphertext), C.AES.decrypt(made, key, options).toString(C.enc.Utf8) === input.data]];
    }))"""
    padded = pkcs7(RAW, 16)
    # Gladman's counter begins one further, and counts up from its first byte.
    counters = b"".join(bytes([(IV[0] + at + 1) % 256]) + IV[1:] for at in range(len(padded) // 16))
    stream = AES.new(KEY, AES.MODE_ECB).encrypt(counters)
    expected = {
        "CBC": AES.new(KEY, AES.MODE_CBC, IV).encrypt(padded),
        "CFB": AES.new(KEY, AES.MODE_CFB, IV, segment_size=128).encrypt(padded),
        "CTR": AES.new(KEY, AES.MODE_CTR, nonce=b"", initial_value=IV).encrypt(padded),
        "CTRGladman": bytes(one ^ other for one, other in zip(padded, stream, strict=True)),
        "OFB": AES.new(KEY, AES.MODE_OFB, IV).encrypt(padded),
        "ECB": AES.new(KEY, AES.MODE_ECB).encrypt(padded),
    }
    got = result(guests, code, {"key": KEY.hex(), "iv": IV.hex(), "data": DATA})
    assert got == {name: [made.hex(), True] for name, made in expected.items()}


def test_paddings(guests: Guests) -> None:
    """Each of the six, seen by taking off none."""
    code = """
    return Object.fromEntries(['Pkcs7', 'AnsiX923', 'Iso10126', 'Iso97971', 'ZeroPadding', 'NoPadding'].map((name) => {
      const key = hex(input.key), options = { iv: hex(input.iv), padding: C.pad[name] }, text = name === 'NoPadding' ? 'sixteen letters!' : 'nine text';
      const made = C.AES.encrypt(text, key, options);
      return [name, [String(C.AES.decrypt(made, key, { ...options, padding: C.pad.NoPadding })), C.AES.decrypt(made, key, options).toString(C.enc.Utf8)]];
    }))"""
    got = result(guests, code, {"key": KEY.hex(), "iv": IV.hex()})
    text = b"nine text".hex()
    random = got.pop("Iso10126")
    assert (random[0][:18], random[0][-2:], random[1]) == (text, "07", "nine text")
    assert got == {
        "Pkcs7": [text + "07" * 7, "nine text"],
        "AnsiX923": [text + "00" * 6 + "07", "nine text"],
        "Iso97971": [text + "80" + "00" * 6, "nine text"],
        "ZeroPadding": [text + "00" * 7, "nine text"],
        "NoPadding": [b"sixteen letters!".hex(), "sixteen letters!"],
    }


def test_encoders(guests: Guests) -> None:
    """All eight, both ways."""
    code = """
    const words = C.enc.Utf8.parse(input), back = (name, text) => String(C.enc[name].parse(text));
    const forms = ['Hex', 'Base64', 'Base64url', 'Latin1', 'Utf8'].map((name) => [words.toString(C.enc[name]), back(name, words.toString(C.enc[name])) === String(words)]);
    return forms.concat(['Utf16', 'Utf16BE', 'Utf16LE'].map((name) => [back(name, input), C.enc[name].parse(input).toString(C.enc[name]) === input]))"""
    url = base64.urlsafe_b64encode(RAW).decode().rstrip("=")
    forms = [RAW.hex(), base64.b64encode(RAW).decode(), url, RAW.decode("latin1"), DATA]
    wide = [DATA.encode("utf-16-be").hex(), DATA.encode("utf-16-be").hex(), DATA.encode("utf-16-le").hex()]
    assert result(guests, code, DATA) == [[form, True] for form in [*forms, *wide]]


def test_formats_and_passphrases(guests: Guests) -> None:
    """OpenSSL's, with a salt that is new each time, and hexadecimal digits; what others wrote is read."""
    code = """
    const made = C.AES.encrypt(input.data, 'secret'), text = made.toString(), again = C.AES.encrypt(input.data, 'secret').toString();
    const digits = C.AES.encrypt(input.data, hex(input.key), { iv: hex(input.iv), format: C.format.Hex }).toString();
    return [text, text !== again, C.AES.decrypt(text, 'secret').toString(C.enc.Utf8) === input.data, C.AES.decrypt(input.theirs, 'secret').toString(C.enc.Utf8) === input.data, digits,
      C.AES.decrypt(digits, hex(input.key), { iv: hex(input.iv), format: C.format.Hex }).toString(C.enc.Utf8) === input.data, C.format.OpenSSL.parse(text).salt.sigBytes, C.lib.WordArray.random(17).sigBytes]"""
    key_iv = evp(b"secret", b"pepper!!", 48, 1, "md5")
    theirs = b"Salted__pepper!!" + AES.new(key_iv[:32], AES.MODE_CBC, key_iv[32:]).encrypt(pkcs7(RAW, 16))
    given = {"data": DATA, "key": KEY.hex(), "iv": IV.hex(), "theirs": base64.b64encode(theirs).decode()}
    text, *rest = result(guests, code, given)
    raw = base64.b64decode(text)
    mine = evp(b"secret", raw[8:16], 48, 1, "md5")
    assert raw[:8] == b"Salted__"
    assert AES.new(mine[:32], AES.MODE_CBC, mine[32:]).decrypt(raw[16:]) == pkcs7(RAW, 16)
    digits = AES.new(KEY, AES.MODE_CBC, IV).encrypt(pkcs7(RAW, 16)).hex()
    assert rest == [True, True, True, digits, True, 8, 17]
