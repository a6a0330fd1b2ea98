// util.styleText: a text between the escape sequences of one or more colours.
const { ArrayIsArray, ObjectKeys } = primordials;
const { colors } = require('internal/inspect').inspect;
const { validateBoolean, validateOneOf, validateString } = require('internal/validators');

/** What Node takes for a stream: one of its own, or one of the web's. */
function isStream(value) {
  if (value === null || typeof value !== 'object') return false;
  const node = typeof value.on === 'function' && (typeof value.pipe === 'function' || typeof value.write === 'function');
  return node || typeof value.getReader === 'function' || typeof value.getWriter === 'function';
}

function codesOf(name) {
  const codes = colors[name];
  if (codes === undefined || codes === null) validateOneOf(name, 'format', ObjectKeys(colors));
  return codes;
}

function styleText(format, text, options = {}) {
  const { validateStream = true, stream } = options;
  validateString(text, 'text');
  validateBoolean(validateStream, 'options.validateStream');
  if (validateStream && stream !== undefined && !isStream(stream)) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'stream', ['ReadableStream', 'WritableStream', 'Stream'], stream);
  }
  const names = ArrayIsArray(format) ? format : [format];
  let left = '';
  let right = '';
  for (let i = 0; i < names.length; i++) {
    const codes = codesOf(names[i]);
    left += '\u001b[' + codes[0] + 'm';
    right = '\u001b[' + codes[1] + 'm' + right;
  }
  // A stream that is no terminal gets none; without a stream the caller knows best.
  if (validateStream && stream !== undefined && !stream.isTTY && !ArrayIsArray(format)) return text;
  return left + text + right;
}

module.exports = { styleText };
