"""The dictionary of the package `pinyin` as two texts, because forty thousand properties take long to make.

The first has a character for each code from FIRST on: where in the second, a list, its readings are; 0 is none. A third
has for each entry of the list its place in the order of first readings, for Intl.Collator in Chinese.
"""

import re
import unicodedata
from pathlib import Path

_ENTRY = re.compile(r'^dict\[0x([0-9a-f]+)\] = "([^"]*)"', re.MULTILINE | re.IGNORECASE)
FIRST = 0x3007


_TONES = {"\u0304": 1, "\u0301": 2, "\u030c": 3, "\u0300": 4}


def _key(readings: str) -> tuple[str, int]:
    """The first reading by its letters, then by its tone."""
    letters, tone = "", 5
    for part in unicodedata.normalize("NFD", readings.partition(",")[0]):
        tone = _TONES.get(part, tone)
        letters += "" if part in _TONES else "~" if part == "\u0308" else part
    return letters, tone


def data_modules(npm: Path) -> dict[str, object]:
    """The module `data/pinyin`. What lies beyond 16 bits is left out: the package never asks for it."""
    found = {int(code, 16): text for code, text in _ENTRY.findall((npm / "pinyin" / "data" / "dict-zi.js").read_text())}
    codes = {code: text for code, text in found.items() if FIRST <= code <= 0xFFFF and text}
    readings = sorted(set(codes.values()))
    if len(codes) < 20000 or min(found) != FIRST or len(readings) > 0xD000:
        raise ValueError("the dictionary of pinyin does not look as the build expects")
    place = {text: at for at, text in enumerate(readings, 1)}
    index = "".join(chr(place[codes[code]]) if code in codes else "\0" for code in range(FIRST, max(codes) + 1))
    ranks = {key: rank for rank, key in enumerate(sorted({_key(text) for text in readings}))}
    order = "".join(chr(ranks[_key(text)]) for text in readings)
    return {"data/pinyin": {"first": FIRST, "index": index, "readings": "|".join(readings), "order": order}}
