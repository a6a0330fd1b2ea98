// Intl.RelativeTimeFormat.
const { MathAbs, RangeError, String } = primordials;
const { define, joined, optionsOf, split, stringOption } = require('web/intl/common');
const { layOut, ofNumber, round } = require('web/intl/decimal');
const { resolve } = require('web/intl/locale');
const { make: makeNumber } = require('web/intl/number');
const { partsOf: numberParts } = require('web/intl/number-parts');
const { operands, ruleOf } = require('web/intl/rules');

const TITLE = 'RelativeTimeFormat';
const units = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];

function unitOf(value, method) {
  const text = String(value);
  const name = text.endsWith('s') ? text.slice(0, -1) : text;
  if (!units.includes(name)) throw new RangeError('Invalid unit argument for Intl.RelativeTimeFormat.prototype.' + method + "() '" + text + "'");
  return name;
}

function partsOf(own, given, unitName, method) {
  const value = +given;
  const unit = unitOf(unitName, method);
  if (value - value !== 0) throw new RangeError('Value need to be finite number for Intl.RelativeTimeFormat.prototype.' + method + '()');
  const [words, past, future] = require('data/relative/' + own.data)[unit + '-' + own.style];
  if (own.numeric === 'auto' && MathAbs(value) <= 2) {
    const word = words[value + 2];
    if (word) return [{ type: 'literal', value: word }];
  }
  const before = value < 0 || (value === 0 && 1 / value < 0);
  const number = round(ofNumber(MathAbs(value)), 3, 'halfEven');
  const patterns = before ? past : future;
  const pattern = patterns[ruleOf(own.data)(operands(layOut(number, 1, 0)))] ?? patterns.other;
  const parts = [];
  for (const piece of split(pattern)) {
    if (typeof piece === 'string') parts.push({ type: 'literal', value: piece });
    else for (const part of numberParts(own.number, number)) parts.push({ ...part, unit });
  }
  return parts;
}

const { Class: RelativeTimeFormat } = define({
  name: TITLE,
  make(own, locales, given) {
    const options = optionsOf(given, TITLE);
    stringOption(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit', TITLE);
    const { locale, data } = resolve(locales);
    own.locale = locale;
    own.data = data;
    own.style = stringOption(options, 'style', ['long', 'short', 'narrow'], 'long', TITLE);
    own.numeric = stringOption(options, 'numeric', ['always', 'auto'], 'always', TITLE);
    own.number = {};
    makeNumber(own.number, locale);
  },
  methods: {
    resolvedOptions: (own) => ({ locale: own.locale, style: own.style, numeric: own.numeric, numberingSystem: 'latn' }),
    format: (own, value, unit) => joined(partsOf(own, value, unit, 'format')),
    formatToParts: (own, value, unit) => partsOf(own, value, unit, 'formatToParts'),
  },
});

module.exports = { RelativeTimeFormat };
