// `responseType: 'stream'`: a ReadableStream of Buffers that can also be used as a stream of Node's, as far as code that
// reads a response does.
const { ObjectDefineProperty, PromisePrototypeThen, Uint8Array } = primordials;
const { copyOf } = bindings('bytes');
const { EventEmitter } = require('node/events');
const { ReadableStream } = require('web/streams');
const { toBuffer } = require('internal/to_buffer');
const { reader } = require('node/axios/pieces');
const { drain, isLocked } = require('internal/readable');

function streamOf(source) {
  const pieces = source.body === null ? undefined : reader(source);
  if (pieces === undefined) source.ended();
  const pull = async (controller) => {
    const piece = pieces === undefined ? undefined : await pieces.pull(false);
    if (piece === undefined) controller.close();
    else controller.enqueue(toBuffer(new Uint8Array(copyOf(piece))));
  };
  const cancel = (reason) => pieces?.cancel(reason);
  const stream = new ReadableStream({ __proto__: null, pull, cancel }, { __proto__: null, highWaterMark: 0 });
  const methods = methodsOf(stream, cancel);
  for (const name in methods) {
    ObjectDefineProperty(stream, name, { __proto__: null, value: methods[name], writable: true, configurable: true });
  }
  return stream;
}

/** `on`, `once`, `off`, `pipe` and what goes with them. It flows as soon as somebody listens for data. */
function methodsOf(stream, cancel) {
  const emitter = new EventEmitter();
  let encoding;
  const flow = () => {
    if (isLocked(stream)) return;
    const ended = () => {
      emitter.emit('end');
      emitter.emit('close');
    };
    const failed = (error) => {
      emitter.emit('error', error);
      emitter.emit('close');
    };
    drain(stream, (chunk) => emitter.emit('data', encoding === undefined ? chunk : chunk.toString(encoding)), ended, failed);
  };
  const listen = (how) => (name, listener) => {
    emitter[how](name, listener);
    if (name === 'data') primordials.queueMicrotask(flow);
    return stream;
  };
  return {
    __proto__: null,
    on: listen('on'),
    addListener: listen('on'),
    once: listen('once'),
    off: (name, listener) => (emitter.off(name, listener), stream),
    removeListener: (name, listener) => (emitter.off(name, listener), stream),
    setEncoding: (name) => ((encoding = name), stream),
    resume: () => (flow(), stream),
    destroy: (error) => {
      if (!isLocked(stream)) PromisePrototypeThen(stream.cancel(error), undefined, () => {});
      else cancel(error);
      return stream;
    },
    pipe: (target) => pipe(stream, target),
  };
}

function pipe(stream, target) {
  if (typeof target?.getWriter === 'function') PromisePrototypeThen(stream.pipeTo(target), undefined, () => {});
  else {
    if (typeof target?.write !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'destination', 'WritableStream', target);
    stream.on('data', (chunk) => target.write(chunk));
    stream.on('end', () => target.end?.());
  }
  return target;
}

module.exports = { streamOf };
