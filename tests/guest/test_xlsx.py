"""`require('xlsx')`: workbooks of several writers read as by the npm package, written, and streamed both ways."""

import base64
import csv
import datetime
import io
import json
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.styles import Font

from host.policy.model import Policy
from host.policy.resolve import resolve_files
from tests.guest.node import needs_node
from tests.harness import Guests

POLICY = b"""
version: 1
policy: sheets
modules: all
limits: {wall_time: 60s}
grants: {xlsx: {read: {}, write: {}}}
"""


def policy(text: bytes = POLICY) -> Policy:
    """The one policy of a file."""
    return next(iter(resolve_files({"sheets.yaml": text}).policies.values()))


@pytest.fixture(scope="module")
def npm() -> Path:
    """The build's own node_modules folder, whose `xlsx` node takes."""
    import fetch
    from workspace import Workspace

    return fetch.npm_packages(Workspace.of_user())


#: Workbooks have no time zones.
moment = datetime.datetime.fromisoformat


def by_openpyxl() -> bytes:
    """Values of every type, formats, merged cells, hidden sheets."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "数据 & more"
    sheet.append(["id", "名字", "amount", "when", "ok", "note"])
    for i in range(30):
        sheet.append([i, f"名字{i}", i * 1.5 - 7, moment(f"2024-02-{1 + i % 28:02}T12:30"), i % 2 == 0, "<&>" * i])
    sheet["H3"] = 0.256
    sheet["H3"].number_format = "0.0%"
    sheet["H4"] = 1234567.891
    sheet["H4"].number_format = "#,##0.00"
    sheet["H5"] = datetime.date(2024, 2, 29)
    sheet["H6"] = datetime.time(6, 30)
    sheet["H7"] = 1e21
    sheet["H8"] = -0.1 - 0.2
    sheet["H9"] = 123456789012.5
    sheet["A40"] = " spaces "
    sheet["A41"].font = Font(bold=True)
    sheet.merge_cells("G1:H1")
    hidden = book.create_sheet("hidden")
    hidden.sheet_state = "veryHidden"
    hidden["B3"] = "only"
    return _saved(book)


def _saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def by_xlsxwriter() -> bytes:
    """Rich text, errors, cached values, inline strings, a column of its own width."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("one")
        bold = book.add_format({"bold": True})
        sheet.write_rich_string("A1", "plain ", bold, "bold", " end")
        sheet.write_formula("A2", "=1/0", None, "#DIV/0!")
        sheet.write_formula("A3", '="a"&"b"', None, "ab")
        sheet.write_formula("A4", "=TRUE()", None, True)
        sheet.write_boolean("B1", False)
        sheet.write("B2", 3.14159265358979)
        sheet.write("B3", "line\nbreak")
        sheet.write("B4", "_x000A_ literal")
        sheet.set_column("C:D", 22.5)
        sheet.write_datetime("C1", moment("1999-12-31"), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write("C2", 5, book.add_format({"num_format": '[Red]0.00;"minus "0'}))
    return file.getvalue()


WORKBOOKS = {"openpyxl": by_openpyxl, "xlsxwriter": by_xlsxwriter}

def block(name: str) -> str:
    """JavaScript from a file of its own."""
    return (Path(__file__).parent / "xlsx" / f"{name}.js").read_text()


#: What is compared of a workbook: everything that the package's own documentation describes of cells and sheets.
SHOW = block("show")


def _in_node(npm: Path, body: str, given: object) -> object:
    script = (
        "const input = JSON.parse(require('fs').readFileSync(0, 'utf8')); const xlsx = require('xlsx');"
        f"process.stdout.write(JSON.stringify((() => {{ {body} }})()))"
    )
    done = subprocess.run(
        ["node", "-e", script], input=json.dumps(given), capture_output=True, text=True, check=True, cwd=npm.parent
    )
    return json.loads(done.stdout)


@needs_node
@pytest.mark.parametrize("writer", WORKBOOKS)
def test_a_workbook_reads_as_with_the_npm_package(guests: Guests, npm: Path, writer: str) -> None:
    """Names, extents, merged ranges, of each cell its type, value, text and formula; and what the utilities give."""
    data = base64.b64encode(WORKBOOKS[writer]()).decode()
    body = f"{SHOW} const wb = xlsx.read(input, {{ type: 'base64' }}); return [shown(wb), utils(wb)]"
    ours = guests.result(f"const xlsx = require('xlsx'); {body}", data, policy=policy())
    assert ours == _in_node(npm, body, data)


def run(guests: Guests, body: str, given: object = None, **settings: object) -> object:
    """What a block gives that has `xlsx`."""
    settings.setdefault("policy", policy())
    return guests.result(f"const xlsx = require('xlsx'); {body}", given, **settings)


def encoded(data: bytes) -> str:
    """As `input` can bring it."""
    return base64.b64encode(data).decode()


def test_what_a_sheet_has_beside_its_cells(guests: Guests) -> None:
    """What is hidden, widths, a formula that nobody has calculated yet, dates as dates, and the extent by its cells."""
    book = openpyxl.load_workbook(io.BytesIO(by_openpyxl()))
    sheet = book.worksheets[0]
    sheet["B50"] = "=SUM(C2:C5)"
    sheet.column_dimensions["B"].width = 20
    sheet.row_dimensions[3].hidden = True
    book.create_sheet("empty")
    answer = run(
        guests,
        "const wb = xlsx.read(input, { type: 'base64', cellDates: true, cellNF: true }), [name] = wb.SheetNames;"
        "const ws = wb.Sheets[name]; wb.close(); const dense = xlsx.read(input, { dense: true, sheets: 0 });"
        "return [wb.Workbook.Sheets.map((s) => s.Hidden), ws['!cols'][1].wch, ws['!rows'][2], ws.B50, ws['!ref'],"
        "ws.D2, wb.Sheets.empty, dense.Sheets[name][1][1], Object.keys(dense.Sheets),"
        "Array.isArray(dense.Sheets[name])]",
        encoded(_saved(book)),
    )
    date = {"t": "d", "v": "2024-02-01T12:30:00.000Z", "w": "2024-02-01 12:30:00", "z": "yyyy-mm-dd h:mm:ss"}
    stub = {"t": "z", "f": "SUM(C2:C5)"}
    text = {"t": "s", "v": "名字0", "w": "名字0"}
    assert answer == [[0, 2, 0], 20, {"hidden": True}, stub, "A1:H50", date, {}, text, ["数据 & more"], True]


def test_every_way_to_hand_data_in(guests: Guests) -> None:
    """Bytes of every kind, text with and without a type, and what comes piece by piece, which gives a promise."""
    answer = run(
        guests,
        block("hand_in"),
        encoded(by_openpyxl()),
    )
    assert answer == ["id31"] * 15


def test_csv_is_read_as_one_sheet(guests: Guests) -> None:
    """Typed, with its delimiter found out or given, or as text alone."""
    body = (
        "const wb = xlsx.read('a;b\\n1,5;x\\n2024-01-31;\"q\"\"q\"', { type: 'string', FS: ';' });"
        "const text = xlsx.read('a,b\\n007,1e3', { type: 'string', raw: true });"
        "return [wb.SheetNames, xlsx.utils.sheet_to_json(wb.Sheets[wb.SheetNames[0]], { raw: false }),"
        "xlsx.utils.sheet_to_json(text.Sheets[text.SheetNames[0]])]"
    )
    assert run(guests, body) == [
        ["Sheet1"], [{"a": "1,5", "b": "x"}, {"a": "1/31/24", "b": 'q"q'}], [{"a": "007", "b": "1e3"}]
    ]  # fmt: skip


STREAMS = block("rows")


def test_rows_come_one_after_another(guests: Guests) -> None:
    """To callbacks, asynchronous ones too, and to iterators; in part, by other names, and until one has had enough."""
    answer = run(guests, STREAMS, encoded(by_openpyxl()))
    assert answer["stream"] == {"success": True, "rowsProcessed": 32}
    assert answer["first"] == [1, 1, -5.5, "2024-02-02T12:30:00.000Z", False]
    assert answer["batches"] == {"success": True, "totalRows": 32, "totalBatches": 4}
    assert answer["sizes"] == [[0, 10], [1, 10], [2, 10], [3, 2]]
    assert answer["stopped"] == {"success": True, "rowsProcessed": 5, "stopped": True}
    assert answer["stoppedBatches"] == {"success": True, "totalRows": 5, "totalBatches": 1, "stopped": True}
    assert answer["arrays"][:3] == [0, "名字0", -7]
    assert answer["letters"] == [{"B": "名字1", "C": -5.5}, {"B": "名字2", "C": -4}]
    assert answer["named"] == [{"x": 0, "y": "名字0"}, {"x": 1, "y": "名字1"}]
    assert round(answer["numbers"], 6) == 45323.520833
    assert answer["fromRow"]["名字1"] == "名字2"
    assert answer["later"] == {"success": True, "rowsProcessed": 3, "stopped": True}
    assert answer["fromStream"] == {"success": True, "rowsProcessed": 32}
    assert (answer["rows"], answer["lists"]) == (20, [20, 12])


WRITE = block("book")


def test_what_is_written_is_a_workbook_for_others(guests: Guests) -> None:
    """openpyxl finds values, types, formulas with their values, formats, styles, widths, merges, states and order."""
    data = base64.b64decode(run(guests, f"{WRITE} return xlsx.write(wb, {{ type: 'base64' }})"))
    book = openpyxl.load_workbook(io.BytesIO(data))
    cached = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    sheet = book["表 1"]
    assert (book.sheetnames, book["hidden"].sheet_state) == (["表 1", "hidden"], "hidden")
    assert [[cell.value for cell in row] for row in sheet["A1:D3"]] == [
        ["名", "amount", "ok", "when"],
        ["张三", 1.5, True, moment("2024-01-15")],
        ["=1+1", -7, False, None],
    ]
    assert sheet["A3"].data_type == "s"
    assert (sheet["E2"].value, cached["表 1"]["E2"].value) == ("=B2+B3", -5.5)
    assert (sheet["E3"].number_format, sheet["E4"].value) == ("0.0%", "#N/A")
    assert (sheet["A1"].font.bold, sheet["A1"].font.color.rgb[-6:]) == (True, "FF0000")
    assert (sheet["A1"].fill.fgColor.rgb[-6:], sheet["A1"].alignment.horizontal) == ("FFFF00", "center")
    assert round(sheet.column_dimensions["A"].width) in (30, 31)
    assert sheet.column_dimensions["C"].hidden
    assert ([str(each) for each in sheet.merged_cells.ranges], sheet.freeze_panes) == (["A6:B7"], "A2")


def test_the_forms_of_what_is_written(guests: Guests) -> None:
    """Each type of a file, each kind of book, and what no block gets."""
    answer = run(
        guests,
        WRITE
        + block("forms"),
    )
    assert answer == [
        ["[object Uint8Array]", "[object ArrayBuffer]", "[object String]", "[object String]"],
        True,
        "名,amount,ok,when,\n张三,1.5,TRUE,1/15/24,-5.5\n=1+1,-7,FALSE,,25.6%\n,,,,#N/A",
        "'=1+1,-7,FALSE,,25.6%",
        "\ufeff1,two,TRUE",
        "ERR_INVALID_ARG_VALUE The property 'options.bookType' must be 'xlsx', 'csv', 'txt'",
        "ERR_INVALID_ARG_VALUE The property 'options.type' must be one of: 'buffer', 'array",
        "ERR_INVALID_ARG_VALUE The property 'options.type' must be one of: 'buffer', 'array",
        "ERR_INVALID_ARG_VALUE The property 'options.bookType' must be 'xlsx', 'csv', 'txt'",
    ]


def test_a_write_stream(guests: Guests) -> None:
    """Arrays and objects, several sheets, a bold header, formats by column; as a Buffer and as a stream."""
    data = base64.b64decode(
        run(
            guests,
            block("write_stream"),
        )
    )
    book = openpyxl.load_workbook(io.BytesIO(data))
    one, two = book["one"], book["two"]
    assert [cell.value for cell in one[1]] == ["id", "amount", "text"]
    assert [cell.value for cell in one[1001]] == [999, 249.75, "名999"]
    assert (one["A1"].font.bold, one["A2"].font.bold, one["B2"].number_format) == (True, False, "0.00")
    assert (one.max_row, one.freeze_panes) == (1001, "A2")
    assert [[cell.value for cell in row] for row in two.iter_rows()] == [
        ["a", "b", None, None, None],
        [1, moment("2024-06-01"), None, True, "12345678901234567890"],
        [1, 2, None, None, None],
    ]


MISUSE = block("misuse")


def test_misuse_and_bad_files_are_clear_errors(guests: Guests, unharmed: None) -> None:
    """What is wrong is said in words of this module, and no workbook stays open."""
    answer = run(guests, MISUSE, encoded(by_openpyxl()))
    assert {name: said for name, said in answer.items() if said.startswith("no error")} == {}
    assert answer["noSheet"] == "Error: The workbook has no sheet 'nope'; it has '数据 & more', 'hidden'"
    assert answer["thrown"] == "RangeError: mine"
    assert answer["getter"] == answer["proxy"] == "EvalError: trap"
    assert answer["old"].startswith("ERR_XLSX_INVALID: ")
    for name in ("cut", "noise", "old"):
        assert answer[name].startswith("ERR_XLSX_INVALID"), (name, answer[name])
        assert not any(word in answer[name] for word in ("Traceback", "zipfile", "/", "Error:")), answer[name]


def test_without_a_grant_nothing_is_read_or_written(guests: Guests) -> None:
    """The utilities are there all the same; a denial says what a policy would have to grant."""
    bare = policy(b"version: 1\npolicy: bare\nmodules: [xlsx, buffer]\n")
    body = (
        "const made = xlsx.utils.aoa_to_sheet([[1]]), got = [];"
        "for (const f of [() => xlsx.read(Buffer.alloc(9)), () => xlsx.createWriteStream()])"
        "  try { f() } catch (e) { got.push(e.name, e.message.slice(0, 48)) } return [made['!ref'], ...got]"
    )
    text = "The policy `bare` does not allow xlsx"
    got = run(guests, body, policy=bare)
    assert [got[0], got[1], got[3]] == ["A1", "CapabilityError", "CapabilityError"]
    assert got[2].startswith(text)
    assert got[4].startswith(text)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not on this machine")
def test_libreoffice_opens_what_is_written(guests: Guests, tmp_path: Path) -> None:
    """And finds the same cells, which it writes as CSV."""
    data = run(guests, f"{WRITE} return xlsx.write(wb, {{ type: 'base64' }})")
    (tmp_path / "book.xlsx").write_bytes(base64.b64decode(data))
    form = "csv:Text - txt - csv (StarCalc):44,34,76"
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    command = ["soffice", home, "--headless", "--convert-to", form, "--outdir", str(tmp_path), "book.xlsx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    rows = list(csv.reader((tmp_path / "book.csv").read_text(encoding="utf-8").splitlines()))
    assert [row[:3] for row in rows[:3]] == [["名", "amount", "ok"], ["张三", "1.5", "TRUE"], ["=1+1", "-7", "FALSE"]]
    assert (rows[1][3], rows[1][4], rows[2][4]) == ("1/15/2024", "-5.5", "25.6%")
