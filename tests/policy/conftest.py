from collections.abc import Callable
from pathlib import Path

import pytest

from host.policy import Diagnostic
from host.policy.parse import ParsedPolicy, parse_policy

ROOT = Path(__file__).parents[2]
HEAD = "version: 1\npolicy: p\n"


@pytest.fixture
def parse() -> Callable[[str | bytes], ParsedPolicy]:
    """Parses the text of one policy file called p.yaml."""
    return lambda text: parse_policy("p.yaml", text.encode() if isinstance(text, str) else text)


@pytest.fixture
def parse_body(parse: Callable[[str], ParsedPolicy]) -> Callable[[str], ParsedPolicy]:
    """Parses what stands below `version: 1` and `policy: p`, from line 3 on."""
    return lambda text: parse(HEAD + text)


@pytest.fixture
def places() -> Callable[[tuple[Diagnostic, ...]], list[tuple[str, int, int]]]:
    """The (code, line, column) of each diagnostic."""
    return lambda diagnostics: [(each.code, each.line, each.column) for each in diagnostics]


@pytest.fixture
def shipped_policies() -> Path:
    return ROOT / "policies"
