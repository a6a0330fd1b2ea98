// Bytes as Node hands them out: a Buffer.
const { TypedArrayPrototypeGetBuffer, TypedArrayPrototypeSubarray } = primordials;

/** The first `length` bytes of an array of bytes that nobody else has. */
function toBuffer(bytes, length = bytes.length) {
  // eslint-disable-next-line no-undef
  if (typeof Buffer === 'function') return Buffer.from(TypedArrayPrototypeGetBuffer(bytes), 0, length);
  return TypedArrayPrototypeSubarray(bytes, 0, length);
}

module.exports = { toBuffer };
