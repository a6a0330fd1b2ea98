// Language tags: canonical form, and which of the locales that have data serves a request.
const { ArrayIsArray, RangeError, RegExpPrototypeExec, String, TypeError } = primordials;

// The locales with data (cldr.py has the same list), and what is known to be one of them under a longer name.
const withData = ['en', 'en-GB', 'zh', 'ja', 'de', 'fr'];
const available = [
  ...['en', 'en-US', 'en-GB', 'zh', 'zh-CN', 'zh-Hans', 'zh-Hans-CN', 'ja', 'ja-JP', 'de', 'de-DE', 'fr', 'fr-FR'],
];
const DEFAULT = 'en-US';

const language = /^[a-z]{2,3}$|^[a-z]{5,8}$/;
const script = /^[a-z]{4}$/;
const region = /^[a-z]{2}$|^[0-9]{3}$/;
const variant = /^[a-z0-9]{5,8}$|^[0-9][a-z0-9]{3}$/;
const replaced = { __proto__: null, iw: 'he', in: 'id', ji: 'yi', mo: 'ro', sh: 'sr-Latn', cmn: 'zh', tl: 'fil', no: 'no' };
const regions = { __proto__: null, uk: 'GB', bu: 'MM', dd: 'DE', fx: 'FR', tp: 'TL', yd: 'YE', zr: 'CD' };
const whole = {
  __proto__: null, 'art-lojban': 'jbo', 'cel-gaulish': 'xtg', 'zh-guoyu': 'zh', 'zh-hakka': 'hak', 'zh-xiang': 'hsn',
};

const fits = (pattern, text) => RegExpPrototypeExec(pattern, text) !== null;
const wrong = () => new RangeError('Incorrect locale information provided');
const titled = (text) => text[0].toUpperCase() + text.slice(1);

/** The keywords of `-u-`, in the order of their keys, and attributes before them. */
function unicodeExtension(parts) {
  const attributes = [];
  const keywords = [];
  for (const part of parts) {
    if (part.length === 2) keywords.push([part]);
    else if (keywords.length) keywords[keywords.length - 1].push(part);
    else attributes.push(part);
  }
  return { attributes: attributes.sort(), keywords };
}

/** A tag taken apart; undefined where it is none. */
function parse(tag) {
  const parts = tag.toLowerCase().split('-');
  if (!fits(language, parts[0])) return undefined;
  const found = { language: parts[0], script: '', region: '', variants: [], extensions: [], keywords: [], attributes: [], unicode: false, privateUse: '' };
  let at = 1;
  if (at < parts.length && fits(script, parts[at])) found.script = titled(parts[at++]);
  if (at < parts.length && fits(region, parts[at])) found.region = parts[at++].toUpperCase();
  for (; at < parts.length && fits(variant, parts[at]); at++) {
    if (found.variants.includes(parts[at])) return undefined;
    found.variants.push(parts[at]);
  }
  while (at < parts.length) {
    const letter = parts[at++];
    if (letter.length !== 1 || !/^[a-z0-9]$/.test(letter)) return undefined;
    const from = at;
    const least = letter === 'x' ? 1 : 2;
    while (at < parts.length && parts[at].length >= least && parts[at].length <= 8 && /^[a-z0-9]+$/.test(parts[at])) at++;
    if (at === from) return undefined;
    const body = parts.slice(from, at);
    if (letter === 'x') {
      found.privateUse = body.join('-');
      break;
    }
    if (found.extensions.some((one) => one[0] === letter)) return undefined;
    found.extensions.push([letter, body.join('-')]);
    if (letter === 'u') {
      const { attributes, keywords } = unicodeExtension(body);
      const seen = new Set();
      for (const keyword of keywords) {
        const key = keyword.shift();
        if (!seen.has(key)) found.keywords.push([key, keyword.join('-')]);
        seen.add(key);
      }
      found.attributes = attributes;
      found.unicode = true;
    }
  }
  return at < parts.length && !found.privateUse ? undefined : found;
}

