// Web streams: the package that follows the standard's own reference implementation, with the names of its classes.
const { ObjectDefineProperty, ObjectKeys, SymbolFor } = primordials;
const { lazy } = bindings('host');
const streams = require('vendor/streams');
// It keeps methods of the classes as they are now.
require('internal/readable');

// It went out of the standard.
delete streams.WritableStreamDefaultController.prototype.abortReason;

// By class: what util.inspect shows of it (internal/inspect/web).
const shown = {
  __proto__: null,
  ReadableStream: 'readableStream',
  ReadableStreamDefaultReader: 'defaultReader',
  ReadableStreamBYOBReader: 'byobReader',
  ReadableStreamBYOBRequest: undefined,
  ReadableByteStreamController: 'byteController',
  ReadableStreamDefaultController: 'readableController',
  TransformStream: 'transformStream',
  TransformStreamDefaultController: 'transformController',
  WritableStream: 'writableStream',
  WritableStreamDefaultWriter: 'writer',
  WritableStreamDefaultController: 'writableController',
  ByteLengthQueuingStrategy: 'strategy',
  CountQueuingStrategy: 'strategy',
};
const custom = SymbolFor('nodejs.util.inspect.custom');
const classes = {};
const names = ObjectKeys(shown);
for (let i = 0; i < names.length; i++) {
  const value = streams[names[i]];
  const shower = shown[names[i]];
  ObjectDefineProperty(value, 'name', { __proto__: null, value: names[i], configurable: true });
  ObjectDefineProperty(classes, names[i], { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  if (shower !== undefined) lazy(value.prototype, custom, 'internal/inspect/web#' + shower, false);
}
lazy(classes, 'TextEncoderStream', 'web/streams_text#TextEncoderStream', true);
lazy(classes, 'TextDecoderStream', 'web/streams_text#TextDecoderStream', true);
lazy(classes, 'CompressionStream', 'web/compression#CompressionStream', true);
lazy(classes, 'DecompressionStream', 'web/compression#DecompressionStream', true);

module.exports = classes;
