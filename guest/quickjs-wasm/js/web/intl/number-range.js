// Ranges of numbers: what both ends have in common is told once, where that is more than one character.
const { split } = require('web/intl/common');
const { outside, pieces, quantify } = require('web/intl/number-parts');

const textOf = (parts) => {
  let text = '';
  for (const part of parts) text += part.type + part.value + '\n';
  return text;
};
const lengthOf = (parts) => {
  let length = 0;
  for (const part of parts) length += [...part.value].length;
  return length;
};
const sameSides = (one, other) => textOf(one[0]) === textOf(other[0]) && textOf(one[1]) === textOf(other[1]);
const from = (source, ...lists) => lists.flat().map(({ type, value }) => ({ type, value, source }));

function approximately(own, { before, digits, after, outer }) {
  const sign = { type: 'approximatelySign', value: require('data/numbers/' + own.data).symbols.approximatelySign };
  return from('shared', outer[0], [sign], before, digits, after, outer[1]);
}

const sameValue = (one, other) =>
  one.kind === other.kind && one.negative === other.negative && one.digits === other.digits && one.point === other.point;

/** What is around a whole range. In English it is always the plural. */
function outerOf(own, end) {
  if (own.data.slice(0, 2) !== 'en') return end.outer;
  return outside(own, { power: 0 });
}

function rangeParts(own, start, end) {
  const [one, other] = [pieces(own, start), pieces(own, end)];
  const [first, second] = [quantify(own, start), quantify(own, end)];
  if (sameValue(first.value, second.value) && first.power === second.power) return approximately(own, one);
  const outer = own.style === 'unit' || own.currencyDisplay === 'name' || (own.style === 'percent' && own.notation === 'compact');
  const middle = [[one.before, one.after], [other.before, other.after]];
  const length = lengthOf(one.before) + lengthOf(one.after);
  const collapsed = sameSides(...middle) && length > 1;
  const scientific = own.notation === 'scientific' || own.notation === 'engineering';
  const exponent = scientific && (first.value.kind === 'number') === (second.value.kind === 'number');
  const repeated = exponent || (!collapsed && length > 0);
  const parts = [];
  if (outer) parts.push(...from('shared', outerOf(own, other)[0]));
  if (collapsed) parts.push(...from('shared', one.before));
  const side = (piece, source) => (collapsed ? from(source, piece.digits) : from(source, piece.before, piece.digits, piece.after));
  for (const piece of split(require('data/numbers/' + own.data).range)) {
    if (piece === 0) parts.push(...side(one, 'startRange'));
    else if (piece === 1) parts.push(...side(other, 'endRange'));
    else parts.push({ type: 'literal', value: repeated && piece.trim() === piece ? ' ' + piece + ' ' : piece, source: 'shared' });
  }
  if (collapsed) parts.push(...from('shared', one.after));
  if (outer) parts.push(...from('shared', outerOf(own, other)[1]));
  return parts;
}

module.exports = { rangeParts };
