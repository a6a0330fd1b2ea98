"""The truth tables of crypto, xlsx, tasks and modules; what a mode makes of a decision; flows."""

from datetime import date

import pytest

from host.policy.cases import decide_case, decide_url
from host.policy.decide import xlsx
from host.policy.decide.outcome import Allow, Deny, goes_through
from host.policy.decide.xlsx import XlsxRequest
from host.policy.testcase import CryptoCase, ModuleCase, TasksCase, XlsxCase
from tests.policy.folders import rulebook

BODY = """
modules: [lodash, xlsx, crypto, tasks]
grants:
  crypto:
    hash: [sha256, md5]
    hmac: any
    sign: [ed25519]
    random: true
    keys:
      invoice: {secret: invoice_key, algorithm: ed25519, use: [sign]}
      session: {secret: session_key, algorithm: aes-256-gcm, use: [encrypt, decrypt]}
  xlsx:
    read: {max_size: 1MiB, max_rows: 100}
  tasks:
    add: [reports-*, mail]
deny:
  crypto: {hash: [md5], hmac: [sha1], cipher: any}
  tasks: {add: [reports-secret]}
  modules: [tasks]
"""

TABLE = [
    (CryptoCase("hash", "sha256"), "crypto.hash", False),
    (CryptoCase("hash", "sha512"), None, False),
    (CryptoCase("hash", "md5"), None, True),
    (CryptoCase("hash", "SHA256"), None, False),
    (CryptoCase("hmac", "sha512"), "crypto.hmac", False),
    (CryptoCase("hmac", "sha1"), None, True),
    (CryptoCase("sign", "ed25519"), "crypto.sign", False),
    (CryptoCase("verify", "ed25519"), None, False),
    (CryptoCase("cipher", "aes-256-gcm"), None, True),
    (CryptoCase("keypair", "rsa"), None, False),
    (CryptoCase("random"), "crypto.random", False),
    (CryptoCase("sign", key="invoice"), "invoice", False),
    (CryptoCase("verify", key="invoice"), None, True),
    (CryptoCase("sign", key="nobody"), None, True),
    (CryptoCase("encrypt", key="session"), None, True),
    (ModuleCase("lodash"), "modules", False),
    (ModuleCase("lodash/fp"), "modules", False),
    (ModuleCase("node:lodash"), "modules", False),
    (ModuleCase("qs"), None, False),
    (ModuleCase("tasks"), None, True),
    (ModuleCase("fs"), None, True),
    (ModuleCase("left-pad"), None, True),
    (ModuleCase("lodash/../fs"), None, True),
    (XlsxCase("read"), "xlsx.read", False),
    (XlsxCase("read", 1 << 20), "xlsx.read", False),
    (XlsxCase("read", (1 << 20) + 1), None, True),
    (XlsxCase("write"), None, False),
    (TasksCase("add", "reports-daily"), "tasks.add", False),
    (TasksCase("add", "mail"), "tasks.add", False),
    (TasksCase("add", "mails"), None, False),
    (TasksCase("add", "reports-secret"), None, True),
    (TasksCase("get", "mail"), None, False),
]


@pytest.mark.parametrize(("subject", "rule", "final"), TABLE, ids=str)
def test_each_call_is_decided_as_the_table_says(subject, rule, final):
    """Every row: the rule that allows the call, or that none does and whether any mode could."""
    decision = decide_case(rulebook(BODY), subject)
    assert (decision.rule.name if isinstance(decision, Allow) else None) == rule
    assert rule is not None or decision.final is final


@pytest.mark.parametrize(
    "subject",
    [CryptoCase("keypair", "rsa"), CryptoCase("hash", "sm3"), CryptoCase("random"), ModuleCase("qs"), XlsxCase("write"),
     TasksCase("get", "mail")],
    ids=str,
)  # fmt: skip
def test_what_is_suggested_would_allow_the_call(subject):
    """The suggestion of a denial, taken as a policy, allows what was denied."""
    denied = decide_case(rulebook("grants: {}"), subject)
    assert isinstance(decide_case(rulebook(denied.suggestion), subject), Allow)


def test_a_policy_without_grants_allows_nothing():
    """What is not named is not there, in every capability."""
    rules = rulebook("")
    assert not any(isinstance(decide_case(rules, subject), Allow) for subject, _, _ in TABLE)
    assert not isinstance(decide_url(rules, "GET", "https://a.example/"), Allow)


def test_a_workbook_is_asked_about_as_far_as_it_is_known():
    """Each figure is compared when it is known, and the denial names the one that is too large."""
    rules = rulebook(BODY).xlsx
    assert isinstance(xlsx.decide(rules, XlsxRequest("read", rows=100, cells=5)), Allow)
    assert xlsx.decide(rules, XlsxRequest("read", rows=101)).reason == "101 rows are more than 100"
    assert (
        xlsx.decide(rules, XlsxRequest("read", ratio=201)).reason
        == "201 bytes unpacked for each packed are more than 200"
    )


AUDIT = "mode: audit\nuntil: 2026-06-30\ndeny: {fetch: [{hosts: [bad.example]}]}\n"


@pytest.mark.parametrize(
    ("url", "today", "allowed"),
    [
        ("https://any.example/", date(2026, 6, 29), True),
        ("https://any.example/", date(2026, 6, 30), True),
        ("https://any.example/", date(2026, 7, 1), False),
        ("https://bad.example/", date(2026, 6, 29), False),
        ("https://a@any.example/", date(2026, 6, 29), False),
    ],
)
def test_an_audit_lets_through_what_is_not_denied_until_it_is_over(url, today, allowed):
    """To the end of its last day an audit lets through what no grant names, and never what `deny` names."""
    rules = rulebook(AUDIT)
    decision = decide_url(rules, "GET", url)
    assert isinstance(decision, Deny)
    assert goes_through(decision, rules.policy.mode.audits_on(today)) is allowed


def test_a_policy_that_enforces_never_audits():
    """Without `mode` a denial is a denial, and what is allowed is allowed."""
    rules = rulebook("modules: [qs]")
    audits = rules.policy.mode.audits_on(date(2026, 1, 1))
    assert not audits
    assert not goes_through(decide_case(rules, ModuleCase("uuid")), audits)
    assert goes_through(decide_case(rules, ModuleCase("qs")), audits)


def test_flows_close_other_rules_once_a_response_was_read():
    """After a response under `after`, only rules that `only` names may be used; before it, and after others, any."""
    rules = rulebook("flows: {after: crm-read, only: [crm-*]}")
    assert rules.flow_denies(frozenset(), "mail") is None
    assert rules.flow_denies(frozenset({"weather"}), "mail") is None
    assert rules.flow_denies(frozenset({"crm-read"}), "crm-write") is None
    denied = rules.flow_denies(frozenset({"weather", "crm-read"}), "mail")
    assert denied.final
    assert denied.reason == "after a response under `crm-read`, only crm-* may be called"
