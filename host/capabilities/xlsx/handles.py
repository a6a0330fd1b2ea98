"""Workbooks that an execution has open, each with a process of its own that works on it."""

import asyncio
import math
import time
from typing import Any

import msgspec

from host.capabilities.apart.apart import Apart
from host.capabilities.apart.frames import FRAME_BYTES_MAX
from host.capabilities.apart.frames import Limits as WorkLimits
from host.capabilities.apart.work import Work
from host.capabilities.base import Decided, Refusal, Site
from host.capabilities.xlsx import reading, writing
from host.capabilities.xlsx.archive import Limits
from host.capabilities.xlsx.fault import OVER_LIMIT
from host.policy.decide.xlsx import XlsxRequest
from host.policy.grants.model import XlsxLimits

READ_JOB = "host.capabilities.xlsx.reading:read"
WRITE_JOB = "host.capabilities.xlsx.writing:write"
_MIB = 1024 * 1024
#: What a process may have beside the zygote's memory; a workbook that needs more is refused.
MEMORY_BYTES = 256 * _MIB
#: A file may grow by one frame before it is seen that it is too large.
_SPARE_BYTES = 32 * _MIB
_FRAME_BYTES = _MIB


class Handle:
    """One workbook and its process. Operations on it take turns."""

    operation: str

    def __init__(self, site: Site, apart: Apart) -> None:
        self._site = site
        self._apart = apart
        self._work: Work | None = None
        self._closed = False
        self.turn = asyncio.Lock()
        self.limits = XlsxLimits()
        self.record: Decided | None = None

    def inside(self) -> dict[str, int]:
        """The limits, as the job is told them."""
        limits = self.limits
        return msgspec.to_builtins(
            Limits(
                size_bytes=limits.max_size_bytes,
                uncompressed_bytes=limits.max_uncompressed_bytes,
                ratio=limits.max_ratio,
                cells=limits.max_cells,
                rows=limits.max_rows,
                sheets=limits.max_sheets,
            )
        )

    def admit(self, size_bytes: int | None) -> None:
        """Asks the policy before anything is done. Raises Refusal."""
        permit = self._site.ask(XlsxRequest(self.operation, size_bytes))
        # Under an audit alone there are no terms, and what limits are by default holds.
        self.limits = permit.terms or XlsxLimits()
        self.record = permit.record

    async def begin(self, job: str, config: Any) -> None:
        """Begins the job, in a process of its own."""
        limits = WorkLimits(
            memory_bytes=MEMORY_BYTES,
            cpu_s=max(math.ceil(self._site.deadline - time.monotonic()), 1) + 1,
            deadline=self._site.deadline,
            file_bytes=self.limits.max_size_bytes + _SPARE_BYTES,
        )
        self._work = await self._apart.begin(job, limits, self._site.principal, self._site.worked)
        if self._closed:
            self._work.kill()
        await self._work.send(msgspec.json.encode(config))

    async def send(self, kind: bytes, data: bytes | memoryview = b"") -> None:
        """Sends a command. Raises Refusal where it is too long."""
        if len(data) >= FRAME_BYTES_MAX:
            raise Refusal("ValidationError", f"A row comes to more than {FRAME_BYTES_MAX // _MIB} MiB")
        await self._work.send(kind + data)

    async def receive(self) -> bytes:
        """The next answer. Raises Refusal."""
        try:
            answer = await self._work.receive()
        except Refusal as refusal:
            self.close()
            if refusal.type != OVER_LIMIT:
                raise
            figure, value = refusal.message.split()
            # The policy says it in its own words, with its rule, and the decision is on record.
            self._site.ask(XlsxRequest(self.operation, **{figure: int(value)}))
            raise Refusal("CapabilityError", f"The workbook is over a limit: {figure}") from refusal
        if answer is None:
            raise Refusal("ValidationError", "The workbook is closed")
        return answer

    def close(self) -> None:
        """Ends the process."""
        self._closed = True
        if self._work is not None:
            self._work.kill()


class Reader(Handle):
    """A workbook that is read."""

    operation = "read"

    def __init__(self, site: Site, apart: Apart) -> None:
        super().__init__(site, apart)
        self._size_bytes = 0
        self._whole = False
        self._streaming = False

    async def open(self, options: dict[str, Any], size_bytes: int) -> None:
        """Begins to read. `size_bytes` is as far as it is known."""
        self.admit(size_bytes)
        await self.begin(READ_JOB, {"limits": self.inside(), **options})

    async def feed(self, data: memoryview) -> None:
        """The next piece of the file."""
        if self._whole:
            raise Refusal("ValidationError", "The workbook is there as a whole already")
        self._size_bytes += len(data)
        if self._size_bytes > self.limits.max_size_bytes:
            self._site.ask(XlsxRequest("read", self._size_bytes))
        for at in range(0, len(data), _FRAME_BYTES):
            await self.send(reading.PIECE, data[at : at + _FRAME_BYTES])

    async def whole(self) -> bytes:
        """There is no more of the file. Gives what is in it, as JSON."""
        if self._whole:
            raise Refusal("ValidationError", "The workbook is there as a whole already")
        self._whole = True
        self.record.note(bytes=self._size_bytes)
        await self.send(reading.WHOLE)
        return await self.receive()

    async def sheet(self, options: bytes) -> None:
        """Begins a sheet. What was left of another is given up."""
        if not self._whole:
            raise Refusal("ValidationError", "The workbook is not there as a whole yet")
        if self._streaming:
            await self.send(reading.STOP)
            while await self.receive():
                pass
        self._streaming = True
        await self.send(reading.SHEET, options)

    async def next(self) -> bytes:
        """The next batch of the sheet."""
        if not self._streaming:
            raise Refusal("ValidationError", "No sheet of the workbook is being read")
        batch = await self.receive()
        # The first word says whether this is the last.
        self._streaming = not batch[0] & 1
        return batch


class Writer(Handle):
    """A workbook that is written."""

    operation = "write"

    def __init__(self, site: Site, apart: Apart) -> None:
        super().__init__(site, apart)
        self._finished = False

    async def create(self, options: dict[str, Any]) -> None:
        """Begins to write."""
        self.admit(None)
        await self.begin(WRITE_JOB, {"limits": self.inside(), **options})

    async def add_sheet(self, sheet: memoryview) -> bytes:
        """Begins a sheet, described as JSON."""
        await self.send(writing.ADD_SHEET, sheet)
        return await self.receive()

    async def rows(self, batch: memoryview) -> bytes:
        """The next rows of the sheet. They are on their way when this returns."""
        await self.send(writing.ROWS, batch)
        return b""

    async def finish(self) -> bytes:
        """There is no more. Gives the size of the file."""
        await self.send(writing.FINISH)
        size = await self.receive()
        self._finished = True
        self.record.note(bytes=int.from_bytes(size, "little"))
        return size

    async def piece(self) -> bytes:
        """The next piece of the file; nothing at its end."""
        if not self._finished:
            raise Refusal("ValidationError", "The workbook is not finished yet")
        await self.send(writing.PIECE)
        return await self.receive()
