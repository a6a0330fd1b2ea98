// `buffer`: the class, and what Node gives with it.
const { Error, ObjectDefineProperties, ObjectDefineProperty } = primordials;
const { create, kindOf } = bindings('buffer');
const bytes = bindings('bytes');
const { Buffer } = require('node/buffer/class');
const { atob, btoa } = require('web/base64');

const MAX_LENGTH = 2 ** 32;
const MAX_STRING_LENGTH = 2 ** 29 - 24;

function SlowBuffer(size) {
  if (typeof size !== 'number') throw nodeError('ERR_INVALID_ARG_TYPE', 'size', 'number', size);
  if (!(size >= 0 && size <= MAX_LENGTH)) {
    throw nodeError('ERR_OUT_OF_RANGE', 'size', '>= 0 && <= ' + MAX_LENGTH, size);
  }
  return create(size);
}

function check(input) {
  const kind = kindOf(input);
  if (kind === 0 || kind === 3) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'input', ['ArrayBuffer', 'Buffer', 'TypedArray'], input);
  }
  if (!bytes.isDetached(input)) return;
  const error = new Error('Cannot validate on a detached buffer');
  ObjectDefineProperty(error, 'code', {
    __proto__: null,
    value: 'ERR_INVALID_STATE',
    writable: true,
    enumerable: true,
    configurable: true,
  });
  throw error;
}

function isUtf8(input) {
  check(input);
  return bytes.isUtf8(input);
}

function isAscii(input) {
  check(input);
  return bytes.isAscii(input);
}

function transcode(source, fromEncoding, toEncoding) {
  return require('node/buffer/rare').transcode(source, fromEncoding, toEncoding);
}

ObjectDefineProperty(SlowBuffer, 'prototype', { __proto__: null, value: Buffer.prototype });
const exported = {
  Buffer,
  SlowBuffer,
  transcode,
  isUtf8,
  isAscii,
  kMaxLength: MAX_LENGTH,
  kStringMaxLength: MAX_STRING_LENGTH,
  btoa,
  atob,
};
ObjectDefineProperties(exported, {
  __proto__: null,
  constants: { __proto__: null, value: { MAX_LENGTH, MAX_STRING_LENGTH }, enumerable: true },
  INSPECT_MAX_BYTES: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return require('node/buffer/rare').shown.get();
    },
    set(value) {
      require('node/buffer/rare').shown.set(value);
    },
  },
});
bindings('host').lazy(exported, 'Blob', 'web/blob#Blob', true);
bindings('host').lazy(exported, 'File', 'web/blob#File', true);

module.exports = exported;
