"""`extends`: what a child takes from its parent, and that it never gets more."""

import pytest

from host.policy.cases import decide_url
from host.policy.decide.outcome import Allow
from host.policy.decide.rulebook import Rulebook
from host.policy.inherit import DEPTH_MAX
from tests.policy.folders import faults, folder

PARENT = """
limits: {wall_time: 5s, fuel: 2G, rate: 600/min}
language: {eval: false, console: true, clock: coarse:100ms, random: seeded}
modules: [lodash, qs, xlsx, crypto, tasks]
grants:
  fetch:
    - name: api
      hosts: ["**.example.com"]
      methods: [GET, HEAD, POST]
      paths: ["/v1/**"]
      request: {max_body: 1MiB, deny_headers: [cookie], set_headers: {authorization: "${secret:a}"}}
      timeout: 10s
      addresses: [public, 10.1.0.0/16]
  crypto:
    hash: [sha256, sha512]
    keys: {invoice: {secret: k, algorithm: ed25519, use: [sign, verify]}}
  xlsx: {read: {max_size: 1MiB}}
  tasks: {add: [reports-*]}
deny:
  fetch: [{hosts: [bad.example.com]}]
  crypto: {hash: [md5]}
"""

API = '{name: api, hosts: [a.example.com], paths: ["/v1/users/*"], timeout: 5s, addresses: [10.1.2.0/24], '
SAME = 'request: {max_body: 1MiB, deny_headers: [cookie, x-a], set_headers: {authorization: "${secret:a}"}}'

NARROWER = [
    "",
    "limits: {wall_time: 1s, rate: 10/s}",
    "language: {console: false, clock: 'fixed:2026-01-01T00:00:00Z'}",
    "language: {require_return: false}",
    "modules: [qs]",
    "modules: []",
    "grants: {}",
    f"grants: {{fetch: [{API}{SAME}}}]}}",
    "grants: {crypto: {hash: [sha256]}}",
    "grants: {crypto: {keys: {invoice: {secret: k, algorithm: ed25519, use: [sign]}}}}",
    "grants: {xlsx: {read: {max_size: 1KiB}}}",
    "grants: {tasks: {add: [reports-daily, reports-a-*]}}",
    "deny: {fetch: [{hosts: [worse.example.com]}], crypto: {hash: [sha512]}}",
]

WIDER = [
    ("limits: {wall_time: 6s}", 3, "wall_time 6s is more than the parent's 5s"),
    ("limits: {rate: 11/s}", 3, "the rate is more than the parent's"),
    ("limits: {code: 65536}", 3, "code 64KiB is more than the parent's 65535"),
    ("language: {eval: true}", 3, "`eval: true` is more than the parent has"),
    ("language: {clock: real}", 3, "`clock: real` is more than the parent has"),
    ("language: {clock: coarse:10ms}", 3, "`clock: coarse` is more than the parent has"),
    ("language: {random: secure}", 3, "`random: secure` is more than the parent has"),
    ("modules: [qs, uuid]", 3, "the parent does not give `uuid`"),
    ("modules: all", 3, "and "),
    (f"grants: {{fetch: [{API}}}]}}", 3, "does not deny the header cookie"),
    (
        f"grants: {{fetch: [{API.replace('a.example.com', 'a.example.org')}{SAME}}}]}}",
        3,
        "is about the host a.example.org",
    ),
    (f"grants: {{fetch: [{API.replace('/v1/', '/v2/')}{SAME}}}]}}", 3, "is about the path /v2/users/*"),
    (f"grants: {{fetch: [{API.replace('5s', '11s')}{SAME}}}]}}", 3, "has `timeout` 11s, and 10s is the most"),
    (f"grants: {{fetch: [{API}methods: [GET, PUT], {SAME}}}]}}", 3, "has the method PUT"),
    (f"grants: {{fetch: [{API}methods: any, {SAME}}}]}}", 3, "has any method"),
    (f"grants: {{fetch: [{API}ports: [8443], {SAME}}}]}}", 3, "is about https with port 8443"),
    (f"grants: {{fetch: [{API}schemes: [http], {SAME}}}]}}", 3, "is about http with port 80"),
    (
        f"grants: {{fetch: [{API.replace('10.1.2.0/24', '10.2.0.0/24')}{SAME}}}]}}",
        3,
        "reaches addresses in 10.2.0.0/24",
    ),
    (f"grants: {{fetch: [{API}{SAME.replace('secret:a', 'secret:b')}}}]}}", 3, "has another `request.set_headers`"),
    (f"grants: {{fetch: [{API}{SAME.replace('1MiB', '2MiB')}}}]}}", 3, "has `request.max_body` 2MiB, and 1MiB"),
    ("grants: {crypto: {hash: [sha256, sha1]}}", 3, "`crypto` has sha1 for `hash`"),
    ("grants: {crypto: {hash: any}}", 3, "`crypto` has any algorithm of `hash`"),
    ("grants: {crypto: {random: true}}", 3, "`crypto` has `random`"),
    ("grants: {crypto: {keys: {other: {secret: k, algorithm: ed25519, use: [sign]}}}}", 3, "has the key `other`"),
    ("grants: {crypto: {keys: {invoice: {secret: z, algorithm: ed25519, use: [sign]}}}}", 3, "has another key"),
    ("grants: {xlsx: {read: {max_size: 2MiB}}}", 3, "`read.max_size` 2MiB, and 1MiB is the most"),
    ("grants: {xlsx: {write: {}}}", 3, "`xlsx` has `write`"),
    ("grants: {tasks: {add: [mail]}}", 3, "`tasks` may add tasks of mail"),
    ("grants: {tasks: {add: ['*']}}", 3, "`tasks` may add tasks of *"),
    ("grants: {tasks: {get: [reports-a]}}", 3, "`tasks` may get tasks of reports-a"),
    ("mode: audit\nuntil: 2026-12-31", 3, "audits not at all"),
]


