// The hashes that there are: by all names under which OpenSSL knows them, what they are called in policies and what they
// are made of.
const { StringPrototypeSplit, StringPrototypeToLowerCase } = primordials;

// By a policy's name: the number of c/hashes.h or -1, bytes of the digest, bytes of a block, bytes that the host takes at
// once, and what else OpenSSL calls it, in small letters.
const KiB = 1024;
const table = {
  __proto__: null,
  md5: [0, 16, 64, 256, 'ssl3-md5 rsa-md5 md5withrsaencryption'],
  sha1: [1, 20, 64, 256, 'sha-1 ssl3-sha1 rsa-sha1 rsa-sha1-2 sha1withrsaencryption'],
  sha224: [2, 28, 64, 256, 'sha-224 sha2-224 rsa-sha224 sha224withrsaencryption'],
  sha256: [3, 32, 64, 256, 'sha-256 sha2-256 rsa-sha256 sha256withrsaencryption'],
  sha384: [4, 48, 128, 256, 'sha-384 sha2-384 rsa-sha384 sha384withrsaencryption'],
  sha512: [5, 64, 128, 256, 'sha-512 sha2-512 rsa-sha512 sha512withrsaencryption'],
  'sha512-224': [6, 28, 128, 256, 'sha-512/224 sha2-512/224 rsa-sha512/224 sha512-224withrsaencryption'],
  'sha512-256': [7, 32, 128, 256, 'sha-512/256 sha2-512/256 rsa-sha512/256 sha512-256withrsaencryption'],
  'sha3-224': [-1, 28, 144, 128, 'rsa-sha3-224 id-rsassa-pkcs1-v1_5-with-sha3-224'],
  'sha3-256': [-1, 32, 136, 128, 'rsa-sha3-256 id-rsassa-pkcs1-v1_5-with-sha3-256'],
  'sha3-384': [-1, 48, 104, 128, 'rsa-sha3-384 id-rsassa-pkcs1-v1_5-with-sha3-384'],
  'sha3-512': [-1, 64, 72, 96, 'rsa-sha3-512 id-rsassa-pkcs1-v1_5-with-sha3-512'],
  shake128: [-1, 16, 168, 128, 'shake-128'],
  shake256: [-1, 32, 136, 128, 'shake-256'],
  blake2b512: [-1, 64, 128, 256, 'blake2b-512'],
  blake2s256: [-1, 32, 64, 256, 'blake2s-256'],
  ripemd160: [-1, 20, 64, 96, 'ripemd rmd160 ripemd-160 ripemd160withrsa rsa-ripemd160'],
  sm3: [-1, 32, 64, 128, 'rsa-sm3 sm3withrsaencryption'],
};

const byName = { __proto__: null };
// By the other names; made when one of them is asked for.
let others;

function findOthers() {
  others = { __proto__: null };
  for (const name in table) {
    const names = StringPrototypeSplit(table[name][4], ' ');
    for (let i = 0; i < names.length; i++) others[names[i]] = name;
  }
}

/** What a hash is made of, by any of its names in any spelling; `undefined` for one that there is not. */
function hashSpec(name) {
  return byName[name] ?? find(name);
}

function find(given) {
  let name = given;
  if (table[name] === undefined) name = StringPrototypeToLowerCase(given);
  if (table[name] === undefined) {
    if (others === undefined) findOthers();
    name = others[name];
    if (name === undefined) return undefined;
  }
  const row = table[name];
  const xof = name === 'shake128' || name === 'shake256';
  byName[name] ??= { __proto__: null, name, code: row[0], bytes: row[1], block: row[2], chunk: row[3] * KiB, xof };
  byName[given] = byName[name];
  return byName[name];
}

function hashName(name) {
  return typeof name === 'string' ? hashSpec(name)?.name : undefined;
}

// As Node lists them, without those that there are not.
const listed =
  'RSA-MD5 RSA-RIPEMD160 RSA-SHA1 RSA-SHA1-2 RSA-SHA224 RSA-SHA256 RSA-SHA3-224 RSA-SHA3-256 RSA-SHA3-384 RSA-SHA3-512 ' +
  'RSA-SHA384 RSA-SHA512 RSA-SHA512/224 RSA-SHA512/256 RSA-SM3 blake2b512 blake2s256 id-rsassa-pkcs1-v1_5-with-sha3-224 ' +
  'id-rsassa-pkcs1-v1_5-with-sha3-256 id-rsassa-pkcs1-v1_5-with-sha3-384 id-rsassa-pkcs1-v1_5-with-sha3-512 md5 ' +
  'md5WithRSAEncryption ripemd ripemd160 ripemd160WithRSA rmd160 sha1 sha1WithRSAEncryption sha224 ' +
  'sha224WithRSAEncryption sha256 sha256WithRSAEncryption sha3-224 sha3-256 sha3-384 sha3-512 sha384 ' +
  'sha384WithRSAEncryption sha512 sha512-224 sha512-224WithRSAEncryption sha512-256 sha512-256WithRSAEncryption ' +
  'sha512WithRSAEncryption shake128 shake256 sm3 sm3WithRSAEncryption ssl3-md5 ssl3-sha1';

function getHashes() {
  return StringPrototypeSplit(listed, ' ');
}

module.exports = { getHashes, hashName, hashSpec };
