// publicEncrypt, privateDecrypt, privateEncrypt, publicDecrypt.
const { failure, request } = require('node/crypto/host');
const { bufferOf, bytesOf } = require('node/crypto/args');
const { hashSpec } = require('node/crypto/hash_names');
const { keyField } = require('node/crypto/keyobject');
const { anyPublicHandle, operations, privateHandle } = require('node/crypto/keys');
const { validateString } = require('internal/validators');

const PKCS1 = 1;
const OAEP = 4;
// The host takes what goes with the key: a named key has one padding.
const NAMED_KEYS_OWN = 0;
const MOST = 0x7fffffff;

/** A padding as a field: what is no number is none that there is. */
function paddingOf(options, handle, otherwise) {
  const padding = typeof options === 'object' ? options.padding : undefined;
  if (!padding) return handle.name === undefined ? otherwise : NAMED_KEYS_OWN;
  return typeof padding === 'number' && padding === padding >> 0 ? padding : MOST;
}

function crypt(operation, handle, options, buffer) {
  const padding = paddingOf(options, handle, OAEP);
  const { oaepHash, oaepLabel, encoding } = options;
  if (oaepHash !== undefined) validateString(oaepHash, 'key.oaepHash');
  const label = oaepLabel === undefined ? undefined : bytesOf(oaepLabel, 'key.oaepLabel', encoding);
  const content = bytesOf(buffer, 'buffer', encoding);
  const spec = oaepHash === undefined ? undefined : hashSpec(oaepHash);
  if (oaepHash !== undefined && (spec === undefined || spec.xof)) {
    throw failure('Error', 'ERR_OSSL_EVP_INVALID_DIGEST', 'Invalid digest used');
  }
  return bufferOf(request(operation, keyField(handle), padding, spec?.name, label, content));
}

function publicEncrypt(options, buffer) {
  return crypt(operations.ENCRYPT, anyPublicHandle(options), options, buffer);
}

function privateDecrypt(options, buffer) {
  return crypt(operations.DECRYPT, privateHandle(options), options, buffer);
}

function privateEncrypt(options, buffer) {
  const handle = privateHandle(options);
  const content = bytesOf(buffer, 'buffer', options.encoding);
  return bufferOf(request(operations.PRIVATE_ENCRYPT, keyField(handle), paddingOf(options, handle, PKCS1), content));
}

function publicDecrypt(options, buffer) {
  const handle = anyPublicHandle(options);
  const content = bytesOf(buffer, 'buffer', options.encoding);
  return bufferOf(request(operations.PUBLIC_DECRYPT, keyField(handle), paddingOf(options, handle, PKCS1), content));
}

module.exports = { privateDecrypt, privateEncrypt, publicDecrypt, publicEncrypt };
