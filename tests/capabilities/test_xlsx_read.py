"""Reading workbooks: the cells that openpyxl and calamine see, from several writers, by both ways of reading."""

import datetime
import io
import zipfile

import openpyxl
import pytest
import python_calamine
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from host.capabilities.apart.door import Refused
from host.capabilities.xlsx import records
from host.capabilities.xlsx.batch import Batch
from host.capabilities.xlsx.formats import is_date, moment_of_serial, serial_of_iso
from host.capabilities.xlsx.places import moved
from tests.capabilities.workbooks import MAIN, book, packed, parts, read, relations, sheet, workbook

MOMENT = datetime.datetime(2024, 2, 29, 13, 30, 15)  # noqa: DTZ001 - cells know no time zones
ROWS = [
    ["名称", "Amount", "Date", "ok", "note", "ratio", "big"],
    ["客户 & Söhne <1>", 1234.5, MOMENT, True, "line\nbreak", 0.125, 123456789012345],
    ["", -0.5, datetime.datetime(1904, 1, 2), False, " space ", 1e-300, 1e300],  # noqa: DTZ001
    [None, 3, datetime.datetime(9999, 12, 31), None, "x0041 'quoted' \"", 100, -7],  # noqa: DTZ001
    ["emoji 😀 and \u00a0", 0, None, True, "=no formula", 0.3, 1],
]


def by_openpyxl(**options: object) -> bytes:
    """The rows as openpyxl writes them."""
    made = openpyxl.Workbook(**options)
    made.active.title = "数据"
    for row in ROWS:
        made.active.append(row)
    for row in made.active.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    return saved(made)


def by_xlsxwriter(**options: object) -> bytes:
    """The rows as XlsxWriter writes them."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True, **options})
    page = made.add_worksheet("数据")
    date = made.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for number, row in enumerate(ROWS):
        for column, value in enumerate(row):
            if isinstance(value, datetime.datetime):
                page.write_datetime(number, column, value, date)
            elif isinstance(value, bool):
                page.write_boolean(number, column, value)
            elif isinstance(value, str):
                page.write_string(number, column, value)
            elif value is not None:
                page.write_number(number, column, value)
    made.close()
    return file.getvalue()


def saved(made: openpyxl.Workbook) -> bytes:
    """A workbook of openpyxl's as bytes."""
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def changed(data: bytes, change) -> bytes:
    """A workbook with `change(name, content)` in the place of each part's content."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return packed({name: change(name, archive.read(name)) for name in archive.namelist()})


def prefixed(name: str, content: bytes) -> bytes:
    """A sheet as some producers write it: every element with a prefix, quotes of the other kind, space between."""
    if not name.endswith("sheet1.xml"):
        return content
    text = content.decode()
    for element in ("worksheet", "sheetData", "row", "c", "v", "is", "t", "f", "dimension", "sheetViews", "sheetView",
                    "sheetFormatPr", "pageMargins", "selection", "sheetPr", "outlinePr", "pageSetUpPr"):  # fmt: skip
        for end in (" ", ">", "/"):
            text = text.replace(f"<{element}{end}", f"<x:{element}{end}")
        text = text.replace(f"</{element}>", f"</x:{element}>")
    return text.replace("xmlns=", "xmlns:x=").replace("><x:row", ">\n  <x:row").replace(' t="n"', " t='n'").encode()


CORPUS = {
    "openpyxl": by_openpyxl,
    "openpyxl, streamed": lambda: by_xlsxwriter(constant_memory=True),
    "XlsxWriter": by_xlsxwriter,
    "XlsxWriter of 1904": lambda: by_xlsxwriter(date_1904=True, default_date_format="yyyy-mm-dd"),
    "prefixes": lambda: changed(by_openpyxl(), prefixed),
    "UTF-16": lambda: changed(
        by_openpyxl(),
        lambda name, content: content
        if not name.endswith("sheet1.xml")
        else content.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    ),
    "carriage returns": lambda: changed(by_openpyxl(), lambda name, content: content.replace(b"><", b">\r\n<")
                                        if b"<row" in content else content),
}  # fmt: skip


def plain(rows: dict) -> list[list]:
    """Rows as lists of Python's values."""
    wide = max(column for row in rows.values() for column in row) + 1
    return [
        [value_of(rows.get(number, {}).get(column, ("z", None))) for column in range(wide)]
        for number in range(max(rows) + 1)
    ]


