// The queue of process.nextTick.
const { ReflectApply } = primordials;
const { arm } = bindings('ticks');

let queue = [];
let next = 0;

/** Works the queue off; what is put in meanwhile too. After one that throws, the rest waits. */
function run() {
  while (next < queue.length) {
    const tick = queue[next];
    queue[next++] = undefined;
    if (next === queue.length) {
      queue = [];
      next = 0;
    }
    ReflectApply(tick.callback, undefined, tick.values);
  }
}

/** Calls `callback` with `values` before the next microtask, or after those that are running. */
function nextTick(callback, values) {
  primordials.ObjectDefineProperty(queue, queue.length, {
    __proto__: null,
    value: { __proto__: null, callback, values },
    writable: true,
    enumerable: true,
    configurable: true,
  });
  arm(run);
}

module.exports = { nextTick };
