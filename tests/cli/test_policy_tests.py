"""`cellblock policy test`: results, coverage, mutants, JUnit."""

import socket
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.cli.policy_folder import PolicyFolder

BODY = """\
limits: {wall_time: 200ms}
modules: [lodash]
grants:
  fetch:
    - name: api
      hosts: [api.example.com]
  crypto: {hash: [sha256]}
tests:
"""


@pytest.fixture
def folder(tmp_path: Path, bundle) -> PolicyFolder:
    return PolicyFolder(tmp_path / "policies")


def lines(*tests: str) -> str:
    return BODY + "".join(f"  - {{{each}}}\n" for each in tests)


def test_json_has_the_shape_of_the_contract(folder: PolicyFolder) -> None:
    """`passed` counts; `failed` says what was expected and came instead, where; `untested` names the grants."""
    folder.write("p", lines("fetch: GET https://api.example.com/, expect: allow", "module: lodash, expect: deny"))
    file = str(folder.path / "p.yaml")
    assert folder.json("test") == (
        1,
        {
            "passed": 1,
            "failed": [{"policy": "p", "test": "module lodash", "expected": "deny", "got": "allow modules",
                        "file": file, "line": 12}],
            "untested": [{"policy": "p", "rule": "grants.crypto.hash", "file": file, "line": 9}],
        },
    )  # fmt: skip


def test_code_runs_in_the_sandbox(folder: PolicyFolder) -> None:
    """Results, errors, inputs and refusals before anything ran are compared; a loop ends with its policy's limit."""
    folder.write("p", lines(
        "run: return 1, expect: {result: 1}", "run: return true, expect: {result: 1}",
        "run: return input, input: {a: [1.0, x]}, expect: {result: {a: [1, x]}}",
        "run: \"throw new TypeError('no way'); return 1\", expect: {error: TypeError, message: way}",
        "run: \"throw new TypeError('no way'); return 1\", expect: success",
        "run: '1 + 1', expect: {error: ValidationError}",
        "run: 'while (true) {} return 1', expect: {error: TimeoutError}",
        "run: return require('uuid'), expect: {error: CapabilityError}",
    ))  # fmt: skip
    exit_code, shown = folder.json("test")
    assert (exit_code, shown["passed"]) == (1, 6)
    assert [(each["expected"], each["got"]) for each in shown["failed"]] == [
        ("result 1", "result true"),
        ("success", "TypeError: no way"),
    ]


def test_a_test_does_not_run_as_long_as_its_policy_allows(folder: PolicyFolder, monkeypatch) -> None:
    """A loop under an hour of wall time ends after the commands' own limit."""
    monkeypatch.setattr("host.cli.policy.guests.RUN_MS_MAX", 100)
    body = "limits: {wall_time: 1h, fuel: 10000G}\ntests:\n  - {run: 'while (true) {} return 1', expect: success}\n"
    folder.write("p", body)
    assert "TimeoutError" in folder.json("test")[1]["failed"][0]["got"]


def test_a_policys_share_over_time_is_not_used_up_by_its_tests(folder: PolicyFolder) -> None:
    """With a rate of one an hour, and one at once, fifty tests pass."""
    tests = "  - {run: return 1, expect: success}\n" * 50
    folder.write("p", f"limits: {{rate: 1/h, concurrency: 1}}\ntests:\n{tests}")
    assert folder.json("test")[1]["passed"] == 50


def test_coverage_names_grants_and_strict_counts_them(folder: PolicyFolder) -> None:
    """`--coverage` alone changes no exit code; with `--strict` an untested grant is 1."""
    folder.write("p", lines("crypto: hash sha256, expect: allow"))
    result = folder.run("test", "--coverage")
    assert (result.exit_code, "no test touches `grants.fetch.api`" in result.stdout) == (0, True)
    assert folder.run("test", "--strict").exit_code == 1


def test_a_childs_test_covers_what_it_inherits(folder: PolicyFolder) -> None:
    """A grant is written in one place, and whoever tests it there or below has tested it."""
    folder.write("p", lines("fetch: GET https://api.example.com/, expect: allow"))
    folder.write("q", "extends: p\ntests:\n  - {crypto: hash sha256, expect: allow}\n")
    assert folder.json("test")[1]["untested"] == []
    assert folder.json("test", "p")[1]["untested"] == []


