"""A new workbook: its parts, written one after the other into an archive (ECMA-376 part 2)."""

import io
import re
import zipfile
from typing import Annotated, Literal
from xml.sax.saxutils import quoteattr

import msgspec
from msgspec import Meta, Struct

from host.capabilities.xlsx.batch import Opened
from host.capabilities.xlsx.fault import refused
from host.capabilities.xlsx.places import COLUMNS_MAX, LETTERS, ROWS_MAX, Range
from host.capabilities.xlsx.rows_out import RowsOut
from host.capabilities.xlsx.sheet_facts import MERGES_MAX
from host.capabilities.xlsx.spool import Spool
from host.capabilities.xlsx.styles_out import Style, StyleSheet

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
#: Quick rather than small: a higher level takes twice the time for a fifth less.
_LEVEL = 1
_NAME_CHARACTERS_MAX = 31
_NOT_IN_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff\ufffe\uffff]")
#: What a part can come to without the larger fields of zip64, which not every reader knows.
_PART_BYTES_MAX = 2**31 - 1
_EPOCH = (1980, 1, 1, 0, 0, 0)

Row = Annotated[int, Meta(ge=0, lt=ROWS_MAX)]
Column = Annotated[int, Meta(ge=0, lt=COLUMNS_MAX)]
Area = tuple[Row, Column, Row, Column]


class ColumnLook(Struct, frozen=True, forbid_unknown_fields=True):
    """How columns look, from the first to the last; `width` is in characters."""

    first: Column
    last: Column
    width: Annotated[float, Meta(ge=0, le=255)] | None = None
    hidden: bool = False


class NewSheet(Struct, frozen=True, forbid_unknown_fields=True):
    """A sheet to be written; `freeze` are the rows and columns that stay where they are."""

    name: str
    state: Literal["visible", "hidden", "veryHidden"] = "visible"
    columns: Annotated[tuple[ColumnLook, ...], Meta(max_length=COLUMNS_MAX)] = ()
    freeze: tuple[Row, Column] = (0, 0)
    merges: Annotated[tuple[Area, ...], Meta(max_length=MERGES_MAX)] = ()
    filter: Area | None = None


class Trailer(Struct, frozen=True, forbid_unknown_fields=True):
    """What may come with rows."""

    styles: tuple[Style, ...] = ()
    merges: tuple[Area, ...] = ()


class WorkbookOut:
    """A workbook on its way into a spool. Sheets are written one after the other."""

    def __init__(self, spool: Spool) -> None:
        self._archive = zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self._styles = StyleSheet()
        self._sheets: list[NewSheet] = []
        self._part: io.BufferedIOBase | None = None
        self._out: RowsOut | None = None
        self._merges: list[Area] = []
        self._part_bytes = 0
        self.written_bytes = 0
        self.rows = 0
        self.cells = 0

    @property
    def sheets(self) -> int:
        """How many there are."""
        return len(self._sheets)

    def add_sheet(self, sheet: NewSheet) -> None:
        """Begins a sheet: the rows that follow are its. Raises Refused for a name that no sheet can have."""
        _check_name(sheet.name, self._sheets)
        self._end_sheet()
        self._sheets.append(sheet)
        self._merges = list(sheet.merges)
        self._out = RowsOut(self._styles)
        self._part = self._open(f"xl/worksheets/sheet{len(self._sheets)}.xml")
        self._write(_sheet_head(sheet, first=len(self._sheets) == 1).encode())

    def add_rows(self, batch: Opened) -> None:
        """The next rows of the sheet."""
        if self._out is None:
            raise refused("There is no sheet to write rows to")
        if batch.trailer:
            trailer = msgspec.json.decode(batch.trailer, type=Trailer)
            for style in trailer.styles:
                self._styles.add(style)
            self._merges += trailer.merges
            if len(self._merges) > MERGES_MAX:
                raise refused(f"A sheet can have {MERGES_MAX:,} merged ranges")
        rows, cells = self._out.rows, self._out.cells
        self._write(self._out.xml(batch))
        self.rows += self._out.rows - rows
        self.cells += self._out.cells - cells

    def finish(self) -> None:
        """Writes what is left. Raises Refused where there is no sheet to be seen."""
        if not any(sheet.state == "visible" for sheet in self._sheets):
            raise refused("A workbook needs a sheet that is visible")
        self._end_sheet()
        for name, text in self._small_parts():
            self._part = self._open(name)
            self._write(text.encode())
            self._part.close()
        self._archive.close()

    def _open(self, name: str) -> io.BufferedIOBase:
        self._part_bytes = 0
        facts = zipfile.ZipInfo(name, _EPOCH)
        facts.compress_type = zipfile.ZIP_DEFLATED
        facts._compresslevel = _LEVEL
        return self._archive.open(facts, "w", force_zip64=False)

    def _write(self, data: bytes) -> None:
        self._part_bytes += len(data)
        if self._part_bytes > _PART_BYTES_MAX:
            raise refused("A sheet comes to more than 2 GiB")
        self._part.write(data)
        self.written_bytes += len(data)

    def _end_sheet(self) -> None:
        if self._part is None:
            return
        sheet = self._sheets[-1]
        self._write(b"</sheetData>")
        if sheet.filter is not None:
            self._write(f'<autoFilter ref="{_area(sheet.filter)}"/>'.encode())
        if self._merges:
            cells = "".join(f'<mergeCell ref="{_area(merge)}"/>' for merge in self._merges)
            self._write(f'<mergeCells count="{len(self._merges)}">{cells}</mergeCells>'.encode())
        self._write(b"</worksheet>")
        self._part.close()
        self._part = self._out = None

    def _small_parts(self):
        numbers = range(1, len(self._sheets) + 1)
        sheets = "".join(
            f'<sheet name={quoteattr(sheet.name)} sheetId="{number}"'
            f'{"" if sheet.state == "visible" else f" state={chr(34)}{sheet.state}{chr(34)}"} r:id="rId{number}"/>'
            for number, sheet in zip(numbers, self._sheets, strict=True)
        )
        shown = next(index for index, sheet in enumerate(self._sheets) if sheet.state == "visible")
        yield (
            "xl/workbook.xml",
            (
                f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><bookViews>'
                f'<workbookView activeTab="{shown}"/></bookViews><sheets>{sheets}</sheets></workbook>'
            ),
        )
        style = len(self._sheets) + 1
        targets = "".join(_relation(number, "worksheet", f"worksheets/sheet{number}.xml") for number in numbers)
        yield "xl/_rels/workbook.xml.rels", _relations(targets + _relation(style, "styles", "styles.xml"))
        yield "xl/styles.xml", self._styles.xml()
        yield "_rels/.rels", _relations(_relation(1, "officeDocument", "xl/workbook.xml"))
        yield "[Content_Types].xml", _content_types(len(self._sheets))


