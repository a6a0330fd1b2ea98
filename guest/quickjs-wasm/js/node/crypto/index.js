// `crypto`: each part is loaded when it is first touched.
const { ObjectDefineProperty } = primordials;
const { lazy } = bindings('host');

const parts = {
  __proto__: null,
  hashes: ['createHash', 'createHmac', 'hash', 'Hash', 'Hmac'],
  hash_names: ['getHashes'],
  cipher: ['createCipheriv', 'createDecipheriv', 'Cipheriv', 'Decipheriv'],
  cipher_names: ['getCiphers', 'getCipherInfo'],
  derive: ['pbkdf2', 'pbkdf2Sync', 'scrypt', 'scryptSync', 'hkdf', 'hkdfSync'],
  random: ['randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID'],
  secret: ['createSecretKey', 'generateKey', 'generateKeySync', 'hostKey', 'timingSafeEqual'],
  keyobject: ['KeyObject'],
  keys: ['createPrivateKey', 'createPublicKey'],
  sign: ['createSign', 'createVerify', 'sign', 'verify', 'Sign', 'Verify'],
  rsa: ['privateDecrypt', 'privateEncrypt', 'publicDecrypt', 'publicEncrypt'],
  ec: ['createECDH', 'getCurves', 'ECDH'],
  dh: ['createDiffieHellman', 'createDiffieHellmanGroup', 'diffieHellman', 'getDiffieHellman', 'DiffieHellman', 'DiffieHellmanGroup'],
  generate: ['generateKeyPair', 'generateKeyPairSync'],
  x509: ['X509Certificate'],
};

const crypto = {};
for (const part in parts) {
  const names = parts[part];
  for (let i = 0; i < names.length; i++) lazy(crypto, names[i], 'node/crypto/' + part + '#' + names[i], true);
}
lazy(crypto, 'constants', 'node/crypto/constants', true);
lazy(crypto, 'webcrypto', 'web/crypto#crypto', true);
lazy(crypto, 'subtle', 'web/crypto#subtle', true);
lazy(crypto, 'getRandomValues', 'web/crypto#getRandomValues', true);

function getFips() {
  return 0;
}
ObjectDefineProperty(crypto, 'getFips', { __proto__: null, value: getFips, writable: true, enumerable: true, configurable: true });

module.exports = crypto;
