// Globals that `util` has too, whichever module makes them.
const { TextDecoder, TextEncoder } = globalThis;

module.exports = { TextDecoder, TextEncoder };
