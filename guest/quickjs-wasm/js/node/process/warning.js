// process.emitWarning: the event `warning`, and a line of console.warn.
const { Error, ErrorCaptureStackTrace, String } = primordials;
const { log, permitted } = bindings('host');
const { nextTick } = require('node/process/ticks');

const WARN = 2;
const PERMIT_CONSOLE = 2;

function emitWarning(warning, type, code, ctor) {
  let detail;
  if (type !== null && typeof type === 'object' && !primordials.ArrayIsArray(type)) {
    ctor = type.ctor;
    code = type.code;
    if (typeof type.detail === 'string') detail = type.detail;
    type = type.type || 'Warning';
  } else if (typeof type === 'function') {
    ctor = type;
    code = '';
    type = 'Warning';
  }
  if (type !== undefined && typeof type !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'type', 'string', type);
  if (typeof code === 'function') {
    ctor = code;
    code = undefined;
  } else if (code !== undefined && typeof code !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'code', 'string', code);
  if (typeof warning === 'string') warning = make(warning, type, code, ctor, detail);
  else if (!(warning instanceof Error)) throw nodeError('ERR_INVALID_ARG_TYPE', 'warning', ['Error', 'string'], warning);
  nextTick(tell, [warning]);
}

function make(message, type, code, ctor, detail) {
  const warning = new Error(message);
  warning.name = String(type || 'Warning');
  if (code !== undefined) warning.code = code;
  if (detail !== undefined) warning.detail = detail;
  if (typeof ctor === 'function') ErrorCaptureStackTrace(warning, ctor);
  return warning;
}

function tell(warning) {
  if (permitted(PERMIT_CONSOLE)) {
    const code = warning.code ? '[' + String(warning.code) + '] ' : '';
    let text = code + String(warning.name) + ': ' + String(warning.message);
    if (typeof warning.detail === 'string') text += '\n' + warning.detail;
    log(WARN, text);
  }
  require('node/process').emitterOf()?.emit('warning', warning);
}

module.exports = { emitWarning };
