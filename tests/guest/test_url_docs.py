"""docs/modules/url.md: its tables are what the guest has."""

import re

import pytest

from tests.harness import Guests

_ROW = re.compile(r"^\| `(\w+)` \| (yes|no) \|", re.MULTILINE)


@pytest.mark.parametrize(
    ("heading", "expression"),
    [
        ("## Globals", "globalThis"),
        ("## `require('url')`", "require('url')"),
        ("## `require('querystring')`", "require('querystring')"),
        ("## `require('zlib')`", "require('zlib')"),
    ],
)
def test_the_tables_are_what_the_guest_has(
    request: pytest.FixtureRequest, guests: Guests, heading: str, expression: str
) -> None:
    """Each name that is in is there, none that is not; of a module no other is there either."""
    text = (request.config.rootpath / "docs" / "modules" / "url.md").read_text()
    rows = dict(_ROW.findall(text.split(heading + "\n")[1].split("\n## ")[0]))
    body = f"return [input.map((name) => name in {expression}), Object.keys({expression})]"
    there, names = guests.result(body, list(rows))
    assert dict(zip(rows, there, strict=True)) == {name: word == "yes" for name, word in rows.items()}
    if expression != "globalThis":
        assert set(names) == {name for name, word in rows.items() if word == "yes"}
