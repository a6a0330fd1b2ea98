// Intl.Segmenter: graphemes by Unicode's rules; words and sentences by their plain part, without dictionaries.
const { ObjectDefineProperty, String, SymbolIterator, TypeError } = primordials;
const { define, stringOption } = require('web/intl/common');
const { resolve } = require('web/intl/locale');

const TITLE = 'Segmenter';
// Consonants of Indian scripts that a virama joins.
const consonant =
  '[\\u0915-\\u0939\\u0958-\\u095f\\u0978-\\u097f\\u0995-\\u09a8\\u09aa-\\u09b0\\u09b2\\u09b6-\\u09b9\\u09dc\\u09dd\\u09df\\u09f0\\u09f1' +
  '\\u0a95-\\u0aa8\\u0aaa-\\u0ab0\\u0ab2\\u0ab3\\u0ab5-\\u0ab9\\u0af9\\u0b15-\\u0b28\\u0b2a-\\u0b30\\u0b32\\u0b33\\u0b35-\\u0b39\\u0b5c\\u0b5d\\u0b5f\\u0b71' +
  '\\u0c15-\\u0c28\\u0c2a-\\u0c39\\u0c58-\\u0c5a\\u0d15-\\u0d3a]';
const virama = '[\\u094d\\u09cd\\u0acd\\u0b4d\\u0c4d\\u0d4d]';
const between = '[\\p{Grapheme_Extend}\\u200d]*';
// One grapheme from where it begins: a line break, Korean syllables, flags, emoji joined together, anything with marks.
const marks = '[\\p{Grapheme_Extend}\\p{Emoji_Modifier}\\u200d\\p{Mc}\\u0e33\\u0eb3]';
const grapheme = new RegExp(
  '\\r\\n|[\\p{Cc}\\p{Zl}\\p{Zp}]|' +
    '(?:\\p{RI}\\p{RI}|' +
    '\\p{Extended_Pictographic}(?:[\\p{Grapheme_Extend}\\p{Emoji_Modifier}]*\\u200d\\p{Extended_Pictographic})*|' +
    consonant + '(?:' + between + virama + between + consonant + ')*|' +
    '[\\u1100-\\u115f\\ua960-\\ua97c]*(?:[\\uac00-\\ud7a3]|[\\u1160-\\u11a7\\ud7b0-\\ud7c6])[\\u1160-\\u11ff\\ud7b0-\\ud7fb]*|' +
    '[\\u1100-\\u115f\\ua960-\\ua97c]+|[^\\p{Cc}\\p{Zl}\\p{Zp}])' + marks + '*|' + marks + '+',
  'uy',
);
const letters = '[\\p{L}\\p{N}\\p{M}_]';
const word = new RegExp(
  "\\r\\n|[\\p{Script=Han}\\p{Script=Hiragana}]" + marks + "*|\\p{Script=Katakana}[\\p{Script=Katakana}ー]*|" +
    letters + "+(?:(?:['’.:·](?=\\p{L})|[.,;'](?=\\p{N}))" + letters + '+)*|[ \\u3000]+|.',
  'usy',
);
const wordLike = /[\p{L}\p{N}]/u;
const sentence = /[^.!?。！？\n]*(?:[.](?=\p{Ll}|\d)[^.!?。！？\n]*)*(?:[.!?。！？]+["'”’)\]]*[ \t\u3000]*(?:\r?\n)?|\r?\n|$)/uy;
const patterns = { __proto__: null, grapheme, word, sentence };

/** Where the segment that begins at an index ends. */
function endOf(own, text, at) {
  const pattern = patterns[own.granularity];
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match === null || match[0] === '' ? at + 1 : at + match[0].length;
}

function dataOf(own, text, from, to) {
  const segment = text.slice(from, to);
  const found = { segment, index: from, input: text };
  if (own.granularity === 'word') found.isWordLike = wordLike.test(segment);
  return found;
}

function* walk(own, text) {
  for (let at = 0; at < text.length;) {
    const end = endOf(own, text, at);
    yield dataOf(own, text, at, end);
    at = end;
  }
}

const Segments = define({
  name: 'Segments',
  localised: false,
  make(own, parent, text) {
    own.parent = parent;
    own.text = text;
  },
  methods: {
    containing(own, index) {
      const wanted = Math.trunc(+index) || 0;
      if (wanted < 0 || wanted >= own.text.length) return undefined;
      for (let at = 0; ;) {
        const end = endOf(own.parent, own.text, at);
        if (end > wanted) return dataOf(own.parent, own.text, at, end);
        at = end;
      }
    },
  },
});
const { Class: SegmentsClass, ownOf: segmentsOf } = Segments;
delete SegmentsClass.prototype.constructor;
ObjectDefineProperty(SegmentsClass.prototype, SymbolIterator, {
  __proto__: null,
  value: { [SymbolIterator]() {
    const own = segmentsOf(this, '%SegmentsPrototype%[Symbol.iterator]');
    return walk(own.parent, own.text);
  } }[SymbolIterator],
  writable: true,
  enumerable: false,
  configurable: true,
});

const { Class: Segmenter } = define({
  name: TITLE,
  make(own, locales, given) {
    if (given !== undefined && (given === null || typeof given !== 'object')) throw new TypeError('Incorrect Segmenter information provided');
    const options = given ?? { __proto__: null };
    stringOption(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit', TITLE);
    own.locale = resolve(locales).locale;
    own.granularity = stringOption(options, 'granularity', ['grapheme', 'word', 'sentence'], 'grapheme', TITLE);
  },
  methods: {
    resolvedOptions: (own) => ({ locale: own.locale, granularity: own.granularity }),
    segment: (own, input) => new SegmentsClass(own, String(input)),
  },
});

module.exports = { Segmenter };
