"""Styles of a new workbook: what cells look like, each look written once (ECMA-376 part 1, 18.8)."""

import re
from typing import Annotated, Literal
from xml.sax.saxutils import quoteattr

from msgspec import Meta, Struct

from host.capabilities.xlsx.fault import refused
from host.capabilities.xlsx.formats import BUILT_IN, FORMATS_MAX, GENERAL, STYLES_MAX, is_date

#: Dates as a reader's own country writes them, without and with the time.
_DATE, _MOMENT = 14, 22
_FIRST_OWN_FORMAT = 164
_NUMBER_OF = {code: number for number, code in BUILT_IN.items() if number < 23 or 36 < number < 50}
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Color = Annotated[str, Meta(pattern="^[0-9A-Fa-f]{6}$")]


class Style(Struct, frozen=True, forbid_unknown_fields=True):
    """What a cell looks like."""

    format: Annotated[str, Meta(max_length=255)] = GENERAL
    bold: bool = False
    italic: bool = False
    color: Color | None = None
    fill: Color | None = None
    align: Literal["left", "center", "right"] | None = None
    wrap: bool = False
    border: bool = False


class StyleSheet:
    """The styles of a workbook: those that the guest names by number, and what dates have that have none."""

    def __init__(self) -> None:
        self._fonts = [_font(Style())]
        # The first two are every reader's own.
        self._fills = [f'<fill><patternFill patternType="{kind}"/></fill>' for kind in ("none", "gray125")]
        self._borders = ["<border><left/><right/><top/><bottom/><diagonal/></border>"]
        self._formats: dict[str, int] = {}
        self._looks = ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>']
        self._index_of: dict[Style | tuple[Style, int], int] = {Style(): 0}
        self._styles: list[Style] = [Style()]
        #: As an attribute of a cell, by the guest's number of the style.
        self.attribute: list[str] = [""]

    def add(self, style: Style) -> None:
        """The next style."""
        if len(self._styles) >= STYLES_MAX:
            raise refused(f"A workbook can have {STYLES_MAX:,} styles")
        self._styles.append(style)
        self.attribute.append(_attribute(self._look(style)))

    def date_attribute(self, index: int, has_time: bool) -> str:
        """That of a date in the style `index`: where the style does not show a date, it is made to."""
        style = self._styles[index]
        if is_date(style.format):
            return self.attribute[index]
        return _attribute(self._look(style, _MOMENT if has_time else _DATE))

    def xml(self) -> str:
        """The part."""
        formats = "".join(f'<numFmt numFmtId="{number}" formatCode={_quoted(code)}/>' for code, number in
                          self._formats.items())  # fmt: skip
        numbers = f'<numFmts count="{len(self._formats)}">{formats}</numFmts>' if formats else ""
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            f"{numbers}{_list('fonts', self._fonts)}{_list('fills', self._fills)}{_list('borders', self._borders)}"
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            f"{_list('cellXfs', self._looks)}"
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
        )

    def _look(self, style: Style, format: int | None = None) -> int:
        key = style if format is None else (style, format)
        index = self._index_of.get(key)
        if index is None:
            index = self._index_of[key] = len(self._looks)
            self._looks.append(self._xf(style, self._format(style.format) if format is None else format))
        return index

    def _xf(self, style: Style, format: int) -> str:
        font = _index(self._fonts, _font(style))
        fill = _index(self._fills, _fill(style)) if style.fill else 0
        border = _index(self._borders, _BORDER) if style.border else 0
        align = f' horizontal="{style.align}"' if style.align else ""
        wrap = ' wrapText="1"' if style.wrap else ""
        alignment = f"<alignment{align}{wrap}/>" if align or wrap else ""
        applies = "".join(
            f' apply{what}="1"'
            for what, used in (
                ("NumberFormat", format),
                ("Font", font),
                ("Fill", fill),
                ("Border", border),
                ("Alignment", alignment),
            )
            if used
        )
        head = f'<xf numFmtId="{format}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"{applies}'
        return f"{head}>{alignment}</xf>" if alignment else f"{head}/>"

    def _format(self, code: str) -> int:
        if code == GENERAL:
            return 0
        if code in _NUMBER_OF:
            return _NUMBER_OF[code]
        if code not in self._formats and len(self._formats) >= FORMATS_MAX:
            raise refused(f"A workbook can have {FORMATS_MAX:,} number formats")
        return self._formats.setdefault(code, _FIRST_OWN_FORMAT + len(self._formats))


_SIDE = '<{0} style="thin"><color auto="1"/></{0}>'
_BORDER = f"<border>{''.join(_SIDE.format(side) for side in ('left', 'right', 'top', 'bottom'))}<diagonal/></border>"


def _font(style: Style) -> str:
    color = f'<color rgb="FF{style.color.upper()}"/>' if style.color else ""
    bold, italic = "<b/>" * style.bold, "<i/>" * style.italic
    return f'<font>{bold}{italic}<sz val="11"/>{color}<name val="Calibri"/><family val="2"/></font>'


def _fill(style: Style) -> str:
    color = f'<fgColor rgb="FF{style.fill.upper()}"/><bgColor indexed="64"/>'
    return f'<fill><patternFill patternType="solid">{color}</patternFill></fill>'


def _index(known: list[str], xml: str) -> int:
    if xml not in known:
        known.append(xml)
    return known.index(xml)


def _list(name: str, items: list[str]) -> str:
    return f'<{name} count="{len(items)}">{"".join(items)}</{name}>'


def _attribute(index: int) -> str:
    return f' s="{index}"' if index else ""


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("", text))
