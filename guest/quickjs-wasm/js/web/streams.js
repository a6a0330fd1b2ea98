// Web streams: the package that follows the standard's own reference implementation, with the names of its classes.
const { ObjectDefineProperty, SymbolFor } = primordials;
const { lazy } = bindings('host');
const streams = require('vendor/streams');
// It keeps methods of the classes as they are now.
const { isOfBytes } = require('internal/readable');

// It went out of the standard.
delete streams.WritableStreamDefaultController.prototype.abortReason;

const names = ['ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader', 'ReadableStreamBYOBRequest'];
const more = ['ReadableByteStreamController', 'ReadableStreamDefaultController', 'TransformStream'];
const rest = ['TransformStreamDefaultController', 'WritableStream', 'WritableStreamDefaultWriter'];
const last = ['WritableStreamDefaultController', 'ByteLengthQueuingStrategy', 'CountQueuingStrategy'];

const classes = {};
const take = (list) => {
  for (let i = 0; i < list.length; i++) {
    const value = streams[list[i]];
    ObjectDefineProperty(value, 'name', { __proto__: null, value: list[i], configurable: true });
    ObjectDefineProperty(classes, list[i], { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  }
};
take(names);
take(more);
take(rest);
take(last);
lazy(classes, 'TextEncoderStream', 'web/streams_text#TextEncoderStream', true);
lazy(classes, 'TextDecoderStream', 'web/streams_text#TextDecoderStream', true);

const custom = SymbolFor('nodejs.util.inspect.custom');

/** What util.inspect shows, as Node has it. */
function inspectReadable(depth, options, inspect) {
  const { _state: state, locked } = this;
  const shown = { locked, state, supportsBYOB: isOfBytes(this) };
  return typeof inspect === 'function' ? 'ReadableStream ' + inspect(shown, options) : shown;
}
ObjectDefineProperty(classes.ReadableStream.prototype, custom, {
  __proto__: null,
  value: inspectReadable,
  writable: true,
  configurable: true,
});

module.exports = classes;
