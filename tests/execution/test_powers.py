"""Powers: capabilities that a policy grants, through one of the test's own that asks for spreadsheets."""

import asyncio
import threading
from collections.abc import Iterator

import msgspec
import pytest

from host.capabilities.base import Later, Power, Site
from host.execution.outcome import Success
from host.execution.run import Executor, ExecutorOptions
from host.policy.decide.outcome import Allow, Deny
from host.policy.decide.xlsx import XlsxRequest
from host.policy.model import Policy
from host.policy.resolve import resolve_files
from host.sandbox.engine import Engine
from tests.harness import Guests, request_of

#: The numbers of echo, whose face is in every guest.
REPLY, REPLY_LATER = 16, 17
ECHO = "const echo = require('cellblock:echo');"
SECRETS = {"token": b"s3cret"}


class Desk:
    """Does what the payload says, by its site."""

    name = "desk"

    def __init__(self, site: Site, closed: list[str]) -> None:
        self._site = site
        self._closed = closed
        self.immediate = {REPLY: self._reply}
        self.asynchronous = {REPLY_LATER: self._reply_later}

    def _reply(self, payload: bytes) -> bytes | Later:
        site, (word, *rest) = self._site, payload.decode().split()
        match word:
            case "ask":
                permit = site.ask(XlsxRequest("read", int(rest[0])))
                permit.record.note(rows=3)
                return str(permit.terms.max_cells if permit.terms else None).encode()
            case "secret":
                return site.secret(rest[0])
            case "draw":
                return site.draw(int(rest[0])).hex().encode()
            case "spend":
                site.spend_call()
                return b"spent"
            case "thread":
                return Later(lambda: site.off_loop(lambda: threading.current_thread().name.encode()))
        raise AssertionError(word)

    async def _reply_later(self, payload: bytes) -> bytes:
        await asyncio.sleep(0)
        return self._reply(payload)

    def close(self) -> None:
        self._closed.append(self._site.execution_id)


class Powered(Guests):
    """Guests of an executor with a desk."""

    def __init__(self, engine: Engine) -> None:
        self.closed: list[str] = []
        power = Power("desk", frozenset({REPLY, REPLY_LATER}), lambda site: Desk(site, self.closed))
        super().__init__(Executor(engine, ExecutorOptions(), offered=(power,), secrets=SECRETS.get))


@pytest.fixture
def powered(engine: Engine) -> Iterator[Powered]:
    """An executor of the test's own."""
    guests = Powered(engine)
    yield guests
    guests.executor.close()
    guests.close()


def policy(text: str = "") -> Policy:
    """A policy of which `text` is the rest."""
    files = {"test.yaml": f"version: 1\npolicy: test\nmodules: all\n{text}".encode()}
    return resolve_files(files).policies["test"]


READ = "grants: {xlsx: {read: {max_size: 1KiB, max_cells: 77}}}"


def test_what_is_granted_is_allowed_on_its_terms(powered: Powered) -> None:
    """Each decision is in the report, with what came of it, and the power is closed with the execution."""
    report = powered.run(f"{ECHO} return echo.reply('ask 1000')", policy=policy(READ))
    assert report.outcome == Success(b'"77"')
    (decided,) = report.decided
    assert isinstance(decided.decision, Allow)
    assert (decided.capability, decided.audited, decided.outcome) == ("xlsx", False, {"rows": 3})
    assert powered.closed == [report.execution_id]


@pytest.mark.parametrize(("text", "bytes_asked"), [("", 1), (READ, 2_000), (f"{READ}\ndeny: {{xlsx: [read]}}", 1)])
def test_what_is_not_granted_is_refused(powered: Powered, text: str, bytes_asked: int) -> None:
    """With an error that the guest can catch, which names the policy and no place of it."""
    code = f"{ECHO} try {{ return echo.reply('ask {bytes_asked}') }} catch (e) {{ return [e.name, e.message] }}"
    report = powered.run(code, policy=policy(text))
    assert b'["CapabilityError","The policy `test` does not allow xlsx read' in report.outcome.result
    assert b"yaml" not in report.outcome.result
    assert isinstance(report.decided[0].decision, Deny)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (READ, "the rule is `xlsx.read` (test.yaml:4)"),
        (f"deny: {{xlsx: [read]}}\n{READ}", "the rule is `xlsx.read` (test.yaml:4)"),
    ],
)
def test_an_operator_is_told_where_the_rule_stands(powered: Powered, text: str, told: str) -> None:
    """Whoever else calls learns the policy and the rule; the place is of the files that were taken up last."""
    files = {"test.yaml": f"version: 1\npolicy: test\nmodules: all\n{text}".encode()}
    policies = resolve_files(files)
    powered.executor.take_up(policies)
    code = f"{ECHO} try {{ echo.reply('ask 2000') }} catch (e) {{ return e.message }}"
    request = request_of(code, policy=policies.policies["test"])
    shown = powered.wait(powered.executor.run(msgspec.structs.replace(request, shows_places=True)))
    assert told in shown.outcome.result.decode()
    assert b"yaml" not in powered.wait(powered.executor.run(request)).outcome.result
    # The same policy a line further down, as after a comment was added.
    powered.executor.take_up(resolve_files({"test.yaml": b"#\n" + files["test.yaml"]}))
    again = powered.wait(powered.executor.run(msgspec.structs.replace(request, shows_places=True)))
    assert told.replace(":4", ":5") in again.outcome.result.decode()


def test_the_hint_is_what_would_allow_it(powered: Powered) -> None:
    """As YAML that can be put into the policy."""
    failure = powered.run(f"{ECHO} return await echo.replyLater('ask 1')", policy=policy()).outcome
    assert failure.type == "CapabilityError"
    assert failure.hint.endswith("grants:\n  xlsx:\n    read: {}")


def test_under_an_audit_what_is_denied_goes_on(powered: Powered) -> None:
    """Without terms, and recorded as what it is."""

    audited = policy("mode: audit\nuntil: 2099-01-01")
    report = powered.run(f"{ECHO} return echo.reply('ask 1')", policy=audited)
    (decided,) = report.decided
    assert isinstance(decided.decision, Deny)
    assert decided.audited


def test_secrets_randomness_and_calls(powered: Powered) -> None:
    """A secret that there is, one that there is not; a seed's bytes; and the end of the calls."""
    seeded = policy("language: {random: seeded}\nlimits: {host_calls: 2}")
    code = (
        f"{ECHO} const tried = (what) => {{ try {{ return echo.reply(what) }} catch (e) {{ return e.message }} }};"
        "return [tried('secret token'), tried('secret other'), tried('draw 4'), "
        "tried('spend'), tried('spend'), tried('spend')]"
    )
    first, second = (powered.run(code, policy=seeded, seed=5).outcome.result for _ in range(2))
    assert first == second
    assert b'["s3cret","The server has no secret `other`"' in first
    assert first.endswith(b'"spent","spent","The execution has made the 2 host calls that its policy allows"]')


def test_short_work_of_the_hosts_is_done_on_its_threads(powered: Powered) -> None:
    """While the guest stands still; its CPU time is counted."""
    report = powered.run(f"{ECHO} return echo.reply('thread')", policy=policy())
    assert report.outcome == Success(b'"host_0"')
