// Hash and Hmac. What is small is gathered here and hashed in C (c/digest.c); what is large, or in an algorithm that C
// does not have, goes to the host. In both cases the policy was asked first.
const { TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetLength, Uint8Array } = primordials;
const digests = bindings('digest');
const { encodingOf } = bindings('buffer');
const { copy, copyOf, decode } = bindings('bytes');
const { FastBuffer } = require('node/buffer/class');
const { ask, failure, operations, ossl, readU32, request, requestRaw, writeU32 } = require('node/crypto/host');
const { KEYS, VIEWS, bufferOf, checkText, encodingNumber, textBytes, validateUint32, viewOf } = require('node/crypto/args');
const { hashSpec } = require('node/crypto/hash_names');

// So much is hashed in C, which takes as long as a call to the host; and so much is gathered for one call.
const IN_C_BYTES = 3072;
const GATHERED_BYTES = 16 * 1024;
const ID_BYTES = 4;
const UTF8 = 0;
const HEX = 6;

/** A hash that is under way. `held` is what was not hashed yet: a string, where `used` is -1, or the first `used` bytes of
 * a view. `stream` is the host's, once there is one. */
function begin(spec, size, key) {
  return { __proto__: null, spec, size, key, held: undefined, used: 0, stream: 0, ended: false };
}

/** Puts what is held into a view with room for more. */
function makeRoom(state, more) {
  if (state.used < 0) {
    state.held = textBytes(state.held, undefined);
    state.used = TypedArrayPrototypeGetLength(state.held);
  }
  const room = state.held === undefined ? 0 : TypedArrayPrototypeGetLength(state.held);
  if (state.used + more <= room) return;
  const needed = state.used + more;
  const larger = new Uint8Array(needed <= 512 ? 512 : needed <= IN_C_BYTES ? IN_C_BYTES : GATHERED_BYTES);
  if (state.used > 0) copy(larger, state.held, 0, 0, state.used);
  state.held = larger;
}

function gather(state, view, length) {
  if (state.held === undefined) {
    state.held = new Uint8Array(copyOf(view));
    state.used = length;
    return;
  }
  makeRoom(state, length);
  copy(state.held, view, state.used, 0, length);
  state.used += length;
}

function addString(state, data, encoding) {
  const number = encoding === undefined || encoding === 'utf8' ? UTF8 : encodingNumber(encoding);
  if (number !== UTF8) checkText(data, number, encoding);
  else if (state.held === undefined && state.stream === 0 && data.length <= IN_C_BYTES / 3) {
    state.held = data;
    state.used = -1;
    return;
  }
  addBytes(state, textBytes(data, encoding));
}

function addBytes(state, view) {
  const length = TypedArrayPrototypeGetLength(view);
  if (length === 0) return;
  if (state.stream === 0) {
    if (state.used < 0) makeRoom(state, 0);
    if (state.used + length <= GATHERED_BYTES) {
      gather(state, view, length);
      return;
    }
    openWith(state, view, length < state.spec.chunk ? length : state.spec.chunk);
  } else {
    feed(state, view, 0);
  }
}

/** Opens a stream with what is held and the first `count` bytes of a view, and feeds the rest. */
function openWith(state, view, count) {
  const { spec, key, held, used } = state;
  const first = new Uint8Array(used + count);
  if (used > 0) copy(first, held, 0, 0, used);
  copy(first, view, used, 0, count);
  state.stream = readU32(request(operations.HASH_OPEN, spec.name, state.size, key?.field(), first), 0);
  state.held = undefined;
  state.used = 0;
  feed(state, view, count);
}

function feed(state, view, from) {
  const length = TypedArrayPrototypeGetLength(view);
  if (from >= length) return;
  const chunk = length - from < state.spec.chunk ? length - from : state.spec.chunk;
  // One payload for all of them: the host has read it when the call is over.
  const payload = new Uint8Array(ID_BYTES + chunk);
  writeU32(payload, 0, state.stream);
  for (let at = from; at < length; at += chunk) {
    const taken = length - at < chunk ? length - at : chunk;
    copy(payload, view, ID_BYTES, at, at + taken);
    requestRaw(operations.HASH_DATA, taken === chunk ? payload : firstOf(payload, ID_BYTES + taken));
  }
}

