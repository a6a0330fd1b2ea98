// util.inspect for errors.
const {
  ArrayIsArray,
  ArrayPrototypeIndexOf,
  ArrayPrototypeJoin,
  ArrayPrototypePush,
  ArrayPrototypeSplice,
  ArrayPrototypeUnshift,
  Error,
  ErrorPrototypeToString,
  FunctionPrototypeSymbolHasInstance,
  ObjectGetOwnPropertyDescriptor,
  ObjectHasOwn,
  String,
  StringPrototypeEndsWith,
  StringPrototypeIncludes,
  StringPrototypeIndexOf,
  StringPrototypeRepeat,
  StringPrototypeReplaceAll,
  StringPrototypeSlice,
  StringPrototypeSplit,
  StringPrototypeStartsWith,
} = primordials;
const { kind } = bindings('inspect');
const { prefix } = require('internal/inspect');

const isError = (value) =>
  value !== null && typeof value === 'object' && (kind(value) === 'Error' || FunctionPrototypeSymbolHasInstance(Error, value));

/** The stack, or what the error says where there is none: it may have been deleted, and then Error.prototype's accessor,
 * which Node has not, still tells it. */
function stackOf(error) {
  if (kind(error) === 'Error' && !ObjectHasOwn(error, 'stack')) return ErrorPrototypeToString(error);
  const { stack } = error;
  return stack ? String(stack) : ErrorPrototypeToString(error);
}

/** Where all properties are shown, the stack is the first of them. */
function stackFirst(fields) {
  const at = ArrayPrototypeIndexOf(fields, 'stack');
  if (at < 0 || at % 3 !== 0) return;
  const flags = fields[at + 1];
  const value = fields[at + 2];
  ArrayPrototypeSplice(fields, at, 3);
  ArrayPrototypeUnshift(fields, 'stack', flags, value);
}

/** Leaves out the properties that the stack says already. */
function dropSaid(state, error, fields, stack) {
  if (state.showHidden) {
    stackFirst(fields);
    return;
  }
  const names = ['name', 'message', 'stack'];
  for (let i = 0; i < names.length; i++) {
    const at = ArrayPrototypeIndexOf(fields, names[i]);
    if (at < 0 || at % 3 !== 0) continue;
    if (names[i] === 'stack' || StringPrototypeIncludes(stack, error[names[i]])) ArrayPrototypeSplice(fields, at, 3);
  }
}

function addField(fields, error, key) {
  for (let i = 0; i < fields.length; i += 3) if (fields[i] === key) return;
  const own = ObjectGetOwnPropertyDescriptor(error, key);
  if (own === undefined) ArrayPrototypePush(fields, key, 0, error[key]);
  else {
    const flags = (own.get ? 1 : 0) | (own.set ? 2 : 0) | (own.enumerable ? 0 : 4);
    ArrayPrototypePush(fields, key, flags, own.get ?? own.value);
  }
}

/** What stands before the first colon or line end: a name, if it looks like one. */
function leadingName(stack) {
  let end = 0;
  while (end < stack.length && stack[end] !== ':' && stack[end] !== '\n') end++;
  const head = StringPrototypeSlice(stack, 0, end);
  const named = end < stack.length ? head >= 'A' && head < '[' : StringPrototypeEndsWith(head, 'Error');
  return named ? head : '';
}

/** Whether a stack begins with this name as an error's own name stands there. */
function beginsWithError(stack, name) {
  if (!StringPrototypeEndsWith(name, 'Error') || !StringPrototypeStartsWith(stack, name)) return false;
  const next = stack[name.length];
  return next === undefined || next === ':' || next === '\n';
}

/** Puts the class's name where the stack has only that of the class above it, or where the class has no prototype. */
function withClass(stack, name, className, tag) {
  if (className !== null && !beginsWithError(stack, name)) return stack;
  const said = className === null ? leadingName(stack) : name;
  const shown = StringPrototypeSlice(prefix(className, tag, className === null && said !== '' ? said : 'Error'), 0, -1);
  if (shown === name) return stack;
  const rest = StringPrototypeSlice(stack, said.length);
  if (!StringPrototypeIncludes(shown, name)) return shown + ' [' + name + ']' + rest;
  return shown + (said === '' ? ': ' : '') + rest;
}

const SHARED_MIN = 4;

/** Where lines of one stack stand in a row in another too: [from, how many], the first run of at least four. */
function sharedRun(lines, others) {
  for (let from = 0; from <= lines.length - SHARED_MIN; from++) {
    const there = ArrayPrototypeIndexOf(others, lines[from]);
    let count = 0;
    while (there >= 0 && from + count < lines.length && lines[from + count] === others[there + count]) count++;
    if (count >= SHARED_MIN) return [from, count];
  }
  return undefined;
}

const FRAMES = '\n    at';

/** The lines of a stack that are frames, and what is before them. The message may look like frames. */
function framesOf(stack, message) {
  const said = typeof message === 'string' && message !== '' ? StringPrototypeIndexOf(stack, message) : -1;
  const at = StringPrototypeIndexOf(stack, FRAMES, said > 0 ? said + message.length : 0);
  if (at < 0) return undefined;
  return { before: StringPrototypeSlice(stack, 0, at), lines: StringPrototypeSplit(StringPrototypeSlice(stack, at + 1), '\n') };
}

function causeOf(error) {
  try {
    return error.cause;
  } catch {
    // A getter that throws is no cause.
    return undefined;
  }
}

/** What frames have in common with those of the error's cause is not shown twice; the run's first and last line stay. */
function withoutCause(state, error, lines) {
  const cause = causeOf(error);
  const theirs = isError(cause) ? framesOf(stackOf(cause)) : undefined;
  const run = theirs && sharedRun(lines, theirs.lines);
  if (run === undefined) return lines;
  const hidden = run[1] - 2;
  const text = '    ... ' + hidden + ' lines matching cause stack trace ...';
  ArrayPrototypeSplice(lines, run[0] + 1, hidden, state.stylize(text, 'undefined'));
  return lines;
}

function nameOf(error) {
  const { name } = error;
  return name === null || name === undefined ? 'Error' : String(name);
}

function base(state, error, className, tag, part) {
  const stack = stackOf(error);
  const name = nameOf(error);
  dropSaid(state, error, part.fields, stack);
  if ('cause' in error) addField(part.fields, error, 'cause');
  if (ArrayIsArray(error.errors)) addField(part.fields, error, 'errors');
  const whole = withClass(stack, name, className, tag);
  const frames = framesOf(whole, error.message);
  const text = frames === undefined
    ? '[' + whole + ']'
    : frames.before + '\n' + ArrayPrototypeJoin(withoutCause(state, error, frames.lines), '\n');
  if (state.indentation === 0) return text;
  return StringPrototypeReplaceAll(text, '\n', '\n' + StringPrototypeRepeat(' ', state.indentation));
}

module.exports = { base, isError, stackOf };
