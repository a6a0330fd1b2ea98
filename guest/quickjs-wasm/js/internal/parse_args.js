// util.parseArgs: command line arguments into options and positionals.
const {
  ArrayPrototypePush,
  ArrayPrototypeSlice,
  JSONStringify,
  ObjectEntries,
  ObjectHasOwn,
  StringPrototypeIndexOf,
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  TypeError,
} = primordials;
const { define } = require('internal/errors');
const { validateArray, validateBoolean, validateObject, validateString } = require('internal/validators');

define('ERR_PARSE_ARGS_INVALID_OPTION_VALUE', TypeError, (message) => message);
define('ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL', TypeError, (value) =>
  "Unexpected argument '" + value + "'. This command does not take positional arguments",
);
define('ERR_PARSE_ARGS_UNKNOWN_OPTION', TypeError, (option, positionals) => {
  const advice = ". To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- ";
  return "Unknown option '" + option + "'" + (positionals ? advice + JSONStringify(option) : '');
});

const own = (object, key) => (ObjectHasOwn(object, key) ? object[key] : undefined);
const settingOf = (options, name, key) => (ObjectHasOwn(options, name) ? own(options[name], key) : undefined);
const takesValue = (options, name) => settingOf(options, name, 'type') === 'string';

/** The long name of a short one. */
function longName(letter, options) {
  const all = ObjectEntries(options);
  for (let i = 0; i < all.length; i++) if (own(all[i][1], 'short') === letter) return all[i][0];
  return letter;
}

function checkEach(value, name, check) {
  validateArray(value, name);
  for (let i = 0; i < value.length; i++) check(value[i], name + '[' + i + ']');
}

function checkOption(name, option) {
  const path = 'options.' + name;
  validateObject(option, path);
  const type = own(option, 'type');
  if (type !== 'string' && type !== 'boolean') throw nodeError('ERR_INVALID_ARG_TYPE', path + '.type', "('string|boolean')", type);
  if (ObjectHasOwn(option, 'short')) {
    validateString(option.short, path + '.short');
    if (option.short.length !== 1) throw nodeError('ERR_INVALID_ARG_VALUE', path + '.short', option.short, 'must be a single character');
  }
  const multiple = own(option, 'multiple');
  if (ObjectHasOwn(option, 'multiple')) validateBoolean(multiple, path + '.multiple');
  const value = own(option, 'default');
  if (value === undefined) return;
  const check = type === 'string' ? validateString : validateBoolean;
  if (multiple) checkEach(value, path + '.default', check);
  else check(value, path + '.default');
}

/** The arguments as tokens. A group of short options counts as one argument. */
function tokensOf(given, options) {
  const tokens = [];
  // What is still to be read: the arguments from `next` on, before them what a group was taken apart into.
  let parts = [];
  let next = 0;
  let index = -1;
  const push = (name, rawName, value, inlineValue) =>
    ArrayPrototypePush(tokens, { kind: 'option', name, rawName, index, value, inlineValue });
  const pushWithNext = (name, rawName) => {
    // A letter in a group can only be last where it takes a value.
    if (!takesValue(options, name) || parts.length > 0 || next >= given.length || given[next] === undefined || given[next] === null) {
      push(name, rawName, undefined, undefined);
      return;
    }
    push(name, rawName, given[next++], false);
    index++;
  };
  while (parts.length > 0 || next < given.length) {
    const inGroup = parts.length > 0;
    const arg = inGroup ? parts[0] : given[next++];
    if (inGroup) parts = ArrayPrototypeSlice(parts, 1);
    else index++;
    if (arg === '--') {
      ArrayPrototypePush(tokens, { kind: 'option-terminator', index });
      while (next < given.length) ArrayPrototypePush(tokens, { kind: 'positional', index: ++index, value: given[next++] });
      break;
    }
    if (arg.length > 1 && arg[0] === '-' && arg[1] !== '-') {
      const name = longName(arg[1], options);
      if (arg.length === 2) pushWithNext(name, arg);
      else if (takesValue(options, name)) push(name, '-' + arg[1], StringPrototypeSlice(arg, 2), true);
      else parts = lettersOf(arg, options);
    } else if (arg.length > 2 && StringPrototypeStartsWith(arg, '--')) {
      const equals = StringPrototypeIndexOf(arg, '=', 3);
      if (equals < 0) pushWithNext(StringPrototypeSlice(arg, 2), arg);
      else {
        const name = StringPrototypeSlice(arg, 2, equals);
        push(name, '--' + name, StringPrototypeSlice(arg, equals + 1), true);
      }
    } else ArrayPrototypePush(tokens, { kind: 'positional', index, value: arg });
  }
  return tokens;
}