def value_of(cell: tuple) -> object:
    kind, value = cell[:2]
    return moment_of_serial(value) if kind == "d" else value


def with_time(value: object) -> object:
    """A date as the moment that it begins."""
    return datetime.datetime.combine(value, datetime.time()) if type(value) is datetime.date else value


@pytest.fixture(params=["pattern", "parser"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How records are taken out of the text."""
    if request.param == "parser":
        monkeypatch.setattr(records, "_STRANGE_MAX", 0)
    return request.param


@pytest.mark.parametrize("writer", CORPUS)
def test_cells_are_those_that_others_see(writer: str, way: str) -> None:
    """Types, values, and dates of both systems; text with markup, breaks, space and escapes."""
    data = CORPUS[writer]()
    facts, rows, trailer = read(data)
    expected = [[None if value == "" else value for value in row] for row in ROWS]
    seen = [[None if value == "" else value for value in row] for row in plain(rows)]
    assert seen == expected
    by_others = openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True)
    assert seen == [[None if value == "" else value for value in row] for row in by_others]
    assert facts["sheets"] == [{"name": "数据", "state": "visible"}]
    assert trailer["extent"] == [0, 0, 4, 6]
    if writer != "UTF-16":
        page = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        by_calamine = [[with_time(cell) or None for cell in row] for row in page.to_python()]
        assert by_calamine == [[cell or None for cell in row] for row in seen]


def test_every_type_of_cell(way: str) -> None:
    """As the standard has them, whole and with what they may leave out."""
    cells = (
        '<c r="A1" t="n"><v>1</v></c><c r="B1" t="b"><v>1</v></c><c r="C1" t="e"><v>#N/A</v></c>'
        '<c r="D1" t="str"><f>"a"&amp;"b"</f><v>ab</v></c><c r="E1" t="d"><v>2024-02-29T12:00:00Z</v></c>'
        '<c r="F1" t="inlineStr"><is><t xml:space="preserve"> in </t></is></c><c r="G1"/><c r="H1" t="s"><v>1</v></c>'
        '<c r="I1" t="inlineStr"><is><r><rPr><b/></rPr><t>ri</t></r><r><t>ch</t></r>'
        '<rPh sb="0" eb="1"><t>x</t></rPh></is></c><c r="J1"><f>1+1</f></c>'
        '<c r="K1" s="1"><v>1.5</v></c><c r="L1" t="str"><v/></c><c r="Z1"><v>1E+2</v></c>'
    )
    strings = f'<sst xmlns="{MAIN}"><si><t>no</t></si><si><r><t>sha</t></r><r><t>red</t></r><phoneticPr/></si></sst>'
    styles = (
        f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="170" formatCode="[h]:mm"/></numFmts>'
        '<cellXfs><xf/><xf numFmtId="170"/></cellXfs></styleSheet>'
    )
    _, rows, trailer = read(workbook(f'<row r="1">{cells}</row>', strings=strings, styles=styles))
    assert rows == {
        0: {
            0: ("n", 1), 1: ("b", True), 2: ("e", "#N/A"), 3: ("s", "ab"), 4: ("d", 45351.5), 5: ("s", " in "),
            6: ("z", None), 7: ("s", "shared"), 8: ("s", "rich"), 9: ("z", None), 10: ("d", 1.5), 11: ("s", ""),
            25: ("n", 100),
        }
    }  # fmt: skip
    assert (trailer["cells"], trailer["extent"]) == (13, [0, 0, 0, 25])


def test_escapes_of_spreadsheets_are_undone(way: str) -> None:
    """Characters that XML has not, halves of pairs, and what only looks like an escape."""
    text = "_x0041__x005F_x0041__xD83D__xDE00_ _x0000_ _xDC00_|_x41_ &#65;&#x1F600;"
    strings = f'<sst xmlns="{MAIN}"><si><t>{text}</t></si></sst>'
    rows = f'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>{text}</t></is></c></row>'
    cells = read(workbook(rows, strings=strings))[1][0]
    assert cells[0] == cells[1] == ("s", "A_x0041_\U0001f600 _x0000_ \ufffd|_x41_ A\U0001f600")


def test_formulas_and_formats_come_where_they_are_wanted(way: str) -> None:
    """With the cached value; a shared formula is each cell's own."""
    rows = (
        '<row r="2"><c r="B2" s="1"><f>SUM(A$1:$C2)&amp;"B2"</f><v>7</v></c><c r="C2"><f t="shared" ref="C2:C4" si="0">'
        "A1*B$1+'B2 B2'!$A1+LOG10(C1)</f><v>1</v></c></row>"
        '<row r="4"><c r="C4"><f t="shared" si="0"/><v>3</v></c><c r="D4"><f>A4</f></c></row>'
    )
    styles = f'<styleSheet xmlns="{MAIN}"><cellXfs><xf/><xf numFmtId="10"/></cellXfs></styleSheet>'
    facts, cells, trailer = read(workbook(rows, styles=styles), everything=True)
    assert facts["formats"] == ["General", "0.00%"]
    assert cells == {
        1: {1: ("n", 7, {"z": 1, "f": 'SUM(A$1:$C2)&"B2"'}), 2: ("n", 1, {"f": "A1*B$1+'B2 B2'!$A1+LOG10(C1)"})},
        3: {2: ("n", 3, {"f": "A3*B$1+'B2 B2'!$A3+LOG10(C3)"}), 3: ("z", None, {"f": "A4"})},
    }
    assert trailer["extent"] == [1, 1, 3, 3]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("A1", "B3"),
        ("$A1+A$1+$A$1", "$A3+B$1+$A$1"),
        ('"A1"&A1', '"A1"&B3'),
        ("Sheet1!A1:B2", "Sheet1!B3:C4"),
        ("'A1'!A1", "'A1'!B3"),
        ("LOG10(A1)", "LOG10(B3)"),
        ("A1B+_A1+XFE1", "A1B+_A1+XFE1"),
        ("XFD1", "#REF!"),
        ("A1048576", "#REF!"),
        ("Table1[A1]", "Table1[A1]"),
    ],
)
def test_formulas_move(formula: str, expected: str) -> None:
    """What is relative moves along; text, names and functions do not."""
    assert moved(formula, 2, 1) == expected


