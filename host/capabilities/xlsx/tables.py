"""Rows that are all alike, as those of tables are: cells of the same types in the same columns.

One row gives a pattern for all of them, which takes a whole row at a time. What it finds is handled column by column,
in a few calls for all the cells of a stretch.
"""

import re
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct

from host.capabilities.xlsx.batch import DATE, FALSE, FORMAT, NUMBER, SKIP, STRING, TRUE, Batch
from host.capabilities.xlsx.formats import DAYS_1904, SERIAL_END
from host.capabilities.xlsx.places import COLUMN
from host.capabilities.xlsx.text import plain

if TYPE_CHECKING:
    from host.capabilities.xlsx.cells import Cells

#: Wider tables are taken cell by cell.
_CELLS_MAX = 100
_CELL = re.compile(
    r'<c r="([A-Z]{1,3})[0-9]{1,7}"((?: (?:s="[0-9]{1,5}"|t="(?:n|s|str|inlineStr|b)"))*)>'
    r'(?:<v>[^<]*</v>|(<is><t)(?: xml:space="preserve")?>[^<]*</t></is>)</c>'
)
_VALUE = r"<v>([^<]*)</v></c>"
_INLINE = r'<is><t(?: xml:space="preserve")?>([^<]*)</t></is></c>'
_STYLE = re.compile(r's="([0-9]+)"')
_KIND = re.compile(r't="([A-Za-z]+)"')
_ROW_END = "</row>"
_BOOLEAN_TAGS = {"0": FALSE, "1": TRUE}


class _Other(Exception):
    """The rows are not those of the table."""


class Looks(Struct, frozen=True):
    """The styles that show dates, and the formats of those whose formats are wanted."""

    dates: frozenset[str]
    format_of: dict[str, int]


class _Column:
    """A column of a table: where it is, and what is in it."""

    def __init__(self, letters: str, attributes: str, inline: bool, looks: "Looks") -> None:
        style, kind = _STYLE.search(attributes), _KIND.search(attributes)
        style = "" if style is None else style[1]
        self.index = COLUMN[letters]
        self.kind = "n" if kind is None else kind[1]
        if inline != (self.kind == "inlineStr"):
            raise _Other
        self.is_date = self.kind == "n" and style in looks.dates
        self.pattern = f'<c r="{letters}[0-9]{{1,7}}"{attributes}>{_INLINE if inline else _VALUE}'

        format = looks.format_of.get(style, 0)
        #: What stands before its cells, and what they are; truth values are put in the place of the last.
        self.before = (FORMAT, format & 255, format >> 8) if format else ()
        self.tag = DATE if self.is_date else NUMBER if self.kind == "n" else STRING


class Table:
    """The rows of a sheet, as far as they are alike."""

    def __init__(self, row: str, looks: "Looks") -> None:
        """From the text of one row. Raises _Other for one that no table has."""
        begin, cells = row.index(">") + 1, []
        at = begin
        while not row.startswith(_ROW_END, at):
            match = _CELL.match(row, at)
            if match is None or len(cells) >= _CELLS_MAX:
                raise _Other
            cells.append(_Column(match[1], match[2], match[3] is not None, looks))
            at = match.end()
        self._columns = cells
        self._tags: list[int] = []
        #: Where each column's tag is.
        self._places: list[int] = []
        wide = 0
        for column in cells:
            if column.index < wide:
                raise _Other
            if column.index > wide:
                self._tags += (SKIP, (column.index - wide) & 255, (column.index - wide) >> 8)
            self._tags += column.before
            self._places.append(len(self._tags))
            self._tags.append(column.tag)
            wide = column.index + 1
        self._wide = wide
        inside = "".join(column.pattern for column in cells)
        # Attributes of a row beside its number: how many cells it has, its height, its style; not that it is hidden.
        others = r'(?: (?:spans|ht|customHeight|s|customFormat|x14ac:dyDescent)="[^"<>]*")*'
        self._pattern = re.compile(rf'<row r="([0-9]{{1,7}})"{others} ?>{inside}</row>\s*|([^<]+|<)')

    def take(self, text: str, cells: "Cells") -> Batch:
        """The rows of a text. Raises _Other where one is not of the table."""
        rows = self._pattern.findall(text)
        if not rows:
            raise _Other
        numbers, *columns, strange = zip(*rows, strict=True)
        if any(strange) or not self._columns:
            raise _Other
        places = [int(number) - 1 for number in numbers]
        if not cells.next_rows(places):
            raise _Other
        batch = Batch()
        batch.tags = self._tags * len(rows)
        found: list[list[float]] = []
        strings: list[list[str]] = []
        special = "&" in text or "_x" in text
        for place, column, values in zip(self._places, self._columns, columns, strict=True):
            if column.kind == "b":
                batch.tags[place :: len(self._tags)] = _truths(values)
            elif column.kind == "n":
                found.append(_numbers(values, column.is_date, cells.tables.date1904))
            elif column.kind == "s":
                strings.append(_shared(values, cells))
            else:
                strings.append(list(map(plain, values)) if special else values)
        batch.numbers = _side_by_side(found)
        batch.strings = _side_by_side(strings)
        batch.regular_rows(places, len(self._tags))
        cells.count(batch.first_row, len(columns) * len(rows), self._columns[0].index, self._wide)
        return batch


class Tables:
    """The table that a sheet's rows are of, where they are of one."""

    #: After so many stretches in a row that were none of a table, no more is looked for.
    _MISSES_MAX = 4

    def __init__(self, looks: "Looks") -> None:
        self._looks = looks
        self._table: Table | None = None
        self._misses = 0

    def take(self, text: str, cells: "Cells") -> Batch | None:
        """The rows of a text; None where they are not all of one table, and then nothing was taken."""
        if self._misses >= self._MISSES_MAX:
            return None
        mark = cells.mark()
        for table in (self._table, None):
            try:
                table = table or Table(_second_row(text), self._looks)
                batch = table.take(text, cells)
            except _Other:
                cells.go_back(mark)
            else:
                self._table, self._misses = table, 0
                return batch
        self._misses += 1
        return None


def _second_row(text: str) -> str:
    """The first may be the one with the columns' names."""
    first = text.find(_ROW_END) + len(_ROW_END)
    end = text.find(_ROW_END, first)
    begin = text.find("<row ", first, end)
    if end < 0 or begin < 0:
        raise _Other
    return text[begin : end + len(_ROW_END)]


def _truths(values: tuple[str, ...]) -> list[int]:
    try:
        return [_BOOLEAN_TAGS[value] for value in values]
    except KeyError:
        raise _Other from None


def _numbers(values: tuple[str, ...], dates: bool, date1904: bool) -> list[float]:
    if "" in values:
        raise _Other
    numbers = list(map(float, values))
    if dates:
        numbers = [number + DAYS_1904 for number in numbers] if date1904 else numbers
        if not (min(numbers) >= 0 and max(numbers) < SERIAL_END):
            raise _Other
    return numbers


def _shared(values: tuple[str, ...], cells: "Cells") -> list[str]:
    indices = list(map(int, values))
    if min(indices) < 0:
        raise IndexError(min(indices))
    return list(map(cells.tables.strings.__getitem__, indices))


def _side_by_side(columns: list) -> list:
    """The values of columns, row by row."""
    return list(columns[0]) if len(columns) == 1 else list(chain.from_iterable(zip(*columns, strict=True)))
