// `process`, as far as code needs one: nothing of the machine or of the host's process is in it.
const {
  BigInt,
  MathFloor,
  ObjectCreate,
  ObjectDefineProperty,
  ObjectFreeze,
  ReflectApply,
  SymbolToStringTag,
} = primordials;
const { denial, now } = bindings('host');

// What packages compare with: the Node whose behaviour the modules have.
const VERSION = '20.20.2';

function process() {}
ObjectDefineProperty(process.prototype, SymbolToStringTag, { __proto__: null, value: 'process', configurable: true });

function refused(name, hint) {
  const { [name]: refuse } = {
    [name]() {
      throw denial('SecurityError', 'process.' + name + ' is not available to code blocks', hint);
    },
  };
  return refuse;
}

function nextTick(callback, ...values) {
  if (typeof callback !== 'function') throw nodeError('ERR_INVALID_ARG_TYPE', 'callback', 'Function', callback);
  require('node/process/ticks').nextTick(callback, values);
}

function checkTime(time) {
  if (time === undefined) return;
  if (!primordials.ArrayIsArray(time)) throw nodeError('ERR_INVALID_ARG_TYPE', 'time', 'Array', time);
  if (time.length !== 2) throw nodeError('ERR_OUT_OF_RANGE', 'time', '2', time.length);
}

/** Seconds and nanoseconds of the execution's clock, which is as coarse as the policy makes it. */
function hrtime(time) {
  checkTime(time);
  const ms = now();
  const seconds = MathFloor(ms / 1000);
  const nanoseconds = MathFloor((ms - seconds * 1000) * 1e6);
  if (time === undefined) return [seconds, nanoseconds];
  const sec = seconds - time[0];
  const nsec = nanoseconds - time[1];
  return nsec < 0 ? [sec - 1, nsec + 1e9] : [sec, nsec];
}

function bigint() {
  return BigInt(MathFloor(now() * 1e6));
}
ObjectDefineProperty(hrtime, 'bigint', { __proto__: null, value: bigint, writable: true, enumerable: true, configurable: true });

function memoryUsage() {
  const used = bindings('objects').heapUsed();
  return { rss: used, heapTotal: used, heapUsed: used, external: 0, arrayBuffers: 0 };
}
ObjectDefineProperty(memoryUsage, 'rss', {
  __proto__: null,
  value: function rss() {
    return bindings('objects').heapUsed();
  },
  writable: true,
  enumerable: true,
  configurable: true,
});

// The emitter behind `on` and its like, made when something listens.
let emitter;
const emitterOf = () => emitter;

function delegate(name) {
  const { [name]: method } = {
    [name](...values) {
      const { EventEmitter } = require('node/events');
      emitter ??= new EventEmitter();
      const result = ReflectApply(EventEmitter.prototype[name], emitter, values);
      return result === emitter ? this : result;
    },
  };
  return method;
}

const own = ObjectCreate(ObjectCreate(process.prototype));
const values = {
  __proto__: null,
  version: 'v' + VERSION,
  versions: ObjectFreeze({ node: VERSION }),
  arch: 'wasm32',
  platform: 'linux',
  release: ObjectFreeze({ name: 'node' }),
  title: 'node',
  pid: 1,
  ppid: 0,
  execPath: '',
  argv: [],
  argv0: 'node',
  execArgv: [],
  env: ObjectFreeze({}),
  exitCode: undefined,
  features: ObjectFreeze({}),
  config: ObjectFreeze({}),
  nextTick,
  hrtime,
  memoryUsage,
  uptime: function uptime() {
    return now() / 1000;
  },
  cwd: function cwd() {
    return '/';
  },
  umask: function umask() {
    return 0o22;
  },
  emitWarning: function emitWarning(warning, type, code, ctor) {
    require('node/process/warning').emitWarning(warning, type, code, ctor);
  },
};
const put = (names, make, hint) => {
  for (let i = 0; i < names.length; i++) values[names[i]] = make(names[i], hint);
};
put(['exit', 'reallyExit', 'abort'], refused, 'Return from the code, or throw an error.');
put(['kill', 'chdir', 'dlopen', 'binding', 'setuid', 'setgid'], refused, 'Code sees nothing of the machine that it runs on.');
put(['cpuUsage', 'resourceUsage'], refused, 'process.memoryUsage() and performance.now() are there.');
put(['on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners', 'prependListener'], delegate);
put(['prependOnceListener', 'emit', 'listeners', 'rawListeners', 'listenerCount', 'eventNames'], delegate);
put(['setMaxListeners', 'getMaxListeners'], delegate);
for (const name in values) {
  ObjectDefineProperty(own, name, { __proto__: null, value: values[name], writable: true, enumerable: true, configurable: true });
}

module.exports = { emitterOf, process: own };
