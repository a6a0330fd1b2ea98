// A file in the form that is asked for, as SheetJS names them.
const { TypedArrayPrototypeGetBuffer } = primordials;
const { decode, encode } = bindings('bytes');
const { toBuffer } = require('internal/to_buffer');

const UTF8 = 0;
const LATIN1 = 2;
const BASE64 = 4;
const TYPES = ['buffer', 'array', 'base64', 'binary', 'string'];

function checkType(type, text) {
  if (type !== undefined && (!TYPES.includes(type) || (type === 'string' && !text))) {
    const which = text ? TYPES : TYPES.slice(0, 4);
    throw nodeError('ERR_INVALID_ARG_VALUE', 'options.type', type, 'must be one of: ' + which.map((one) => "'" + one + "'").join(', '));
  }
}

/** Bytes that nobody else has, as `type`: a Buffer, an ArrayBuffer, text in base64, or a string with a byte in each unit. */
function output(bytes, type) {
  switch (type) {
    case 'array':
      return TypedArrayPrototypeGetBuffer(bytes);
    case 'base64':
      return decode(bytes, 0, bytes.length, BASE64, false);
    case 'binary':
      return decode(bytes, 0, bytes.length, LATIN1, false);
    default:
      return toBuffer(bytes);
  }
}

/** Text as a file of that type; a mark before it tells spreadsheets that it is UTF-8, unless it stays text. */
function textOutput(text, type, mark = '') {
  return type === 'string' ? text : output(new Uint8Array(encode(mark + text, UTF8)), type);
}

module.exports = { checkType, output, textOutput };
