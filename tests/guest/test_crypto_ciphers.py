"""`crypto`'s ciphers: the answers that standards print, node's for every cipher and form, and the traps of tags."""
# ruff: noqa: E501 - lines of JavaScript

from tests.granted import OPEN
from tests.guest.node import needs_node
from tests.guest.test_crypto_hashes import TELL, same_as_node
from tests.guest.vectors import vectors
from tests.harness import Guests

RUN = """
const crypto = require('crypto');
const hex = (text) => Buffer.from(text, 'hex');
const run = ({ name, key, iv, aad, plain, cipher, tag }, encrypts) => {
  const options = tag ? { authTagLength: tag.length / 2 } : undefined;
  const make = encrypts ? crypto.createCipheriv : crypto.createDecipheriv;
  const it = make(name, hex(key), name.endsWith('ecb') ? null : hex(iv), options);
  const data = hex(encrypts ? plain : cipher);
  if (!tag) it.setAutoPadding(false);
  if (tag && !encrypts) it.setAuthTag(hex(tag));
  if (aad) it.setAAD(hex(aad), { plaintextLength: data.length });
  const out = it.update(data, undefined, 'hex') + it.final('hex');
  return tag && encrypts ? [out, it.getAuthTag().toString('hex')] : [out];
};
"""


def test_ciphers_are_those_that_the_standards_print(guests: Guests) -> None:
    """Of NIST SP 800-38A, C and D, RFC 8439, GB/T 32907; both ways."""
    cases = vectors("ciphers")["cipher"]
    got = guests.result(RUN + "return input.map((one) => [run(one, true), run(one, false)])", cases, policy=OPEN)
    for case, (there, back) in zip(cases, got, strict=True):
        assert there == ([case["cipher"], case["tag"]] if case["tag"] else [case["cipher"]]), case["name"]
        assert back == [case["plain"]], case["name"]


def test_a_changed_tag_message_or_nonce_is_never_authentic(guests: Guests) -> None:
    """Each bit of tag and text, additional data, the nonce, and tags cut short, of every cipher that has tags."""
    code = (
        RUN
        + """
    const flip = (text, bit) => { const bytes = hex(text); bytes[bit >> 3] ^= 1 << (bit & 7); return bytes.toString('hex') };
    const fails = (one) => { try { run(one, false); return false } catch (error) { return /^Error: Unsupported state or unable to authenticate data$/.test(error) } };
    const accepted = [];
    for (const one of input) {
      for (let bit = 0; bit < one.tag.length * 4; bit++) if (!fails({ ...one, tag: flip(one.tag, bit) })) accepted.push([one.name, 'tag', bit]);
      for (const part of ['cipher', 'aad', 'iv', 'key']) {
        if (one[part]) for (const bit of [0, one[part].length * 4 - 1]) if (!fails({ ...one, [part]: flip(one[part], bit) })) accepted.push([one.name, part]);
      }
      for (const bytes of [4, 8, 12]) if (bytes * 2 < one.tag.length) {
        const it = crypto.createDecipheriv(one.name, hex(one.key), hex(one.iv), { authTagLength: one.tag.length / 2 });
        try { it.setAuthTag(hex(one.tag).subarray(0, bytes)); accepted.push([one.name, 'short', bytes]) } catch {}
      }
    }
    return accepted"""
    )
    cases = [case for case in vectors("ciphers")["cipher"] if case["tag"]]
    assert guests.result(code, cases, policy=OPEN) == []


@needs_node
def test_every_cipher_of_every_length_is_nodes(guests: Guests) -> None:
    """In one piece and in pieces of odd lengths, with and without padding, with additional data, back and forth."""
    code = """
    const names = crypto.getCiphers().filter((name) => crypto.getCipherInfo(name) && /^(aes-?|id-aes|des-?|sm4|chacha20-poly)/.test(name)
      && !/wrap|ocb|xts|hmac|cfb1$|des-ede(-|$)|gcm-siv|sm4-gcm/.test(name));
    return names.flatMap((name) => input.map((length) => [[name, length], tell(() => {
      const info = crypto.getCipherInfo(name), key = Buffer.alloc(info.keyLength, name), iv = info.ivLength ? Buffer.alloc(info.ivLength, length) : null;
      const tagged = /gcm|ccm|poly/i.test(name), whole = /ccm/i.test(name), options = tagged ? { authTagLength: 16 } : {};
      const data = Buffer.alloc(length, 'abcdefg'), there = crypto.createCipheriv(name, key, iv, options), back = crypto.createDecipheriv(name, key, iv, options);
      const pieces = whole ? [data] : [data.subarray(0, 5), data.subarray(5, 37), data.subarray(37)];
      if (tagged) there.setAAD(Buffer.from('additional'), { plaintextLength: length });
      const made = pieces.map((piece) => there.update(piece)), made2 = [...made, there.final()], text = Buffer.concat(made2);
      if (tagged) { back.setAuthTag(there.getAuthTag()); back.setAAD(Buffer.from('additional'), { plaintextLength: length }) }
      const parts = whole ? [text] : [text.subarray(0, 16), text.subarray(16, 33), text.subarray(33)];
      const plain = Buffer.concat([...parts.map((part) => back.update(part)), back.final()]);
      return [made2.map((each) => each.length).join(), crypto.createHash('sha1').update(text).digest('hex'), tagged ? there.getAuthTag().toString('hex') : '', plain.equals(data)].join(' ');
    })]))"""
    same_as_node(guests, code, [0, 1, 15, 16, 17, 32, 48, 100, 5000])


