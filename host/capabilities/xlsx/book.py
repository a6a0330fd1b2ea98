"""A workbook: which parts it has, and what they are for (ECMA-376 part 1, 18.2, and part 2, 6.5)."""

import posixpath

import msgspec
from msgspec import Struct

from host.capabilities.xlsx.archive import Archive, Limits
from host.capabilities.xlsx.fault import malformed, over_limit
from host.capabilities.xlsx.formats import Styles, read_styles
from host.capabilities.xlsx.parts import Parser, is_set, local, parse, whole
from host.capabilities.xlsx.strings import Packed, read_strings

NAMES_MAX = 10_000
_RELATIONS_MAX = 50_000
_NAME_CHARACTERS_MAX = 255
_REFERENCE_CHARACTERS_MAX = 8192
_NAME_PIECES_MAX = 100
_OTHERS = {
    "xl/workbook.bin": "it is an .xlsb file",
    "content.xml": "it is an OpenDocument file",
    "word/document.xml": "it is a Word document",
    "ppt/presentation.xml": "it is a presentation",
    "index/document.iwa": "it is a Numbers file",
}
_SAVE_AS = "Save it as .xlsx."


class Sheet(Struct, frozen=True):
    """A sheet: `state` is visible, hidden or veryHidden, `part` is where its cells are (nowhere, for a chart)."""

    name: str
    state: str
    part: str | None


class Name(Struct, frozen=True):
    """A name for a range or a formula; `sheet` is the index of the one sheet that it holds on."""

    name: str
    ref: str
    sheet: int | None = None


class Book:
    """An opened workbook. What its cells need (strings, styles) is read when the first of its sheets is."""

    def __init__(self, archive: Archive, limits: Limits) -> None:
        self._archive = archive
        for part, what in _OTHERS.items():
            if part in archive:
                raise malformed(what, _SAVE_AS)
        main = self._main_part()
        self._relations = self._read_relations(main)
        self.sheets: list[Sheet] = []
        self.names: list[Name] = []
        self.date1904 = False
        self._limits = limits
        self._read_main(main)
        self.styles = Styles()
        styles = self._target_of_type("styles")
        if styles is not None and styles in archive:
            self.styles = read_styles(styles, archive.pieces(styles))
        self._strings: list[str] | Packed | None = None

    def facts(self) -> bytes:
        """What the guest is told of the workbook, as JSON."""
        return msgspec.json.encode(
            {
                "sheets": [{"name": sheet.name, "state": sheet.state} for sheet in self.sheets],
                "date1904": self.date1904,
                "formats": self.styles.formats,
                "names": self.names,
            }
        )

    def strings(self) -> list[str] | Packed:
        """The strings that cells share."""
        if self._strings is None:
            part = self._target_of_type("sharedStrings")
            if part is None or part not in self._archive:
                self._strings = []
            else:
                self._strings = read_strings(part, self._archive.pieces(part), self._archive.size(part))
        return self._strings

    def _main_part(self) -> str:
        for target, kind in self._read_relations("").values():
            if kind == "officeDocument":
                return target
        raise malformed("its archive holds no workbook")

    def _read_relations(self, part: str) -> dict[str, tuple[str, str]]:
        """What a part refers to, by id: the other part's name and the last word of the relation's type. What lies
        outside of the archive is none of it."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, tuple[str, str]] = {}

        def start(element: str, attributes: dict[str, str]) -> None:
            if element != "Relationship" or attributes.get("TargetMode") == "External":
                return
            if len(found) >= _RELATIONS_MAX:
                raise malformed("it has too many relations")
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = target.lstrip("/"), kind

        if rels in self._archive:
            parse(rels, self._archive.pieces(rels), start)
        return found

    def _target_of_type(self, kind: str) -> str | None:
        return next((target for target, each in self._relations.values() if each == kind), None)

    def _read_main(self, main: str) -> None:
        if main not in self._archive:
            raise malformed("its archive holds no workbook")
        named: list[dict[str, str]] = []
        texts: list[str] = []

        def start(element: str, attributes: dict[str, str]) -> None:
            if element == "workbookPr":
                self.date1904 = is_set(attributes, "date1904")
            elif element == "sheet":
                self._add_sheet(attributes)
            elif element == "definedName":
                named.append(attributes)
                texts.clear()

        def end(element: str) -> None:
            if element == "definedName":
                self._add_name(named.pop(), "".join(texts))

        def text(characters: str) -> None:
            if named and len(texts) < _NAME_PIECES_MAX:
                texts.append(characters)

        parser = Parser(main, start, end, text)
        for piece in self._archive.pieces(main):
            parser.feed(piece)
        parser.feed(b"", True)
        if not self.sheets:
            raise malformed("it has no sheets")

    def _add_name(self, attributes: dict[str, str], reference: str) -> None:
        if len(self.names) >= NAMES_MAX:
            raise malformed(f"it has more than {NAMES_MAX:,} names")
        sheet = whole(attributes, "localSheetId") if "localSheetId" in attributes else None
        name = attributes.get("name", "")[:_NAME_CHARACTERS_MAX]
        self.names.append(Name(name, reference[:_REFERENCE_CHARACTERS_MAX], sheet))

    def _add_sheet(self, attributes: dict[str, str]) -> None:
        if len(self.sheets) >= self._limits.sheets:
            raise over_limit("sheets", len(self.sheets) + 1)
        target, kind = self._relations.get(local(attributes, "id") or "", (None, ""))
        name = attributes.get("name", "")[:_NAME_CHARACTERS_MAX]
        if any(sheet.name == name for sheet in self.sheets):
            raise malformed(f"it has two sheets with the name {name!r}")
        state = attributes.get("state", "visible")
        self.sheets.append(
            Sheet(
                name,
                state if state in ("hidden", "veryHidden") else "visible",
                target if kind == "worksheet" and target in self._archive else None,
            )
        )
