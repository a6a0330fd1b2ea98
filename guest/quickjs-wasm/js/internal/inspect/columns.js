// Arrays of many short items, in columns.
const {
  ArrayPrototypePush,
  MathFloor,
  MathMax,
  MathMin,
  MathRound,
  MathSqrt,
  StringPrototypePadEnd,
  StringPrototypePadStart,
} = primordials;
const { width } = require('internal/inspect/text');

const GAP = 2; // a comma and a space
const CHARACTER_HEIGHT = 2.5; // of a character's width
const COLUMNS_MAX = 15;

/** How many columns are close to a square and fit on a line; 1 or less for none. */
function columnCount(state, count, all, total, longest) {
  const column = longest + GAP;
  // Three have to fit side by side, and no item may be much longer than the others.
  if (column * 3 + state.indentation >= state.breakLength) return 0;
  if (!(total / column > 5 || longest <= 6)) return 0;
  const bias = MathSqrt(column - total / all);
  const biased = MathMax(column - 3 - bias, 1);
  return MathMin(
    MathRound(MathSqrt(CHARACTER_HEIGHT * biased * count) / biased),
    MathFloor((state.breakLength - state.indentation) / column),
    state.compact * 4,
    COLUMNS_MAX,
  );
}

function allNumbers(value, count) {
  for (let i = 0; i < count; i++) if (typeof value[i] !== 'number' && typeof value[i] !== 'bigint') return false;
  return true;
}

/** The items line by line; as they are where columns would not look well. */
function group(state, output, value) {
  // The last one is "... 3 more items".
  const cut = state.maxArrayLength < output.length;
  const count = cut ? output.length - 1 : output.length;
  const widths = [];
  let total = 0;
  let longest = 0;
  for (let i = 0; i < count; i++) {
    widths[i] = width(output[i], state.colors);
    total += widths[i] + GAP;
    if (widths[i] > longest) longest = widths[i];
  }
  const columns = columnCount(state, count, output.length, total, longest);
  if (!(columns > 1)) return output;
  const columnWidths = [];
  for (let i = 0; i < columns; i++) {
    let most = 0;
    for (let j = i; j < count; j += columns) if (widths[j] > most) most = widths[j];
    columnWidths[i] = most + GAP;
  }
  const numbers = value === undefined || allNumbers(value, output.length);
  const pad = numbers ? StringPrototypePadStart : StringPrototypePadEnd;
  const lines = [];
  for (let i = 0; i < count; i += columns) {
    const last = MathMin(i + columns, count) - 1;
    let line = '';
    // What has no width (colours) is filled up as well.
    for (let j = i; j < last; j++) line += pad(output[j] + ', ', columnWidths[j - i] + output[j].length - widths[j], ' ');
    const filled = columnWidths[last - i] + output[last].length - widths[last] - GAP;
    ArrayPrototypePush(lines, line + (numbers ? pad(output[last], filled, ' ') : output[last]));
  }
  if (cut) ArrayPrototypePush(lines, output[count]);
  return lines;
}

module.exports = { group };
