// What a JWK of a pair of keys says: each member is read once, and what makes the key is written as JSON for the host.
const { ArrayIsArray, ArrayPrototypeIncludes, ArrayPrototypePush, DOMException, JSONStringify, ObjectCreate, TypeError } = primordials;

const OPS_MAX = 64;
const dataError = (why) => new DOMException(why, 'DataError');
const members = ['kty', 'crv', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'x', 'y'];

function jwkText(data) {
  if (typeof data !== 'object' || data === null) throw dataError('Invalid keyData');
  const jwk = ObjectCreate(null);
  for (let i = 0; i < members.length; i++) {
    const value = data[members[i]];
    if (value === undefined) continue;
    if (typeof value !== 'string') throw dataError('Invalid keyData');
    jwk[members[i]] = value;
  }
  const { alg, use, key_ops: ops, ext } = data;
  const isPrivate = jwk.d !== undefined;
  return { __proto__: null, kty: jwk.kty, crv: jwk.crv, alg, use, ops, ext, isPrivate, text: JSONStringify(jwk) };
}

/** The operations that a JWK is for, each once, have all that is asked for. */
function checkOps(ops, usages) {
  if (ops === undefined) return;
  if (!ArrayIsArray(ops)) throw new TypeError('The key_ops of a JWK are a sequence');
  if (ops.length > OPS_MAX) throw dataError('Invalid keyData');
  const seen = [];
  const count = ops.length;
  for (let i = 0; i < count; i++) {
    const each = ops[i];
    if (ArrayPrototypeIncludes(seen, each)) throw dataError('Duplicate key operation');
    ArrayPrototypePush(seen, each);
  }
  for (let i = 0; i < usages.length; i++) {
    if (!ArrayPrototypeIncludes(seen, usages[i])) throw dataError('Key operations and usage mismatch');
  }
}

module.exports = { checkOps, jwkText };
