"""`tests:` of a policy: read as values, and those without a guest decided."""

import pytest

from host.policy.cases import decide_case, needs_a_guest, run_case
from host.policy.testcase import Expect, RunCase, RunExpect
from tests.policy.folders import folder, rulebook

BODY = """
modules: [qs]
grants:
  fetch:
    - {name: api, hosts: [api.example.com]}
  crypto: {hash: [sha256]}
deny:
  fetch: [{name: never, hosts: [bad.example.com]}]
tests:
"""


def results(*lines: str) -> list[tuple[bool, str]]:
    body = BODY + "".join(f"  - {{{line}}}\n" for line in lines)
    return [(each.passed, each.got) for each in (run_case(rulebook(body), case) for case in cases(body))]


def cases(body: str):
    return folder(p=body).tests["p"]


def test_cases_pass_or_say_what_they_got():
    """A case passes where decision and, if it is named, the rule are as expected; else it says what came instead."""
    assert results(
        "fetch: GET https://api.example.com/, expect: allow",
        "fetch: GET https://api.example.com/, expect: allow api",
        "fetch: GET https://api.example.com/, expect: deny",
        "fetch: PUT https://api.example.com/, expect: deny",
        "fetch: GET https://bad.example.com/, expect: deny never",
        "fetch: PUT https://api.example.com/, expect: deny never",
        "fetch: GET https://api.example.com@evil.example/, expect: deny",
        "crypto: hash sha256, expect: allow",
        "crypto: hash md5, expect: allow",
        "module: fs, expect: deny",
    ) == [
        (True, "allow api"),
        (True, "allow api"),
        (False, "allow api"),
        (True, "deny: no rule about that host has the method PUT"),
        (True, "deny: `never` under `deny` forbids it"),
        (False, "deny: no rule about that host has the method PUT"),
        (True, "deny: the URL names a user or a password before its host"),
        (True, "allow crypto.hash"),
        (False, "deny: `hash` is granted for sha256 alone"),
        (True, "deny: guest code sees no files"),
    ]


def test_a_case_can_say_what_its_host_resolves_to():
    """With `resolves` the addresses are judged too, without the network."""
    found = results(
        "fetch: GET https://api.example.com/, resolves: [1.1.1.1], expect: allow",
        "fetch: GET https://api.example.com/, resolves: [1.1.1.1, 10.0.0.1], expect: deny",
    )
    assert [passed for passed, _ in found] == [True, True]


def test_a_result_names_the_rule_that_decided_for_coverage():
    """An allowance and an explicit denial touch a rule; a denial by absence touches none."""
    body = BODY + "".join(
        f"  - {{fetch: GET https://{host}.example.com/, expect: deny}}\n" for host in ("api", "bad", "other")
    )
    found = [run_case(rulebook(body), case).rule for case in cases(body)]
    assert found == ["grants.fetch.api", "deny.fetch.never", None]


def test_an_audit_does_not_change_what_a_test_gets():
    """Tests say what is to be, not what an audit lets through meanwhile."""
    body = "mode: audit\nuntil: 2099-01-01\ntests:\n  - {module: qs, expect: deny}\n"
    assert run_case(rulebook(body), cases(body)[0]).passed


RUNS = [
    ("run: return 1, expect: success", RunCase("return 1"), RunExpect()),
    ("run: return 1, expect: {result: {a: [1, true, ~, x, 1.5]}}", RunCase("return 1"),
     RunExpect(result_json=b'{"a":[1,true,null,"x",1.5]}')),
    ("run: 'throw 1', seed: 7, input: {n: 1}, expect: {error: RuntimeError, message: x}",
     RunCase("throw 1", b'{"n":1}', 7), RunExpect("RuntimeError", "x")),
]  # fmt: skip


@pytest.mark.parametrize(("line", "subject", "expect"), RUNS)
def test_code_to_run_is_a_value_for_the_runner(line, subject, expect):
    """`run` with its input and seed, and what is expected as JSON or as an error, are read and not run."""
    [case] = cases(f"tests:\n  - {{{line}}}\n")
    assert (case.subject, case.expect) == (subject, expect)
    assert needs_a_guest(case)
    with pytest.raises(TypeError):
        decide_case(rulebook(""), case.subject)


def test_a_case_has_a_title():
    """Its own name, or what it is about."""
    found = cases(BODY + "  - {module: qs, expect: allow}\n  - {name: no files, module: fs, expect: deny}\n")
    assert [each.title for each in found] == ["module qs", "no files"]
    assert found[0].expect == Expect("allow")
    assert not any(map(needs_a_guest, found))