@pytest.mark.parametrize("body", NARROWER)
def test_a_child_may_ask_for_less(body):
    """Less of any limit, key, module or grant than the parent has is no error."""
    assert faults(parent=PARENT, child=f"{body}\nextends: parent\n") == []


@pytest.mark.parametrize(("body", "line", "reason"), WIDER)
def test_a_child_may_not_ask_for_more(body, line, reason):
    """Everything that the parent does not have is an error at its line, with the reason and the parent's name."""
    [(code, at, message)] = faults(parent=PARENT, child=f"{body}\nextends: parent\n")
    assert (code, at) == ("wider-than-parent", line)
    assert reason in message
    assert "`parent`" in message


def test_what_a_child_leaves_out_it_takes_from_its_parent():
    """Limits and language key by key, modules and grants as a whole; what it writes stands by itself."""
    found = folder(parent=PARENT, child="extends: parent\nlimits: {fuel: 1G}\nlanguage: {console: false}\n").policies
    parent, child = found["parent"], found["child"]
    assert (child.limits.fuel, child.limits.wall_time_ms, child.limits.rate) == (10**9, 5_000, parent.limits.rate)
    assert (child.language.console, child.language.random) == (False, "seeded")
    assert (child.modules, child.grants, child.deny) == (parent.modules, parent.grants, parent.deny)
    dropped = folder(parent=PARENT, child="extends: parent\ngrants: {crypto: {hash: [sha256]}}\n").policies["child"]
    assert (dropped.grants.fetch, dropped.grants.xlsx, dropped.modules) == ((), None, parent.modules)


def test_a_parents_denial_holds_in_the_child():
    """Denials of both hold, each with the place where it stands."""
    found = folder(parent=PARENT, child="extends: parent\ndeny: {fetch: [{hosts: [worse.example.com]}]}\n")
    rules = Rulebook(found.policies["child"], found.origins["child"])
    bad, worse = (decide_url(rules, "GET", f"https://{host}.example.com/v1/x") for host in ("bad", "worse"))
    assert (bad.final, bad.rule.place.file, bad.rule.name) == (True, "parent.yaml", "deny-1")
    assert (worse.final, worse.rule.place.file, worse.rule.name) == (True, "child.yaml", "child.deny-1")
    allowed = decide_url(rules, "GET", "https://good.example.com/v1/x")
    assert isinstance(allowed, Allow)
    assert (allowed.rule.place.file, allowed.rule.place.line) == ("parent.yaml", 9)


def test_a_child_that_writes_what_it_inherits_means_the_same():
    """The digest is of the flattened policy: whether something is inherited or written out does not move it."""
    inherited = folder(parent=PARENT, p="extends: parent\n").policies["p"]
    assert inherited.digest == folder(p=PARENT).policies["p"].digest
    assert inherited.extends == "parent"


def test_a_grandchild_is_held_to_its_parent():
    """Narrowing goes down the whole line, in whatever order the files are read."""
    bodies = {"c": "extends: b\n", "b": "extends: a\nlimits: {fuel: 1G}\n", "a": "limits: {fuel: 2G}\n"}
    assert folder(**bodies).policies["c"].limits.fuel == 10**9
    assert [code for code, _, _ in faults(**bodies | {"c": "extends: b\nlimits: {fuel: 2G}\n"})] == [
        "wider-than-parent"
    ]


def test_circles_are_refused_at_each_of_their_policies():
    """A policy that builds on itself, over others or at once, is an error that shows the circle."""
    found = faults(a="extends: b\n", b="extends: c\n", c="extends: a\n")
    assert [(code, line) for code, line, _ in found] == [("extends-cycle", 3)] * 3
    assert found[0][2] == "`a` extends `b` extends `c` extends `a`: a policy cannot build on itself"


def test_the_line_of_ancestors_is_bounded():
    """Eight policies in a line are read, and a ninth is refused."""
    line = {f"p{n}": f"extends: p{n - 1}\n" if n else "" for n in range(DEPTH_MAX)}
    assert faults(**line) == []
    deeper = line | {f"p{DEPTH_MAX}": f"extends: p{DEPTH_MAX - 1}\n"}
    assert [(code, line) for code, line, _ in faults(**deeper)] == [("extends-deep", 3)]


def test_an_unknown_parent_is_told_with_the_nearest():
    """A parent that does not exist is an error at its name; one with errors of its own is not called unknown."""
    assert faults(sandbox="", child="extends: sandbax\n")[0][:2] == ("unknown-policy", 3)
    assert [code for code, _, _ in faults(sandbox="limts: {}\n", child="extends: sandbox\n")] == ["unknown-key"]


def test_a_child_may_audit_while_its_parent_does():
    """A child watches no longer than its parent; a parent's audit is not inherited."""
    parent = "mode: audit\nuntil: 2026-06-30\n"
    assert faults(parent=parent, child="extends: parent\nmode: audit\nuntil: 2026-06-30\n") == []
    assert len(faults(parent=parent, child="extends: parent\nmode: audit\nuntil: 2026-07-01\n")) == 1
    assert folder(parent=parent, child="extends: parent\n").policies["child"].mode.kind == "enforce"
