// The codes of crypto's own errors that Node makes in JavaScript; those that it makes elsewhere are `failure`'s (host.js).
const { Error, RangeError, TypeError } = primordials;
const { define } = require('internal/errors');

define('ERR_CRYPTO_ECDH_INVALID_FORMAT', TypeError, (format) => 'Invalid ECDH format: ' + format);
define('ERR_CRYPTO_ECDH_INVALID_PUBLIC_KEY', Error, 'Public key is not valid for specified curve');
define('ERR_CRYPTO_HASH_FINALIZED', Error, 'Digest already called');
define('ERR_CRYPTO_HASH_UPDATE_FAILED', Error, 'Hash update failed');
define('ERR_CRYPTO_INCOMPATIBLE_KEY', Error, (what, got) => 'Incompatible ' + what + ': ' + got);
define('ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS', Error, (type, problem) => 'The selected key encoding ' + type + ' ' + problem + '.');
define('ERR_CRYPTO_INVALID_DIGEST', TypeError, (name) => 'Invalid digest: ' + name);
define('ERR_CRYPTO_INVALID_JWK', TypeError, 'Invalid JWK data');
define('ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE', TypeError, (got, expected) =>
  'Invalid key object type ' + got + ', expected ' + expected + '.',
);
define('ERR_CRYPTO_INVALID_STATE', Error, (name) => 'Invalid state for operation ' + name);
define('ERR_CRYPTO_JWK_UNSUPPORTED_CURVE', Error, (name) => 'Unsupported JWK EC curve: ' + name + '.');
define('ERR_CRYPTO_JWK_UNSUPPORTED_KEY_TYPE', Error, 'Unsupported JWK Key Type.');
define('ERR_CRYPTO_PBKDF2_ERROR', Error, 'PBKDF2 error');
define('ERR_CRYPTO_SCRYPT_INVALID_PARAMETER', Error, 'Invalid scrypt parameter');
define('ERR_CRYPTO_SIGN_KEY_REQUIRED', Error, 'No key provided to sign');
define('ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH', RangeError, 'Input buffers must have the same byte length');
define('ERR_INCOMPATIBLE_OPTION_PAIR', TypeError, (one, other) =>
  'Option "' + one + '" cannot be used in combination with option "' + other + '"',
);
define('ERR_MISSING_OPTION', TypeError, (name) => name + ' is required');
define('ERR_INTERNAL_ASSERTION', Error, (message) => message);
define('ERR_OPERATION_FAILED', Error, (why) => 'Operation failed: ' + why);
