"""CSV, read as a workbook of one sheet: text in, typed cells out (RFC 4180, and what spreadsheets make of it)."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

import msgspec

from host.capabilities.xlsx.archive import Source
from host.capabilities.xlsx.batch import DATE, EMPTY, FALSE, NUMBER, STRING, TRUE, Batch
from host.capabilities.xlsx.cells import BATCH_CHARACTERS_MAX, Options
from host.capabilities.xlsx.fault import malformed
from host.capabilities.xlsx.formats import serial_of_iso
from host.capabilities.xlsx.places import COLUMNS_MAX, ROWS_MAX
from host.capabilities.xlsx.sheet_facts import SheetFacts

_DELIMITERS = ",;\t|"
_ROWS_AT_ONCE = 1000
#: Of a field, and of a line.
_FIELD_CHARACTERS_MAX = 4 * 1024 * 1024
_PIECE_BYTES = 64 * 1024
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
#: More digits than a double keeps are an identifier, and so is what has zeros before it.
_DIGITS_MAX = 15
_LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
_DATE = re.compile(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9](?:[T ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?)?")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class CsvOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How CSV is read: `delimiter` is found out where it is not given; with `text` every field stays text."""

    delimiter: str | None = None
    text: bool = False


class Csv:
    """A file of CSV, with the same face as a sheet's cells."""

    def __init__(self, source: Source, how: CsvOptions, options: Options) -> None:
        self._source = source
        self._how = how
        self._row_end = options.row_end
        self._batch = Batch()
        self._wide = 0
        self.rows = 0
        self.cells = 0
        self.ended = False

    def read(self, pieces: object = None) -> Iterator[None]:
        """Reads on; yields after some rows, until there is no more."""
        csv.field_size_limit(_FIELD_CHARACTERS_MAX)
        lines = _Lines(self._source)
        delimiter = self._how.delimiter or _delimiter(lines.head)
        try:
            for number, fields in enumerate(csv.reader(lines, delimiter=delimiter)):
                if number >= self._row_end:
                    return
                if sum(map(len, fields)) > _FIELD_CHARACTERS_MAX:
                    raise malformed("a line of it is too long")
                if number >= ROWS_MAX or len(fields) > COLUMNS_MAX:
                    raise malformed("it has more rows or columns than a sheet can have")
                self._take(number, fields)
                if self._batch.count >= _ROWS_AT_ONCE or self._batch.weight() > BATCH_CHARACTERS_MAX:
                    yield
        except csv.Error as error:
            raise malformed(f"it is no CSV ({error})") from error
        except UnicodeDecodeError as error:
            raise malformed("its text is not UTF-8", "Save it as CSV in UTF-8.") from error
        yield

    def take_batches(self) -> Iterator[bytes]:
        """What was found since the last time."""
        batch, self._batch = self._batch, Batch()
        if batch.count:
            yield batch.encode()

    def trailer(self) -> bytes:
        """What is known of the sheet after its last cell."""
        extent = (0, 0, self.rows - 1, self._wide - 1) if self._wide else None
        return SheetFacts().trailer(extent, self.rows, self.cells)

    def _take(self, number: int, fields: list[str]) -> None:
        batch = self._batch
        batch.begin_row(number)
        self.rows += 1
        self.cells += len(fields)
        self._wide = max(self._wide, len(fields))
        for field in fields:
            if not field:
                batch.tags.append(EMPTY)
            elif self._how.text or not self._put_typed(batch, field):
                batch.tags.append(STRING)
                batch.strings.append(field.replace("\0", "\ufffd"))

    def _put_typed(self, batch: Batch, field: str) -> bool:
        """Puts a cell for what reads as a number, a truth value or a date. False for what is text."""
        if field in ("TRUE", "true", "FALSE", "false"):
            batch.tags.append(TRUE if field in ("TRUE", "true") else FALSE)
            return True
        if _NUMBER.fullmatch(field):
            if sum(map(str.isdigit, field)) > _DIGITS_MAX or _LEADING_ZERO.match(field):
                return False
            batch.tags.append(NUMBER)
            batch.numbers.append(field)
            return True
        if _DATE.fullmatch(field):
            try:
                batch.numbers.append(serial_of_iso(field))
            except ValueError:
                return False
            batch.tags.append(DATE)
            return True
        return False


class _Lines:
    """The lines of the text, decoded piece by piece; `head` is the beginning of it. A line may be cut where no field
    ends: the reader puts it together."""

    def __init__(self, source: Source) -> None:
        self._source = source
        head = bytes(source[0:4])
        encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self.head = codecs.getincrementaldecoder(encoding)("replace").decode(bytes(source[0:_PIECE_BYTES]))

    def __iter__(self) -> Iterator[str]:
        rest = ""
        for at in range(0, len(self._source), _PIECE_BYTES):
            piece = bytes(self._source[at : at + _PIECE_BYTES])
            text = rest + self._decoder.decode(piece, at + _PIECE_BYTES >= len(self._source))
            lines = io.StringIO(text, newline="").readlines()
            rest = lines.pop() if lines else ""
            if len(rest) > _FIELD_CHARACTERS_MAX:
                raise malformed("a line of it is too long")
            yield from lines
        if rest:
            yield rest


def _delimiter(head: str) -> str:
    """The delimiter that stands most often in the first line, outside of quotes."""
    first = re.sub(r'"[^"]*"', "", head.partition("\n")[0])
    return max(_DELIMITERS, key=first.count)
