"""Workbooks made by hand, part by part, right and wrong; and the jobs that read and write, in the test's process."""

import io
import struct
import zipfile
import zlib

import msgspec

from host.capabilities.xlsx import reading, writing
from host.capabilities.xlsx.batch import DATE, EMPTY, ERROR, FALSE, FORMAT, FORMULA, NUMBER, SKIP, STRING, TRUE, Opened

MIB = 1024 * 1024
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
LIMITS = {
    "size_bytes": 50 * MIB,
    "uncompressed_bytes": 30 * MIB,
    "ratio": 1_100,
    "cells": 500_000,
    "rows": 100_000,
    "sheets": 20,
}


def relations(*targets: tuple[str, str]) -> str:
    """A part of relations, with ids from rId1 on; each a type's last word and a target."""
    inside = "".join(
        f'<Relationship Id="rId{number}" Type="{_R}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_RELS}">{inside}</Relationships>'


def sheet(rows: str = "", before: str = "", after: str = "") -> str:
    """A sheet's part."""
    return f'<?xml version="1.0"?><worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def book(names: tuple[str, ...] = ("S",), inside: str = "") -> str:
    """A workbook's part; its sheets are rId1 and on."""
    sheets = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, 1))
    return f'<workbook xmlns="{MAIN}" xmlns:r="{_R}">{inside}<sheets>{sheets}</sheets></workbook>'


def parts(rows: str = "", **changed: str | bytes | None) -> dict[str, str | bytes]:
    """The parts of a small workbook of one sheet with `rows`. `changed` are others, by the last part of their names."""
    made: dict[str, str | bytes | None] = {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": changed.pop("workbook", book()),
        "xl/_rels/workbook.xml.rels": changed.pop(
            "rels",
            relations(
                ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")
            ),
        ),
        "xl/worksheets/sheet1.xml": changed.pop("sheet", sheet(rows)),
        "xl/styles.xml": changed.pop("styles", None),
        "xl/sharedStrings.xml": changed.pop("strings", None),
    }
    assert not changed, changed
    return {name: content for name, content in made.items() if content is not None}


def packed(contents: dict[str, str | bytes]) -> bytes:
    """An archive of parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def workbook(rows: str = "", **changed: str | bytes | None) -> bytes:
    """A small workbook."""
    return packed(parts(rows, **changed))


def raw_archive(entries: list[dict]) -> bytes:
    """An archive as nobody should make it: each entry a dict with `name` and `data` (as packed), and whatever of the
    fields of its two headers is to be other than right."""
    body, directory = bytearray(), bytearray()
    for entry in entries:
        name = entry["name"] if isinstance(entry["name"], bytes) else entry["name"].encode()
        at = entry.get("at", len(body))
        flags, method = entry.get("flags", 0), entry.get("method", 8)
        size, crc = entry.get("size", entry.get("unpacked", 0)), entry.get("crc", 0)
        packed_size = entry.get("packed", len(entry["data"]))
        if "at" not in entry:
            body += struct.pack("<4s5H3I2H", b"PK\3\4", 20, flags, method, 0, 33, crc, packed_size, size, len(name), 0)
            body += name + entry["data"]
        directory += struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", 20, 20, flags, method, 0, 33, crc, packed_size, size, len(name), 0, 0, 0, 0, 0, at
        )
        directory += name
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return bytes(body + directory + end)


def deflated(data: bytes, times: int = 1) -> bytes:
    """Bytes as archives have them, `times` one after the other."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return b"".join(packer.compress(data) for _ in range(times)) + packer.flush()


class Direct:
    """A door with the worker's side of it played beforehand."""

    def __init__(self, frames: list[bytes]) -> None:
        self._frames = iter(frames)
        self.sent: list[bytes] = []

    def receive(self) -> bytes | None:
        return next(self._frames, None)

    def send(self, data: bytes) -> None:
        self.sent.append(bytes(data))

    def is_called(self) -> bool:
        return False


def read(
    data: bytes,
    sheet: int = 0,
    everything: bool = False,
    row_end: int = 1_048_576,
    config: dict | None = None,
    **limits: int,
) -> tuple:
    """What is in a file: its facts, the rows of one sheet by number (cells by column), and the trailer."""
    wanted = {"sheet": sheet, "everything": everything, "row_end": row_end}
    door = Direct(
        [
            msgspec.json.encode({"limits": {**LIMITS, **limits}, **(config or {})}),
            *(reading.PIECE + data[at : at + 100_000] for at in range(0, len(data), 100_000)),
            reading.WHOLE,
            reading.SHEET + msgspec.json.encode(wanted),
        ]
    )
    reading.read(door)
    facts, *batches = door.sent
    rows: dict[int, dict[int, object]] = {}
    for batch in batches:
        rows |= unbatched(batch)
    return msgspec.json.decode(facts), rows, msgspec.json.decode(Opened(batches[-1]).trailer)


def unbatched(data: bytes) -> dict[int, dict[int, object]]:
    """The rows of a batch. A cell is (type, value), and a dict of its format (z) and formula (f) where
    it has them."""
    batch = Opened(data)
    numbers, strings, at = iter(batch.numbers), iter(batch.strings), 0
    rows: dict[int, dict[int, object]] = {}
    for number, length in batch.rows:
        tags = iter(batch.tags[at : at + length])
        at += length
        column, extra = 0, {}
        row = rows[number] = {}
        for tag in tags:
            if tag == SKIP:
                column += next(tags) | next(tags) << 8
            elif tag == FORMAT:
                extra["z"] = next(tags) | next(tags) << 8
            elif tag == FORMULA:
                extra["f"] = next(strings)
            else:
                row[column] = (*cell(tag, numbers, strings), *([extra] if extra else []))
                column, extra = column + 1, {}
    assert next(numbers, None) is None
    assert next(strings, None) is None
    return rows


def cell(tag: int, numbers, strings) -> tuple:
    """Type and value of a cell."""
    match tag:
        case 0:
            assert tag == EMPTY
            return ("z", None)
        case _ if tag in (NUMBER, DATE):
            return ("n" if tag == NUMBER else "d", next(numbers))
        case _ if tag in (STRING, ERROR):
            return ("s" if tag == STRING else "e", next(strings))
        case _:
            assert tag in {TRUE, FALSE}
            return ("b", tag == TRUE)


def write(commands: list[bytes], config: dict | None = None, **limits: int) -> bytes:
    """The file that a writer makes of commands, without the last ones that fetch it."""
    door = Direct(
        [
            msgspec.json.encode({"limits": {**LIMITS, **limits}, **(config or {})}),
            *commands,
            writing.FINISH,
            *[writing.PIECE] * 100,
        ]
    )
    writing.write(door)
    answered = sum(command[:1] == writing.ADD_SHEET for command in commands)
    size, *pieces = door.sent[answered:]
    whole = b"".join(pieces)
    assert int.from_bytes(size, "little") == len(whole)
    return whole