def test_facts_of_a_sheet(way: str) -> None:
    """Merged ranges, widths, hidden rows and columns, filters; names, and the states of sheets."""
    made = openpyxl.Workbook()
    page = made.active
    page["A1"], page["C3"] = "a", CellRichText("x", TextBlock(InlineFont(b=True), "y"))
    page.merge_cells("A1:B2")
    page.column_dimensions["B"].width = 30
    page.column_dimensions["C"].hidden = True
    page.row_dimensions[3].hidden = True
    page.auto_filter.ref = "A1:C3"
    made.create_sheet("hidden").sheet_state = "hidden"
    made.create_sheet("very").sheet_state = "veryHidden"
    made.create_chartsheet("chart")
    made.defined_names["Rates"] = openpyxl.workbook.defined_name.DefinedName("Rates", attr_text="Sheet!$A$1")
    data = saved(made)
    facts, rows, trailer = read(data, everything=True)
    assert [(each["name"], each["state"]) for each in facts["sheets"]] == [
        ("Sheet", "visible"), ("hidden", "hidden"), ("very", "veryHidden"), ("chart", "visible"),
    ]  # fmt: skip
    assert [(name["name"], name["ref"]) for name in facts["names"] if name["sheet"] is None] == [
        ("Rates", "Sheet!$A$1")
    ]
    assert rows[2] == {2: ("s", "xy")}
    assert (trailer["merges"], trailer["hiddenRows"], trailer["filter"]) == ([[0, 0, 1, 1]], [2], [0, 0, 2, 2])
    assert {"first": 1, "last": 1, "width": 30.0} in trailer["columns"]
    assert any(column.get("hidden") for column in trailer["columns"] if column["first"] == 2)
    assert read(data, sheet=3) == (facts, {}, {**trailer, "extent": None, "rows": 0, "cells": 0, "merges": [],
                                                "columns": [], "hiddenRows": [], "filter": None})  # fmt: skip


