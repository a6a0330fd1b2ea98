// `write`: a workbook of SheetJS's shape as a file.
const { ArrayIsArray, Error, String } = primordials;
const utils = () => require('vendor/sheetjs').utils;
const { Writer } = require('packages/xlsx/writer');
const { checkType, output, textOutput } = require('packages/xlsx/output');
const { letters } = require('packages/xlsx/headers');
const { checked } = require('packages/xlsx/read');

const STATES = ['visible', 'hidden', 'veryHidden'];
const TEXTS = {
  csv: (sheet, options) => [csvOf(sheet, options), '\ufeff'],
  txt: (sheet, options) => [utils().sheet_to_txt(sheet, options), '\ufeff'],
  html: (sheet, options) => [utils().sheet_to_html(sheet, options), ''],
};
const BOOKS = ['xlsx', 'xlsm'];
// Rows that are encoded at once.
const ROWS = 512;
const CHARACTER_PIXELS = 7;
// What a spreadsheet takes for a formula, or skips to get to one.
const DANGEROUS = /^[=+\-@\t\r]/;

/** CSV; with `escapeFormulae` no cell of text begins as a formula does (CWE-1236). */
function csvOf(sheet, options) {
  if (!options.escapeFormulae) return utils().sheet_to_csv(sheet, options);
  const escaped = { ...sheet };
  for (const key in escaped) {
    const cell = escaped[key];
    if (key[0] === '!' || cell?.t !== 's') continue;
    const text = String(cell.w ?? cell.v);
    if (DANGEROUS.test(text)) escaped[key] = { ...cell, v: "'" + text, w: "'" + text };
  }
  return utils().sheet_to_csv(escaped, options);
}

function boxOf(range) {
  const { s, e } = typeof range === 'string' ? utils().decode_range(range) : range;
  return [s.r, s.c, e.r, e.c];
}

function columnsOf(columns) {
  const described = [];
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    if (!column) continue;
    const width = column.wch ?? column.width ?? (column.wpx === undefined ? undefined : (column.wpx - 5) / CHARACTER_PIXELS);
    const one = { first: i, last: i };
    if (width > 0) one.width = Math.min(width, 255);
    if (column.hidden) one.hidden = true;
    described.push(one);
  }
  return described;
}

/** Rows and columns that stay in view: `{xSplit, ySplit}`, or the first cell that moves. */
function freezeOf(freeze) {
  if (typeof freeze === 'string') {
    const { r, c } = utils().decode_cell(freeze);
    return [r, c];
  }
  return [freeze.ySplit ?? 0, freeze.xSplit ?? 0];
}

/** What the host is to know of a sheet before its rows. */
function describe(name, sheet, hidden) {
  const described = { name, state: STATES[hidden] ?? 'visible' };
  if (ArrayIsArray(sheet['!cols'])) described.columns = columnsOf(sheet['!cols']);
  if (ArrayIsArray(sheet['!merges'])) described.merges = sheet['!merges'].map(boxOf);
  if (sheet['!autofilter']) described.filter = boxOf(sheet['!autofilter'].ref);
  if (sheet['!freeze']) described.freeze = freezeOf(sheet['!freeze']);
  return described;
}

/** A cell as the host takes it: a plain value where that is all there is to it. */
function valueOf(cell, styles, bold) {
  if (cell === undefined || cell === null) return undefined;
  const { t, v, f } = cell;
  const style = cell.z === undefined && cell.s === undefined && !bold ? 0 : styles.numberOf(bold ? BOLD : cell.s, cell.z);
  const error = t === 'e';
  const value = error ? (cell.w ?? '#N/A') : t === 'z' ? undefined : v;
  if (f === undefined && style === 0 && !error) return t === 's' ? String(value) : value;
  const described = { __proto__: null, v: value };
  if (f !== undefined) described.f = String(f);
  if (style !== 0) described.style = style;
  if (error) described.error = true;
  return described;
}
const BOLD = { font: { bold: true } };

function writeSheet(writer, sheet, options) {
  if (sheet['!ref'] === undefined) return;
  const { s, e } = utils().decode_range(sheet['!ref']);
  const dense = ArrayIsArray(sheet);
  const names = [];
  for (let column = 0; column <= e.c; column++) names.push(letters(column));
  let rows = [];
  for (let row = 0; row <= e.r; row++) {
    const cells = new Array(e.c + 1).fill(undefined);
    const bold = options.boldHeader === true && row === s.r;
    for (let column = s.c; column <= e.c; column++) {
      cells[column] = valueOf(dense ? sheet[row]?.[column] : sheet[names[column] + (row + 1)], writer.styles, bold);
    }
    rows.push(cells);
    if (rows.length >= ROWS) {
      writer.write(rows);
      rows = [];
    }
  }
  writer.write(rows);
}

function checkBook(workbook) {
  if (workbook === null || typeof workbook !== 'object' || !ArrayIsArray(workbook.SheetNames) || typeof workbook.Sheets !== 'object') {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'workbook', 'Object', workbook);
  }
  if (workbook.SheetNames.length === 0) throw new Error('Workbook is empty');
  for (const name of workbook.SheetNames) {
    if (!workbook.Sheets[name]) throw new Error("The workbook lists the sheet '" + name + "' and does not have it");
  }
}

function writeBook(workbook, options) {
  const writer = new Writer();
  try {
    workbook.SheetNames.forEach((name, index) => {
      const sheet = workbook.Sheets[name];
      writer.addSheet(describe(name, sheet, workbook.Workbook?.Sheets?.[index]?.Hidden));
      writeSheet(writer, sheet, options);
    });
    return writer.bytes();
  } finally {
    writer.abort();
  }
}

/** The sheet of a workbook that a file of text has room for: `options.sheet` (a name or a number), or the first. */
function oneSheet(workbook, wanted) {
  const name = typeof wanted === 'number' ? workbook.SheetNames[wanted] : wanted || workbook.SheetNames[0];
  const sheet = workbook.Sheets[name];
  if (!sheet) throw new Error('Sheet not found: ' + String(wanted));
  return sheet;
}

/** `workbook` as a file of `bookType` (xlsx, csv, txt, html), in the form `type`: buffer, array, base64, binary, string. */
function write(workbook, options) {
  const given = checked(options);
  const bookType = given.bookType ?? 'xlsx';
  checkBook(workbook);
  const textual = Object.hasOwn(TEXTS, bookType) ? TEXTS[bookType] : undefined;
  if (textual === undefined && !BOOKS.includes(bookType)) {
    throw nodeError('ERR_INVALID_ARG_VALUE', 'options.bookType', bookType, "must be 'xlsx', 'csv', 'txt' or 'html'");
  }
  checkType(given.type, textual !== undefined);
  if (textual === undefined) return output(writeBook(workbook, given), given.type);
  const [text, mark] = textual(oneSheet(workbook, given.sheet), given);
  return textOutput(text, given.type, mark);
}

module.exports = { write, csvOf, columnsOf, freezeOf, boxOf };
