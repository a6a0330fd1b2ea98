// What axios sends: the data of a config as a body, and the headers that go with it.
const { RegExpPrototypeExec } = primordials;
const { kindOf } = bindings('buffer');
const { extract } = require('web/fetch/body');

/** The boundary that the caller's content type names. */
function boundaryOf(headers) {
  const found = RegExpPrototypeExec(/boundary=([-\w]{10,70})/i, primordials.String(headers.getContentType() ?? ''));
  return found === null ? undefined : found[1];
}

/** `wrong(message)` makes the error for what is no data. */
function bodyFor(data, headers, wrong) {
  if (typeof data === 'string' || kindOf(data) !== 0) return extract(data).body;
  if (typeof data !== 'object' && typeof data !== 'function') throw unsendable(wrong);
  if (require('web/formdata').isFormData(data)) {
    const { pieces, type } = require('web/fetch/form_body').encodeForm(data, boundaryOf(headers));
    const { Body } = require('web/fetch/body');
    headers.set('Content-Type', type);
    return new Body(pieces, undefined, undefined);
  }
  const { body, type } = extract(data);
  if (type === 'text/plain;charset=UTF-8' && !require('web/blob').isBlob(data)) throw unsendable(wrong);
  if (type !== null) headers.set('Content-Type', type);
  else if (require('web/blob').isBlob(data) && body.length > 0) headers.set('Content-Type', 'application/octet-stream');
  return body;
}

const unsendable = (wrong) => wrong('Data after transformation must be a string, an ArrayBuffer, a Buffer, or a Stream');

module.exports = { bodyFor };
