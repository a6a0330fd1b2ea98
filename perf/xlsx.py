"""Spreadsheets: rows a second, read and written by guest code, beside SheetJS under node and openpyxl."""

import base64
import io
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import msgspec
import openpyxl
import python_calamine
import xlsxwriter

from perf import ours, packages
from perf.errors import Unavailable
from perf.options import Options
from perf.report import Report, Table, Target
from perf.rounds import interleave

NAME = "xlsx"
SUMMARY = "rows of 7 mixed columns a second, read and written, beside SheetJS, openpyxl, calamine and XlsxWriter"
ROUNDS = 5
SIZES = (1_000, 10_000, 50_000)
NODE_SECONDS_MAX = 120
FUEL = 100_000_000_000
STREAM_ROWS_S, BATCHES_ROWS_S, WRITE_ROWS_S = 100_000, 150_000, 50_000

_BEGIN = "const xlsx = require('xlsx'); const data = Buffer.from(input.file, 'base64'); let sum = 0;"
_TIMED = "const began = performance.now();"
READ_STREAM = f"""{_BEGIN} {_TIMED}
xlsx.readStream(data, 0, (row) => {{ sum += row.Amount; }});
return [performance.now() - began, sum];"""
READ_BATCHES = f"""{_BEGIN} {_TIMED}
xlsx.readBatches(data, 0, {{ batchSize: 1000 }}, (rows) => {{ for (const row of rows) sum += row.Amount; }});
return [performance.now() - began, sum];"""
WRITE = f"""const xlsx = require('xlsx');
const date = (i) => '2024-01-' + (i % 28 + 1);
const row = (i) => [i, '客户名称' + i % 977, i * 1.25, date(i), '北京市朝阳区' + i, i % 2 === 0, i / 100];
const rows = Array.from({{ length: input.rows }}, (_, i) => row(i));
{_TIMED}
const stream = xlsx.createWriteStream();
stream.addSheet('Data');
for (const row of rows) stream.writeRow(row);
const file = stream.finalize();
return [performance.now() - began, file.length];"""
HEADER = ("id", "名称", "Amount", "date", "address", "ok", "ratio")


class Contestant(msgspec.Struct, frozen=True):
    """Who reads or writes: `run` takes a number of rows and gives seconds. Raises Unavailable or RuntimeError."""

    name: str
    run: Callable[[int], float]


def rows(count: int) -> list[list[object]]:
    """Numbers, Chinese text, dates as text, truth values; the same on every machine."""
    return [
        [i, f"客户名称{i % 977}", i * 1.25, f"2024-01-{i % 28 + 1:02}", f"北京市朝阳区{i}", i % 2 == 0, i / 100]
        for i in range(count)
    ]


class Files:
    """The workbooks that everybody reads, as XlsxWriter makes them."""

    def __init__(self, folder: Path) -> None:
        self.paths = {count: folder / f"{count}.xlsx" for count in SIZES}
        for count, path in self.paths.items():
            book = xlsxwriter.Workbook(path)
            sheet = book.add_worksheet("Data")
            for number, row in enumerate([HEADER, *rows(count)]):
                sheet.write_row(number, 0, row)
            book.close()

    def sum(self, count: int) -> float:
        """What the column Amount comes to."""
        return sum(row[2] for row in rows(count))


def run(options: Options) -> Report:
    ours.open_runtime()
    with TemporaryDirectory() as folder:
        files = Files(Path(folder))
        tables, targets, samples = [], [], {}
        for title, contestants, promised in (
            ("Read", _readers(files), {"readStream": STREAM_ROWS_S, "readBatches": BATCHES_ROWS_S}),
            ("Write", _writers(Path(folder)), {"createWriteStream": WRITE_ROWS_S}),
        ):
            rates = {count: _rates(contestants, count, options.rounds or ROUNDS) for count in SIZES}
            tables.append(_table(title, contestants, rates))
            samples[title] = rates
            for name, bound in promised.items():
                for count in SIZES:
                    value = rates[count][name]
                    value = median(value) if isinstance(value, list) else None
                    targets.append(Target(f"{name}, {count:,} rows", bound, value, "rows/s", at_least=True))
    notes = [
        "Ours is timed inside the guest, from the call to its return: a process for the work, inflating and all.",
        "SheetJS reads with `sheet_to_json`, openpyxl with `read_only`; it writes with `write_only`. calamine holds the"
        " whole sheet, and gives neither formulas nor formats. None of them is in a process of its own.",
        packages.describe(),
    ]
    return Report(NAME, SUMMARY, tables, targets, notes, samples)


