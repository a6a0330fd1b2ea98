"""Rows as nearly every producer writes them, taken out of the text by a pattern.

A stretch of a table is taken row by row (tables.py), any other cell by cell.
"""

import re
from typing import TYPE_CHECKING

from host.capabilities.xlsx.batch import NUMBER, SKIP, STRING, Batch
from host.capabilities.xlsx.places import COLUMN, COLUMNS_MAX
from host.capabilities.xlsx.tables import Looks, Tables
from host.capabilities.xlsx.text import plain

if TYPE_CHECKING:
    from host.capabilities.xlsx.cells import Cells

#: Letters of the column and attributes of a cell, attributes and text of its formula, its value, its inline text; or
#: the attributes of a row; or what is not known. No part looks further than to the next `<`, so it takes no more time
#: than there is text. Whoever wants values alone is spared the formulas.
_CELL = r'<c r="([A-Z]{1,3})[0-9]{1,7}"([^<>]*)>(?:(?<=/>)|'
_FORMULA = r"(?:<f( [^<>]*)?(?:/>|>([^<]*)</f>))?"
_PASSED_OVER = r"()()(?:<f(?: [^<>]*)?(?:/>|>[^<]*</f>))?"
_VALUE = r'(?:<v(?: xml:space="preserve")?>([^<]*)</v>|<v ?/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
_REST = r"(?:</row>)?|<row([^<>]*>)|</row>|([^<]+|<)"
_EVERYTHING = re.compile(_CELL + _FORMULA + _VALUE + _REST)
_VALUES = re.compile(_CELL + _PASSED_OVER + _VALUE + _REST)
_ATTRIBUTE = re.compile(r'([A-Za-z:]+)="([^"<>]*)"')
_LOOK = re.compile(r'(?: (?:s="([0-9]{1,5})"|t="([A-Za-z]{1,9})"|(?:cm|vm|ph)="[0-9]+"))* ?/?')

_NUMBER, _SHARED, _INLINE, _OTHER = range(4)
_KINDS = {"": _NUMBER, "n": _NUMBER, "s": _SHARED, "inlineStr": _INLINE}


class _Strange(Exception):
    """Something that only the parser can judge."""


class _Kinds(dict[str, tuple[int, str, str]]):
    """By the attributes of a cell: how it is taken, its style, its type. There are few of them in a sheet."""

    _MOST = 10_000

    def __init__(self, dates: frozenset[str]) -> None:
        super().__init__()
        self._dates = dates

    def __missing__(self, attributes: str) -> tuple[int, str, str]:
        match = _LOOK.fullmatch(attributes)
        if match is None or len(self) >= self._MOST:
            raise _Strange
        style, kind = match[1] or "", match[2] or ""
        taken = _KINDS.get(kind, _OTHER)
        look = self[attributes] = _OTHER if taken == _NUMBER and style in self._dates else taken, style, kind
        return look


class PlainRows:
    """Takes rows out of text for a sheet's cells."""

    def __init__(self, cells: "Cells", dates: frozenset[str]) -> None:
        self._cells = cells
        self._pattern = _EVERYTHING if cells.everything else _VALUES
        self._kinds = _Kinds(dates)
        self._tables = Tables(Looks(dates, cells.tables.styles.format_of if cells.everything else {}))

    def take(self, text: str) -> Batch | None:
        """The rows of a text; None where it has something that only the parser knows, and then nothing was taken."""
        if (batch := self._tables.take(text, self._cells)) is not None:
            return batch
        tokens = self._pattern.findall(text)
        if any(strange and not strange.isspace() for strange in {token[-1] for token in tokens}):
            return None
        kept = self._cells.mark()
        try:
            return self._take(tokens)
        except _Strange:
            self._cells.go_back(kept)
            return None

    def _take(self, tokens: list[tuple[str, ...]]) -> Batch:
        """Cell by cell."""
        batch = Batch()
        cells, kinds, everything = self._cells, self._kinds, self._cells.everything
        shared_string = cells.shared_string
        add_tag, add_number, add_string = batch.tags.append, batch.numbers.append, batch.strings.append
        at, low, wide, count = 0, COLUMNS_MAX, 0, 0
        for letters, attributes, shape, formula, value, inline, row, _ in tokens:
            if letters:
                column = COLUMN[letters]
                if column != at:
                    if column < at:
                        raise _Strange
                    batch.tags += (SKIP, (column - at) & 255, (column - at) >> 8)
                low = column if column < low else low
                at = column + 1
                count += 1
                taken, style, kind = kinds[attributes]
                if everything and (style or shape or formula):
                    own = cells.formula(dict(_ATTRIBUTE.findall(shape)), plain(formula), column)
                    cells.put_before(batch, style, own)
                if taken == _NUMBER and value:
                    add_tag(NUMBER)
                    add_number(value)
                elif taken == _SHARED:
                    add_tag(STRING)
                    add_string(shared_string(int(value)))
                elif taken == _INLINE:
                    add_tag(STRING)
                    add_string(plain(inline) if "&" in inline or "_x" in inline else inline)
                else:
                    cells.put(batch, style, kind, value)
            elif row:
                wide = max(wide, at)
                at = 0
                if not cells.begin_row(batch, dict(_ATTRIBUTE.findall(row))):
                    break
        cells.count(batch.first_row if batch.count else 0, count, low, max(wide, at))
        return batch
