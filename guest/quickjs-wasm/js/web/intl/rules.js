// Plural rules of the languages that have data, on numbers as they are shown.

/** What the rules go by: whole digits, digits behind the point, and the power of ten of a compact form. */
function operands({ whole, fraction }, exponent = 0) {
  const trimmed = whole.replace(/^0+/, '');
  return {
    i: trimmed.length > 15 ? Number(trimmed.slice(-15)) + 1e15 : Number(trimmed || '0'),
    f: /[1-9]/.test(fraction),
    v: fraction.length,
    e: exponent,
  };
}

const cardinals = {
  __proto__: null,
  en: ({ i, v }) => (i === 1 && v === 0 ? 'one' : 'other'),
  de: ({ i, v }) => (i === 1 && v === 0 ? 'one' : 'other'),
  fr({ i, v, e }) {
    if (i === 0 || i === 1) return 'one';
    return (e === 0 && i % 1000000 === 0 && v === 0) || e > 5 ? 'many' : 'other';
  },
};

const ordinals = {
  __proto__: null,
  en({ i, f }) {
    if (f) return 'other';
    const ten = i % 10;
    const hundred = i % 100;
    if (ten === 1 && hundred !== 11) return 'one';
    if (ten === 2 && hundred !== 12) return 'two';
    return ten === 3 && hundred !== 13 ? 'few' : 'other';
  },
  fr: ({ i, f }) => (i === 1 && !f ? 'one' : 'other'),
};

const categories = {
  __proto__: null,
  cardinal: { __proto__: null, en: ['one', 'other'], de: ['one', 'other'], fr: ['many', 'one', 'other'] },
  ordinal: { __proto__: null, en: ['few', 'one', 'two', 'other'], fr: ['one', 'other'] },
};

const other = () => 'other';

/** The rule of a language: a function of operands. */
function ruleOf(data, type = 'cardinal') {
  return (type === 'ordinal' ? ordinals : cardinals)[data.slice(0, 2)] ?? other;
}

const categoriesOf = (data, type) => categories[type][data.slice(0, 2)] ?? ['other'];

module.exports = { categoriesOf, operands, ruleOf };
