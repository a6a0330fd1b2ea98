"""What there is to know of a sheet beside its cells: merged ranges, columns, hidden rows, a filter."""

import msgspec

from host.capabilities.xlsx.fault import malformed
from host.capabilities.xlsx.parts import is_set, whole
from host.capabilities.xlsx.places import COLUMNS_MAX, Range, area

MERGES_MAX = 100_000
_HIDDEN_ROWS_MAX = 1_048_576
_WIDTH_MAX = 255.0


class SheetFacts:
    """Collected while a sheet is read."""

    def __init__(self) -> None:
        self._merges: list[Range] = []
        self._columns: list[dict[str, float | int | bool]] = []
        self._filter: Range | None = None
        self.hidden_rows: list[int] = []

    def element(self, name: str, attributes: dict[str, str]) -> None:
        """An element of the sheet that is no cell."""
        if name == "mergeCell":
            if len(self._merges) >= MERGES_MAX:
                raise malformed(f"a sheet of it has more than {MERGES_MAX:,} merged ranges")
            self._merges.append(area(attributes.get("ref", "")))
        elif name == "col":
            self._column(attributes)
        elif name == "autoFilter" and "ref" in attributes:
            self._filter = area(attributes["ref"])

    def hide_row(self, number: int) -> None:
        """A row is hidden."""
        self.hidden_rows.append(number)

    def trailer(self, extent: Range | None, rows: int, cells: int) -> bytes:
        """What the guest is told of the sheet after its last cell, as JSON."""
        return msgspec.json.encode(
            {
                "extent": extent,
                "rows": rows,
                "cells": cells,
                "merges": self._merges,
                "columns": self._columns,
                "hiddenRows": self.hidden_rows,
                "filter": self._filter,
            }
        )

    def _column(self, attributes: dict[str, str]) -> None:
        first, last = whole(attributes, "min"), whole(attributes, "max")
        if not 1 <= first <= last <= COLUMNS_MAX or len(self._columns) >= COLUMNS_MAX:
            raise malformed("the columns of a sheet of it are none")
        column: dict[str, float | int | bool] = {"first": first - 1, "last": last - 1}
        try:
            width = float(attributes.get("width", "nan"))
        except ValueError:
            width = 0.0
        if 0 <= width <= _WIDTH_MAX:
            column["width"] = width
        if is_set(attributes, "hidden"):
            column["hidden"] = True
        self._columns.append(column)
