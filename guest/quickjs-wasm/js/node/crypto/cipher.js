// Cipheriv and Decipheriv. The cipher itself is the host's: opened with the first bytes, fed, and ended.
const {
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeSet,
  Uint8Array,
} = primordials;
const { copy } = bindings('bytes');
const { StringDecoder } = require('node/string_decoder');
const { ask, attempt, attemptRaw, failure, operations, ossl, readU32, request, requestRaw, writeU32 } = require('node/crypto/host');
const { ANY, KEYS, VIEWS, bufferOf, bytesOf, checkText, copyOf, encodingNumber, textBytes, viewOf } = require('node/crypto/args');
const { keyField, secretOf } = require('node/crypto/keyobject');
const { ccmBytesMax, cipherSpec, fitsIv } = require('node/crypto/cipher_names');

const ID_BYTES = 4;
const HEAD_BYTES = 5;
const IS_AAD = 1;
const IS_PADDED = 2;
const TAG_BYTES = 16;
const nothing = () => new Uint8Array(0);

/** A tag's length that a mode has. */
function isTagLength(spec, length) {
  if (length === undefined || length > TAG_BYTES || length < 0) return false;
  if (spec.mode === 'gcm') return length === 4 || length === 8 || length >= 12;
  if (spec.mode === 'ccm') return length >= 4 && length % 2 === 0;
  return length >= 1;
}

function badTag(length) {
  return failure('TypeError', 'ERR_CRYPTO_INVALID_AUTH_TAG', 'Invalid authentication tag length: ' + length);
}

function tagLengthOf(spec, options) {
  const given = options?.authTagLength;
  if (given !== undefined && given !== null && (typeof given !== 'number' || given !== given >>> 0)) {
    throw nodeError('ERR_INVALID_ARG_VALUE', 'options.authTagLength', given);
  }
  if (!spec.tagged) return undefined;
  if (given === undefined || given === null) {
    if (spec.mode === 'gcm') return undefined;
    if (spec.mode === 'stream') return TAG_BYTES;
    throw failure('TypeError', 'ERR_CRYPTO_INVALID_AUTH_TAG', 'authTagLength required for ' + spec.asked);
  }
  if (!isTagLength(spec, given)) throw badTag(given);
  return given;
}

/** A cipher that is about to begin. `tag` is the one to be checked, or the one that was made. */
function begin(cipher, key, iv, options, encrypts) {
  if (typeof cipher !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'cipher', 'string', cipher);
  const handle = secretOf(key, 'key', KEYS, options?.encoding);
  const nonce = iv === null ? null : copyOf(bytesOf(iv, 'iv'));
  const spec = cipherSpec(cipher);
  if (spec === undefined) throw failure('Error', 'ERR_CRYPTO_UNKNOWN_CIPHER', 'Unknown cipher');
  const ivBytes = nonce === null ? -1 : TypedArrayPrototypeGetLength(nonce);
  if (spec.ivBytes === 0 ? ivBytes > 0 : !fitsIv(spec, ivBytes)) {
    throw failure('TypeError', 'ERR_CRYPTO_INVALID_IV', 'Invalid initialization vector');
  }
  const tagBytes = tagLengthOf({ __proto__: spec, asked: cipher }, options);
  if (handle.secret !== undefined && TypedArrayPrototypeGetLength(handle.secret) !== spec.keyBytes) {
    throw failure('RangeError', 'ERR_CRYPTO_INVALID_KEYLEN', 'Invalid key length');
  }
  ask(handle.name === undefined ? 'cipher' : encrypts ? 'encrypt' : 'decrypt', spec.granted, handle.name);
  return stateOf(spec, handle, nonce ?? nothing(), encrypts, tagBytes);
}

function stateOf(spec, handle, nonce, encrypts, tagBytes) {
  return {
    __proto__: null, spec, handle, nonce, encrypts, tagBytes, tag: undefined, aad: undefined, padded: true,
    id: 0, begun: false, over: false, failed: false, plainBytes: -1, decoder: undefined,
  };
}

