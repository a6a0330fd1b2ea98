"""Policies that only watch: what they let through, what they do not, and what is left of it in the report."""

import time
from datetime import date

import msgspec
import pytest

from host.capabilities.random import RandomSource
from host.execution import terms
from host.execution.calls import ExecutionCalls
from host.execution.outcome import Failure, Success
from host.execution.site import ExecutionSite, Rules, no_secrets
from host.policy.decide.modules import ModuleRequest
from host.policy.decide.outcome import Allow, Deny
from host.policy.decide.rulebook import Rulebook
from host.policy.model import Policy
from host.policy.resolve import resolve_files
from host.policy.vocabulary import MODULES
from host.sandbox.engine import Engine
from host.sandbox.hostcalls import CALL_FUEL, MODULE_ASK, Refusal
from tests.harness import Guests

TRIED = "const tried = (name) => { try { require(name); return true } catch (error) { return error.message } };"
AUDIT = "mode: audit\nuntil: 2099-01-01\n"


def policy(text: str) -> Policy:
    """A policy of which `text` is the rest."""
    found = resolve_files({"test.yaml": f"version: 1\npolicy: test\n{text}".encode()}).policies["test"]
    # So long that a busy machine changes nothing.
    return msgspec.structs.replace(found, limits=msgspec.structs.replace(found.limits, wall_time_ms=60_000))


def decided(report) -> list[tuple[str, bool, bool]]:
    """Of each decision on a module its name, whether a rule allowed it, and whether it was audited."""
    assert {each.capability for each in report.decided} <= {"modules"}
    return [(each.request.module, isinstance(each.decision, Allow), each.audited) for each in report.decided]


def test_a_module_that_is_not_listed_can_be_required_and_is_recorded(guests: Guests) -> None:
    """Once each, however it is spelled; those that are listed are recorded as allowed; parts belong to packages."""
    code = f"{TRIED} return ['lodash', 'path', 'node:path', 'lodash/get', 'qs', 'qs', 'path/posix'].map(tried)"
    report = guests.run(code, policy=policy(f"{AUDIT}modules: [qs]"))
    assert report.outcome == Success(b"[true,true,true,true,true,true,true]")
    assert decided(report) == [("lodash", False, True), ("path", False, True), ("qs", True, False)]
    assert report.audited


def test_what_is_denied_stays_denied_under_an_audit(guests: Guests) -> None:
    """`deny.modules`, modules that no policy can give and modules that there are not; the first is recorded as such."""
    code = f"{TRIED} return ['lodash', 'fs', 'vm', 'nothing', 'lodash/../fs', '../qs'].map(tried)"
    text = f"{AUDIT}modules: all\ndeny: {{modules: [lodash]}}"
    report = guests.run(code, policy=policy(text))
    enforced = guests.run(code, policy=policy("modules: all\ndeny: {modules: [lodash]}"))
    assert report.outcome == enforced.outcome
    assert b"The policy does not list the module 'lodash'" in report.outcome.result
    assert decided(report) == [("lodash", False, False)]
    assert report.decided[0].decision.final


def test_the_host_side_of_an_audited_module_is_there_too(guests: Guests) -> None:
    """zlib computes in the host, for who may require it; under an audit of a policy without it that is everybody."""
    code = "return require('zlib').gunzipSync(require('zlib').gzipSync('abc')).toString()"
    assert guests.run(code, policy=policy(AUDIT)).outcome == Success(b'"abc"')
    denied = guests.run(code, policy=policy(f"{AUDIT}deny: {{modules: [zlib]}}")).outcome
    assert isinstance(denied, Failure)


def test_limits_and_language_hold_under_an_audit(guests: Guests) -> None:
    """They are no grants."""
    short = policy(f"{AUDIT}limits: {{fuel: 100M}}")
    assert guests.run("for (;;); return 1", policy=short).outcome.limit == "fuel"
    assert guests.run("return eval('1')", policy=policy(AUDIT)).outcome.type == "SecurityError"
    silent = policy(f"{AUDIT}language: {{console: false}}")
    assert guests.run("console.log(1); return 1", policy=silent).outcome.type == "ConsoleDisabledError"


