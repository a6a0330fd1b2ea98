// Intl.Collator: texts in the order that people expect, by letters first, then accents, then case. Punctuation and
// symbols come in CLDR's order as far as ASCII has them, then digits, Latin, Greek, Cyrillic, kana, and Han by code point;
// in Chinese, Han by pinyin and before Latin; in Japanese, kana and Han before Greek. Other scripts stand by code point behind Cyrillic.
const { ObjectDefineProperty, String, StringPrototypeNormalize } = primordials;
const { booleanOption, define, optionsOf, stringOption } = require('web/intl/common');
const { resolve, withKeywords } = require('web/intl/locale');

const TITLE = 'Collator';
const signs = '_-,;:!?.\'"()[]{}@*/\\&#%`^+<=>|~$';
const spaces = '\t\n\v\f\r\u0085\u2028\u2029 ';
// Letters that do not decompose, and what they are filed under.
const filed = {
  __proto__: null, æ: 'ae', œ: 'oe', ø: 'o', ß: 'ss', ð: 'd', đ: 'd', þ: 'th', ł: 'l', ı: 'i', ħ: 'h', ŧ: 't', ŋ: 'n', ĸ: 'q', ς: 'σ',
};
const FIRST_LETTER = 0x200;
const mark = /\p{M}/u;
const upperCase = /\p{Lu}/u;
const han = /\p{Script=Han}/u;

/** The order of small kana and the like: as the full one, and after it in a lower level. */
const smallKana = 'ぁぃぅぇぉっゃゅょゎ';

function primaryOf(letter, own) {
  const code = letter.codePointAt(0);
  if (code < 0x80) {
    const at = spaces.indexOf(letter);
    if (at >= 0) return at + 1;
    const sign = signs.indexOf(letter);
    if (sign >= 0) return 0x20 + sign;
    if (code >= 0x30 && code <= 0x39) return 0x180 + code - 0x30;
    if (code >= 0x61) return FIRST_LETTER + (code - 0x60) * 4;
    return 0;
  }
  if (code < 0x370) return code < 0xc0 ? 0x60 + code - 0x80 : FIRST_LETTER + 0x100 + code;
  // Chinese has its own characters before all other letters, Japanese before Greek.
  if (han.test(letter)) {
    if (own.pinyin) return 0x190 + pinyinOrder(own, letter, code) / 2 ** 40;
    return own.japanese ? 0x690 + code / 2 ** 40 : 0x400000 + code;
  }
  if (code >= 0x2000 && code < 0x3040) return 0x100 + (code - 0x2000) / 0x1040;
  if (code >= 0x3041 && code <= 0x3096) return own.japanese ? 0x680 + code / 2 ** 20 : 0x20000 + code;
  return FIRST_LETTER + 0x400 + code;
}

function pinyinOrder(own, letter, code) {
  own.table ??= require('web/intl/pinyin-order');
  return own.table.orderOf(letter, code);
}

/** One text as rows of weights: letters, accents, case. */
function weigh(own, text) {
  const letters = [];
  const accents = [];
  const cases = [];
  const push = (letter, variant, upper) => {
    const primary = primaryOf(letter, own);
    if (primary === 0 || (own.ignorePunctuation && primary < 0x180)) return;
    letters.push(primary);
    accents.push('');
    cases.push((upper ? 2 : 0) + (variant ? 1 : 0));
  };
  for (let letter of StringPrototypeNormalize(text, 'NFD')) {
    if (mark.test(letter)) {
      if (accents.length) accents[accents.length - 1] += letter;
      continue;
    }
    const upper = upperCase.test(letter);
    if (upper) letter = letter.toLowerCase();
    let variant = false;
    const code = letter.codePointAt(0);
    if (code >= 0x30a1 && code <= 0x30f6) {
      letter = String.fromCodePoint(code - 0x60);
      variant = true;
    } else if (code >= 0xff00 && code < 0xffef) {
      letter = StringPrototypeNormalize(letter, 'NFKC').toLowerCase();
      variant = true;
    }
    if (smallKana.includes(letter)) letter = String.fromCodePoint(letter.codePointAt(0) + 1);
    const under = filed[letter];
    if (under === undefined) push(letter, variant, upper);
    else {
      for (const one of under) push(one, variant, upper);
      if (accents.length) accents[accents.length - 1] += '\u{10ffff}' + letter;
    }
  }
  return own.numeric ? withNumbers({ letters, accents, cases }) : { letters, accents, cases };
}

/** Runs of digits as one letter each: their value decides, by its length first. */
function withNumbers({ letters, accents, cases }) {
  const found = { letters: [], accents: [], cases: [] };
  for (let i = 0; i < letters.length; i++) {
    const digit = letters[i] >= 0x180 && letters[i] < 0x18a;
    if (!digit) {
      found.letters.push(letters[i]);
    } else {
      let digits = '';
      for (; i < letters.length && letters[i] >= 0x180 && letters[i] < 0x18a; i++) digits += letters[i] - 0x180;
      i--;
      digits = digits.replace(/^0+(?=.)/, '');
      found.letters.push(0x180, digits.length);
      found.accents.push('', '');
      found.cases.push(0, 0);
      for (const one of digits) {
        found.letters.push(+one);
        found.accents.push('');
        found.cases.push(0);
      }
      continue;
    }
    found.accents.push(accents[i]);
    found.cases.push(cases[i]);
  }
  return found;
}

