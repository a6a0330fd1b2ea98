"""Who may call, and with which policy: only the token selects, a request narrows and never widens."""

import msgspec
import pytest

from host.policy.model import Access, Principal, token_sha256
from tests.api.client import Client
from tests.api.conftest import ACCESS, ALICE, BOB


def test_policy_of_another_principal_is_refused_like_one_that_is_not_there(client: Client) -> None:
    """The answer does not tell whether a policy exists that the caller may not use."""
    there, absent = (client.execute(ALICE, code="return 1", policy=name) for name in ("secret", "absent"))
    assert there.status == absent.status == 403
    assert there.error["message"].replace("secret", "absent") == absent.error["message"]
    assert there.error["hint"] == absent.error["hint"] == "Those you may use: small, sandbox."


@pytest.mark.parametrize("name", ["", "Sandbox", "sandbox ", "../sandbox", "sandbox\x00", "seeded"])
def test_policy_is_named_exactly(client: Client, name: str) -> None:
    """No other spelling reaches a policy, and an empty name is not the default."""
    answer = client.execute(ALICE, code="return 1", policy=name)
    assert (answer.status, answer.error["type"]) == (403, "PolicyError")


def test_anonymous_callers_have_their_policy_alone(client: Client) -> None:
    """Without a token there is the anonymous policy and no other."""
    assert client.execute(code="return 1").json["policy"]["name"] == "sandbox"
    assert client.execute(code="return 1", policy="seeded").status == 403


def test_without_anonymous_a_token_is_needed(serve, unharmed: None) -> None:
    """`anonymous: none` turns away who has no token."""
    client = serve(access=msgspec.structs.replace(ACCESS, anonymous=None))
    answer = client.execute(code="return 1")
    assert (answer.status, answer.error["message"]) == (401, "A token is needed")
    assert client.execute(ALICE, code="return 1").status == 200


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic YWxpY2U6eA==", ALICE, f"Bearer{ALICE}", f"Bearer {ALICE}x", f"Bearer {ALICE} x",
     f"Bearer {ALICE}, Bearer {ALICE}", "Bearer \xff", "Bearer " + "x" * 5000, f"Bearer {token_sha256(ALICE)}"],
)  # fmt: skip
def test_bad_token_is_never_anonymous(client: Client, authorization: str) -> None:
    """Whoever sends an Authorization header means to be somebody: a wrong one does not fall back."""
    answer = client.post(b'{"code": "return 1"}', authorization=authorization)
    assert (answer.status, answer.error["type"]) == (401, "AuthenticationError")


def test_scheme_is_read_without_regard_to_case(client: Client) -> None:
    """`bearer` is `Bearer` (RFC 9110, 11.1)."""
    assert client.post(b'{"code": "return 1"}', authorization=f"bearer {BOB}").json["policy"]["name"] == "sandbox"


@pytest.mark.parametrize("header", ["x-principal", "x-policy", "x-forwarded-user", "cookie", "x-api-key"])
def test_no_other_header_selects(client: Client, header: str) -> None:
    """Only the token says who calls."""
    answer = client.post(b'{"code": "return 1"}', **{header: "alice"})
    assert answer.json["policy"]["name"] == "sandbox"


def test_tokens_that_share_a_prefix_are_different(serve, unharmed: None) -> None:
    """A token is found by the whole of it."""
    principals = tuple(Principal(f"p{i}", token_sha256("t" * i), ("small",)) for i in range(1, 4))
    client = serve(access=Access(principals, None))
    assert [client.execute("t" * i, code="return 1").status for i in range(1, 5)] == [200, 200, 200, 401]


def test_without_access_rules_every_policy_is_usable_here(serve, unharmed: None) -> None:
    """With no access file the operator's own machine may use every policy, `sandbox` first."""
    client = serve(access=None)
    assert client.execute(code="return 1").json["policy"]["name"] == "sandbox"
    assert client.execute(code="return 1", policy="secret").json["policy"]["name"] == "secret"
    assert client.execute(ALICE, code="return 1").status == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:3002", "127.0.0.1.evil.example", "localhost.evil.example:3002", ""]
)
def test_rebound_name_of_a_web_page_does_not_reach_an_open_service(serve, unharmed: None, host: str) -> None:
    """DNS rebinding: a page in the operator's browser reaches loopback, but by its own name."""
    answer = serve(access=None).post(b'{"code": "return 1"}', host=host)
    assert answer.status in (400, 401)
    assert answer.json["success"] is False


@pytest.mark.parametrize("host", ["localhost", "localhost:3002", "127.0.0.1:3002", "[::1]:3002", "LOCALHOST"])
def test_names_of_this_machine_reach_an_open_service(serve, unharmed: None, host: str) -> None:
    """Without an access file the service answers to its own machine."""
    assert serve(access=None).post(b'{"code": "return 1"}', host=host).status == 200
