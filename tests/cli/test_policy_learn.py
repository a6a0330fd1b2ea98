"""`cellblock policy learn`: from code that is run, and from what a service has recorded."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from host.cli import main
from host.policy import resolve_files
from host.policy.model import Policy
from tests.cli.policy_folder import PolicyFolder, nothing_else_in

BASE = """limits: {wall_time: 2s}
modules: all
deny: {modules: [uuid]}
grants:
  fetch: [{name: api, hosts: ["*.example"], request: {set_headers: {x-token: "${secret:token}"}}}]
  tasks: {add: [reports-*]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> PolicyFolder:
    return PolicyFolder(tmp_path / "policies", base=BASE)


def call(capability: str, decision: str = "allowed", policy: str = "base", times: int = 1, **fields: object) -> str:
    """A record, with as much as learning reads and some more."""
    record = {"policy": policy, "decision": decision, "times": times, "execution_id": "x"}
    return json.dumps(record | {"call": {"capability": capability, **fields}}) + "\n"


def fetch(path: str, host: str = "a.example", **fields: object) -> str:
    return call("fetch", method="GET", scheme="https", host=host, port=443, path=path, **fields)


def learned(text: str, name: str = "learned") -> Policy:
    return resolve_files({"p.yaml": text.encode()}).policies[name]


def test_code_is_run_under_an_audit(bundle, folder: PolicyFolder, tmp_path: Path) -> None:
    """Modules that it requires are learned, those that are denied are not, and the same code passes afterwards."""
    code = tmp_path / "code.js"
    code.write_text("try { require('uuid') } catch { }\nreturn require('lodash').size(require('path').sep + input.x)")
    output = tmp_path / "learned.yaml"
    result = folder.run("learn", code, "--input", '{"x": "y"}', "--policy", "base", "--name", "small", "-o", output)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "learned from 2 calls: 2 modules\n"
    found = learned(output.read_text(), "small")
    assert found.modules.names == {"lodash", "path"}
    assert (found.limits.wall_time_ms, found.deny.modules, found.mode.until) == (2_000, ("uuid",), None)
    assert not found.grants.fetch
    test = f"tests: [{{run: {json.dumps(code.read_text())}, input: {{x: y}}, expect: {{result: 2}}}}]\n"
    body = output.read_text().partition("policy: small\n")[2]
    assert PolicyFolder(tmp_path / "after", small=body + test).run("test").exit_code == 0


def test_code_that_fails_is_told_and_what_it_did_is_learned(bundle, folder: PolicyFolder, tmp_path: Path) -> None:
    """The exit code says that there may be more."""
    result = folder.run("learn", "-", stdin="require('qs'); throw new TypeError('\x1b[31mno'); return 1")
    assert result.exit_code == 1
    assert "<stdin> failed: TypeError: \\x1b[31mno" in result.stderr
    assert learned(result.stdout).modules.names == {"qs"}
    refused = folder.run("learn", "-", stdin="1")
    assert (refused.exit_code, "The code has no `return`" in refused.stderr) == (1, True)


def test_limits_are_twice_what_was_used(bundle, folder: PolicyFolder, tmp_path: Path) -> None:
    """Only where that is asked for; never more than the base gives; and the code runs within them."""
    code = "console.log('x'.repeat(900)); let n = 0; for (let i = 0; i < 1e5; i++) n += i; return n"
    plain = folder.run("learn", "-", stdin=code)
    assert "limits" not in plain.stdout
    fitted = folder.run("learn", "-", "--policy", "base", "--limits", stdin=code)
    limits = learned(fitted.stdout).limits
    assert limits.wall_time_ms <= 2_000
    assert (limits.log_bytes, limits.memory_bytes, limits.host_calls) == (2 << 10, 16 << 20, 0)
    assert 2_000_000 < limits.fuel < 10_000_000_000
    assert limits.concurrency == 200
    file = tmp_path / "block.js"
    file.write_text(code)
    (tmp_path / "after").mkdir()
    (tmp_path / "after" / "learned.yaml").write_text(fitted.stdout)
    ran = CliRunner().invoke(main, ["run", str(file), "--policies", str(tmp_path / "after")])
    assert (ran.exit_code, ran.stdout) == (0, "4999950000\n")


def test_records_are_learned_from_as_far_as_they_went_through(folder: PolicyFolder, tmp_path: Path) -> None:
    """Of the policy that is named, or of all; what was denied is no reason to allow it. A line at the end that is not
    whole yet is left for the next time."""
    records = tmp_path / "decisions"
    records.mkdir()
    lines = [fetch("/x", times=3), fetch("/y", "b.example", decision="audited"), fetch("/z", decision="denied"),
             call("tasks", operation="add", pool="reports-a"), call("modules", policy="other", module="qs"),
             json.dumps({"policy": "base", "decision": "denied", "target": "x"}) + "\n"]  # fmt: skip
    (records / "decisions-0.jsonl").write_text("".join(lines[:3]))
    (records / "decisions-0.1.jsonl").write_text("".join(lines[3:]) + '{"policy": "ba')
    (records / "notes.txt").write_text("not a record")
    result = folder.run("learn", "--from", records, "--policy", "base")
    assert (result.exit_code, result.stderr) == (0, "learned from 5 calls: 2 fetch rules, tasks\n")
    found = learned(result.stdout)
    assert [(grant.name, grant.hosts[0].text, grant.paths[0].text) for grant in found.grants.fetch] == [
        ("api", "a.example", "/x"), ("api-2", "b.example", "/y"),
    ]  # fmt: skip
    assert all(grant.request.secrets == ("token",) for grant in found.grants.fetch)
    assert "- name: api  # seen 3 times" in result.stdout
    everything = folder.run("learn", "--from", records)
    assert learned(everything.stdout).modules.names == {"qs"}
    assert learned(everything.stdout).grants.fetch[0].request.secrets == ()


def test_what_was_denied_after_all_did_not_go_through(folder: PolicyFolder, tmp_path: Path) -> None:
    """A fetch that a rule or an audit let through, and whose host then had an address that it may not reach. Another
    one of the same execution, or the same one of another, is not touched by that."""

    def late(target: str, execution_id: str) -> str:
        record = {"policy": "base", "decision": "denied", "capability": "fetch", "target": target}
        return json.dumps(record | {"execution_id": execution_id}) + "\n"

    file = tmp_path / "d.jsonl"
    a = "GET https://a.example"
    lines = [fetch("/x"), fetch("/y"), late(f"{a}/x", "x"), late(f"{a}/y", "other"), fetch("/z", times=3)]
    lines += [late(f"{a}/z", "x"), late("GET https://no.example/", "x")]
    file.write_text("".join(lines))
    result = folder.run("learn", "--from", file)
    assert result.stderr == "learned from 3 calls: 1 fetch rule\n"
    assert [path.text for path in learned(result.stdout).grants.fetch[0].paths] == ["/y", "/z"]


def test_paths_become_patterns_where_that_is_asked_for(folder: PolicyFolder, tmp_path: Path) -> None:
    """And nowhere else."""
    file = tmp_path / "d.jsonl"
    file.write_text("".join(fetch(f"/users/{number}") for number in range(3)))
    assert "paths: [/users/0, /users/1, /users/2]" in folder.run("learn", "--from", file).stdout
    assert 'paths: ["/users/*"]' in folder.run("learn", "--from", file, "--generalise", "paths").stdout


def test_json_has_the_policy_the_evidence_and_what_was_left_out(folder: PolicyFolder, tmp_path: Path) -> None:
    """As data, with the reasons."""
    file = tmp_path / "d.jsonl"
    file.write_text("".join(call("modules", module=name, times=2) for name in ("qs", "uuid", "fs")))
    code, shown = folder.json("learn", "--from", file, "--policy", "base")
    assert code == 0
    assert (shown["policy"]["policy"], shown["policy"]["modules"], shown["evidence"]) == (
        "learned", ["qs"], {"modules.qs": 2},
    )  # fmt: skip
    assert [each["target"] for each in shown["left_out"]] == ["fs", "uuid"]


def test_too_much_for_one_file_is_told_with_what_helps(folder: PolicyFolder, tmp_path: Path) -> None:
    """A megabyte of paths is no policy that anybody reads."""
    file = tmp_path / "d.jsonl"
    file.write_text("".join(fetch(f"/users/{number}/{'x' * 900}") for number in range(1_200)))
    result = folder.run("learn", "--from", file)
    assert result.exit_code == 2
    assert "`--generalise paths` makes it smaller" in result.stderr
    assert folder.run("learn", "--from", file, "--generalise", "paths").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "there is nothing to learn from"),
        (["--from", "good.jsonl", "--limits"], "--limits goes by what CODE uses"),
        (["--from", "wrong.jsonl"], "line 2 of wrong.jsonl is no record of a decision"),
        (["--from", "other.jsonl"], "line 1 of other.jsonl is no record of a decision: the URL of a recorded fetch"),
        (["--from", "nothing.jsonl"], "does not exist"),
        (["--from", "good.jsonl", "--policy", "other"], "there is no policy `other`"),
        (["--from", "good.jsonl", "--name", "Big"], "a name is 1 to 64"),
        (["--from", "good.jsonl", "--name", "none"], "a name is 1 to 64"),
        (["--from", "good.jsonl", "-o", "no/where.yaml"], "no/where.yaml cannot be written"),
        (["nothing.js"], "nothing.js"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_told_and_writes_nothing(
    arguments: list[str], told: str, folder: PolicyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the file and the line of a record that is none."""
    monkeypatch.chdir(tmp_path)
    names = {"good.jsonl": fetch("/x"), "wrong.jsonl": fetch("/x") + "{}\n", "other.jsonl": fetch("/x", "a@b")}
    for name, text in names.items():
        Path(name).write_text(text)
    result = folder.run("learn", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in " ".join(result.stderr.split())
    assert nothing_else_in(tmp_path, "policies", *names)