def test_strange_records_between_plain_ones_are_read_in_their_order() -> None:
    """A large sheet in which some rows are such that only the parser knows them, and comments hide others."""
    rows = []
    for number in range(1, 30_001):
        if number % 5_000 == 0:
            rows.append(f"<row r='{number}'><c r='A{number}'><v>{number}</v></c></row>")
        else:
            rows.append(f'<row r="{number}"><c r="A{number}"><v>{number}</v></c></row>')
    _, cells, trailer = read(workbook("".join(rows)))
    assert [cells[number] for number in range(30_000)] == [{0: ("n", number)} for number in range(1, 30_001)]
    assert trailer["rows"] == trailer["cells"] == 30_000
    hidden = f"<!-- {''.join(rows[:9000])} --><row r='7'><c r='A7'><v>7</v></c></row>"
    assert read(workbook(rows[0] + hidden))[1] == {0: {0: ("n", 1)}, 6: {0: ("n", 7)}}


def test_cells_out_of_their_order_are_put_into_it() -> None:
    """Some producer may write a row's cells in any order; a cell without a place is the next."""
    row = '<row r="1"><c r="C1"><v>3</v></c><c r="A1"><v>1</v></c><c><v>2</v></c></row><row><c><v>4</v></c></row>'
    assert read(workbook(row))[1] == {0: {0: ("n", 1), 1: ("n", 2), 2: ("n", 3)}, 1: {0: ("n", 4)}}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("yyyy-mm-dd", True), ("m/d/yy h:mm", True), ("[h]:mm:ss", True), ("mmss.0", True), ("AM/PM", True),
        ('yyyy"年"m"月"d"日"', True), ("[$-804]yyyy", True), ("General", False), ("0.00E+00", False), ("@", False),
        ('"day" 0', False), ("[Red]0", False), ("\\d0", False), ("#,##0;[Red]-#,##0", False), ('0 "h"', False),
        ("[$USD] 0", False), ("_d0", False), ("*y0", False),
    ],
)  # fmt: skip
def test_formats_that_show_dates(code: str, expected: bool) -> None:
    """By their codes, not by the letters in their text."""
    assert is_date(code) is expected


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        ("1900-01-01", 1), ("1900-02-28", 59), ("1900-03-01", 61), ("2024-02-29T12:00:00", 45351.5),
        ("2024-02-29T12:00:00+12:00", 45351), ("12:00:00", 0.5), ("9999-12-31", 2_958_465),
    ],
)  # fmt: skip
def test_dates_have_the_numbers_that_spreadsheets_give_them(text: str, serial: float) -> None:
    """Also those before the 29th of February 1900, which there was not."""
    assert serial_of_iso(text) == serial


def test_rows_beyond_those_that_are_wanted_are_not_read() -> None:
    """And nothing after them is looked at."""
    broken = '<row r="3"><c r="A3"><v>none</v></c></row>'
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in (1, 2))
    with pytest.raises(Refused, match="not valid"):
        read(workbook(rows + broken))
    assert list(read(workbook(rows + broken), row_end=2)[1]) == [0, 1]


def test_a_template_and_a_workbook_with_macros_are_read() -> None:
    """What else is in the archive does not matter; an absolute target and the strict dialect do not either."""
    contents = parts('<row r="1"><c r="A1"><v>1</v></c></row>')
    contents["xl/vbaProject.bin"] = b"\0" * 100
    contents["xl/_rels/workbook.xml.rels"] = relations(("worksheet", "/xl/worksheets/sheet1.xml")).replace(
        "http://schemas.openxmlformats.org/officeDocument/2006", "http://purl.oclc.org/ooxml/officeDocument"
    )
    assert read(packed(contents))[1] == {0: {0: ("n", 1)}}


def test_sheets_are_in_the_order_of_the_workbook() -> None:
    """Not in that of their parts."""
    contents = parts(sheet=sheet('<row r="1"><c r="A1"><v>1</v></c></row>'), workbook=book(("二", "one")))
    contents["xl/worksheets/sheet2.xml"] = sheet('<row r="1"><c r="A1"><v>2</v></c></row>')
    contents["xl/_rels/workbook.xml.rels"] = relations(
        ("worksheet", "worksheets/sheet2.xml"), ("worksheet", "worksheets/sheet1.xml")
    )
    facts, rows, _ = read(packed(contents))
    assert [each["name"] for each in facts["sheets"]] == ["二", "one"]
    assert rows == {0: {0: ("n", 2)}}
    assert read(packed(contents), sheet=1)[1] == {0: {0: ("n", 1)}}


