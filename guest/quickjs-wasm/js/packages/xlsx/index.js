// `xlsx`: spreadsheets as SheetJS shows them. What is in a workbook's file is read and written by the host; the utilities,
// which go between sheets and JavaScript values, are the npm package's own.
const { read } = require('packages/xlsx/read');
const { readStream, readBatches, rows, batches } = require('packages/xlsx/rows');
const { write } = require('packages/xlsx/write');
const { createWriteStream } = require('packages/xlsx/write_stream');

const xlsx = { read, readStream, readBatches, rows, batches, write, createWriteStream };
bindings('host').lazy(xlsx, 'utils', 'vendor/sheetjs#utils', true);
bindings('host').lazy(xlsx, 'SSF', 'vendor/sheetjs#SSF', true);

module.exports = xlsx;
