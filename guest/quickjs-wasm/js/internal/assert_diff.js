// How an AssertionError shows two values that should have been equal: their lines, side by side.
const {
  ArrayPrototypeJoin,
  ArrayPrototypePop,
  StringPrototypeEndsWith,
  StringPrototypeRepeat,
  StringPrototypeSlice,
  StringPrototypeSplit,
} = primordials;
const { inspect } = require('internal/inspect');

const titles = {
  __proto__: null,
  deepStrictEqual: 'Expected values to be strictly deep-equal:',
  strictEqual: 'Expected values to be strictly equal:',
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
  deepEqual: 'Expected values to be loosely deep-equal:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: 'Values have same structure but are not reference-equal:',
  notDeepEqualUnequal: 'Expected values not to be loosely deep-equal:',
};

const SHORT_LENGTH_MAX = 12; // of both values together, for `1 !== 2`
const LINE_LENGTH_MAX = 80; // of both values together, for a mark below where they part
const LINES_MAX = 50;
const KEPT_LINES = 46; // of a value with more than that

/** As much as there is of a value, whatever inspect's defaults are. */
function inspectWhole(value) {
  return inspect(value, {
    __proto__: null,
    compact: false,
    customInspect: false,
    depth: 1000,
    maxArrayLength: Infinity,
    showHidden: false,
    showProxy: false,
    sorted: true,
    getters: true,
  });
}

const linesOf = (text) => StringPrototypeSplit(text, '\n');

/** Lines of one value, cut where there are many. */
function cut(lines) {
  if (lines.length > LINES_MAX) {
    lines[KEPT_LINES] = '...';
    lines.length = KEPT_LINES + 1;
  }
  return lines;
}

const areObjects = (one, other) => typeof one === 'object' && one !== null && typeof other === 'object' && other !== null;

/** Two values of one line each: the whole message, a mark to put below them, or neither. */
function single(one, other, actual, expected, operator, title) {
  const length = one.length + other.length;
  if (length <= SHORT_LENGTH_MAX) {
    const primitive = (value) => typeof value !== 'object' || value === null;
    if (primitive(actual) && primitive(expected) && (actual !== 0 || expected !== 0)) {
      return { message: title + '\n\n' + one + ' !== ' + other + '\n', mark: '' };
    }
  } else if (operator !== 'strictEqualObject' && length < LINE_LENGTH_MAX) {
    let same = 0;
    while (one[same] === other[same]) same++;
    if (same > 2) return { mark: '\n  ' + StringPrototypeRepeat(' ', same) + '^' };
    return { mark: '', same };
  }
  return { mark: '' };
}

/** Takes equal lines off the ends of both, and gives what stands for them below the difference. */
function takeEnd(one, other, same) {
  let end = '';
  let last = '';
  while (one.length > 0 && other.length > 0) {
    const line = one[one.length - 1];
    if (line !== other[other.length - 1]) break;
    if (same++ < 3) end = '\n  ' + line + end;
    else last = line;
    ArrayPrototypePop(one);
    ArrayPrototypePop(other);
  }
  const skipped = same >= 5;
  if (skipped) end = '\n...' + end;
  if (last !== '') end = '\n  ' + last + end;
  return { end, skipped };
}

/** The lines between: what is in both once, then what is only in one. */
class Difference {
  text = '';
  held = ''; // expected lines, shown after the actual ones beside them
  printed = 0;
  identical = 0;
  skipped = false;

  /** After equal lines of which two are shown: the last of the others, or that there are some. */
  catchUp(lines, at) {
    if (this.identical > 3) {
      if (this.identical === 5) this.show(lines[at - 3]);
      else if (this.identical > 5) {
        this.text += '\n...';
        this.skipped = true;
      }
      this.show(lines[at - 2]);
    }
    if (this.identical > 2) this.show(lines[at - 1]);
    this.identical = 0;
  }

  show(line) {
    this.text += '\n  ' + line;
    this.printed++;
  }

