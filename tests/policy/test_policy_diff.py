"""What a change lets in and what it shuts out, by meaning and in sentences."""

import pytest

from host.policy import resolve_files, token_sha256
from host.policy.diff import diff_policies, diff_sets
from tests.policy.folders import folder, policy

RULE = "grants:\n  fetch:\n    - "

WIDER = [
    ("", "limits: {wall_time: 6s}", "wall_time is now 6s, up from 5s"),
    ("limits: {rate: 10/s}", "", "the rate is now unlimited, up from 10/s"),
    ("limits: {rate: 10/s}", "limits: {rate: 20/s}", "the rate is now 20/s, up from 10/s"),
    ("", "language: {eval: true}", "`language.eval` is now true"),
    ("", "modules: [qs]", "the module qs can now be required"),
    ("modules: [qs]", "modules: all", "the module axios can now be required"),
    ("", RULE + "{name: a, hosts: [x.example]}", "now allows GET https x.example /** (`a`)"),
    (
        RULE + "{name: a, hosts: [x.example]}",
        RULE + "{name: a, hosts: [x.example], methods: [GET, HEAD, PUT]}",
        "now allows PUT https x.example /** (`a`): it has the method PUT",
    ),
    (
        RULE + "{name: a, hosts: [x.example]}",
        RULE + "{name: a, hosts: ['*.example']}",
        "now allows GET https *.example /** (`a`): it is about the host *.example",
    ),
    (
        RULE + "{name: a, hosts: [x.example], paths: [/a]}",
        RULE + "{name: a, hosts: [x.example], paths: [/a, /b]}",
        "now allows GET https x.example /a, /b (`a`): it is about the path /b",
    ),
    (
        RULE + "{name: a, hosts: [x.example]}",
        RULE + "{name: a, hosts: [x.example], addresses: [public, 10.0.0.0/8]}",
        "now allows GET https x.example /** (`a`): it reaches addresses in 10.0.0.0/8",
    ),
    ("grants: {crypto: {hash: [sha256]}}", "grants: {crypto: {hash: [sha256, md5]}}", "crypto now has md5 for `hash`"),
    ("", "grants: {tasks: {add: [a-*]}}", "tasks now may add tasks of a-*"),
    ("", "grants: {xlsx: {read: {}}}", "xlsx now has `read`"),
    ("deny: {fetch: [{hosts: [a.example]}]}", "", "fetch is now allowed what `deny-1` under `deny` forbade"),
    ("deny: {crypto: {hash: [md5]}}", "", "`deny` no longer forbids md5 for `hash`"),
    ("deny: {modules: [qs], xlsx: [write]}", "deny: {xlsx: [write]}", "`deny` no longer forbids module qs"),
    ("flows: {after: a, only: [b]}", "", "after a, rules other than b can now be used"),
    (
        "",
        "mode: audit\nuntil: 2026-12-31",
        "what is not granted is now let through until 2026-12-31 (audit)",
    ),
]


@pytest.mark.parametrize(("old", "new", "sentence"), WIDER)
def test_what_a_change_lets_in_is_said(old, new, sentence):
    """Each widening is a sentence that names the policy, and backwards it is a narrowing and nothing else."""
    found = diff_policies(policy(old), policy(new))
    assert f"`p`: {sentence}" in found.widened
    assert found.narrowed == ()
    back = diff_policies(policy(new), policy(old))
    assert back.widened == ()
    assert len(back.narrowed) == len(found.widened)


SAME = [
    (RULE + "{name: a, hosts: [x.example, y.example]}", RULE + "{name: b, hosts: [y.example, x.example]}"),
    (
        RULE + "{name: a, hosts: [x.example]}",
        RULE + "{name: a, hosts: [x.example]}\n    - {name: b, hosts: [x.example], paths: [/y]}",
    ),
    ("grants: {crypto: {hash: [sha1, md5]}}", "grants: {crypto: {hash: [md5, sha1]}}"),
    ("deny: {fetch: [{hosts: ['**.a']}, {hosts: [x.a]}]}", "deny: {fetch: [{hosts: ['**.a']}]}"),
    ("description: One", "description: Another"),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_what_means_the_same_is_no_difference(old, new):
    """A rule renamed, reordered, or added where another covers it, lets nothing in and shuts nothing out."""
    for one, other in ((old, new), (new, old)):
        found = diff_policies(policy(one), policy(other))
        assert (found.widened, found.narrowed) == ((), ())


def test_a_change_can_widen_and_narrow():
    """One method for another is both."""
    found = diff_policies(
        policy(RULE + "{name: a, hosts: [x.example], methods: [GET]}"),
        policy(RULE + "{name: a, hosts: [x.example], methods: [PUT]}"),
    )
    assert [len(found.widened), len(found.narrowed)] == [1, 1]
    assert "no longer allows GET" in found.narrowed[0]


def test_policies_that_come_and_go_are_told():
    """A new policy is a widening, one that is gone a narrowing, and one that changed is named."""
    found = diff_sets(folder(a="", b=""), folder(b="modules: [qs]", c=""))
    assert found.widened == ("`b`: the module qs can now be required", "`c` is a new policy")
    assert found.narrowed == ("`a` is no longer a policy",)


def with_access(text: str):
    return resolve_files({"p.yaml": b"version: 1\npolicy: p\n", "access.yaml": text.encode()})


def test_who_may_use_what_is_told():
    """A principal, a policy of its list, a larger quota and callers without a token are differences too."""
    head = "principals: [{name: a, token_sha256: " + token_sha256("t") + ", policies: ["
    old, new = with_access(head + "], quota: {rate: 1/s}}]"), with_access(head + "p]}]\nanonymous: p")
    found = diff_sets(old, new)
    assert found.widened == (
        "the principal `a` may now use `p`",
        "the principal `a` now has a larger quota of rate",
        "callers without a token may now use `p`",
    )
    assert diff_sets(new, old).widened == ()
    assert len(diff_sets(new, old).narrowed) == 3
