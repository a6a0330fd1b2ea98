"""CSV as it is written (RFC 4180): one sheet, dates in ISO 8601, and if that is wanted no text that a spreadsheet would
run as a formula."""

import csv
import datetime
import io
from typing import Annotated

from msgspec import Meta, Struct

from host.capabilities.xlsx.batch import DATE, EMPTY, ERROR, FALSE, FORMAT, FORMULA, NUMBER, SKIP, STRING, TRUE, Opened
from host.capabilities.xlsx.fault import refused
from host.capabilities.xlsx.formats import moment_of_serial
from host.capabilities.xlsx.places import COLUMNS_MAX, ROWS_MAX
from host.capabilities.xlsx.spool import Spool
from host.capabilities.xlsx.workbook_out import NewSheet

#: What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection).
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class CsvLook(Struct, frozen=True, forbid_unknown_fields=True):
    """How CSV is written."""

    delimiter: Annotated[str, Meta(min_length=1, max_length=1, pattern=r'^[^"\r\n\x00]$')] = ","
    bom: bool = False
    escape_formulas: bool = False


class CsvOut:
    """A file of CSV on its way into a spool, with the same face as a workbook."""

    def __init__(self, spool: Spool, look: CsvLook) -> None:
        self._spool = spool
        self._look = look
        self._row = -1
        self.sheets = 0
        self.written_bytes = 0
        self.rows = 0
        self.cells = 0

    def add_sheet(self, sheet: NewSheet) -> None:
        """The one sheet."""
        if self.sheets:
            raise refused("CSV has one sheet", "Write an .xlsx file, or each sheet to a file of its own.")
        self.sheets = 1
        if self._look.bom:
            self._spool.write(b"\xef\xbb\xbf")

    def add_rows(self, batch: Opened) -> None:
        """The next rows. Rows that are passed over are empty lines."""
        if not self.sheets:
            raise refused("There is no sheet to write rows to")
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self._look.delimiter, lineterminator="\n")
        numbers, strings = iter(batch.numbers), iter(batch.strings)
        at = 0
        for number, length in batch.rows:
            if not self._row < number < ROWS_MAX:
                raise refused(f"Row {number + 1:,} cannot be written here", "Rows are written in their order.")
            text.write("\n" * (number - self._row - 1))
            self._row = number
            writer.writerow(self._fields(iter(batch.tags[at : at + length]), numbers, strings))
            at += length
        self.rows += len(batch.rows)
        data = text.getvalue().encode()
        self._spool.write(data)
        self.written_bytes += len(data)

    def finish(self) -> None:
        """There is no more."""
        if not self.sheets:
            raise refused("There is no sheet to write")

    def _fields(self, tags, numbers, strings) -> list[str]:
        fields: list[str] = []
        for tag in tags:
            if tag == SKIP:
                fields += [""] * (next(tags) | next(tags) << 8)
            elif tag == FORMAT:
                next(tags), next(tags)
            elif tag == FORMULA:
                next(strings)
            elif tag == NUMBER:
                fields.append(_number(next(numbers)))
            elif tag in (STRING, ERROR):
                fields.append(self._text(next(strings)))
            elif tag == DATE:
                fields.append(_date(next(numbers)))
            elif tag in (EMPTY, TRUE, FALSE):
                fields.append({EMPTY: "", TRUE: "TRUE", FALSE: "FALSE"}[tag])
            else:
                raise ValueError(f"no cell has the tag {tag}")
            if tag not in (SKIP, FORMAT, FORMULA):
                self.cells += 1
        if len(fields) > COLUMNS_MAX:
            raise refused(f"A row has {COLUMNS_MAX:,} cells at the most")
        return fields

    def _text(self, text: str) -> str:
        return f"'{text}" if self._look.escape_formulas and text.startswith(_FORMULA_BEGINS) else text


def _number(number: float) -> str:
    text = repr(number)
    return text.removesuffix(".0")


def _date(serial: float) -> str:
    moment = moment_of_serial(serial)
    if moment is None:
        return _number(serial)
    if moment.time() == datetime.time():
        return moment.date().isoformat()
    return moment.isoformat(" ", "milliseconds" if moment.microsecond else "seconds")
