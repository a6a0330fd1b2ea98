"""The truth table of fetch: which request which rule allows, and what a denial says."""

import pytest

from host.policy.cases import decide_url
from host.policy.decide import fetch
from host.policy.decide.fetch import FetchRequest
from host.policy.decide.outcome import Allow, Deny
from host.policy.url import parse_url
from tests.policy.folders import rulebook

BODY = """
grants:
  fetch:
    - name: exact
      hosts: [api.example.com]
      methods: [GET, POST]
      paths: ["/users/*", "/repos/**", /status]
    - name: one
      hosts: ["*.one.example"]
    - name: many
      hosts: ["**.many.example"]
      ports: [443, 8443]
    - name: plain
      hosts: [plain.example]
      schemes: [http, https]
    - name: every-port
      hosts: [ports.example]
      ports: any
      methods: any
    - name: address
      hosts: ["[2606:4700::1]", 1.1.1.1]
    - name: careful
      hosts: [careful.example]
      methods: [POST]
      request: {max_body: 10, deny_headers: [Cookie]}
deny:
  fetch:
    - hosts: ["**.secret.many.example"]
    - name: no-admin
      hosts: [api.example.com, a.one.example]
      paths: ["/repos/admin/**"]
    - name: no-delete
      methods: [DELETE]
"""

TABLE = [
    # Hosts
    ("GET https://api.example.com/status", "exact"),
    ("GET https://API.Example.COM/status", "exact"),
    ("GET https://api.example.com./status", "exact"),
    ("GET https://api.example.com:443/status", "exact"),
    ("GET https://example.com/status", None),
    ("GET https://x.api.example.com/status", None),
    ("GET https://api.example.com.evil.example/status", None),
    ("GET https://evil-api.example.com/status", None),
    ("GET https://a.one.example/", "one"),
    ("GET https://one.example/", None),
    ("GET https://a.b.one.example/", None),
    ("GET https://aone.example/", None),
    ("GET https://a.many.example/", "many"),
    ("GET https://a.b.c.many.example/", "many"),
    ("GET https://many.example/", None),
    ("GET https://amany.example/", None),
    ("GET https://[2606:4700::1]/", "address"),
    ("GET https://[2606:4700:0:0:0:0:0:1]/", "address"),
    ("GET https://1.1.1.1/", "address"),
    ("GET https://0x01010101/", "address"),
    ("GET https://1.1.1.2/", None),
    # The parts of a URL that are confused
    ("GET https://api.example.com@evil.example/status", None),
    ("GET https://user:pass@api.example.com/status", None),
    ("GET https://evil.example/https://api.example.com/status", None),
    ("GET https://evil.example#@api.example.com/status", None),
    ("GET https://evil.example\\@api.example.com/status", None),
    ("GET https:api.example.com/status", "exact"),
    ("GET //api.example.com/status", None),
    ("GET file:///etc/passwd", None),
    ("GET ftp://api.example.com/status", None),
    ("GET javascript:alert(1)", None),
    ("GET https:///status", None),
    ("GET https://api.example.com\t/status", None),
    # Schemes and ports
    ("GET http://api.example.com/status", None),
    ("GET https://api.example.com:8443/status", None),
    ("GET https://a.many.example:8443/", "many"),
    ("GET https://a.many.example:8444/", None),
    ("GET http://plain.example/", "plain"),
    ("GET https://plain.example/", "plain"),
    ("GET http://plain.example:443/", None),
    ("GET https://plain.example:80/", None),
    ("GET https://ports.example:1/", "every-port"),
    ("GET https://ports.example:65535/", "every-port"),
    ("GET http://ports.example/", None),
    # Methods
    ("POST https://api.example.com/status", "exact"),
    ("HEAD https://api.example.com/status", None),
    ("PUT https://api.example.com/status", None),
    ("PATCH https://ports.example/", "every-port"),
    ("GET https://a.one.example/x/y", "one"),
    ("HEAD https://a.one.example/", "one"),
    ("POST https://a.one.example/", None),
    # Paths
    ("GET https://api.example.com/users/github", "exact"),
    ("GET https://api.example.com/users/github?x=/../..", "exact"),
    ("GET https://api.example.com/users", None),
    ("GET https://api.example.com/users/", None),
    ("GET https://api.example.com/users/a/b", None),
    ("GET https://api.example.com/Users/a", None),
    ("GET https://api.example.com/repos", "exact"),
    ("GET https://api.example.com/repos/", "exact"),
    ("GET https://api.example.com/repos/a/b/c", "exact"),
    ("GET https://api.example.com/reposx", None),
    ("GET https://api.example.com/st%61tus", "exact"),
    ("GET https://api.example.com/users/%C3%A4", "exact"),
    ("GET https://api.example.com/users/../status", "exact"),
    ("GET https://api.example.com/users/%2e%2e/status", "exact"),
    ("GET https://api.example.com/repos/../other", None),
    ("GET https://api.example.com/repos/%2e%2e/other", None),
    ("GET https://api.example.com/repos/..%2fother", None),
    ("GET https://api.example.com/repos/%252e%252e/other", None),
    ("GET https://api.example.com/repos/..;/other", None),
    ("GET https://api.example.com/repos/a%5cb", None),
    ("GET https://api.example.com/repos/a%00b", None),
    ("GET https://api.example.com/repos/%ff", None),
    ("GET https://api.example.com/repos/%zz", None),
    ("GET https://api.example.com/repos//x", None),
    ("GET https://plain.example/x%2fy//z", "plain"),
    # Denials
    ("GET https://x.secret.many.example/", None),
    ("GET https://secret.many.example/", "many"),
    ("GET https://api.example.com/repos/admin/x", None),
    ("GET https://api.example.com/repos/admin", None),
    ("GET https://api.example.com/repos/admin/", None),
    ("GET https://a.one.example/repos//admin/x", None),
    ("GET https://a.one.example/repos%2fadmin/x", None),
    ("DELETE https://ports.example/", None),
    ("delete https://ports.example/", None),
    ("get https://api.example.com/status", None),
]


