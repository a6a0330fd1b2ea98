"""The power xlsx: its operations, from opening to closing, under a policy; and what is left of it, which is nothing."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from host.capabilities.apart.apart import Apart
from host.capabilities.base import Decided, Later, Permit, Refusal
from host.capabilities.xlsx import power as xlsx
from host.capabilities.xlsx.batch import NUMBER, STRING, Batch, Opened
from host.policy.decide.outcome import Deny
from host.policy.decide.rulebook import Rulebook
from host.policy.resolve import resolve_files
from tests.capabilities.workbooks import MIB, read, unbatched, workbook

ALL = "{max_size: 1MiB, max_cells: 100000, max_rows: 20000, max_sheets: 2}"
GRANTED = f"grants: {{xlsx: {{read: {ALL}, write: {ALL}}}}}"


class TestSite:
    """An execution as far as a power of workbooks sees it."""

    __test__ = False

    def __init__(self, policy: str = GRANTED) -> None:
        files = {"test.yaml": f"version: 1\npolicy: test\n{policy}".encode()}
        self.rulebook = Rulebook(resolve_files(files).policies["test"])
        self.principal = "alice"
        self.deadline = time.monotonic() + 60
        self.calls = 0
        self.cpu_ns = 0
        self.decided: list[Decided] = []

    def ask(self, request) -> Permit:
        decision = self.rulebook.decide(request)
        self.decided.append(Decided("xlsx", decision, False, 0, request))
        if isinstance(decision, Deny):
            raise Refusal("CapabilityError", decision.message(with_place=False), decision.suggestion)
        return Permit(decision.terms, self.decided[-1])

    def spend_call(self) -> None:
        self.calls += 1

    def worked(self, cpu_ns: int) -> None:
        self.cpu_ns += cpu_ns


class Guest:
    """What a guest does: calls, each of which stands still for its answer."""

    def __init__(self, apart: Apart, site: TestSite) -> None:
        self.site = site
        self.apart = apart
        self.power = xlsx.open_xlsx(apart).make(site)

    async def call(self, operation: int, *parts: bytes) -> bytes:
        later = self.power.immediate[operation](b"".join(parts))
        assert isinstance(later, Later)
        return await later.work()

    async def refused(self, operation: int, *parts: bytes) -> str:
        with pytest.raises(Refusal) as caught:
            await self.call(operation, *parts)
        return f"{caught.value.type}: {caught.value.message}"

    async def open(self, data: bytes, **options: object) -> tuple[bytes, bytes]:
        """A handle, and what else came."""
        text = msgspec.json.encode({"whole": True, **options})
        answer = await self.call(xlsx.XLSX_OPEN, len(text).to_bytes(4, "little"), text, data)
        return answer[:4], answer[4:]

    async def rows(self, handle: bytes, sheet: int = 0) -> dict:
        """All rows of a sheet."""
        await self.call(xlsx.XLSX_SHEET, handle, msgspec.json.encode({"sheet": sheet}))
        rows: dict = {}
        while True:
            batch = await self.call(xlsx.XLSX_NEXT, handle)
            rows |= unbatched(batch)
            if batch[0] & 1:
                return rows

    async def create(self, **options: object) -> bytes:
        return await self.call(xlsx.XLSX_CREATE, msgspec.json.encode(options))

    async def file(self, handle: bytes) -> bytes:
        """The file, in pieces."""
        size = int.from_bytes(await self.call(xlsx.XLSX_FINISH, handle), "little")
        whole = b""
        while piece := await self.call(xlsx.XLSX_PIECE, handle):
            assert len(piece) <= MIB
            whole += piece
        assert len(whole) == size
        return whole


def play(story: Callable[[Guest], Awaitable[object]], policy: str = GRANTED) -> object:
    """Runs `story(guest)`; afterwards no process is left of it."""

    async def run() -> object:
        apart = Apart(xlsx.JOBS)
        guest = Guest(apart, TestSite(policy))
        try:
            return await story(guest)
        finally:
            guest.power.close()
            for _ in range(500):
                if not apart._working:
                    break
                await asyncio.sleep(0.01)
            assert apart._working == {}
            apart.close()

    return asyncio.run(run())


def many_rows(count: int, from_: int = 1) -> str:
    """Rows with their number."""
    return "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(from_, from_ + count))


def batch_of(*rows: list[object], first: int = 0, trailer: object = None) -> bytes:
    """A batch of numbers and strings."""
    batch = Batch()
    for number, row in enumerate(rows, first):
        batch.begin_row(number)
        for value in row:
            batch.tags.append(STRING if isinstance(value, str) else NUMBER)
            (batch.strings if isinstance(value, str) else batch.numbers).append(value)
    return batch.encode(trailer=b"" if trailer is None else msgspec.json.encode(trailer))


def test_a_workbook_is_read_in_one_piece_or_in_many() -> None:
    """The same either way; what was worked is counted, and the workbook is one of the policy's host calls."""

    async def story(guest: Guest) -> None:
        data = workbook(many_rows(10_000))
        handle, facts = await guest.open(data)
        expected = {n - 1: {0: ("n", n)} for n in range(1, 10_001)}
        assert json.loads(facts)["sheets"] == [{"name": "S", "state": "visible"}]
        assert await guest.rows(handle) == expected
        assert await guest.rows(handle) == expected
        other, nothing = await guest.open(data[:100], whole=False, size_bytes=len(data))
        assert nothing == b""
        for at in range(100, len(data), 5000):
            await guest.call(xlsx.XLSX_FEED, other, data[at : at + 5000])
        assert await guest.call(xlsx.XLSX_WHOLE, other) == facts
        assert await guest.rows(other) == expected
        for each in (handle, other):
            assert await guest.call(xlsx.XLSX_CLOSE, each) == b""
            assert await guest.refused(xlsx.XLSX_NEXT, each) == "ValidationError: The workbook is closed"
        assert guest.site.calls == 2
        assert guest.site.cpu_ns > 1_000_000
        assert [decided.outcome for decided in guest.site.decided] == [{"bytes": len(data)}] * 2

    play(story)


