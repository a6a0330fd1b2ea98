// Intl.NumberFormat: options, and the class. What makes the parts is web/intl/number-parts.
const { Object, ObjectDefineProperty, RangeError, RegExpPrototypeExec, String, StringPrototypeToUpperCase, TypeError } = primordials;
const { define, joined, optionsOf, stringOption } = require('web/intl/common');
const { of } = require('web/intl/decimal');
const { readDigits } = require('web/intl/digits');
const { resolve } = require('web/intl/locale');
const { partsOf } = require('web/intl/number-parts');

const TITLE = 'NumberFormat';
const currencyCode = /^[A-Za-z]{3}$/;
const units = [
  ...['acre', 'bit', 'byte', 'celsius', 'centimeter', 'day', 'degree', 'fahrenheit', 'fluid-ounce', 'foot', 'gallon'],
  ...['gigabit', 'gigabyte', 'gram', 'hectare', 'hour', 'inch', 'kilobit', 'kilobyte', 'kilogram', 'kilometer', 'liter'],
  ...['megabit', 'megabyte', 'meter', 'microsecond', 'mile', 'mile-scandinavian', 'milliliter', 'millimeter'],
  ...['millisecond', 'minute', 'month', 'nanosecond', 'ounce', 'percent', 'petabyte', 'pound', 'second', 'stone'],
  ...['terabit', 'terabyte', 'week', 'yard', 'year'],
];

function isUnit(name) {
  if (units.includes(name)) return true;
  const at = name.indexOf('-per-');
  return at > 0 && units.includes(name.slice(0, at)) && units.includes(name.slice(at + 5));
}

function readStyle(own, options) {
  own.style = stringOption(options, 'style', ['decimal', 'percent', 'currency', 'unit'], 'decimal', TITLE);
  const currency = stringOption(options, 'currency', undefined, undefined, TITLE);
  if (currency !== undefined && RegExpPrototypeExec(currencyCode, currency) === null) {
    throw new RangeError('Invalid currency code : ' + currency);
  }
  if (own.style === 'currency' && currency === undefined) throw new TypeError('Currency code is required with currency style.');
  const displays = ['code', 'symbol', 'narrowSymbol', 'name'];
  const currencyDisplay = stringOption(options, 'currencyDisplay', displays, 'symbol', TITLE);
  const currencySign = stringOption(options, 'currencySign', ['standard', 'accounting'], 'standard', TITLE);
  const unit = stringOption(options, 'unit', undefined, undefined, TITLE);
  if (unit !== undefined && !isUnit(unit)) throw new RangeError("Invalid unit argument for Intl.NumberFormat() '" + unit + "'");
  if (own.style === 'unit' && unit === undefined) throw new TypeError("Invalid unit argument for Intl.NumberFormat() ''");
  const unitDisplay = stringOption(options, 'unitDisplay', ['short', 'narrow', 'long'], 'short', TITLE);
  if (own.style === 'currency') {
    own.currency = StringPrototypeToUpperCase(currency);
    own.currencyDisplay = currencyDisplay;
    own.currencySign = currencySign;
  } else if (own.style === 'unit') {
    own.unit = unit;
    own.unitDisplay = unitDisplay;
  }
}

function readGrouping(options, compact) {
  const value = options.useGrouping;
  if (value === undefined) return compact ? 'min2' : 'auto';
  if (value === true) return 'always';
  if (value === false || !value) return false;
  const text = String(value);
  if (text === 'true' || text === 'false') return compact ? 'min2' : 'auto';
  return stringOption({ useGrouping: text }, 'useGrouping', ['min2', 'auto', 'always'], 'auto', TITLE);
}

function make(own, locales, given) {
  const options = optionsOf(given, TITLE);
  stringOption(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit', TITLE);
  const system = stringOption(options, 'numberingSystem', undefined, undefined, TITLE);
  if (system !== undefined && !/^[a-z0-9]{3,8}(-[a-z0-9]{3,8})*$/i.test(system)) {
    throw new RangeError('Invalid numberingSystem : ' + system);
  }
  const { locale, data } = resolve(locales);
  own.locale = locale;
  own.data = data;
  own.numberingSystem = 'latn';
  readStyle(own, options);
  own.notation = stringOption(options, 'notation', ['standard', 'scientific', 'engineering', 'compact'], 'standard', TITLE);
  const compact = own.notation === 'compact';
  let least = 0;
  let most = own.style === 'percent' ? 0 : 3;
  if (own.style === 'currency') {
    least = most = require('data/currency-digits')[own.currency] ?? 2;
  }
  readDigits(own, options, least, most, compact, TITLE);
  const compactDisplay = stringOption(options, 'compactDisplay', ['short', 'long'], 'short', TITLE);
  if (compact) own.compactDisplay = compactDisplay;
  own.useGrouping = readGrouping(options, compact);
  own.signDisplay = stringOption(options, 'signDisplay', ['auto', 'never', 'always', 'exceptZero', 'negative'], 'auto', TITLE);
}

const reported = [
  ...['locale', 'numberingSystem', 'style', 'currency', 'currencyDisplay', 'currencySign', 'unit', 'unitDisplay'],
  ...['minimumIntegerDigits', 'minimumSignificantDigits', 'maximumSignificantDigits', 'minimumFractionDigits'],
  ...['maximumFractionDigits', 'useGrouping', 'notation', 'compactDisplay', 'signDisplay', 'roundingMode', 'roundingIncrement'],
  ...['trailingZeroDisplay', 'roundingPriority'],
];

function ends(start, end) {
  if (start === undefined || end === undefined) {
    throw new TypeError('Invalid ' + (start === undefined ? 'start' : 'end') + ' : undefined');
  }
  const pair = [of(start), of(end)];
  if (pair[0].kind === 'nan') throw new RangeError('Invalid start : NaN');
  if (pair[1].kind === 'nan') throw new RangeError('Invalid end : NaN');
  return pair;
}

const { Class: NumberFormat, ownOf } = define({
  name: TITLE,
  callable: true,
  make,
  methods: {
    resolvedOptions(own) {
      const found = {};
      for (const key of reported) if (own[key] !== undefined) found[key] = own[key];
      return found;
    },
    formatToParts: (own, value) => partsOf(own, of(value)),
    formatRange: (own, start, end) => joined(require('web/intl/number-range').rangeParts(own, ...ends(start, end))),
    formatRangeToParts: (own, start, end) => require('web/intl/number-range').rangeParts(own, ...ends(start, end)),
  },
  bound: {
    format: (own) => {
      const work = { format: (value) => joined(partsOf(own, of(value))) }.format;
      ObjectDefineProperty(work, 'name', { __proto__: null, value: '' });
      return work;
    },
  },
});

/** What Number.prototype.toLocaleString and BigInt's do. */
function formatOnce(value, locales, options) {
  const own = {};
  make(own, locales, options);
  return joined(partsOf(own, of(value)));
}

module.exports = { NumberFormat, formatOnce, make, ownOf, units };
