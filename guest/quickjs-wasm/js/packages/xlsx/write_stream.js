// `createWriteStream`: a workbook of which no more than some rows are in the guest's memory at a time.
const { ArrayIsArray, ArrayPrototypePush, Error, ObjectKeys, String } = primordials;
const { Writer } = require('packages/xlsx/writer');
const { checkType, output } = require('packages/xlsx/output');
const { columnsOf, freezeOf, boxOf } = require('packages/xlsx/write');
const { checked } = require('packages/xlsx/read');

// Rows that wait until they are encoded together.
const ROWS = 256;
const NAME_MAX = 31;

/** As spreadsheets have it (ECMA-376, 18.2.19, and what Excel refuses). */
function checkName(name) {
  if (typeof name !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', 'name', 'string', name);
  if (name === '' || name.length > NAME_MAX || /[\\/?*[\]:]/.test(name) || name[0] === "'" || name[name.length - 1] === "'") {
    throw nodeError('ERR_INVALID_ARG_VALUE', 'name', name, 'must have 1 to 31 characters, none of : \\ / ? * [ ], and no apostrophe at an end');
  }
}

/** A sheet as the host takes it: `columns` are widths, or descriptions as in `!cols`; `freeze` a place or `{xSplit, ySplit}`. */
function describe(name, options) {
  const described = { name };
  const { columns, freeze, merges, autofilter } = options;
  if (ArrayIsArray(columns)) described.columns = columnsOf(columns.map((one) => (typeof one === 'number' ? { wch: one } : one)));
  if (freeze !== undefined && freeze !== null) described.freeze = freezeOf(freeze);
  if (ArrayIsArray(merges)) described.merges = merges.map(boxOf);
  if (autofilter) described.filter = boxOf(autofilter.ref ?? autofilter);
  return described;
}

class WriteStream {
  #writer = new Writer();
  #rows = [];
  #header = undefined;
  #styles = { header: 0, columns: [] };
  #names = { __proto__: null };

  /** Begins a sheet; the rows that follow are its own. Options: `header`, `boldHeader`, `columns`, `formats`, `freeze`, … */
  addSheet(name, options) {
    checkName(name);
    if (this.#names[name.toLowerCase()]) throw new Error("There is a sheet '" + name + "' already");
    const given = checked(options);
    this.#flush();
    this.#writer.addSheet(describe(name, given));
    this.#names[name.toLowerCase()] = true;
    const { styles } = this.#writer;
    this.#styles = {
      header: given.boldHeader ? styles.numberOf({ font: { bold: true } }) : 0,
      columns: ArrayIsArray(given.formats) ? given.formats.map((format) => (format ? styles.numberOf(undefined, format) : 0)) : [],
      first: true,
    };
    this.#header = undefined;
    if (ArrayIsArray(given.header)) {
      this.#header = given.header.map(String);
      this.#put(this.#header);
    }
    return this;
  }

  /** Writes a row: an array of values, or an object, whose keys are the header unless there is one. */
  writeRow(row) {
    if (this.#writer.sheets === 0) throw new Error('There is no sheet to write to: call addSheet(name) first');
    if (ArrayIsArray(row)) this.#put(row);
    else if (row !== null && typeof row === 'object') this.#putObject(row);
    else throw nodeError('ERR_INVALID_ARG_TYPE', 'row', ['Array', 'Object'], row);
    return this;
  }

  /** Writes rows. */
  writeRows(rows) {
    for (const row of rows) this.writeRow(row);
    return this;
  }

  #putObject(row) {
    if (this.#header === undefined) {
      this.#header = ObjectKeys(row);
      this.#put(this.#header);
    }
    const header = this.#header;
    const values = [];
    for (let i = 0; i < header.length; i++) ArrayPrototypePush(values, row[header[i]]);
    this.#put(values);
  }

  #put(values) {
    const { header, columns, first } = this.#styles;
    let cells = values;
    if (first && header !== 0) cells = values.map((v) => ({ __proto__: null, v, style: header }));
    else if (columns.length > 0 && !first) {
      cells = values.map((v, i) => (columns[i] > 0 && (v === null || typeof v !== 'object' || v instanceof Date) ? { __proto__: null, v, style: columns[i] } : v));
    }
    this.#styles.first = false;
    ArrayPrototypePush(this.#rows, cells);
    if (this.#rows.length >= ROWS) this.#flush();
  }

  #flush() {
    if (this.#rows.length === 0) return;
    const rows = this.#rows;
    this.#rows = [];
    this.#writer.write(rows);
  }

  /** Ends the workbook, and gives the file: a Buffer, or what `type` says as in `write`. */
  finalize(options) {
    const { type } = checked(options);
    if (type !== 'stream') checkType(type, false);
    if (this.#writer.sheets === 0) throw new Error('The workbook has no sheet: call addSheet(name) first');
    this.#flush();
    return type === 'stream' ? this.#stream() : output(this.#writer.bytes(), type);
  }

  #stream() {
    const writer = this.#writer;
    const [, next] = writer.finish();
    // eslint-disable-next-line no-undef
    return new ReadableStream({
      type: 'bytes',
      pull(controller) {
        const piece = next();
        if (piece.length > 0) return controller.enqueue(piece);
        writer.abort();
        controller.close();
        controller.byobRequest?.respond(0);
      },
      cancel: () => writer.abort(),
    });
  }

  /** Gives the workbook up. */
  abort() {
    this.#writer.abort();
  }
}

/** A workbook to write sheet by sheet and row by row. */
function createWriteStream() {
  return new WriteStream();
}

module.exports = { createWriteStream };
