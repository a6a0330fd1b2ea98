"""Requirement 17: hostile spreadsheets cost a moment of one process that can be killed, and say what is wrong.

Each file is read in a process of its own with two seconds of a processor: what takes longer is refused with other words
than those expected here. Nothing of a file is looked at in the worker.
"""

import asyncio
import re
import resource
import time
import zlib
from collections.abc import Callable

import msgspec
import pytest

from host.capabilities.apart.apart import Apart
from host.capabilities.apart.frames import Ended, Limits
from host.capabilities.base import Refusal
from host.capabilities.xlsx.handles import MEMORY_BYTES, READ_JOB
from host.capabilities.xlsx.power import JOBS
from host.capabilities.xlsx.reading import PIECE, SHEET, WHOLE
from tests.capabilities.workbooks import (
    LIMITS,
    MAIN,
    MIB,
    book,
    deflated,
    packed,
    parts,
    raw_archive,
    relations,
    sheet,
    workbook,
)

SHEET_PART = "xl/worksheets/sheet1.xml"
ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
) + "]>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def entry(name: str | bytes, data: bytes = b"", **other: int) -> dict:
    """An entry of an archive, right but for what is given."""
    return {"name": name, "data": deflated(data), "unpacked": len(data), "crc": zlib.crc32(data), **other}


def with_sheet(**other) -> bytes:
    """A workbook whose sheet has an entry of its own making."""
    entries = [entry(name, content.encode()) for name, content in parts().items() if name != SHEET_PART]
    return raw_archive([*entries, {**entry(SHEET_PART, sheet(ROW).encode()), **other}])


def overlapping() -> bytes:
    """Many entries of the same bytes."""
    first = entry("a", bytes(MIB))
    return raw_archive([first, *({**first, "name": f"a{n}", "at": 0} for n in range(50))])


def quoted() -> bytes:
    """An entry that lies inside of another."""
    outer = entry("outer", bytes(1000), method=0)
    outer |= {"data": bytes(1000), "packed": 1000}
    return raw_archive([outer, {**entry("inner", b"x"), "at": 100}])


def cut(data: bytes, at: float) -> bytes:
    """The first part of a file."""
    return data[: int(len(data) * at)]


def rows_of(count: int, cells: str = '<c r="A{0}"/>') -> str:
    """Many rows."""
    return "".join(f'<row r="{n}">{cells.format(n)}</row>' for n in range(1, count + 1))


