// decodeURIComponent with the words of Node's engine.
const { URIError, decodeURIComponent } = primordials;

function decodeUri(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new URIError('URI malformed');
  }
}

module.exports = { decodeUri };