def test_mutants_that_no_test_notices_survive(folder: PolicyFolder) -> None:
    """Each wider and each missing rule is tried; a test next to a rule's edge is what notices."""
    folder.write("p", lines("fetch: GET https://api.example.com/, expect: allow",
                            "fetch: GET https://www.example.com/, expect: deny",
                            "crypto: hash sha256, expect: allow", "module: qs, expect: deny"))  # fmt: skip
    mutants = folder.json("test", "--mutate")[1]["mutants"]
    assert (mutants["tried"], mutants["left_out"]) == (11, 0)
    assert [(each["rule"], each["change"], each["line"]) for each in mutants["survived"]] == [
        ("modules", "all removed", 4),
        ("grants.fetch.api", "any method", 7),
        ("grants.fetch.api", "any port", 7),
        ("grants.fetch.api", "http beside https", 7),
        ("grants.fetch.api", "any address", 7),
        ("grants.crypto.hash", "any algorithm", 9),
    ]
    assert folder.run("test", "--mutate", "--strict").exit_code == 1


def test_junit_is_written(folder: PolicyFolder, tmp_path: Path) -> None:
    """One suite for each policy, with places and failures, also where a title is hostile to XML."""
    folder.write("p", lines('name: "<&\\"\\t>", module: lodash, expect: deny', "module: lodash, expect: allow"))
    folder.write("q", "tests:\n  - {module: lodash, expect: deny}\n")
    assert folder.run("test", "--junit", tmp_path / "out.xml").exit_code == 1
    root = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert (root.tag, root.attrib["tests"], root.attrib["failures"]) == ("testsuites", "3", "1")
    assert [suite.attrib["name"] for suite in root] == ["p", "q"]
    case = root[0][0]
    assert (case.attrib["name"], case.attrib["classname"], case.attrib["line"]) == ('<&"\t>', "p", "11")
    assert case[0].attrib["message"] == "expected deny, got allow modules"
    assert folder.run("test", "--junit", tmp_path / "none" / "out.xml").exit_code == 2


def test_many_tests_are_quick_or_refused(folder: PolicyFolder) -> None:
    """Nine thousand tests are decided; ten thousand and more are more than a file can hold, and that is told."""
    folder.write("p", lines(*["module: lodash, expect: allow"] * 9_000))
    assert folder.json("test")[1]["passed"] == 9_000
    folder.write("p", lines(*["module: lodash, expect: allow"] * 10_000))
    result = folder.run("test")
    assert (result.exit_code, "more than 50,000 values" in result.stderr) == (4, True)


def test_a_folder_with_a_mistake_is_4_and_an_unknown_policy_2(folder: PolicyFolder) -> None:
    """Nothing is tested of policies that cannot be used, and the mistakes are told."""
    folder.write("p", lines("module: lodash, expect: allow"))
    assert folder.run("test", "absent").exit_code == 2
    folder.write("q", "limit: {}\n")
    result = folder.run("test")
    assert (result.exit_code, "q.yaml:3:1" in result.stderr) == (4, True)


def test_code_of_a_test_reaches_no_network(folder: PolicyFolder) -> None:
    """What a rule allows is decided on and then fails, by a name or by an address; what none allows is refused."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        folder.write("p", (
            "limits: {wall_time: 10s}\ngrants:\n  fetch:\n    - {name: here, hosts: [127.0.0.1, localhost], "
            "ports: any, schemes: [http], addresses: [127.0.0.0/8, '::1/128']}\ntests:\n"
            f"  - run: \"return fetch('http://127.0.0.1:{port}/').catch((error) => error.cause.code)\"\n"
            "    expect: {result: ENETUNREACH}\n"
            f"  - run: \"return fetch('http://localhost:{port}/').catch((error) => error.cause.code)\"\n"
            "    expect: {result: ENOTFOUND}\n"
            f"  - run: \"return fetch('http://127.0.0.2:{port}/')\"\n"
            "    expect: {error: CapabilityError}\n"
        ))  # fmt: skip
        exit_code, shown = folder.json("test")
        assert (shown["failed"], shown["passed"], exit_code) == ([], 3, 0)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
