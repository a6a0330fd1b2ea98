// `path.win32`: Node's, for paths with drives, shares and both kinds of slashes. The working directory is `\` of no
// drive, because the guest's is `/`.
const {
  ArrayIsArray,
  ArrayPrototypeJoin,
  ArrayPrototypePop,
  ArrayPrototypePush,
  StringPrototypeCharCodeAt,
  StringPrototypeEndsWith,
  StringPrototypeIndexOf,
  StringPrototypeLastIndexOf,
  StringPrototypeReplaceAll,
  StringPrototypeSlice,
  StringPrototypeSplit,
  StringPrototypeToLowerCase,
} = primordials;

function check(value, name) {
  if (typeof value !== 'string') throw nodeError('ERR_INVALID_ARG_TYPE', name, 'string', value);
}

const isSlash = (unit) => unit === '/' || unit === '\\';
const backslashed = (path) => StringPrototypeReplaceAll(path, '/', '\\');

function hasDrive(path) {
  const letter = StringPrototypeCharCodeAt(path, 0) | 32;
  return path[1] === ':' && letter >= 97 && letter <= 122;
}

/** Where the run of slashes, or of anything else, that begins there ends. */
function runEnd(path, from, ofSlashes) {
  let at = from;
  while (at < path.length && isSlash(path[at]) === ofSlashes) at++;
  return at;
}

/** What a path begins with. `device`: a drive or a share, as it is written in full; `end`: where names begin; `absolute`:
 * whether they begin at a root; `share`: whether the device is one. Only some functions of Node's know devices' roots. */
function rootOf(path, knowsDevices = false) {
  if (hasDrive(path)) {
    const absolute = isSlash(path[2]);
    return { device: StringPrototypeSlice(path, 0, 2), end: absolute ? 3 : 2, absolute, share: false };
  }
  if (!isSlash(path[0])) return { device: '', end: 0, absolute: false, share: false };
  const none = { device: '', end: 1, absolute: true, share: false };
  if (!isSlash(path[1])) return none;
  const server = runEnd(path, 2, false);
  // `\\.\` and `\\?\` are the roots of devices, not servers.
  if (knowsDevices && server === 3 && (path[2] === '.' || path[2] === '?') && path.length > 4) {
    return { device: '\\\\' + path[2], end: 4, absolute: true, share: false };
  }
  const share = runEnd(path, server, true);
  const end = runEnd(path, share, false);
  if (server === 2 || share === server || end === share) return none;
  const device = '\\\\' + StringPrototypeSlice(path, 2, server) + '\\' + StringPrototypeSlice(path, share, end);
  return { device, end, absolute: true, share: true };
}

/** The names of a path without `.` and empty ones, `..` applied; those that climb above the start are kept if told. */
function tidy(path, keepsClimbs) {
  const names = StringPrototypeSplit(backslashed(path), '\\');
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
  return ArrayPrototypeJoin(kept, '\\');
}

/** A relative path that has become one with a drive by tidying is told apart from that drive. */
function keptRelative(path, tidied) {
  const at = StringPrototypeIndexOf(path, ':');
  if (at < 0 || path.length === 1) return tidied;
  if (hasDrive(tidied)) return '.\\' + tidied;
  for (let i = at; i >= 0; i = StringPrototypeIndexOf(path, ':', i + 1)) {
    if (i === path.length - 1 || isSlash(path[i + 1])) return '.\\' + tidied;
  }
  return tidied;
}

function normalize(path) {
  check(path, 'path');
  if (path === '') return '.';
  const { device, end, absolute, share } = rootOf(path, true);
  if (share && end === path.length) return device + '\\';
  let tidied = tidy(StringPrototypeSlice(path, end), !absolute);
  if (tidied === '' && !absolute) tidied = '.';
  if (tidied !== '' && isSlash(path[path.length - 1])) tidied += '\\';
  if (absolute) return device + '\\' + tidied;
  return device === '' ? keptRelative(path, tidied) : device + tidied;
}

function isAbsolute(path) {
  check(path, 'path');
  return isSlash(path[0]) || (hasDrive(path) && isSlash(path[2]));
}

/** Two slashes at the beginning are a share only if the first path says so, and not because of how paths were joined. */
function join(...paths) {
  let joined;
  let first;
  for (let i = 0; i < paths.length; i++) {
    check(paths[i], 'path');
    if (paths[i] === '') continue;
    if (joined === undefined) joined = first = paths[i];
    else joined += '\\' + paths[i];
  }
  if (joined === undefined) return '.';
  if (runEnd(first, 0, true) !== 2 || first.length === 2) {
    const slashes = runEnd(joined, 0, true);
    if (slashes >= 2) joined = '\\' + StringPrototypeSlice(joined, slashes);
  }
  return normalize(joined);
}

/** Paths of another drive than the last one that names one do not count. */
function resolve(...paths) {
  let device = '';
  let names = '';
  let absolute = false;
  for (let i = paths.length - 1; i >= -1 && !(absolute && device !== ''); i--) {
    const path = i < 0 ? '\\' : paths[i];
    check(path, 'paths[' + i + ']');
    if (path === '') continue;
    const root = rootOf(path, true);
    if (root.device !== '') {
      if (device === '') device = root.device;
      else if (StringPrototypeToLowerCase(device) !== StringPrototypeToLowerCase(root.device)) continue;
    }
    if (absolute) continue;
    names = StringPrototypeSlice(path, root.end) + '\\' + names;
    absolute = root.absolute;
  }
  return device + '\\' + tidy(names, false);
}

