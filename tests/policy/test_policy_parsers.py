"""PyYAML's two parsers give one reading: the quick one never sees what the other would see differently."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.policy import document
from host.policy.diagnose import Findings

FRAGMENTS = [
    "a", "b: ", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", ": ", "'", '"', "#", " #c", " ", "\n- ", "key:",
    "|", "|\n  t", ">\n  z", "? ", "!", "&a ", "*", "%", "@", "`", "--- ", "...", "\\", "~", "1", "é", "\r\n", "-", ":",
    ",", "a:b", "[a, b]", "{a: b}", "'q'", '"q"', "https://x", "*.x", "$", "''", "''", '\\"', "\\n", "version: 1\n",
]  # fmt: skip


def read(text: str):
    found = Findings("p.yaml")
    return document.read_document(found, text), found.sorted()


@settings(max_examples=2_000, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join))
def test_both_parsers_read_every_file_alike(text):
    """With and without the parser in C: the same nodes at the same places, and the same diagnostics."""
    with_c = read(text)
    quick, document._QUICK_LOADER = document._QUICK_LOADER, None
    try:
        assert read(text) == with_c
    finally:
        document._QUICK_LOADER = quick


@pytest.mark.skipif(document._QUICK_LOADER is None, reason="PyYAML was built without its parser in C")
def test_an_ordinary_policy_is_read_quickly():
    """A file like those that people write does not need the slow parser."""
    assert document._read_quickly("version: 1\npolicy: p\ngrants:\n  fetch:\n    - hosts: ['*.x']  # c\n") is not None
