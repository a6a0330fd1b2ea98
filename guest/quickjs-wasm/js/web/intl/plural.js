// Intl.PluralRules.
const { define, optionsOf, stringOption } = require('web/intl/common');
const { layOut, ofNumber } = require('web/intl/decimal');
const { readDigits, rounded } = require('web/intl/digits');
const { resolve } = require('web/intl/locale');
const { categoriesOf, operands, ruleOf } = require('web/intl/rules');
const { RangeError } = primordials;

const TITLE = 'PluralRules';

function select(own, number) {
  if (number.kind !== 'number') return 'other';
  const { value, least } = rounded(own, number);
  return ruleOf(own.data, own.type)(operands(layOut(value, own.minimumIntegerDigits, least)));
}

/** What a range has: in English always the general form, elsewhere mostly that of its end. */
function ofRange(own, start, end) {
  if (own.data.startsWith('en')) return 'other';
  if (own.type === 'ordinal' && own.data === 'fr') return end === 'one' ? start : end;
  return end;
}

const { Class: PluralRules } = define({
  name: TITLE,
  make(own, locales, given) {
    const options = optionsOf(given, TITLE);
    stringOption(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit', TITLE);
    own.type = stringOption(options, 'type', ['cardinal', 'ordinal'], 'cardinal', TITLE);
    readDigits(own, options, 0, 3, false, TITLE);
    const { locale, data } = resolve(locales);
    // ICU has plural rules for languages, not for their regions.
    own.locale = locale.slice(0, 2);
    own.data = data;
  },
  methods: {
    resolvedOptions(own) {
      const found = { locale: own.locale, type: own.type, minimumIntegerDigits: own.minimumIntegerDigits };
      const names = own.minimumSignificantDigits === undefined
        ? ['minimumFractionDigits', 'maximumFractionDigits']
        : ['minimumSignificantDigits', 'maximumSignificantDigits'];
      for (const name of names) found[name] = own[name];
      found.pluralCategories = [...categoriesOf(own.data, own.type)];
      return found;
    },
    select: (own, value) => select(own, ofNumber(+value)),
    selectRange(own, start, end) {
      if (start === undefined || end === undefined) throw new TypeError('Invalid ' + (start === undefined ? 'start' : 'end') + ' : undefined');
      const pair = [+start, +end];
      if (pair[0] !== pair[0] || pair[1] !== pair[1]) throw new RangeError('Invalid ' + (pair[0] !== pair[0] ? 'start' : 'end') + ' : NaN');
      return ofRange(own, select(own, ofNumber(pair[0])), select(own, ofNumber(pair[1])));
    },
  },
});

module.exports = { PluralRules };
