"""`cellblock policy check`: every mistake with its place, and what it makes of files that are none."""

import os
from pathlib import Path

import pytest

from host.policy.document import FILE_BYTES_MAX
from tests.cli.policy_folder import PolicyFolder

KEYS = ["code", "severity", "message", "file", "line", "column", "fix"]
ANY_HOST = 'grants: {fetch: [{name: a, hosts: ["*"]}]}\n'


@pytest.fixture
def folder(tmp_path: Path) -> PolicyFolder:
    return PolicyFolder(tmp_path / "policies", base="limits: {memory: 32MiB}\n")


def test_a_valid_folder_is_ok(folder: PolicyFolder) -> None:
    """Exit code 0, an empty list as JSON, and one line as text."""
    assert folder.json("check") == (0, [])
    assert folder.run("check").stdout == "ok: 1 file, nothing to say\n"


def test_json_has_the_shape_of_the_contract(folder: PolicyFolder) -> None:
    """A list of diagnostics with seven keys each, errors and warnings of all files, and 1 where there is an error."""
    folder.write("bad", "limit: {}\n")
    folder.write("wide", ANY_HOST)
    exit_code, found = folder.json("check")
    assert exit_code == 1
    assert [list(each) for each in found] == [KEYS, KEYS]
    assert [(each["code"], each["severity"], each["file"], each["line"], each["column"]) for each in found] == [
        ("unknown-key", "error", f"{folder.path}/bad.yaml", 3, 1),
        ("any-host", "warning", f"{folder.path}/wide.yaml", 3, 35),
    ]
    assert found[0]["fix"] == "Did you mean `limits`?"


def test_text_has_the_line_with_a_caret_and_a_fix(folder: PolicyFolder) -> None:
    """What a person sees without colours, where a pipe reads."""
    folder.write("bad", "limit: {}\n")
    shown = folder.run("check").stdout
    assert shown == (
        f"{folder.path}/bad.yaml:3:1: error[unknown-key]: the key `limit` has no meaning at the top of the file\n"
        "    3 | limit: {}\n      | ^\n  = fix: Did you mean `limits`?\n1 error in 2 files\n"
    )


def test_colours_are_for_terminals_and_not_against_the_readers_will(folder: PolicyFolder) -> None:
    """A terminal gets colours, unless NO_COLOR is set."""
    folder.write("bad", "limit: {}\n")
    assert "\x1b[31m" in folder.run("check", color=True).stdout
    assert "\x1b[" not in folder.run("check").stdout


def test_warnings_count_where_they_are_to(folder: PolicyFolder) -> None:
    """A warning alone is 0, and 1 with `--strict`."""
    folder.write("wide", ANY_HOST)
    assert folder.run("check").exit_code == 0
    assert folder.run("check", "--strict").exit_code == 1


def test_ceilings_of_the_server_and_dates_are_told(folder: PolicyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only the settings and the day can tell is told too."""
    monkeypatch.setenv("EXECUTION_TIMEOUT_MS", "1000")
    folder.write("base", "limits: {wall_time: 2s}\nmode: audit\nuntil: 2020-01-01\n")
    assert [each["code"] for each in folder.json("check")[1]] == ["over-ceiling", "audit-over"]


def test_files_are_checked_alone_and_with_what_they_build_on(folder: PolicyFolder) -> None:
    """A mistake of another file is not told, but one of a parent is: without it, nobody could say of the child."""
    folder.write("other", "limit: {}\n")
    child = folder.write("child", "extends: base\nlimits: {memory: 64MiB}\n")
    assert [each["code"] for each in folder.json("check", child)[1]] == ["wider-than-parent"]
    folder.write("base", "limit: {}\n")
    assert [(Path(each["file"]).name, each["code"]) for each in folder.json("check", child)[1]] == [
        ("base.yaml", "unknown-key")
    ]


def test_standard_input_stands_in_for_the_saved_file(folder: PolicyFolder) -> None:
    """A draft is checked in place of the file that has its policy, in the folder of the policies."""
    draft = "version: 1\npolicy: base\nlimit: {}\n"
    exit_code, found = folder.json("check", "-", stdin=draft)
    assert (exit_code, [(each["code"], each["file"]) for each in found]) == (1, [("unknown-key", "standard input")])
    assert folder.json("check", "-", stdin="version: 1\npolicy: new\nextends: base\n") == (0, [])
    assert folder.json("check", "-", stdin="anonymous: nobody\n")[1][0]["code"] == "unknown-policy"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a: " + b"x" * FILE_BYTES_MAX * 2, "too-large"), (b"\x00\xff\x7fELF", "not-utf8"), (b"", "empty"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "anchor"), (b"[" * 5000, "too-deep"),
    ],
)  # fmt: skip
def test_hostile_files_are_one_clear_mistake(folder: PolicyFolder, data: bytes, code: str) -> None:
    """Too large, binary, empty, a bomb of aliases, a thousand brackets: told with a place, and 1."""
    (folder.path / "bad.yaml").write_bytes(data)
    exit_code, found = folder.json("check")
    assert exit_code == 1
    assert code in [each["code"] for each in found]
    assert folder.json("check", "-", stdin=data)[0] == 1


def test_what_is_no_file_is_told_and_never_waited_for(folder: PolicyFolder, tmp_path: Path) -> None:
    """In the folder it is a mistake (1); named by hand it is wrong use (2), as is a file that no folder would take."""
    os.mkfifo(folder.path / "pipe.yaml")
    exit_code, found = folder.json("check")
    assert (exit_code, found[0]["code"]) == (1, "unreadable")
    for path, told in (
        (folder.path / "pipe.yaml", "not a regular file"), (tmp_path / "none.yaml", "No such file"),
        (tmp_path / "x.txt", "does not end in .yaml"),
    ):  # fmt: skip
        result = folder.run("check", path)
        assert (result.exit_code, told in result.stderr) == (2, True), result.stderr


def test_wrong_use_is_2(folder: PolicyFolder) -> None:
    """An option that there is not, and a folder that is none."""
    assert folder.run("check", "--strickt").exit_code == 2
    assert folder.run("check", "--policies", folder.path / "base.yaml").exit_code == 2
