"""`cellblock policy explain`: where values come from, and what decides a call."""

from pathlib import Path

import pytest

from host.policy import resolve_files
from host.policy.model import Policy
from tests.cli.policy_folder import PolicyFolder

PARENT = """\
limits: {wall_time: 300ms}
modules: [lodash]
grants:
  fetch:
    - name: api
      hosts: [api.example.com]
  crypto:
    hash: [sha256]
    keys: {k: {secret: s, algorithm: ed25519, use: [sign]}}
  xlsx: {read: {}}
deny:
  fetch: [{hosts: [bad.example.com]}]
"""
CHILD = "extends: parent\nlimits: {memory: 32MiB}\ndeny:\n  crypto: {hash: [md5]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> PolicyFolder:
    return PolicyFolder(tmp_path / "policies", parent=PARENT, child=CHILD)


def test_each_value_says_where_it_comes_from(folder: PolicyFolder) -> None:
    """Its own line, a parent's with the parent's name, or the default."""
    lines = folder.run("explain", "child").stdout.splitlines()
    shown = {line.split("#")[0].strip(): line.partition("# ")[2] for line in lines}
    assert shown["memory: 32MiB"] == "child.yaml:4"
    assert shown["wall_time: 300ms"] == "parent.yaml:3, from parent"
    assert shown["fuel: 10G"] == "default"
    assert shown["- name: api"] == "parent.yaml:7, from parent"
    assert shown["hash: [sha256]"] == "parent.yaml:10, from parent"
    assert shown["hash: [md5]"] == "child.yaml:6"
    assert shown["modules:"] == "parent.yaml:4, from parent"


def test_what_is_shown_is_the_policy(folder: PolicyFolder) -> None:
    """The text is YAML that reads back to a policy with the same digest."""
    text = folder.run("explain", "child").stdout
    [policy] = resolve_files({"child.yaml": text.encode()}).policies.values()
    _, shown = folder.json("explain", "child")
    assert isinstance(policy, Policy)
    assert policy.digest == shown["digest"]


def test_json_of_a_policy(folder: PolicyFolder) -> None:
    """The document and the sources of its parts, by path."""
    exit_code, shown = folder.json("explain", "child")
    assert (exit_code, shown["policy"], shown["extends"]) == (0, "child", ["parent"])
    assert shown["sources"]["limits.fuel"] == {"from": "default"}
    assert shown["sources"]["limits.memory"] == {"from": "policy", "file": f"{folder.path}/child.yaml", "line": 4}
    assert shown["sources"]["grants.crypto.keys.k"]["from"] == "parent"


QUESTIONS = [
    (["--fetch", "GET https://api.example.com/x"], 0, "api", "parent.yaml", 7, None),
    (["--fetch", "PUT https://api.example.com/x"], 1, "api", "parent.yaml", 7, "methods: [PUT]"),
    (["--fetch", "GET https://bad.example.com/x"], 1, "deny-1", "parent.yaml", 14, None),
    (["--fetch", "GET https://x.example.org/"], 1, None, None, None, "hosts: [x.example.org]"),
    (["--fetch", "GET https://api.example.com/", "--resolves", "1.1.1.1,10.0.0.1"], 1, "api", "parent.yaml", 7,
     "addresses: [public, 10.0.0.1]"),
    (["--crypto", "hash sha256"], 0, "crypto.hash", "parent.yaml", 10, None),
    (["--crypto", "hash md5"], 1, "crypto.hash", "child.yaml", 6, None),
    (["--crypto", "key k sign"], 0, "k", "parent.yaml", 11, None),
    (["--module", "lodash/fp"], 0, "modules", "parent.yaml", 4, None),
    (["--module", "qs"], 1, "modules", "parent.yaml", 4, "modules: [lodash, qs]"),
    (["--xlsx", "read 10MiB"], 0, "xlsx.read", "parent.yaml", 12, None),
    (["--tasks", "add x"], 1, None, None, None, "add: [x]"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "exit_code", "rule", "file", "line", "suggestion"), QUESTIONS)
def test_a_question_has_the_shape_of_the_contract(folder, asked, exit_code, rule, file, line, suggestion) -> None:
    """Six keys, 0 for allowed and 1 for denied, the rule that decided or came nearest, and what would allow it."""
    ended, shown = folder.json("explain", "child", *asked)
    assert list(shown) == ["decision", "rule", "reason", "file", "line", "suggestion"]
    assert (ended, shown["decision"]) == (exit_code, "deny" if exit_code else "allow")
    assert (shown["rule"], shown["file"], shown["line"]) == (rule, file and f"{folder.path}/{file}", line)
    assert suggestion is None if shown["suggestion"] is None else suggestion in shown["suggestion"]
    text = folder.run("explain", "child", *asked)
    assert (text.exit_code, shown["reason"] in text.stdout) == (exit_code, True)


def test_a_suggestion_does_what_it_says(folder: PolicyFolder) -> None:
    """The YAML that would allow a request allows it, put into a policy as it stands."""
    asked = ["--fetch", "POST https://x.example.org/a/b"]
    suggestion = folder.json("explain", "child", *asked)[1]["suggestion"]
    folder.write("new", suggestion.replace("NAME", "new") + "\n")
    assert folder.run("explain", "new", *asked).exit_code == 0


def test_an_audit_is_told_and_does_not_change_the_verdict(folder: PolicyFolder) -> None:
    """A deny stays one, with the day until which it goes through all the same."""
    folder.write("watch", "mode: audit\nuntil: 2999-01-01\n")
    exit_code, shown = folder.json("explain", "watch", "--crypto", "hash md5")
    assert (exit_code, "until 2999-01-01" in shown["reason"]) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["absent"], "there is no policy `absent`"), (["child", "--fetch", "nonsense"], "a method and a URL"),
        (["child", "--fetch", "GET https://a.example/", "--module", "qs"], "one question at a time"),
        (["child", "--resolves", "1.1.1.1"], "belongs to --fetch"), (["child", "--xlsx", "read 10MB"], "10MiB"),
        (["child", "--fetch", "GET https://a.example/", "--resolves", "x"], "not an IP address"),
    ],
)  # fmt: skip
def test_wrong_use_is_2(folder: PolicyFolder, arguments: list[str], told: str) -> None:
    """What is asked has to be a question, and is said how to ask."""
    result = folder.run("explain", *arguments)
    assert (result.exit_code, told in result.stderr) == (2, True), result.stderr
