// `atob` and `btoa`: the engine's, which follow the standard, but take `undefined` for an argument that is not there.
const { atob: decode, btoa: encode } = primordials;

function atob(input) {
  if (arguments.length === 0) throw nodeError('ERR_MISSING_ARGS', 'input');
  return decode(input);
}

function btoa(input) {
  if (arguments.length === 0) throw nodeError('ERR_MISSING_ARGS', 'input');
  return encode(input);
}

module.exports = { atob, btoa };