def test_a_sheet_may_be_given_up_for_another() -> None:
    """In the middle of many batches that are already on their way."""

    async def story(guest: Guest) -> None:
        handle, _ = await guest.open(workbook(many_rows(20_000)))
        for _ in range(3):
            await guest.call(xlsx.XLSX_SHEET, handle, b'{"sheet":0}')
            assert not (await guest.call(xlsx.XLSX_NEXT, handle))[0] & 1
        await asyncio.sleep(0.2)
        await guest.call(xlsx.XLSX_SHEET, handle, b'{"sheet":0,"row_end":5}')
        batch = await guest.call(xlsx.XLSX_NEXT, handle)
        assert list(unbatched(batch)) == [0, 1, 2, 3, 4]

    play(story)


def test_a_guest_that_reads_nothing_holds_up_the_parser() -> None:
    """As far as what is on its way; then the process sleeps."""

    async def story(guest: Guest) -> None:
        row = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>' + "x" * 3000 + "</t></is></c></row>"
        data = workbook("".join(row.format(n) for n in range(1, 7000)))
        handle, _ = await guest.open(data, size_bytes=len(data))
        await guest.call(xlsx.XLSX_SHEET, handle, b'{"sheet":0}')
        await asyncio.sleep(0.5)
        (work,) = guest.apart._working.values()
        assert len(work._reader._buffer) <= 3 * MIB

    play(story, "grants: {xlsx: {read: {max_ratio: 1000}}}")


