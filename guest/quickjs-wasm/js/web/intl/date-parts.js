// The parts of a date: each field of a pattern as the locale writes it.
const { MathFloor, String } = primordials;
const { dateOf, metazoneAt, stateAt } = require('web/intl/zone');

const types = {
  __proto__: null, G: 'era', y: 'year', M: 'month', L: 'month', E: 'weekday', c: 'weekday', e: 'weekday', d: 'day',
  a: 'dayPeriod', b: 'dayPeriod', B: 'dayPeriod', h: 'hour', H: 'hour', K: 'hour', k: 'hour', m: 'minute', s: 'second',
  S: 'fractionalSecond', z: 'timeZoneName', v: 'timeZoneName', O: 'timeZoneName',
};
const widths = { __proto__: null, 3: 'abbreviated', 4: 'wide', 5: 'narrow', 6: 'short' };
const digits = (number, length) => String(number).padStart(length, '0');

/** What the clocks of a zone show at milliseconds since 1970. */
function clock(zone, time) {
  const seconds = MathFloor(time / 1000);
  const { offset, summer } = stateAt(zone, seconds);
  const local = seconds + offset;
  const days = MathFloor(local / 86400);
  const rest = local - days * 86400;
  const { year, month, day } = dateOf(days);
  return {
    time, seconds, offset, summer, year, month, day, weekday: (((days + 4) % 7) + 7) % 7,
    hour: MathFloor(rest / 3600), minute: MathFloor(rest / 60) % 60, second: rest % 60, ms: time - seconds * 1000,
  };
}

/** GMT+5:30 and its longer form. */
function gmt(names, offset, long) {
  const [plus, minus] = names.hours.split(';');
  const total = Math.abs(offset);
  const hours = MathFloor(total / 3600);
  const minutes = MathFloor(total / 60) % 60;
  const seconds = total % 60;
  let text = long ? digits(hours, 2) : String(hours);
  if (long || minutes || seconds) text += ':' + digits(minutes, 2);
  if (seconds) text += ':' + digits(seconds, 2);
  return names.gmt.replace('{0}', (offset < 0 ? minus : plus).replace(/HH:mm/, text));
}

function zoneName(own, at, letter, length) {
  const names = require('data/zone-names/' + own.data);
  const long = length >= 4;
  const { zone } = own;
  if (letter !== 'O') {
    const metazone = metazoneAt(zone, at.seconds);
    const title = zone.name === 'UTC' ? 'Etc/UTC' : zone.name;
    const column = (long ? 0 : 3) + (letter === 'v' ? 2 : at.summer ? 1 : 0);
    const found = names.zones[title]?.[column] || (metazone && names.metazones[metazone]?.[column]);
    if (found) return found;
    // Names without a generic form have only one.
    if (letter === 'v') {
      const standard = names.zones[title]?.[column - 2] || (metazone && names.metazones[metazone]?.[column - 2]);
      if (standard) return standard;
    }
  }
  return gmt(names, at.offset, long);
}

/** Which part of the day it is, by the locale's own rules. */
function dayPeriod(own, at, length) {
  const { dates } = own;
  const table = dates.periods.format[widths[Math.max(length, 3)]];
  const minutes = at.hour * 60 + at.minute;
  const minuteOf = (text) => +text.slice(0, 2) * 60 + +text.slice(3);
  for (const name of Object.keys(dates.periodRules)) {
    const rule = dates.periodRules[name];
    if (rule._at !== undefined) {
      if (at.hour === 12 && (minutes === 720 || !own.tokens.some((token) => token.letter === 'm')) && table[name] && name === 'noon') return table[name];
      continue;
    }
    const from = minuteOf(rule._from);
    const before = minuteOf(rule._before);
    const inside = from < before ? minutes >= from && minutes < before : minutes >= from || minutes < before;
    if (inside && table[name]) return table[name];
  }
  return table[at.hour < 12 ? 'am' : 'pm'];
}

function yearOf(year, length) {
  const shown = year > 0 ? year : 1 - year;
  return length === 2 ? digits(shown % 100, 2) : digits(shown, length);
}

function field(own, at, letter, length) {
  const { dates } = own;
  const context = letter === 'L' || letter === 'c' ? 'stand-alone' : 'format';
  switch (letter) {
    case 'G': return dates.eras[length === 5 ? 2 : length === 4 ? 1 : 0][at.year > 0 ? 1 : 0];
    case 'y': return yearOf(at.year, length);
    case 'M': case 'L': return length < 3 ? digits(at.month + 1, length) : dates.months[context][widths[length]][at.month];
    case 'E': case 'c': case 'e': return dates.days[context][widths[Math.max(length, 3)]][at.weekday];
    case 'd': return digits(at.day, length);
    case 'a': return dates.periods.format[widths[Math.max(length, 3)]][at.hour < 12 ? 'am' : 'pm'];
    case 'b': case 'B': return dayPeriod(own, at, length);
    case 'h': return digits(at.hour % 12 || 12, length);
    case 'H': return digits(at.hour, length);
    case 'K': return digits(at.hour % 12, length);
    case 'k': return digits(at.hour || 24, length);
    case 'm': return digits(at.minute, length);
    case 's': return digits(at.second, length);
    case 'S': return digits(at.ms, 3).slice(0, length);
    default: return zoneName(own, at, letter, length);
  }
}

/** The parts of a moment for the tokens of a pattern. */
function partsFor(own, list, at) {
  const parts = [];
  for (const token of list) {
    if (typeof token === 'string') parts.push({ type: 'literal', value: token });
    else {
      const value = field(own, at, token.letter, token.length);
      parts.push({ type: types[token.letter], value });
    }
  }
  return parts;
}

module.exports = { clock, partsFor, types };
