// `timers`: the globals, as the engine made them.
const { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = primordials;
const { lazy } = bindings('host');

const functions = { setTimeout, clearTimeout, setImmediate, clearImmediate, setInterval, clearInterval };
lazy(functions, 'promises', 'node/timers/promises', true);
module.exports = functions;