/** Without the backslashes at both ends. */
function trimmed(path) {
  let from = 0;
  let to = path.length;
  while (from < to && path[from] === '\\') from++;
  while (to > from && path[to - 1] === '\\') to--;
  return StringPrototypeSlice(path, from, to);
}

function relative(from, to) {
  check(from, 'from');
  check(to, 'to');
  if (from === to) return '';
  const target = resolve(to);
  const here = trimmed(StringPrototypeToLowerCase(resolve(from)));
  const there = trimmed(target);
  const lower = StringPrototypeToLowerCase(there);
  if (here === lower) return '';
  const down = here === '' ? [] : StringPrototypeSplit(here, '\\');
  const up = there === '' ? [] : StringPrototypeSplit(there, '\\');
  const upLower = lower === '' ? [] : StringPrototypeSplit(lower, '\\');
  let common = 0;
  while (common < down.length && common < up.length && down[common] === upLower[common]) common++;
  if (common === 0 && down.length > 0 && up.length > 0) return target;
  const names = [];
  for (let i = common; i < down.length; i++) ArrayPrototypePush(names, '..');
  for (let i = common; i < up.length; i++) ArrayPrototypePush(names, up[i]);
  return ArrayPrototypeJoin(names, '\\');
}

function toNamespacedPath(path) {
  if (typeof path !== 'string' || path === '') return path;
  const resolved = resolve(path);
  if (resolved.length <= 2) return path;
  if (resolved[0] === '\\' && resolved[1] === '\\') {
    if (resolved[2] !== '?' && resolved[2] !== '.') return '\\\\?\\UNC\\' + StringPrototypeSlice(resolved, 2);
    return resolved;
  }
  return hasDrive(resolved) ? '\\\\?\\' + resolved : resolved;
}

/** Where the path ends if the slashes at its end are not counted; what is before `least` always is. */
function endOf(path, least) {
  let end = path.length;
  while (end > least && isSlash(path[end - 1])) end--;
  return end;
}

function dirname(path) {
  check(path, 'path');
  if (path === '') return '.';
  const { end: rootEnd, share, absolute, device } = rootOf(path);
  if (share && rootEnd === path.length) return path;
  const least = share ? rootEnd + 1 : rootEnd;
  const slash = StringPrototypeLastIndexOf(backslashed(StringPrototypeSlice(path, least, endOf(path, least))), '\\');
  if (slash >= 0) return StringPrototypeSlice(path, 0, least + slash);
  return absolute || device !== '' ? StringPrototypeSlice(path, 0, least) : '.';
}

/** Where the last name of a path begins, and where it ends. */
function lastName(path) {
  const start = hasDrive(path) ? 2 : 0;
  let end = path.length;
  while (end > start && isSlash(path[end - 1])) end--;
  let from = end;
  while (from > start && !isSlash(path[from - 1])) from--;
  return { from, end };
}

/** A name without its suffix, unless it is the suffix. What Node does with odd suffixes is kept: slashes alone are their
 * own name then, and a name that is only the end of the suffix keeps the slashes behind it. */
function basename(path, suffix) {
  if (suffix !== undefined) check(suffix, 'suffix');
  check(path, 'path');
  const { from, end } = lastName(path);
  const name = StringPrototypeSlice(path, from, end);
  if (suffix === undefined || suffix === '' || suffix.length > path.length) return name;
  if (suffix === path) return '';
  if (name === '') return StringPrototypeSlice(path, hasDrive(path) ? 2 : 0);
  if (name === suffix) return name;
  if (StringPrototypeEndsWith(name, suffix)) return StringPrototypeSlice(name, 0, name.length - suffix.length);
  return StringPrototypeEndsWith(suffix, name) ? StringPrototypeSlice(path, from) : name;
}

/** Where the extension of a name begins: at its last dot, unless that is its first character or all of it is dots. */
function extensionAt(name) {
  const dot = StringPrototypeLastIndexOf(name, '.');
  return dot <= 0 || name === '..' ? name.length : dot;
}

function extname(path) {
  check(path, 'path');
  const { from, end } = lastName(path);
  const name = StringPrototypeSlice(path, from, end);
  return StringPrototypeSlice(name, extensionAt(name));
}

function parse(path) {
  check(path, 'path');
  const { end: rootEnd, share } = rootOf(path);
  const least = share && rootEnd < path.length ? rootEnd + 1 : rootEnd;
  const root = StringPrototypeSlice(path, 0, least);
  const end = endOf(path, least);
  let from = end;
  while (from > least && !isSlash(path[from - 1])) from--;
  const base = StringPrototypeSlice(path, from, end);
  const at = extensionAt(base);
  const dir = from > least ? StringPrototypeSlice(path, 0, from - 1) : root;
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
  return dir === parts.root ? dir + base : dir + '\\' + base;
}

const win32 = {
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
  sep: '\\',
  delimiter: ';',
  win32: null,
  posix: require('node/path'),
  _makeLong: toNamespacedPath,
};
win32.win32 = win32;

module.exports = win32;
