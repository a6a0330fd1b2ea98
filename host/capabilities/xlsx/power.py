"""xlsx: what a guest may ask of workbooks, and what it gets. ABI.md describes the operations.

Here is what belongs to an execution: its open workbooks and their number. Nothing of a workbook is looked at in the
worker; bytes go to a process apart, and frames come back.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

import msgspec

from host.capabilities.apart.apart import Apart
from host.capabilities.base import Asynchronous, Immediate, Later, Power, Refusal, Site
from host.capabilities.xlsx import reading, rehearsal, writing
from host.capabilities.xlsx.cells import Options
from host.capabilities.xlsx.csv_cells import CsvOptions
from host.capabilities.xlsx.csv_out import CsvLook
from host.capabilities.xlsx.handles import Handle, Reader, Writer

XLSX_OPEN = 80
XLSX_FEED = 81
XLSX_WHOLE = 82
XLSX_SHEET = 83
XLSX_NEXT = 84
XLSX_CLOSE = 85
XLSX_CREATE = 86
XLSX_ADD_SHEET = 87
XLSX_ROWS = 88
XLSX_FINISH = 89
XLSX_PIECE = 90

#: What the zygote imports for it.
JOBS = tuple(module.__name__ for module in (reading, writing, rehearsal))
#: Workbooks that one execution has open.
HANDLES_MAX = 8
_OPTIONS_BYTES_MAX = 64 * 1024
_U32_BYTES = 4


class OpenOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a file is read. With `whole` what follows is all of it; else `size_bytes` is how large it will be, if that
    is known."""

    format: Literal["auto", "xlsx", "csv"] = "auto"
    csv: CsvOptions = CsvOptions()
    whole: bool = False
    size_bytes: int = 0


class CreateOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a file is written."""

    format: Literal["xlsx", "csv"] = "xlsx"
    csv: CsvLook = CsvLook()


class Xlsx:
    """The open workbooks of one execution."""

    name = "xlsx"

    def __init__(self, site: Site, apart: Apart) -> None:
        self._site = site
        self._apart = apart
        self._handles: dict[int, Handle] = {}
        self._last_id = 0
        operations: dict[int, Callable[[memoryview], Awaitable[bytes]]] = {
            XLSX_OPEN: self._open,
            XLSX_FEED: self._on(Reader, self._feed),
            XLSX_WHOLE: self._on(Reader, lambda reader, _: reader.whole()),
            XLSX_SHEET: self._on(Reader, self._sheet),
            XLSX_NEXT: self._on(Reader, lambda reader, _: reader.next()),
            XLSX_CLOSE: self._close,
            XLSX_CREATE: self._create,
            XLSX_ADD_SHEET: self._on(Writer, lambda writer, sheet: writer.add_sheet(sheet)),
            XLSX_ROWS: self._on(Writer, lambda writer, batch: writer.rows(batch)),
            XLSX_FINISH: self._on(Writer, lambda writer, _: writer.finish()),
            XLSX_PIECE: self._on(Writer, lambda writer, _: writer.piece()),
        }
        self.asynchronous: Mapping[int, Asynchronous] = {
            number: lambda payload, operation=operation: operation(memoryview(payload))
            for number, operation in operations.items()
        }
        self.immediate: Mapping[int, Immediate] = {
            number: lambda payload, operation=operation: Later(lambda: operation(payload))
            for number, operation in self.asynchronous.items()
        }

    def close(self) -> None:
        """Ends whatever is being done to a workbook."""
        for handle in self._handles.values():
            handle.close()

    async def _open(self, payload: memoryview) -> bytes:
        text, data = _split(payload)
        options = _decoded(text, OpenOptions)
        reader = Reader(self._site, self._apart)
        async with self._opening(reader) as handle:
            how = {"format": options.format, "csv": msgspec.to_builtins(options.csv)}
            await reader.open(how, max(options.size_bytes, len(data)))
            await reader.feed(data)
            return handle + (await reader.whole() if options.whole else b"")

    async def _create(self, payload: memoryview) -> bytes:
        options = _decoded(payload, CreateOptions)
        writer = Writer(self._site, self._apart)
        async with self._opening(writer) as handle:
            await writer.create(msgspec.to_builtins(options))
            return handle

    async def _feed(self, reader: Reader, data: memoryview) -> bytes:
        await reader.feed(data)
        return b""

    async def _sheet(self, reader: Reader, text: memoryview) -> bytes:
        await reader.sheet(msgspec.json.encode(_decoded(text, Options)))
        return b""

    async def _close(self, payload: memoryview) -> bytes:
        handle = self._handles.pop(int.from_bytes(payload[:_U32_BYTES], "little"), None)
        if handle is not None:
            handle.close()
        return b""

    @asynccontextmanager
    async def _opening(self, handle: Handle) -> AsyncIterator[bytes]:
        """Takes a handle and gives its number as bytes. Where the block fails, it is given back."""
        number = self._take(handle)
        try:
            yield number.to_bytes(_U32_BYTES, "little")
        except BaseException:
            self._handles.pop(number, None)
            handle.close()
            raise

    def _take(self, handle: Handle) -> int:
        if len(self._handles) >= HANDLES_MAX:
            raise Refusal(
                "CapabilityError",
                f"The execution has {HANDLES_MAX} workbooks open",
                "Close those that are no longer needed.",
            )
        self._site.spend_call()
        self._last_id += 1
        self._handles[self._last_id] = handle
        return self._last_id

    def _on(self, kind: type, operation: Callable[[Any, memoryview], Awaitable[bytes]]):
        """An operation on a handle, whose number stands before the rest of the payload."""

        async def on(payload: memoryview) -> bytes:
            handle = self._handles.get(int.from_bytes(payload[:_U32_BYTES], "little"))
            if not isinstance(handle, kind):
                raise Refusal("ValidationError", "The workbook is closed")
            async with handle.turn:
                return await operation(handle, payload[_U32_BYTES:])

        return on


def _split(payload: memoryview) -> tuple[memoryview, memoryview]:
    """The options before which their length stands, and what is behind them."""
    length = int.from_bytes(payload[:_U32_BYTES], "little")
    if len(payload) < _U32_BYTES + length or length > _OPTIONS_BYTES_MAX:
        raise Refusal("ValidationError", "The options of a workbook are cut off")
    return payload[_U32_BYTES : _U32_BYTES + length], payload[_U32_BYTES + length :]


def _decoded(text: memoryview, kind: type) -> Any:
    if len(text) > _OPTIONS_BYTES_MAX:
        raise Refusal("ValidationError", f"The options of a workbook have at most {_OPTIONS_BYTES_MAX} bytes")
    try:
        return msgspec.json.decode(text, type=kind)
    except RecursionError:
        raise Refusal("ValidationError", "The options of a workbook are nested too deeply") from None
    except msgspec.MsgspecError as error:
        raise Refusal("ValidationError", f"The options of a workbook are not valid: {error}") from None


def open_xlsx(apart: Apart) -> Power:
    """The power, whose work is done by `apart`."""
    operations = frozenset(range(XLSX_OPEN, XLSX_PIECE + 1))
    return Power("xlsx", operations, lambda site: Xlsx(site, apart))