def test_an_audit_ends_by_itself(guests: Guests, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its last day the same policy enforces, without being loaded again."""
    watching = policy("mode: audit\nuntil: 2030-06-30\n")
    code = "return typeof require('lodash')"
    days = iter([date(2030, 6, 29), date(2030, 6, 30), date(2030, 7, 1)])
    monkeypatch.setattr(terms, "today", lambda: next(days))
    first, last, after = (guests.run(code, policy=watching) for _ in range(3))
    assert first.outcome == last.outcome == Success(b'"function"')
    assert (first.audited, last.audited, after.audited) == (True, True, False)
    assert after.outcome.type == "CapabilityError"
    assert after.decided == ()


def test_who_is_not_watched_pays_nothing_and_who_is_pays_little(guests: Guests) -> None:
    """No host call is counted and none is paid for: only the few steps in the guest that ask are."""
    code = "require('path'); require('qs'); return 1"
    plain = guests.run(code, policy=policy("modules: [path, qs]"))
    watched = guests.run(code, policy=policy(f"{AUDIT}modules: [path, qs]"))
    assert plain.decided == ()
    assert watched.usage.host_calls == plain.usage.host_calls
    assert plain.usage.fuel < watched.usage.fuel < plain.usage.fuel + 40_000


def test_an_audited_package_is_as_quick_as_a_listed_one(guests: Guests) -> None:
    """It is ready in the image that the execution begins in."""
    code = "return typeof require('lodash')"
    listed = guests.run(code, policy=policy("modules: [lodash]"))
    audited = guests.run(code, policy=policy(AUDIT))
    assert audited.usage.host_calls == listed.usage.host_calls
    assert audited.usage.fuel < listed.usage.fuel + 40_000


def test_names_that_the_guest_does_not_know_never_reach_the_host(guests: Guests) -> None:
    """They are told to be wrong as ever, and no record grows with them."""
    code = f"{TRIED} let n = 0; for (let i = 0; i < 50; i++) if (tried('m' + i) !== true) n++; return n"
    report = guests.run(code, policy=policy(AUDIT))
    assert report.outcome == Success(b"50")
    assert report.decided == ()


def test_poisoned_built_ins_cannot_hide_a_module_from_an_audit(guests: Guests) -> None:
    """Whatever a guest puts in the place of what `require` could use, each module is asked about."""
    code = """
        Object.prototype.path = true; Object.prototype[0] = 1;
        Array.prototype.includes = () => true; String.prototype.indexOf = () => 1;
        Uint8Array.prototype[0] = 0; Object.prototype.hasOwnProperty = () => true; Object.hasOwn = () => true;
        for (const name of ['path', 'qs', 'lodash']) try { require(name) } catch { }
        return 1;
    """
    report = guests.run(code, policy=policy(f"{AUDIT}deny: {{modules: [qs]}}"))
    assert report.outcome == Success(b"1")
    assert decided(report) == [("path", False, True), ("qs", False, False), ("lodash", False, True)]


def test_a_decision_about_a_module_names_what_it_is_about(guests: Guests) -> None:
    """As every decision does: request, capability and rule, with the place of the rule once that is known."""
    files = {"test.yaml": f"version: 1\npolicy: test\nmodules: [qs]\n{AUDIT}".encode()}
    policies = resolve_files(files)
    guests.executor.take_up(policies)
    try:
        report = guests.run("require('qs'); return require('path') && 1", policy=policies.policies["test"])
    finally:
        guests.executor.take_up(resolve_files({"other.yaml": b"version: 1\npolicy: other\n"}))
    allowed, denied = report.decided
    assert allowed.request == ModuleRequest("qs")
    assert (allowed.decision.rule.id, allowed.decision.rule.place.line) == ("modules", 3)
    assert isinstance(denied.decision, Deny)
    assert denied.decision.rule.place.file == "test.yaml"


def test_asking_about_modules_costs_whoever_asks_too_often(engine: Engine) -> None:
    """A guest asks once for each module. One that has got hold of the bridge would have its host work for nothing."""
    rules, now = Rules(Rulebook(policy(f"{AUDIT}modules: [qs]")), audits=True), time.monotonic()

    def site(calls: ExecutionCalls) -> ExecutionSite:
        return ExecutionSite(rules, "", "", RandomSource(), no_secrets, None, now, now, calls)

    calls = ExecutionCalls(engine.bundle, RandomSource(), (), 0, make_site=site)
    names = [b"qs", b"path", b"fs", b"lodash/../fs", b"\xff\xfe", b"", b"cellblock:echo", *[b"qs"] * 1_000]
    answers = [calls.call(MODULE_ASK, name) for name in names]
    assert answers[:7] == [b"\1", b"\1", b"\0", b"\0", b"\0", b"\0", b"\0"]
    assert calls.owed == (len(names) - len(MODULES)) * CALL_FUEL
    assert len(calls.site.decisions.all()) <= 2_000
    with pytest.raises(Refusal):
        calls.call(MODULE_ASK, b"q" * 257)
    with pytest.raises(Refusal):
        ExecutionCalls(engine.bundle, RandomSource(), (), 0).call(MODULE_ASK, b"qs")
