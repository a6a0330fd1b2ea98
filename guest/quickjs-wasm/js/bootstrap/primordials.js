// Built-ins as they were before any guest code ran. What the bootstrap does after guest code has run goes through
// these, so that a guest which replaces a prototype's method changes its own world only. For the same reason there is
// no template literal in the bootstrap or in a capability's face (QuickJS-ng compiles one into a call of
// String.prototype.concat, which a guest can replace), no spread of an array (its iterator) and no RegExp.test (exec).
const uncurry = Function.prototype.bind.bind(Function.prototype.call);

export const stringIndexOf = uncurry(String.prototype.indexOf);
export const stringSlice = uncurry(String.prototype.slice);
export const stringStartsWith = uncurry(String.prototype.startsWith);
export const stringReplaceAll = uncurry(String.prototype.replaceAll);
export const stringRepeat = uncurry(String.prototype.repeat);
export const arrayJoin = uncurry(Array.prototype.join);
export const arrayPush = uncurry(Array.prototype.push);
export const arrayUnshift = uncurry(Array.prototype.unshift);
export const arrayIncludes = uncurry(Array.prototype.includes);
export const typedArraySet = uncurry(Uint8Array.prototype.set);
export const numberToString = uncurry(Number.prototype.toString);
export const numberToFixed = uncurry(Number.prototype.toFixed);
export const dateToISOString = uncurry(Date.prototype.toISOString);
export const dateGetTime = uncurry(Date.prototype.getTime);
export const regExpToString = uncurry(RegExp.prototype.toString);
export const regExpExec = uncurry(RegExp.prototype.exec);
export const symbolToString = uncurry(Symbol.prototype.toString);
export const mapForEach = uncurry(Map.prototype.forEach);
export const setForEach = uncurry(Set.prototype.forEach);
export const mapSize = uncurry(Object.getOwnPropertyDescriptor(Map.prototype, 'size').get);
export const setSize = uncurry(Object.getOwnPropertyDescriptor(Set.prototype, 'size').get);
export const typedArrayName = uncurry(
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get,
);
export const typedArrayLength = uncurry(
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length').get,
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
export const getOwnPropertyDescriptor = Object.getOwnPropertyDescriptor;
export const getPrototypeOf = Object.getPrototypeOf;
export const isArray = Array.isArray;
export const stringify = JSON.stringify;
export const numberParseInt = Number.parseInt;
export const numberParseFloat = Number.parseFloat;
export const { Uint8Array: Bytes, String: Text, Number: Numeric, TypeError: WrongType } = globalThis;
