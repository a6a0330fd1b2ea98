// The toLocale methods of Number, BigInt, Date, Array, typed arrays and String. American English without options is
// written here, without any data; everything else is what Intl's classes do.
const {
  ArrayPrototypeIncludes,
  ArrayPrototypePop,
  ArrayPrototypePush,
  BigIntPrototypeValueOf,
  DatePrototypeGetTime,
  DatePrototypeGetUTCDate,
  DatePrototypeGetUTCFullYear,
  DatePrototypeGetUTCHours,
  DatePrototypeGetUTCMinutes,
  DatePrototypeGetUTCMonth,
  DatePrototypeGetUTCSeconds,
  MathMin,
  MathTrunc,
  NumberPrototypeValueOf,
  Object,
  String,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeToLowerCase,
  StringPrototypeToUpperCase,
  TypeError,
  TypedArrayPrototypeGetLength,
} = primordials;

const plain = (locales, options) => options === undefined && (locales === undefined || locales === 'en-US' || locales === 'en');

/** Digits in groups of three. */
function grouped(digits) {
  let text = '';
  let end = digits.length;
  for (; end > 3; end -= 3) text = ',' + StringPrototypeSlice(digits, end - 3, end) + text;
  return StringPrototypeSlice(digits, 0, end) + text;
}

/** A number in American English where its own digits say it; undefined where they have to be rounded. */
function american(value) {
  const text = String(value);
  const sign = value < 0 ? '-' : '';
  const whole = sign ? StringPrototypeSlice(text, 1) : text;
  if (StringPrototypeIndexOf(text, 'e') >= 0 || value !== value || value - value !== 0) return undefined;
  const point = StringPrototypeIndexOf(whole, '.');
  if (point < 0) return (1 / value < 0 && value === 0 ? '-' : sign) + grouped(whole);
  if (whole.length - point > 4) return undefined;
  return sign + grouped(StringPrototypeSlice(whole, 0, point)) + StringPrototypeSlice(whole, point);
}

const two = (number) => (number < 10 ? '0' + number : '' + number);

function americanDate(date) {
  return DatePrototypeGetUTCMonth(date) + 1 + '/' + DatePrototypeGetUTCDate(date) + '/' + DatePrototypeGetUTCFullYear(date);
}

function americanTime(date) {
  const hour = DatePrototypeGetUTCHours(date);
  const clock = (hour % 12 || 12) + ':' + two(DatePrototypeGetUTCMinutes(date)) + ':' + two(DatePrototypeGetUTCSeconds(date));
  return clock + (hour < 12 ? ' AM' : ' PM');
}

/** One of Date's three. `required` and `defaults` are which fields there are where none was asked for. */
function ofDate(date, locales, options, required, defaults) {
  const time = DatePrototypeGetTime(date);
  if (time !== time) return 'Invalid Date';
  if (plain(locales, options) && DatePrototypeGetUTCFullYear(date) > 0) {
    if (defaults === 'date') return americanDate(date);
    return defaults === 'time' ? americanTime(date) : americanDate(date) + ', ' + americanTime(date);
  }
  return require('web/intl/date').formatOnce(time, locales, options, required, defaults);
}

// Arrays that are being written, so that one that contains itself ends.
const open = [];

function elements(object, length, locales, options) {
  if (ArrayPrototypeIncludes(open, object)) return '';
  ArrayPrototypePush(open, object);
  try {
    let text = '';
    for (let i = 0; i < length; i++) {
      if (i > 0) text += ',';
      const item = object[i];
      if (item !== undefined && item !== null) text += String(item.toLocaleString(locales, options));
    }
    return text;
  } finally {
    ArrayPrototypePop(open);
  }
}

function lengthOf(object) {
  const length = MathTrunc(+object.length);
  return length > 0 ? MathMin(length, 2 ** 53 - 1) : 0;
}

/** The languages whose letters change case in a way of their own. */
function caseOf(text, locales, upper) {
  const plainly = upper ? StringPrototypeToUpperCase : StringPrototypeToLowerCase;
  if (locales === undefined) return plainly(text);
  const tag = require('web/intl/locale').canonicalList(locales)[0] ?? 'en';
  return require('web/intl/case').convert(text, StringPrototypeSlice(tag, 0, 2), upper, plainly);
}

const textOf = (value, name) => {
  if (value === undefined || value === null) throw new TypeError('String.prototype.' + name + ' called on null or undefined');
  return String(typeof value === 'symbol' ? value + '' : value);
};

// Methods, so that there is no `new` of them; their lengths are those of ECMA-402.
const ofNumber = {
  toLocaleString() {
    const value = NumberPrototypeValueOf(this);
    const locales = arguments[0];
    const options = arguments[1];
    const text = plain(locales, options) ? american(value) : undefined;
    return text ?? require('web/intl/number').formatOnce(value, locales, options);
  },
};
const ofBigInt = {
  toLocaleString() {
    const value = BigIntPrototypeValueOf(this);
    if (!plain(arguments[0], arguments[1])) return require('web/intl/number').formatOnce(value, arguments[0], arguments[1]);
    const text = String(value);
    return value < 0n ? '-' + grouped(StringPrototypeSlice(text, 1)) : grouped(text);
  },
};
const ofDates = {
  toLocaleString() {
    return ofDate(this, arguments[0], arguments[1], 'any', 'all');
  },
  toLocaleDateString() {
    return ofDate(this, arguments[0], arguments[1], 'date', 'date');
  },
  toLocaleTimeString() {
    return ofDate(this, arguments[0], arguments[1], 'time', 'time');
  },
};
const ofArray = {
  toLocaleString() {
    if (this === undefined || this === null) throw new TypeError('Cannot convert undefined or null to object');
    const object = Object(this);
    return elements(object, lengthOf(object), arguments[0], arguments[1]);
  },
};
const ofTypedArray = {
  toLocaleString() {
    return elements(this, TypedArrayPrototypeGetLength(this), arguments[0], arguments[1]);
  },
};
const ofString = {
  localeCompare(that) {
    const one = textOf(this, 'localeCompare');
    const other = String(that);
    return require('web/intl/collator').compareOnce(one, other, arguments[1], arguments[2]);
  },
  toLocaleUpperCase() {
    return caseOf(textOf(this, 'toLocaleUpperCase'), arguments[0], true);
  },
  toLocaleLowerCase() {
    return caseOf(textOf(this, 'toLocaleLowerCase'), arguments[0], false);
  },
};

module.exports = {
  number: ofNumber.toLocaleString,
  bigint: ofBigInt.toLocaleString,
  date: ofDates.toLocaleString,
  dateDate: ofDates.toLocaleDateString,
  dateTime: ofDates.toLocaleTimeString,
  array: ofArray.toLocaleString,
  typedArray: ofTypedArray.toLocaleString,
  compare: ofString.localeCompare,
  upper: ofString.toLocaleUpperCase,
  lower: ofString.toLocaleLowerCase,
};