def _readers(files: Files) -> list[Contestant]:
    def guest(code: str) -> Callable[[int], float]:
        def read(count: int) -> float:
            given = {"file": base64.b64encode(files.paths[count].read_bytes()).decode()}
            return _in_guest(code, given, files.sum(count))

        return read

    def by_openpyxl(count: int) -> float:
        began = time.perf_counter()
        sheet = openpyxl.load_workbook(files.paths[count], read_only=True).active
        total = sum(row[2] for row in sheet.iter_rows(min_row=2, values_only=True))
        _expect(total, files.sum(count))
        return time.perf_counter() - began

    def by_calamine(count: int) -> float:
        began = time.perf_counter()
        found = python_calamine.CalamineWorkbook.from_path(str(files.paths[count])).get_sheet_by_index(0).to_python()
        _expect(sum(row[2] for row in found[1:]), files.sum(count))
        return time.perf_counter() - began

    return [
        Contestant("readStream", guest(READ_STREAM)),
        Contestant("readBatches", guest(READ_BATCHES)),
        Contestant("SheetJS", lambda count: _in_node("read", files.paths[count], count, files.sum(count))),
        Contestant("openpyxl", by_openpyxl),
        Contestant("calamine", by_calamine),
    ]


def _writers(folder: Path) -> list[Contestant]:
    def by_openpyxl(count: int) -> float:
        given = rows(count)
        began = time.perf_counter()
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Data")
        for row in given:
            sheet.append(row)
        book.save(io.BytesIO())
        return time.perf_counter() - began

    def by_xlsxwriter(count: int) -> float:
        given = rows(count)
        began = time.perf_counter()
        with xlsxwriter.Workbook(io.BytesIO(), {"constant_memory": True, "in_memory": True}) as book:
            sheet = book.add_worksheet("Data")
            for number, row in enumerate(given):
                sheet.write_row(number, 0, row)
        return time.perf_counter() - began

    return [
        Contestant("createWriteStream", lambda count: _in_guest(WRITE, {"rows": count}, None)),
        Contestant("SheetJS", lambda count: _in_node("write", folder / "written.xlsx", count, None)),
        Contestant("openpyxl", by_openpyxl),
        Contestant("XlsxWriter", by_xlsxwriter),
    ]


def _in_guest(code: str, given: object, expected: float | None) -> float:
    milliseconds, value = msgspec.json.decode(ours.run_block(code, msgspec.json.encode(given), FUEL))
    if expected is not None:
        _expect(value, expected)
    return milliseconds / 1000


def _in_node(what: str, path: Path, count: int, expected: float | None) -> float:
    command = [packages.node(), str(packages.PEERS / "sheetjs.mjs"), what, str(path), str(count)]
    environment = {"PEER_MODULES": str(packages.folder())}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=NODE_SECONDS_MAX, env=environment, check=False
    )
    if done.returncode:
        raise Unavailable(f"failed: {done.stderr.strip().splitlines()[-1:]}")
    milliseconds, value = msgspec.json.decode(done.stdout)
    if expected is not None:
        _expect(value, expected)
    return milliseconds / 1000


def _expect(value: float, expected: float) -> None:
    if abs(value - expected) > 1e-6 * expected:
        raise RuntimeError(f"a wrong answer: {value}, and not {expected}")


def _rates(contestants: list[Contestant], count: int, rounds: int) -> dict[str, list[float] | str]:
    """Rows a second of each round, by contestant, or why there are none. The first round is for the caches."""
    rates: dict[str, list[float] | str] = {contestant.name: [] for contestant in contestants}
    for turn, contestant in enumerate(interleave(contestants, rounds + 1)):
        found = rates[contestant.name]
        if isinstance(found, str):
            continue
        try:
            rate = count / contestant.run(count)
        except (Unavailable, RuntimeError, subprocess.SubprocessError) as reason:
            rates[contestant.name] = f"cannot be measured: {reason}"
        else:
            if turn >= len(contestants):
                found.append(rate)
    return rates


def _table(title: str, contestants: list[Contestant], rates: dict[int, dict[str, list[float] | str]]) -> Table:
    def cell(found: list[float] | str) -> str:
        return found if isinstance(found, str) else f"{median(found):,.0f}"

    lines = [(contestant.name, *(cell(rates[count][contestant.name]) for count in SIZES)) for contestant in contestants]
    return Table(f"{title}, rows/s", ("", *(f"{count:,} rows" for count in SIZES)), lines)
