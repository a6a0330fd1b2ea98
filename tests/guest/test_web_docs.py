"""docs/modules/web.md against the guest."""

import re
from pathlib import Path

from tests.harness import Guests

TEXT = (Path(__file__).parents[2] / "docs" / "modules" / "web.md").read_text()


def test_the_globals_of_the_table_are_there(guests: Guests) -> None:
    """And those that it says are not there are not."""
    said = dict(re.findall(r"^\| `(\w+)` \| (yes|no) \|$", TEXT, re.M))
    got = guests.result("return input.map((name) => name in globalThis && globalThis[name] !== undefined)", list(said))
    assert {name: "yes" if there else "no" for name, there in zip(said, got, strict=True)} == said


def test_the_exports_of_the_table_are_there(guests: Guests) -> None:
    """Each module has those and no others."""
    said = {
        name: re.findall(r"`(\w+)`", rest) for name, rest in re.findall(r"^\| `([a-z_/]+)` \| (`.*) \|$", TEXT, re.M)
    }
    got = guests.result("return input.map((name) => Object.keys(require(name)).sort())", list(said))
    assert dict(zip(said, got, strict=True)) == said