@pytest.fixture(scope="module")
def rules():
    return rulebook(BODY)


@pytest.mark.parametrize(("request_line", "rule"), TABLE)
def test_each_request_is_decided_as_the_table_says(rules, request_line, rule):
    """Every row of the table: the rule that allows the request, or that none does."""
    method, url = request_line.split(" ", 1)
    decision = decide_url(rules, method, url)
    assert (decision.rule.name if isinstance(decision, Allow) else None) == rule


REASONS = [
    ("GET https://nowhere.example/", "no rule names that host", None, False),
    ("GET https://www.example.com/", "no rule names that host", "exact", False),
    ("GET http://api.example.com/", "no rule about that host has http with port 80", "exact", False),
    ("PUT https://api.example.com/status", "no rule about that host has the method PUT", "exact", False),
    ("GET https://api.example.com/x", "no rule about that host has that path", "exact", False),
    (
        "GET https://careful.example/",
        "no rule about that host has the method GET",
        "careful",
        False,
    ),
    ("DELETE https://ports.example/", "`no-delete` under `deny` forbids it", "no-delete", True),
    ("GET https://x.secret.many.example/", "`deny-1` under `deny` forbids it", "deny-1", True),
    ("GET https://a@api.example.com/", "the URL names a user or a password before its host", None, True),
]


@pytest.mark.parametrize(("request_line", "reason", "rule", "final"), REASONS)
def test_a_denial_says_why_and_names_the_nearest_rule(rules, request_line, reason, rule, final):
    """The reason, the rule that decided or came nearest, and whether any mode could let it through."""
    decision = decide_url(rules, *request_line.split(" ", 1))
    assert isinstance(decision, Deny)
    assert decision.reason == reason
    assert (decision.rule.name if decision.rule else None) == rule
    assert decision.final is final


def test_a_denial_names_place_and_suggestion(rules):
    """An operator is shown file and line, whoever calls the policy and the rule alone; the YAML would allow it."""
    decision = decide_url(rules, "PUT", "https://api.example.com:8443/a")
    assert "(p.yaml:6)" in decision.message(with_place=True)
    assert "p.yaml" not in decision.message(with_place=False)
    assert "`p` does not allow fetch PUT https://api.example.com:8443/a" in decision.message(with_place=False)
    again = rulebook(decision.suggestion.replace("NAME", "name"))
    assert isinstance(decide_url(again, "PUT", "https://api.example.com:8443/a"), Allow)


@pytest.mark.parametrize(
    "request_line",
    [
        "GET https://a.example/",
        "POST http://a.example:81/x/y",
        "PUT https://[2606:4700::1]/x%20y",
        "GET https://1.2.3.4:5/*",
        "GET https://xn--bcher-kva.example/%C3%A4/",
    ],
)
def test_what_is_suggested_would_allow_the_request(request_line):
    """The suggestion of a denial, taken as a policy, allows what was denied."""
    method, url = request_line.split(" ", 1)
    denied = decide_url(rulebook("grants: {}"), method, url)
    assert denied.reason == "it grants no fetch at all"
    assert isinstance(decide_url(rulebook(denied.suggestion.replace("NAME", "name")), method, url), Allow)


def test_headers_and_bodies_belong_to_the_decision(rules):
    """A header that the rule denies, or a body that is too large for it, is a denial that says so."""
    url = parse_url("https://careful.example/")
    decide = lambda **more: fetch.decide(rules.fetch, FetchRequest("POST", url, **more))  # noqa: E731
    assert isinstance(decide(header_names=("accept",), body_bytes=10), Allow)
    assert decide(header_names=("accept", "cookie")).reason == "the header cookie may not be sent"
    assert decide(body_bytes=11).reason == "its body has more than 10 bytes"


def test_the_most_particular_rule_is_taken():
    """Among rules that allow the same, an exact host comes before a pattern, paths before none, and names decide."""
    rule = "    - {{name: {}, hosts: [{}]{}}}\n"
    lines = [
        rule.format("z-exact", "a.example.com", ", paths: [/x]"),
        rule.format("a-any", '"*"', ""),
        rule.format("b-many", '"**.example.com"', ""),
        rule.format("c-one", '"*.example.com"', ""),
        rule.format("y-exact", "a.example.com", ""),
    ]
    for order in (lines, lines[::-1], lines[2:] + lines[:2]):
        rules = rulebook("grants:\n  fetch:\n" + "".join(order))
        names = [
            decide_url(rules, "GET", url).rule.name
            for url in (
                "https://a.example.com/x",
                "https://a.example.com/",
                "https://b.example.com/",
                "https://a.b.example.com/",
                "https://b.c/",
            )
        ]
        assert names == ["z-exact", "y-exact", "c-one", "b-many", "a-any"]
