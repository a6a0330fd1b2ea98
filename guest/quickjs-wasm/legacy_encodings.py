"""The data of the encodings that TextDecoder knows beside UTF-8 and UTF-16, as modules of their own.

The indexes of the Encoding Standard lie compressed in an npm package. A script that node runs during the build unpacks
them once, so that a decoder gets its index as one string with the unit at each pointer, and C reads it as it lies.
"""

import json
from pathlib import Path

import fetch
from inputs import FOLDER
from steps import run
from workspace import Workspace, key_of

_SCRIPT = FOLDER / "legacy_encodings.mjs"


def modules(workspace: Workspace, npm: Path) -> dict[str, bytes]:
    """The text of each module of data, by its name: `data/labels`, `data/gb18030` and so on."""

    def make(partial: Path) -> None:
        partial.write_bytes(run([fetch.node(workspace), _SCRIPT, npm]))

    key = key_of(str(npm), _SCRIPT.read_bytes())
    made = json.loads(workspace.file(f"bundles/encodings-{key}.json", make).read_bytes())
    return {f"data/{name}": f"(function(module){{module.exports={text}}})".encode() for name, text in made.items()}
