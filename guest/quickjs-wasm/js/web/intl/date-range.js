// Ranges of dates: CLDR's interval pattern for the largest field in which both ends differ.
const { split } = require('web/intl/common');
const { clock, partsFor, types } = require('web/intl/date-parts');
const { fieldOf, match, tokens } = require('web/intl/skeleton');

const order = ['G', 'y', 'M', 'd', 'B', 'a', 'h', 'm', 's', 'S'];

/** The letter of the largest field that differs; undefined where both show the same. */
function difference(one, other, twelve) {
  if ((one.year > 0) !== (other.year > 0)) return 'G';
  for (const [name, letter] of [['year', 'y'], ['month', 'M'], ['day', 'd']]) if (one[name] !== other[name]) return letter;
  if (one.hour !== other.hour) return twelve && one.hour < 12 !== other.hour < 12 ? 'a' : twelve ? 'h' : 'H';
  if (one.minute !== other.minute) return 'm';
  if (one.second !== other.second) return 's';
  return one.ms !== other.ms ? 'S' : undefined;
}

/** The skeleton of a pattern: its fields, without the half of the day. */
function skeletonOf(list) {
  let text = '';
  for (const token of list) {
    if (typeof token === 'string' || 'ab'.includes(token.letter)) continue;
    const letter = { L: 'M', c: 'E', e: 'E', K: 'h', k: 'H', z: 'v', O: 'v' }[token.letter] ?? token.letter;
    text += letter.repeat(token.length);
  }
  return text;
}

/** The interval whose skeleton is nearest, of those with the same fields. */
function nearest(dates, skeleton) {
  const wanted = match(skeleton);
  let best;
  let distance = Infinity;
  for (const key of Object.keys(dates.intervals)) {
    const one = match(key);
    if (one.mask !== wanted.mask) continue;
    let sum = 0;
    for (let i = 0; i < 16; i++) sum += Math.abs((wanted.kinds[i] ?? 0) - (one.kinds[i] ?? 0));
    if (sum < distance) [best, distance] = [key, sum];
  }
  return best;
}

/** An interval's tokens with the lengths that were asked for, and where its second half begins. */
function interval(own, list, pattern) {
  const lengths = { __proto__: null };
  for (const token of list) if (typeof token !== 'string') lengths[fieldOf(token.letter)] = token;
  const found = tokens(pattern).map((token) => {
    if (typeof token === 'string') return token;
    const asked = lengths[fieldOf(token.letter)];
    if (asked === undefined) return token;
    let { length } = token;
    const worded = (one) => one.length > 2 || 'Ea'.includes(one.letter);
    if (worded(asked) && worded(token) && asked.length > length) length = asked.length;
    const letter = 'zOv'.includes(token.letter) || 'hHkK'.includes(token.letter) ? asked.letter : token.letter;
    return { letter, length: 'zOv'.includes(letter) ? asked.length : length };
  });
  const seen = new Set();
  let second = found.length;
  for (let i = 0; i < found.length; i++) {
    if (typeof found[i] === 'string') continue;
    const type = types[found[i].letter];
    if (seen.has(type)) {
      second = i;
      break;
    }
    seen.add(type);
  }
  return { found, second };
}

const from = (source, parts) => parts.map(({ type, value }) => ({ type, value, source }));

/** What both halves of an interval show is shared: the fields that only one of them has, and the text around them. */
function ofInterval(own, { found, second }, one, other) {
  const inSecond = new Set(found.slice(second).filter((token) => typeof token !== 'string').map((token) => types[token.letter]));
  const inFirst = new Set(found.slice(0, second).filter((token) => typeof token !== 'string').map((token) => types[token.letter]));
  const parts = [];
  const both = (token) => inFirst.has(types[token.letter]) && inSecond.has(types[token.letter]);
  const edges = (begin, end) => {
    const at = [];
    for (let i = begin; i < end; i++) if (typeof found[i] !== 'string' && both(found[i])) at.push(i);
    return [at[0], at[at.length - 1]];
  };
  const [a, b] = edges(0, second);
  const [c, d] = edges(second, found.length);
  found.forEach((token, i) => {
    const source = i >= a && i <= b ? 'startRange' : i >= c && i <= d ? 'endRange' : 'shared';
    parts.push(...from(source, partsFor(own, [token], i < second ? one : other)));
  });
  return parts;
}

