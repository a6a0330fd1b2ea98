"""The job that reads one workbook, in a process of its own.

The worker sends a configuration, the file in pieces, and then commands; frames go back. First what the workbook has in
it, then batches of the sheet that was asked for, until the last of them or until the worker wants no more.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from host.capabilities.apart.door import Door
from host.capabilities.xlsx.archive import Archive, Limits, Source
from host.capabilities.xlsx.batch import Batch, last
from host.capabilities.xlsx.book import Book
from host.capabilities.xlsx.cells import Cells, Options, Tables
from host.capabilities.xlsx.csv_cells import Csv, CsvOptions
from host.capabilities.xlsx.fault import malformed, over_limit
from host.capabilities.xlsx.formats import GENERAL
from host.capabilities.xlsx.sheet_facts import SheetFacts
from host.capabilities.xlsx.spool import Spool

#: What the first byte of a frame to the job says: a piece of the file, its end, a sheet is wanted, no more of it is.
#: The last is answered with an empty frame, behind whatever was on its way.
PIECE, WHOLE, SHEET, STOP = b"P", b"W", b"S", b"X"

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CSV_FACTS = {
    "sheets": [{"name": "Sheet1", "state": "visible"}],
    "date1904": False,
    "formats": [GENERAL],
    "names": [],
}


class Config(Struct, frozen=True):
    """What the worker wants read, and what the policy allows of it."""

    limits: Limits
    format: Literal["auto", "xlsx", "csv"] = "auto"
    csv: CsvOptions = CsvOptions()


def read(door: Door) -> None:
    """The job."""
    config = msgspec.json.decode(door.receive(), type=Config)
    source = _receive_file(door, config.limits.size_bytes)
    if source is not None:
        Reading(door, config, source).serve()


class Reading:
    """One file, from what is in it to whatever is asked of it."""

    def __init__(self, door: Door, config: Config, source: Source) -> None:
        self._door = door
        self._config = config
        self._source = source
        self._book: Book | None = None
        self._archive: Archive | None = None
        #: Cells and rows of each sheet that was read.
        self._counted: dict[int, tuple[int, int]] = {}
        if not _is_csv(source, config.format):
            self._archive = Archive(source, config.limits)
            self._book = Book(self._archive, config.limits)

    def serve(self) -> None:
        """Says what is in the file, then gives the sheets that are asked for, until nothing is asked any more."""
        self._door.send(msgspec.json.encode(_CSV_FACTS) if self._book is None else self._book.facts())
        while (command := self._door.receive()) is not None:
            if command[:1] == SHEET:
                self._send_sheet(msgspec.json.decode(command[1:], type=Options))
            elif command[:1] == STOP:
                self._door.send(b"")

    def _send_sheet(self, options: Options) -> None:
        if self._book is None:
            sheet, pieces = Csv(self._source, self._config.csv, options), None
        else:
            part = self._part(options.sheet)
            if part is None:
                self._door.send(last(Batch().encode(), SheetFacts().trailer(None, 0, 0)))
                return
            tables = Tables(self._book.strings(), self._book.styles, self._book.date1904)
            sheet, pieces = Cells(part, tables, options), self._archive.pieces(part)
        # The last batch is told by what comes with it, so one is always held back.
        waiting = b""
        for _ in sheet.read(pieces):
            self._count(options.sheet, sheet)
            if self._door.is_called():
                return
            for batch in sheet.take_batches():
                if waiting:
                    self._door.send(waiting)
                waiting = batch
        self._door.send(last(waiting or Batch().encode(), sheet.trailer()))

    def _part(self, index: int) -> str | None:
        if not 0 <= index < len(self._book.sheets):
            raise malformed(f"it has no sheet {index}")
        return self._book.sheets[index].part

    def _count(self, index: int, sheet: Cells | Csv) -> None:
        """Raises Refused where the sheets that were read have more cells or rows than they may."""
        self._counted[index] = sheet.cells, sheet.rows
        cells, rows = (sum(figures) for figures in zip(*self._counted.values(), strict=True))
        if cells > self._config.limits.cells:
            raise over_limit("cells", cells)
        if rows > self._config.limits.rows:
            raise over_limit("rows", rows)


def _receive_file(door: Door, size_bytes_max: int) -> Source | None:
    """The whole file; None where nobody wants it read any more."""
    size = 0
    with Spool() as spool:
        while (frame := door.receive()) is not None:
            if frame[:1] == WHOLE:
                return spool.whole()
            size += len(frame) - 1
            if size > size_bytes_max:
                raise over_limit("size_bytes", size)
            spool.write(memoryview(frame)[1:])
    return None


def _is_csv(source: Source, format: str) -> bool:
    """Whether the file is CSV. Raises Refused for what is neither that nor a workbook that can be read."""
    head = bytes(source[:4096])
    if not head:
        raise malformed("it is empty")
    if head.startswith(b"PK\3\4") and format != "csv":
        return False
    if head.startswith(_OLE):
        if _ENCRYPTED in bytes(source[: 1024 * 1024]):
            raise malformed("it is encrypted", "Save it without a password.")
        raise malformed("it is an .xls file, the format before 2007", "Save it as .xlsx.")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:5].lower()
    if format == "xlsx" or text.startswith((b"<?xml", b"<html", b"<!doc", b"<tabl", b"{\\rtf", b"%pdf")):
        raise malformed("it is no .xlsx file", "Read .xlsx, .xlsm, .xltx or .csv.")
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise malformed("it is no .xlsx file", "Read .xlsx, .xlsm, .xltx or .csv.")
    return True