/** The text of a tag that was taken apart. */
function write(found) {
  let text = base(found);
  const extensions = found.extensions.filter((one) => one[0] !== 'u');
  if (found.keywords.length || found.attributes.length) {
    const words = found.keywords.map(([key, value]) => key + (value && value !== 'true' ? '-' + value : '')).sort();
    extensions.push(['u', [...found.attributes, ...words].join('-')]);
  }
  extensions.sort((one, other) => (one[0] < other[0] ? -1 : 1));
  for (const [letter, body] of extensions) text += '-' + letter + '-' + body;
  return found.privateUse ? text + '-x-' + found.privateUse : text;
}

function base({ language: code, script: written, region: place, variants }) {
  let text = code;
  if (written) text += '-' + written;
  if (place) text += '-' + place;
  for (const one of variants) text += '-' + one;
  return text;
}

/** The canonical form of a tag, taken apart. Throws a RangeError. */
function canonical(tag) {
  const lower = tag.toLowerCase();
  const found = parse(whole[lower] ?? tag);
  if (found === undefined) throw wrong();
  const other = replaced[found.language];
  if (other !== undefined) {
    const [code, written] = other.split('-');
    found.language = code;
    if (written && !found.script) found.script = written;
  }
  found.region = regions[found.region.toLowerCase()] ?? found.region;
  found.variants.sort();
  return found;
}

/** A list of canonical tags out of what a caller gave as `locales`. */
function canonicalList(locales) {
  if (locales === undefined) return [];
  if (typeof locales === 'string') return [write(canonical(locales))];
  if (locales === null) throw new TypeError('Cannot convert undefined or null to object');
  const tagOf = localeTag(locales);
  if (tagOf !== undefined) return [tagOf];
  const list = Object(locales);
  const length = Math.min(Math.max(Math.trunc(+list.length) || 0, 0), 2 ** 53 - 1);
  const found = [];
  for (let i = 0; i < length; i++) {
    if (!(i in list)) continue;
    const value = list[i];
    if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) {
      throw new TypeError('Language ID should be string or object.');
    }
    const tag = localeTag(value) ?? write(canonical(String(value)));
    if (!found.includes(tag)) found.push(tag);
  }
  return found;
}

// Set by the class Locale once there is one: nobody can have an instance before.
let localeTag = () => undefined;
const recogniseLocales = (tagOf) => (localeTag = tagOf);

/** The longest beginning of a tag that is available; undefined where there is none. */
function bestAvailable(tag) {
  for (let text = tag; text; text = text.slice(0, Math.max(text.lastIndexOf('-'), 0))) {
    if (available.includes(text)) return text;
  }
  return undefined;
}

/** What serves a request: `locale` for resolvedOptions, `data` for the names of data modules, keywords by key. */
function resolve(locales, keys = []) {
  for (const tag of canonicalList(locales)) {
    const found = canonical(tag);
    const locale = bestAvailable(base(found));
    if (locale === undefined) continue;
    const keywords = { __proto__: null };
    for (const [key, value] of found.keywords) if (keys.includes(key)) keywords[key] = value || 'true';
    return { locale, data: dataOf(locale), keywords };
  }
  return { locale: DEFAULT, data: 'en', keywords: { __proto__: null } };
}

function dataOf(locale) {
  return withData.includes(locale) ? locale : locale.slice(0, 2);
}

/** A locale with the keywords that an option did not overrule. */
function withKeywords(locale, keywords) {
  const words = Object.keys(keywords).sort().map((key) => key + (keywords[key] === 'true' ? '' : '-' + keywords[key]));
  return words.length ? locale + '-u-' + words.join('-') : locale;
}

/** The static method of every class of Intl. */
function supportedLocalesOf(locales, options) {
  const list = canonicalList(locales);
  if (options !== undefined) {
    if (options === null) throw new TypeError('Cannot convert undefined or null to object');
    const matcher = Object(options).localeMatcher;
    if (matcher !== undefined && !['lookup', 'best fit'].includes(String(matcher))) {
      throw new RangeError('Value ' + matcher + ' out of range for Intl.supportedLocalesOf options property localeMatcher');
    }
  }
  return list.filter((tag) => bestAvailable(base(canonical(tag))) !== undefined);
}

module.exports = { base, canonical, canonicalList, parse, recogniseLocales, resolve, supportedLocalesOf, withKeywords, write };