function order(one, other) {
  const length = Math.min(one.length, other.length);
  for (let i = 0; i < length; i++) if (one[i] !== other[i]) return one[i] < other[i] ? -1 : 1;
  return Math.sign(one.length - other.length);
}

let ascii;

/** What decides between two texts of ASCII, which most are; undefined where something else is met before that. */
function quickly(own, one, other) {
  ascii ??= Array.from({ length: 128 }, (_, code) => primaryOf(String.fromCharCode(code).toLowerCase(), own));
  const length = one.length < other.length ? one.length : other.length;
  let cases = 0;
  for (let i = 0; i < length; i++) {
    const first = one.charCodeAt(i);
    const second = other.charCodeAt(i);
    const weight = ascii[first];
    if (!weight) return undefined;
    if (first === second) continue;
    const against = ascii[second];
    if (!against) return undefined;
    if (weight !== against) return weight < against ? -1 : 1;
    if (cases === 0) cases = first < second ? 1 : -1;
  }
  if (one.length !== other.length) {
    const longer = one.length > length ? one : other;
    if (!ascii[longer.charCodeAt(length)]) return undefined;
    return longer === one ? 1 : -1;
  }
  if (own.sensitivity === 'base' || own.sensitivity === 'accent') return 0;
  return own.caseFirst === 'upper' ? 0 - cases : cases;
}

/** -1, 0 or 1. */
function compare(own, one, other) {
  if (one === other) return 0;
  if (!own.numeric && !own.ignorePunctuation) {
    const result = quickly(own, one, other);
    if (result !== undefined) return result;
  }
  const [first, second] = [weigh(own, one), weigh(own, other)];
  const { sensitivity } = own;
  let result = order(first.letters, second.letters);
  if (result === 0 && (sensitivity === 'accent' || sensitivity === 'variant')) result = order(first.accents, second.accents);
  if (result === 0 && (sensitivity === 'case' || sensitivity === 'variant')) {
    result = order(first.cases, second.cases);
    if (own.caseFirst === 'upper' && result !== 0) {
      const upper = order(first.cases.map((one) => one >> 1), second.cases.map((one) => one >> 1));
      if (upper !== 0) result = -upper;
    }
  }
  return result === 0 ? 0 : result;
}

function make(own, locales, given) {
  const options = optionsOf(given, TITLE);
  own.usage = stringOption(options, 'usage', ['sort', 'search'], 'sort', TITLE);
  stringOption(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit', TITLE);
  stringOption(options, 'collation', undefined, undefined, TITLE);
  const numeric = booleanOption(options, 'numeric', undefined);
  const caseFirst = stringOption(options, 'caseFirst', ['upper', 'lower', 'false'], undefined, TITLE);
  const { locale, data, keywords } = resolve(locales, ['kn', 'kf']);
  own.numeric = numeric ?? keywords.kn === 'true';
  own.caseFirst = caseFirst ?? (['upper', 'lower'].includes(keywords.kf) ? keywords.kf : 'false');
  if (keywords.kn !== undefined && (keywords.kn === 'true') !== own.numeric) delete keywords.kn;
  if (keywords.kf !== undefined && keywords.kf !== own.caseFirst) delete keywords.kf;
  // ICU has orders for languages, and for these two.
  own.locale = withKeywords(locale === 'en-US' || locale === 'zh-CN' ? locale : locale.slice(0, 2), keywords);
  own.pinyin = data === 'zh';
  own.japanese = data === 'ja';
  own.sensitivity = stringOption(options, 'sensitivity', ['base', 'accent', 'case', 'variant'], 'variant', TITLE);
  own.ignorePunctuation = booleanOption(options, 'ignorePunctuation', false);
}

const { Class: Collator } = define({
  name: TITLE,
  callable: true,
  make,
  methods: {
    resolvedOptions: (own) => ({
      locale: own.locale,
      usage: own.usage,
      sensitivity: own.sensitivity,
      ignorePunctuation: own.ignorePunctuation,
      collation: 'default',
      numeric: own.numeric,
      caseFirst: own.caseFirst,
    }),
  },
  bound: {
    compare: (own) => {
      const work = { compare: (one, other) => compare(own, String(one), String(other)) }.compare;
      ObjectDefineProperty(work, 'name', { __proto__: null, value: '' });
      return work;
    },
  },
});

let plain;
let last = { key: undefined, own: undefined };

/** What localeCompare does. */
function compareOnce(one, other, locales, options) {
  let own;
  if (locales === undefined && options === undefined) {
    if (plain === undefined) make((plain = {}));
    own = plain;
  } else if (options === undefined && last.key === locales && typeof locales === 'string') own = last.own;
  else {
    make((own = {}), locales, options);
    if (options === undefined && typeof locales === 'string') last = { key: locales, own };
  }
  return compare(own, one, other);
}

module.exports = { Collator, compareOnce };
