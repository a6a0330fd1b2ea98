"""The flattened policy as a file again, and the digest that its spelling does not move."""

import pytest

from host.policy.canonical import policy_document, policy_yaml
from tests.policy.folders import folder, policy

HEAD = "version: 1\npolicy: p\n"

BODIES = [
    "",
    "description: 'yes'\n",
    'description: "two\\nlines: # and more"\n',
    "limits: {wall_time: 90s, memory: 1MiB, host_calls: 7, rate: 600/min}\n",
    "language: {clock: 'fixed:2026-01-01T00:00:00.250Z', random: seeded}\n",
    "language: {clock: coarse:1min, eval: true}\n",
    "modules: all\n",
    "modules: [qs, timers/promises]\n",
    "mode: audit\nuntil: 2026-12-31\n",
    "flows: {after: crm-*, only: []}\n",
    """
grants:
  fetch:
    - {name: b, hosts: ["*", "[::1]", "**.example"], ports: any, schemes: [http, https], methods: any, paths: any}
    - name: a
      hosts: [a.example]
      schemes: [http, https]
      paths: ["/x/*/%20y", "/**"]
      request:
        max_body: 0
        deny_headers: [cookie]
        set_headers: {x-a: "Bearer ${secret:t}", x-b: '5'}
        set_query: {key: "${secret:q}"}
        basic_auth: {username: me, password: "${secret:p}"}
        secrets_over_http: true
      response: {max_body: 1, max_headers: 1KiB, max_ratio: 5}
      timeout: 1min
      headers_timeout: 1s
      idle_timeout: 2s
      max_redirects: 0
      max_calls: 3
      max_connections: 1
      addresses: [public, 10.0.0.0/8, "fd00::/8"]
  crypto:
    hash: any
    sign: [ed25519]
    random: true
    keys: {k: {secret: s, algorithm: ed25519, use: [sign]}}
    budget: 1s
  xlsx: {read: {max_size: 1KiB, max_cells: 5, max_ratio: 3}, write: {}}
  tasks: {add: [a-*], get: ["*"]}
deny:
  fetch: [{hosts: ["**.x"], ports: [1], schemes: [http], methods: [PUT], paths: [/z], addresses: [10.0.0.0/8]}]
  crypto: {hash: [md5], cipher: any, random: true}
  xlsx: [write]
  tasks: {add: [b]}
  modules: [axios]
""",
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("full", [False, True])
def test_a_policy_reads_back_as_the_same(body, full):
    """The YAML of a policy means what the policy means, whatever it holds, and writing it again changes nothing."""
    before = policy(body)
    text = policy_yaml(before, full)
    after = folder(p=text.removeprefix(HEAD)).policies["p"]
    assert (after.digest, after.description) == (before.digest, before.description)
    assert policy_yaml(after, full) == text


def test_everything_is_shown_when_it_is_asked_for():
    """In full, every limit and every key of the language stands there with what it is."""
    shown = policy_document(policy(""), full=True)
    assert shown["limits"]["host_calls"] == 200
    assert shown["language"] == {
        "eval": False, "console": True, "clock": "real", "random": "secure", "require_return": True,
    }  # fmt: skip


SAME = [
    ("hosts: [a.example, b.example]", "hosts: [b.example, a.example]"),
    ("hosts: [a.example]", "hosts: [A.example]"),
    ("hosts: [a.example]", "hosts: [a.example]\n      ports: [443]\n      methods: [HEAD, GET]\n      paths: any"),
    ("hosts: [a.example]\n      schemes: any", "hosts: [a.example]\n      schemes: [https, http]"),
    ("hosts: [a.example]\n      timeout: 60s", "hosts: [a.example]\n      timeout: 1min   # long"),
    ("hosts: [a.example]\n      addresses: public", "hosts: [a.example]"),
    ("hosts: [a.example]\n      paths: [/%61]", "hosts: [a.example]\n      paths: [/a]"),
]

DIFFERENT = [
    "hosts: [a.example]",
    "hosts: ['*.a.example']",
    "hosts: [a.example]\n      ports: [444]",
    "hosts: [a.example]\n      schemes: any",
    "hosts: [a.example]\n      methods: any",
    "hosts: [a.example]\n      paths: ['/*']",
    "hosts: [a.example]\n      addresses: [public, 10.0.0.0/8]",
    "hosts: [a.example]\n      max_redirects: 0",
    "hosts: [a.example]\n      request: {max_body: 1}",
    "hosts: [a.example]\n      request: {set_headers: {x-a: '${secret:a}'}}",
    "hosts: [a.example]\n      request: {set_headers: {x-a: '${secret:b}'}}",
]
RULE = "grants:\n  fetch:\n    - name: r\n      "


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spelling_of_a_rule_does_not_move_the_digest(one, other):
    """Order, defaults written out, capitals and escapes leave the digest as it is."""
    assert policy(RULE + one).digest == policy(RULE + other).digest


def test_order_of_rules_does_not_move_the_digest():
    """A decision does not look at the order of rules, and neither does the digest."""
    lines = ["    - {name: a, hosts: [a.example]}\n", "    - {name: b, hosts: [b.example]}\n"]
    one, other = ("grants:\n  fetch:\n" + "".join(each) for each in (lines, lines[::-1]))
    assert policy(one).digest == policy(other).digest


def test_meaning_of_a_rule_moves_the_digest():
    """Rules that mean different things, denials, flows and an audit have digests of their own."""
    bodies = [RULE + each for each in DIFFERENT]
    bodies += ["", "mode: audit\nuntil: 2026-12-31", "deny: {modules: [qs]}", "flows: {after: a, only: []}"]
    assert len({policy(body).digest for body in bodies}) == len(bodies)
