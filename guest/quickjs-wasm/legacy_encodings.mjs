// Run by the build: `node legacy_encodings.mjs FOLDER` prints the data of the encodings of the Encoding Standard, taken from
// @exodus/bytes in that folder of packages, as the texts of modules. legacy_encodings.py says what they are for.
import { pathToFileURL } from 'node:url';

const folder = `${process.argv[2]}/@exodus/bytes/`;
const part = (name) => import(pathToFileURL(folder + name));
// Not the package's face, which asks node's own decoder where it can: what that knows depends on the machine.
const { encodingDecoder } = await part('fallback/single-byte.js');
const { getTable } = await part('fallback/multi-byte.table.js');
const { default: labels } = await part('fallback/encoding.labels.js');

const ranges = getTable('gb18030-ranges');
const text = (units) => Array.from(units, (unit) => String.fromCharCode(unit)).join('');

/** The characters of Big5 in two parts: units, and the bits of those that lie in plane 2. */
function big5() {
  const table = getTable('big5');
  const units = new Uint16Array(table.length);
  const planes = new Uint16Array(Math.ceil(table.length / 16));
  table.forEach((value, pointer) => {
    const code = value > 0xffff ? String.fromCharCode(value >>> 16, value & 0xffff).codePointAt(0) : value;
    // The four pointers that stand for two characters each are the decoder's to know.
    if (value > 0xffff && code < 0x10000) return;
    if (code > 0xffff && code >>> 16 !== 2) throw new Error(`Big5 has U+${code.toString(16)}`);
    units[pointer] = code & 0xffff;
    if (code > 0xffff) planes[pointer >> 4] |= 1 << (pointer & 15);
  });
  return { table: text(units), more: text(planes) };
}

const upper = Uint8Array.from({ length: 128 }, (_, index) => 128 + index);
const single = {};
for (const name of Object.keys(labels)) {
  try {
    single[name] = encodingDecoder(name)(upper, true);
  } catch {
    // Not an encoding of one byte for a character.
  }
}
// The last range, beyond the first plane, is the decoder's to know.
const pairs = ranges.filter(([pointer]) => pointer < 189000).flat();
const [jis0208, jis0212] = [text(getTable('jis0208')), text(getTable('jis0212'))];
const data = {
  labels: Object.fromEntries(Object.entries(labels).flatMap(([name, others]) => [name, ...others].map((label) => [label, name]))),
  single,
  gb18030: { table: text(getTable('gb18030')), more: text(pairs) },
  big5: big5(),
  'euc-kr': { table: text(getTable('euc-kr')), more: '' },
  jis0208: { table: jis0208, more: '' },
  'euc-jp': { table: jis0208, more: jis0212 },
};
const escape = (json) => json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const modules = Object.entries(data).map(([name, value]) => [name, escape(JSON.stringify(value)).replace('{', '{"__proto__":null,')]);
process.stdout.write(JSON.stringify(Object.fromEntries(modules)));