/** -abfFILE is -a, -b and -fFILE. */
function lettersOf(group, options) {
  const parts = [];
  for (let i = 1; i < group.length; i++) {
    if (takesValue(options, longName(group[i], options)) && i < group.length - 1) {
      ArrayPrototypePush(parts, '-' + StringPrototypeSlice(group, i));
      break;
    }
    ArrayPrototypePush(parts, '-' + group[i]);
  }
  return parts;
}

function checkUsage(token, options, positionals, negative) {
  let { name } = token;
  if (!ObjectHasOwn(options, name)) {
    const negated = negative && StringPrototypeStartsWith(name, 'no-') ? StringPrototypeSlice(name, 3) : undefined;
    if (negated === undefined || settingOf(options, negated, 'type') !== 'boolean') {
      throw nodeError('ERR_PARSE_ARGS_UNKNOWN_OPTION', token.rawName, positionals);
    }
    name = negated;
  }
  const short = settingOf(options, name, 'short');
  const shown = (short ? '-' + short + ', ' : '') + '--' + name;
  if (takesValue(options, name)) {
    if (typeof token.value !== 'string') {
      throw nodeError('ERR_PARSE_ARGS_INVALID_OPTION_VALUE', "Option '" + shown + " <value>' argument missing");
    }
  } else if (token.value !== undefined && token.value !== null) {
    throw nodeError('ERR_PARSE_ARGS_INVALID_OPTION_VALUE', "Option '" + shown + "' does not take an argument");
  }
  if (token.inlineValue || !token.value || token.value.length < 2 || token.value[0] !== '-') return;
  const long = StringPrototypeStartsWith(token.rawName, '--');
  const example = long ? "'" + token.rawName + "=-XYZ'" : "'--" + token.name + "=-XYZ' or '" + token.rawName + "-XYZ'";
  throw nodeError(
    'ERR_PARSE_ARGS_INVALID_OPTION_VALUE',
    "Option '" + token.rawName + "' argument is ambiguous.\nDid you forget to specify the option argument for '" +
      token.rawName + "'?\nTo specify an option argument starting with a dash use " + example + '.',
  );
}

function store(token, options, values, negative) {
  let { name, value } = token;
  if (name === '__proto__') return;
  if (negative && StringPrototypeStartsWith(name, 'no-') && value === undefined) {
    name = StringPrototypeSlice(name, 3);
    token.name = name;
    value = false;
  }
  const stored = value ?? true;
  if (!settingOf(options, name, 'multiple')) values[name] = stored;
  else if (values[name]) ArrayPrototypePush(values[name], stored);
  else values[name] = [stored];
}

function parseArgs(config = { __proto__: null }) {
  const args = own(config, 'args') ?? [];
  const strict = own(config, 'strict') ?? true;
  const positionals = own(config, 'allowPositionals') ?? !strict;
  const tells = own(config, 'tokens') ?? false;
  const negative = own(config, 'allowNegative') ?? false;
  const options = own(config, 'options') ?? { __proto__: null };
  validateArray(args, 'args');
  validateBoolean(strict, 'strict');
  validateBoolean(positionals, 'allowPositionals');
  validateBoolean(tells, 'tokens');
  validateBoolean(negative, 'allowNegative');
  validateObject(options, 'options');
  const all = ObjectEntries(options);
  for (let i = 0; i < all.length; i++) checkOption(all[i][0], all[i][1]);
  const tokens = tokensOf(args, options);
  const result = { values: { __proto__: null }, positionals: [] };
  if (tells) result.tokens = tokens;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token.kind === 'option') {
      if (strict) checkUsage(token, options, positionals, negative);
      store(token, options, result.values, negative);
    } else if (token.kind === 'positional') {
      if (!positionals) throw nodeError('ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL', token.value);
      ArrayPrototypePush(result.positionals, token.value);
    }
  }
  for (let i = 0; i < all.length; i++) {
    const name = all[i][0];
    const value = own(all[i][1], 'default');
    if (name !== '__proto__' && value !== undefined && result.values[name] === undefined) result.values[name] = value;
  }
  return result;
}

module.exports = { parseArgs };
