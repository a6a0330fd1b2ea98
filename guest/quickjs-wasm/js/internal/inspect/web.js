// util.inspect for objects of the web: what their accessors tell, in Node's words. Each class has its function under
// inspect.custom on its prototype, made when something is inspected first.
const { ArrayIsArray, ArrayPrototypePush, ObjectDefineProperty, ObjectGetPrototypeOf, ObjectHasOwn, ReflectApply } = primordials;

const called = (fn) =>
  ObjectDefineProperty(fn, 'name', { __proto__: null, value: '[nodejs.util.inspect.custom]', configurable: true });

/** A function for inspect.custom. `read` gives what there is to see; what is no instance, like a prototype, is shown as
 * any object is. `deep` is what stands for an instance below the depth that was asked for. */
function shower(name, read, deep) {
  return called(function (depth, options, inspect = undefined) {
    if (depth < 0) return deep === undefined ? this : deep(this);
    let fields;
    try {
      fields = read(this);
    } catch {
      return this;
    }
    const show = typeof inspect === 'function' ? inspect : require('internal/inspect').inspect;
    const left = options?.depth === undefined || options.depth === null ? null : options.depth - 1;
    return (typeof name === 'string' ? name : name(this)) + ' ' + show(fields, { ...options, depth: left });
  });
}

const className = (value) => value.constructor?.name ?? 'Object';

const event = shower(
  className,
  ({ type, defaultPrevented, cancelable, timeStamp }) => ({ type, defaultPrevented, cancelable, timeStamp }),
  className,
);
const eventTarget = shower(className, () => ({}), className);
const abortController = shower('AbortController', ({ signal }) => ({ signal }));
const abortSignal = shower('AbortSignal', ({ aborted }) => ({ aborted }));

function named(fields, name, value) {
  if (!ObjectHasOwn(fields, name)) {
    ObjectDefineProperty(fields, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  } else if (ArrayIsArray(fields[name])) ArrayPrototypePush(fields[name], value);
  else fields[name] = [fields[name], value];
}

const entries = shower('FormData', (form) => {
  const fields = {};
  form.forEach((value, name) => named(fields, name, value));
  return fields;
});

/** Entries are on the level of the object itself, and there is always one level of them. */
const formData = called(function (depth, options, inspect = undefined) {
  const level = options?.depth ?? null;
  return ReflectApply(entries, this, [0, { ...options, depth: level === null ? null : (level < 0 ? 0 : level) + 1 }, inspect]);
});

const parts = [
  'href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'searchParams',
  'hash',
];

/** A URL is shown by its parts, under the name of its class. */
const url = called(function (depth, options, inspect = undefined) {
  if (typeof depth === 'number' && depth < 0) return this;
  const fields = {};
  for (let i = 0; i < parts.length; i++) named(fields, parts[i], this[parts[i]]);
  return (ObjectGetPrototypeOf(this)?.constructor ?? require('web/url').URL).name + ' ' + inspect(fields, options);
});

const entry = (name) =>
  shower(
    name,
    ({ name: label, entryType, startTime, duration, detail }) => ({ name: label, entryType, startTime, duration, detail }),
    () => '[' + name + ']',
  );

// Streams come from a package, whose inner state has names of its own.
const readableStream = shower('ReadableStream', ({ locked, _state: state, _readableStreamController: controller }) => ({
  locked,
  state,
  supportsBYOB: '_pendingPullIntos' in controller,
}));
const writableStream = shower('WritableStream', ({ locked, _state: state }) => ({ locked, state }));
const transformStream = shower('TransformStream', ({ readable, writable, _backpressure: backpressure }) => ({
  readable,
  writable,
  backpressure,
}));
const reader = (name, requests) =>
  shower(name, (value) => ({ stream: value._ownerReadableStream, [requests]: value['_' + requests].length, close: value.closed }));
const defaultReader = reader('ReadableStreamDefaultReader', 'readRequests');
const byobReader = reader('ReadableStreamBYOBReader', 'readIntoRequests');
const writer = shower('WritableStreamDefaultWriter', ({ _ownerWritableStream: stream, closed: close, ready, desiredSize }) => ({
  stream,
  close,
  ready,
  desiredSize,
}));
const writableController = shower('WritableStreamDefaultController', ({ _controlledWritableStream: stream }) => ({ stream }));
const transformController = shower('TransformStreamDefaultController', ({ _controlledTransformStream: stream }) => ({ stream }));
const readableController = shower('ReadableStreamDefaultController', () => ({}));
const byteController = shower('ReadableByteStreamController', () => ({}));
const strategy = shower(className, ({ highWaterMark }) => ({ highWaterMark }));
const codecStream = shower(className, (value) => {
  const fields = {};
  const names = ['encoding', 'fatal', 'ignoreBOM', 'readable', 'writable'];
  for (let i = 0; i < names.length; i++) if (names[i] in value) fields[names[i]] = value[names[i]];
  return fields;
});

module.exports = {
  abortController,
  abortSignal,
  byobReader,
  byteController,
  codecStream,
  defaultReader,
  event,
  eventTarget,
  formData,
  mark: entry('PerformanceMark'),
  measure: entry('PerformanceMeasure'),
  readableController,
  readableStream,
  strategy,
  transformController,
  transformStream,
  url,
  writableController,
  writableStream,
  writer,
};