function fallback(own, list, one, other) {
  const parts = [];
  for (const piece of split(own.dates.intervalFallback)) {
    if (typeof piece === 'string') parts.push({ type: 'literal', value: piece, source: 'shared' });
    else parts.push(...from(piece === 0 ? 'startRange' : 'endRange', partsFor(own, list, piece === 0 ? one : other)));
  }
  return parts;
}

/** A pattern with the date fields that differ, where there are none of them; undefined where nothing is missing. */
function widened(own, list, letter) {
  if (!'yMd'.includes(letter)) return undefined;
  const skeleton = skeletonOf(list);
  const has = (field) => skeleton.includes(field);
  let added = '';
  const { bestPattern } = require('web/intl/skeleton');
  if (!/[GyQMEd]/.test(skeleton)) {
    const hour = own.data === 'en' ? 'h' : 'H';
    const date = tokens(bestPattern(own.dates, 'yMd', hour, '.'));
    const time = tokens(bestPattern(own.dates, skeleton.replace(/([hHm])\1/g, '$1'), hour, '.'));
    return split(own.dates.bothAt[3]).flatMap((piece) => (piece === 0 ? time : piece === 1 ? date : [piece.replaceAll("'", '')]));
  }
  if (letter === 'y' && !has('y')) added = has('M') ? 'y' : 'yM';
  else if (letter === 'M' && !has('M')) added = 'M';
  if (added === '') return undefined;
  const { symbols } = require('data/numbers/' + own.data);
  return tokens(bestPattern(own.dates, added + skeleton, own.data === 'en' ? 'h' : 'H', symbols.decimal));
}

function rangeParts(own, list, start, end) {
  const [one, other] = [clock(own.zone, start), clock(own.zone, end)];
  const twelve = list.some((token) => 'hK'.includes(token.letter ?? ' '));
  const letter = difference(one, other, twelve);
  const has = (letters) => list.some((token) => typeof token !== 'string' && letters.includes(token.letter));
  const smallest = has('S') ? 'S' : has('s') ? 's' : has('m') ? 'm' : has('hHkK') ? 'h' : has('aB') ? 'a' : has('dEc') ? 'd' : has('ML') ? 'M' : 'y';
  const rank = (one) => order.indexOf(one === 'H' ? 'h' : one);
  if (letter === undefined || rank(letter) > rank(smallest)) {
    // What is no range is written as a date is.
    return from('shared', partsFor(own, list, one)).map((part) => ({ ...part, value: part.value.replaceAll('\u202f', ' ') }));
  }
  const wider = widened(own, list, letter);
  if (wider !== undefined) return rangeParts(own, wider, start, end);
  const skeleton = skeletonOf(list);
  const { intervals } = own.dates;
  const key = nearest(own.dates, skeleton);
  const pattern = key && intervals[key][letter];
  if (pattern !== undefined) return ofInterval(own, interval(own, list, pattern), one, other);
  return dayAndTimes(own, list, one, other, letter) ?? fallback(own, list, one, other);
}

/** One day and two times of it: the date once, and an interval of the times. */
function dayAndTimes(own, list, one, other, letter) {
  if (!'aBhHm'.includes(letter)) return undefined;
  const skeleton = skeletonOf(list);
  const date = skeleton.replace(/[hHmsSvB]/g, '');
  const time = skeleton.replace(/[^hHmsSvB]/g, '');
  const key = date && time ? nearest(own.dates, time) : undefined;
  const pattern = key && own.dates.intervals[key][letter];
  if (!pattern) return undefined;
  const { bestPattern } = require('web/intl/skeleton');
  const day = partsFor(own, tokens(bestPattern(own.dates, date, 'H', '.')), one);
  const both = ofInterval(own, interval(own, list, pattern), one, other);
  const parts = [];
  for (const piece of split(own.dates.both[2])) {
    if (piece === 1) parts.push(...from('shared', day));
    else if (piece === 0) parts.push(...both);
    else parts.push({ type: 'literal', value: piece.replaceAll("'", ''), source: 'shared' });
  }
  return parts;
}

module.exports = { rangeParts };
