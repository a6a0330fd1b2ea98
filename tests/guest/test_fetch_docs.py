"""The pages on fetch, axios and form-data against the guest."""

import re
from pathlib import Path

from tests.harness import Guests
from tests.online import Online

PAGES = Path(__file__).parents[2] / "docs" / "modules"


def test_the_members_of_the_table_are_there(guests: Guests) -> None:
    """Each class has those and no others, and the statics that the page names."""
    text = (PAGES / "fetch.md").read_text()
    said = {name: re.findall(r"`(\w+)`", rest) for name, rest in re.findall(r"^\| `(\w+)` \| (`.*) \|$", text, re.M)}
    got = guests.result("return input.map((name) => Object.keys(globalThis[name].prototype).sort())", list(said))
    assert dict(zip(said, got, strict=True)) == said
    statics = re.findall(r"`Response\.(\w+)`", text)
    assert guests.result("return Object.keys(Response).sort()") == sorted(statics)


def test_what_the_pages_call_absent_is_absent(online: Online) -> None:
    """And what axios refuses is refused, each option by its name."""
    text = (PAGES / "axios.md").read_text()
    refused = re.findall(r"`(\w+)`", re.search(r"\*\*Refused\*\*, with `ERR_NOT_SUPPORT`,(.*?)\.\n", text, re.S)[1])
    code = """
    const axios = require('axios'), FormData = require('form-data'), out = [];
    for (const option of input) out.push(await axios.get(u, { [option]: { a: 1 } }).catch((error) => error.code));
    const hash = await fetch('data:,x', { integrity: 'sha256-AAAA' }).catch((error) => error.message);
    return [out, hash, typeof URL.createObjectURL, typeof new FormData().pipe, typeof new FormData().on]"""
    wanted = [["ERR_NOT_SUPPORT"] * len(refused), "fetch failed", "undefined", "undefined", "undefined"]
    assert online.result(code, refused) == wanted


def test_the_methods_of_a_form_are_those_of_the_page(guests: Guests) -> None:
    """But for submit, which throws, and what every object has."""
    text = (PAGES / "form-data.md").read_text()
    rows = re.findall(r"^\| (`\w+\(.*?)\| ", text, re.M)
    said = {name for row in rows for name in re.findall(r"`(\w+)\(", row)}
    got = guests.result("return Object.getOwnPropertyNames(require('form-data').prototype)")
    assert set(got) - {"constructor", "submit", "toString"} == said
