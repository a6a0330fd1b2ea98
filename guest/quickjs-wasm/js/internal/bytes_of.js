// The bytes behind a buffer or a view of one.
const {
  ArrayBufferIsView,
  ArrayBufferPrototypeGetByteLength,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  Uint8Array,
} = primordials;

/** The bytes of a view or an array buffer; `undefined` for anything else. */
function bytesOf(value) {
  if (typeof value !== 'object' || value === null) return undefined;
  if (ArrayBufferIsView(value)) {
    if (TypedArrayPrototypeGetSymbolToStringTag(value) === undefined) {
      const offset = DataViewPrototypeGetByteOffset(value);
      return new Uint8Array(DataViewPrototypeGetBuffer(value), offset, DataViewPrototypeGetByteLength(value));
    }
    const offset = TypedArrayPrototypeGetByteOffset(value);
    return new Uint8Array(TypedArrayPrototypeGetBuffer(value), offset, TypedArrayPrototypeGetByteLength(value));
  }
  try {
    ArrayBufferPrototypeGetByteLength(value);
  } catch {
    return undefined;
  }
  return new Uint8Array(value);
}

module.exports = { bytesOf };
