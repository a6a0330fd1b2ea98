"""A candidate beside a policy: it is asked about the same calls, and nobody notices but who looks at the decisions."""

import asyncio
from collections.abc import Iterator

import pytest

from host.execution.run import Executor, ExecutorOptions
from host.execution.watched import DecidedExecution, Difference
from host.policy.decide.compare import difference
from host.policy.decide.xlsx import XlsxRequest
from host.policy.model import PolicySet
from host.policy.resolve import resolve_files
from host.sandbox.engine import Engine
from tests.execution.test_powers import ECHO, Desk, Power
from tests.harness import Guests
from tests.policy.folders import rulebook

REPLY, REPLY_LATER = 16, 17


def folder(text: str) -> PolicySet:
    return resolve_files({"test.yaml": f"version: 1\npolicy: test\n{text}".encode()})


class Shadowed(Guests):
    """Guests of an executor with a desk, which has told of these executions."""

    def __init__(self, engine: Engine) -> None:
        self.told: list[DecidedExecution] = []
        power = Power("desk", frozenset({REPLY, REPLY_LATER}), lambda site: Desk(site, []))
        super().__init__(Executor(engine, ExecutorOptions(), offered=(power,), on_decided=self.told.append))

    def run_beside(self, code: str, policy: str, candidate: str | None):
        """Runs code under one policy with another one beside it."""
        policies = folder(policy)
        self.executor.take_up(policies, None if candidate is None else folder(candidate))
        return self.run(code, policy=policies.policies["test"])


@pytest.fixture
def shadowed(engine: Engine) -> Iterator[Shadowed]:
    guests = Shadowed(engine)
    yield guests
    guests.executor.close()
    guests.close()


READ = "modules: all\ngrants: {xlsx: {read: {max_size: 1KiB}}}\n"
TRIED = f"{ECHO} const tried = (what) => {{ try {{ return echo.reply(what) }} catch (e) {{ return e.message }} }};"


def test_differences_are_kept_with_the_decisions_and_counted(shadowed: Shadowed) -> None:
    """What the candidate would deny, and what it would allow; what is alike is not told."""
    code = f"{TRIED} require('qs'); require('path'); return [tried('ask 1'), tried('ask 2000')]"
    candidate = "modules: [path]\ngrants: {xlsx: {read: {max_size: 1MiB, max_cells: 5}}}\n"
    alone = shadowed.run_beside(code, READ, None)
    beside = shadowed.run_beside(code, READ, candidate)
    assert beside.outcome == alone.outcome
    assert beside.usage.host_calls == alone.usage.host_calls
    found = [(each.capability, each.allowed, each.would) for each in beside.decided]
    assert found == [
        ("modules", True, "deny"), ("modules", True, None), ("xlsx", True, None), ("xlsx", False, "allow"),
    ]  # fmt: skip
    assert beside.decided[0].candidate.reason == "it does not list that module"
    assert beside.decided[3].candidate.terms.max_size_bytes == 1 << 20
    assert shadowed.executor.differences.all() == [
        Difference("test", "modules", "deny", 1), Difference("test", "xlsx", "allow", 1),
    ]  # fmt: skip
    assert [len(each.decided) for each in shadowed.told] == [2, 4]


def test_a_candidate_changes_no_answer(shadowed: Shadowed) -> None:
    """Not what is refused, nor its words; a module that the policy does not list is refused as ever."""
    code = f"{TRIED} let path; try {{ require('path') }} catch (e) {{ path = [e.name, e.message, e.hint] }} " \
           "return [path, tried('ask 1')]"  # fmt: skip
    policy = "modules: [qs]\n"
    echo = "modules: all\ndeny: {modules: [path]}\n"
    for live in (policy, echo):
        alone = shadowed.run_beside(code, live, None)
        beside = shadowed.run_beside(code, live, READ)
        assert beside.outcome == alone.outcome


def test_the_mode_of_a_candidate_does_not_count(shadowed: Shadowed) -> None:
    """It is asked as if it enforced; and a call that goes through under an audit is one that it would deny."""
    code = f"{TRIED} return tried('ask 1')"
    audit = "modules: all\nmode: audit\nuntil: 2099-01-01\n"
    beside = shadowed.run_beside(code, audit, audit)
    assert [(each.audited, each.would) for each in beside.decided] == [(True, "deny")]
    beside = shadowed.run_beside(code, audit, READ)
    assert [(each.audited, each.would) for each in beside.decided] == [(True, None)]


def test_a_candidate_of_another_name_is_not_asked(shadowed: Shadowed) -> None:
    """Nor is one that has gone."""
    policies = folder(READ)
    other = resolve_files({"other.yaml": b"version: 1\npolicy: other\n"})
    for candidates in (other, folder("modules: [qs]\n"), None):
        shadowed.executor.take_up(policies, candidates)
        report = shadowed.run("require('path'); return 1", policy=policies.policies["test"])
        assert [each.would for each in report.decided] == (["deny"] if candidates and candidates is not other else [])


def test_what_a_difference_is() -> None:
    """Every way that two decisions can go together."""
    none, some, other = rulebook(""), rulebook("grants: {xlsx: {read: {}}}"), rulebook("deny: {xlsx: [read]}")
    allow, deny, final = (book.decide(XlsxRequest("read")) for book in (some, none, other))
    table = {
        (allow, False, allow): None, (allow, False, deny): "deny", (allow, True, final): "deny",
        (deny, False, allow): "allow", (deny, False, final): None, (deny, True, allow): None,
        (deny, True, deny): "deny", (final, True, allow): "allow", (final, True, deny): None,
    }  # fmt: skip
    assert {key: difference(*key) for key in table} == table


def test_what_was_decided_is_told_also_of_executions_that_are_given_up(shadowed: Shadowed) -> None:
    """A worker that cancels the task itself, and a policy whose time is over."""
    policies = folder("mode: audit\nuntil: 2099-01-01\nlimits: {wall_time: 10min}\n")
    shadowed.executor.take_up(policies)
    code = "require('path'); await new Promise(() => setTimeout(() => {}, 60_000)); return 1"

    async def give_up() -> None:
        task = asyncio.get_running_loop().create_task(shadowed.start(code, policy=policies.policies["test"]))
        while not shadowed.executor.tally.node()["waiting"]:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    shadowed.wait(give_up())
    assert [each.request.module for each in shadowed.told[0].decided] == ["path"]
    assert shadowed.executor.tally.node()["audited modules"] == 1
    short = folder("mode: audit\nuntil: 2099-01-01\nlimits: {wall_time: 50ms}\n").policies["test"]
    assert shadowed.run(code, policy=short).outcome.type == "TimeoutError"
    assert len(shadowed.told) == 2
