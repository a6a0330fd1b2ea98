"""Loading a folder: all of it or nothing, and only what is a policy file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from host.policy import PolicyFolderError, load_folder, render, resolve_files
from host.policy.folder import FOLDER_BYTES_MAX
from host.policy.resolve import FILES_MAX


def policy(name: str, body: str = "") -> bytes:
    return f"version: 1\npolicy: {name}\n{body}".encode()


def errors(files: dict[str, bytes]) -> list[tuple[str, str, int, int]]:
    """The (file, code, line, column) of everything found in files that cannot be used."""
    with pytest.raises(PolicyFolderError) as caught:
        resolve_files(files)
    return [(each.file, each.code, each.line, each.column) for each in caught.value.diagnostics]


def test_the_shipped_folder_loads_without_a_warning(shipped_policies):
    """What is shipped is valid: everybody may use the sandbox, and nobody anything else."""
    policies = load_folder(shipped_policies)
    assert policies.warnings == ()
    assert policies.access.principals == ()
    assert [each.name for each in policies.policies_for(None)] == ["sandbox"]


def test_a_folder_is_valid_as_a_whole_or_not_at_all():
    """One error in one file, and none of the others is taken; all errors of all files are told, in their order."""
    files = {
        "b.yaml": policy("b", "modules: [fs]\nlimit: {}"),
        "a.yaml": policy("a"),
        "access.yaml": b"anonymous: c",
        "d.yml": policy("d", "modules: [qs, qs]\ngrants: {fetch: {}}"),
    }
    assert errors(files) == [
        ("access.yaml", "unknown-policy", 1, 12),
        ("b.yaml", "forbidden-module", 3, 11),
        ("b.yaml", "unknown-key", 4, 1),
        ("d.yml", "duplicate-item", 3, 15),
        ("d.yml", "wrong-type", 4, 17),
    ]


def test_an_error_in_the_access_rules_refuses_the_policies_too():
    """Policies without the rules of who may use them are not half a success."""
    assert errors({"a.yaml": policy("a"), "access.yaml": b"anonymus: a"}) == [("access.yaml", "unknown-key", 1, 1)]


def test_a_name_belongs_to_one_policy():
    """The second file with a name is an error at the name, and says where the first one is."""
    files = {"a.yaml": policy("same"), "b.yaml": policy("same"), "c.yaml": policy("c")}
    assert errors(files) == [("b.yaml", "duplicate-name", 2, 9)]


def test_an_unreadable_policy_does_not_make_others_unknown():
    """While a file's name is not known, no policy is called unknown: it could be that one."""
    files = {"a.yaml": b"version: 1\npolicy: [", "access.yaml": b"anonymous: a"}
    assert [code for _, code, _, _ in errors(files)] == ["yaml-syntax"]


def test_a_wrong_policy_keeps_its_name():
    """A file with a mistake elsewhere is still the policy that the access rules name."""
    files = {"a.yaml": policy("a", "limit: {}"), "access.yaml": b"anonymous: a"}
    assert errors(files) == [("a.yaml", "unknown-key", 3, 1)]


def test_a_folder_without_policies_is_refused():
    """An empty folder is a wrong path more often than a wish."""
    assert errors({}) == [(".", "no-policies", 1, 1)]
    assert errors({"access.yaml": b"{}"}) == [(".", "no-policies", 1, 1)]


def test_two_access_files_are_refused():
    """Which of the two holds is not guessed."""
    files = {"a.yaml": policy("a"), "access.yaml": b"{}", "access.yml": b"anonymous: a"}
    assert errors(files) == [("access.yml", "two-access-files", 1, 1)]


def test_too_many_files_are_refused():
    """A folder has a size at which it is somebody's mistake."""
    assert errors({f"{n}.yaml": b"" for n in range(FILES_MAX + 1)}) == [(".", "too-large", 1, 1)]


