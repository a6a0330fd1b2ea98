"""`cellblock token new`: a secret that is shown once."""

import json

import pytest
from click.testing import CliRunner

from host.cli import main
from host.policy import resolve_files, token_sha256

SANDBOX = b"version: 1\npolicy: sandbox\n"


def test_a_token_is_printed_once_with_its_lines() -> None:
    """A pipe gets the token alone; its SHA-256 and the YAML to paste go to standard error, and the token does not."""
    result = CliRunner().invoke(main, ["token", "new", "reports"])
    token = result.stdout.strip()
    assert (result.exit_code, len(token) > 40, token in result.stderr) == (0, True, False)
    assert f"sha256  {token_sha256(token)}" in result.stderr


def test_the_yaml_is_taken_and_finds_the_principal() -> None:
    """What is to be pasted makes access rules under which the token is known, and every token is another."""
    shown = [json.loads(CliRunner().invoke(main, ["token", "new", "a", "--policy", "sandbox", "--json"]).stdout)
             for _ in range(2)]  # fmt: skip
    assert shown[0]["token"] != shown[1]["token"]
    access = f"principals:\n{shown[0]['yaml']}\n"
    policies = resolve_files({"access.yaml": access.encode(), "sandbox.yaml": SANDBOX})
    assert policies.warnings == ()
    assert policies.principal_by_token_sha256(token_sha256(shown[0]["token"])).name == "a"
    assert shown[0]["sha256"] == token_sha256(shown[0]["token"])


@pytest.mark.parametrize("arguments", [["A"], ["a b"], ["anonymous"], ["a", "--policy", "none"]])
def test_a_name_that_access_rules_refuse_is_wrong_use(arguments: list[str]) -> None:
    """Before a token is made that nobody can enter."""
    assert CliRunner().invoke(main, ["token", "new", *arguments]).exit_code == 2
