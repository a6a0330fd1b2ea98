// Built-ins as they were before any guest code ran. What the bootstrap does after guest code has run goes through
// these, so that a guest which replaces a prototype's method changes its own world only. For the same reason there is
// no template literal in the bootstrap or in a capability's face (QuickJS-ng compiles one into a call of
// String.prototype.concat, which a guest can replace), no spread of an array (its iterator) and no RegExp.test (exec).
const uncurry = Function.prototype.bind.bind(Function.prototype.call);

export const stringIndexOf = uncurry(String.prototype.indexOf);
export const stringSlice = uncurry(String.prototype.slice);
export const stringStartsWith = uncurry(String.prototype.startsWith);
export const stringReplaceAll = uncurry(String.prototype.replaceAll);
export const arrayIncludes = uncurry(Array.prototype.includes);
export const typedArraySet = uncurry(Uint8Array.prototype.set);
export const numberToString = uncurry(Number.prototype.toString);
export const typedArrayName = uncurry(
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get,
);
export const typedArrayBuffer = uncurry(
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'buffer').get,
);
export const typedArrayByteOffset = uncurry(
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'byteOffset').get,
);
export const typedArrayByteLength = uncurry(
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'byteLength').get,
);
export const hasOwn = Object.hasOwn;
export const objectKeys = Object.keys;
export const objectCreate = Object.create;
export const defineProperty = Object.defineProperty;
export const getPrototypeOf = Object.getPrototypeOf;
export const stringify = JSON.stringify;
export const { Uint8Array: Bytes, String: Text, TypeError: WrongType } = globalThis;
export const { toStringTag } = Symbol;
