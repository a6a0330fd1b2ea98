// Call sites can hand out functions, so that accessor goes. The class is not reachable by name: one call site is made for
// the purpose, that of `map`, because our own frames are in no stack.
const kept = Error.prepareStackTrace;
Error.prepareStackTrace = (_error, callSites) => callSites;
const callSite = [0].map(() => new Error().stack[0])[0];
Error.prepareStackTrace = kept;
delete Object.getPrototypeOf(callSite).getFunction;

/** An error of Node's shape: a class, a code and a message. */
export function coded(Class, code, message) {
  const error = new Class(message);
  error.code = code;
  return error;
}
