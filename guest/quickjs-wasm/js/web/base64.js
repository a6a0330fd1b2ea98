// `atob` and `btoa` (c/base64_text.c).
const { DOMException } = primordials;
const { decode, encode } = bindings('base64');
const { text } = require('internal/webidl');

const wrong = (message) => new DOMException(message, 'InvalidCharacterError');

function atob(input) {
  if (arguments.length === 0) throw nodeError('ERR_MISSING_ARGS', 'input');
  const bytes = decode(text(input));
  if (bytes === undefined) throw wrong('The string to be decoded is not correctly encoded.');
  return bytes;
}

function btoa(input) {
  if (arguments.length === 0) throw nodeError('ERR_MISSING_ARGS', 'input');
  const characters = encode(text(input));
  if (characters === undefined) throw wrong('Invalid character');
  return characters;
}

module.exports = { atob, btoa };
