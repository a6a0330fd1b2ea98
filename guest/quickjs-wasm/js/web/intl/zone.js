// Time zones: what the clocks of a zone show at a moment, and what the time is called there (CLDR's metazone).
const { MathFloor, RangeError, parseInt: parseInt36 } = primordials;

const areas = ['Africa', 'America', 'Antarctica', 'Asia', 'Atlantic', 'Australia', 'Europe', 'Indian', 'Pacific'];
const DAY = 86400;
// Names of zones begin with 1970, as CLDR's metazones do.
const utc = { name: 'UTC', first: { offset: 0, summer: false }, times: [], kinds: [], rule: undefined, metazones: [] };

const areaOf = (name) => {
  const head = name.slice(0, Math.max(name.indexOf('/'), 0)).toLowerCase();
  return areas.find((area) => area.toLowerCase() === head) ?? 'Other';
};

/** The line of a zone, after an alias; undefined for a name that there is not. */
function lineOf(name) {
  const text = require('data/zones/' + areaOf(name));
  return find(text, text, name) ?? find(text, text.toLowerCase(), name.toLowerCase());
}

/** Looks in `where`, which is the text or the text in lower case. */
function find(text, where, name) {
  const wanted = '\n' + name;
  let at = where.indexOf(wanted + '|');
  if (at < 0) {
    at = where.indexOf(wanted + '=');
    if (at < 0) return undefined;
    return lineOf(text.slice(at + wanted.length + 1, text.indexOf('\n', at + 1)));
  }
  return text.slice(at + 1, text.indexOf('\n', at + 1));
}

function parseLine(line) {
  const [name, offsets, transitions, rule, metazones] = line.split('|');
  const kinds = offsets.split(' ').map((text) => ({ offset: parseInt36(text, 36), summer: text.endsWith('*') }));
  const zone = { name, first: kinds[0], times: [], kinds: [], rule: parseRule(rule), metazones: [] };
  const told = transitions ? transitions.split(' ') : [];
  let time = 0;
  for (let i = 0; i < told.length; i += 2) {
    time += parseInt36(told[i], 36);
    zone.times.push(time);
    zone.kinds.push(kinds[parseInt36(told[i + 1], 36)]);
  }
  for (const one of metazones ? metazones.split(' ') : []) {
    const [title, begin, end] = one.split(',');
    zone.metazones.push({ title, begin: begin ? parseInt36(begin, 36) * 60 : 0, end: end ? parseInt36(end, 36) * 60 : Infinity });
  }
  return zone;
}

const ruleText = /^(?:<[^>]*>|[A-Za-z]+)([-+\d:]+)(?:(?:<[^>]*>|[A-Za-z]+)([-+\d:]+)?,M(\d+)\.(\d)\.(\d)(?:\/([-+\d:]+))?,M(\d+)\.(\d)\.(\d)(?:\/([-+\d:]+))?)?$/;

function secondsOf(text) {
  const [hours, minutes = 0, seconds = 0] = text.replace(/^[-+]/, '').split(':');
  const total = hours * 3600 + minutes * 60 + +seconds;
  return text[0] === '-' ? -total : total;
}

/** A POSIX rule; undefined where the last transition's offset goes on. */
function parseRule(text) {
  const match = ruleText.exec(text);
  if (match === null || match[3] === undefined) return undefined;
  const standard = -secondsOf(match[1]);
  const summer = match[2] === undefined ? standard + 3600 : -secondsOf(match[2]);
  const edge = (at) => ({ month: +match[at], week: +match[at + 1], day: +match[at + 2], time: match[at + 3] === undefined ? 7200 : secondsOf(match[at + 3]) });
  const rule = { standard, summer, begin: edge(3), end: edge(7) };
  // A winter time with negative saving: what is called summer time is the other one.
  rule.inverted = summer < standard;
  return rule;
}

