// Intl.DateTimeFormat: options, and the class. Patterns are found in web/intl/skeleton, filled in web/intl/date-parts.
const { DateNow, ObjectDefineProperty, ObjectCreate, RangeError, String, TypeError } = primordials;
const { booleanOption, define, digitsOption, joined, stringOption } = require('web/intl/common');
const { clock, partsFor } = require('web/intl/date-parts');
const { resolve, withKeywords } = require('web/intl/locale');
const { zoneOf } = require('web/intl/zone');

const TITLE = 'DateTimeFormat';
const texts = ['narrow', 'short', 'long'];
const numbers = ['2-digit', 'numeric'];
const months = ['2-digit', 'numeric', 'narrow', 'short', 'long'];
const zones = ['short', 'long', 'shortOffset', 'longOffset', 'shortGeneric', 'longGeneric'];
const styles = ['full', 'long', 'medium', 'short'];
const cycles = ['h11', 'h12', 'h23', 'h24'];
const hourLetters = { __proto__: null, h11: 'K', h12: 'h', h23: 'H', h24: 'k' };

// By option: what it may be, and what each value is in a skeleton.
const components = [
  ['weekday', texts, { narrow: 'EEEEE', short: 'EEE', long: 'EEEE' }],
  ['era', texts, { narrow: 'GGGGG', short: 'G', long: 'GGGG' }],
  ['year', numbers, { numeric: 'y', '2-digit': 'yy' }],
  ['month', months, { numeric: 'M', '2-digit': 'MM', narrow: 'MMMMM', short: 'MMM', long: 'MMMM' }],
  ['day', numbers, { numeric: 'd', '2-digit': 'dd' }],
  ['dayPeriod', texts, { narrow: 'BBBBB', short: 'B', long: 'BBBB' }],
  ['hour', numbers, { numeric: 'j', '2-digit': 'jj' }],
  ['minute', numbers, { numeric: 'm', '2-digit': 'mm' }],
  ['second', numbers, { numeric: 's', '2-digit': 'ss' }],
  ['fractionalSecondDigits'],
  ['timeZoneName', zones, { short: 'z', long: 'zzzz', shortOffset: 'O', longOffset: 'OOOO', shortGeneric: 'v', longGeneric: 'vvvv' }],
];
const dateFields = ['weekday', 'year', 'month', 'day'];
const timeFields = ['dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits'];

/** The options with the fields of a date or a time added where none was asked for. */
function withDefaults(given, required, defaults) {
  const options = ObjectCreate(given === undefined ? null : Object(given));
  if (given === null) throw new TypeError('Cannot convert undefined or null to object');
  let needed = true;
  const any = (names) => {
    for (const name of names) if (options[name] !== undefined) needed = false;
  };
  if (required !== 'time') any(dateFields);
  if (required !== 'date') any(timeFields);
  const { dateStyle, timeStyle } = options;
  if (dateStyle !== undefined || timeStyle !== undefined) needed = false;
  if (required === 'date' && timeStyle !== undefined) throw new TypeError('Invalid option : timeStyle');
  if (required === 'time' && dateStyle !== undefined) throw new TypeError('Invalid option : dateStyle');
  const put = (name) => ObjectDefineProperty(options, name, { __proto__: null, value: 'numeric', enumerable: true });
  if (needed && defaults !== 'time') ['year', 'month', 'day'].forEach(put);
  if (needed && defaults !== 'date') ['hour', 'minute', 'second'].forEach(put);
  return options;
}

/** The hour cycle out of the options, the tag and what the locale has. */
function cycleOf(own, hour12, asked, tagged) {
  const usual = own.data === 'en' ? 'h12' : 'h23';
  if (hour12 === undefined) return asked ?? tagged ?? usual;
  // As ECMA-402 had it until its 10th edition, and node 20 has it: midnight is 24 in American English, 0 elsewhere.
  if (usual === 'h12') return hour12 ? 'h12' : 'h24';
  return hour12 ? 'h11' : 'h23';
}

