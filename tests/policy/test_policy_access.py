"""Who may use what: only the token counts, and what is not named is not given."""

import pytest

from host.policy import (
    Access,
    Policy,
    PolicyFolderError,
    PolicySet,
    Principal,
    Quota,
    Rate,
    render,
    resolve_files,
    token_sha256,
)
from host.policy.access import parse_access

ALICE, BOB = token_sha256("alice's token"), token_sha256("bob's token")
POLICIES = {f"{name}.yaml": f"version: 1\npolicy: {name}\n".encode() for name in ("open", "shut", "odd")}


def load(access: str | None) -> PolicySet:
    return resolve_files(POLICIES if access is None else {**POLICIES, "access.yaml": access.encode()})


TWO = f"""
principals:
  - name: alice
    token_sha256: {ALICE}
    policies: [shut, open]
    quota: {{rate: 10/s, concurrency: 4, fuel_per_day: 500G}}
  - {{name: bob, token_sha256: "{BOB.upper()}", policies: [open]}}
anonymous: odd
"""


def names(policies: tuple[Policy, ...]) -> list[str]:
    return [policy.name for policy in policies]


def test_access_rules_are_read():
    """Principals with their tokens, policies and quotas, and the policy of everybody else."""
    assert load(TWO).access == Access(
        principals=(
            Principal(
                "alice", ALICE, ("shut", "open"), Quota(rate=Rate(10, 1), concurrency=4, fuel_per_day=500_000_000_000)
            ),
            Principal("bob", BOB, ("open",)),
        ),
        anonymous="odd",
    )


def test_a_token_selects_its_principal():
    """The SHA-256 of a bearer token, in either case of its digits, is the principal's name card."""
    policies = load(TWO)
    assert policies.principal_by_token_sha256(token_sha256("alice's token")).name == "alice"
    assert policies.principal_by_token_sha256(BOB.upper()).name == "bob"


@pytest.mark.parametrize(
    "digest", ["", "0" * 64, ALICE[:-1], ALICE + "0", " " + ALICE, "é", "\ud800", "x" * 100_000, "alice"]
)
def test_anything_else_selects_nobody(digest):
    """A wrong digest, or text that is none, is nobody, and never an exception."""
    assert load(TWO).principal_by_token_sha256(digest) is None


def test_every_principal_is_compared_in_constant_time(monkeypatch):
    """The lookup does not stop at the one it finds, so that its time tells nothing."""
    compared = []
    monkeypatch.setattr(
        "host.policy.model.hmac.compare_digest", lambda one, other: compared.append(one) or one == other
    )
    assert load(TWO).principal_by_token_sha256(ALICE).name == "alice"
    assert compared == [ALICE.encode(), BOB.encode()]


def test_a_principal_may_use_its_policies_in_order():
    """The first is its default; those of others and of callers without a token are not among them."""
    policies = load(TWO)
    alice = policies.principal_by_token_sha256(ALICE)
    assert names(policies.policies_for(alice)) == ["shut", "open"]
    assert policies.select(alice).name == "shut"
    assert policies.select(alice, "open").name == "open"
    assert policies.select(alice, "odd") is None
    assert policies.select(alice, "nowhere") is None


def test_a_caller_without_a_token_has_the_anonymous_policy_alone():
    """`anonymous` is one policy, and no other can be selected."""
    policies = load(TWO)
    assert names(policies.policies_for(None)) == ["odd"]
    assert policies.select(None).name == "odd"
    assert policies.select(None, "open") is None


@pytest.mark.parametrize("access", ["{}", "principals: []", "anonymous: none", "principals: []\nanonymous: none", None])
def test_what_no_rule_gives_is_not_given(access):
    """Without a rule for callers without a token, and without an access file, they may use nothing."""
    policies = load(access)
    assert policies.policies_for(None) == ()
    assert policies.select(None, "open") is None
    assert policies.principal_by_token_sha256(ALICE) is None


def test_an_empty_list_of_policies_grants_nothing():
    """A principal with no policies is known, may use nothing, and a warning says so."""
    policies = load(f"principals: [{{name: a, token_sha256: {ALICE}, policies: []}}]")
    assert policies.policies_for(policies.principal_by_token_sha256(ALICE)) == ()
    assert [(each.code, each.severity) for each in policies.warnings] == [("grants-nothing", "warning")]


ENTRY = f"name: a, token_sha256: {ALICE}, policies: [open]"