@needs_node
def test_large_messages_are_nodes(guests: Guests) -> None:
    """Of a megabyte, which goes to the host in pieces; and by nonces of all lengths."""
    code = """
    const big = Buffer.alloc(1_000_003, 'abc'), key = Buffer.alloc(32, 5);
    const sum = (it) => { const out = Buffer.concat([it.update(big), it.final()]); return crypto.createHash('sha256').update(out).digest('hex') };
    return [
      ...['aes-256-gcm', 'aes-256-cbc', 'aes-256-ctr', 'aes-256-ecb', 'aes-256-ofb', 'chacha20-poly1305'].map((name) => [name, tell(() =>
        sum(crypto.createCipheriv(name, key, name.endsWith('ecb') ? null : Buffer.alloc(crypto.getCipherInfo(name).ivLength, 1))))]),
      ['ccm', tell(() => crypto.createCipheriv('aes-256-ccm', key, Buffer.alloc(12), { authTagLength: 16 }).update(big).length)],
      ...[1, 2, 7, 8, 9, 16, 17, 64, 127, 128].map((bytes) => [bytes, tell(() => { const it = crypto.createCipheriv('aes-256-gcm', key, Buffer.alloc(bytes, 1)).setAAD('x');
        return it.update('text', 'utf8', 'hex') + it.final('hex') + it.getAuthTag().toString('hex') })]),
      ...['aes-256-cbc', 'aes-256-gcm', 'aes-256-ccm', 'chacha20-poly1305', 'des-ede3-cbc', 'aes-256-ecb'].flatMap((name) => [0, 1, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17].map((bytes) =>
        [[name, bytes], tell(() => crypto.createCipheriv(name, key.subarray(0, name[0] === 'd' ? 24 : 32), Buffer.alloc(bytes), { authTagLength: 16 }))])),
      ...[0, 1, 15, 16, 17, 24, 31, 33].map((bytes) => [bytes, tell(() => crypto.createCipheriv('aes-128-cbc', Buffer.alloc(bytes), Buffer.alloc(16)))]),
    ]"""
    same_as_node(guests, code, None)


