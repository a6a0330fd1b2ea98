// FormData: the object. Its entries are strings and Files.
const {
  ArrayPrototypePush,
  ArrayPrototypeSplice,
  ArrayPrototypeValues,
  ObjectCreate,
  ObjectDefineProperties,
  ObjectDefineProperty,
  ObjectGetPrototypeOf,
  ObjectSetPrototypeOf,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  SymbolIterator,
  SymbolToStringTag,
  TypeError,
} = primordials;
const { expose, required, wellFormed } = require('internal/webidl');

// Files are a module of their own, which is loaded with the first object that is given for a value.
const BLOBS = 'web/blob';
let sizeOf;

function isBlob(value) {
  if (value === null || typeof value !== 'object') return false;
  sizeOf ??= ReflectGetOwnPropertyDescriptor(require(BLOBS).Blob.prototype, 'size').get;
  try {
    ReflectApply(sizeOf, value, []);
    return true;
  } catch {
    return false;
  }
}

/** The File that stands for a blob: itself where it is one and keeps its name. */
function fileOf(blob, filename) {
  const { Blob, File } = require(BLOBS);
  const type = ReflectApply(ReflectGetOwnPropertyDescriptor(Blob.prototype, 'type').get, blob, []);
  let lastModified;
  try {
    lastModified = ReflectApply(ReflectGetOwnPropertyDescriptor(File.prototype, 'lastModified').get, blob, []);
    if (filename === undefined) return blob;
  } catch {
    // It is a Blob without a name.
  }
  return new File([blob], filename ?? 'blob', { __proto__: null, type, lastModified });
}

let isFormData;
let listOf;

class FormData {
  // [name, value] pairs, in their order.
  #list = [];

  static {
    isFormData = (data) => data !== null && typeof data === 'object' && #list in data;
    listOf = (data) => {
      if (!isFormData(data)) throw nodeError('ERR_INVALID_THIS', 'FormData');
      return data.#list;
    };
    require('internal/platform').register(isFormData, undefined);
  }

  constructor(form = undefined) {
    if (form !== undefined) throw new TypeError('FormData constructor: there are no forms, so the first argument must be undefined');
  }

  append(name, value, filename = undefined) {
    const list = listOf(this);
    required(arguments.length, 'name', 'value');
    ArrayPrototypePush(list, entry(name, value, filename, arguments.length > 2));
  }

  delete(name) {
    const list = listOf(this);
    required(arguments.length, 'name');
    const wanted = wellFormed(name);
    for (let i = list.length - 1; i >= 0; i--) if (list[i].name === wanted) ArrayPrototypeSplice(list, i, 1);
  }

  get(name) {
    const list = listOf(this);
    required(arguments.length, 'name');
    const wanted = wellFormed(name);
    for (let i = 0; i < list.length; i++) if (list[i].name === wanted) return list[i].value;
    return null;
  }

  getAll(name) {
    const list = listOf(this);
    required(arguments.length, 'name');
    const wanted = wellFormed(name);
    const found = [];
    for (let i = 0; i < list.length; i++) if (list[i].name === wanted) ArrayPrototypePush(found, list[i].value);
    return found;
  }

  has(name) {
    const list = listOf(this);
    required(arguments.length, 'name');
    const wanted = wellFormed(name);
    for (let i = 0; i < list.length; i++) if (list[i].name === wanted) return true;
    return false;
  }

  set(name, value, filename = undefined) {
    const list = listOf(this);
    required(arguments.length, 'name', 'value');
    const made = entry(name, value, filename, arguments.length > 2);
    let first = -1;
    for (let i = list.length - 1; i >= 0; i--) {
      if (list[i].name !== made.name) continue;
      if (first >= 0) ArrayPrototypeSplice(list, first, 1);
      first = i;
    }
    if (first < 0) ArrayPrototypePush(list, made);
    else list[first] = made;
  }

  entries() {
    return iterate(listOf(this), 'entry');
  }

  forEach(callback, thisArg = undefined) {
    const list = listOf(this);
    required(arguments.length, 'callback');
    if (typeof callback !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'callback', 'Function', callback);
    for (let i = 0; i < list.length; i++) ReflectApply(callback, thisArg, [list[i].value, list[i].name, this]);
  }

  keys() {
    return iterate(listOf(this), 'name');
  }

  values() {
    return iterate(listOf(this), 'value');
  }
}

/** A file name is for blobs alone. */
function entry(name, value, filename, named) {
  const key = wellFormed(name);
  if (typeof value === 'object' && isBlob(value)) {
    const called = named && filename !== undefined ? wellFormed(filename) : undefined;
    return { __proto__: null, name: key, value: fileOf(value, called) };
  }
  if (named) throw nodeError('ERR_INVALID_ARG_TYPE', 'value', 'Blob', value);
  return { __proto__: null, name: key, value: wellFormed(value) };
}

let stateOf;

class FormDataIterator {
  #state;

  static {
    stateOf = (iterator) => {
      if (iterator === null || typeof iterator !== 'object' || !(#state in iterator)) throw nodeError('ERR_INVALID_THIS', 'FormData Iterator');
      return iterator.#state;
    };
  }

  constructor(list, kind) {
    this.#state = { __proto__: null, list, kind, next: 0 };
  }
}

const iteratorPrototype = ObjectCreate(ObjectGetPrototypeOf(ObjectGetPrototypeOf(ArrayPrototypeValues([]))));
const method = {
  next() {
    const state = stateOf(this);
    if (state.next >= state.list.length) return { value: undefined, done: true };
    const { name, value } = state.list[state.next++];
    return { value: state.kind === 'entry' ? [name, value] : state.kind === 'name' ? name : value, done: false };
  },
};
ObjectDefineProperties(iteratorPrototype, {
  __proto__: null,
  next: { __proto__: null, value: method.next, writable: true, enumerable: true, configurable: true },
  [SymbolToStringTag]: { __proto__: null, value: 'FormData Iterator', configurable: true },
});

/** The list is read while it is iterated, as Web IDL has it. */
function iterate(list, kind) {
  return ObjectSetPrototypeOf(new FormDataIterator(list, kind), iteratorPrototype);
}

expose(FormData, 'FormData', 'formData');
ObjectDefineProperty(FormData.prototype, SymbolIterator, {
  __proto__: null,
  value: FormData.prototype.entries,
  writable: true,
  configurable: true,
});

/** Adds an entry whose value is a string or a File already. */
const add = (data, name, value) => ArrayPrototypePush(listOf(data), { __proto__: null, name, value });

module.exports = { FormData, add, isFormData, listOf };