WRONG = [
    ("", [("empty", 1, 1)]),
    ("[]", [("wrong-type", 1, 1)]),
    ("principal: []", [("unknown-key", 1, 1)]),
    ("principals: {}", [("wrong-type", 1, 13)]),
    ("principals: [alice]", [("wrong-type", 1, 14)]),
    ("principals: [{name: a}]", [("missing-key", 1, 14), ("missing-key", 1, 14)]),
    (f"principals: [{{{ENTRY}, admin: true}}]", [("unknown-key", 1, 14 + len(ENTRY) + len(", ") + 1)]),
    (
        "principals:\n- name: A b\n  token_sha256: x\n  policies: open",
        [("bad-name", 2, 9), ("bad-token", 3, 17), ("wrong-type", 4, 13)],
    ),
    (f"principals:\n- name: anonymous\n  token_sha256: {ALICE}\n  policies: [open]", [("bad-name", 2, 9)]),
    (f"principals:\n- name: a\n  token_sha256: {token_sha256('')}\n  policies: [open]", [("bad-token", 3, 17)]),
    (f"principals:\n- name: a\n  token_sha256: [{ALICE}]\n  policies: [open]", [("wrong-type", 3, 17)]),
    (f"principals:\n- {{{ENTRY}}}\n- {{{ENTRY}}}", [("duplicate-name", 3, 10), ("duplicate-token", 3, 27)]),
    (
        f"principals:\n- {{{ENTRY}}}\n- name: b\n  token_sha256: '{ALICE.upper()}'\n  policies: []",
        [("duplicate-token", 4, 17)],
    ),
    (f"principals:\n- name: a\n  token_sha256: {ALICE}\n  policies: [open, 1]", [("wrong-type", 4, 20)]),
    (
        f"principals:\n- name: a\n  token_sha256: {ALICE}\n  policies: [open]\n"
        "  quota: {rate: 5, concurrency: 0, fuel_per_day: 1, x: 1}",
        [("bad-unit", 5, 17), ("out-of-range", 5, 33), ("out-of-range", 5, 50), ("unknown-key", 5, 53)],
    ),
    ("anonymous: ~", [("no-value", 1, 1)]),
    ("anonymous: true", [("wrong-type", 1, 12)]),
    ("anonymous: [open]", [("wrong-type", 1, 12)]),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_a_wrong_access_file_is_told_with_its_places(places, text, expected):
    """Each mistake in access.yaml has the code, line and column of the table, and no rules come of it."""
    parsed = parse_access("access.yaml", text.encode())
    assert places(parsed.diagnostics) == expected
    assert parsed.access is None


@pytest.mark.parametrize(
    ("access", "place", "fix"),
    [
        ("anonymous: opne", (1, 12), "Did you mean `open`?"),
        (f"principals:\n- name: a\n  token_sha256: {ALICE}\n  policies: [open, shot]", (4, 20), "Did you mean `shut`?"),
        ("anonymous: zzz", (1, 12), "Possible here: odd, open, shut."),
    ],
)
def test_a_policy_that_does_not_exist_is_refused_with_the_nearest(access, place, fix):
    """A principal or `anonymous` that names an unknown policy is an error at the name."""
    with pytest.raises(PolicyFolderError) as caught:
        load(access)
    [diagnostic] = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.line, diagnostic.column) == ("unknown-policy", *place)
    assert diagnostic.fix == fix


def test_a_digest_of_digits_alone_is_a_digest():
    """YAML takes 64 digits for a number, and `12e34…` too; here they are the text that stands there."""
    for digest in ("1" * 64, "12e" + "3" * 61):
        policies = load(f"principals: [{{name: a, token_sha256: {digest}, policies: [open]}}]")
        assert policies.principal_by_token_sha256(digest).name == "a"


def test_what_may_be_a_token_is_not_shown():
    """Whoever puts the token itself in the place of its digest does not find it in the log of a CI."""
    text = "principals:\n- name: a\n  token_sha256: hunter2\n  policies: [open]"
    [diagnostic] = parse_access("access.yaml", text.encode()).diagnostics
    assert "hunter2" not in render(diagnostic, text)


def test_the_digest_of_a_set_moves_with_its_access_rules():
    """A token that is exchanged, a policy that is added and a right that is taken away all show; a comment does not."""
    texts = [
        TWO,
        TWO.replace(ALICE, token_sha256("new")),
        TWO.replace("[shut, open]", "[shut]"),
        TWO.replace("odd", "none"),
    ]
    assert len({load(text).digest for text in [*texts, None]}) == 5
    assert load(TWO).digest == load("# a comment\n" + TWO).digest
