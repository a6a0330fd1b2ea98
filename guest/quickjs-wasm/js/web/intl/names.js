// Intl.DisplayNames.
const { RangeError, String, TypeError } = primordials;
const { define, stringOption } = require('web/intl/common');
const { canonical, parse, resolve } = require('web/intl/locale');

const TITLE = 'DisplayNames';
const kinds = ['language', 'region', 'script', 'currency', 'calendar', 'dateTimeField'];
const styles = ['narrow', 'short', 'long'];
const codes = { __proto__: null, region: /^([a-z]{2}|\d{3})$/i, script: /^[a-z]{4}$/i, currency: /^[a-z]{3}$/i };
const wrong = () => new RangeError('invalid_argument');

/** A language tag in words: the longest name that there is, and what it does not cover in brackets. */
function languageOf(own, names, code) {
  if (parse(code) === undefined) throw wrong();
  const { language, script, region, variants } = canonical(code);
  const { language: table, script: scripts, region: regions, patterns } = names;
  const short = (key) => (own.style !== 'long' && table[key + '-alt-short']) || table[key];
  const tries = own.languageDisplay === 'dialect'
    ? [[script && region && language + '-' + script + '-' + region, 3], [script && language + '-' + script, 1], [region && language + '-' + region, 2]]
    : [];
  let name;
  let covered = 0;
  for (const [key, what] of tries) {
    if (key && short(key) && name === undefined) {
      name = short(key);
      covered = what;
    }
  }
  name ??= short(language);
  if (name === undefined) return undefined;
  const rest = [];
  if (script && !(covered & 1)) rest.push(scripts[script] ?? script);
  if (region && !(covered & 2)) rest.push(regionOf(own, regions, region) ?? region);
  for (const one of variants) rest.push(one.toUpperCase());
  if (rest.length === 0) return name;
  const [pattern, separator] = patterns;
  const inside = rest.reduce((text, next) => separator.replace('{0}', () => text).replace('{1}', () => next));
  const brackets = (text) => (pattern.includes('（') ? text.replaceAll('（', '［').replaceAll('）', '］') : text.replaceAll('(', '[').replaceAll(')', ']'));
  return pattern.replace('{0}', () => brackets(name)).replace('{1}', () => brackets(inside));
}

const regionOf = (own, regions, code) => (own.style !== 'long' && regions[code + '-alt-short']) || regions[code];

function nameOf(own, given) {
  let code = String(given);
  if (own.type === 'currency') {
    if (!codes.currency.test(code)) throw wrong();
    code = code.toUpperCase();
    const row = require('data/currencies/' + own.data)[code];
    if (row === undefined) return [undefined, code];
    return [row[2], code];
  }
  const names = require('data/names/' + own.data);
  if (own.type === 'language') {
    const found = languageOf(own, names, code);
    return [found, code];
  }
  if (own.type === 'dateTimeField') {
    const row = names.dateTimeField[code];
    if (row === undefined) throw wrong();
    return [row[own.style === 'long' ? 0 : own.style === 'short' ? 1 : 2], code];
  }
  if (own.type === 'calendar') {
    if (!/^[a-z0-9]{3,8}(-[a-z0-9]{3,8})*$/i.test(code)) throw wrong();
    return [undefined, code.toLowerCase()];
  }
  if (!codes[own.type].test(code)) throw wrong();
  if (own.type === 'region') {
    code = code.toUpperCase();
    return [regionOf(own, names.region, code), code];
  }
  code = code[0].toUpperCase() + code.slice(1).toLowerCase();
  return [names.script[code], code];
}

const { Class: DisplayNames } = define({
  name: TITLE,
  length: 2,
  make(own, locales, options) {
    const { locale, data } = resolve(locales);
    if (options === null || typeof options !== 'object') throw new TypeError('invalid_argument');
    stringOption(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit', TITLE);
    own.locale = locale;
    own.data = data;
    own.style = stringOption(options, 'style', styles, 'long', TITLE);
    own.type = stringOption(options, 'type', kinds, undefined, TITLE);
    if (own.type === undefined) throw new TypeError('invalid_argument');
    own.fallback = stringOption(options, 'fallback', ['code', 'none'], 'code', TITLE);
    const display = stringOption(options, 'languageDisplay', ['dialect', 'standard'], 'dialect', TITLE);
    if (own.type === 'language') own.languageDisplay = display;
  },
  methods: {
    resolvedOptions(own) {
      const { locale, style, type, fallback, languageDisplay } = own;
      return languageDisplay === undefined ? { locale, style, type, fallback } : { locale, style, type, fallback, languageDisplay };
    },
    of(own, code) {
      const [name, canonicalCode] = nameOf(own, code);
      return name ?? (own.fallback === 'code' ? canonicalCode : undefined);
    },
  },
});

module.exports = { DisplayNames };