def _check_name(name: str, sheets: list[NewSheet]) -> None:
    """Excel's rules for the names of sheets."""
    rules = "1 to 31 characters, none of [ ] : * ? / \\, and no ' at an end"
    if (
        not 1 <= len(name.encode("utf-16-le", "surrogatepass")) // 2 <= _NAME_CHARACTERS_MAX
        or not name.strip()
        or name[0] == "'"
        or name[-1] == "'"
        or _NOT_IN_NAME.search(name)
    ):
        raise refused(f"No sheet can have the name {_shown(name)}", f"A name has {rules}.")
    if any(sheet.name.lower() == name.lower() for sheet in sheets):
        raise refused(f"There is a sheet with the name {_shown(name)} already", "Capitals make no difference.")


def _shown(name: str) -> str:
    return repr(name[:60])


def _area(area: Range) -> str:
    row, column, last_row, last_column = area
    if last_row < row or last_column < column:
        raise refused("A range ends before it begins")
    return f"{LETTERS[column]}{row + 1}:{LETTERS[last_column]}{last_row + 1}"


def _sheet_head(sheet: NewSheet, first: bool) -> str:
    columns = "".join(_column(column) for column in sorted(sheet.columns, key=lambda column: column.first))
    selected = ' tabSelected="1"' if first and sheet.state == "visible" else ""
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView{selected} workbookViewId="0">{_pane(*sheet.freeze)}'
        f'</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        f"{f'<cols>{columns}</cols>' if columns else ''}<sheetData>"
    )


def _column(column: ColumnLook) -> str:
    if column.last < column.first:
        raise refused("A range of columns ends before it begins")
    width = f' width="{column.width!r}" customWidth="1"' if column.width is not None else ' width="8.43"'
    hidden = ' hidden="1"' if column.hidden else ""
    return f'<col min="{column.first + 1}" max="{column.last + 1}"{width}{hidden}/>'


def _pane(rows: int, columns: int) -> str:
    if not rows and not columns:
        return ""
    split = (f' xSplit="{columns}"' if columns else "") + (f' ySplit="{rows}"' if rows else "")
    pane = "bottomRight" if rows and columns else "bottomLeft" if rows else "topRight"
    return f'<pane{split} topLeftCell="{LETTERS[columns]}{rows + 1}" activePane="{pane}" state="frozen"/>'


def _relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'


def _relations(relations: str) -> str:
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'


def _content_types(sheets: int) -> str:
    parts = [("workbook.xml", "sheet.main"), ("styles.xml", "styles")]
    parts += [(f"worksheets/sheet{number}.xml", "worksheet") for number in range(1, sheets + 1)]
    overrides = "".join(f'<Override PartName="/xl/{name}" ContentType="{_TYPE}.{kind}+xml"/>' for name, kind in parts)
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
