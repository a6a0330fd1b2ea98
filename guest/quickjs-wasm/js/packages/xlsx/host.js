// The host's workbooks (host/capabilities/xlsx): each is a handle. A workbook is opened, read and written in a process of
// the host's; here are its operations, each at once (the guest stands still meanwhile) and later (a promise).
const { Error, JSONParse, ObjectDefineProperty, PromisePrototypeThen, TypedArrayPrototypeSet, TypedArrayPrototypeSubarray, Uint8Array } = primordials;
const { call, start, text } = bindings('host');
const { encode } = bindings('bytes');
const { trailer } = bindings('cells');
const json = primordials.JSONStringify;

// Operations of the host (ABI.md).
const XLSX_OPEN = 80;
const XLSX_FEED = 81;
const XLSX_WHOLE = 82;
const XLSX_SHEET = 83;
const XLSX_NEXT = 84;
const XLSX_CLOSE = 85;
const XLSX_CREATE = 86;
const XLSX_ADD_SHEET = 87;
const XLSX_ROWS = 88;
const XLSX_FINISH = 89;
const XLSX_PIECE = 90;

const UTF8 = 0;
const PIECE_BYTES = 1024 * 1024;

/** Numbers of four bytes, then bytes. */
function payload(numbers, bytes) {
  const whole = new Uint8Array(4 * numbers.length + bytes.length);
  for (let i = 0; i < numbers.length; i++) {
    for (let j = 0; j < 4; j++) whole[4 * i + j] = (numbers[i] >>> (8 * j)) & 255;
  }
  TypedArrayPrototypeSet(whole, bytes, 4 * numbers.length);
  return whole;
}

const bytesOf = (value) => new Uint8Array(encode(json(value), UTF8));
const handleOf = (answer) => (answer[0] | (answer[1] << 8) | (answer[2] << 16) | (answer[3] << 24)) >>> 0;
const parsed = (answer, from) => JSONParse(text(TypedArrayPrototypeSubarray(answer, from)));

/** A file that is no workbook is an error of the code's data, and no denial. */
function translated(error) {
  if (error?.name !== 'ValidationError') return error;
  const made = new Error(error.message + (error.hint ? '. ' + error.hint : ''));
  ObjectDefineProperty(made, 'code', { __proto__: null, value: 'ERR_XLSX_INVALID', writable: true, enumerable: true, configurable: true });
  return made;
}

function now(operation, bytes) {
  try {
    return call(operation, bytes);
  } catch (error) {
    throw translated(error);
  }
}

function later(operation, bytes) {
  return PromisePrototypeThen(start(operation, bytes), undefined, (error) => {
    throw translated(error);
  });
}

/** `perform` with each operation of a handle: `now` gives the answer, `later` a promise of it. */
function operations(perform) {
  const on = (operation) => (handle, bytes = new Uint8Array(0)) => perform(operation, payload([handle], bytes));
  return {
    __proto__: null,
    open: (options) => {
      const bytes = bytesOf(options);
      return perform(XLSX_OPEN, payload([bytes.length], bytes));
    },
    feed: on(XLSX_FEED),
    whole: on(XLSX_WHOLE),
    sheet: (handle, options) => perform(XLSX_SHEET, payload([handle], bytesOf(options))),
    next: on(XLSX_NEXT),
    create: (options) => perform(XLSX_CREATE, bytesOf(options)),
    addSheet: (handle, sheet) => perform(XLSX_ADD_SHEET, payload([handle], bytesOf(sheet))),
    rows: on(XLSX_ROWS),
    finish: on(XLSX_FINISH),
    piece: on(XLSX_PIECE),
  };
}

/** Closing never waits and never fails. */
function close(handle) {
  PromisePrototypeThen(start(XLSX_CLOSE, payload([handle], new Uint8Array(0))), undefined, () => {});
}

module.exports = { atOnce: operations(now), inTime: operations(later), close, handleOf, parsed, trailer, PIECE_BYTES };
