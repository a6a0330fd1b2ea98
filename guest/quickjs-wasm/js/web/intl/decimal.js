// Decimal numbers of any length: digits, and where the point is. The value is 0.DIGITS times ten to the power of `point`.
const { BigInt, RangeError, RegExpPrototypeExec, String, SymbolToPrimitive, TypeError } = primordials;

const literal = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
// More digits than this are refused: they would only be written out.
const DIGITS_MAX = 20000;

function trimmed(digits, point, negative) {
  let from = 0;
  while (from < digits.length && digits[from] === '0') from++;
  let to = digits.length;
  while (to > from && digits[to - 1] === '0') to--;
  if (from === to) return { kind: 'number', negative, digits: '', point: 0 };
  return { kind: 'number', negative, digits: digits.slice(from, to), point: point - from };
}

function ofText(text) {
  const match = RegExpPrototypeExec(literal, text);
  if (match === null || (!match[2] && !match[3])) return undefined;
  const found = trimmed(match[2] + (match[3] ?? ''), match[2].length + +(match[4] ?? 0), match[1] === '-');
  if (found.point > DIGITS_MAX) throw new RangeError('Invalid number value');
  return found.point < -DIGITS_MAX ? special('number', found.negative) : found;
}

const special = (kind, negative) => ({ kind, negative, digits: '', point: 0 });

/** A number, as JavaScript writes it: the shortest digits that tell it apart. */
function ofNumber(value) {
  if (value !== value) return special('nan', false);
  if (value === Infinity || value === -Infinity) return special('infinity', value < 0);
  if (value === 0) return special('number', 1 / value < 0);
  return ofText(String(value));
}

/** What formatters take: numbers, big integers, texts with numbers in full length. */
function of(value) {
  if (typeof value === 'number') return ofNumber(value);
  if (value !== null && typeof value === 'object') value = toPrimitive(value);
  if (typeof value === 'bigint') return ofText(String(value));
  if (typeof value !== 'string') return ofNumber(+value);
  const text = value.trim();
  if (text === '') return special('number', false);
  const found = ofText(text);
  if (found !== undefined) return found;
  if (/^0[xob]/i.test(text)) {
    const number = Number(text);
    return number === number ? ofText(String(BigInt(text))) : ofNumber(NaN);
  }
  return ofNumber(Number(text));
}

/** An object's primitive, with numbers preferred. */
function toPrimitive(value) {
  const convert = value[SymbolToPrimitive];
  if (convert !== undefined && convert !== null) {
    const made = convert.call(value, 'number');
    if (made !== null && (typeof made === 'object' || typeof made === 'function')) throw new TypeError('Cannot convert object to primitive value');
    return made;
  }
  for (const name of ['valueOf', 'toString']) {
    if (typeof value[name] !== 'function') continue;
    const made = value[name]();
    if (made === null || (typeof made !== 'object' && typeof made !== 'function')) return made;
  }
  throw new TypeError('Cannot convert object to primitive value');
}

/** Which way a remainder of a positive or negative number goes: whether its digits grow. */
function grows(mode, negative, half, odd) {
  switch (mode) {
    case 'ceil': return !negative;
    case 'floor': return negative;
    case 'expand': return true;
    case 'trunc': return false;
    case 'halfCeil': return half > 0 || (half === 0 && !negative);
    case 'halfFloor': return half > 0 || (half === 0 && negative);
    case 'halfTrunc': return half > 0;
    case 'halfEven': return half > 0 || (half === 0 && odd);
    default: return half >= 0;
  }
}

/** Digits with one added to the last; a longer text where all were nines. */
function increased(digits) {
  let at = digits.length - 1;
  while (at >= 0 && digits[at] === '9') at--;
  const zeros = '0'.repeat(digits.length - 1 - at);
  return at < 0 ? '1' + zeros : digits.slice(0, at) + (+digits[at] + 1) + zeros;
}

/** Rounded so that nothing is left below ten to the power of `-places`. */
function round(number, places, mode) {
  const keep = number.point + places;
  if (number.kind !== 'number' || keep >= number.digits.length) return number;
  const kept = keep > 0 ? number.digits.slice(0, keep) : '';
  const next = keep >= 0 ? number.digits[keep] : '0';
  const rest = keep >= 0 ? number.digits.length > keep + 1 : true;
  const half = next > '5' || (next === '5' && rest) ? 1 : next === '5' ? 0 : -1;
  const odd = kept !== '' && +kept[kept.length - 1] % 2 === 1;
  if (!grows(mode, number.negative, half, odd)) return trimmed(kept, number.point, number.negative);
  if (keep <= 0) return { kind: 'number', negative: number.negative, digits: '1', point: 1 - places };
  const grown = increased(kept);
  return trimmed(grown, number.point + grown.length - kept.length, number.negative);
}

/** Rounded to a multiple of an increment (5, 25, …) in the last of `places`. */
function roundTo(number, places, increment, mode) {
  if (increment === 1 || number.kind !== 'number') return round(number, places, mode);
  const scaled = round({ ...number, point: number.point + places }, 20, 'trunc');
  const whole = scaled.point > 0 ? scaled.digits.slice(0, scaled.point).padEnd(scaled.point, '0') : '0';
  const rest = scaled.point > 0 ? scaled.digits.length > scaled.point : scaled.digits !== '';
  const step = BigInt(increment);
  const units = BigInt(whole);
  const remainder = units % step;
  let result = units - remainder;
  if (remainder > 0n || rest) {
    const twice = remainder * 2n;
    const half = twice > step || (twice === step && rest) ? 1 : twice === step ? 0 : -1;
    if (grows(mode, number.negative, half, (result / step) % 2n === 1n)) result += step;
  }
  const text = String(result);
  return trimmed(text, text.length - places, number.negative);
}

const shift = (number, power) => (number.digits ? { ...number, point: number.point + power } : number);

/** The whole digits and those behind the point, with at least as many as asked for. */
function layOut(number, leastWhole, leastFraction) {
  const { digits, point } = number;
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '';
  const fraction = point > 0 ? digits.slice(point) : digits && '0'.repeat(-point) + digits;
  return { whole: whole.padStart(leastWhole, '0'), fraction: fraction.padEnd(leastFraction, '0') };
}

module.exports = { layOut, of, ofNumber, round, roundTo, shift };
