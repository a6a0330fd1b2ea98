// Errors as axios has them in Node: those of fetch under the codes that Node's http gives.
const { ObjectDefineProperty, String, StringPrototypeIncludes } = primordials;
const { AxiosError } = require('node/axios/kit').parts.axios;

/** fetch's codes that http has other names for: [code, message]; an empty message is fetch's own. */
const codes = {
  __proto__: null,
  UND_ERR_SOCKET: ['ECONNRESET', 'socket hang up'],
  UND_ERR_CONNECT_TIMEOUT: ['ETIMEDOUT', ''],
  UND_ERR_HEADERS_TIMEOUT: ['ETIMEDOUT', ''],
  UND_ERR_BODY_TIMEOUT: ['ETIMEDOUT', ''],
  UND_ERR_HEADERS_OVERFLOW: ['HPE_HEADER_OVERFLOW', 'Parse Error: Header overflow'],
  UND_ERR_RES_EXCEEDED_MAX_SIZE: ['ERR_BAD_RESPONSE', ''],
};

/** The error of a call for what went wrong; a refusal of the policy stays what it is. */
function errorOf(error, call, response) {
  if (error instanceof AxiosError) return error;
  const { given: config, request } = call;
  const { cause } = error ?? {};
  const ofFetch = cause !== undefined && (error.message === 'fetch failed' || error.message === 'terminated');
  if (ofFetch) return ofCause(cause, error.message === 'terminated', config, request, response);
  if (error?.name === 'TypeError') {
    return AxiosError.from(cause ?? error, cause?.code ?? error.code ?? null, config, request, response);
  }
  return error;
}

function ofCause(cause, streaming, config, request, response) {
  const message = String(cause.message);
  if (streaming && cause.code === 'UND_ERR_SOCKET') {
    return new AxiosError('stream has been aborted', AxiosError.ERR_BAD_RESPONSE, config, request, response);
  }
  if (StringPrototypeIncludes(message, 'redirect count exceeded')) {
    const error = new AxiosError('Maximum number of redirects exceeded', 'ERR_FR_TOO_MANY_REDIRECTS', config, request);
    return ObjectDefineProperty(error, 'cause', { __proto__: null, value: cause, writable: true, configurable: true });
  }
  const known = codes[cause.code];
  const code = known === undefined ? (cause.code ?? AxiosError.ERR_NETWORK) : known[0];
  const error = AxiosError.from(cause, code, config, request, response);
  if (known !== undefined && known[1] !== '') error.message = known[1];
  return error;
}

module.exports = { errorOf };
