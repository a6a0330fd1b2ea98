"""Writing workbooks and CSV: what openpyxl and calamine, and our own reader, find in them."""

import csv
import datetime
import io
import json
import re
import warnings
import zipfile

import msgspec
import openpyxl
import pytest
import python_calamine

from host.capabilities.apart.door import Refused
from host.capabilities.xlsx import spool
from host.capabilities.xlsx.batch import (
    DATE,
    EMPTY,
    ERROR,
    FALSE,
    FORMAT,
    FORMULA,
    NUMBER,
    SKIP,
    STRING,
    TRUE,
    Batch,
)
from host.capabilities.xlsx.writing import ADD_SHEET, ROWS
from tests.capabilities.workbooks import read, write

Cell = tuple[object, ...]


def batch(rows: dict[int, list], **trailer: object) -> bytes:
    """Rows by number. A cell is a tuple of tags and what belongs to each: (NUMBER, 1), (FORMAT, 2, STRING, "a")."""
    made = Batch()
    for number, cells in rows.items():
        made.begin_row(number)
        for cell in cells:
            put(made, cell)
    return ROWS + made.encode(trailer=msgspec.json.encode(trailer) if trailer else b"")


def put(made: Batch, cell: Cell) -> None:
    given = iter(cell)
    for tag in given:
        made.tags.append(tag)
        if tag in (SKIP, FORMAT):
            number = next(given)
            made.tags += (number & 255, number >> 8)
        elif tag in (NUMBER, DATE):
            made.numbers.append(next(given))
        elif tag in (STRING, ERROR, FORMULA):
            made.strings.append(next(given))


def page(name: str = "S", **other: object) -> bytes:
    """The command that begins a sheet."""
    return ADD_SHEET + msgspec.json.encode({"name": name, **other})


