"""Policies that come into force while a request is under way: what its sender may do then is what counts."""

import json
from collections.abc import Callable
from datetime import date

import pytest
from msgspec import structs

from host.api.auth import Callers
from host.policy import Mode
from host.policy.model import WIDEST, Access, Policy, PolicySet, Principal, token_sha256
from tests.api.client import JSON, Client, Sender, parts
from tests.harness import policy_of

Serve = Callable[..., Client]
TOKEN = "some-token"
OLD = policy_of("p", modules=["lodash"])
BODY = json.dumps({"code": "return typeof require('lodash')"}).encode()


def policies(policy: Policy, *principals: str) -> PolicySet:
    listed = tuple(Principal(name, token_sha256(TOKEN), ("p",)) for name in principals)
    return PolicySet({"p": policy}, Access(listed))


class Slow(Sender):
    """A client that sends the last part of its body when something has happened."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__(parts(BODY[:10], BODY[10:]))
        self._happens = happens

    async def receive(self) -> dict:
        if self.taken == 1:
            self._happens()
        return await super().receive()


def send(serve: Serve, after: PolicySet):
    """The answer to a request during whose body the policies `after` come into force."""
    callers = Callers(policies(OLD, "somebody"), WIDEST)
    client = serve(callers=callers)
    headers = {**JSON, "content-length": str(len(BODY)), "authorization": f"Bearer {TOKEN}"}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return client.send("POST", "/flow/codeblock", Slow(lambda: callers.take(after)), raw)


def test_a_token_that_was_taken_back_runs_nothing(serve: Serve, unharmed: None) -> None:
    """A request that was opened before, and kept open, is no way around it."""
    answer = send(serve, policies(OLD))
    assert (answer.status, answer.error["type"]) == (401, "AuthenticationError")


def test_a_policy_that_was_narrowed_is_the_one_that_holds(serve: Serve, unharmed: None) -> None:
    """What the old one allowed is over with the old one."""
    new = policy_of("p", modules=["qs"])
    answer = send(serve, policies(new, "somebody"))
    assert (answer.error["type"], answer.json["policy"]["digest"]) == ("CapabilityError", new.digest)


def test_nothing_changes_for_whom_nothing_has_changed(serve: Serve, unharmed: None) -> None:
    """The request goes on."""
    answer = send(serve, policies(OLD, "somebody"))
    assert answer.json["result"] == "function"


@pytest.mark.parametrize(
    ("until", "access", "audits"),
    [
        ("2026-01-02", Access(anonymous="p"), True),
        ("2026-01-01", Access(anonymous="p"), False),
        ("2026-01-02", Access(), False),
        ("2026-01-02", None, True),
        (None, None, False),
    ],
)
def test_the_mode_is_that_of_policies_in_use(until: str | None, access: Access | None, audits: bool) -> None:
    """To the end of its last day an audit is one, and then no more, without a reload."""
    mode = Mode("audit", date.fromisoformat(until)) if until else Mode()
    callers = Callers(PolicySet({"p": structs.replace(OLD, mode=mode)}, access), WIDEST)
    assert callers.audits_on(date(2026, 1, 2)) is audits
