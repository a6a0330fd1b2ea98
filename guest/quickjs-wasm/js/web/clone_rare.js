// What structuredClone needs less often: views, errors, and the transfer list.
const {
  ArrayBufferPrototypeGetByteLength,
  ArrayBufferPrototypeGetDetached,
  ArrayBufferPrototypeTransfer,
  ArrayPrototypePush,
  DataView,
  DataViewPrototypeGetBuffer,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  DOMException,
  DOMExceptionPrototypeGetMessage,
  DOMExceptionPrototypeGetName,
  Error,
  EvalError,
  FunctionPrototypeToString,
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  RangeError,
  ReferenceError,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  String,
  SymbolIterator,
  SymbolPrototypeToString,
  SyntaxError,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypeError,
  URIError,
} = primordials;
const { kind, tracksLength } = bindings('objects');

const errors = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const ARRAY_BUFFER = kind(new primordials.ArrayBuffer(0));

function outOfBounds(name, refusal) {
  return refusal('#<' + name + '> could not be cloned.');
}

/** A DataView's place; reading it throws where there is none any more. */
function placeOf(value) {
  const buffer = DataViewPrototypeGetBuffer(value);
  return { __proto__: null, buffer, offset: DataViewPrototypeGetByteOffset(value), length: DataViewPrototypeGetByteLength(value) };
}

function dataView(value, memory, clone, refusal) {
  let place;
  try {
    place = placeOf(value);
  } catch {
    throw outOfBounds('DataView', refusal);
  }
  const buffer = clone(place.buffer, memory);
  return tracksLength(value) ? new DataView(buffer, place.offset) : new DataView(buffer, place.offset, place.length);
}

function typedArray(name, value, memory, clone, refusal) {
  const original = TypedArrayPrototypeGetBuffer(value);
  if (ArrayBufferPrototypeGetDetached(original)) throw refusal('An ArrayBuffer is detached and could not be cloned.');
  const offset = TypedArrayPrototypeGetByteOffset(value);
  const length = TypedArrayPrototypeGetLength(value);
  const tracks = tracksLength(value);
  // Out of bounds: the offset is 0 then, and only a view whose bytes are gone says so when they are asked for.
  try {
    bindings('bytes').compare(value, value, 0, 0, 0, 0);
  } catch {
    throw outOfBounds(name, refusal);
  }
  const buffer = clone(original, memory);
  const Class = primordials[name];
  return tracks ? new Class(buffer, offset) : new Class(buffer, offset, length);
}

function view(value, memory, clone, refusal) {
  const name = TypedArrayPrototypeGetSymbolToStringTag(value);
  const made =
    name === undefined ? dataView(value, memory, clone, refusal) : typedArray(name, value, memory, clone, refusal);
  MapPrototypeSet(memory, value, made);
  return made;
}

function hidden(error, key, value) {
  ObjectDefineProperty(error, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}

/** A native error of the class that its name says, with message, stack and cause. */
function error(value, memory, clone) {
  const name = value.name;
  const Class = errors[name === undefined ? 'Error' : String(name)] ?? Error;
  const message = ReflectGetOwnPropertyDescriptor(value, 'message');
  const made = message !== undefined && 'value' in message ? new Class(String(message.value)) : new Class();
  MapPrototypeSet(memory, value, made);
  const { stack } = value;
  hidden(made, 'stack', typeof stack === 'string' ? stack : undefined);
  const cause = ReflectGetOwnPropertyDescriptor(value, 'cause');
  if (cause !== undefined && 'value' in cause) hidden(made, 'cause', clone(cause.value, memory));
  return made;
}

function domException(value) {
  const made = new DOMException(DOMExceptionPrototypeGetMessage(value), DOMExceptionPrototypeGetName(value));
  const stack = ReflectGetOwnPropertyDescriptor(value, 'stack');
  if (stack !== undefined && typeof stack.value === 'string') hidden(made, 'stack', stack.value);
  return made;
}

/** How V8's message names what cannot be cloned. */
function shown(value) {
  if (typeof value === 'symbol') return SymbolPrototypeToString(value);
  if (typeof value === 'function') return FunctionPrototypeToString(value);
  let name = 'Object';
  try {
    for (let proto = ObjectGetPrototypeOf(value), depth = 0; proto !== null && depth < 8; proto = ObjectGetPrototypeOf(proto), depth++) {
      const own = ReflectGetOwnPropertyDescriptor(proto, 'constructor');
      const named = own && typeof own.value === 'function' ? ReflectGetOwnPropertyDescriptor(own.value, 'name') : undefined;
      if (named === undefined) continue;
      if (typeof named.value === 'string' && named.value !== '') name = named.value;
      break;
    }
  } catch {
    // A proxy that does not let itself be asked is an object.
  }
  return '#<' + name + '>';
}

/** sequence<object> */
function sequence(list) {
  const method = list === null || (typeof list !== 'object' && typeof list !== 'function') ? undefined : list[SymbolIterator];
  if (typeof method !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'options.transfer', 'Iterable', list);
  const iterator = ReflectApply(method, list, []);
  const { next } = iterator;
  const found = [];
  for (;;) {
    const step = ReflectApply(next, iterator, []);
    if (step === null || typeof step !== 'object') throw new TypeError('The iterator gives no object');
    if (step.done) return found;
    const { value } = step;
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
      throw new TypeError('Found invalid object in transferList');
    }
    ArrayPrototypePush(found, value);
  }
}

/** The clone of a value some of whose buffers move. What they move into is made first, so that views find it; the bytes
 * follow when everything else has gone well. */
function transferring(value, options, memory, { clone, emptyLike, fill, refusal }) {
  if (typeof options !== 'object' && typeof options !== 'function') {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'options', 'Object', options);
  }
  const { transfer } = options;
  const buffers = transfer === undefined ? [] : sequence(transfer);
  for (let i = 0; i < buffers.length; i++) {
    if (kind(buffers[i]) !== ARRAY_BUFFER) throw refusal('Value could not be transferred.');
    if (MapPrototypeGet(memory, buffers[i]) !== undefined) throw refusal('Transfer list contains duplicate ArrayBuffer');
    MapPrototypeSet(memory, buffers[i], emptyLike(buffers[i]));
  }
  const made = clone(value, memory);
  for (let i = 0; i < buffers.length; i++) {
    const target = MapPrototypeGet(memory, buffers[i]);
    if (ArrayBufferPrototypeGetDetached(buffers[i])) {
      throw refusal('An ArrayBuffer is detached and could not be transferred.');
    }
    if (ArrayBufferPrototypeGetByteLength(buffers[i]) !== ArrayBufferPrototypeGetByteLength(target)) {
      throw refusal('An ArrayBuffer was resized while it was transferred.');
    }
    fill(target, buffers[i]);
    ArrayBufferPrototypeTransfer(buffers[i]);
  }
  return made;
}

module.exports = { domException, error, shown, transferring, view };
