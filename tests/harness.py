"""Running code blocks in tests: the real engine, the real executor, and policies made on the spot."""

import asyncio
import json
from collections.abc import Coroutine

import msgspec

from host.execution.outcome import Failure, Report, Success
from host.execution.request import ExecutionRequest
from host.execution.run import Executor
from host.policy.model import Language, Limits, Modules, Policy


def policy_of(name: str = "test", modules: object = "all", **settings: object) -> Policy:
    """A policy from fields of Limits and Language by their names; `modules` is "all" or names.

    Wall time is so long that a busy machine changes nothing, unless a test sets it.
    """
    settings.setdefault("wall_time_ms", 60_000)
    limits = {key: value for key, value in settings.items() if key in Limits.__struct_fields__}
    language = {key: value for key, value in settings.items() if key in Language.__struct_fields__}
    assert len(limits) + len(language) == len(settings), f"unknown settings in {sorted(settings)}"
    listed = Modules(all=True) if modules == "all" else Modules(names=frozenset(modules))
    return Policy(name=name, limits=Limits(**limits), language=Language(**language), modules=listed)


def request_of(
    code: str | bytes,
    input: object = msgspec.UNSET,
    *,
    policy: Policy | None = None,
    timeout_ms: int | None = None,
    seed: int | None = None,
    capabilities: tuple = (),
    **settings: object,
) -> ExecutionRequest:
    """A request; `input` is a value, or bytes that are JSON already."""
    data = b"{}" if input is msgspec.UNSET else input if isinstance(input, bytes) else json.dumps(input).encode()
    return ExecutionRequest(
        code=code if isinstance(code, bytes) else code.encode(),
        input=data,
        policy=policy or policy_of(**settings),
        timeout_ms=timeout_ms,
        seed=seed,
        extra_capabilities=capabilities,
    )


class Guests:
    """An executor with an event loop of its own, for tests that are not asynchronous themselves."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self._runner = asyncio.Runner()

    def close(self) -> None:
        self._runner.close()

    def wait(self, coroutine: Coroutine) -> object:
        """Runs a coroutine to its end."""
        return self._runner.run(coroutine)

    async def start(self, code: str | bytes, input: object = msgspec.UNSET, **settings: object) -> Report:
        """Runs a code block on the running event loop."""
        return await self.executor.run(request_of(code, input, **settings))

    def run(self, code: str | bytes, input: object = msgspec.UNSET, **settings: object) -> Report:
        """Runs one code block to its end."""
        return self.wait(self.start(code, input, **settings))

    def run_all(self, codes: list, **settings: object) -> list[Report]:
        """Runs code blocks all at once. Raises what the first of them raised, when all have ended."""

        async def together() -> list[Report]:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._outcome_of(code, settings)) for code in codes]
            return [task.result() for task in tasks]

        reports = self.wait(together())
        for report in reports:
            if isinstance(report, Exception):
                raise report
        return reports

    async def _outcome_of(self, code: str | bytes, settings: dict) -> Report | Exception:
        try:
            return await self.start(code, **settings)
        except Exception as error:
            return error

    def result(self, code: str | bytes, input: object = msgspec.UNSET, **settings: object) -> object:
        """The result of a code block that must succeed."""
        return result_of(self.run(code, input, **settings))

    def failure(self, code: str | bytes, input: object = msgspec.UNSET, **settings: object) -> Failure:
        """How a code block that must fail did."""
        return failure_of(self.run(code, input, **settings))


def result_of(report: Report) -> object:
    assert isinstance(report.outcome, Success), report.outcome
    return json.loads(report.outcome.result)


def failure_of(report: Report) -> Failure:
    assert isinstance(report.outcome, Failure), report.outcome
    return report.outcome
