// What util.inspect does under options that few ask for, and for accessors and custom functions.
const {
  ArrayPrototypeJoin,
  ArrayPrototypeSlice,
  ArrayPrototypeSort,
  FunctionPrototypeCall,
  MathTrunc,
  NumberIsFinite,
  ObjectAssign,
  ObjectKeys,
  String,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeRepeat,
  StringPrototypeSlice,
} = primordials;
const { defaults, fits, show, showPrimitive } = require('internal/inspect');

// Flags of a field, as in index.js.
const GET = 1;
const SET = 2;

/** What a custom function of a guest's gets as its options. */
function userOptions(state, foreign) {
  const options = ObjectAssign(foreign ? { __proto__: null } : {}, { stylize: state.stylize });
  const names = ObjectKeys(defaults);
  for (let i = 0; i < names.length; i++) options[names[i]] = state[names[i]];
  ObjectAssign(options, state.userOptions);
  if (!foreign) return options;
  const all = ObjectKeys(options);
  for (let i = 0; i < all.length; i++) {
    const option = options[all[i]];
    if (option !== null && (typeof option === 'object' || typeof option === 'function')) delete options[all[i]];
  }
  options.stylize = (value, flavour) => {
    try {
      return '' + state.stylize(value, flavour);
    } catch {
      return value;
    }
  };
  return options;
}

function showAccessor(state, flags, getter, level, owner) {
  if (!(flags & GET)) return state.stylize('[Setter]', 'special');
  const { getters, stylize } = state;
  const label = flags & SET ? 'Getter/Setter' : 'Getter';
  if (!(getters === true || (getters === 'get' && !(flags & SET)) || (getters === 'set' && flags & SET))) {
    return state.stylize('[' + label + ']', 'special');
  }
  const open = () => state.stylize('[' + label + ':', 'special') + ' ';
  const close = stylize(']', 'special');
  try {
    const value = FunctionPrototypeCall(getter, owner);
    state.indentation += 2;
    let text;
    if (value === null) text = open() + stylize('null', 'null') + close;
    else if (typeof value === 'object') text = stylize('[' + label + ']', 'special') + ' ' + show(state, value, level);
    else text = open() + showPrimitive(state, value, stylize) + close;
    state.indentation -= 2;
    return text;
  } catch (error) {
    return open() + '<Inspection threw (' + error.message + ')>' + close;
  }
}

/** A number with underscores, in its fraction too. */
function separatedNumber(number) {
  const text = String(number);
  if (!NumberIsFinite(number) || StringPrototypeIncludes(text, 'e')) return text;
  if (MathTrunc(number) === number) return separated(text);
  const point = StringPrototypeIndexOf(text, '.');
  let fraction = '';
  let at = point + 1;
  for (; at < text.length - 3; at += 3) fraction += StringPrototypeSlice(text, at, at + 3) + '_';
  fraction += StringPrototypeSlice(text, at);
  return separated(StringPrototypeSlice(text, 0, point)) + '.' + fraction;
}

/** 1_000_000 for 1000000. */
function separated(digits) {
  const first = digits[0] === '-' ? 1 : 0;
  let end = digits.length;
  let text = '';
  for (; end >= first + 4; end -= 3) text = '_' + StringPrototypeSlice(digits, end - 3, end) + text;
  return StringPrototypeSlice(digits, 0, end) + text;
}

function sort(state, output, fieldCount, list) {
  const order = state.sorted === true ? undefined : state.sorted;
  if (!list) return ArrayPrototypeSort(output, order);
  if (fieldCount < 2) return output;
  const from = output.length - fieldCount;
  const sorted = ArrayPrototypeSort(ArrayPrototypeSlice(output, from), order);
  for (let i = 0; i < fieldCount; i++) output[from + i] = sorted[i];
  return output;
}

function layOutCompact(state, output, base, open, close) {
  const shownBase = base === '' ? '' : ' ' + base;
  if (fits(state, output, 0, base)) return open + shownBase + ' ' + ArrayPrototypeJoin(output, ', ') + ' ' + close;
  const margin = '\n' + StringPrototypeRepeat(' ', state.indentation) + '  ';
  // An opening brace that is more than a brace has a line of its own.
  const gap = base === '' && open.length === 1 ? ' ' : shownBase + margin;
  return open + gap + ArrayPrototypeJoin(output, ',' + margin) + ' ' + close;
}

module.exports = { layOutCompact, separated, separatedNumber, showAccessor, sort, userOptions };