@pytest.mark.parametrize(
    ("rows", "limits", "words"),
    [
        (many_rows(20_001), "", "20,001 rows are more than 20,000"),
        (many_rows(5), "", ""),
        (many_rows(60, 1), "max_cells: 10", "60 cells are more than 10"),
        (many_rows(60, 1), "max_size: 100", "bytes are more than 100"),
        (many_rows(600, 1), "max_uncompressed: 1000", "bytes when unpacked are more than 1,000"),
    ],
)
def test_limits_are_the_policys_and_said_in_its_words(rows: str, limits: str, words: str) -> None:
    """Whoever finds out, and whenever: the decision is on record."""
    policy = f"grants: {{xlsx: {{read: {{{limits}}}}}}}" if limits else GRANTED

    async def story(guest: Guest) -> str:
        try:
            handle, _ = await guest.open(workbook(rows))
            await guest.rows(handle)
        except Refusal as refusal:
            denied = refusal.type == "CapabilityError" and isinstance(guest.site.decided[-1].decision, Deny)
            return refusal.message if denied else f"not denied: {refusal.message}"
        return ""

    message = play(story, policy)
    assert words in message
    assert bool(words) == message.startswith("the policy `test` does not allow xlsx read")


def test_what_is_not_granted_is_refused_before_anything_is_done() -> None:
    """No process is made for it."""

    async def story(guest: Guest) -> None:
        for operation in (xlsx.XLSX_OPEN, xlsx.XLSX_CREATE):
            payload = b"{}" if operation == xlsx.XLSX_CREATE else b"\2\0\0\0{}"
            assert "does not allow xlsx" in await guest.refused(operation, payload)
        assert guest.apart._zygote is None

    play(story, "")


def test_calls_that_make_no_sense_are_refused_and_nothing_more() -> None:
    """Unknown handles, wrong kinds, wrong order, options that are none, more workbooks than there may be."""

    async def story(guest: Guest) -> None:
        call, refused = guest.call, guest.refused
        for operation in range(xlsx.XLSX_FEED, xlsx.XLSX_PIECE + 1):
            if operation not in (xlsx.XLSX_CLOSE, xlsx.XLSX_CREATE):
                for payload in (b"", b"\1", b"\xff" * 4, b"\xff" * 100):
                    assert await refused(operation, payload) == "ValidationError: The workbook is closed"
        for payload in (b"", b"\xff\xff\xff\xff", b"\2\0\0\0{", b"\2\0\0\0[]", b'\x0b\0\0\0{"wrong":1}'):
            assert (await refused(xlsx.XLSX_OPEN, payload)).startswith("ValidationError: The options of a workbook")
        assert (await refused(xlsx.XLSX_CREATE, b'{"format":"ods"}')).startswith("ValidationError: The options")
        reader, _ = await guest.open(workbook(many_rows(1)))
        writer = await guest.create()
        assert "no sheet 7" in await refused_after(guest, reader, b'{"sheet":7}')
        assert "closed" in await refused(xlsx.XLSX_ROWS, reader, batch_of([1]))
        assert "closed" in await refused(xlsx.XLSX_NEXT, writer)
        assert "not finished" in await refused(xlsx.XLSX_PIECE, writer)
        fresh, _ = await guest.open(b"", whole=False)
        assert "as a whole" in await refused(xlsx.XLSX_SHEET, fresh, b'{"sheet":0}')
        assert "No sheet" in await refused(xlsx.XLSX_NEXT, fresh)
        for _ in range(xlsx.HANDLES_MAX - 3):
            await guest.create()
        assert "8 workbooks open" in await refused(xlsx.XLSX_CREATE, b"{}")
        await call(xlsx.XLSX_CLOSE, writer)
        await guest.create()

    async def refused_after(guest: Guest, handle: bytes, options: bytes) -> str:
        await guest.call(xlsx.XLSX_SHEET, handle, options)
        return await guest.refused(xlsx.XLSX_NEXT, handle)

    play(story)


