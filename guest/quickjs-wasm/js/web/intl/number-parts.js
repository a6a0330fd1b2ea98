// The parts of a formatted number: sign, digits in groups, and what a pattern has around them.
const { layOut, round, shift } = require('web/intl/decimal');
const { rounded } = require('web/intl/digits');
const { operands, ruleOf } = require('web/intl/rules');

const numbersOf = (own) => (own.numbers ??= require('data/numbers/' + own.data));

/** Which sign is shown for a number that is rounded already: '-', '+' or none. */
function signOf(own, value) {
  const zero = value.kind === 'nan' || (value.kind === 'number' && value.digits === '');
  switch (own.signDisplay) {
    case 'never': return '';
    case 'always': return value.negative ? '-' : '+';
    case 'exceptZero': return zero ? '' : value.negative ? '-' : '+';
    case 'negative': return value.negative && !zero ? '-' : '';
    default: return value.negative ? '-' : '';
  }
}

/** The power of ten that a notation divides by, and what stands for it. */
function scaleOf(own, point) {
  if (own.notation === 'scientific') return point - 1;
  if (own.notation === 'engineering') return Math.floor((point - 1) / 3) * 3;
  const rows = compactRows(own).other;
  const power = Math.min(point - 1, rows.length + 2);
  if (power < 3) return 0;
  const zeros = (rows[power - 3].match(/0/g) ?? []).length;
  return rows[power - 3] === '0' ? 0 : power - zeros + 1;
}

function compactRows(own) {
  const numbers = numbersOf(own);
  if (own.style === 'currency' && own.currencyDisplay !== 'name') return numbers.shortCurrency;
  return numbers[own.compactDisplay];
}

/** Rounded in its notation: the number, the least digits behind the point, the power and the place of its pattern. */
function quantify(own, number) {
  if (number.kind !== 'number') return { value: number, least: 0, power: 0, place: 0 };
  if (own.style === 'percent') number = shift(number, 2);
  if (own.notation === 'standard') return { ...rounded(own, number), power: 0, place: 0 };
  if (number.digits === '') return { ...rounded(own, number), power: 0, place: 0 };
  let power = scaleOf(own, number.point);
  let result = rounded(own, shift(number, -power));
  // 999,999 becomes 1M and not 1000K.
  const point = result.value.digits ? result.value.point + power : number.point;
  if (point > number.point) {
    power = scaleOf(own, point);
    result = rounded(own, shift(number, -power));
  }
  return { ...result, power, place: point - 1 };
}

/** The number itself: whole digits in groups, the point, the rest, the exponent. */
function digitParts(own, quantity) {
  const { symbols, leastGrouping } = numbersOf(own);
  const { value, least, power } = quantity;
  if (value.kind === 'nan') return [{ type: 'nan', value: symbols.nan }];
  if (value.kind === 'infinity') return [{ type: 'infinity', value: symbols.infinity }];
  const shown = layOut(value, own.minimumIntegerDigits, least);
  if (own.trailingZeroDisplay === 'stripIfInteger' && !/[1-9]/.test(shown.fraction)) shown.fraction = '';
  quantity.shown = shown;
  const parts = [];
  const { whole } = shown;
  const grouped = own.useGrouping !== false && whole.length >= 3 + (own.useGrouping === 'min2' || (own.useGrouping === 'auto' && own.notation === 'compact') ? 2 : own.useGrouping === 'always' ? 1 : leastGrouping);
  let at = grouped ? whole.length % 3 || 3 : whole.length;
  parts.push({ type: 'integer', value: whole.slice(0, at) });
  for (; at < whole.length; at += 3) {
    parts.push({ type: 'group', value: symbols.group }, { type: 'integer', value: whole.slice(at, at + 3) });
  }
  if (shown.fraction) parts.push({ type: 'decimal', value: symbols.decimal }, { type: 'fraction', value: shown.fraction });
  if (own.notation === 'scientific' || own.notation === 'engineering') {
    parts.push({ type: 'exponentSeparator', value: symbols.exponential });
    if (power < 0) parts.push({ type: 'exponentMinusSign', value: symbols.minusSign });
    parts.push({ type: 'exponentInteger', value: String(Math.abs(power)) });
  }
  return parts;
}

/** One side of a pattern as parts. Text is `literal`, or of the kind given; space at its edges is always literal. */
function affix(text, kinds, kind) {
  const parts = [];
  let plain = '';
  const flush = () => {
    if (!plain) return;
    const [, before, middle, after] = /^([\s\u00a0\u202f]*)(.*?)([\s\u00a0\u202f]*)$/s.exec(plain);
    if (kind === 'literal' || !middle) parts.push({ type: 'literal', value: plain });
    else {
      if (before) parts.push({ type: 'literal', value: before });
      parts.push({ type: kind, value: middle });
      if (after) parts.push({ type: 'literal', value: after });
    }
    plain = '';
  };
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (letter === "'") {
      const end = text.indexOf("'", i + 1);
      plain += end === i + 1 ? "'" : text.slice(i + 1, end);
      i = end;
    } else if (kinds[letter]) {
      flush();
      parts.push({ type: kinds[letter].type, value: kinds[letter].value });
    } else plain += letter;
  }
  flush();
  return parts;
}