function make(own, locales, given, required = 'any', defaults = 'date') {
  const options = withDefaults(given, required, defaults);
  stringOption(options, 'localeMatcher', ['lookup', 'best fit'], 'best fit', TITLE);
  for (const name of ['calendar', 'numberingSystem']) {
    const value = stringOption(options, name, undefined, undefined, TITLE);
    if (value !== undefined && !/^[a-z0-9]{3,8}(-[a-z0-9]{3,8})*$/i.test(value)) throw new RangeError('Invalid ' + name + ' : ' + value);
  }
  const hour12 = booleanOption(options, 'hour12', undefined);
  const asked = stringOption(options, 'hourCycle', cycles, undefined, TITLE);
  const { locale, data, keywords } = resolve(locales, ['hc']);
  own.data = data;
  own.locale = locale;
  const tagged = cycles.includes(keywords.hc) ? keywords.hc : undefined;
  const kept = tagged !== undefined && hour12 === undefined && (asked === undefined || asked === tagged);
  own.shownLocale = kept ? withKeywords(locale, { __proto__: null, hc: tagged }) : locale;
  const name = options.timeZone;
  own.zone = zoneOf(name === undefined ? 'UTC' : String(name));
  own.dates = require('data/dates/' + data);
  own.cycle = cycleOf(own, hour12, asked, tagged);
  read(own, options);
}

function read(own, options) {
  let skeleton = '';
  let explicit;
  const hour = hourLetters[own.cycle];
  for (const [name, allowed, letters] of components) {
    if (name === 'fractionalSecondDigits') {
      own.fraction = digitsOption(options[name], name, 1, 3, undefined);
      if (own.fraction !== undefined) skeleton += 'S'.repeat(own.fraction);
      if (own.fraction !== undefined) explicit ??= name;
      continue;
    }
    const value = stringOption(options, name, allowed, undefined, TITLE);
    if (value === undefined) continue;
    explicit ??= name;
    if (name === 'dayPeriod') own.dayPeriod = value;
    skeleton += name === 'hour' ? letters[value].replaceAll('j', hour) : letters[value];
  }
  stringOption(options, 'formatMatcher', ['basic', 'best fit'], 'best fit', TITLE);
  own.dateStyle = stringOption(options, 'dateStyle', styles, undefined, TITLE);
  own.timeStyle = stringOption(options, 'timeStyle', styles, undefined, TITLE);
  const styled = own.dateStyle ?? own.timeStyle;
  if (styled !== undefined && explicit !== undefined) {
    const by = own.dateStyle !== undefined ? 'dateStyle' : 'timeStyle';
    throw new TypeError("Can't set option " + explicit + ' when ' + by + ' is used');
  }
  own.skeleton = skeleton;
}

const hourOf = (own) => (own.data === 'en' ? 'h' : 'H');

/** A pattern with the hours of a cycle, and a space between a day and an hour that follows it at once. */
function withCycle(tokens, cycle) {
  const found = [];
  let before;
  for (const token of tokens) {
    if (typeof token !== 'string' && 'hHkK'.includes(token.letter)) {
      if (before?.letter === 'd') found.push(' ');
      found.push({ letter: hourLetters[cycle], length: token.length });
    } else found.push(token);
    before = token;
  }
  return found;
}

function styledPattern(own) {
  const { dates, dateStyle, timeStyle } = own;
  const date = dates.date[styles.indexOf(dateStyle)];
  const time = dates.time[styles.indexOf(timeStyle)];
  if (timeStyle === undefined) return date;
  if (dateStyle === undefined) return time;
  return dates.bothAt[styles.indexOf(dateStyle)].replace(/\{([01])\}/g, (_, n) => (n === '0' ? time : date));
}

/** The tokens of the formatter's pattern; found with the first use. */
function patternOf(own) {
  if (own.tokens !== undefined) return own.tokens;
  const { bestPattern, tokens } = require('web/intl/skeleton');
  const { symbols } = require('data/numbers/' + own.data);
  if (own.dateStyle === undefined && own.timeStyle === undefined) {
    own.tokens = withCycle(tokens(bestPattern(own.dates, own.skeleton, hourOf(own), symbols.decimal)), own.cycle);
    return own.tokens;
  }
  const found = tokens(styledPattern(own));
  const hour = found.find((token) => 'hHkK'.includes(token.letter ?? ' '));
  own.tokens = found;
  if (hour !== undefined && hour.letter !== hourLetters[own.cycle]) {
    let skeleton = '';
    for (const token of found) {
      if (typeof token === 'string' || 'abB'.includes(token.letter)) continue;
      skeleton += ('hHkK'.includes(token.letter) ? hourLetters[own.cycle] : token.letter).repeat(token.length);
    }
    own.skeleton = skeleton;
    own.tokens = withCycle(tokens(bestPattern(own.dates, skeleton, hourOf(own), symbols.decimal)), own.cycle);
  }
  return own.tokens;
}

