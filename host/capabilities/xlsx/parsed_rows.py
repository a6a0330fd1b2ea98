"""Rows as the parser sees them, one element at a time: any that are XML, in whatever form."""

from typing import TYPE_CHECKING

from host.capabilities.xlsx.batch import SKIP
from host.capabilities.xlsx.fault import malformed
from host.capabilities.xlsx.places import COLUMNS_MAX, place

if TYPE_CHECKING:
    from host.capabilities.xlsx.cells import Cells

#: The longest text of a cell that is collected; Excel's own limit is 32,767.
_TEXT_CHARACTERS_MAX = 4 * 1024 * 1024


class ParsedRows:
    """What the parser calls, for a sheet's cells."""

    def __init__(self, cells: "Cells") -> None:
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
            self._cells.end_row()

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
        batch = cells.batch
        if cells.ended or not cells.begin_row(batch, self._row_attributes):
            return
        at = 0
        for column in sorted(row):
            if column > at:
                batch.tags += (SKIP, (column - at) & 255, (column - at) >> 8)
            at = column + 1
            style, kind, value, (shape, formula) = row[column]
            if cells.everything:
                cells.put_before(batch, style, cells.formula(shape, formula, column))
            cells.put(batch, style, kind, value, plain_text=True)
        cells.count(cells.row, len(row), min(row, default=0), at)
