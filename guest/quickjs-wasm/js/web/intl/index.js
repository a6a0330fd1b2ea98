// `Intl`: its classes are made when they are first touched.
const { ObjectDefineProperty, RangeError, String, SymbolToStringTag } = primordials;
const { lazy } = bindings('host');

const values = {
  __proto__: null,
  calendar: () => ['gregory'],
  collation: () => ['emoji', 'eor', 'pinyin'],
  numberingSystem: () => ['latn'],
  currency: () => {
    const known = require('data/currencies/en');
    return Object.keys(known).filter((code) => /^[A-Z]{3}$/.test(code)).sort();
  },
  timeZone: () => require('web/intl/zone').zoneNames(),
  unit: () => require('web/intl/number').units.slice(),
};

const statics = {
  __proto__: null,
  getCanonicalLocales(locales) {
    return require('web/intl/locale').canonicalList(locales);
  },
  supportedValuesOf(key) {
    const name = String(key);
    if (values[name] === undefined) throw new RangeError('Invalid key : ' + name);
    return values[name]();
  },
};

const Intl = {};
for (const name in statics) {
  ObjectDefineProperty(Intl, name, { __proto__: null, value: statics[name], writable: true, enumerable: false, configurable: true });
}
const classes = {
  __proto__: null, DateTimeFormat: 'date', NumberFormat: 'number', Collator: 'collator', PluralRules: 'plural',
  RelativeTimeFormat: 'relative', ListFormat: 'list', Locale: 'locale-class', DisplayNames: 'names', Segmenter: 'segmenter',
};
for (const name in classes) lazy(Intl, name, 'web/intl/' + classes[name] + '#' + name);
ObjectDefineProperty(Intl, SymbolToStringTag, { __proto__: null, value: 'Intl', configurable: true });

module.exports = { Intl };