/** Milliseconds of what was given as a date. Throws a RangeError. */
function timeOf(value) {
  const time = value === undefined ? DateNow() : +value;
  if (!(Math.abs(time) <= 8.64e15)) throw new RangeError('Invalid time value');
  return Math.trunc(time) + 0;
}

/** As V8 does, narrow spaces become ordinary ones, in texts but not in parts. */
const plain = (text) => text.replaceAll('\u202f', ' ');

const partsOf = (own, time) => partsFor(own, patternOf(own), clock(own.zone, time));

// What a letter of a pattern says of an option, by its length.
const told = {
  __proto__: null,
  weekday: [/^[Ec]$/, { 3: 'short', 4: 'long', 5: 'narrow' }],
  era: [/^G$/, { 1: 'short', 4: 'long', 5: 'narrow' }],
  year: [/^y$/, { 1: 'numeric', 2: '2-digit' }],
  month: [/^[ML]$/, { 1: 'numeric', 2: '2-digit', 3: 'short', 4: 'long', 5: 'narrow' }],
  day: [/^d$/, { 1: 'numeric', 2: '2-digit' }],
  dayPeriod: [/^B$/, { 1: 'short', 4: 'long', 5: 'narrow' }],
  hour: [/^[hHkK]$/, { 1: 'numeric', 2: '2-digit' }],
  minute: [/^m$/, { 1: 'numeric', 2: '2-digit' }],
  second: [/^s$/, { 1: 'numeric', 2: '2-digit' }],
};

function resolvedOptions(own) {
  const tokens = patternOf(own);
  const found = { locale: own.shownLocale, calendar: 'gregory', numberingSystem: 'latn', timeZone: own.zone.name };
  const hour = tokens.find((token) => 'hHkK'.includes(token.letter ?? ' '));
  if (hour !== undefined) {
    found.hourCycle = cycles.find((cycle) => hourLetters[cycle] === hour.letter);
    found.hour12 = found.hourCycle === 'h11' || found.hourCycle === 'h12';
  }
  if (own.dateStyle === undefined && own.timeStyle === undefined) {
    for (const [name, , letters] of components) {
      if (name === 'fractionalSecondDigits') {
        if (own.fraction !== undefined) found[name] = own.fraction;
      } else if (name === 'timeZoneName') {
        const zone = tokens.find((token) => 'zOv'.includes(token.letter ?? ' '));
        if (zone !== undefined) found[name] = zones.find((one) => letters[one] === zone.letter.repeat(zone.length));
      } else {
        const [letter, lengths] = told[name];
        const token = tokens.find((one) => typeof one !== 'string' && letter.test(one.letter));
        if (token !== undefined && lengths[token.length] !== undefined) found[name] = lengths[token.length];
      }
    }
  }
  if (own.dateStyle !== undefined) found.dateStyle = own.dateStyle;
  if (own.timeStyle !== undefined) found.timeStyle = own.timeStyle;
  return found;
}

function rangeOf(own, start, end) {
  if (start === undefined || end === undefined) throw new TypeError('Invalid time value');
  const range = [timeOf(start), timeOf(end)];
  return require('web/intl/date-range').rangeParts(own, patternOf(own), ...range);
}

const { Class: DateTimeFormat, ownOf } = define({
  name: TITLE,
  callable: true,
  make: (own, locales, options) => make(own, locales, options),
  methods: {
    resolvedOptions: (own) => resolvedOptions(own),
    formatToParts: (own, date) => partsOf(own, timeOf(date)),
    formatRange: (own, start, end) => joined(rangeOf(own, start, end)),
    formatRangeToParts: (own, start, end) => rangeOf(own, start, end),
  },
  bound: {
    format: (own) => {
      const work = { format: (date) => plain(joined(partsOf(own, timeOf(date)))) }.format;
      ObjectDefineProperty(work, 'name', { __proto__: null, value: '' });
      return work;
    },
  },
});

// The last formatter of a call without options: lists of dates are written with the same locale.
let last = { key: undefined, own: undefined };

/** What the toLocale methods of Date do with a valid time. */
function formatOnce(time, locales, options, required, defaults) {
  const key = options === undefined && (locales === undefined || typeof locales === 'string') ? defaults + ' ' + locales : undefined;
  let own = key !== undefined && last.key === key ? last.own : undefined;
  if (own === undefined) {
    own = {};
    make(own, locales, options, required, defaults);
    if (key !== undefined) last = { key, own };
  }
  return plain(joined(partsOf(own, time)));
}

module.exports = { DateTimeFormat, formatOnce, ownOf };