def strings(inside: str) -> bytes:
    """A workbook with shared strings."""
    return workbook('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=f'<sst xmlns="{MAIN}">{inside}</sst>')


def styles(inside: str) -> bytes:
    """A workbook with styles."""
    return workbook(ROW, styles=f'<styleSheet xmlns="{MAIN}">{inside}</styleSheet>')


def one_cell(xml: str) -> bytes:
    """A workbook of one row of cells."""
    return workbook(f'<row r="1">{xml}</row>')


def zip64() -> bytes:
    """An archive that says that it has 2⁶⁰ parts."""
    end64 = b"PK\6\6" + (44).to_bytes(8, "little") + bytes(12) + (2**60).to_bytes(8, "little") * 2 + bytes(16)
    locator = b"PK\6\7" + bytes(4) + (104).to_bytes(8, "little") + bytes(4)
    return b"PK\3\4" + bytes(100) + end64 + locator + b"PK\5\6" + bytes(4) + b"\xff" * 12 + bytes(2)


def of_disks() -> bytes:
    """An archive that is one of several."""
    data = bytearray(workbook(ROW))
    data[data.rindex(b"PK\5\6") + 4] = 1
    return bytes(data)


#: Each a file, and a part of what is said of it.
ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb": (lambda: with_sheet(data=deflated(bytes(MIB), 60), unpacked=60 * MIB), "uncompressed_bytes"),
    "bomb that says less": (lambda: with_sheet(data=deflated(bytes(MIB), 60), unpacked=900), "larger than its archive"),
    "ratio above the policy's": (lambda: with_sheet(data=deflated(b"<"), unpacked=20 * MIB), "ratio"),
    "sizes too large": (lambda: with_sheet(unpacked=2**32 - 2), "uncompressed"),
    "sizes too small": (lambda: with_sheet(unpacked=3), "larger than its archive says"),
    "same bytes many times": (overlapping, "overlap"),
    "one inside the other": (quoted, "overlap"),
    "many entries": (lambda: packed({f"{n}": "" for n in range(10_001)}), "10,001 parts"),
    "2^60 entries": (zip64, "parts, and"),
    "entries that are not there": (
        lambda: b"PK\3\4" + raw_archive([])[:-14] + b"\x99\0" * 2 + bytes(10),
        "directory of its archive is damaged",
    ),
    "directory elsewhere": (lambda: b"PK\3\4" + raw_archive([])[:-6] + b"\xff\xff\xff\x7f" + bytes(2), "directory"),
    "cut in the middle": (lambda: cut(workbook(ROW), 0.5), "cut off"),
    "cut at the end": (lambda: workbook(ROW)[:-3], "cut off"),
    "head alone": (lambda: b"PK\3\4", "cut off"),
    "path upwards": (lambda: raw_archive([entry("../../etc/passwd")]), "points out of it"),
    "path upwards inside": (lambda: raw_archive([entry("xl/../../x")]), "points out of it"),
    "path from the root": (lambda: raw_archive([entry("/etc/passwd")]), "points out of it"),
    "path of Windows": (lambda: raw_archive([entry("xl\\..\\..\\x")]), "points out of it"),
    "path with a drive": (lambda: raw_archive([entry("c:/x")]), "points out of it"),
    "NUL in a name": (lambda: raw_archive([entry("xl/a\0b")]), "points out of it"),
    "name that is no text": (lambda: raw_archive([entry(b"\xff\xfe", flags=0x800)]), "not text"),
    "name too long": (lambda: raw_archive([entry("x" * 2000)]), "too long"),
    "name twice": (lambda: raw_archive([entry("a"), entry("a")]), "twice"),
    "name twice but for its case": (lambda: raw_archive([entry("xl/A"), entry("XL/a")]), "twice"),
    "encrypted part": (lambda: with_sheet(flags=1), "it is encrypted"),
    "unknown method": (lambda: with_sheet(method=14), "packed in a way"),
    "damaged data": (lambda: with_sheet(data=b"\xff" * 100), "damaged"),
    "wrong checksum": (lambda: with_sheet(crc=7), "damaged"),
    "stored of two lengths": (lambda: with_sheet(method=0, unpacked=5), "damaged"),
    "part elsewhere": (lambda: with_sheet(at=3), "overlap|not where"),
    "part beyond the end": (lambda: with_sheet(packed=2**31), "cut off"),
    "several disks": (of_disks, "several"),
}
KINDS: dict[str, tuple[Callable[[], bytes], str]] = {
    "xls": (lambda: OLE, ".xls file"),
    "encrypted": (lambda: OLE + "EncryptedPackage".encode("utf-16-le"), "it is encrypted"),
    "xlsb": (lambda: packed({"xl/workbook.bin": b""}), ".xlsb file"),
    "ods": (lambda: packed({"content.xml": b""}), "OpenDocument"),
    "docx": (lambda: packed({"word/document.xml": b""}), "Word document"),
    "html": (lambda: b"<html><table>", "no .xlsx file"),
    "xml of 2003": (lambda: b'<?xml version="1.0"?><Workbook>', "no .xlsx file"),
    "pdf": (lambda: b"%PDF-1.7\n", "no .xlsx file"),
    "binary": (lambda: bytes(range(256)) * 10, "no .xlsx file"),
    "nothing": (lambda: b"", "it is empty"),
    "any archive": (lambda: packed({"a.txt": b"a"}), "holds no workbook"),
    "no sheets": (lambda: workbook(workbook=book(())), "no sheets"),
    "no workbook": (
        lambda: packed({"_rels/.rels": relations(("officeDocument", "xl/workbook.xml"))}),
        "holds no workbook",
    ),
    "too many sheets": (lambda: workbook(workbook=book(tuple(map(str, range(21))))), "sheets"),
    "two sheets of one name": (lambda: workbook(workbook=book(("S", "S"))), "two sheets"),
    "relations without end": (lambda: workbook(rels=relations(*[("x", "y")] * 50_001)), "too many relations"),
}
XML: dict[str, tuple[Callable[[], bytes], str]] = {
    "billion laughs": (lambda: workbook(sheet=LAUGHS + sheet("&j;")), "document type"),
    "external entity": (
        lambda: workbook(workbook=f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{book(("&e;",))}'),
        "document type",
    ),
    "external DTD": (lambda: workbook(sheet='<!DOCTYPE x SYSTEM "http://127.0.0.1/x">' + sheet(ROW)), "document type"),
    "DTD in the strings": (lambda: workbook(ROW, strings=LAUGHS + "<sst>&j;</sst>"), "document type"),
    "entity that there is not": (lambda: one_cell('<c r="A1" t="str"><v>&amp;&xxe;</v></c>'), "entity"),
    "reference to NUL": (lambda: one_cell('<c r="A1" t="str"><v>&#0;</v></c>'), "no character"),
    "half a pair": (lambda: one_cell('<c r="A1" t="str"><v>&#xD800;</v></c>'), "no character"),
    "deep sheet": (lambda: workbook(sheet=sheet("<row>" * 100_000)), "nested deeper"),
    "deep styles": (lambda: styles("<a>" * 100_000), "nested deeper"),
    "tag without end": (lambda: workbook(sheet=f'<worksheet a="{"x" * 20 * MIB}'), "tag without end"),
    "comment without end": (lambda: workbook(sheet=f"<worksheet><!--{'x ' * 10 * MIB}"), "tag without end"),
    "many attributes": (
        lambda: workbook(sheet=sheet(before="<x " + "".join(f"a{n}='' " for n in range(300_000)))),
        "tag",
    ),
    "row without end": (
        lambda: workbook(sheet=f'<worksheet><sheetData><row r="1">{"<c/>" * 7 * MIB}'),
        "too many cells",
    ),
    "cut part": (lambda: workbook(sheet=sheet(ROW)[:-9]), "not well-formed"),
    "tags crossed": (lambda: workbook("<row><c></row></c>"), "not well-formed"),
    "two roots": (lambda: workbook(sheet=sheet(ROW) * 2), "not well-formed"),
    "not UTF-8": (lambda: workbook(sheet=sheet(ROW).encode() + b"<!-- \xff -->"), "not well-formed"),
    "not UTF-8 in a cell": (
        lambda: workbook(sheet=sheet(ROW.replace("1</v>", "!</v>")).encode().replace(b"!", b"\xff")),
        "not UTF-8",
    ),
    "encoding that there is not": (
        lambda: workbook(sheet=sheet(ROW).replace('"1.0"', '"1.0" encoding="x-no-such"')),
        "no known encoding",
    ),
}
CELLS: dict[str, tuple[Callable[[], bytes], str]] = {
    "row beyond the last": (lambda: workbook('<row r="1048577"/>'), "out of order"),
    "row of a huge number": (lambda: workbook(f'<row r="{"9" * 4000}"/>'), "not valid|out of order"),
    "rows backwards": (lambda: workbook('<row r="2"/><row r="1"/>'), "out of order"),
    "column beyond the last": (lambda: one_cell('<c r="XFE1"><v>1</v></c>'), "not valid"),
    "place that is none": (lambda: one_cell('<c r="1A"><v>1</v></c>'), "in no place"),
    "a row of too many cells": (lambda: one_cell("<c/>" * 16_385), "too many cells"),
    "string that there is not": (lambda: one_cell('<c r="A1" t="s"><v>0</v></c>'), "not valid"),
    "string below the first": (lambda: one_cell('<c r="A1" t="s"><v>-1</v></c>'), "not valid"),
    "number that is none": (lambda: one_cell('<c r="A1"><v>1,5</v></c>'), "not valid"),
    "date that is none": (lambda: one_cell('<c r="A1" t="d"><v>2024-99-99</v></c>'), "not valid"),
    "type that is none": (lambda: one_cell('<c r="A1" t="x"><v>1</v></c>'), "no known type"),
    "formula that nobody has": (lambda: one_cell('<c r="A1"><f t="shared" si="9"/><v>1</v></c>'), "not valid"),
    "text without end": (
        lambda: one_cell(f'<c r="A1" t="inlineStr"><is><r><t>{"x" * 5 * MIB}</t></r></is></c>'),
        "too long",
    ),
    "too many rows": (lambda: workbook(rows_of(100_001)), "rows"),
    "too many cells": (lambda: workbook(rows_of(60_000, "".join(f'<c r="{c}{{0}}"/>' for c in "ABCDEFGHI"))), "cells"),
    "too many empty rows": (lambda: workbook("<row/>" * 100_001), "rows"),
    "merged ranges without end": (
        lambda: workbook(sheet=sheet(after="<mergeCells>" + '<mergeCell ref="A1:B2"/>' * 100_001 + "</mergeCells>")),
        "merged ranges",
    ),
    "columns without end": (
        lambda: workbook(sheet=sheet(before="<cols>" + '<col min="1" max="16384"/>' * 16_385 + "</cols>")),
        "columns",
    ),
    "styles without end": (lambda: styles(f"<cellXfs>{'<xf/>' * 70_002}</cellXfs>"), "cell styles"),
    "formats without end": (
        lambda: styles("".join(("<numFmts>", *(f'<numFmt numFmtId="{n}" formatCode="0"/>' for n in range(6000))))),
        "number formats",
    ),
    "number of a string without end": (lambda: one_cell(f'<c r="A1" t="s"><v>{"1" * 5000}</v></c>'), "not valid"),
}
HOSTILE = {**ARCHIVES, **KINDS, **XML, **CELLS}


class Readers:
    """Reads files in processes of their own; `ended` has what each has used."""

    def __init__(self) -> None:
        self._apart = Apart(JOBS, at_once_max=2)
        self.ended: list[Ended | None] = []

    async def read(self, data: bytes, memory_bytes: int = MEMORY_BYTES, **limits: int) -> str:
        """What a file is refused with, `read` where it is not."""
        bounds = Limits(memory_bytes=memory_bytes, cpu_s=2, deadline=time.monotonic() + 60, file_bytes=64 * MIB)
        async with self._apart.work(READ_JOB, bounds) as work:
            try:
                await work.send(msgspec.json.encode({"limits": {**LIMITS, **limits}}))
                for at in range(0, len(data), MIB):
                    await work.send(PIECE + data[at : at + MIB])
                await work.send(WHOLE)
                await work.receive()
                await work.send(SHEET + msgspec.json.encode({"sheet": 0, "everything": True}))
                while not (await work.receive())[0] & 1:
                    pass
            except Refusal as refusal:
                return f"{refusal.type}: {refusal.message}"
            finally:
                work.kill()
                self.ended.append(await work._gone)
        return "read"

    def close(self) -> None:
        """Ends the zygote."""
        self._apart.close()


def read_all(files: dict[str, bytes], **options: int) -> tuple[dict[str, str], list[Ended | None]]:
    """What becomes of each file."""

    async def run() -> dict[str, str]:
        readers = Readers()
        try:
            return dict(zip(files, await asyncio.gather(*(readers.read(data, **options) for data in files.values())),
                            strict=True)), readers.ended  # fmt: skip
        finally:
            readers.close()

    return asyncio.run(run())


@pytest.mark.parametrize("group", [ARCHIVES, KINDS, XML, CELLS], ids=["archives", "kinds", "xml", "cells"])
def test_every_hostile_file_is_refused_in_clear_words(group: dict) -> None:
    """Within two seconds of a processor, in less memory than a large workbook takes, and none of it in the worker."""
    files = {name: make() for name, (make, _) in group.items()}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said, ended = read_all(files)
    wrong = {name: said[name] for name, (_, words) in group.items() if not re.search(words, said[name])}
    assert wrong == {}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024
    assert max(each.memory_peak_bytes for each in ended) < 160 * MIB
    for words in said.values():
        assert not any(inside in words for inside in (".py", "Error(", "0x", "/tmp", "/usr", "/root"))
        assert len(words) < 400


def test_there_are_more_than_sixty_of_them() -> None:
    """Each by a name of its own."""
    assert len(HOSTILE) == sum(map(len, (ARCHIVES, KINDS, XML, CELLS)))
    assert len(HOSTILE) >= 60


def test_a_parser_that_takes_all_memory_is_ended() -> None:
    """More distinct strings than there is room for: the process hits its own limit, and the machine's is far."""
    many = "".join(f"<si><t>{n:08x}</t></si>" for n in range(600_000))
    said, (ended,) = read_all({"strings": strings(many)}, memory_bytes=24 * MIB)
    assert "memory" in said["strings"]
    assert ended.memory_peak_bytes < 100 * MIB


def test_dimensions_are_not_believed() -> None:
    """A sheet that says it has seventeen billion cells, and has two, costs what two cells cost."""
    data = workbook(
        sheet=sheet(
            ROW + '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>',
            before='<dimension ref="A1:XFD1048576"/>',
        )
    )
    assert read_all({"wide": data})[0] == {"wide": "read"}


def test_external_links_are_not_followed() -> None:
    """What a workbook refers to outside of itself is none of it."""
    rels = relations(("worksheet", "worksheets/sheet1.xml"))
    outside = '<Relationship Id="rId9" Type="x/sharedStrings" Target="http://127.0.0.1/s.xml" TargetMode="External"/>'
    up = '<Relationship Id="rId8" Type="x/styles" Target="../../../../etc/passwd"/>'
    data = workbook(ROW, rels=rels.replace("</Rel", f"{outside}{up}</Rel"))
    assert read_all({"links": data})[0] == {"links": "read"}
