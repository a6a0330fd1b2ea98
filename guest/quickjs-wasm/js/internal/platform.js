// Objects of the web that are no plain objects for structuredClone. Each module with such classes says how it knows
// its own, and how one is cloned; without `clone`, it cannot be.
const { ArrayPrototypePush } = primordials;

const kinds = [];

/** `is(value)` tells the module's own objects without running guest code; `clone(value)` makes another. */
function register(is, clone) {
  ArrayPrototypePush(kinds, { __proto__: null, is, clone });
}

/** The kind of an object; undefined for one that is nobody's. */
function kindOf(value) {
  for (let i = 0; i < kinds.length; i++) if (kinds[i].is(value)) return kinds[i];
  return undefined;
}

module.exports = { kindOf, register };
