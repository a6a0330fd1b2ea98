"""docs/modules/buffer.md: its tables are what the guest has."""

import re

import pytest

from tests.harness import Guests

_ROW = re.compile(r"^\| `(\w+)` \| (yes|no) \|", re.MULTILINE)


@pytest.mark.parametrize(
    ("heading", "expression"),
    [
        ("## `require('buffer')`", "require('buffer')"),
        ("## Globals", "globalThis"),
        ("## `require('string_decoder')`", "require('string_decoder')"),
    ],
)
def test_the_tables_are_what_the_guest_has(
    request: pytest.FixtureRequest, guests: Guests, heading: str, expression: str
) -> None:
    """Each name that is in is there, none that is not; of a module no other is there either."""
    text = (request.config.rootpath / "docs" / "modules" / "buffer.md").read_text()
    section = text.split(heading + "\n")[1].split("\n## ")[0]
    rows = dict(_ROW.findall(section))
    body = f"return [input.map((name) => name in {expression}), Object.keys({expression})]"
    there, names = guests.result(body, list(rows))
    assert dict(zip(rows, there, strict=True)) == {
        name: word == "yes" for name, word in rows.items()
    }
    if expression != "globalThis":
        assert set(names) == {name for name, word in rows.items() if word == "yes"}