MEGABYTES = """
const c = crypto, { subtle } = c.webcrypto, T = {}; const big=Buffer.alloc(3_000_001,'xyz'); const iv=Buffer.alloc(12,1), k=Buffer.alloc(32,2);
const h = (b) => c.createHash('sha1').update(Buffer.from(b)).digest('hex');
const key=await subtle.importKey('raw',k,'AES-GCM',true,['encrypt','decrypt']);
const ct=await subtle.encrypt({name:'AES-GCM',iv,additionalData:big},key,big); T.gcm=h(ct); T.back=h(await subtle.decrypt({name:'AES-GCM',iv,additionalData:big},key,ct));
const bad=new Uint8Array(ct); bad[5]^=1; T.bad=await subtle.decrypt({name:'AES-GCM',iv,additionalData:big},key,bad).catch(e=>e.name);
const ck=await subtle.importKey('raw',k,'AES-CBC',true,['encrypt','decrypt']); const cb=await subtle.encrypt({name:'AES-CBC',iv:Buffer.alloc(16)},ck,big); T.cbc=h(cb); T.cbcb=h(await subtle.decrypt({name:'AES-CBC',iv:Buffer.alloc(16)},ck,cb)); T.cbcbad=await subtle.decrypt({name:'AES-CBC',iv:Buffer.alloc(16)},ck,cb.slice(0,-3)).catch(e=>e.name);
const tk=await subtle.importKey('raw',k,'AES-CTR',true,['encrypt','decrypt']); T.ctr=h(await subtle.encrypt({name:'AES-CTR',counter:Buffer.alloc(16,255),length:64},tk,big));
const mk=await subtle.importKey('raw',k,{name:'HMAC',hash:'SHA-512'},true,['sign']); T.mac=h(await subtle.sign('HMAC',mk,big)); T.dig=h(await subtle.digest('SHA-512',big));
const ccm=c.createCipheriv('aes-256-ccm',k,iv,{authTagLength:12}); ccm.setAAD(Buffer.alloc(70000),{plaintextLength:big.length}); const cc=ccm.update(big); ccm.final(); T.ccm=h(cc)+ccm.getAuthTag().toString('hex');
const g=c.createCipheriv('aes-256-gcm',k,iv); g.setAAD(big); T.g=h(Buffer.concat([g.update(big.subarray(0,7)),g.update(big),g.final()]))+g.getAuthTag().toString('hex');
const d=c.createDecipheriv('aes-256-cbc',k,Buffer.alloc(16)); T.d=h(Buffer.concat([d.update(Buffer.from(cb)),d.final()]));
const ch=c.createCipheriv('chacha20-poly1305',k,iv,{authTagLength:16}); ch.setAAD(big.subarray(0,100),{plaintextLength:big.length}); T.ch=h(Buffer.concat([ch.update(big),ch.final()]))+ch.getAuthTag().toString('hex');
const e=c.createCipheriv('des-ede3-cbc',k.subarray(0,24),Buffer.alloc(8)); T.e=h(Buffer.concat([e.update(big.subarray(0,300001)),e.final()]));
const s=c.createCipheriv('sm4-ofb',k.subarray(16),Buffer.alloc(16)); T.s=h(Buffer.concat([s.update(big),s.final()]));
T.hs=[c.createHash('sha3-512').update(big.toString('latin1')).digest('hex'),c.createHmac('blake2b512',big.subarray(0,1000000)).update(big).digest('hex'),c.createHash('shake256',{outputLength:300000}).update(big).digest('hex').slice(-40)];
const hh=c.createHash('sha256'); for(let i=0;i<3000;i++) hh.update(big.subarray(i*7,i*7+1000)); T.many=hh.copy().digest('hex')+hh.update('x').digest('hex');
return Object.entries(T);"""


@needs_node
def test_three_megabytes_through_everything_are_nodes(guests: Guests) -> None:
    """Ciphers with additional data as large, the web's too and changed ones, HMACs, and a hash of three thousand pieces."""
    same_as_node(guests, MEGABYTES, None)


