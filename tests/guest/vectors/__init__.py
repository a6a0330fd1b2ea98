"""Known answers that standards print, as data."""

import json
from pathlib import Path


def vectors(name: str) -> dict[str, list[dict]]:
    """The lists of NAME.json, by what they are of."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text())
