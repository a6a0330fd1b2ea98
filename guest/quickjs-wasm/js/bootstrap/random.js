// The web's `crypto` object as far as randomness goes. Bytes come from the host, so that nothing random is part of
// the snapshot and a policy decides whether they are secret or seeded.
import { RANDOM_BYTES, call } from './bridge.js';
import {
  Bytes,
  Text,
  arrayIncludes,
  numberToString,
  stringSlice,
  typedArrayBuffer,
  typedArrayByteLength,
  typedArrayByteOffset,
  typedArrayName,
  typedArraySet,
} from './primordials.js';

const QUOTA_BYTES = 65536;
const integerArrays = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
];

export function randomBytes(length) {
  return call(RANDOM_BYTES, Text(length));
}

function getRandomValues(array) {
  if (!arrayIncludes(integerArrays, typedArrayName(array))) {
    throw new DOMException('The data is not an integer-typed array', 'TypeMismatchError');
  }
  const length = typedArrayByteLength(array);
  if (length > QUOTA_BYTES) {
    throw new DOMException(length + ' bytes are over the ' + QUOTA_BYTES + ' of one call', 'QuotaExceededError');
  }
  if (length > 0) {
    typedArraySet(new Bytes(typedArrayBuffer(array), typedArrayByteOffset(array), length), randomBytes(length));
  }
  return array;
}

function randomUUID() {
  const bytes = randomBytes(16);
  let hex = '';
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  for (let i = 0; i < 16; i++) hex += stringSlice(numberToString(bytes[i] + 256, 16), 1);
  const part = (from, to) => stringSlice(hex, from, to);
  return part(0, 8) + '-' + part(8, 12) + '-' + part(12, 16) + '-' + part(16, 20) + '-' + part(20);
}

export const webCrypto = { getRandomValues, randomUUID };