def test_thousands_of_unknown_policies_give_a_list_that_ends():
    """A hostile access file costs no more than a hundred searches for a near name."""
    access = b"principals: [{name: a, token_sha256: " + b"a" * 64 + b", policies: [" + b"zz, " * 5000 + b"]}]"
    found = errors({"a.yaml": policy("a"), "access.yaml": access})
    assert found[-1][1] == "too-many"
    assert len(found) <= 103


def test_the_error_says_how_many_and_which_is_the_first():
    """The text of the exception is enough for a log line's reader, and every diagnostic can be rendered."""
    with pytest.raises(
        PolicyFolderError, match=r"^2 errors in the policies, the first: a\.yaml:3:1: error\[unknown-key\]"
    ) as caught:
        resolve_files({"a.yaml": policy("a", "limt: {}\nmodules: [fs]")})
    assert "    3 | limt: {}\n      | ^" in render(caught.value.diagnostics[0], caught.value.sources["a.yaml"])


def test_only_policy_files_are_read(tmp_path: Path):
    """Hidden files, other endings and folders below are left alone; .yml is as good as .yaml."""
    (tmp_path / "a.yaml").write_bytes(policy("a"))
    (tmp_path / "b.yml").write_bytes(policy("b"))
    (tmp_path / ".c.yaml").write_bytes(b"garbage: [")
    (tmp_path / "README.md").write_bytes(b"garbage: [")
    (tmp_path / "d.yaml~").write_bytes(b"garbage: [")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "e.yaml").write_bytes(policy("e"))
    assert sorted(load_folder(tmp_path).policies) == ["a", "b"]


def test_links_to_files_are_followed(tmp_path: Path):
    """A mounted ConfigMap is a folder of links into a hidden folder."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "a.yaml").write_bytes(policy("a"))
    (tmp_path / "a.yaml").symlink_to(Path("..data") / "a.yaml")
    assert list(load_folder(str(tmp_path)).policies) == ["a"]


def test_what_is_no_file_is_an_error_and_never_waited_for(tmp_path: Path):
    """A pipe, a folder and a dead link that are called policies refuse the folder, all at once."""
    (tmp_path / "a.yaml").write_bytes(policy("a"))
    os.mkfifo(tmp_path / "b.yaml")
    (tmp_path / "c.yaml").mkdir()
    (tmp_path / "d.yaml").symlink_to("nowhere")
    (tmp_path / "e\n.yaml").write_bytes(policy("e"))
    with pytest.raises(PolicyFolderError) as caught:
        load_folder(tmp_path)
    assert [(each.code, each.file) for each in caught.value.diagnostics] == [
        ("unreadable", "b.yaml"),
        ("unreadable", "c.yaml"),
        ("unreadable", "d.yaml"),
        ("unreadable", "e\n.yaml"),
    ]


def test_a_missing_folder_is_an_error_without_its_path(tmp_path: Path):
    """The path of the host is the operator's, and the error may travel further."""
    with pytest.raises(PolicyFolderError) as caught:
        load_folder(tmp_path / "none")
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.code == "unreadable"
    assert str(tmp_path) not in str(caught.value)


def test_a_folder_that_is_too_large_is_refused_while_it_is_read(tmp_path: Path):
    """Files of a mebibyte each are read up to a total, and not a thousand of them."""
    for number in range((FOLDER_BYTES_MAX >> 20) + 2):
        (tmp_path / f"{number:02}.yaml").write_bytes(b"#" * (1 << 20))
    with pytest.raises(PolicyFolderError) as caught:
        load_folder(tmp_path)
    assert [each.code for each in caught.value.diagnostics] == ["too-large"]


def test_the_package_needs_nothing_else_of_the_host(tmp_path: Path, request: pytest.FixtureRequest):
    """Alone in an empty tree the package loads a folder: it imports nothing from the rest of the host."""
    root = request.config.rootpath
    shutil.copytree(
        root / "host" / "policy", tmp_path / "host" / "policy", ignore=shutil.ignore_patterns("__pycache__")
    )
    program = f"from host.policy import load_folder; print(*load_folder({str(root / 'policies')!r}).policies)"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "fetch-readonly llm-tools partner-reports sandbox\n"