const lengthOf = TypedArrayPrototypeGetLength;

/** Opens it at the host, with what is to be authenticated and the first data; gives what these became. */
function open(state, first) {
  const { spec, handle, nonce, encrypts, aad } = state;
  const tagBytes = encrypts ? TAG_BYTES : state.tag === undefined ? 4 : lengthOf(state.tag);
  const flags = state.padded ? IS_PADDED : 0;
  const large = aad !== undefined && lengthOf(aad) > spec.chunk;
  const early = large || aad === undefined ? nothing() : aad;
  const data = large ? nothing() : first;
  const key = keyField(handle);
  const answer = request(operations.CIPHER_OPEN, spec.name, encrypts ? 1 : 0, key, nonce, tagBytes, flags, early, data);
  state.id = readU32(answer, 0);
  state.aad = undefined;
  if (!large) return part(answer, ID_BYTES, lengthOf(answer) - ID_BYTES);
  feed(state, aad, IS_AAD);
  return feed(state, first, flags);
}

/** Hands data to the host, so much at a time as it takes; gives what they became. */
function feed(state, view, flags) {
  const length = lengthOf(view);
  const { chunk } = state.spec;
  if (length <= chunk) return step(state, view, 0, length, flags);
  const parts = [];
  let total = 0;
  let count = 0;
  for (let at = 0; at < length; at += chunk) {
    const part = step(state, view, at, length - at < chunk ? length : at + chunk, flags);
    parts[count++] = part;
    total += lengthOf(part);
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (let i = 0; i < count; i++) {
    TypedArrayPrototypeSet(whole, parts[i], at);
    at += lengthOf(parts[i]);
  }
  return whole;
}

function step(state, view, from, to, flags) {
  const payload = new Uint8Array(HEAD_BYTES + to - from);
  writeU32(payload, 0, state.id);
  payload[4] = flags;
  copy(payload, view, HEAD_BYTES, from, to);
  return requestRaw(operations.CIPHER_DATA, payload);
}

const unsupported = () => failure('Error', '', 'Trying to add data in unsupported state');
const unauthentic = () => failure('Error', '', 'Unsupported state or unable to authenticate data');

function update(state, view) {
  if (state.over) throw unsupported();
  if (state.spec.mode === 'ccm') return updateWhole(state, view);
  state.begun = true;
  if (state.id === 0) {
    if (lengthOf(view) <= state.spec.chunk) return open(state, view);
    open(state, nothing());
  }
  return feed(state, view, state.padded ? IS_PADDED : 0);
}

/** CCM goes through a message as a whole. */
function updateWhole(state, view) {
  const length = lengthOf(view);
  const { spec, encrypts, nonce, tagBytes, handle } = state;
  if (length > ccmBytesMax(lengthOf(nonce))) throw failure('RangeError', 'ERR_CRYPTO_INVALID_MESSAGELEN', 'Invalid message length');
  if (state.begun || (state.plainBytes >= 0 && state.plainBytes !== length)) throw unsupported();
  state.begun = true;
  if (!encrypts && state.tag === undefined) {
    state.failed = true;
    return nothing();
  }
  let message = view;
  if (!encrypts) {
    message = new Uint8Array(length + tagBytes);
    copy(message, view, 0, 0, length);
    TypedArrayPrototypeSet(message, state.tag, length);
  }
  const aad = state.aad ?? nothing();
  const answer = attempt(operations.CIPHER_ONCE, spec.name, encrypts ? 1 : 0, keyField(handle), nonce, tagBytes, aad, message);
  if (answer === undefined) {
    state.failed = true;
    return nothing();
  }
  if (!encrypts) return answer;
  state.tag = part(answer, length, tagBytes);
  return part(answer, 0, length);
}

function part(bytes, from, length) {
  const offset = primordials.TypedArrayPrototypeGetByteOffset(bytes);
  return new Uint8Array(TypedArrayPrototypeGetBuffer(bytes), offset + from, length);
}

function final(state) {
  if (state.over) throw failure('Error', 'ERR_CRYPTO_INVALID_STATE', 'Invalid state');
  state.over = true;
  const { spec, encrypts } = state;
  if (spec.tagged && !encrypts && state.tag === undefined) throw unauthentic();
  if (spec.mode === 'ccm') {
    if (state.failed || (!encrypts && !state.begun)) throw unauthentic();
    if (!state.begun) throw ossl('TAG_NOT_SET', '1C800077', 'Provider routines', 'tag not set');
    return nothing();
  }
  return end(state, requestRaw);
}

/** The rest, and the tag where one is made. */
function end(state, ask) {
  const { spec, encrypts } = state;
  if (state.id === 0) open(state, nothing());
  const tag = encrypts || state.tag === undefined ? nothing() : state.tag;
  const payload = new Uint8Array(HEAD_BYTES + lengthOf(tag));
  writeU32(payload, 0, state.id);
  payload[4] = state.padded ? 1 : 0;
  TypedArrayPrototypeSet(payload, tag, HEAD_BYTES);
  const answer = ask(operations.CIPHER_END, payload);
  if (answer === undefined) return undefined;
  if (!encrypts || !spec.tagged) return answer;
  const cut = lengthOf(answer) - TAG_BYTES;
  state.tag = part(answer, cut, state.tagBytes ?? TAG_BYTES);
  return part(answer, 0, cut);
}

/** All of a message, its tag behind it: for WebCrypto. `undefined` where it cannot be decrypted. */
function whole(name, handle, nonce, encrypts, tagBytes, aad, data) {
  const spec = cipherSpec(name);
  if (lengthOf(data) <= spec.chunk) {
    const key = keyField(handle);
    return attempt(operations.CIPHER_ONCE, name, encrypts ? 1 : 0, key, nonce, tagBytes, aad ?? nothing(), data);
  }
  const state = stateOf(spec, handle, nonce, encrypts, tagBytes);
  const cut = encrypts ? lengthOf(data) : lengthOf(data) - tagBytes;
  state.aad = aad;
  if (!encrypts && tagBytes > 0) state.tag = part(data, cut, tagBytes);
  const body = update(state, part(data, 0, cut));
  const rest = end(state, attemptRaw);
  return rest === undefined ? undefined : joined(body, rest, encrypts && tagBytes > 0 ? state.tag : nothing());
}

function joined(one, two, three) {
  const result = new Uint8Array(lengthOf(one) + lengthOf(two) + lengthOf(three));
  TypedArrayPrototypeSet(result, one, 0);
  TypedArrayPrototypeSet(result, two, lengthOf(one));
  TypedArrayPrototypeSet(result, three, lengthOf(one) + lengthOf(two));
  return result;
}

/** What update and final give: a Buffer, or text of which no piece cuts a character. */
function given(state, bytes, encoding, last) {
  if (!encoding || encoding === 'buffer') return bufferOf(bytes);
  if (state.decoder === undefined) state.decoder = new StringDecoder(encoding);
  else if (encodingNumber(encoding) !== encodingNumber(state.decoder.encoding)) {
    const words = '\nThis is caused by either a bug in Node.js or incorrect usage of Node.js internals.\n';
    const address = 'Please open an issue with this stack trace at https://github.com/nodejs/node/issues\n';
    throw nodeError('ERR_INTERNAL_ASSERTION', 'Cannot change encoding' + words + address);
  }
  return last ? state.decoder.end(bytes) : state.decoder.write(bytes);
}

const badState = (name) => nodeError('ERR_CRYPTO_INVALID_STATE', name);

function authenticate(state, aadbuf, options) {
  const encoding = options?.encoding;
  const plaintextLength = options?.plaintextLength;
  if (plaintextLength !== undefined && (typeof plaintextLength !== 'number' || plaintextLength !== plaintextLength >>> 0 || plaintextLength > 2147483647)) {
    throw nodeError('ERR_INVALID_ARG_VALUE', 'options.plaintextLength', plaintextLength);
  }
  const view = bytesOf(aadbuf, 'aadbuf', encoding, ANY);
  const { spec } = state;
  if (state.over || !spec.tagged || state.begun) throw badState('setAAD');
  if (spec.mode === 'ccm') {
    if (plaintextLength === undefined) {
      throw failure('TypeError', 'ERR_MISSING_ARGS', 'options.plaintextLength required for CCM mode with AAD');
    }
    if (plaintextLength > ccmBytesMax(lengthOf(state.nonce))) {
      throw failure('RangeError', 'ERR_CRYPTO_INVALID_MESSAGELEN', 'Invalid message length');
    }
    state.plainBytes = plaintextLength;
  }
  const before = state.aad === undefined ? 0 : lengthOf(state.aad);
  const whole = new Uint8Array(before + lengthOf(view));
  if (before > 0) TypedArrayPrototypeSet(whole, state.aad, 0);
  copy(whole, view, before, 0, lengthOf(view));
  state.aad = whole;
}

function dataOf(data, encoding) {
  if (typeof data === 'string') {
    checkText(data, encodingNumber(encoding), encoding);
    return textBytes(data, encoding);
  }
  const view = viewOf(data, false);
  if (view === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'data', VIEWS, data);
  return view;
}

class Cipheriv {
  #state;

  constructor(cipher, key, iv, options) {
    this.#state = begin(cipher, key, iv, options, true);
  }

  update(data, inputEncoding, outputEncoding) {
    const state = this.#state;
    return given(state, update(state, dataOf(data, inputEncoding)), outputEncoding, false);
  }

  final(outputEncoding) {
    const state = this.#state;
    return given(state, final(state), outputEncoding, true);
  }

  setAutoPadding(autoPadding) {
    if (this.#state.over) throw badState('setAutoPadding');
    this.#state.padded = autoPadding === undefined || !!autoPadding;
    return this;
  }

  getAuthTag() {
    const state = this.#state;
    if (!state.over || state.tag === undefined) throw badState('getAuthTag');
    return bufferOf(copyOf(state.tag));
  }

  setAAD(aadbuf, options) {
    authenticate(this.#state, aadbuf, options);
    return this;
  }
}

class Decipheriv {
  #state;

  constructor(cipher, key, iv, options) {
    this.#state = begin(cipher, key, iv, options, false);
  }

  update(data, inputEncoding, outputEncoding) {
    const state = this.#state;
    return given(state, update(state, dataOf(data, inputEncoding)), outputEncoding, false);
  }

  final(outputEncoding) {
    const state = this.#state;
    return given(state, final(state), outputEncoding, true);
  }

  setAutoPadding(autoPadding) {
    if (this.#state.over) throw badState('setAutoPadding');
    this.#state.padded = autoPadding === undefined || !!autoPadding;
    return this;
  }

  setAuthTag(tagbuf, encoding) {
    const state = this.#state;
    const tag = bytesOf(tagbuf, 'buffer', encoding, ANY);
    const { spec } = state;
    if (!spec.tagged || state.over || state.tag !== undefined) throw badState('setAuthTag');
    const length = lengthOf(tag);
    if (state.tagBytes === undefined ? !isTagLength(spec, length) : length !== state.tagBytes) throw badTag(length);
    state.tag = copyOf(tag);
    return this;
  }

  setAAD(aadbuf, options) {
    authenticate(this.#state, aadbuf, options);
    return this;
  }
}

function createCipheriv(cipher, key, iv, options) {
  return new Cipheriv(cipher, key, iv, options);
}

function createDecipheriv(cipher, key, iv, options) {
  return new Decipheriv(cipher, key, iv, options);
}

module.exports = { Cipheriv, Decipheriv, createCipheriv, createDecipheriv, whole };