STATES = """
const k = Buffer.alloc(32, 1), iv = Buffer.alloc(12, 2), long = Buffer.alloc(16);
const gcm = (options) => crypto.createCipheriv('aes-256-gcm', k, iv, options), ungcm = (options) => crypto.createDecipheriv('aes-256-gcm', k, iv, options);
const ccm = () => crypto.createCipheriv('aes-256-ccm', k, iv, { authTagLength: 16 }), unccm = () => crypto.createDecipheriv('aes-256-ccm', k, iv, { authTagLength: 16 });
const cbc = () => crypto.createCipheriv('aes-256-cbc', k, long), uncbc = () => crypto.createDecipheriv('aes-256-cbc', k, long);
const done = (it) => { try { it.final() } catch {} return it };
const tries = [
  () => crypto.createCipheriv('nope', k, iv), () => crypto.createCipheriv('aes-256-cbc', k, null), () => crypto.createCipheriv('aes-256-ecb', k, iv),
  () => crypto.createCipheriv(5, k, iv), () => crypto.createCipheriv('aes-256-cbc', 5, iv), () => crypto.createCipheriv('aes-256-cbc', k, 5), () => crypto.createCipheriv('aes-256-cbc', k),
  () => crypto.createCipheriv('__proto__', k, iv), () => crypto.createCipheriv('AES-256-CBC', k, long), () => crypto.createCipheriv('aes256', k, long),
  ...[0, 3, 4, 5, 8, 11, 12, 16, 17, -1, 1.5, 'x', null, 2 ** 31].flatMap((authTagLength) => ['aes-256-gcm', 'aes-256-ccm', 'chacha20-poly1305', 'aes-256-ctr'].map((name) =>
    () => crypto.createCipheriv(name, k, name.endsWith('ctr') ? long : iv, { authTagLength }))),
  () => crypto.createCipheriv('aes-256-ccm', k, iv), () => ccm().final(), () => { const it = ccm(); it.update('a'); it.update('b') }, () => { const it = ccm(); it.update(''); it.final(); return it.getAuthTag() },
  () => ccm().setAAD(long), () => ccm().setAAD(long, { plaintextLength: 3 }).update('abcd'), () => ccm().setAAD(long, { plaintextLength: -1 }), () => ccm().setAAD(long, { plaintextLength: 'x' }),
  () => ccm().setAAD(long, { plaintextLength: 2 ** 24 }), () => unccm().update('abc'), () => { const it = unccm(); it.setAuthTag(long); return [it.update('abc').length, tell(() => it.final())] },
  () => { const it = unccm(); it.update('abc'); it.final() },
  () => { const it = ungcm(); it.setAuthTag(long); const out = it.update('abc', 'utf8', 'hex'); return [out, tell(() => it.final()), tell(() => it.final())] }, () => ungcm().final(),
  () => ungcm().setAuthTag(Buffer.alloc(5)), () => ungcm({ authTagLength: 16 }).setAuthTag(iv), () => { const it = ungcm(); it.setAuthTag(long); it.setAuthTag(long) }, () => ungcm().setAuthTag(5), () => ungcm().setAuthTag('00'.repeat(16), 'hex'),
  () => gcm().getAuthTag(), () => gcm({ authTagLength: 4 }).final().length, () => { const it = gcm({ authTagLength: 4 }); it.final(); return it.getAuthTag() },
  () => done(cbc()).getAuthTag(), () => cbc().setAAD(iv), () => { const it = gcm(); it.update('a'); it.setAAD(iv) }, () => { const it = gcm(); it.setAAD(iv); it.setAAD(long); it.final(); return it.getAuthTag() },
  () => gcm().setAAD(5), () => done(gcm()).setAAD(iv), () => done(ungcm()).setAuthTag(long), () => done(cbc()).final(), () => done(cbc()).update('a'), () => done(cbc()).setAutoPadding(),
  () => { const it = cbc(); it.setAutoPadding(false); it.update('abc'); it.final() }, () => { const it = uncbc(); it.update(long); it.final() }, () => { const it = uncbc(); it.update(iv); it.final() }, () => uncbc().final(),
  () => { const it = cbc(); it.update('abc', 'utf8', 'hex'); it.final('base64') }, () => cbc().update(1), () => cbc().update(null), () => cbc().update('abc', 'hex'), () => cbc().update('zz', 'hex', 'hex'), () => cbc().update(new ArrayBuffer(1)), () => cbc().update('a'.repeat(40), 'utf8', 'nope'),
  ...['hex', 'base64', 'base64url', 'latin1', 'utf8', 'ucs2'].map((name) => () => { const it = crypto.createCipheriv('aes-256-ctr', k, long); return [it.update('a', 'utf8', name), it.update('bcde', 'utf8', name), it.final(name)].join('|') }),
];
return tries.map((each, at) => [at, tell(each)])
"""


@needs_node
def test_states_and_wrong_arguments_are_the_errors_of_node(guests: Guests) -> None:
    """Tags of lengths that there are not, calls in the wrong order, objects used again, text that is cut."""
    same_as_node(guests, STATES, None)


@needs_node
def test_what_is_told_of_ciphers_is_nodes(guests: Guests) -> None:
    """By name, by number, and for lengths of key and nonce."""
    code = """
    const names = ['aes-256-gcm', 'aes-128-ecb', 'chacha20-poly1305', 'des-ede3-cbc', 'sm4-ctr', 'aes-192-ccm', 'aes-128-cfb8', 'aes128', 'AES-256-CBC',
      'id-aes128-GCM', 'des3', 'des-ede3', 'sm4', 'nope', '__proto__', 901, 1018, 33, -1, 1.5, {}];
    const options = [undefined, { ivLength: 0 }, { ivLength: 7 }, { ivLength: 12 }, { ivLength: 16 }, { ivLength: 100 }, { keyLength: 16 }, { keyLength: 'x' }, null, 5];
    return names.flatMap((name) => options.map((one) => [[name, one], tell(() => crypto.getCipherInfo(name, one))]))"""
    same_as_node(guests, code, None)


def test_ciphers_that_were_begun_and_not_ended_are_bounded(guests: Guests) -> None:
    """The host does not keep as many as a guest likes."""
    code = (
        TELL
        + """
    let count = 0;
    try { for (;;) { crypto.createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update('a'); count++ } } catch (error) { return [count, error.name, error.message] }"""
    )
    assert guests.result(code, policy=OPEN) == [4096, "CapabilityError", "The execution has 4096 ciphers open"]
