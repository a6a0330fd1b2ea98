// The bootstrap: makes the globals that a guest sees, once, while an image is made. The build wraps this file into
// one function whose argument is the bridge; what it returns is for c/boot.c alone.
/* global CELLBLOCK_ENUMERABLE, CELLBLOCK_GLOBALS, CELLBLOCK_METHODS */
import './errors.js';
import { console } from './console.js';
import { lazy } from './bridge.js';
import { installLazy } from './internal.js';
import { define, require } from './require.js';
import { defineProperty } from './primordials.js';
import '../capabilities/echo.js';

function install(name, value) {
  defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}

install('console', console);
install('require', require);
install('global', globalThis);
installLazy(CELLBLOCK_GLOBALS, CELLBLOCK_ENUMERABLE, CELLBLOCK_METHODS);
// util.promisify(setTimeout) is the function of timers/promises.
const promisified = Symbol.for('nodejs.util.promisify.custom');
lazy(setTimeout, promisified, 'node/timers/promises#setTimeout', true);
lazy(setImmediate, promisified, 'node/timers/promises#setImmediate', true);
// No shared memory: nothing to build a fine clock from.
delete globalThis.SharedArrayBuffer;
// A result holds no number that a guest wrote as text: `1e999999`, or more digits than a client's parser takes.
delete JSON.rawJSON;
delete JSON.isRawJSON;

export { define };
