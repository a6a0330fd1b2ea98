"""CSV, read as a workbook of one sheet."""

import pytest

from host.capabilities.apart.door import Refused
from tests.capabilities.workbooks import read

CSV_CASES = {
    b"a,b\n1,2.5\n": [[("s", "a"), ("s", "b")], [("n", 1), ("n", 2.5)]],
    b"a;b;c\r\n1;;TRUE": [[("s", "a"), ("s", "b"), ("s", "c")], [("n", 1), ("z", None), ("b", True)]],
    b'"x, ""y""\n",007,12345678901234567,2024-02-29': [
        [("s", 'x, "y"\n'), ("s", "007"), ("s", "12345678901234567"), ("d", 45351)]
    ],
    "\ufeff名\t1e3\n".encode(): [[("s", "名"), ("n", 1000)]],
    "名,1".encode("utf-16"): [[("s", "名"), ("n", 1)]],
    b"2024-13-45,=1+1,-": [[("s", "2024-13-45"), ("s", "=1+1"), ("s", "-")]],
}


@pytest.mark.parametrize("data", CSV_CASES)
def test_csv_has_typed_cells(data: bytes) -> None:
    """Numbers, truth values and dates where text is nothing else; what a number would lose stays text."""
    rows = read(data)[1]
    assert [[cell for _, cell in sorted(row.items())] for row in rows.values()] == CSV_CASES[data]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xff\xff,1", "not UTF-8"),
        (b"a," * 20_000, "more rows or columns"),
        (b'"' + b"x" * 5_000_000, "too long|no CSV"),
        (b"1\n" * 100_001, "rows 1"),
    ],
)
def test_hostile_csv_is_refused(data: bytes, words: str) -> None:
    """In clear words."""
    with pytest.raises(Refused, match=words):
        read(data)


def test_csv_as_text_and_with_a_delimiter() -> None:
    """Where every field is to stay what it is."""
    config = {"format": "csv", "csv": {"delimiter": "|", "text": True}}
    assert read(b"1|TRUE|a,b", config=config)[1] == {0: {0: ("s", "1"), 1: ("s", "TRUE"), 2: ("s", "a,b")}}
