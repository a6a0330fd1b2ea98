// Styles of cells: number formats, and of what `s` has in the packages that write styles what the host writes.
const { ArrayPrototypePush, JSONStringify } = primordials;
const SSF = () => require('vendor/sheetjs').SSF;

const HORIZONTAL = ['left', 'center', 'right'];

const colorOf = (color) => {
  const rgb = typeof color === 'string' ? color : color?.rgb;
  const digits = typeof rgb === 'string' ? /^#?(?:[0-9a-f]{2})?([0-9a-f]{6})$/i.exec(rgb) : null;
  return digits === null ? undefined : digits[1].toUpperCase();
};

/** The style that the host takes, of a cell's `s` and its number format. Undefined for none. */
function styleOf(given, format) {
  const style = { __proto__: null };
  if (typeof format === 'number') format = SSF().get_table()[format];
  const numberFormat = format ?? given?.numFmt;
  if (typeof numberFormat === 'string' && numberFormat !== '' && numberFormat !== 'General') style.format = numberFormat;
  if (given !== null && typeof given === 'object') {
    const { font, fill, alignment, border } = given;
    if (font?.bold ?? given.bold) style.bold = true;
    if (font?.italic ?? given.italic) style.italic = true;
    const color = colorOf(font?.color ?? given.color);
    if (color !== undefined) style.color = color;
    const background = colorOf(fill?.fgColor ?? fill);
    if (background !== undefined) style.fill = background;
    if (HORIZONTAL.includes(alignment?.horizontal)) style.align = alignment.horizontal;
    if (alignment?.wrapText) style.wrap = true;
    if (border) style.border = true;
  }
  for (const _ in style) return style;
  return undefined;
}

/** The styles of one workbook: each has a number, and is told to the host before the first cell that has it. */
class Styles {
  #numbers = { __proto__: null };
  #count = 0;
  #news = [];

  /** The number of a style; 0 is none. */
  numberOf(given, format) {
    const style = styleOf(given, format);
    if (style === undefined) return 0;
    const key = JSONStringify(style);
    let number = this.#numbers[key];
    if (number === undefined) {
      number = this.#numbers[key] = ++this.#count;
      ArrayPrototypePush(this.#news, style);
    }
    return number;
  }

  /** Those that the host has not been told of. */
  takeNew() {
    const news = this.#news;
    this.#news = [];
    return news;
  }
}

module.exports = { Styles };
