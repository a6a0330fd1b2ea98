"""The job that writes one workbook, in a process of its own.

The worker sends a configuration, then sheets and rows. A sheet, the end and every piece of the file that is asked for
are answered; rows are not, so that the guest makes more of them while these are written.
"""

import struct
from typing import Any, Literal

import msgspec
from msgspec import Struct

from host.capabilities.apart.door import Door
from host.capabilities.xlsx.archive import Limits
from host.capabilities.xlsx.batch import Opened
from host.capabilities.xlsx.csv_out import CsvLook, CsvOut
from host.capabilities.xlsx.fault import over_limit, refused
from host.capabilities.xlsx.spool import Spool
from host.capabilities.xlsx.workbook_out import NewSheet, WorkbookOut

#: What the first byte of a frame to the job says.
ADD_SHEET, ROWS, FINISH, PIECE = b"A", b"R", b"F", b"P"
PIECE_BYTES = 1024 * 1024


class Config(Struct, frozen=True):
    """What the worker wants written, and what the policy allows of it."""

    limits: Limits
    format: Literal["xlsx", "csv"] = "xlsx"
    csv: CsvLook = CsvLook()


def write(door: Door) -> None:
    """The job."""
    config = msgspec.json.decode(door.receive(), type=Config)
    spool = Spool()
    Writing(door, config, spool).serve()
    spool.close()


class Writing:
    """One workbook, from its first sheet to the last piece of its file."""

    def __init__(self, door: Door, config: Config, spool: Spool) -> None:
        self._door = door
        self._limits = config.limits
        self._spool = spool
        self._book = WorkbookOut(self._spool) if config.format == "xlsx" else CsvOut(self._spool, config.csv)
        self._finished = False

    def serve(self) -> None:
        """Does what is asked, until nothing is asked any more."""
        while (command := self._door.receive()) is not None:
            match command[:1]:
                case b"R":
                    self._rows(memoryview(command)[1:])
                case b"A":
                    self._add_sheet(command[1:])
                    self._door.send(b"")
                case b"F":
                    self._door.send(self._finish().to_bytes(8, "little"))
                case b"P":
                    self._door.send(self._spool.read(PIECE_BYTES) if self._finished else b"")

    def _add_sheet(self, text: bytes) -> None:
        self._refuse_finished()
        if self._book.sheets >= self._limits.sheets:
            raise over_limit("sheets", self._book.sheets + 1)
        self._book.add_sheet(_decoded(text, NewSheet))

    def _rows(self, data: memoryview) -> None:
        self._refuse_finished()
        try:
            self._book.add_rows(Opened(data))
        except msgspec.MsgspecError as error:
            raise refused(f"What came with the rows is not valid: {error}") from None
        except (ValueError, LookupError, StopIteration, struct.error) as error:
            raise refused("The rows are damaged") from error
        self._check()

    def _check(self) -> None:
        for figure, value, most in (
            ("cells", self._book.cells, self._limits.cells),
            ("rows", self._book.rows, self._limits.rows),
            ("uncompressed_bytes", self._book.written_bytes, self._limits.uncompressed_bytes),
            ("size_bytes", self._spool.tell(), self._limits.size_bytes),
        ):
            if value > most:
                raise over_limit(figure, value)

    def _finish(self) -> int:
        self._refuse_finished()
        self._book.finish()
        self._check()
        self._finished = True
        size = self._spool.tell()
        self._spool.seek(0)
        return size

    def _refuse_finished(self) -> None:
        if self._finished:
            raise refused("The workbook is finished")


def _decoded(text: bytes, kind: type) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError as error:
        raise refused(f"A sheet is described by something that is not valid: {error}") from None
