// The place of a Han character by its first reading, its tone, and its code point.
const tones = { __proto__: null, '\u0304': 1, '\u0301': 2, '\u030c': 3, '\u0300': 4 };

const { first, index, readings } = require('data/pinyin');
let places;

/** The readings' places when they are put in order by letters, then by tone. */
function sorted() {
  const keys = readings.split('|').map((text, at) => {
    const [reading] = text.split(',');
    let letters = '';
    let tone = 5;
    for (const one of reading.normalize('NFD')) {
      if (tones[one]) tone = tones[one];
      else letters += one === '\u0308' ? '~' : one;
    }
    return [letters, tone, at];
  });
  keys.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
  const found = [];
  let place = 0;
  for (let i = 0; i < keys.length; i++) {
    if (i > 0 && (keys[i][0] !== keys[i - 1][0] || keys[i][1] !== keys[i - 1][1])) place++;
    found[keys[i][2]] = place;
  }
  return found;
}

function orderOf(letter, code) {
  const at = letter.length === 1 && code >= first ? index.charCodeAt(code - first) : 0;
  if (!(at > 0)) return 0x10000000 + code;
  places ??= sorted();
  return places[at - 1] * 0x10000 + code;
}

module.exports = { orderOf };
