// The text of a cell, made from its value and its number format when somebody first asks for it.
const { ArrayPrototypePush, ObjectDefineProperty } = primordials;
const SSF = () => require('vendor/sheetjs').SSF;

const DAY_MS = 86_400_000;

/** A date as its number in the date system of 1900, as formats take it. */
function serialOf(date) {
  const serial = +date / DAY_MS + 25569;
  return serial < 61 ? serial - 1 : serial;
}

function textOf(cell, format) {
  const value = cell.t === 'd' ? serialOf(cell.v) : cell.v;
  try {
    return SSF().format(format, value);
  } catch {
    return '' + value; // a format that cannot be understood shows the plain value
  }
}

function settle(cell, text) {
  ObjectDefineProperty(cell, 'w', { __proto__: null, value: text, writable: true, enumerable: true, configurable: true });
}

/** For each format, and for dates that have none: what gives a cell's text, what sets it, and the format. */
function accessorsOf(formats) {
  const accessors = [];
  for (let i = 0; i <= formats.length; i++) {
    const format = i === formats.length ? 'm/d/yy' : formats[i];
    ArrayPrototypePush(accessors, [
      function w() {
        const text = textOf(this, format);
        settle(this, text);
        return text;
      },
      function w(text) {
        settle(this, text);
      },
      format,
    ]);
  }
  return accessors;
}

module.exports = { accessorsOf, serialOf };
