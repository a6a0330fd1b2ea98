// Web streams: the package that follows the standard's own reference implementation, with the names of its classes.
const { ObjectDefineProperty } = primordials;
const streams = require('vendor/streams');

const names = ['ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader', 'ReadableStreamBYOBRequest'];
const more = ['ReadableByteStreamController', 'ReadableStreamDefaultController', 'TransformStream'];
const rest = ['TransformStreamDefaultController', 'WritableStream', 'WritableStreamDefaultWriter'];
const last = ['WritableStreamDefaultController', 'ByteLengthQueuingStrategy', 'CountQueuingStrategy'];

const classes = {};
for (const list of [names, more, rest, last]) {
  for (let i = 0; i < list.length; i++) {
    const Class = streams[list[i]];
    ObjectDefineProperty(Class, 'name', { __proto__: null, value: list[i], configurable: true });
    ObjectDefineProperty(classes, list[i], { __proto__: null, value: Class, writable: true, enumerable: true, configurable: true });
  }
}

module.exports = classes;
