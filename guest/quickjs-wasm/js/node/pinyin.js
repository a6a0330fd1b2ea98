// The npm package `pinyin` as its older versions are: its own converter, on a dictionary that is loaded with the first
// text and looked up by character. Segmentation needs a native library, and is not there.
const { Error, ObjectDefineProperty } = primordials;

let converter;
let dictionary;
const known = { __proto__: null };

/** Puts the readings of a text's characters where the converter looks for them. */
function learn(text) {
  dictionary ??= require('data/pinyin');
  dictionary.list ??= dictionary.readings.split('|');
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const at = code >= dictionary.first ? dictionary.index.charCodeAt(code - dictionary.first) : 0;
    if (at > 0) known[code] = dictionary.list[at - 1];
  }
}

function ready() {
  if (converter === undefined) {
    const Pinyin = require('vendor/pinyin');
    converter = new Pinyin(known);
  }
  return converter;
}

function pinyin(hans, options) {
  const made = ready();
  if (typeof hans !== 'string') return [];
  if (options?.segment) {
    throw new Error('pinyin: segment needs a native library that is not available to code blocks; leave it out or give false');
  }
  learn(hans);
  // In the mode for surnames the package's converter nests its answer once; this face of it does not.
  if (options?.mode === 1) return made.surname_pinyin(hans, { ...made.constructor.DEFAULT_OPTIONS, ...options });
  return made.convert(hans, options);
}

function compare(one, other) {
  for (const text of [one, other]) if (typeof text === 'string') learn(text);
  return ready().compare(one, other);
}

const compact = (list) => ready().compact(list);

const styles = { NORMAL: 0, TONE: 1, TONE2: 2, TO3NE: 5, INITIALS: 3, FIRST_LETTER: 4 };
const modes = { NORMAL: 0, SURNAME: 1, PLACENAME: 2 };
const put = (name, value) =>
  ObjectDefineProperty(pinyin, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
put('compare', compare);
put('compact', compact);
for (const name in styles) put('STYLE_' + name, styles[name]);
for (const name in modes) put('MODE_' + name, modes[name]);
// Newer versions are imported by name.
put('pinyin', pinyin);
put('default', pinyin);

module.exports = pinyin;
