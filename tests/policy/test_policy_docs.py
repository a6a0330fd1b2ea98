"""What docs/policies.md says of grants and tests is what is read, and its own tests pass."""

from host.execution.outcome import FAILURE_TYPES
from host.policy import resolve_files
from host.policy.algorithms import ALGORITHMS
from host.policy.cases import run_case
from host.policy.decide.rulebook import Rulebook
from host.policy.grants import crypto as crypto_readers
from host.policy.grants import fetch as fetch_readers
from host.policy.grants import read as grant_readers
from host.policy.vocabulary import ERROR_TYPES
from tests.test_docs import _FENCE, names, read, table, words


def test_grant_keys_are_documented() -> None:
    """Each capability has a table of its keys, and they are those that are read."""
    text = read("docs/policies.md")
    inner = {"request", "response"}
    assert sorted(names(table(text, "key of `fetch`"))) == sorted(
        [*(fetch_readers._GRANT_READERS.keys() - inner), *(f"request.{key}" for key in fetch_readers._REQUEST_READERS),
         *(f"response.{key}" for key in fetch_readers._RESPONSE_READERS)]
    )  # fmt: skip
    assert sorted(names(table(text, "key of `crypto`"))) == sorted(crypto_readers._READERS)
    assert sorted(names(table(text, "key of `xlsx`"))) == sorted(grant_readers._XLSX_READERS)
    documented = {words(row[0])[0]: set(words(row[1])) for row in table(text, "operation", "algorithms")}
    assert documented == {operation: set(known) for operation, known in ALGORITHMS.items()}


def test_error_types_of_policy_tests_are_those_of_executions() -> None:
    """A test of a policy can expect every way in which an execution can fail by itself, and no other."""
    assert set(ERROR_TYPES) == (set(FAILURE_TYPES) | {"ValidationError"}) - {"InternalError", "CancelledError"}


def test_tests_in_the_docs_pass() -> None:
    """Every test in the YAML of docs/policies.md gets what it expects."""
    examples = [text for language, text in _FENCE.findall(read("docs/policies.md")) if "\ntests:" in text]
    assert examples
    for text in examples:
        [(name, policy)] = resolve_files({"p.yaml": text.encode()}).policies.items()
        cases = resolve_files({"p.yaml": text.encode()}).tests[name]
        assert [each.got for each in (run_case(Rulebook(policy), case) for case in cases) if not each.passed] == []