const firstOf = (view, length) => new Uint8Array(TypedArrayPrototypeGetBuffer(view), 0, length);

function idPayload(id) {
  const payload = new Uint8Array(ID_BYTES);
  writeU32(payload, 0, id);
  return payload;
}

/** The number of an output's encoding; -1 for a Buffer. */
function outputNumber(encoding) {
  if (encoding === 'hex') return HEX;
  if (!encoding || encoding === 'buffer' || typeof encoding !== 'string') return -1;
  return encodingOf(encoding);
}

/** Ends a hash, and gives it as text or as a Buffer. */
function end(state, encoding) {
  const { spec, key } = state;
  const number = outputNumber(encoding);
  state.ended = true;
  const { held, used } = state;
  if (spec.code >= 0 && state.stream === 0 && used <= IN_C_BYTES && (key === undefined || key.secret !== undefined)) {
    const data = held === undefined ? '' : held;
    const result = key === undefined
      ? digests.hash(spec.code, data, UTF8, used < 0 ? undefined : used, number)
      : digests.hmac(spec.code, data, UTF8, used < 0 ? undefined : used, number, key.secret);
    state.held = undefined;
    return number < 0 ? new FastBuffer(result, 0, spec.bytes) : result;
  }
  const answer = endAtHost(state);
  return number < 0 ? bufferOf(answer) : decode(answer, 0, undefined, number, false);
}

function endAtHost(state) {
  if (state.stream !== 0) return requestRaw(operations.HASH_END, idPayload(state.stream));
  if (state.used < 0) makeRoom(state, 0);
  const held = state.held === undefined ? new Uint8Array(0) : firstOf(state.held, state.used);
  state.held = undefined;
  return request(operations.DIGEST, state.spec.name, state.size, state.key?.field(), held);
}

function cloneOf(state) {
  const clone = begin(state.spec, state.size, state.key);
  if (state.used < 0) clone.held = state.held;
  else if (state.held !== undefined) clone.held = new Uint8Array(copyOf(firstOf(state.held, state.used)));
  clone.used = state.used;
  if (state.stream !== 0) clone.stream = readU32(requestRaw(operations.HASH_COPY, idPayload(state.stream)), 0);
  return clone;
}

function update(state, data, encoding) {
  if (typeof data === 'string') addString(state, data, encoding);
  else {
    const view = viewOf(data, false);
    if (view === undefined) throw nodeError('ERR_INVALID_ARG_TYPE', 'data', VIEWS, data);
    addBytes(state, view);
  }
}

/** The length that is asked for; `undefined` where that is the hash's own. */
function sizeOf(spec, options) {
  const size = typeof options === 'object' && options !== null ? options.outputLength : undefined;
  if (size === undefined) return undefined;
  validateUint32(size, 'options.outputLength');
  if (spec.xof || size === spec.bytes) return spec.xof ? size : undefined;
  throw ossl('EVP_NOT_XOF_OR_INVALID_LENGTH', '030000B2', 'digital envelope routines', 'not XOF or invalid length');
}

function specOf(algorithm) {
  const spec = hashSpec(algorithm);
  if (spec === undefined) throw failure('Error', '', 'Digest method not supported');
  return spec;
}

// The hashes and the HMACs that the policy was asked about: to find one here takes less than to ask `ask`.
const allowed = { __proto__: null };
const allowedMacs = { __proto__: null };

function allow(spec) {
  ask('hash', spec.name);
  allowed[spec.name] = true;
}

function allowMac(spec, name) {
  if (name === undefined && allowedMacs[spec.name]) return;
  ask('hmac', spec.name, name);
  if (name === undefined) allowedMacs[spec.name] = true;
}

class Hash {
  #state;

