"""The composition root: from settings and policies to the objects that serve. Only here are they wired."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from host.errors import SetupError
from host.execution.outcome import Success
from host.execution.request import ExecutionRequest
from host.execution.run import Executor, ExecutorOptions, default_threads
from host.policy.folder import load_folder
from host.policy.model import WIDEST, Limits, Policy, PolicySet
from host.sandbox.engine import open_engine
from host.sandbox.image import find_image
from host.settings import Settings, require_access_rules

if TYPE_CHECKING:
    from litestar import Litestar

    from host.api.look import Readiness
    from host.api.sqlite_answers import SqliteAnswers

WARM_UP = ExecutionRequest(b"return 1", b"{}", Policy("warm-up"), "host")
_CONSOLE_HINT = "This server has console off for every policy; its operator allows it with ALLOW_CONSOLE."
#: Requests that may wait for a slot, for each that may run.
_QUEUE_FOR_EACH_SLOT = 5
_CLAIM_MARGIN_S = 60
_GC_ALLOCATIONS = 10_000


def worker_app(settings: Settings) -> "Litestar":
    """The application of one worker process. Raises SetupError or PolicyFolderError."""
    # Only those who serve pay for the framework: `cellblock run` comes through here too.
    from host.api.auth import Callers
    from host.api.executions import Executions
    from host.api.look import Readiness
    from host.api.service import make_service
    from host.api.sqlite_answers import SqliteAnswers

    policies = effective_policies(load_folder(settings.policy_dir), settings)
    require_access_rules(settings, policies.access is not None)
    executor = make_executor(settings)
    callers = Callers(policies, ceilings(settings))
    hints = {} if settings.allow_console else {"ConsoleDisabledError": _CONSOLE_HINT}
    answers = SqliteAnswers(settings.data_dir, claim_age_max_s(settings))
    executions = Executions(callers, executor, settings.body_timeout_ms / 1000, hints, answers)
    readiness = Readiness()
    return make_service(executions, readiness, _serving(executor, readiness, answers), settings.cors_origins)


def make_executor(settings: Settings) -> Executor:
    """What runs the code in this process, which has its share of the executions that the settings allow."""
    running_max = -(-settings.max_concurrent_executions // settings.workers)
    engine = open_engine(find_image(), instances_max=running_max, warm_slots=settings.warm_slots)
    options = ExecutorOptions(
        running_max=running_max,
        queue_max=running_max * _QUEUE_FOR_EACH_SLOT,
        queue_timeout_s=settings.queue_timeout_ms / 1000,
        threads=default_threads(),
        ceilings=ceilings(settings),
    )
    return Executor(engine, options)


def claim_age_max_s(settings: Settings) -> float:
    """After this an execution that took an Idempotency-Key has ended, one way or another."""
    return (settings.execution_timeout_ms + settings.queue_timeout_ms) / 1000 + _CLAIM_MARGIN_S


def ceilings(settings: Settings) -> Limits:
    """What no policy exceeds."""
    return msgspec.structs.replace(
        WIDEST,
        wall_time_ms=settings.execution_timeout_ms,
        code_bytes=settings.max_code_length,
        input_bytes=settings.max_input_size,
        result_bytes=settings.max_result_size,
    )


def effective_policies(policies: PolicySet, settings: Settings) -> PolicySet:
    """The policies as the server lets them have it: without the console where ALLOW_CONSOLE is off."""
    if settings.allow_console:
        return policies
    silent = {
        name: msgspec.structs.replace(policy, language=msgspec.structs.replace(policy.language, console=False))
        for name, policy in policies.policies.items()
    }
    return msgspec.structs.replace(policies, policies=silent)


def _settle_memory() -> None:
    """Takes what the worker holds for good out of Python's garbage collection, which would look at it again and again:
    4 % of a worker's time under load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_ALLOCATIONS)


def _serving(executor: Executor, readiness: "Readiness", answers: "SqliteAnswers"):
    """The life of a worker: its first execution before its first request, so that no client waits for a cold start."""

    from host.api.look import Phase

    @asynccontextmanager
    async def lifespan(_: "Litestar") -> AsyncIterator[None]:
        report = await executor.run(WARM_UP)
        if not isinstance(report.outcome, Success):
            raise SetupError(f"the first execution failed: {report.outcome.message}", "Run `cellblock doctor`.")
        _settle_memory()
        readiness.phase = Phase.READY
        try:
            yield
        finally:
            readiness.phase = Phase.DRAINING
            executor.close()
            answers.close()

    return lifespan
