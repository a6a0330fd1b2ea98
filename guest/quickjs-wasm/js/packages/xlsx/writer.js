// A workbook that is being written: sheets one after another, rows in batches, and the file in pieces at the end.
const { Error, JSONStringify, Uint8Array, TypedArrayPrototypeSet } = primordials;
const { encode: encodeRows } = bindings('cells');
const { encode: encodeText } = bindings('bytes');
const { atOnce, close, handleOf } = require('packages/xlsx/host');
const { Styles } = require('packages/xlsx/styles');

const UTF8 = 0;

/** A number of eight bytes; files are far below what a number can hold exactly. */
function sizeOf(answer) {
  let size = 0;
  for (let i = 7; i >= 0; i--) size = size * 256 + answer[i];
  return size;
}

class Writer {
  #handle = handleOf(atOnce.create({ format: 'xlsx' }));
  #row = 0;
  #sheets = 0;
  #open = true;
  styles = new Styles();

  /** Does something with the workbook, which is given up where that throws. */
  #with(perform) {
    if (!this.#open) throw new Error('The workbook is finished');
    try {
      return perform();
    } catch (error) {
      this.abort();
      throw error;
    }
  }

  addSheet(described) {
    this.#with(() => atOnce.addSheet(this.#handle, described));
    this.#sheets++;
    this.#row = 0;
  }

  get sheets() {
    return this.#sheets;
  }

  /** Writes rows: arrays of values, or of what `bindings('cells').encode` takes for one. */
  write(rows) {
    if (this.#sheets === 0) throw new Error('There is no sheet to write to: call addSheet(name) first');
    this.#with(() => {
      for (let from = 0; from < rows.length; ) {
        const styles = this.styles.takeNew();
        const trailer = styles.length > 0 ? new Uint8Array(encodeText(JSONStringify({ styles }), UTF8)) : undefined;
        const [batch, taken] = encodeRows(rows, from, this.#row, trailer);
        atOnce.rows(this.#handle, new Uint8Array(batch));
        from += taken;
        this.#row += taken;
      }
    });
  }

  /** Leaves a row empty. */
  skip(count) {
    this.#row += count;
  }

  /** The file, which the caller gets piece by piece: `[size, next]`. */
  finish() {
    const size = this.#with(() => sizeOf(atOnce.finish(this.#handle)));
    return [size, () => this.#with(() => atOnce.piece(this.#handle))];
  }

  /** All of the file. */
  bytes() {
    const [size, next] = this.finish();
    const bytes = this.#with(() => new Uint8Array(size));
    for (let at = 0; at < size; ) {
      const piece = next();
      if (piece.length === 0) throw new Error('The workbook was cut off');
      TypedArrayPrototypeSet(bytes, piece, at);
      at += piece.length;
    }
    this.abort();
    return bytes;
  }

  /** Gives the workbook up, or back. */
  abort() {
    if (this.#open) close(this.#handle);
    this.#open = false;
  }
}

module.exports = { Writer };