  both(line) {
    this.text += this.held;
    this.held = '';
    this.identical++;
    if (this.identical <= 2) this.show(line);
  }

  apart(actual, expected) {
    this.text += '\n+ ' + actual;
    this.held += '\n- ' + expected;
    this.printed += 2;
  }

  only(line, sign) {
    if (sign === '+') this.text += '\n+ ' + line;
    else this.held += '\n- ' + line;
    this.printed++;
  }
}

const endsWithComma = (line, other) => StringPrototypeEndsWith(line, ',') && StringPrototypeSlice(line, 0, -1) === other;

/** The message for values that should be equal and are not. */
function difference(actual, expected, operator, given = '') {
  const shown = inspectWhole(actual);
  const one = linesOf(shown);
  const other = linesOf(inspectWhole(expected));
  if (operator === 'strictEqual' && (areObjects(actual, expected) || (typeof actual === 'function' && typeof expected === 'function'))) {
    operator = 'strictEqualObject';
  }
  const title = given || titles[operator];
  let mark = '';
  let same = 0;
  if (one.length === 1 && other.length === 1 && one[0] !== other[0]) {
    const found = single(one[0], other[0], actual, expected, operator, title);
    if (found.message !== undefined) return found.message;
    mark = found.mark;
    same = found.same ?? 0;
  }
  const { end, skipped } = takeEnd(one, other, same);
  const most = one.length > other.length ? one.length : other.length;
  if (most === 0) return titles.notIdentical + '\n\n' + ArrayPrototypeJoin(cut(linesOf(shown)), '\n') + '\n';
  const head = title + '\n+ actual - expected';
  const longer = one.length < most ? other : one;
  const both = one.length < most ? one.length : other.length;
  const parts = new Difference();
  parts.skipped = skipped;
  for (let i = 0; i < most; i++) {
    if (i >= both) {
      parts.catchUp(longer, i);
      parts.only(longer[i], longer === one ? '+' : '-');
    } else if (one[i] === other[i] || endsWithComma(one[i], other[i])) parts.both(one[i]);
    else if (endsWithComma(other[i], one[i])) parts.both(one[i] + ',');
    else {
      parts.catchUp(one, i);
      parts.apart(one[i], other[i]);
    }
    if (parts.printed > LINES_MAX && i < most - 2) {
      return head + ' ... Lines skipped\n' + parts.text + '\n...' + parts.held + '\n...';
    }
  }
  return head + (parts.skipped ? ' ... Lines skipped' : '') + '\n' + parts.text + parts.held + end + mark;
}

/** The message for values that should not be equal and are. */
function sameness(actual, operator) {
  const isObject = (typeof actual === 'object' && actual !== null) || typeof actual === 'function';
  const title = titles[operator === 'notStrictEqual' && isObject ? 'notStrictEqualObject' : operator];
  const lines = cut(linesOf(inspectWhole(actual)));
  if (lines.length === 1) return title + (lines[0].length > 5 ? '\n\n' : ' ') + lines[0];
  return title + '\n\n' + ArrayPrototypeJoin(lines, '\n') + '\n';
}

const shortened = (text, most) => (text.length > most ? StringPrototypeSlice(text, 0, most - 3) + '...' : text);

/** The message for all other operators: both values, with words between them. */
function relation(actual, expected, operator) {
  const one = inspectWhole(actual);
  const other = inspectWhole(expected);
  if (operator === 'notDeepEqual' && one === other) return shortened(titles.notDeepEqual + '\n\n' + one, 1024);
  const left = shortened(one, 512);
  const right = shortened(other, 512);
  if (operator === 'deepEqual') return titles.deepEqual + '\n\n' + left + '\n\nshould loosely deep-equal\n\n' + right;
  const unequal = titles[operator + 'Unequal'];
  if (unequal !== undefined) return unequal + '\n\n' + left + '\n\nshould not loosely deep-equal\n\n' + right;
  return left + ' ' + operator + ' ' + right;
}

module.exports = { difference, relation, sameness };
