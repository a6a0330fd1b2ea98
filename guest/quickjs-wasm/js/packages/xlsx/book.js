// An open workbook: all of its bytes are with the host, which says what sheets there are.
const { ArrayPrototypeIndexOf, ArrayPrototypeJoin, ArrayPrototypeMap, Error, NumberIsInteger, TypedArrayPrototypeSubarray } = primordials;
const { atOnce, inTime, close, handleOf, parsed, PIECE_BYTES } = require('packages/xlsx/host');
const { whole, pieces, notData } = require('packages/xlsx/source');

// How a file is to be read, as the host takes it.
function optionsOf(given, sizeBytes) {
  const csv = {};
  if (typeof given.FS === 'string' && given.FS !== '') csv.delimiter = given.FS;
  if (given.raw === true) csv.text = true;
  return { format: given.format === 'csv' ? 'csv' : 'auto', csv, size_bytes: sizeBytes };
}

/** Opens what is all there. Gives the handle and what the workbook holds. */
function openAtOnce(bytes, given) {
  const handle = handleOf(atOnce.open(optionsOf(given, bytes.length)));
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      atOnce.feed(handle, TypedArrayPrototypeSubarray(bytes, at, at + PIECE_BYTES));
    }
    return { handle, facts: parsed(atOnce.whole(handle), 0) };
  } catch (error) {
    close(handle);
    throw error;
  }
}

/** Opens what comes piece by piece. */
async function openInTime(data, given) {
  const handle = handleOf(await inTime.open(optionsOf(given, 0)));
  try {
    for await (const piece of pieces(data)) {
      for (let at = 0; at < piece.length; at += PIECE_BYTES) {
        await inTime.feed(handle, TypedArrayPrototypeSubarray(piece, at, at + PIECE_BYTES));
      }
    }
    return { handle, facts: parsed(await inTime.whole(handle), 0) };
  } catch (error) {
    close(handle);
    throw error;
  }
}

/** The number of a sheet by its name, its number, or (undefined) the first there is. */
function sheetNumber(facts, wanted) {
  const names = ArrayPrototypeMap(facts.sheets, (sheet) => sheet.name);
  if (wanted === undefined || wanted === null || wanted === '') {
    if (names.length > 0) return 0;
    throw new Error('The workbook has no sheet');
  }
  const number = typeof wanted === 'number' ? wanted : ArrayPrototypeIndexOf(names, wanted);
  if (NumberIsInteger(number) && number >= 0 && number < names.length) return number;
  const shown = typeof wanted === 'number' ? 'number ' + wanted : "'" + String(wanted) + "'";
  throw new Error('The workbook has no sheet ' + shown + '; it has ' + ArrayPrototypeJoin(ArrayPrototypeMap(names, (name) => "'" + name + "'"), ', '));
}

module.exports = { openAtOnce, openInTime, sheetNumber, whole, notData };
