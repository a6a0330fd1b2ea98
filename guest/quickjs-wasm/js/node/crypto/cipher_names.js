// The ciphers that there are: by all names under which OpenSSL knows them, with what getCipherInfo tells of them.
const {
  ArrayPrototypeIndexOf,
  MathMin,
  StringPrototypeLastIndexOf,
  StringPrototypeSlice,
  StringPrototypeSplit,
  StringPrototypeStartsWith,
  StringPrototypeToLowerCase,
} = primordials;

const KiB = 1024;
// Longer than OpenSSL's, which has 128: the standard has no such bound.
const GCM_IV_BYTES_MAX = 4096;
// By mode: bytes of a block, of a nonce (0: it has none), and what the host takes at once.
const modes = {
  __proto__: null,
  ecb: [16, 0, 256 * KiB],
  cbc: [16, 16, 192 * KiB],
  ctr: [1, 16, 256 * KiB],
  cfb: [1, 16, 192 * KiB],
  cfb8: [1, 16, 16 * KiB],
  ofb: [1, 16, 192 * KiB],
  gcm: [1, 12, 256 * KiB],
  ccm: [1, 12, 0],
};
// OpenSSL's numbers, in the order of the modes.
const order = ['ecb', 'cbc', 'ctr', 'cfb', 'cfb8', 'ofb', 'gcm', 'ccm'];
const numbers = {
  __proto__: null,
  'aes-128': [418, 419, 904, 421, 653, 420, 895, 896],
  'aes-192': [422, 423, 905, 425, 654, 424, 898, 899],
  'aes-256': [426, 427, 906, 429, 655, 428, 901, 902],
  'des-ede3': [33, 44, 0, 61, 659, 63, 0, 0],
  sm4: [1133, 1134, 1139, 1137, 0, 1135, 1248, 0],
};
const keys = { __proto__: null, 'aes-128': 16, 'aes-192': 24, 'aes-256': 32, 'des-ede3': 24, sm4: 16 };

const aliases = { __proto__: null, aes128: 'aes-128-cbc', aes192: 'aes-192-cbc', aes256: 'aes-256-cbc', des3: 'des-ede3-cbc', sm4: 'sm4-cbc', 'des-ede3': 'des-ede3-ecb' };
const chacha = {
  __proto__: null, name: 'chacha20-poly1305', shown: 'chacha20-poly1305', granted: 'chacha20-poly1305', mode: 'stream', nid: 1018,
  keyBytes: 32, ivBytes: 12, blockBytes: 0, padded: false, tagged: true, chunk: 256 * KiB,
};
const byName = { __proto__: null };

/** What OpenSSL itself calls it. */
function shownName(family, mode) {
  if (mode === 'gcm' || mode === 'ccm') return family === 'sm4' ? 'sm4-' + mode : 'id-aes' + StringPrototypeSlice(family, 4) + '-' + mode;
  return family === 'des-ede3' && mode === 'ecb' ? 'des-ede3' : family + '-' + mode;
}

function makeSpec(family, mode, nid) {
  const row = modes[mode];
  const slow = family === 'des-ede3' ? 12 : family === 'sm4' ? 48 : 1024;
  const block = family === 'des-ede3' ? 8 : 16;
  return {
    __proto__: null,
    name: family + '-' + mode,
    shown: shownName(family, mode),
    granted: family + '-' + (mode === 'cfb8' ? 'cfb' : mode),
    mode: mode === 'cfb8' ? 'cfb' : mode,
    nid,
    keyBytes: keys[family],
    ivBytes: row[1] === 16 ? block : row[1],
    blockBytes: row[0] === 16 ? block : row[0],
    padded: mode === 'ecb' || mode === 'cbc',
    tagged: mode === 'gcm' || mode === 'ccm',
    chunk: MathMin(row[2], (mode === 'cfb8' && slow < 1024 ? 1 : slow) * KiB),
  };
}