def table(count: int, **options: object) -> bytes:
    """A table with a column of each kind, as XlsxWriter writes it; in its middle a row is another's."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True, **options})
    page = made.add_worksheet()
    date, percent = made.add_format({"num_format": "yyyy-mm-dd"}), made.add_format({"num_format": "0%", "bold": True})
    page.write_row(0, 1, ["id", "名称", "when", "ok", "share", "note"])
    for number in range(1, count):
        page.write_row(number, 1, [number, f"名 & {number % 9}"])
        page.write_datetime(number, 3, datetime.datetime(2024, 1, 1) + datetime.timedelta(number), date)  # noqa: DTZ001
        page.write_boolean(number, 4, number % 3 == 0)
        page.write_number(number, 6, number / 8, percent)
        page.write_string(number, 7, "odd" if number != count // 2 else "_x0041_&lt;")
        if number == count // 2:
            page.write_blank(number, 5, None, percent)
    made.close()
    return file.getvalue()


@pytest.mark.parametrize("options", [{}, {"constant_memory": True}, {"date_1904": True}])
@pytest.mark.parametrize("everything", [False, True])
def test_tables_are_taken_as_any_rows_are(options: dict, everything: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row by row, cell by cell and by the parser alone: the same batches of cells, facts and trailer."""
    data = table(2_500, **options)
    by_rows = read(data, everything=everything)
    monkeypatch.setattr("host.capabilities.xlsx.tables._CELLS_MAX", 0)
    by_cells = read(data, everything=everything)
    monkeypatch.setattr(records, "_STRANGE_MAX", 0)
    by_parser = read(data, everything=everything)
    assert by_rows == by_cells == by_parser
    cell = by_rows[1][1]
    assert (cell[1][0], cell[3][0], cell[4]) == ("n", "d", ("b", False))


def test_a_comment_that_begins_in_the_first_row_is_one() -> None:
    """What follows it, in whatever form, is read in its order."""
    plain_row = '<row r="{0}"><c r="A{0}"><v>{0}</v></c></row>'
    rows = '<row r="1"><!-- </row>' + plain_row.format(2) + '--><c r="A1"><v>1</v></c></row>' + plain_row.format(3)
    assert read(workbook(rows))[1] == {0: {0: ("n", 1)}, 2: {0: ("n", 3)}}
    assert read(workbook("<row/>" + plain_row.format(2) + '<row r="5"></row>' + plain_row.format(7)))[1] == {
        1: {0: ("n", 2)},
        6: {0: ("n", 7)},
    }


def test_long_texts_that_cells_share_come_in_batches_of_their_own(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few bytes of a file may stand for much text; no batch has much more than a MiB of it, and none is lost."""
    strings = f'<sst xmlns="{MAIN}"><si><t>{"x" * 100_000}</t></si><si><t>y</t></si></sst>'
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>{n % 2}</v></c><c r="B{n}"><v>{n}</v></c></row>' for n in range(1, 401)
    )
    sizes = []
    encode = Batch.encode

    def noted(batch: Batch, *given: object) -> bytes:
        sizes.append(len(data := encode(batch, *given)))
        return data

    monkeypatch.setattr(Batch, "encode", noted)
    cells = read(workbook(rows, strings=strings))[1]
    assert [cells[n - 1] for n in range(1, 401)] == [
        {0: ("s", "y" if n % 2 else "x" * 100_000), 1: ("n", n)} for n in range(1, 401)
    ]
    assert len(sizes) > 15
    assert max(sizes) < 2 * 1024 * 1024


def test_a_row_that_fits_no_frame_is_refused(way: str) -> None:
    """Also where its text is in the file but once."""
    strings = f'<sst xmlns="{MAIN}"><si><t>{"x" * 1_000_000}</t></si></sst>'
    row = "".join(f'<c r="{letter}1" t="s"><v>0</v></c>' for letter in "ABCDEFGHIJKLMNOPQ")
    with pytest.raises(Refused, match="16 MiB of text"):
        read(workbook(f'<row r="1">{row}</row>', strings=strings))
