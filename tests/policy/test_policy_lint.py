"""Warnings: what is legal and unwise, told once and at its place; and the tests of a policy against its rules."""

from datetime import date

import pytest

from host.policy import lint_dates
from tests.policy.folders import faults, folder, warnings

RULES = "grants:\n  fetch:\n"


def rules(*lines: str) -> str:
    return RULES + "".join(f"    - {{{line}}}\n" for line in lines)


SWALLOWED = [
    (["name: a, hosts: [x.example]", "name: b, hosts: [x.example], paths: [/y]"], [6]),
    (["name: b, hosts: [x.example], paths: [/y]", "name: a, hosts: [x.example]"], [5]),
    (["name: a, hosts: ['**.x.example']", "name: b, hosts: ['*.x.example', y.x.example]"], [6]),
    (["name: a, hosts: [x.example]", "name: b, hosts: [x.example]"], [6]),
    (["name: a, hosts: [x.example], ports: any", "name: b, hosts: [x.example]"], [6]),
    (["name: a, hosts: [x.example], paths: ['/**/z']", "name: b, hosts: [x.example], paths: ['/a/*/z']"], [6]),
    (["name: a, hosts: [x.example]", "name: b, hosts: [x.example, y.example]"], [5]),
    (["name: a, hosts: [x.example]", "name: b, hosts: [x.example], methods: [POST]"], []),
    (["name: a, hosts: ['*.x.example']", "name: b, hosts: ['**.x.example'], methods: [GET]"], []),
    (["name: a, hosts: [x.example]", "name: b, hosts: [x.example], paths: [/y], timeout: 60s"], []),
    (["name: a, hosts: [x.example], paths: ['/*']", "name: b, hosts: [x.example], paths: ['/a/b']"], []),
    (["name: a, hosts: [x.example], request: {deny_headers: [cookie]}", "name: b, hosts: [x.example]"], [5]),
]


@pytest.mark.parametrize(("lines", "swallowed"), SWALLOWED)
def test_a_rule_that_another_covers_is_told(lines, swallowed):
    """A rule is told where another lets through all that it does, limits too; of two that are alike, the later one."""
    found = [line for code, line in warnings(rules(*lines)) if code == "swallowed-grant"]
    assert found == swallowed


def test_a_swallowed_rule_among_a_thousand_is_found():
    """The one that is covered is found, and none of the others is told."""
    lines = [f"name: r{n}, hosts: [h.example], paths: ['/x{n}/**']" for n in range(300)]
    assert warnings(rules(*lines, "name: last, hosts: [h.example], paths: [/x7/y]")) == [("swallowed-grant", 305)]


def test_what_was_inherited_is_told_in_the_parents_file_alone():
    """A warning stands where the rule does, and is not repeated for every child."""
    found = folder(a=rules("name: a, hosts: ['*']"), b="extends: a\n").warnings
    assert [(each.code, each.file) for each in found] == [("any-host", "a.yaml")]


@pytest.mark.parametrize(
    ("today", "codes"),
    [
        (date(2026, 6, 30), []),
        (date(2026, 7, 1), ["audit-over"]),
        (date(2026, 4, 1), []),
        (date(2026, 3, 31), ["audit-long"]),
    ],
)
def test_an_audit_that_is_over_or_too_long_is_told(today, codes):
    """The last day counts; more than ninety days ahead is too long; both stand at `until`."""
    found = lint_dates(folder(p="mode: audit\nuntil: 2026-06-30\n", q=""), today)
    assert [each.code for each in found] == codes
    assert {(each.file, each.line, each.column) for each in found} <= {("p.yaml", 4, 8)}


def test_a_test_may_name_an_inherited_rule():
    """A test names rules of the flattened policy: a grant to allow, a grant or a denial to deny."""
    parent = rules("name: api, hosts: [a.example]") + "deny: {fetch: [{name: never, hosts: [b.example]}]}\n"
    child = "extends: parent\ntests:\n  - {fetch: GET https://a.example/, expect: allow api}\n"
    assert faults(parent=parent, child=child) == []
    assert faults(parent=parent, child=child.replace("allow api", "deny never")) == []
    [(code, line, _)] = faults(parent=parent, child=child.replace("allow api", "allow never"))
    assert (code, line) == ("unknown-grant", 5)
