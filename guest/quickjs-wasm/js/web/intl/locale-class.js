// Intl.Locale.
const { RangeError, String, TypeError } = primordials;
const { define } = require('web/intl/common');
const { base, canonical, parse, recogniseLocales, write } = require('web/intl/locale');

const wrong = () => new RangeError('Incorrect locale information provided');
const type = /^[a-z0-9]{3,8}(-[a-z0-9]{3,8})*$/i;
// Options and the keys that they are under in a tag, in the order in which they are read.
const keys = [
  ['calendar', 'ca', type],
  ['collation', 'co', type],
  ['hourCycle', 'hc', /^h(11|12|23|24)$/],
  ['caseFirst', 'kf', /^(upper|lower|false)$/],
  ['numeric', 'kn'],
  ['numberingSystem', 'nu', type],
];

function subtag(options, name, pattern) {
  const value = options[name];
  if (value === undefined) return undefined;
  const text = String(value);
  if (!pattern.test(text)) throw wrong();
  return text;
}

function setKey(found, key, value) {
  found.keywords = found.keywords.filter((one) => one[0] !== key);
  found.keywords.push([key, value]);
}

function withOptions(found, options) {
  const language = subtag(options, 'language', /^([a-z]{2,3}|[a-z]{5,8})$/i);
  const script = subtag(options, 'script', /^[a-z]{4}$/i);
  const region = subtag(options, 'region', /^([a-z]{2}|\d{3})$/i);
  if (language !== undefined) found.language = language.toLowerCase();
  if (script !== undefined) found.script = script[0].toUpperCase() + script.slice(1).toLowerCase();
  if (region !== undefined) found.region = region.toUpperCase();
  for (const [name, key, pattern] of keys) {
    if (pattern === undefined) {
      if (options[name] !== undefined) setKey(found, key, options[name] ? '' : 'false');
      continue;
    }
    const value = options[name];
    if (value === undefined) continue;
    const text = String(value);
    if (!pattern.test(text)) throw wrong();
    setKey(found, key, name === 'hourCycle' || name === 'caseFirst' ? text : text.toLowerCase());
  }
  return canonical(write(found));
}

/** The tag with what is most likely where it says nothing. */
function maximised({ language, script, region }) {
  const likely = require('data/likely');
  const tries = [[language, script, region], [language, '', region], [language, script, ''], [language, '', '']];
  if (language === 'und') tries.splice(3, 0, ['und', script, '']);
  for (const parts of tries) {
    const found = likely[parts.filter((part) => part).join('-')];
    if (found === undefined) continue;
    const full = parse(found);
    return { language: language === 'und' ? full.language : language, script: script || full.script, region: region || full.region };
  }
  return undefined;
}

function minimised(found) {
  const full = maximised(found);
  if (full === undefined) return undefined;
  const same = (parts) => {
    const tried = maximised(parts);
    return tried !== undefined && tried.script === full.script && tried.region === full.region && tried.language === full.language;
  };
  const { language, script, region } = full;
  for (const parts of [{ language, script: '', region: '' }, { language, script: '', region }, { language, script, region: '' }]) {
    if (same(parts)) return parts;
  }
  return full;
}

const keyword = (own, key) => own.found.keywords.find((one) => one[0] === key)?.[1];
const instance = (own, parts) => new Locale(write({ ...own.found, ...(parts ?? {}) }));

const { Class: Locale, ownOf } = define({
  name: 'Locale',
  length: 1,
  localised: false,
  make(own, tag, given) {
    if (tag === undefined || (typeof tag !== 'string' && (typeof tag !== 'object' || tag === null))) {
      throw new TypeError("First argument to Intl.Locale constructor can't be empty or missing");
    }
    const found = canonical(tagOf(tag) ?? String(tag));
    if (given === null) throw new TypeError('Cannot convert undefined or null to object');
    own.found = given === undefined ? found : withOptions(found, Object(given));
  },
  methods: {
    toString: (own) => write(own.found),
    maximize: (own) => instance(own, maximised(own.found)),
    minimize: (own) => instance(own, minimised(own.found)),
  },
  accessors: {
    language: (own) => (own.found.language === 'und' ? undefined : own.found.language),
    script: (own) => own.found.script || undefined,
    region: (own) => own.found.region || undefined,
    baseName: (own) => base(own.found),
    calendar: (own) => keyword(own, 'ca'),
    caseFirst: (own) => keyword(own, 'kf'),
    collation: (own) => keyword(own, 'co'),
    hourCycle: (own) => keyword(own, 'hc'),
    numeric: (own) => ['', 'true'].includes(keyword(own, 'kn')),
    numberingSystem: (own) => keyword(own, 'nu'),
  },
});

/** The tag of a Locale; undefined for anything else. */
function tagOf(value) {
  try {
    return write(ownOf(value, '').found);
  } catch {
    return undefined;
  }
}
recogniseLocales(tagOf);

module.exports = { Locale };
