"""What SECURITY.md promises and ARCHITECTURE.md holds is tested, and each stands there once."""

import re
from pathlib import Path

from tests.test_docs import ROOT, read, table, words


def numbered_tests() -> dict[int, list[Path]]:
    """The test files that carry a promise's number in their name."""
    found: dict[int, list[Path]] = {}
    for path in (ROOT / "tests").rglob("test_requirement_*.py"):
        found.setdefault(int(path.stem.split("_")[2]), []).append(path)
    return found


def _promises() -> list[list[str]]:
    return table(read("SECURITY.md"), "", "promise")


def test_every_promise_has_tests() -> None:
    """A promise of SECURITY.md is tested in files with its number or in files that it names; no number is unknown."""
    promises = {int(row[0]): words(row[2]) for row in _promises()}
    assert list(promises) == sorted(int(row[0]) for row in _promises())
    numbered = numbered_tests()
    assert numbered.keys() <= promises.keys()
    assert [number for number, named in promises.items() if not named and number not in numbered] == []


def test_every_invariant_has_tests() -> None:
    """An invariant of ARCHITECTURE.md names where it is held, and a test or a promise that has one."""
    promises = {int(row[0]) for row in _promises()}
    for count, (number, _, held_in, tested_in) in enumerate(table(read("ARCHITECTURE.md"), "", "what always holds"), 1):
        assert int(number) == count
        assert words(held_in), number
        named = re.search(r"promises? ([\d, ]+)", tested_in)
        assert words(tested_in) or named, number
        assert {int(each) for each in re.findall(r"\d+", named[1] if named else "")} <= promises, number
