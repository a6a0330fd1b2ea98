"""Running the tests of policies that need a guest: in the real sandbox, several at once, without a network."""

import asyncio
import time
from collections.abc import Sequence

import msgspec

from host.errors import CellblockError, InternalError
from host.execution.outcome import Failure, Success
from host.execution.request import ExecutionRequest
from host.execution.run import Executor
from host.machine import cores
from host.policy.model import WIDEST, Policy, PolicySet
from host.policy.suite import Tested, judge_failure, judge_success
from host.policy.testcase import Case
from host.settings import load_settings

RUN_MS_MAX = 10_000
"""A test is ended after this long, whatever its policy allows: a loop under `wall_time: 1h` is no test."""


def run_cases(cases: Sequence[tuple[Policy, Case]]) -> list[Tested]:
    """Runs each case under its policy, in their order. Raises SetupError where there is no guest."""
    return asyncio.run(_run_all(cases)) if cases else []


async def _run_all(cases: Sequence[tuple[Policy, Case]]) -> list[Tested]:
    from host.app import effective_policies, make_executor, open_fetch

    settings = load_settings({"workers": 1, "warm_slots": 0})
    given = effective_policies(PolicySet({policy.name: alone(policy) for policy, _ in cases}), settings).policies
    executor = make_executor(settings, fetch=open_fetch(settings, offline=True))
    turn = asyncio.Semaphore(2 * cores())

    async def one(policy: Policy, case: Case) -> Tested:
        async with turn:
            return await _run(executor, given[policy.name], case)

    try:
        return await asyncio.gather(*(one(*each) for each in cases))
    finally:
        executor.close()


def alone(policy: Policy) -> Policy:
    """A policy without its share over time: tests run as quickly as they can, and are no callers."""
    most = WIDEST.concurrency
    return msgspec.structs.replace(policy, limits=msgspec.structs.replace(policy.limits, rate=None, concurrency=most))


async def _run(executor: Executor, policy: Policy, case: Case) -> Tested:
    subject = case.subject
    request = ExecutionRequest(
        subject.code.encode(), subject.input_json, policy, "policy-test", timeout_ms=RUN_MS_MAX, seed=subject.seed
    )
    began = time.monotonic()
    try:
        outcome = (await executor.run(request)).outcome
    except InternalError:
        raise
    except CellblockError as error:
        # Refused before it ran: too large, or with no `return`.
        outcome = Failure("ValidationError", error.message)
    match outcome:
        case Success(result):
            passed, got = judge_success(case.expect, result)
        case Failure(type=kind, message=message):
            passed, got = judge_failure(case.expect, kind, message)
    return Tested(policy.name, case, passed, got, None, time.monotonic() - began)
