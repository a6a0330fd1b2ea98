// The best pattern for a set of fields, as ICU finds it: the nearest of a locale's formats, its fields made as long as
// was asked for, and what is missing put behind.
const fields = ['G', 'y', 'Q', 'M', 'w', 'W', 'E', 'D', 'F', 'd', 'a', 'h', 'm', 's', 'S', 'v'];
const same = { L: 'M', c: 'E', e: 'E', b: 'a', B: 'a', H: 'h', K: 'h', k: 'h', z: 'v', Z: 'v', O: 'v', V: 'v', X: 'v', x: 'v', Y: 'y', u: 'y', r: 'y', U: 'y', q: 'Q', g: 'd' };
const fieldOf = (letter) => fields.indexOf(same[letter] ?? letter);
const ERA = 0;
const YEAR = 1;
const MONTH = 3;
const WEEKDAY = 6;
const PERIOD = 10;
const HOUR = 11;
const MINUTE = 12;
const SECOND = 13;
const FRACTION = 14;
const DATES = (1 << PERIOD) - 1;
const TIMES = (1 << fields.length) - 1 - DATES;

const NUMERIC = 0x100;
const DELTA = 0x10;
const NARROW = -0x101;
const SHORTER = -0x102;
const SHORT = -0x103;
const LONG = -0x104;
const worded = (shift) => [[6, SHORTER + shift], [5, NARROW + shift], [4, LONG + shift], [3, SHORT + shift]];

/** How a field of some letters is shown, as a number whose distance to another says how unlike they are. */
function kindOf(letter, length) {
  const among = (rows, otherwise) => (rows.find(([least]) => length >= least) ?? [0, otherwise])[1];
  switch (letter) {
    case 'G': return among([[5, NARROW], [4, LONG]], SHORT);
    case 'M': case 'Q': return among(worded(0).slice(1), NUMERIC);
    case 'L': case 'q': return among(worded(-DELTA).slice(1), NUMERIC + DELTA);
    case 'E': return among(worded(0).slice(0, 3), SHORT);
    case 'c': return among(worded(-2 * DELTA), NUMERIC + 2 * DELTA);
    case 'e': return among(worded(-DELTA), NUMERIC + DELTA);
    case 'a': return among([[5, NARROW], [4, LONG]], SHORT);
    case 'b': return among([[5, NARROW - DELTA], [4, LONG - DELTA]], SHORT - DELTA);
    case 'B': return among([[5, NARROW - 3 * DELTA], [4, LONG - 3 * DELTA]], SHORT - 3 * DELTA);
    case 'H': return NUMERIC + 10 * DELTA;
    case 'k': return NUMERIC + 11 * DELTA;
    case 'K': case 'Y': return NUMERIC + DELTA;
    case 'v': return length >= 4 ? LONG - 2 * DELTA : SHORT - 2 * DELTA;
    case 'z': return length >= 4 ? LONG : SHORT;
    case 'O': return length >= 4 ? LONG - DELTA : SHORT - DELTA;
    default: return NUMERIC;
  }
}

/** The fields and the texts of a pattern, in order: `{ letter, length }` or a text. */
function tokens(pattern) {
  const found = [];
  let text = '';
  for (let i = 0; i < pattern.length;) {
    const letter = pattern[i];
    if (letter === "'") {
      if (pattern[i + 1] === "'") {
        text += "'";
        i += 2;
        continue;
      }
      for (i++; i < pattern.length; i++) {
        if (pattern[i] !== "'") text += pattern[i];
        else if (pattern[i + 1] === "'") text += pattern[i++];
        else break;
      }
      i++;
    } else if (/[A-Za-z]/.test(letter)) {
      let end = i + 1;
      while (pattern[end] === letter) end++;
      if (text) found.push(text);
      text = '';
      found.push({ letter, length: end - i });
      i = end;
    } else {
      text += letter;
      i++;
    }
  }
  if (text) found.push(text);
  return found;
}

