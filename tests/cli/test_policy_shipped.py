"""The policies that are shipped: checked, in their usual form, and tested so that a wider one would be noticed."""

from pathlib import Path

import pytest

from host.policy import load_folder
from tests.cli.policy_folder import PolicyFolder

SHIPPED = Path(__file__).parents[2] / "policies"


@pytest.fixture
def shipped() -> PolicyFolder:
    return PolicyFolder(SHIPPED)


@pytest.mark.parametrize("command", [["check", "--strict"], ["fmt", "--check"], ["test", "--mutate", "--strict"]])
def test_the_shipped_folder_passes(shipped: PolicyFolder, bundle, command: list[str]) -> None:
    """As `just policy` runs them: no warning, every test passes, every grant is tested, no mutant survives."""
    result = shipped.run(*command)
    assert result.exit_code == 0, result.stdout + result.stderr


def test_each_shipped_policy_has_tests_and_nobody_has_it_for_nothing() -> None:
    """Callers without a token have the sandbox, which grants no power, and no other."""
    policies = load_folder(SHIPPED)
    assert set(policies.policies) == {"sandbox", "fetch-readonly", "partner-reports", "llm-tools"}
    assert [name for name in policies.policies if not policies.tests[name]] == []
    assert [policy.name for policy in policies.policies_for(None)] == ["sandbox"]
    assert policies.policies["sandbox"].grants == type(policies.policies["sandbox"].grants)()