def test_a_workbook_is_written_in_batches_and_taken_in_pieces() -> None:
    """And read again; asynchronous operations are the same ones."""

    async def story(guest: Guest) -> None:
        handle = await guest.create()
        await guest.power.asynchronous[xlsx.XLSX_ADD_SHEET](handle + b'{"name":"One"}')
        for at in range(0, 10_000, 1000):
            rows = [[n, f"{n * 7919 % 10_007:x}" * 20] for n in range(at, at + 1000)]
            assert await guest.call(xlsx.XLSX_ROWS, handle, batch_of(*rows, first=at)) == b""
        data = await guest.file(handle)
        rows = read(data)[1]
        assert len(rows) == 10_000
        assert rows[9_999] == {0: ("n", 9_999), 1: ("s", f"{9_999 * 7919 % 10_007:x}" * 20)}
        assert guest.site.decided[0].outcome == {"bytes": len(data)}
        assert "is finished" in await guest.refused(xlsx.XLSX_FINISH, handle)

    play(story)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ("max_cells: 10", "cells are more than 10"),
        ("max_rows: 5", "rows are more than 5"),
        ("max_size: 500", "bytes are more than 500"),
        ("max_sheets: 1", "2 sheets are more than 1"),
        ("max_uncompressed: 1000", "when unpacked are more than 1,000"),
    ],
)
def test_what_is_written_has_limits_too(limits: str, words: str) -> None:
    """It is refused by what is asked for next."""

    async def story(guest: Guest) -> str:
        try:
            handle = await guest.create()
            await guest.call(xlsx.XLSX_ADD_SHEET, handle, b'{"name":"1"}')
            if "sheets" in limits:
                await guest.call(xlsx.XLSX_ADD_SHEET, handle, b'{"name":"2"}')
            await guest.call(xlsx.XLSX_ROWS, handle, batch_of(*([[n, str(n)] for n in range(100)])))
            await guest.file(handle)
        except Refusal as refusal:
            return refusal.message
        return ""

    assert words in play(story, f"grants: {{xlsx: {{write: {{{limits}}}}}}}")


def test_damaged_batches_of_a_guest_end_its_workbook() -> None:
    """They cannot come of a module of ours; they are an answer and no harm."""

    async def story(guest: Guest) -> list[str]:
        said = []
        for batch in (b"", b"\xff" * 40, batch_of([1])[:-1], batch_of(["a"]).replace(b"a\0", b"aa"), batch_of([1]) * 2):
            handle = await guest.create()
            await guest.call(xlsx.XLSX_ADD_SHEET, handle, b'{"name":"1"}')
            await guest.call(xlsx.XLSX_ROWS, handle, batch)
            said.append(await guest.refused(xlsx.XLSX_FINISH, handle))
        return said

    assert play(story) == ["ValidationError: The rows are damaged"] * 5


def test_a_closed_execution_leaves_no_process() -> None:
    """Also where workbooks are being opened, read and written at that moment."""

    async def story(guest: Guest) -> None:
        data = workbook(many_rows(20_000))
        tasks = [asyncio.create_task(guest.open(data)) for _ in range(4)]
        await asyncio.sleep(0.15)
        guest.power.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    play(story)


def test_a_batch_is_what_its_reader_makes_of_it() -> None:
    """Rows without cells are not in it."""
    batch = Batch()
    for number in range(5):
        batch.begin_row(number)
        if number % 2:
            batch.tags.append(NUMBER)
            batch.numbers.append(str(number))
    assert Opened(batch.encode()).rows == [(1, 1), (3, 1)]


def test_a_row_that_fits_no_frame_is_refused() -> None:
    """Before it is on its way; the workbook can still be written."""

    async def story(guest: Guest) -> None:
        handle = await guest.create()
        await guest.call(xlsx.XLSX_ADD_SHEET, handle, b'{"name":"1"}')
        assert "16 MiB" in await guest.refused(xlsx.XLSX_ROWS, handle, bytes(17 * MIB))
        assert read(await guest.file(handle))[1] == {}

    play(story)
