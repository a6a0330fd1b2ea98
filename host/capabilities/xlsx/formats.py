"""Number formats: which of them show a date (ECMA-376 part 1, 18.8.30), and the dates themselves."""

import datetime
import re
from collections.abc import Iterable

from host.capabilities.xlsx.fault import malformed
from host.capabilities.xlsx.parts import parse, whole

GENERAL = "General"
#: Formats that have numbers and no text in a workbook.
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: '"$"#,##0_);\\("$"#,##0\\)', 6: '"$"#,##0_);[Red]\\("$"#,##0\\)',
    7: '"$"#,##0.00_);\\("$"#,##0.00\\)', 8: '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)', 9: "0%", 10: "0.00%",
    11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "m/d/yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm", 37: "#,##0 ;(#,##0)",
    38: "#,##0 ;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)", 45: "mm:ss",
    46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
#: Dates of Chinese, Japanese, Korean and Thai versions: numbers that have no one text.
_LOCAL_DATES = (*range(27, 37), *range(50, 59), *range(71, 82))
BUILT_IN.update(dict.fromkeys(_LOCAL_DATES, "m/d/yy"))

FORMATS_MAX = 5_000
STYLES_MAX = 70_000
_FORMAT_CHARACTERS_MAX = 1_000

#: What in a format is no code: quoted text, an escaped character, a space as wide as another, a filler, brackets that
#: hold no elapsed time.
_NO_CODE = re.compile(r'"[^"]*"?|\\.|[_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]?|General', re.IGNORECASE)
_DATE_CODE = re.compile(r"[dmyhsb]|e(?![+-])|AM/PM|A/P", re.IGNORECASE)

_EPOCH = datetime.datetime(1899, 12, 30)  # noqa: DTZ001 - cells know no time zones
_DAY = datetime.timedelta(days=1)
#: How many days later the other date system begins.
DAYS_1904 = 1462
#: The serial number of the day after 9999-12-31, the last that there is.
SERIAL_END = 2_958_466


def is_date(code: str) -> bool:
    """Whether a number format shows a date, a time, or a duration."""
    return _DATE_CODE.search(_NO_CODE.sub("", code).split(";")[0]) is not None


class Styles:
    """The formats of a workbook's cells; `format_of` has the index of a style's format, by the style's number as text.
    A cell without a style has the first."""

    def __init__(self) -> None:
        self.formats: list[str] = [GENERAL]
        self.is_date: list[bool] = [False]
        self.format_of: dict[str, int] = {"": 0}
        self._index_of = {GENERAL: 0}

    def add(self, code: str) -> None:
        """The next style."""
        index = self._index_of.setdefault(code, len(self.formats))
        if index == len(self.formats):
            self.formats.append(code)
            self.is_date.append(is_date(code))
        self.format_of[str(len(self.format_of) - 1)] = index


def read_styles(part: str, pieces: Iterable[bytes]) -> Styles:
    """The styles of a workbook."""
    codes = dict(BUILT_IN)
    styles = Styles()
    inside = [""]

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt" and inside[-1] == "numFmts":
            if len(codes) > FORMATS_MAX:
                raise malformed(f"it has more than {FORMATS_MAX:,} number formats")
            code = attributes.get("formatCode", GENERAL)[:_FORMAT_CHARACTERS_MAX]
            codes[whole(attributes, "numFmtId")] = code
        elif name == "xf" and inside[-1] == "cellXfs":
            if len(styles.format_of) > STYLES_MAX:
                raise malformed(f"it has more than {STYLES_MAX:,} cell styles")
            styles.add(codes.get(whole(attributes, "numFmtId", 0), GENERAL))
        inside.append(name)

    parse(part, pieces, start, lambda name: inside.pop())
    return styles


def serial_of_iso(text: str) -> float:
    """The serial number of a date or time in ISO 8601, as cells of type `d` have it. Raises ValueError."""
    if len(text) < 16 and text[2:3] == ":":
        time = datetime.time.fromisoformat(text).replace(tzinfo=None)
        return (datetime.datetime.combine(_EPOCH, time) - _EPOCH) / _DAY
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    days = (moment - _EPOCH) / _DAY
    # There was no 29th of February 1900, but it has a number; what is before it has one less.
    return days if days >= 61 else days - 1


def moment_of_serial(serial: float) -> datetime.datetime | None:
    """The date and time of a serial number, to the millisecond; None where it is outside of the calendar."""
    if not 0 <= serial < SERIAL_END:
        return None
    days = serial + 1 if serial < 60 else serial
    return _EPOCH + datetime.timedelta(milliseconds=round(days * 86_400_000))
