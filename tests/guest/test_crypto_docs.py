"""docs/modules/crypto.md: its tables are what the guest has, its grants are the policy's, and its examples run."""

import hashlib
import hmac
import re

import pytest

from host.policy.algorithms import ALGORITHMS
from tests.granted import OPEN
from tests.harness import Guests

_ROW = re.compile(r"^\| `(\w+)` \| (yes|no) \|", re.MULTILINE)
_EXAMPLE = re.compile(r"```js\n(.*?)```", re.DOTALL)


@pytest.fixture
def page(request: pytest.FixtureRequest) -> str:
    return (request.config.rootpath / "docs" / "modules" / "crypto.md").read_text()


@pytest.mark.parametrize(
    ("heading", "expression"), [("## Globals", "globalThis"), ("## `require('crypto')`", "require('crypto')")]
)
def test_the_tables_are_what_the_guest_has(page: str, guests: Guests, heading: str, expression: str) -> None:
    """Each name that is in is there, none that is not; of the module no other is there either."""
    rows = dict(_ROW.findall(page.split(heading + "\n")[1].split("\n## ")[0]))
    body = f"return [input.map((name) => name in {expression}), Object.keys({expression})]"
    there, names = guests.result(body, list(rows), policy=OPEN)
    assert dict(zip(rows, there, strict=True)) == {name: word == "yes" for name, word in rows.items()}
    if expression != "globalThis":
        assert set(names) == {name for name, word in rows.items() if word == "yes"}


def test_the_grants_are_those_of_the_policy(page: str) -> None:
    """Every operation of `grants.crypto`, once."""
    table = page.split("## What is asked of the policy\n")[1].split("\n## ")[0]
    told = [name for row in re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
    assert sorted(told) == sorted([*ALGORITHMS, "random", "keys"])


def test_the_first_example_runs(page: str, guests: Guests) -> None:
    """What a typical client does: a hash, an HMAC, and a text through a pair of RSA keys."""
    expected = {
        "digest": hashlib.sha256(b"hello").hexdigest(),
        "mac": hmac.new(b"secret", b"hello", "sha256").hexdigest(),
        "opened": "hello",
    }
    assert guests.result(_EXAMPLE.findall(page)[0], policy=OPEN) == expected
