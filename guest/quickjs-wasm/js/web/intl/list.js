// Intl.ListFormat.
const { String, TypeError } = primordials;
const { define, joined, split, stringOption } = require('web/intl/common');
const { resolve } = require('web/intl/locale');

const TITLE = 'ListFormat';

/** The texts of an iterable. */
function textsOf(list) {
  const found = [];
  if (list === undefined) return found;
  for (const item of list) {
    if (typeof item !== 'string') throw new TypeError('Iterable yielded ' + String(item) + ' which is not a string');
    found.push(item);
  }
  return found;
}

/** Two lists of parts put into a pattern. */
function combine(pattern, first, second) {
  const parts = [];
  for (const piece of split(pattern)) {
    if (piece === 0) parts.push(...first);
    else if (piece === 1) parts.push(...second);
    else parts.push({ type: 'literal', value: piece });
  }
  return parts;
}

/** Without empty items, and texts that then meet as one. */
function merged(parts) {
  const found = [];
  for (const part of parts) {
    const last = found[found.length - 1];
    if (part.value === '') continue;
    if (part.type === 'literal' && last?.type === 'literal') last.value += part.value;
    else found.push(part);
  }
  return found;
}

function partsOf(own, list) {
  const items = textsOf(list).map((value) => [{ type: 'element', value }]);
  if (items.length < 2) return merged(items.flat());
  const [pair, start, middle, end] = require('data/lists/' + own.data)[own.type + '-' + own.style];
  if (items.length === 2) return merged(combine(pair, items[0], items[1]));
  // From the first to the last, and flat: a list of a million must not nest.
  const parts = combine(start, items[0], []);
  for (let i = 1; i < items.length - 2; i++) parts.push(...combine(middle, items[i], []));
  parts.push(...combine(end, items[items.length - 2], items[items.length - 1]));
  return merged(parts);
}

const { Class: ListFormat } = define({
  name: TITLE,
  make(own, locales, given) {
    if (given !== undefined && (given === null || typeof given !== 'object')) throw new TypeError('Incorrect ListFormat information provided');
    const { locale, data } = resolve(locales);
    const options = given ?? { __proto__: null };
    stringOption(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit', TITLE);
    own.locale = locale;
    own.data = data;
    own.type = stringOption(options, 'type', ['conjunction', 'disjunction', 'unit'], 'conjunction', TITLE);
    own.style = stringOption(options, 'style', ['long', 'short', 'narrow'], 'long', TITLE);
  },
  methods: {
    resolvedOptions: (own) => ({ locale: own.locale, type: own.type, style: own.style }),
    format: (own, list) => joined(partsOf(own, list)),
    formatToParts: (own, list) => partsOf(own, list),
  },
});

module.exports = { ListFormat };
