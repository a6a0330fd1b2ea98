"""`cellblock policy fmt`: files in their usual form, and never half a file."""

import os
import stat
from pathlib import Path

import pytest

from tests.cli.policy_folder import PolicyFolder, nothing_else_in

UNTIDY = "modules: ['qs'] # why\nlimits:\n    fuel: 10000M\n"
TIDY = "limits:\n  fuel: 10G\nmodules: [qs]   # why\n"


@pytest.fixture
def folder(tmp_path: Path) -> PolicyFolder:
    return PolicyFolder(tmp_path / "policies", p=UNTIDY)


def body(path: Path) -> str:
    return path.read_text().split("\n", 2)[2]


def test_files_are_written_in_their_usual_form(folder: PolicyFolder) -> None:
    """In place, with their permissions, through a link to what it leads to, and with nothing left beside them."""
    file, link = folder.path / "p.yaml", folder.path / "q.yaml"
    os.chmod(file, 0o640)
    assert folder.json("fmt", "--check")[0] == 1
    assert (folder.json("fmt"), body(file)) == ((0, {"changed": [str(file)], "failed": []}), TIDY)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert folder.json("fmt") == (0, {"changed": [], "failed": []})
    outside = folder.path.parent / "outside.yaml"
    outside.write_text("version: 1\npolicy: q\n" + UNTIDY)
    link.symlink_to(outside)
    assert folder.run("fmt").exit_code == 0
    assert (link.is_symlink(), body(outside)) == (True, TIDY)
    assert nothing_else_in(folder.path, "p.yaml", "q.yaml")


def test_check_and_diff_write_nothing(folder: PolicyFolder) -> None:
    """`--check` is 1 where a file would change, and `--diff` shows how."""
    result = folder.run("fmt", "--diff")
    assert result.exit_code == 0
    assert {"-modules: ['qs'] # why", "+  fuel: 10G"} <= set(result.stdout.splitlines())
    assert folder.run("fmt", "--check").exit_code == 1
    assert body(folder.path / "p.yaml") == UNTIDY
    folder.run("fmt")
    assert folder.run("fmt", "--check").exit_code == 0


def test_standard_input_goes_to_standard_output(folder: PolicyFolder) -> None:
    """For editors."""
    result = folder.run("fmt", "-", stdin="version: 1\npolicy: p\n" + UNTIDY)
    assert (result.exit_code, result.stdout) == (0, "version: 1\npolicy: p\n" + TIDY)


def test_a_file_with_a_mistake_is_left_alone(folder: PolicyFolder) -> None:
    """It is told, with 1, and the others are written all the same."""
    bad = folder.write("bad", "limit:   {}\n")
    result = folder.run("fmt")
    assert (result.exit_code, "bad.yaml:3:1" in result.stderr) == (1, True)
    assert (body(bad), body(folder.path / "p.yaml")) == ("limit:   {}\n", TIDY)


def test_a_file_that_cannot_be_replaced_stays_whole(folder: PolicyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk fails at the last step, the old file is there as it was, and nothing else."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    result = folder.run("fmt")
    assert (result.exit_code, "No space left on device. It is as it was" in result.stderr) == (2, True)
    assert body(folder.path / "p.yaml") == UNTIDY
    assert nothing_else_in(folder.path, "p.yaml")


def test_what_is_no_file_is_wrong_use(folder: PolicyFolder) -> None:
    """A pipe, a missing file, and `-` beside others."""
    os.mkfifo(folder.path / "pipe.yaml")
    for given in ([folder.path / "pipe.yaml"], [folder.path / "none.yaml"], ["-", folder.path / "p.yaml"], []):
        assert folder.run("fmt", *given, stdin="").exit_code == 2