const quoted = (text) => (/[A-Za-z']/.test(text) ? "'" + text.replaceAll("'", "''") + "'" : text);

/** What a pattern or skeleton asks for: by field its letter, its length, and its kind. */
function match(pattern) {
  const found = { letters: [], lengths: [], kinds: [], mask: 0, defaultPeriod: false };
  const put = (letter, length) => {
    const field = fieldOf(letter);
    if (field < 0) return;
    const kind = kindOf(letter, length);
    found.letters[field] = letter;
    found.lengths[field] = length;
    found.kinds[field] = kind > 0 ? kind + length : kind;
    found.mask |= 1 << field;
  };
  for (const token of tokens(pattern)) if (typeof token !== 'string') put(token.letter, token.length);
  if ((found.mask & (1 << MINUTE)) && (found.mask & (1 << FRACTION)) && !(found.mask & (1 << SECOND))) put('s', 1);
  if (found.mask & (1 << HOUR)) {
    const half = found.letters[HOUR] === 'h' || found.letters[HOUR] === 'K';
    if (half && !(found.mask & (1 << PERIOD))) {
      put('a', 1);
      found.defaultPeriod = true;
    } else if (!half && found.mask & (1 << PERIOD)) {
      found.mask &= ~(1 << PERIOD);
      delete found.letters[PERIOD];
      delete found.lengths[PERIOD];
      delete found.kinds[PERIOD];
    }
  }
  return found;
}

/** A skeleton's letters with the least lengths of their kinds: two that share it are rivals. */
function baseKey(wanted) {
  let key = '';
  for (let i = 0; i < fields.length; i++) if (wanted.mask & (1 << i)) key += wanted.letters[i] + (wanted.kinds[i] > 0 ? '' : wanted.kinds[i]) + ' ';
  return key;
}

const fullKey = (wanted) => wanted.letters.map((letter, i) => letter && letter + wanted.lengths[i]).join(' ');

/** All formats of a locale that a request is compared with. */
function collect(dates) {
  const formats = [];
  const add = (pattern, skeleton) => {
    const wanted = match(skeleton ?? pattern);
    const base = baseKey(wanted);
    const full = fullKey(wanted);
    const rival = formats.findIndex((one) => one.base === base && !one.specified);
    if (rival >= 0 && skeleton === undefined) return;
    const twin = formats.findIndex((one) => one.full === full);
    const entry = { pattern, wanted, base, full, specified: skeleton !== undefined };
    if (twin < 0) formats.push(entry);
    else if (skeleton !== undefined && !formats[twin].specified) formats[twin] = entry;
  };
  for (const letter of ['G', 'y', 'Q', 'M', 'w', 'W', 'E', 'd', 'D', 'F', 'a', 'H', 'm', 's', 'S', 'v']) add(letter);
  for (const pattern of dates.date) add(pattern);
  for (const pattern of dates.time) add(pattern);
  for (const skeleton of Object.keys(dates.available).sort()) add(dates.available[skeleton], skeleton);
  // Of two that are equally near the first wins: they are ordered by the letter of their first field, capitals first.
  const code = (one) => one.base.charCodeAt(0);
  return formats.map((one, i) => [one, i]).sort((a, b) => code(a[0]) - code(b[0]) || a[1] - b[1]).map(([one]) => one);
}

function nearest(state, include) {
  const { wanted } = state;
  let best;
  let distance = Infinity;
  let missing = -1;
  for (const one of state.formats) {
    let sum = 0;
    let lacking = 0;
    let extra = 0;
    for (let i = 0; i < fields.length; i++) {
      const mine = include & (1 << i) ? wanted.kinds[i] ?? 0 : 0;
      const its = one.wanted.kinds[i] ?? 0;
      if (mine === its) continue;
      if (mine === 0) {
        sum += 0x10000;
        extra |= 1 << i;
      } else if (its === 0) {
        sum += 0x1000;
        lacking |= 1 << i;
      } else sum += Math.abs(mine - its);
      if (sum > distance) break;
    }
    if (sum < distance || (sum === distance && missing < lacking)) {
      best = one;
      distance = sum;
      missing = lacking;
      best.extra = extra;
      if (sum === 0) break;
    }
  }
  return { format: best, missing, extra: best.extra };
}

/** How long a field of a found pattern becomes. */
function lengthFor(state, field, token, specified) {
  const { wanted } = state;
  let length = wanted.lengths[field];
  const letter = wanted.letters[field];
  if (letter === 'E' && length < 3) length = 3;
  // V8 asks for hours as long as requested, not for minutes and seconds.
  if (field === MINUTE || field === SECOND) return token.length;
  if (specified === undefined || letter === 'c' || letter === 'e') return length;
  const numeric = kindOf(token.letter, token.length) > 0;
  const plain = specified.kinds[field] > 0;
  if (specified.lengths[field] === length || numeric !== plain) return token.length;
  return length;
}

function adjust(state, format, fraction = false) {
  const { wanted } = state;
  const specified = format.specified ? format.wanted : undefined;
  let pattern = '';
  for (const token of tokens(format.pattern)) {
    if (typeof token === 'string') {
      pattern += quoted(token);
      continue;
    }
    const field = fieldOf(token.letter);
    let { letter, length } = token;
    const asked = wanted.letters[field];
    if (fraction && field === SECOND) {
      pattern += letter.repeat(length) + state.decimal + 'S'.repeat(wanted.lengths[FRACTION]);
      continue;
    }
    if (wanted.kinds[field]) {
      length = lengthFor(state, field, token, specified);
      if (field !== HOUR && field !== MONTH && field !== WEEKDAY && (field !== YEAR || asked === 'Y')) letter = asked;
      if (letter === 'E' && length < 3) letter = 'e';
      if (field === HOUR && asked === state.hour) letter = asked;
    }
    pattern += letter.repeat(length);
  }
  return pattern;
}

/** Date fields or time fields alone, with what no format has put behind. */
function appended(state, include) {
  if (include === 0) return '';
  const first = nearest(state, include);
  const { format } = first;
  let { missing } = first;
  let pattern = adjust(state, format);
  let before = 0;
  while (missing !== 0 && missing !== before) {
    const fractional = (1 << SECOND) | (1 << FRACTION);
    if ((missing & fractional) === 1 << FRACTION && (include & fractional) === fractional) {
      pattern = adjust(state, { ...format, pattern }, true);
      missing &= ~(1 << FRACTION);
      continue;
    }
    const next = nearest(state, missing);
    const added = adjust(state, next.format);
    const found = missing & ~next.missing;
    let top = fields.length - 1;
    while (top > 0 && !(found & (1 << top))) top--;
    const { append, fields: titles } = state.dates;
    const glue = append[fields[top]] ?? '{0} ├{2}: {1}┤';
    pattern = glue.replace(/\{([012])\}/g, (_, n) => (n === '0' ? pattern : n === '1' ? added : quoted(titles[fields[top]] ?? 'F' + top)));
    // ICU looks for what is then still missing only once, whatever it finds.
    missing = before = next.missing;
  }
  return pattern;
}

/** Date and time of formats that a locale has as they are asked for: no comparing is needed. */
function ready(dates, wanted, hour) {
  const part = (mask) => {
    let skeleton = '';
    for (let i = 0; i < fields.length; i++) {
      if (wanted.mask & mask & (1 << i) && !(i === PERIOD && wanted.defaultPeriod)) skeleton += wanted.letters[i].repeat(wanted.lengths[i]);
    }
    if (skeleton === '') return '';
    const pattern = Object.hasOwn(dates.available, skeleton) ? dates.available[skeleton] : undefined;
    return pattern && adjust({ wanted, hour }, { pattern, wanted: match(skeleton), specified: true });
  };
  const date = part(DATES);
  const time = date === undefined ? undefined : part(TIMES);
  if (time === undefined || !(date && time)) return time === undefined ? undefined : date || time;
  if ((wanted.mask & DATES) === 1 << WEEKDAY || (wanted.kinds[MONTH] ?? NUMERIC) < 0) return undefined;
  return dates.bothAt[3].replace(/\{([01])\}/g, (_, n) => (n === '0' ? time : date));
}

/** The pattern for a skeleton. */
function bestPattern(dates, skeleton, hour, decimal) {
  const quick = ready(dates, match(skeleton), hour);
  if (quick !== undefined) return quick;
  dates.formats ??= collect(dates);
  const wanted = match(skeleton);
  const state = { dates, formats: dates.formats, wanted, hour, decimal };
  const { format, missing, extra } = nearest(state, -1);
  if (missing === 0 && extra === 0) return adjust(state, format);
  const date = appended(state, wanted.mask & DATES);
  const time = appended(state, wanted.mask & TIMES);
  if (!date || !time) return date || time;
  const month = wanted.kinds[MONTH];
  let style = 3;
  if (month <= LONG && wanted.lengths[MONTH] === 4) style = wanted.mask & (1 << WEEKDAY) ? 0 : 1;
  else if (wanted.lengths[MONTH] === 3) style = 2;
  return dates.bothAt[style].replace(/\{([01])\}/g, (_, n) => (n === '0' ? time : date));
}

module.exports = { bestPattern, fieldOf, match, tokens, ERA };
