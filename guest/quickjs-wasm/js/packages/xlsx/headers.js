// The first row of a table as the keys of the others, as the package's `sheet_to_json` makes them.
const { ArrayIsArray, ArrayPrototypePush, String } = primordials;

/** Column letters: 0 is A, 26 is AA. */
function letters(column) {
  let text = '';
  for (let rest = column + 1; rest > 0; rest = ((rest - 1) / 26) | 0) {
    text = String.fromCharCode(65 + ((rest - 1) % 26)) + text;
  }
  return text;
}

/** Keys of a header's cells: empty ones get a name, and a name that came before a number. */
function keysOf(cells) {
  const seen = { __proto__: null };
  const keys = [];
  for (let column = 0; column < cells.length; column++) {
    const cell = cells[column];
    const name = cell === undefined || cell === null || cell === '' ? '__EMPTY' : String(cell);
    let key = name;
    for (let count = seen[name] ?? 0; seen[key] !== undefined; count++) {
      key = name + '_' + (count + 1);
      seen[name] = count + 1;
    }
    seen[key] ??= 0;
    ArrayPrototypePush(keys, key);
  }
  return keys;
}

module.exports = { keysOf, letters };