const numeric = /[#0][#0,.]*(?:E0)?/;

/** A pattern's two sides for a sign: what comes before the digits, and after. */
function sides(own, pattern, sign, kind, currency) {
  const { symbols } = numbersOf(own);
  const [positive, negative] = pattern.split(';');
  const explicit = sign === '-' && negative !== undefined;
  const used = explicit ? negative : positive;
  const found = numeric.exec(used);
  const kinds = {
    __proto__: null,
    '-': { type: sign === '+' ? 'plusSign' : 'minusSign', value: sign === '+' ? symbols.plusSign : symbols.minusSign },
    '%': { type: 'percentSign', value: symbols.percentSign },
    '¤': { type: 'currency', value: currency },
  };
  const before = (sign && !explicit ? '-' : '') + used.slice(0, found.index);
  return [affix(before, kinds, kind), affix(used.slice(found.index + found[0].length), kinds, kind)];
}

const closed = /[\p{S}\p{Z}]/u;

/** A currency that ends in a letter keeps a space to the digits. */
function spaced(before, after) {
  const last = before[before.length - 1];
  if (last?.type === 'currency' && !closed.test(last.value.slice(-1))) before.push({ type: 'literal', value: '\u00a0' });
  const first = after[0];
  if (first?.type === 'currency' && !closed.test(first.value[0])) after.unshift({ type: 'literal', value: '\u00a0' });
}

function currencyRow(own) {
  return require('data/currencies/' + own.data)[own.currency] ?? ['', '', own.currency, { other: own.currency }];
}

function currencyText(own) {
  if (own.currencyDisplay === 'code') return own.currency;
  const row = currencyRow(own);
  return (own.currencyDisplay === 'narrowSymbol' && row[1]) || row[0] || own.currency;
}

const countOf = (own, quantity) =>
  quantity.shown ? ruleOf(own.data)(operands(fullDigits(quantity), own.notation === 'compact' ? quantity.power : 0)) : 'other';

/** The digits as plural rules see them: without the compact form's division. */
function fullDigits({ shown, power }) {
  if (power < 0) {
    const digits = '0'.repeat(-power) + shown.whole;
    return { whole: digits.slice(0, power), fraction: (digits.slice(power) + shown.fraction).replace(/0+$/, '') };
  }
  if (power === 0) return shown;
  const whole = shown.whole + shown.fraction.slice(0, power).padEnd(power, '0');
  return { whole, fraction: shown.fraction.slice(power) };
}

function patternOf(own, quantity) {
  const numbers = numbersOf(own);
  if (own.notation === 'compact' && quantity.power > 0) {
    const rows = compactRows(own);
    const row = rows[ruleOf(own.data)(operands(quantity.shown))] ?? rows.other;
    const pattern = row[Math.min(quantity.place, row.length + 2) - 3];
    if (own.style !== 'currency' || own.currencyDisplay === 'name') return pattern;
    if (pattern.includes('¤')) return pattern;
    return numbers.currency.replace(numeric, () => pattern);
  }
  if (own.style === 'percent') return own.notation === 'compact' ? numbers.decimal : numbers.percent;
  if (own.style !== 'currency' || own.currencyDisplay === 'name') return numbers.decimal;
  return own.currencySign === 'accounting' ? numbers.accounting : numbers.currency;
}

/** A pattern of a unit or of a currency's name around the number, as [before, after]. */
function outside(own, quantity) {
  if (own.style === 'currency' && own.currencyDisplay === 'name') {
    const count = countOf(own, quantity);
    const { currencyUnit } = numbersOf(own);
    const names = currencyRow(own)[3];
    const pattern = currencyUnit[count] ?? currencyUnit.other;
    return wrap(pattern.replace('{1}', () => names[count] ?? names.other ?? currencyRow(own)[2]), 'currency');
  }
  if (own.style === 'unit') return wrap(unitPattern(own, countOf(own, quantity)), 'unit');
  // ICU shows per cent in compact notation as a unit.
  if (own.style === 'percent' && own.notation === 'compact') {
    return wrap(unitPattern({ ...own, unit: 'percent', unitDisplay: 'short' }, countOf(own, quantity)), 'unit');
  }
  return [[], []];
}

function wrap(pattern, kind) {
  const at = pattern.indexOf('{0}');
  return at < 0 ? [affix(pattern, {}, kind), []] : [affix(pattern.slice(0, at), {}, kind), affix(pattern.slice(at + 3), {}, kind)];
}

function unitPattern(own, count) {
  const rows = require('data/units/' + own.data)[own.unitDisplay];
  const pick = (name, form) => rows[name][0][form] ?? rows[name][0].other;
  if (rows[own.unit]) return pick(own.unit, count);
  const [first, second] = own.unit.split('-per-');
  if (rows[second][1]) return rows[second][1].replace('{0}', () => pick(first, count));
  const per = pick(second, ruleOf(own.data)(operands({ whole: '1', fraction: '' }))).replace('{0}', '').trim();
  return rows[''].replace('{0}', () => pick(first, count)).replace('{1}', () => per);
}

/** All of it: what is outside, what a pattern adds, and the digits. */
function pieces(own, number) {
  const quantity = quantify(own, number);
  const digits = digitParts(own, quantity);
  const sign = signOf(own, quantity.value);
  const compact = own.notation === 'compact' && quantity.power > 0;
  const currency = own.style === 'currency' && own.currencyDisplay !== 'name' ? currencyText(own) : '';
  const pattern = patternOf(own, quantity);
  const [before, after] = sides(own, pattern, sign, compact ? 'compact' : 'literal', currency);
  if (currency && digits[0].type === 'integer') spaced(before, after);
  return { before, after, digits, outer: outside(own, quantity) };
}

function partsOf(own, number) {
  const { before, after, digits, outer } = pieces(own, number);
  return [...outer[0], ...before, ...digits, ...after, ...outer[1]];
}

module.exports = { outside, partsOf, pieces, quantify };