/** By a name in small letters, which is a family's with a mode's behind it. */
function find(written) {
  if (written === 'chacha20-poly1305') return chacha;
  const tagged = StringPrototypeStartsWith(written, 'id-aes');
  const name = tagged ? 'aes-' + StringPrototypeSlice(written, 6) : (aliases[written] ?? written);
  const cut = StringPrototypeLastIndexOf(name, '-');
  const family = StringPrototypeSlice(name, 0, cut);
  const mode = StringPrototypeSlice(name, cut + 1);
  if (cut < 0 || numbers[family] === undefined || modes[mode] === undefined) return undefined;
  if (tagged && mode !== 'gcm' && mode !== 'ccm') return undefined;
  const nid = numbers[family][ArrayPrototypeIndexOf(order, mode)];
  return nid === 0 ? undefined : makeSpec(family, mode, nid);
}

/** What a cipher is, by any of its names; `undefined` for one that there is not. */
function cipherSpec(name) {
  return (byName[name] ??= find(StringPrototypeToLowerCase(name)));
}

/** Whether a nonce of so many bytes can be used. */
function fitsIv(spec, length) {
  if (spec.mode === 'gcm') return length > 0 && length <= GCM_IV_BYTES_MAX;
  if (spec.mode === 'ccm') return length >= 7 && length <= 13;
  return length === spec.ivBytes;
}

/** How long a message of CCM may be with a nonce of so many bytes. */
function ccmBytesMax(ivBytes) {
  return ivBytes === 12 ? 16777215 : ivBytes === 13 ? 65535 : 2147483647;
}

function getCipherInfo(nameOrNid, options) {
  if (typeof nameOrNid !== 'string' && typeof nameOrNid !== 'number') {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'nameOrNid', ['string', 'number'], nameOrNid);
  }
  const validators = require('internal/validators');
  if (typeof nameOrNid === 'number') validators.validateInteger(nameOrNid, 'nameOrNid', -2147483648, 2147483647);
  let keyLength;
  let ivLength;
  if (options !== undefined) {
    if (typeof options !== 'object' || options === null) throw nodeError('ERR_INVALID_ARG_TYPE', 'options', 'object', options);
    ({ keyLength, ivLength } = options);
    if (keyLength !== undefined) validators.validateInteger(keyLength, 'options.keyLength', -2147483648, 2147483647);
    if (ivLength !== undefined) validators.validateInteger(ivLength, 'options.ivLength', -2147483648, 2147483647);
  }
  const spec = typeof nameOrNid === 'string' ? cipherSpec(nameOrNid) : byNid(nameOrNid);
  if (spec === undefined || (keyLength !== undefined && keyLength !== spec.keyBytes)) return undefined;
  if (ivLength !== undefined && !fitsIv(spec, ivLength)) return undefined;
  const info = { mode: spec.mode, name: spec.shown, nid: spec.nid };
  if (spec.blockBytes > 0) info.blockSize = spec.blockBytes;
  const shownIv = ivLength === undefined ? spec.ivBytes : ivLength;
  if (shownIv > 0) info.ivLength = shownIv;
  info.keyLength = spec.keyBytes;
  return info;
}

function byNid(nid) {
  const names = getCiphers();
  for (let i = 0; i < names.length; i++) {
    const spec = cipherSpec(names[i]);
    if (spec.nid === nid) return spec;
  }
  return undefined;
}

// As Node lists them, without those that there are not; and sm4-gcm.
const listed =
  'aes-128-cbc aes-128-ccm aes-128-cfb aes-128-cfb8 aes-128-ctr aes-128-ecb aes-128-gcm aes-128-ofb aes-192-cbc ' +
  'aes-192-ccm aes-192-cfb aes-192-cfb8 aes-192-ctr aes-192-ecb aes-192-gcm aes-192-ofb aes-256-cbc aes-256-ccm ' +
  'aes-256-cfb aes-256-cfb8 aes-256-ctr aes-256-ecb aes-256-gcm aes-256-ofb aes128 aes192 aes256 chacha20-poly1305 ' +
  'des-ede3 des-ede3-cbc des-ede3-cfb des-ede3-cfb8 des-ede3-ecb des-ede3-ofb des3 id-aes128-CCM id-aes128-GCM ' +
  'id-aes192-CCM id-aes192-GCM id-aes256-CCM id-aes256-GCM sm4 sm4-cbc sm4-cfb sm4-ctr sm4-ecb sm4-gcm sm4-ofb';

function getCiphers() {
  return StringPrototypeSplit(listed, ' ');
}

module.exports = { ccmBytesMax, cipherSpec, fitsIv, getCipherInfo, getCiphers };