/** Days since 1970 of a date of the Gregorian calendar; months from 0. */
function daysOf(year, month, day) {
  const y = year - (month < 2 ? 1 : 0);
  const era = MathFloor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = MathFloor((153 * ((month + 10) % 12) + 2) / 5) + day - 1;
  return era * 146097 + ofEra * 365 + MathFloor(ofEra / 4) - MathFloor(ofEra / 100) + ofYear - 719468;
}

/** Year, month from 0 and day of days since 1970. */
function dateOf(days) {
  const shifted = days + 719468;
  const era = MathFloor(shifted / 146097);
  const ofEra = shifted - era * 146097;
  const yearOfEra = MathFloor((ofEra - MathFloor(ofEra / 1460) + MathFloor(ofEra / 36524) - MathFloor(ofEra / 146096)) / 365);
  const ofYear = ofEra - (365 * yearOfEra + MathFloor(yearOfEra / 4) - MathFloor(yearOfEra / 100));
  const shiftedMonth = MathFloor((5 * ofYear + 2) / 153);
  const day = ofYear - MathFloor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 2 : shiftedMonth - 10;
  return { year: yearOfEra + era * 400 + (month < 2 ? 1 : 0), month, day };
}

/** When an edge of a rule comes in a year, in seconds of local clocks. */
function edgeTime(edge, year) {
  const first = daysOf(year, edge.month - 1, 1);
  let day = first + ((edge.day - ((first + 4) % 7) + 14) % 7) + (edge.week - 1) * 7;
  const next = edge.month === 12 ? daysOf(year + 1, 0, 1) : daysOf(year, edge.month, 1);
  while (day >= next) day -= 7;
  return day * DAY + edge.time;
}

function byRule(rule, time) {
  const { year } = dateOf(MathFloor((time + rule.standard) / DAY));
  const begin = edgeTime(rule.begin, year) - rule.standard;
  const end = edgeTime(rule.end, year) - rule.summer;
  const inside = begin < end ? time >= begin && time < end : time >= begin || time < end;
  return { offset: inside ? rule.summer : rule.standard, summer: inside !== rule.inverted };
}

/** Seconds east of UTC and whether it is summer time, at seconds since 1970. */
function stateAt(zone, time) {
  const { times } = zone;
  if (times.length === 0 || time < times[0]) return times.length === 0 && zone.rule ? byRule(zone.rule, time) : zone.first;
  if (zone.rule !== undefined && time >= times[times.length - 1]) return byRule(zone.rule, time);
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= time) low = middle;
    else high = middle - 1;
  }
  return zone.kinds[low];
}

function metazoneAt(zone, time) {
  for (const { title, begin, end } of zone.metazones) if (time >= begin && time < end) return title;
  return undefined;
}

const known = { __proto__: null };
const ofGreenwich = ['Etc/UTC', 'Etc/GMT'];

/** The zone of a name. Throws a RangeError. */
function zoneOf(name) {
  if (name === 'UTC') return utc;
  if (known[name] !== undefined) return known[name];
  const line = /^[A-Za-z0-9_+\-/]+$/.test(name) ? lineOf(name) : undefined;
  if (line === undefined || line.startsWith('Etc/Unknown|')) throw new RangeError('Invalid time zone specified: ' + name);
  const zone = ofGreenwich.some((one) => line.startsWith(one + '|')) ? utc : parseLine(line);
  known[name] = zone;
  return zone;
}

/** The names of all zones that are no aliases. */
function zoneNames() {
  const found = [];
  for (const area of [...areas, 'Other']) {
    for (const line of require('data/zones/' + area).split('\n')) {
      const end = line.indexOf('|');
      if (end > 0 && line.includes('/') && !line.startsWith('Etc/')) found.push(line.slice(0, end));
    }
  }
  found.push('UTC');
  return found.sort();
}

module.exports = { dateOf, daysOf, metazoneAt, stateAt, zoneNames, zoneOf };