  constructor(algorithm, options) {
    if (typeof algorithm !== 'string') {
      if (typeof algorithm !== 'object' || algorithm === null || !(#state in algorithm)) {
        throw nodeError('ERR_INVALID_ARG_TYPE', 'algorithm', 'string', algorithm);
      }
      this.#state = cloneOf(algorithm.#state);
      return;
    }
    const spec = specOf(algorithm);
    this.#state = begin(spec, options === undefined ? undefined : sizeOf(spec, options), undefined);
    if (!allowed[spec.name]) allow(spec);
  }

  copy(options) {
    const state = this.#state;
    if (state.ended) throw nodeError('ERR_CRYPTO_HASH_FINALIZED');
    const copied = new Hash(this);
    if (options !== undefined) copied.#state.size = sizeOf(state.spec, options) ?? state.size;
    return copied;
  }

  update(data, encoding) {
    const state = this.#state;
    if (state.ended) throw nodeError('ERR_CRYPTO_HASH_FINALIZED');
    update(state, data, encoding);
    return this;
  }

  digest(outputEncoding) {
    const state = this.#state;
    if (state.ended) throw nodeError('ERR_CRYPTO_HASH_FINALIZED');
    return end(state, outputEncoding);
  }
}

function createHash(algorithm, options) {
  return new Hash(algorithm, options);
}

class Hmac {
  #state;

  constructor(hmac, key, options) {
    if (typeof hmac !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'hmac', 'string', hmac);
    const { keyField, secretOf } = require('node/crypto/keyobject');
    const handle = secretOf(key, 'key', KEYS, options && typeof options === 'object' ? options.encoding : undefined);
    const spec = hashSpec(hmac);
    if (spec === undefined) throw failure('TypeError', 'ERR_CRYPTO_INVALID_DIGEST', 'Invalid digest: ' + hmac);
    if (spec.xof) throw failure('Error', '', 'error:00000000:lib(0)::reason(0)');
    allowMac(spec, handle.name);
    this.#state = begin(spec, undefined, { __proto__: null, secret: handle.secret, field: () => keyField(handle) });
  }

  update(data, encoding) {
    const state = this.#state;
    if (state.ended) throw nodeError('ERR_CRYPTO_HASH_FINALIZED');
    update(state, data, encoding);
    return this;
  }

  digest(outputEncoding) {
    const state = this.#state;
    if (!state.ended) return end(state, outputEncoding);
    return outputEncoding && outputEncoding !== 'buffer' ? '' : new FastBuffer(0);
  }
}

function createHmac(hmac, key, options) {
  return new Hmac(hmac, key, options);
}

/** crypto.hash(): all at once. */
function hash(algorithm, input, outputEncoding = 'hex') {
  if (typeof algorithm !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'algorithm', 'string', algorithm);
  if (typeof input !== 'string' && viewOf(input, false) === undefined) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'input', ['Buffer', 'TypedArray', 'DataView', 'string'], input);
  }
  if (typeof outputEncoding !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'outputEncoding', 'string', outputEncoding);
  if (outputEncoding === '') outputEncoding = 'utf8';
  if (outputEncoding !== 'buffer' && encodingOf(outputEncoding) < 0) {
    throw nodeError('ERR_INVALID_ARG_VALUE', 'outputEncoding', outputEncoding);
  }
  if (hashSpec(algorithm) === undefined) throw failure('Error', '', 'Digest method ' + algorithm + ' is not supported');
  const state = begin(specOf(algorithm), undefined, undefined);
  if (!allowed[state.spec.name]) allow(state.spec);
  update(state, input, undefined);
  return end(state, outputEncoding);
}

/** The hash of bytes, and their HMAC, as bytes: for WebCrypto. */
function digestOf(name, bytes) {
  const state = begin(specOf(name), undefined, undefined);
  if (!allowed[state.spec.name]) allow(state.spec);
  addBytes(state, bytes);
  return end(state, undefined);
}

function macOf(name, handle, bytes) {
  const { keyField } = require('node/crypto/keyobject');
  allowMac(hashSpec(name), handle.name);
  const state = begin(hashSpec(name), undefined, { __proto__: null, secret: handle.secret, field: () => keyField(handle) });
  addBytes(state, bytes);
  return end(state, undefined);
}

module.exports = { Hash, Hmac, createHash, createHmac, digestOf, hash, macOf };
