// The error that Node's functions fail with when their signal is aborted, and the check of a signal argument.
const { Error, ObjectDefineProperty } = primordials;

class AbortError extends Error {
  constructor(message = 'The operation was aborted', options = undefined) {
    if (options !== undefined && typeof options !== 'object') throw nodeError('ERR_INVALID_ARG_TYPE', 'options', 'Object', options);
    super(message, options);
    own(this, 'code', 'ABORT_ERR');
    own(this, 'name', 'AbortError');
  }
}

function own(error, key, value) {
  ObjectDefineProperty(error, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

/** Node takes whatever has `aborted` for a signal. */
function checkSignal(signal, name) {
  if (signal !== undefined && (signal === null || typeof signal !== 'object' || !('aborted' in signal))) {
    throw nodeError('ERR_INVALID_ARG_TYPE', name, 'AbortSignal', signal);
  }
}

module.exports = { AbortError, checkSignal };
