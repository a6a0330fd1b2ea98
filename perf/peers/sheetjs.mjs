// SheetJS under node: `node sheetjs.mjs read|write FILE ROWS` prints milliseconds, and the sum of a column or the size.
// The first time is not counted.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.PEER_MODULES}/`);
const xlsx = require('xlsx');
const [what, path, rows] = process.argv.slice(2);

function read(data) {
  const book = xlsx.read(data, { type: 'buffer', dense: true });
  let sum = 0;
  for (const row of xlsx.utils.sheet_to_json(book.Sheets[book.SheetNames[0]])) sum += row.Amount;
  return sum;
}

function write(table) {
  const book = xlsx.utils.book_new();
  xlsx.utils.book_append_sheet(book, xlsx.utils.aoa_to_sheet(table), 'Data');
  return xlsx.write(book, { type: 'buffer', bookType: 'xlsx', compression: true }).length;
}

const given = what === 'read' ? readFileSync(path) : Array.from({ length: Number(rows) }, (_, i) => [
  i, `客户名称${i % 977}`, i * 1.25, `2024-01-${(i % 28) + 1}`, `北京市朝阳区${i}`, i % 2 === 0, i / 100,
]);
const work = what === 'read' ? read : write;
work(given);
const began = performance.now();
const value = work(given);
process.stdout.write(JSON.stringify([performance.now() - began, value]));
