"""The cells of one sheet, in batches: taken out of plain text by a pattern, or out of any text by the parser."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from host.capabilities.xlsx.batch import DATE, EMPTY, ERROR, FALSE, FORMAT, FORMULA, NUMBER, SKIP, STRING, TRUE, Batch
from host.capabilities.xlsx.fault import malformed
from host.capabilities.xlsx.formats import DAYS_1904, SERIAL_END, Styles, serial_of_iso
from host.capabilities.xlsx.parts import Parser
from host.capabilities.xlsx.places import COLUMN, COLUMNS_MAX, ROWS_MAX, moved, place
from host.capabilities.xlsx.records import Records
from host.capabilities.xlsx.sheet_facts import SheetFacts
from host.capabilities.xlsx.strings import Packed
from host.capabilities.xlsx.text import plain, unescaped

#: Letters of the column, style, type; attributes and text of a formula; value, inline text; or attributes of a row; or
#: what is not known. No part of it looks further than to the next `<`, so it takes no more time than there is text.
_TOKEN = re.compile(
    r'<c r="([A-Z]{1,3})[0-9]{1,7}"(?: s="([0-9]{1,5})")?(?: t="([A-Za-z]{1,9})")?(?: [cv]m="[0-9]+")* ?(?:/>|>'
    r"(?:<f( [^<>]*)?(?:/>|>([^<]*)</f>))?"
    r'(?:<v(?: xml:space="preserve")?>([^<]*)</v>|<v ?/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
    r"|<row([^<>]*>)|</row>|([^<]+|<)"
)
_ATTRIBUTE = re.compile(r'([A-Za-z:]+)="([^"<>]*)"')
#: A shared string with a number below zero, which Python would count from the end.
_BELOW_ZERO = 't="s"><v>-'
_SHARED_FORMULAS_MAX = 100_000
#: The longest text of a cell that the parser collects; Excel's own limit is 32,767.
_TEXT_CHARACTERS_MAX = 4 * 1024 * 1024


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """What is wanted of a sheet: with `everything` formulas and formats too. Rows from `row_end` on are not."""

    sheet: int
    everything: bool = False
    row_end: int = ROWS_MAX


class Tables(Struct, frozen=True):
    """What the cells of a workbook refer to."""

    strings: list[str] | Packed
    styles: Styles
    date1904: bool


class Cells:
    """Reads one sheet. `batch` is what it has found since `take_batch`."""

    def __init__(self, part: str, tables: Tables, options: Options) -> None:
        self._tables = tables
        self._everything = options.everything
        self._row_end = options.row_end
        styles = tables.styles
        self._dates = frozenset(style for style, index in styles.format_of.items() if styles.is_date[index])
        self._shared_formulas: dict[str, tuple[int, int, str]] = {}
        self._batch = Batch()
        self._facts = SheetFacts()
        self.row = -1
        self.rows = 0
        self.cells = 0
        self.ended = False
        #: First row and column with a cell, and the column after the last.
        self._first_row: int | None = None
        self._low, self._wide = COLUMNS_MAX, 0
        slow = _Slow(self)
        self._parser = Parser(part, slow.start, slow.end, slow.text)
        self._records = Records(self._parser, "sheetData", "row", self._known)

    def read(self, pieces: Iterable[bytes]) -> Iterator[None]:
        """Reads on; yields after each stretch, until there is no more."""
        try:
            for _ in self._records.read(pieces):
                yield
                if self.ended:
                    return
        except (ValueError, LookupError, OverflowError) as error:
            raise malformed(f"a cell in row {self.row + 1} or after it is not valid") from error

    def take_batch(self, last: bool = False) -> bytes | None:
        """What was found since the last time; None where that is nothing."""
        batch, self._batch = self._batch, Batch()
        if not last:
            try:
                return batch.encode() if batch.count else None
            except ValueError as error:
                raise malformed(f"a cell in row {self.row + 1} or before it is not valid") from error
        extent = None if self._first_row is None else (self._first_row, self._low, self.row, self._wide - 1)
        return batch.encode(True, self._facts.trailer(extent, self.rows, self.cells))

    def element(self, name: str, attributes: dict[str, str]) -> None:
        """An element that is no cell."""
        self._facts.element(name, attributes)

    def begin_row(self, batch: Batch, attributes: dict[str, str]) -> bool:
        """Begins a row; False where it is beyond what is wanted."""
        number = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
        if not self.row < number < ROWS_MAX:
            raise malformed(f"its rows are out of order after row {self.row + 1}")
        if number >= self._row_end:
            self.ended = True
            return False
        self.row = number
        self.rows += 1
        if attributes.get("hidden") in ("1", "true"):
            self._facts.hide_row(number)
        batch.begin_row(number)
        return True

    def extend(self, row: int, low: int, wide: int) -> None:
        """There are cells from column `low` to before column `wide`, in `row` and maybe rows after it."""
        self._low, self._wide = min(low, self._low), max(wide, self._wide)
        if self._first_row is None:
            self._first_row = row

    def put(self, batch: Batch, style: str, kind: str, value: str, plain_text: bool = False) -> None:
        """One cell of any type. `plain_text`: the value has no references any more."""
        tags = batch.tags
        if kind in ("", "n"):
            self._put_number(batch, style, value)
        elif kind == "s":
            tags.append(STRING)
            batch.strings.append(self._tables.strings[int(value)])
        elif kind in ("str", "inlineStr", "e"):
            tags.append(ERROR if kind == "e" else STRING)
            batch.strings.append((unescaped(value) if "_x" in value else value) if plain_text else plain(value))
        elif not value:
            tags.append(EMPTY)
        elif kind == "b":
            tags.append(TRUE if value.strip() in ("1", "true") else FALSE)
        elif kind == "d":
            tags.append(DATE)
            batch.numbers.append(serial_of_iso(value.strip()))
        else:
            raise malformed(f"a cell in its row {self.row + 1} is of no known type")

    def put_before(self, batch: Batch, style: str, formula: str | None) -> None:
        """What stands before a cell of a style, with a formula."""
        index = self._tables.styles.format_of.get(style, 0)
        if index:
            batch.tags += (FORMAT, index & 255, index >> 8)
        if formula is not None:
            batch.tags.append(FORMULA)
            batch.strings.append(formula)

    def formula(self, attributes: dict[str, str], text: str, column: int) -> str | None:
        """The formula of a cell in the present row: its own, or one that it shares with another."""
        if attributes.get("t") != "shared":
            return text or None
        index = attributes.get("si", "")
        if text:
            if len(self._shared_formulas) >= _SHARED_FORMULAS_MAX:
                raise malformed("it has too many shared formulas")
            self._shared_formulas[index] = self.row, column, text
            return text
        row, from_column, text = self._shared_formulas[index]
        return moved(text, self.row - row, column - from_column)

    def _put_number(self, batch: Batch, style: str, value: str) -> None:
        if not value:
            batch.tags.append(EMPTY)
            return
        if style not in self._dates:
            batch.tags.append(NUMBER)
            batch.numbers.append(value)
            return
        number = float(value) + (DAYS_1904 if self._tables.date1904 else 0)
        batch.tags.append(DATE if 0 <= number < SERIAL_END else NUMBER)
        batch.numbers.append(number)

    def _known(self, text: str) -> bool:
        tokens = _TOKEN.findall(text)
        strange = {token[8] for token in tokens}
        if any(each and not each.isspace() for each in strange) or _BELOW_ZERO in text:
            return False
        kept = self.row, self.rows, self._facts.hidden_rows.copy(), self.ended
        batch = Batch()
        if not self._take(tokens, batch):
            self.row, self.rows, self._facts.hidden_rows, self.ended = kept
            return False
        self._batch = batch
        return True

    def _take(self, tokens: list[tuple], batch: Batch) -> bool:
        """The hot loop. False where cells are not in the order of their columns."""
        add_tag, add_number, add_string = batch.tags.append, batch.numbers.append, batch.strings.append
        shared, everything, dates = self._tables.strings, self._everything, self._dates
        at, low, wide, count = 0, COLUMNS_MAX, 0, 0
        for letters, style, kind, shape, formula, value, inline, row, _ in tokens:
            if letters:
                column = COLUMN[letters]
                if column != at:
                    if column < at:
                        return False
                    batch.tags += (SKIP, (column - at) & 255, (column - at) >> 8)
                    if not at:
                        low = min(low, column)
                elif not at:
                    low = 0
                at = column + 1
                count += 1
                if everything and (style or formula or shape):
                    own = self.formula(dict(_ATTRIBUTE.findall(shape)), plain(formula), column)
                    self.put_before(batch, style, own)
                if kind == "s":
                    add_tag(STRING)
                    add_string(shared[int(value)])
                elif kind == "inlineStr":
                    add_tag(STRING)
                    add_string(plain(inline) if "&" in inline or "_x" in inline else inline)
                elif value and (not kind or kind == "n") and not (style and style in dates):
                    add_tag(NUMBER)
                    add_number(value)
                else:
                    self.put(batch, style, kind, value)
            elif row:
                if at > wide:
                    wide = at
                at = 0
                if not self.begin_row(batch, dict(_ATTRIBUTE.findall(row))):
                    break
        wide = max(wide, at)
        if wide:
            self.extend(batch.first_row, low, wide)
        self.cells += count
        return True


class _Slow:
    """What the parser calls: the same cells, one element at a time."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._inside: list[str] = []
        self._row: dict[int, tuple[str, str, str, str | None]] | None = None
        self._attributes: dict[str, str] = {}
        self._shape: dict[str, str] = {}
        self._texts: dict[str, list[str]] = {}
        self._characters = 0
        self._row_attributes: dict[str, str] = {}
        self._at = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._inside.append(name)
        if name == "c" and self._row is not None:
            self._attributes, self._shape, self._texts, self._characters = attributes, {}, {}, 0
        elif name == "f":
            self._shape = attributes
        elif name == "row":
            self._row, self._row_attributes, self._at = {}, attributes, 0
        elif self._row is None:
            self._cells.element(name, attributes)

    def text(self, text: str) -> None:
        name = self._inside[-1] if self._inside else ""
        if self._row is not None and name in ("v", "f", "t") and "rPh" not in self._inside:
            self._texts.setdefault(name, []).append(text)
            self._characters += len(text)
            if self._characters > _TEXT_CHARACTERS_MAX:
                raise malformed("the text of a cell in it is too long")

    def end(self, name: str) -> None:
        self._inside.pop()
        if name == "c" and self._row is not None:
            self._end_cell()
        elif name == "row" and self._row is not None:
            self._end_row(self._row)
            self._row = None

    def _end_cell(self) -> None:
        attributes = self._attributes
        column = place(attributes["r"])[1] if "r" in attributes else self._at
        if column >= COLUMNS_MAX:
            raise malformed("a row in it has too many cells")
        self._at = column + 1
        kind = attributes.get("t", "")
        value, formula = ("".join(self._texts.get(name, ())) for name in ("t" if kind == "inlineStr" else "v", "f"))
        self._row[column] = attributes.get("s", ""), kind, value, (self._shape, formula)

    def _end_row(self, row: dict[int, tuple]) -> None:
        cells = self._cells
        batch = cells._batch
        if cells.ended or not cells.begin_row(batch, self._row_attributes):
            return
        at = 0
        for column in sorted(row):
            if column > at:
                batch.tags += (SKIP, (column - at) & 255, (column - at) >> 8)
            at = column + 1
            style, kind, value, (shape, formula) = row[column]
            if cells._everything:
                cells.put_before(batch, style, cells.formula(shape, formula, column))
            cells.put(batch, style, kind, value, plain_text=True)
        if row:
            cells.extend(cells.row, min(row), at)
        cells.cells += len(row)
