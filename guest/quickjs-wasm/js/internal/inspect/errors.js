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

/** Puts the class's name where the stack has only that of the class above it. */
function withClass(stack, name, className, tag) {
  let length = name.length;
  const after = stack[length];
  const usual = StringPrototypeEndsWith(name, 'Error') && StringPrototypeStartsWith(stack, name) &&
    (stack.length === length || after === ':' || after === '\n');
  if (className !== null && !usual) return stack;
  let fallback = 'Error';
  if (className === null) {
    fallback = leadingName(stack);
    length = fallback.length;
    fallback = fallback || 'Error';
  }
  const shown = StringPrototypeSlice(prefix(className, tag, fallback), 0, -1);
  if (name === shown) return stack;
  if (!StringPrototypeIncludes(shown, name)) return shown + ' [' + name + ']' + StringPrototypeSlice(stack, length);
  return length === 0 ? shown + ': ' + stack : shown + StringPrototypeSlice(stack, length);
}

/** Where more than three lines in a row of one stack are in another: [from, how many]. */
function sameLines(lines, others) {
  for (let i = 0; i < lines.length - 3; i++) {
    const at = ArrayPrototypeIndexOf(others, lines[i]);
    if (at < 0) continue;
    let count = 1;
    while (i + count < lines.length && at + count < others.length && lines[i + count] === others[at + count]) count++;
    if (count > 3) return [i, count];
  }
  return [0, 0];
}

function withoutLinesOfCause(state, error, lines) {
  let cause;
  try {
    cause = error.cause;
  } catch {
    // A getter that throws is no cause.
  }
  if (!isError(cause)) return lines;
  const stack = stackOf(cause);
  const at = StringPrototypeIndexOf(stack, '\n    at');
  if (at < 0) return lines;
  const same = sameLines(lines, StringPrototypeSplit(StringPrototypeSlice(stack, at + 1), '\n'));
  if (same[1] > 0) {
    const text = '    ... ' + (same[1] - 2) + ' lines matching cause stack trace ...';
    ArrayPrototypeSplice(lines, same[0] + 1, same[1] - 2, state.stylize(text, 'undefined'));
  }
  return lines;
}

function base(state, error, className, tag, part) {
  const name = error.name !== null && error.name !== undefined ? String(error.name) : 'Error';
  let stack = stackOf(error);
  dropSaid(state, error, part.fields, stack);
  if ('cause' in error) addField(part.fields, error, 'cause');
  if (ArrayIsArray(error.errors)) addField(part.fields, error, 'errors');
  stack = withClass(stack, name, className, tag);
  const { message } = error;
  let said = (message && StringPrototypeIndexOf(stack, message)) || -1;
  if (said !== -1) said += message.length;
  const at = StringPrototypeIndexOf(stack, '\n    at', said);
  if (at < 0) stack = '[' + stack + ']';
  else {
    const lines = StringPrototypeSplit(StringPrototypeSlice(stack, at + 1), '\n');
    stack = StringPrototypeSlice(stack, 0, at + 1) + ArrayPrototypeJoin(withoutLinesOfCause(state, error, lines), '\n');
  }
  if (state.indentation === 0) return stack;
  return StringPrototypeReplaceAll(stack, '\n', '\n' + StringPrototypeRepeat(' ', state.indentation));
}

module.exports = { base, isError, stackOf };
