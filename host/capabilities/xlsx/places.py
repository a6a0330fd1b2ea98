"""Where cells are: columns by their letters, references, ranges, and formulas that are copied to other cells."""

import itertools
import re
import string

from host.capabilities.xlsx.fault import malformed

ROWS_MAX = 1_048_576
COLUMNS_MAX = 16_384

_letters = ("".join(name) for length in (1, 2, 3) for name in itertools.product(string.ascii_uppercase, repeat=length))
#: The index of each column, from 0, by its letters; and the letters.
COLUMN = {name: index for index, name in enumerate(itertools.islice(_letters, COLUMNS_MAX))}
LETTERS = tuple(COLUMN)

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
#: In a formula: text, a sheet's quoted name, or a reference that no name or function goes on from.
_RELATIVE = re.compile(
    r"\"[^\"]*\"|'[^']*'|(?<![\w.$])(\$?)([A-Z]{1,3})(\$?)([1-9][0-9]{0,6})(?![\w(.!])|\[[^\]]*\]", re.ASCII
)

Range = tuple[int, int, int, int]


def place(reference: str) -> tuple[int, int]:
    """Row and column, from 0, of a reference such as `B7`. Raises Refused for what is none."""
    match = _REFERENCE.fullmatch(reference)
    if match is None or match[1] not in COLUMN or int(match[2]) > ROWS_MAX:
        raise malformed("a cell in it is in no place that there is")
    return int(match[2]) - 1, COLUMN[match[1]]


def area(reference: str) -> Range:
    """First row and column, last row and column, from 0, of a range such as `A1:B7`."""
    first, _, last = reference.partition(":")
    begin = place(first)
    return (*begin, *(place(last) if last else begin))


def moved(formula: str, rows: int, columns: int) -> str:
    """A formula as it reads so many rows and columns further on: what is relative in it moves along."""

    def one(match: re.Match) -> str:
        if match[2] is None:
            return match[0]
        row, column = int(match[4]) - 1, COLUMN.get(match[2], -1)
        if column < 0 or row >= ROWS_MAX:
            return match[0]
        row, column = row if match[3] else row + rows, column if match[1] else column + columns
        if not (0 <= row < ROWS_MAX and 0 <= column < COLUMNS_MAX):
            return "#REF!"
        return f"{match[1]}{LETTERS[column]}{match[3]}{row + 1}"

    return _RELATIVE.sub(one, formula)
