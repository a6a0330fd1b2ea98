"""The media types of file names, from npm's mime-db, as npm's mime-types picks one where an extension has several."""

import json
from pathlib import Path

_PREFERRED = ("nginx", "apache", None, "iana")
_ANY = "application/octet-stream"


def data_modules(npm: Path) -> dict[str, object]:
    """`data/mime_types`: each extension's type."""
    types: dict[str, str] = {}
    known = json.loads((npm / "mime-db" / "db.json").read_text())

    def rank(name: str) -> int:
        return _PREFERRED.index(known[name].get("source"))

    for name, entry in known.items():
        for extension in entry.get("extensions", ()):
            had = types.get(extension)
            if had not in (None, _ANY):
                better = rank(had) > rank(name)
                if better or (rank(had) == rank(name) and had.startswith("application/")):
                    continue
            types[extension] = name
    return {"data/mime_types": types}
