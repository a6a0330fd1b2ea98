// URLs of requests, as the parser in C has them (js/web/url.js says what a record is).
const { ObjectDefineProperty, StringPrototypeSlice, TypeError } = primordials;
const { parse } = bindings('url');

const HREF = 0;
const PROTOCOL_END = 1;
const USERNAME_AT = 2;
const USERNAME_END = 3;
const PASSWORD_AT = 4;
const PASSWORD_END = 5;
const HOSTNAME_END = 7;
const HOST_END = 8;
const SEARCH_END = 11;

/** `href`, `scheme` with its colon, `port` as text, `bare` without the fragment, `hasCredentials`. Throws where it is none. */
function parseUrl(text, complaint = 'Failed to parse URL from ' + text) {
  const record = parse(text, undefined);
  if (record === undefined) throw noUrl(text, complaint);
  const href = record[HREF];
  return {
    __proto__: null,
    href,
    scheme: StringPrototypeSlice(href, 0, record[PROTOCOL_END]),
    port: StringPrototypeSlice(href, record[HOSTNAME_END] + 1, record[HOST_END]),
    bare: StringPrototypeSlice(href, 0, record[SEARCH_END]),
    hasCredentials: record[USERNAME_END] > record[USERNAME_AT] || record[PASSWORD_END] > record[PASSWORD_AT],
  };
}

function noUrl(text, complaint) {
  const error = new TypeError(complaint);
  const cause = nodeError('ERR_INVALID_URL', text);
  return ObjectDefineProperty(error, 'cause', { __proto__: null, value: cause, writable: true, configurable: true });
}

module.exports = { parseUrl };
