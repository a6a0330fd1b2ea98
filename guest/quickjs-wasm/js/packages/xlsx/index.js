// `xlsx`: spreadsheets as SheetJS shows them. What is in a workbook's file is read and written by the host; the utilities,
// which go between sheets and JavaScript values, are the npm package's own.
const { utils, SSF } = require('vendor/sheetjs');

module.exports = { utils, SSF };
