// `url.resolveObject`: one URL of legacy.js seen from another.
const {
  ArrayPrototypeConcat,
  ArrayPrototypeJoin,
  ArrayPrototypePop,
  ArrayPrototypePush,
  ArrayPrototypeShift,
  ArrayPrototypeSplice,
  ArrayPrototypeUnshift,
  ObjectAssign,
  StringPrototypeEndsWith,
  StringPrototypeIndexOf,
  StringPrototypeSplit,
} = primordials;
const { hasSlashes, isHostless, setPath } = require('node/url/legacy');

const namesOf = (url) => (url.pathname ? StringPrototypeSplit(url.pathname, '/') : []);

function setPathUnlessNull(url) {
  if (url.pathname !== null || url.search !== null) url.path = (url.pathname || '') + (url.search || '');
}

/** Another protocol: of those with slashes a host is needed, and taken from the path where there is none. */
function changeProtocol(result, relative) {
  if (!hasSlashes(relative.protocol)) return ObjectAssign(result, relative);
  result.protocol = relative.protocol;
  const isFile = relative.protocol === 'file' || relative.protocol === 'file:';
  if (relative.host || isFile || isHostless(relative.protocol)) result.pathname = relative.pathname;
  else {
    const names = StringPrototypeSplit(relative.pathname || '', '/');
    while (names.length > 0 && !(relative.host = ArrayPrototypeShift(names)));
    relative.host ||= '';
    relative.hostname ||= '';
    if (names[0] !== '') ArrayPrototypeUnshift(names, '');
    if (names.length < 2) ArrayPrototypeUnshift(names, '');
    result.pathname = ArrayPrototypeJoin(names, '/');
  }
  result.search = relative.search;
  result.query = relative.query;
  result.host = relative.host || '';
  result.auth = relative.auth;
  result.hostname = relative.hostname || relative.host;
  result.port = relative.port;
  setPath(result);
  result.slashes ||= relative.slashes;
  return result;
}

/** The host that a protocol without slashes has at the front of its path; credentials may be stuck in it. */
function splitHost(result, host) {
  result.hostname = result.host = host;
  const at = host ? StringPrototypeIndexOf(host, '@') : -1;
  if (at > 0) {
    const parts = StringPrototypeSplit(host, '@');
    result.auth = parts[0];
    result.hostname = result.host = parts[1];
  }
}

function putFirst(names, host) {
  if (names[0] === '') names[0] = host;
  else ArrayPrototypeUnshift(names, host);
}

/** Takes `.` and `..` out; gives how many `..` climb above the start. */
function applyDots(names) {
  let up = 0;
  for (let i = names.length - 1; i >= 0; i--) {
    if (names[i] === '.') ArrayPrototypeSplice(names, i, 1);
    else if (names[i] === '..') {
      ArrayPrototypeSplice(names, i, 1);
      up++;
    } else if (up > 0) {
      ArrayPrototypeSplice(names, i, 1);
      up--;
    }
  }
  return up;
}

function takeAuthority(result, relative) {
  const { host, hostname, port } = relative;
  if (host || host === '') {
    if (result.host !== host) result.auth = null;
    result.host = host;
    result.port = port;
  }
  if (hostname || hostname === '') {
    if (result.hostname !== hostname) result.auth = null;
    result.hostname = hostname;
  }
}

const isRoot = (name) => name === '' || Boolean(name && name[0] === '/');

function finish(result, relative, names, must) {
  if (names.length === 0) {
    result.pathname = null;
    result.path = result.search ? '/' + result.search : null;
    return result;
  }
  const last = names[names.length - 1];
  const dotted = last === '.' || last === '..';
  const trailing = last === '' || ((result.host || relative.host || names.length > 1) && dotted);
  let up = applyDots(names);
  if (!must.abs && !must.noDots) for (; up > 0; up--) ArrayPrototypeUnshift(names, '..');
  if (must.abs && !isRoot(names[0])) ArrayPrototypeUnshift(names, '');
  if (trailing && !StringPrototypeEndsWith(ArrayPrototypeJoin(names, '/'), '/')) ArrayPrototypePush(names, '');
  const absolute = isRoot(names[0]);
  if (must.bare) splitHost(result, absolute ? '' : names.length > 0 ? ArrayPrototypeShift(names) : '');
  if ((must.abs || (result.host && names.length > 0)) && !absolute) ArrayPrototypeUnshift(names, '');
  if (names.length === 0) result.pathname = result.path = null;
  else result.pathname = ArrayPrototypeJoin(names, '/');
  setPathUnlessNull(result);
  result.auth = relative.auth || result.auth;
  result.slashes ||= relative.slashes;
  return result;
}

/** A protocol without slashes: `..` climbs up to the host, which therefore goes in front of the path meanwhile. */
function foldHosts(result, relative, source, names) {
  result.hostname = '';
  result.port = null;
  if (result.host) putFirst(source, result.host);
  result.host = '';
  if (!relative.protocol) return;
  relative.hostname = null;
  relative.port = null;
  result.auth = null;
  if (relative.host) putFirst(names, relative.host);
  relative.host = null;
}

function resolvePaths(result, relative) {
  const sourceAbs = result.pathname && result.pathname[0] === '/';
  const relativeAbs = relative.host || (relative.pathname && relative.pathname[0] === '/');
  const abs = relativeAbs || sourceAbs || (result.host && relative.pathname);
  const must = { abs, noDots: abs, bare: result.protocol && !hasSlashes(result.protocol) };
  let source = namesOf(result);
  const names = namesOf(relative);
  if (must.bare) {
    foldHosts(result, relative, source, names);
    must.abs = must.abs && (names[0] === '' || source[0] === '');
  }
  if (relativeAbs) {
    takeAuthority(result, relative);
    source = names;
  } else if (names.length > 0) {
    ArrayPrototypePop(source);
    source = ArrayPrototypeConcat(source, names);
  } else if (relative.search !== null && relative.search !== undefined) {
    if (must.bare) splitHost(result, ArrayPrototypeShift(source));
    result.search = relative.search;
    result.query = relative.query;
    setPathUnlessNull(result);
    return result;
  } else return finish(result, relative, source, must);
  result.search = relative.search;
  result.query = relative.query;
  return finish(result, relative, source, must);
}

/** What `to` is for one who is at `from`; its `href` is still to be made. */
function resolveObject(from, to, Url) {
  let relative = to;
  if (typeof to === 'string') {
    relative = new Url();
    relative.parse(to, false, true);
  }
  const result = ObjectAssign(new Url(), from);
  result.hash = relative.hash;
  if (relative.href === '') return result;
  if (relative.slashes && !relative.protocol) {
    const { protocol } = result;
    ObjectAssign(result, relative);
    result.protocol = protocol;
    if (hasSlashes(protocol) && result.hostname && !result.pathname) result.path = result.pathname = '/';
    return result;
  }
  if (relative.protocol && relative.protocol !== result.protocol) return changeProtocol(result, relative);
  return resolvePaths(result, relative);
}

module.exports = { resolveObject };
