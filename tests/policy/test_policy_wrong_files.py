"""The corpus of wrong policy files: each is told as the file beside it says, and nothing else is."""

from pathlib import Path

import pytest

from host.policy import PolicyFolderError, resolve_files
from host.policy.diagnose import CODES

WRONG = Path(__file__).parents[1] / "policies" / "wrong"
FILES = sorted(WRONG.glob("*.yaml"))
# What only a folder, a day or a server's settings can bring about, or a folder of several files; and what is about a
# signature, or about a folder that changes.
NOT_OF_ONE_FILE = {
    "audit-long", "audit-over", "bad-token", "duplicate-token", "extends-deep", "missing-secret", "no-policies",
    "over-ceiling", "too-large", "too-many", "two-access-files", "unreadable", "wider-than-parent",
    "bad-manifest", "bad-signature", "not-signed", "rolled-back", "signed-changed", "signed-missing", "unsigned",
    "access-gone", "internal", "unsettled",
}  # fmt: skip


def found_in(path: Path) -> list[str]:
    """Everything that is told of one file, as its `.expected` has it."""
    try:
        diagnostics = resolve_files({path.name: path.read_bytes()}).warnings
    except PolicyFolderError as error:
        diagnostics = error.diagnostics
    return [f"{each.severity} {each.code} {each.line}:{each.column}" for each in diagnostics]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_wrong_file_is_told_as_expected(path: Path) -> None:
    """Severity, code, line and column of everything in the file are those that stand beside it, in its order."""
    assert found_in(path) == path.with_suffix(".expected").read_text().splitlines()


def test_the_corpus_is_whole() -> None:
    """There are at least 150 wrong files, each expects something, and every code that one file can have is among it."""
    expected = {path.stem: path.with_suffix(".expected").read_text().split() for path in FILES}
    assert len(FILES) >= 150
    assert [name for name, words in expected.items() if not words] == []
    assert set(CODES) - {word for words in expected.values() for word in words} <= NOT_OF_ONE_FILE
