"""`cellblock policy diff`: sentences, and 3 where something is let in."""

from pathlib import Path

import pytest

from tests.cli.policy_folder import PolicyFolder

BASE = "limits: {memory: 32MiB}\nmodules: [qs, lodash]\n"


@pytest.fixture
def old(tmp_path: Path) -> PolicyFolder:
    return PolicyFolder(tmp_path / "old", p=BASE, child="extends: p\n")


@pytest.fixture
def new(tmp_path: Path) -> PolicyFolder:
    return PolicyFolder(tmp_path / "new", p=BASE, child="extends: p\n")


def test_json_has_the_shape_of_the_contract(old: PolicyFolder, new: PolicyFolder) -> None:
    """Two lists of sentences; 3 where something widened, 0 where nothing did."""
    assert old.json("diff", old.path, new.path) == (0, {"widened": [], "narrowed": []})
    new.write("p", "limits: {memory: 64MiB}\nmodules: [qs]\n")
    assert old.json("diff", old.path, new.path) == (
        3,
        {
            "widened": ["`child`: memory is now 64MiB, up from 32MiB", "`p`: memory is now 64MiB, up from 32MiB"],
            "narrowed": ["`child`: the module lodash can no longer be required",
                         "`p`: the module lodash can no longer be required"],
        },
    )  # fmt: skip
    new.write("p", "limits: {memory: 16MiB}\nmodules: [qs]\n")
    result = old.run("diff", old.path, new.path)
    assert (result.exit_code, "narrower: nothing is let in" in result.stdout) == (0, True)


def test_comments_order_and_spelling_are_no_change(old: PolicyFolder, new: PolicyFolder) -> None:
    """What means the same is the same."""
    new.write("p", "# why\nmodules:\n  - lodash\n  - qs\nlimits:\n  memory: 33554432\n")
    result = old.run("diff", old.path, new.path)
    assert (result.exit_code, result.stdout) == (0, "no difference in what is allowed\n")


def test_two_files_are_compared_with_what_they_build_on(old: PolicyFolder, new: PolicyFolder) -> None:
    """A child's own file is the same, and what it comes to is not. Mistakes of other files are nobody's business."""
    new.write("p", "limits: {memory: 64MiB}\nmodules: [qs, lodash]\n")
    new.write("other", "limit: {}\n")
    exit_code, found = old.json("diff", old.path / "child.yaml", new.path / "child.yaml")
    assert (exit_code, found["widened"]) == (3, ["`child`: memory is now 64MiB, up from 32MiB"])


def test_an_older_version_comes_through_standard_input(old: PolicyFolder) -> None:
    """As `git show HEAD:…` gives it: a child is read with the folder of the policies."""
    before = (old.path / "child.yaml").read_text()
    child = old.write("child", "extends: p\nmodules: []\n")
    exit_code, found = old.json("diff", "-", child, stdin=before)
    assert (exit_code, len(found["narrowed"])) == (0, 2)
    access = old.path / "access.yaml"
    access.write_text("anonymous: p\n")
    assert old.json("diff", "-", access, stdin="anonymous: none\n")[1]["widened"] == [
        "callers without a token may now use `p`"
    ]


def test_wrong_use_is_2_and_a_mistake_4(old: PolicyFolder, new: PolicyFolder, tmp_path: Path) -> None:
    """A folder with a file, standard input with itself, what is not there; and policies that cannot be used."""
    file = old.path / "p.yaml"
    for pair in ((old.path, file), ("-", "-"), (tmp_path / "none", file)):
        assert old.run("diff", *pair).exit_code == 2
    bad = new.write("p", "limit: {}\n")
    for pair in ((old.path, new.path), (file, bad)):
        result = old.run("diff", *pair)
        assert (result.exit_code, "p.yaml:3:1" in result.stderr) == (4, True)
