"""Text of cells: XML's references, and the escapes that spreadsheets have for characters that XML has not."""

import re

from host.capabilities.xlsx.fault import malformed

_REFERENCE = re.compile(r"&(#x[0-9A-Fa-f]{1,8}|#[0-9]{1,8}|[A-Za-z]{1,8});|&")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
#: ECMA-376 part 1, 22.9.2.19 (ST_Xstring). NUL is left as it stands: a batch ends its strings with it.
_ESCAPE = re.compile(r"_x(?!0000)([0-9A-Fa-f]{4})_")


def _resolved(match: re.Match) -> str:
    reference = match[1]
    if reference is None:
        raise malformed("an & in its text stands for nothing")
    if reference in _NAMED:
        return _NAMED[reference]
    if not reference.startswith("#"):
        raise malformed("it refers to an entity, which workbooks do not have")
    code = int(reference[2:], 16) if reference[1] == "x" else int(reference[1:])
    if code in (0x9, 0xA, 0xD) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
        return chr(code)
    raise malformed("a character reference in it stands for no character")


def plain(text: str) -> str:
    """Text as it stands between tags, without its references and escapes."""
    if "&" in text:
        text = _REFERENCE.sub(_resolved, text)
    return unescaped(text) if "_x" in text else text


def unescaped(text: str) -> str:
    """Text without a spreadsheet's own escapes. Halves of surrogate pairs are joined; one without its other half is
    replaced."""
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if any("\ud800" <= character < "\ue000" for character in text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
