// `path`: Node's, for paths with slashes. There is one working directory, `/`, and no file behind any path.
const {
  ArrayIsArray,
  ArrayPrototypeJoin,
  ArrayPrototypePop,
  ArrayPrototypePush,
  StringPrototypeEndsWith,
  StringPrototypeLastIndexOf,
  StringPrototypeSlice,
  StringPrototypeSplit,
} = primordials;

function check(value, name) {
  if (typeof value !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'string', value);
}

/** The names of a path without `.` and empty ones, `..` applied; those that climb above the start are kept if told. */
function tidy(path, keepsClimbs) {
  const names = StringPrototypeSplit(path, '/');
  const kept = [];
  let climbs = 0;
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    if (name === '' || name === '.') continue;
    if (name !== '..') ArrayPrototypePush(kept, name);
    else if (kept.length > climbs) ArrayPrototypePop(kept);
    else if (keepsClimbs) {
      ArrayPrototypePush(kept, name);
      climbs++;
    }
  }
  return ArrayPrototypeJoin(kept, '/');
}

const isRooted = (path) => path[0] === '/';

function normalize(path) {
  check(path, 'path');
  if (path === '') return '.';
  const tidied = tidy(path, !isRooted(path));
  const trailing = StringPrototypeEndsWith(path, '/') ? '/' : '';
  if (isRooted(path)) return tidied === '' ? '/' : '/' + tidied + trailing;
  return tidied === '' ? '.' + trailing : tidied + trailing;
}

function isAbsolute(path) {
  check(path, 'path');
  return isRooted(path);
}

function join(...paths) {
  let joined = '';
  for (let i = 0; i < paths.length; i++) {
    check(paths[i], 'path');
    if (paths[i] !== '') joined += (joined === '' ? '' : '/') + paths[i];
  }
  return normalize(joined);
}

/** Up to the last path that begins with a slash; before the first one comes the working directory. */
function resolve(...paths) {
  let resolved = '';
  for (let i = paths.length - 1; i >= 0; i--) {
    check(paths[i], 'paths[' + i + ']');
    if (paths[i] === '') continue;
    resolved = paths[i] + '/' + resolved;
    if (isRooted(paths[i])) break;
  }
  return '/' + tidy(resolved, false);
}

function relative(from, to) {
  check(from, 'from');
  check(to, 'to');
  if (from === to) return '';
  const here = StringPrototypeSlice(resolve(from), 1);
  const there = StringPrototypeSlice(resolve(to), 1);
  if (here === there) return '';
  const down = here === '' ? [] : StringPrototypeSplit(here, '/');
  const up = there === '' ? [] : StringPrototypeSplit(there, '/');
  let common = 0;
  while (common < down.length && common < up.length && down[common] === up[common]) common++;
  const names = [];
  for (let i = common; i < down.length; i++) ArrayPrototypePush(names, '..');
  for (let i = common; i < up.length; i++) ArrayPrototypePush(names, up[i]);
  return ArrayPrototypeJoin(names, '/');
}

function toNamespacedPath(path) {
  return path;
}

/** Where the path ends if the slashes at its end are not counted; the first character always is. */
function endOf(path) {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end--;
  return end;
}

function dirname(path) {
  check(path, 'path');
  if (path === '') return '.';
  const slash = StringPrototypeLastIndexOf(StringPrototypeSlice(path, 1, endOf(path)), '/') + 1;
  if (slash === 0) return isRooted(path) ? '/' : '.';
  // Of several slashes in a row Node leaves out the last one only, except that two at the beginning stay.
  if (isRooted(path) && slash === 1) return '//';
  return StringPrototypeSlice(path, 0, slash);
}

function lastName(path) {
  const end = endOf(path);
  const name = StringPrototypeSlice(path, 0, end);
  return name === '/' ? '' : StringPrototypeSlice(name, StringPrototypeLastIndexOf(name, '/') + 1);
}

/** A name without its suffix, unless it is the suffix. What Node does with odd suffixes is kept: slashes alone are their
 * own name then, and a name that is only the end of the suffix keeps the slashes behind it. */
function basename(path, suffix) {
  if (suffix !== undefined) check(suffix, 'suffix');
  check(path, 'path');
  const name = lastName(path);
  if (suffix === undefined || suffix === '' || suffix.length > path.length) return name;
  if (suffix === path) return '';
  if (name === '') return path;
  if (name === suffix) return name;
  if (StringPrototypeEndsWith(name, suffix)) return StringPrototypeSlice(name, 0, name.length - suffix.length);
  return StringPrototypeEndsWith(suffix, name) ? StringPrototypeSlice(path, endOf(path) - name.length) : name;
}

/** Where the extension of a name begins: at its last dot, unless that is its first character or all of it is dots. */
function extensionAt(name) {
  const dot = StringPrototypeLastIndexOf(name, '.');
  return dot <= 0 || name === '..' ? name.length : dot;
}

function extname(path) {
  check(path, 'path');
  const name = lastName(path);
  return StringPrototypeSlice(name, extensionAt(name));
}

function parse(path) {
  check(path, 'path');
  const root = isRooted(path) ? '/' : '';
  const base = lastName(path);
  const end = endOf(path) - base.length;
  // As Node has it, `/..` is a name `.` with the extension `.`, and no other path that ends so.
  const at = base === '..' && end === 1 && root ? 1 : extensionAt(base);
  const dir = end > 1 ? StringPrototypeSlice(path, 0, end - 1) : root;
  return { root, dir, base, ext: StringPrototypeSlice(base, at), name: StringPrototypeSlice(base, 0, at) };
}

function format(parts) {
  if (parts === null || typeof parts !== 'object' || ArrayIsArray(parts)) {
    throw nodeError('ERR_INVALID_ARG_TYPE', 'pathObject', 'Object', parts);
  }
  const dir = parts.dir || parts.root;
  const ext = parts.ext ? (parts.ext[0] === '.' ? '' : '.') + parts.ext : '';
  const base = parts.base || (parts.name || '') + ext;
  if (!dir) return base;
  return dir === parts.root ? dir + base : dir + '/' + base;
}

const posix = {
  resolve,
  normalize,
  isAbsolute,
  join,
  relative,
  toNamespacedPath,
  dirname,
  basename,
  extname,
  format,
  parse,
  sep: '/',
  delimiter: ':',
};
bindings('host').lazy(posix, 'win32', 'node/path_win32', true);
posix.posix = posix;
posix._makeLong = toNamespacedPath;

module.exports = posix;
