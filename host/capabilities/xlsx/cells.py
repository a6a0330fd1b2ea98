"""The cells of one sheet, in batches: taken out of plain text by a pattern, or out of any text by the parser."""

from collections.abc import Iterable, Iterator
from operator import lt

from msgspec import Struct

from host.capabilities.apart.frames import FRAME_BYTES_MAX
from host.capabilities.xlsx.batch import DATE, EMPTY, ERROR, FALSE, FORMAT, FORMULA, NUMBER, STRING, TRUE, Batch
from host.capabilities.xlsx.fault import malformed
from host.capabilities.xlsx.formats import DAYS_1904, SERIAL_END, Styles, serial_of_iso
from host.capabilities.xlsx.parsed_rows import ParsedRows
from host.capabilities.xlsx.parts import Parser
from host.capabilities.xlsx.places import COLUMNS_MAX, ROWS_MAX, moved
from host.capabilities.xlsx.plain_rows import PlainRows
from host.capabilities.xlsx.records import Records
from host.capabilities.xlsx.sheet_facts import SheetFacts
from host.capabilities.xlsx.strings import Packed
from host.capabilities.xlsx.text import plain, unescaped

_ROW_END = "</row>"
_SHARED_FORMULAS_MAX = 100_000
#: A batch ends with the row that brings its texts to this.
BATCH_CHARACTERS_MAX = 1024 * 1024


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
    """Reads one sheet. `batch` is what it has found last."""

    def __init__(self, part: str, tables: Tables, options: Options) -> None:
        self.tables = tables
        self.everything = options.everything
        self._row_end = options.row_end
        styles = tables.styles
        self._dates = frozenset(style for style, index in styles.format_of.items() if styles.is_date[index])
        self._shared_formulas: dict[str, tuple[int, int, str]] = {}
        self._facts = SheetFacts()
        #: First row and column with a cell, and the column after the last.
        self._extent: tuple[int | None, int, int] = None, COLUMNS_MAX, 0
        self.batch = Batch()
        self._full: list[Batch] = []
        self.row = -1
        self.rows = 0
        self.cells = 0
        self.ended = False
        self._plain = PlainRows(self, self._dates)
        parsed = ParsedRows(self)
        parser = Parser(part, parsed.start, parsed.end, parsed.text)
        self._records = Records(parser, "sheetData", "row", self._known)

    def read(self, pieces: Iterable[bytes]) -> Iterator[None]:
        """Reads on; yields after each stretch, until there is no more."""
        try:
            for _ in self._records.read(pieces):
                yield
                if self.ended:
                    return
        except (ValueError, LookupError, OverflowError) as error:
            raise malformed(f"a cell in row {self.row + 1} or after it is not valid") from error

    def take_batches(self) -> Iterator[bytes]:
        """What was found since the last time."""
        full, self._full = [*self._full, self.batch], []
        self.batch = Batch()
        for batch in full:
            if batch.count:
                yield self._encoded(batch)

    def trailer(self) -> bytes:
        """What is known of the sheet after its last cell."""
        first_row, low, wide = self._extent
        extent = None if first_row is None else (first_row, low, self.row, wide - 1)
        return self._facts.trailer(extent, self.rows, self.cells)

    def _encoded(self, batch: Batch) -> bytes:
        try:
            data = batch.encode()
        except ValueError as error:
            raise malformed(f"a cell in row {self.row + 1} or before it is not valid") from error
        if len(data) > FRAME_BYTES_MAX:
            raise malformed(f"a row of it has more than {FRAME_BYTES_MAX // 2**20} MiB of text")
        return data

    def element(self, name: str, attributes: dict[str, str]) -> None:
        """An element that is no cell."""
        self._facts.element(name, attributes)

    def mark(self) -> tuple:
        """Where reading is, to go back to."""
        return self.row, self.rows, self.cells, self.ended, self._extent, len(self._facts.hidden_rows)

    def go_back(self, mark: tuple) -> None:
        """Forgets what was read since the mark."""
        self.row, self.rows, self.cells, self.ended, self._extent, hidden = mark
        del self._facts.hidden_rows[hidden:]

    def begin_row(self, batch: Batch, attributes: dict[str, str]) -> bool:
        """Begins a row; False where it is beyond what is wanted."""
        number = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1
        if not self.next_row(number):
            self.ended = True
            return False
        if attributes.get("hidden") in ("1", "true"):
            self._facts.hide_row(number)
        batch.begin_row(number)
        return True

    def next_row(self, number: int) -> bool:
        """Goes to the row of a number; False where that is beyond what is wanted."""
        if not self.row < number < ROWS_MAX:
            raise malformed(f"its rows are out of order after row {self.row + 1}")
        if number >= self._row_end:
            return False
        self.row = number
        self.rows += 1
        return True

    def next_rows(self, numbers: list[int]) -> bool:
        """The same for several rows: False, and none of them is gone to, where not all are wanted."""
        if not all(map(lt, [self.row, *numbers], numbers)):
            raise malformed(f"its rows are out of order after row {self.row + 1}")
        if numbers[-1] >= min(self._row_end, ROWS_MAX):
            return False
        self.row = numbers[-1]
        self.rows += len(numbers)
        return True

    def count(self, row: int, cells: int, low: int, wide: int) -> None:
        """There are so many more cells, from column `low` to before column `wide`, in `row` and maybe rows after it."""
        if cells:
            first_row, lowest, widest = self._extent
            self._extent = row if first_row is None else first_row, min(low, lowest), max(wide, widest)
        self.cells += cells

    def shared_string(self, index: int) -> str:
        """A shared string. Raises IndexError for a number that none has: one below zero, too."""
        if index < 0:
            raise IndexError(index)
        return self.tables.strings[index]

    def put(self, batch: Batch, style: str, kind: str, value: str, plain_text: bool = False) -> None:
        """One cell of any type. `plain_text`: the value has no references any more."""
        tags = batch.tags
        if kind in ("", "n"):
            self._put_number(batch, style, value)
        elif kind == "s":
            tags.append(STRING)
            batch.strings.append(self.shared_string(int(value)))
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
        index = self.tables.styles.format_of.get(style, 0)
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
        number = float(value) + (DAYS_1904 if self.tables.date1904 else 0)
        batch.tags.append(DATE if 0 <= number < SERIAL_END else NUMBER)
        batch.numbers.append(number)

    def end_row(self) -> None:
        """A row has ended. What is in the batch is no longer added to where it is enough."""
        if self.batch.weight() > BATCH_CHARACTERS_MAX:
            self._full.append(self.batch)
            self.batch = Batch()

    def _known(self, text: str) -> bool:
        mark = self.mark()
        batch = self._plain.take(text)
        if batch is None:
            return False
        # Few bytes of a file may stand for long texts, which its cells share: then the stretch is too long.
        middle = text.find(_ROW_END, len(text) // 2, -len(_ROW_END)) + len(_ROW_END)
        if middle >= len(_ROW_END) and batch.weight() > BATCH_CHARACTERS_MAX:
            self.go_back(mark)
            return self._known(text[:middle]) and self._known(text[middle:])
        self.batch.add(batch)
        self.end_row()
        return True
