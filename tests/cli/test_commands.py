"""The other commands: what they show, and how they end."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from host.cli import main
from host.cli.main import COMMANDS
from host.settings import SETTINGS

ROOT = Path(__file__).parents[2]


def invoke(*arguments: str, **environment: str) -> Result:
    return CliRunner(env={"PORT": None, **environment}).invoke(main, arguments)


def test_help_lists_every_command_with_the_exit_codes() -> None:
    """`cellblock --help` names each command, and says what each exit code means."""
    shown = invoke("--help")
    assert shown.exit_code == 0
    for name, (_, does) in COMMANDS.items():
        assert name in shown.stdout
        assert does in shown.stdout
    assert "4  the setup" in shown.stdout


def test_help_imports_nothing_heavy() -> None:
    """Help has to be quick: no framework, no engine, no table printer."""
    code = "import sys; from host.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(shown.stdout.split())
    assert not loaded & {"litestar", "granian", "wasmtime", "rich", "structlog", "yaml", "asyncio"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    """`cellblock COMMAND --help` works for all."""
    assert invoke(command, "--help").exit_code == 0


def test_unknown_command_is_wrong_use() -> None:
    """Exit code 2, as for every wrong use."""
    assert invoke("explode").exit_code == 2


def test_serve_has_an_option_for_every_setting() -> None:
    """The options are made from the table."""
    shown = invoke("serve", "--help").stdout
    for setting in SETTINGS:
        assert setting.option in shown


def test_serve_refuses_a_wrong_option() -> None:
    """An option's wrong value is wrong use, and says what is accepted."""
    result = invoke("serve", "--port", "http")
    assert result.exit_code == 2
    assert "a whole number from 1 to 65535" in result.stderr


@pytest.mark.parametrize("environment", [{"WORKERS": "none"}, {"HOST": "0.0.0.0"}])
def test_serve_refuses_a_wrong_setting(tmp_path: Path, environment: dict[str, str]) -> None:
    """A wrong value, or an open address without access rules, stops the start with exit code 4."""
    (tmp_path / "sandbox.yaml").write_text("version: 1\npolicy: sandbox\n")
    result = invoke("serve", POLICY_DIR=str(tmp_path), **environment)
    assert result.exit_code == 4
    assert next(iter(environment)) in result.stderr


def test_settings_shows_every_setting_with_value_and_source() -> None:
    """One row for each, in both forms."""
    table = invoke("settings", PORT="4000").stdout
    rows = json.loads(invoke("settings", "--json", PORT="4000").stdout)
    assert [row["name"] for row in rows] == [setting.name for setting in SETTINGS]
    for row in rows:
        assert set(row) == {"name", "value", "unit", "source", "accepted", "key", "option", "meaning"}
        assert row["meaning"] in table
    port = next(row for row in rows if row["name"] == "PORT")
    assert (port["value"], port["source"]) == (4000, "environment")


def test_settings_reads_the_file(tmp_path: Path) -> None:
    """`--config` is a source too, and its mistakes end with exit code 4."""
    path = tmp_path / "cellblock.toml"
    path.write_text("workers = 3\n")
    rows = json.loads(invoke("settings", "--json", "--config", str(path)).stdout)
    assert next((row["value"], row["source"]) for row in rows if row["name"] == "WORKERS") == (3, "file")
    path.write_text("wokers = 3\n")
    result = invoke("settings", "--config", str(path))
    assert (result.exit_code, "Did you mean `workers`?" in result.stderr) == (4, True)


def test_image_info_shows_the_manifest(bundle) -> None:
    """Every image with its hash, as a table and as JSON."""
    shown = invoke("image", "info").stdout
    manifest = json.loads(invoke("image", "info", "--json").stdout)
    assert manifest["inputs_hash"] == bundle.manifest.inputs_hash
    for name, facts in bundle.manifest.images.items():
        assert name in shown
        assert facts.sha256[:12] in shown


def test_doctor_finds_nothing_wrong_here(engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that passes the tests every check is ok, copy-on-write with them."""
    monkeypatch.chdir(ROOT)
    result = invoke("doctor")
    assert (result.exit_code, "problem" in result.stdout) == (0, False), result.stdout
    assert "a code block runs" in result.stdout


def test_doctor_says_how_to_mend(tmp_path: Path) -> None:
    """A problem is one line with its mending, and the exit code is 1."""
    result = invoke("doctor", POLICY_DIR=str(tmp_path))
    assert result.exit_code == 1
    assert "the folder holds no policy" in result.stdout