def opened(data: bytes) -> openpyxl.Workbook:
    """The workbook as openpyxl sees it, which must not warn of anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return openpyxl.load_workbook(io.BytesIO(data), rich_text=True)


VALUES = {
    0: [(STRING, text) for text in ("名称", "a & b <c> \"d\" 'e'", " space ", "line\nbreak\ttab", "")],
    1: [(NUMBER, number) for number in (1, -0.1, 1e300, 123456789012345, 5e-324, 0.1 + 0.2)],
    2: [(TRUE,), (FALSE,), (ERROR, "#N/A"), (EMPTY,), (SKIP, 3, DATE, 45351.5), (DATE, 1), (DATE, 60), (DATE, 0.25)],
    99: [(STRING, "emoji 😀 \ufffd"), (STRING, "_x0041_"), (STRING, "bell\x07"), (STRING, "=1+1"), (STRING, "\r\n")],
}  # fmt: skip


def test_values_come_back_as_they_were_written() -> None:
    """Text is text whatever is in it, numbers are to the last bit the same, dates are dates."""
    data = write([page(), batch(VALUES)])
    _, rows, trailer = read(data)
    assert list(rows[0].values()) == [("s", cell[1]) for cell in VALUES[0]]
    assert list(rows[1].values()) == [("n", cell[1]) for cell in VALUES[1]]
    assert rows[2] == {
        0: ("b", True), 1: ("b", False), 2: ("e", "#N/A"), 3: ("z", None),
        7: ("d", 45351.5), 8: ("d", 1), 9: ("d", 60), 10: ("d", 0.25),
    }  # fmt: skip
    assert list(rows[99].values()) == [("s", cell[1]) for cell in VALUES[99]]
    assert (trailer["rows"], trailer["extent"]) == (4, [0, 0, 99, 10])
    sheet = opened(data)["S"]
    assert [cell.value for cell in sheet[1]][:4] == [cell[1] for cell in VALUES[0]][:4]
    assert [cell.value for cell in sheet[2]][:6] == [cell[1] for cell in VALUES[1]]
    assert sheet["H3"].value == datetime.datetime(2024, 2, 29, 12)  # noqa: DTZ001 - cells know no time zones
    assert sheet["H3"].is_date
    assert sheet["D100"].data_type == "s"
    values = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert values[0][:2] == ["名称", "a & b <c> \"d\" 'e'"]
    assert values[99][3] == "=1+1"


def test_numbers_that_are_none_become_errors() -> None:
    """A workbook has no infinity."""
    data = write(
        [page(), batch({0: [(NUMBER, float("nan")), (NUMBER, 1), (NUMBER, float("inf")), (DATE, float("nan"))]})]
    )
    assert read(data)[1] == {0: {0: ("e", "#NUM!"), 1: ("n", 1), 2: ("e", "#NUM!"), 3: ("e", "#NUM!")}}


def test_formulas_have_the_value_that_is_given() -> None:
    """Of any type, or none; the sign before them is not part of them."""
    row = [
        (FORMULA, "=SUM(A1:B1)", NUMBER, 3), (FORMULA, 'A1&"<x>"', STRING, "1<x>"), (FORMULA, "A1>0", TRUE),
        (FORMULA, "NA()", ERROR, "#N/A"), (FORMULA, "TODAY()", FORMAT, 1, DATE, 45351), (FORMULA, "B2", EMPTY),
    ]  # fmt: skip
    data = write([page(), batch({0: row}, styles=[{"format": "yyyy"}])])
    cells = read(data, everything=True)[1][0]
    assert [cell[:2] for cell in cells.values()] == [
        ("n", 3), ("s", "1<x>"), ("b", True), ("e", "#N/A"), ("d", 45351), ("z", None),
    ]  # fmt: skip
    assert [cell[2]["f"] for cell in cells.values()] == [
        "SUM(A1:B1)", 'A1&"<x>"', "A1>0", "NA()", "TODAY()", "B2",
    ]  # fmt: skip
    assert [cell.value for cell in opened(data)["S"][1]][:2] == ["=SUM(A1:B1)", '=A1&"<x>"']


def test_styles_are_seen() -> None:
    """Each look once; a date in a style that shows none still shows one, in that style."""
    styles = [
        {"bold": True, "fill": "ffee00", "align": "center", "wrap": True, "border": True},
        {"format": "0.00%", "italic": True, "color": "112233"},
        {"format": 'yyyy"年"m"月"'},
        {"bold": True, "fill": "ffee00", "align": "center", "wrap": True, "border": True},
    ]
    row = [(FORMAT, 1, STRING, "head"), (FORMAT, 2, NUMBER, 0.5), (FORMAT, 3, DATE, 45351), (FORMAT, 1, DATE, 45351.5)]
    data = write([page(), batch({0: row}, styles=styles[:3]), batch({1: [(FORMAT, 4, NUMBER, 1)]}, styles=styles[3:])])
    sheet = opened(data)["S"]
    a, b, c, d = sheet[1]
    assert (a.font.b, a.fill.fgColor.rgb, a.alignment.horizontal, a.alignment.wrap_text, a.border.left.style) == (
        True, "FFFFEE00", "center", True, "thin",
    )  # fmt: skip
    assert (b.number_format, b.font.i, b.font.color.rgb, b.font.b) == ("0.00%", True, "FF112233", False)
    assert (c.number_format, c.is_date) == ('yyyy"年"m"月"', True)
    assert (d.is_date, d.font.b, d.value) == (True, True, datetime.datetime(2024, 2, 29, 12))  # noqa: DTZ001
    assert sheet["A2"].style_id == a.style_id


def test_sheets_look_as_they_were_described() -> None:
    """Widths, what is frozen, hidden and merged, a filter, several sheets in their order."""
    data = write(
        [
            page("一", columns=[{"first": 0, "last": 1, "width": 30}, {"first": 3, "last": 3, "hidden": True}],
                 freeze=[1, 2], merges=[[0, 0, 0, 2]], filter=[0, 0, 9, 3]),
            batch({0: [(STRING, "a")]}, merges=[[2, 0, 3, 0]]),
            page("Two", state="hidden"),
            page("3", freeze=[0, 1]),
            batch({5: [(NUMBER, 5)]}),
        ]
    )  # fmt: skip
    made = opened(data)
    assert [(sheet.title, sheet.sheet_state) for sheet in made] == [
        ("一", "visible"), ("Two", "hidden"), ("3", "visible"),
    ]  # fmt: skip
    first = made["一"]
    assert (first.column_dimensions["A"].width, first.column_dimensions["D"].hidden) == (30, True)
    assert (first.freeze_panes, made["3"].freeze_panes) == ("C2", "B1")
    assert sorted(map(str, first.merged_cells.ranges)) == ["A1:C1", "A3:A4"]
    assert first.auto_filter.ref == "A1:D10"
    assert made["3"]["A6"].value == 5
    _, _, trailer = read(data)
    assert trailer["merges"] == [[0, 0, 0, 2], [2, 0, 3, 0]]


def test_the_same_rows_make_the_same_file() -> None:
    """Nothing of a clock is in it, and its parts have plain names."""
    first, second = (write([page(), batch(VALUES)]) for _ in range(2))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        assert "xl/worksheets/sheet1.xml" in archive.namelist()


NAMES = ("", " ", "x" * 32, "a/b", "a\\b", "a*b", "a?b", "a:b", "[a]", "'a", "a'", "a\0", "\ud800")


@pytest.mark.parametrize("name", NAMES)
def test_names_that_no_sheet_can_have(name: str) -> None:
    """As spreadsheets have it."""
    with pytest.raises(Refused, match=r"No sheet can have the name|not valid"):
        write([ADD_SHEET + json.dumps({"name": name}).encode()])


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ([page("S"), page("s")], "There is a sheet with the name"),
        ([], "needs a sheet"),
        ([page(state="hidden")], "needs a sheet"),
        ([batch({0: [(NUMBER, 1)]})], "no sheet to write"),
        ([page(), batch({1: [(NUMBER, 1)]}), batch({1: [(NUMBER, 1)]})], "Row 2 cannot be written"),
        ([page(), batch({1_048_576: [(NUMBER, 1)]})], "Row 1,048,577 cannot be written"),
        ([page(), batch({0: [(SKIP, 16_384, NUMBER, 1)]})], "16,384 cells at the most"),
        ([page(), batch({0: [(STRING, "x" * 32_768)]})], "32,767 characters"),
        ([page(), batch({0: [(ERROR, "<bad>")]})], "error that spreadsheets do not know"),
        ([page(), batch({0: [(DATE, -1)]})], "A date is outside"),
        ([page(), batch({0: [(FORMAT, 9, NUMBER, 1)]})], "damaged"),
        ([page(), batch({0: [(77,)]})], "damaged"),
        ([page(), batch({0: [(NUMBER, 1)]}, styles=[{"format": "x" * 300}])], "not valid"),
        ([page(), batch({0: [(NUMBER, 1)]}, styles=[{"color": "red"}])], "not valid"),
        ([page(), batch({0: [(NUMBER, 1)]}, merges=[[5, 5, 1, 1]])], "ends before it begins"),
        ([page(merges=[[0, 0, 0, 16_384]])], "not valid"),
        ([page(freeze=[-1, 0])], "not valid"),
        ([page(columns=[{"first": 5, "last": 1}])], "ends before it begins"),
        ([page(unknown=1)], "not valid"),
    ],
)
def test_what_no_workbook_can_have_is_refused(commands: list[bytes], words: str) -> None:
    """In clear words, and no file is made that a spreadsheet would have to repair."""
    with pytest.raises(Refused, match=re.escape(words)):
        write(commands)


def test_hostile_names_and_formats_stay_text() -> None:
    """Markup in what goes into attributes."""
    data = write([page('<&">'), batch({0: [(FORMAT, 1, NUMBER, 1)]}, styles=[{"format": '0"<&\'>"'}])])
    made = opened(data)
    assert made.sheetnames == ['<&">']
    assert made['<&">']["A1"].number_format == '0"<&\'>"'


CSV = {"format": "csv"}


def test_csv_is_what_others_read() -> None:
    """Quoted where it has to be; dates in ISO 8601; rows that are passed over are empty lines."""
    rows = {
        0: [(STRING, 'a,"b"'), (STRING, "line\nbreak"), (NUMBER, 1), (NUMBER, 0.5), (TRUE,)],
        2: [(SKIP, 2, DATE, 45351), (DATE, 45351.25), (FORMULA, "A1", NUMBER, 2), (ERROR, "#N/A"), (FORMAT, 0, EMPTY)],
    }
    text = write([page(), batch(rows)], CSV).decode()
    assert list(csv.reader(io.StringIO(text))) == [
        ['a,"b"', "line\nbreak", "1", "0.5", "TRUE"],
        [],
        ["", "", "2024-02-29", "2024-02-29 06:00:00", "2", "#N/A", ""],
    ]


def test_csv_runs_no_formulas_where_that_is_wanted() -> None:
    """Text that a spreadsheet would take for a formula gets an apostrophe; numbers stay numbers."""
    row = [(STRING, text) for text in ("=1+1", "+1", "-1", "@x", "\tx", "＝1", "a=1", "")] + [(NUMBER, -1)]
    config = {"format": "csv", "csv": {"escape_formulas": True, "delimiter": ";", "bom": True}}
    text = write([page(), batch({0: row})], config).decode()
    assert text == "\ufeff'=1+1;'+1;'-1;'@x;'\tx;'＝1;a=1;;-1\n"
    assert write([page(), batch({0: row[:1]})], CSV) == b"=1+1\n"


def test_csv_has_one_sheet() -> None:
    """A second one is refused, and so is none."""
    for commands in ([page("1"), page("2")], []):
        with pytest.raises(Refused, match="sheet"):
            write(commands, CSV)


def test_a_file_that_does_not_fit_into_memory_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes to a file without a name, in the middle of being written, and comes back from there; so does one read."""
    commands = [page(), *(batch({number: [(STRING, f"{number:05}" * 50)]}) for number in range(300))]
    data = write(commands)
    monkeypatch.setattr(spool, "IN_MEMORY_BYTES_MAX", 1000)
    assert write(commands) == data
    assert read(data)[1][299] == {0: ("s", "00299" * 50)}


def test_rows_that_are_alike_are_written_as_any_others() -> None:
    """Cell by cell or as a table: the same cells, whatever the values look like."""
    rows = {
        number: [
            (NUMBER, number / 8),
            (STRING, f"%s & {{0}} {number}\n"),
            (TRUE if number % 3 else FALSE,),
            (NUMBER, -number),
        ]
        for number in range(0, 3000, 3)
    }
    odd = {3001: [(STRING, "odd")]}
    together = read(write([page(), batch(rows | odd)]))
    assert read(write([page(), batch(rows), batch(odd)])) == together
    assert together[1][2997] == {0: ("n", 374.625), 1: ("s", "%s & {0} 2997\n"), 2: ("b", False), 3: ("n", -2997)}
    assert together[2]["cells"] == 4001
