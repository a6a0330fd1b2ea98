// `read`: a workbook as SheetJS shows it, with every cell an object in its sheet.
const { ArrayIsArray, ArrayPrototypeIncludes } = primordials;
const { sheet: putCells } = bindings('cells');
const utils = () => require('vendor/sheetjs').utils;
const { trailer } = require('packages/xlsx/host');
const { NEXT, drive, driveLater } = require('packages/xlsx/drive');
const { openAtOnce, openInTime, whole } = require('packages/xlsx/book');
const { accessorsOf } = require('packages/xlsx/formats');

// Flags of `bindings('cells').sheet`.
const WITH_DATES = 1;
const DENSE = 2;
const SHOW_FORMATS = 4;
const WITH_STUBS = 8;
// Pixels of a character's width and what a cell has beside its text, as SheetJS reckons them.
const CHARACTER_PIXELS = 6;
const HIDDEN = { visible: 0, hidden: 1, veryHidden: 2 };

const rangeOf = ([top, left, bottom, right]) => ({ s: { r: top, c: left }, e: { r: bottom, c: right } });

function columnsOf(described) {
  const columns = [];
  for (const { first, last, width, hidden } of described) {
    for (let i = first; i <= last && i < first + 1000; i++) {
      columns[i] = { width, wch: width, wpx: Math.round(width * CHARACTER_PIXELS) + 5, ...(hidden ? { hidden: true } : {}) };
    }
  }
  return columns;
}

/** What a sheet has beside its cells. */
function finish(sheet, end) {
  if (end.extent !== null) sheet['!ref'] = utils().encode_range(rangeOf(end.extent));
  if (end.merges.length > 0) sheet['!merges'] = end.merges.map(rangeOf);
  if (end.columns.length > 0) sheet['!cols'] = columnsOf(end.columns);
  if (end.filter) sheet['!autofilter'] = { ref: utils().encode_range(rangeOf(end.filter)) };
  if (end.hiddenRows.length > 0) {
    sheet['!rows'] = [];
    for (const row of end.hiddenRows) sheet['!rows'][row] = { hidden: true };
  }
}

function flagsOf(options) {
  return (
    (options.cellDates ? WITH_DATES : 0) | (options.dense ? DENSE : 0) | (options.cellNF ? SHOW_FORMATS : 0) |
    (options.sheetStubs ? WITH_STUBS : 0)
  );
}

function wantedRows(options) {
  return Number.isInteger(options.sheetRows) && options.sheetRows > 0 ? { row_end: options.sheetRows } : {};
}

function isWanted(options, number, name) {
  const wanted = options.sheets;
  if (options.bookSheets || options.bookProps) return false;
  if (wanted === undefined || wanted === null) return true;
  return ArrayIsArray(wanted) ? ArrayPrototypeIncludes(wanted, number) || ArrayPrototypeIncludes(wanted, name) : wanted === number || wanted === name;
}

/** The sheets of a workbook one after another: yields what is to be asked of the host, and is given its answer. */
function* asking(facts, options, workbook) {
  const accessors = accessorsOf(facts.formats);
  const flags = flagsOf(options);
  for (let number = 0; number < facts.sheets.length; number++) {
    const { name } = facts.sheets[number];
    if (!isWanted(options, number, name)) continue;
    const sheet = options.dense ? [] : {};
    yield { operation: 'sheet', argument: { sheet: number, everything: true, ...wantedRows(options) } };
    for (let end; end === undefined; ) {
      const batch = yield NEXT;
      putCells(batch, sheet, accessors, flags);
      end = trailer(batch);
      if (end !== undefined) finish(sheet, end);
    }
    workbook.Sheets[name] = sheet;
  }
  return workbook;
}

function workbookOf(facts) {
  const names = facts.names.map(({ name, ref, sheet }) => (sheet === null ? { Name: name, Ref: ref } : { Name: name, Ref: ref, Sheet: sheet }));
  return {
    SheetNames: facts.sheets.map((sheet) => sheet.name),
    Sheets: {},
    Workbook: {
      Names: names,
      Sheets: facts.sheets.map((sheet) => ({ name: sheet.name, Hidden: HIDDEN[sheet.state] ?? 0 })),
      WBProps: { date1904: false },
    },
    close() {},
  };
}

function readOpen({ handle, facts }, options) {
  const workbook = workbookOf(facts);
  return drive(asking(facts, options, workbook), handle);
}

/** Options as an object. A password is refused: no encrypted file is read. */
function checked(options) {
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object') throw nodeError('ERR_INVALID_ARG_TYPE', 'options', 'Object', options);
  return options;
}

async function readLater(data, given) {
  const { handle, facts } = await openInTime(data, given);
  return driveLater(asking(facts, given, workbookOf(facts)), handle);
}

/** The workbook in `data`; a promise of it where `data` is a stream, a Blob or a Response. */
function read(data, options) {
  const given = checked(options);
  const bytes = whole(data, given.type);
  if (bytes !== undefined) return readOpen(openAtOnce(bytes, given), given);
  return readLater(data, given);
}

module.exports = { read, checked };
