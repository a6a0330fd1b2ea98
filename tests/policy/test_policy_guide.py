"""The walks through docs/policies.md, from nothing to a signed policy in CI and from code to a learned one, are what
happens when they are walked."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from host.cli import main
from tests.test_docs import _FENCE, read

HEADINGS = ("From nothing to a tested, signed policy in CI", "Learning a policy")
#: Where records are, as a service would have written them.
RECORDS = "decisions-0.jsonl"
#: The end of a first line that tells of a file which a command wrote.
WRITTEN = " as it was written"
#: A key is another one each time.
KEY = re.compile(r"[A-Za-z0-9+/]{43}=")


def walk(heading: str) -> list[tuple[str, str]]:
    """The fenced blocks of a section, in their order."""
    section = read("docs/policies.md").split(f"## {heading}\n")[1].split("\n## ")[0]
    return _FENCE.findall(section)


def run(line: str) -> str:
    """What a terminal shows for one line: `cp`, or a command of ours with its exit code where that is asked for."""
    command, _, asked = line.partition(" || ")
    words = shlex.split(command)
    if words[0] == "cp":
        shutil.copy(*words[1:])
        return ""
    assert words[0] == "cellblock", line
    result = CliRunner(env={"POLICY_DIR": None}).invoke(main, words[1:])
    shown = result.stdout + result.stderr
    if asked:
        assert asked == "echo $?"
        return shown + (f"{int(result.exit_code)}\n" if result.exit_code else "")
    assert result.exit_code == 0, shown
    return shown


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_walk_goes_as_it_says(heading: str, bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is written where its first line says, each command is run after it, and shows what stands there. A file
    that a command wrote is what stands there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").mkdir()
    ran = 0
    for language, text in walk(heading):
        name, _, rest = text.partition("\n")
        if name.endswith(WRITTEN):
            assert (tmp_path / name.removeprefix("# ").removesuffix(WRITTEN)).read_text() == rest
        elif language == "jsonl":
            (tmp_path / RECORDS).write_text(text)
        elif language == "js":
            (tmp_path / name.removeprefix("// ")).write_text(text)
        elif language in ("yml", "yaml"):
            (tmp_path / text.split("\n")[0].removeprefix("# ")).write_text(text)
        elif language == "console":
            for part in text.removeprefix("$ ").split("\n$ "):
                line, _, shown = part.partition("\n")
                expected = shown + ("\n" if shown and not shown.endswith("\n") else "")
                assert KEY.sub("KEY", run(line)) == KEY.sub("KEY", expected), line
                ran += 1
        else:
            assert language == "sh"
            for line in text.splitlines():
                run(line)
    assert ran >= 3
