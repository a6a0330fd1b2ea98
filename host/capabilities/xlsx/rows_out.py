"""Rows on their way into a sheet: from batches to XML (ECMA-376 part 1, 18.3)."""

import math
import re
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape

from host.capabilities.xlsx.batch import DATE, EMPTY, ERROR, FALSE, FORMAT, FORMULA, NUMBER, SKIP, STRING, TRUE, Opened
from host.capabilities.xlsx.fault import refused
from host.capabilities.xlsx.formats import SERIAL_END
from host.capabilities.xlsx.places import COLUMNS_MAX, LETTERS, ROWS_MAX
from host.capabilities.xlsx.styles_out import StyleSheet

#: The longest text of a cell that Excel opens.
CHARACTERS_MAX = 32_767
ERRORS = frozenset(
    ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!")
)
#: What in the strings of a batch, each followed by a NUL, cannot stand in XML as it is, or would be lost or read as
#: something else: markup, control characters, what looks like an escape, space at an end.
_SPECIAL = re.compile("[&<>\x01-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|(?:^|\0)\\s|\\s\0")
_CONTROL = re.compile("[\x01-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


#: The cells that tables are made of, in either of their values, and how they are written.
_PLAIN = frozenset((NUMBER, STRING, FALSE))
_FOLDED = bytes.maketrans(bytes((TRUE,)), bytes((FALSE,)))
_FORMS = {NUMBER: "><v>%s</v>", STRING: ' t="inlineStr"><is>%s</is>', FALSE: ' t="b"><v>%s</v>'}


def text_xml(text: str) -> str:
    """Text between tags, with a spreadsheet's own escapes for what XML cannot have (ST_Xstring)."""
    return escape(_CONTROL.sub(lambda match: f"_x{ord(match[0]):04X}_", text))


def _strings(batch: Opened) -> list[str]:
    """The strings as elements of inline text. Looking once at all of them together saves looking at each."""
    if max(map(len, batch.strings), default=0) > CHARACTERS_MAX:
        raise refused(f"A text is too long for a cell: {CHARACTERS_MAX:,} characters are the most")
    if not _SPECIAL.search(batch.text):
        return [f"<t>{string}</t>" for string in batch.strings]
    return [
        f'<t xml:space="preserve">{text_xml(string)}</t>' if string != string.strip() or "\n" in string
        else f"<t>{text_xml(string)}</t>"
        for string in batch.strings
    ]  # fmt: skip


def _numbers(batch: Opened) -> list[str]:
    """The numbers as the shortest text that is read as the same; those that are none as nothing."""
    texts = [text[:-2] if text.endswith(".0") else text for text in map(repr, batch.numbers)]
    if not math.isfinite(sum(batch.numbers)):
        texts = [text if math.isfinite(number) else "" for text, number in zip(texts, batch.numbers, strict=True)]
    return texts


def _table(batch: Opened, numbers: list[str], strings: list[str]) -> str | None:
    """The rows of a batch where they are all alike, as those of tables are: one pattern, filled in for each of them.
    None where they are not."""
    count, wide = len(batch.rows), batch.rows[0][1] if batch.rows else 0
    tags = batch.tags.translate(_FOLDED)
    first = tags[:wide]
    if (
        not 0 < wide <= COLUMNS_MAX
        or not _PLAIN.issuperset(first)
        or any(length != wide for _, length in batch.rows)
        or tags != first * count
        or "" in numbers
    ):
        return None
    row_numbers = [str(number + 1) for number, _ in batch.rows]
    pattern, columns = ['<row r="%s">'], [row_numbers]
    taken = {NUMBER: 0, STRING: 0}
    for column, tag in enumerate(first):
        if tag == FALSE:
            values = ["1" if each == TRUE else "0" for each in batch.tags[column::wide]]
        else:
            values = (numbers if tag == NUMBER else strings)[taken[tag] :: first.count(tag)]
            taken[tag] += 1
        pattern.append(f'<c r="{LETTERS[column]}%s"{_FORMS[tag]}</c>')
        columns += (row_numbers, values)
    pattern.append("</row>")
    return "".join(map("".join(pattern).__mod__, zip(*columns, strict=True)))


class RowsOut:
    """The rows of one sheet. `rows` and `cells` count them."""

    def __init__(self, styles: StyleSheet) -> None:
        self._styles = styles
        self._row = -1
        self.rows = 0
        self.cells = 0

    def xml(self, batch: Opened) -> bytes:
        """The elements of a batch's rows. Raises Refused where they are none, ValueError for a damaged batch."""
        numbers, strings = _numbers(batch), _strings(batch)
        for number, _ in batch.rows:
            if not self._row < number < ROWS_MAX:
                raise refused(f"Row {number + 1:,} cannot be written here", "Rows are written in their order.")
            self._row = number
        self.rows += len(batch.rows)
        table = _table(batch, numbers, strings)
        if table is not None:
            self.cells += len(batch.tags)
            return table.encode()
        next_number, next_string = iter(numbers).__next__, iter(strings).__next__
        out: list[str] = []
        at = 0
        for number, length in batch.rows:
            tags = iter(batch.tags[at : at + length])
            at += length
            out.append(f'<row r="{number + 1}">')
            self._put_cells(out.append, tags, str(number + 1), next_number, next_string)
            out.append("</row>")
        return "".join(out).encode()

    def _put_cells(
        self,
        put: Callable[[str], None],
        tags: Iterator[int],
        row: str,
        next_number: Callable[[], str],
        next_string: Callable[[], str],
    ) -> None:
        attributes = self._styles.attribute
        column, index, style, formula = 0, 0, "", ""
        for tag in tags:
            if tag == SKIP:
                column += next(tags) | next(tags) << 8
                continue
            if tag == FORMAT:
                index = next(tags) | next(tags) << 8
                style = attributes[index]
                continue
            if tag == FORMULA:
                formula = _formula(next_string())
                continue
            if column >= COLUMNS_MAX:
                raise refused(f"A row has {COLUMNS_MAX:,} cells at the most")
            if tag == STRING and not formula:
                put(f'<c r="{LETTERS[column]}{row}"{style} t="inlineStr"><is>{next_string()}</is></c>')
            elif tag == NUMBER and (text := next_number()):
                put(f'<c r="{LETTERS[column]}{row}"{style}>{formula}<v>{text}</v></c>')
            else:
                if tag == DATE:
                    style = self._date_style(index, number := next_number())
                    value = ("", number) if number else ("e", "#NUM!")
                else:
                    value = ("e", "#NUM!") if tag == NUMBER else _value(tag, next_string)
                put(_cell(f"{LETTERS[column]}{row}", style, formula, *value))
            column += 1
            self.cells += 1
            if index or style or formula:
                index, style, formula = 0, "", ""

    def _date_style(self, index: int, number: str) -> str:
        if number and not 0 <= float(number) < SERIAL_END:
            raise refused("A date is outside of what a workbook can have", "Dates are from 1900 to 9999.")
        return self._styles.date_attribute(index, "." in number or "e" in number)


def _cell(place: str, style: str, formula: str, kind: str, value: str) -> str:
    type_ = f' t="{kind}"' if kind else ""
    content = f"{formula}<v>{value}</v>" if value or kind else formula
    if not content:
        return f'<c r="{place}"{style}/>'
    return f'<c r="{place}"{style}{type_}>{content}</c>'


def _value(tag: int, next_string: Callable[[], str]) -> tuple[str, str]:
    """The type and the text of a cell that is no plain number."""
    if tag == EMPTY:
        return "", ""
    if tag in (TRUE, FALSE):
        return "b", "1" if tag == TRUE else "0"
    if tag not in (STRING, ERROR):
        raise ValueError(f"no cell has the tag {tag}")
    text = next_string().partition(">")[2].rpartition("<")[0]
    if tag == ERROR and text not in ERRORS:
        raise refused("A cell has an error that spreadsheets do not know", "#N/A, #DIV/0!, #VALUE! and their like.")
    return ("e" if tag == ERROR else "str"), text


def _formula(element: str) -> str:
    """The element of a formula, from that of its text."""
    text = element.partition(">")[2].rpartition("<")[0].removeprefix("=")
    return f"<f>{text}</f>" if text else ""
