// Checks of arguments that more than one module makes, with Node's errors.
const { ArrayIsArray, ArrayPrototypeIncludes, ArrayPrototypeJoin, ArrayPrototypeMap, NumberIsInteger } = primordials;

function validateObject(value, name, allowed = '') {
  if (value === null || ArrayIsArray(value) || typeof value !== 'object') {
    if (allowed === 'array' && ArrayIsArray(value)) return;
    if (allowed === 'function' && typeof value === 'function') return;
    throw nodeError('ERR_INVALID_ARG_TYPE', name, 'Object', value);
  }
}

function validateString(value, name) {
  if (typeof value !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'string', value);
}

function validateBoolean(value, name) {
  if (typeof value !== 'boolean') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'boolean', value);
}

function validateFunction(value, name) {
  if (typeof value !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'Function', value);
}

function validateArray(value, name) {
  if (!ArrayIsArray(value)) throw nodeError('ERR_INVALID_ARG_TYPE', name, 'Array', value);
}

function validateInteger(value, name, least = -(2 ** 53 - 1), most = 2 ** 53 - 1) {
  if (typeof value !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'number', value);
  if (!NumberIsInteger(value)) throw nodeError('ERR_OUT_OF_RANGE', name, 'an integer', value);
  if (value < least || value > most) throw nodeError('ERR_OUT_OF_RANGE', name, '>= ' + least + ' && <= ' + most, value);
}

function validateOneOf(value, name, allowed) {
  if (ArrayPrototypeIncludes(allowed, value)) return;
  const shown = ArrayPrototypeMap(allowed, (one) => (typeof one === 'string' ? "'" + one + "'" : '' + one));
  throw nodeError('ERR_INVALID_ARG_VALUE', name, value, 'must be one of: ' + ArrayPrototypeJoin(shown, ', '));
}

module.exports = {
  validateArray, validateBoolean, validateFunction, validateInteger, validateObject, validateOneOf, validateString,
};
