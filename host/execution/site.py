"""The side of an execution that its capabilities see (the Site protocol): its policy's rules, budgets, and records."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Protocol

from host.capabilities.base import Decided, Meter, Permit, Refusal
from host.capabilities.random import RandomSource
from host.machine import cores, share_cores
from host.policy.decide.outcome import Decision, Deny
from host.policy.decide.rulebook import Request, Rulebook

#: Decisions of one execution that are kept; those beyond are made and counted.
DECISIONS_MAX = 1_000
_NICENESS = 10

Secrets = Callable[[str], bytes | None]


def no_secrets(name: str) -> None:
    """The secrets of a host that has none."""


class Calls(Meter, Protocol):
    """The host calls of an execution, as far as their budget goes."""

    def spend_call(self) -> None:
        """Counts one of the policy's. Raises Refusal when they are used up."""


class HostThreads:
    """The threads of a worker for short work of the host's, made when there is some. They give way to others."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(cores(), "host", initializer=share_cores, initargs=(_NICENESS, 0))

    def submit(self, function: Callable[..., Any], *arguments: Any):
        """The future of a call."""
        return self._pool.submit(function, *arguments)

    def close(self) -> None:
        """Ends them; what has not begun is not done."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class ExecutionSite:
    """Made when an execution first calls a power."""

    def __init__(
        self,
        rulebook: Rulebook,
        principal: str,
        execution_id: str,
        random: RandomSource,
        secrets: Secrets,
        threads: HostThreads,
        deadline: float,
        calls: "Calls",
    ) -> None:
        self.rulebook = rulebook
        self.principal = principal
        self.execution_id = execution_id
        self._random = random
        self._secrets = secrets
        self._threads = threads
        self._began = time.monotonic()
        self._today = datetime.now(UTC).date()
        self.deadline = deadline
        self.charge = calls.charge
        self.end_slice = calls.end_slice
        self.spend_call = calls.spend_call
        self.decided: list[Decided] = []
        self.decided_beyond = 0
        self.host_cpu_ns = 0

    def ask(self, request: Request) -> Permit:
        """Decides on a request, records it, and raises Refusal where it is denied."""
        return self._permit(self.rulebook.decide(request), request)

    def judge(self, decision: Decision) -> Permit:
        """The same for a decision that was made already."""
        return self._permit(decision, None)

    def _permit(self, decision: Decision, request: Request | None) -> Permit:
        verdict = self.rulebook.verdict(decision, self._today)
        capability = decision.capability if isinstance(decision, Deny) else decision.rule.id.split(".")[1]
        record = Decided(capability, decision, verdict.audited, self._elapsed_ms(), request)
        if len(self.decided) < DECISIONS_MAX:
            self.decided.append(record)
        else:
            self.decided_beyond += 1
        if not verdict.allowed:
            raise _refusal(decision)
        return Permit(None if isinstance(decision, Deny) else decision.terms, record)

    def _elapsed_ms(self) -> float:
        return round((time.monotonic() - self._began) * 1000, 1)

    def secret(self, name: str) -> bytes:
        """What stands behind a name. Raises Refusal where nothing does."""
        value = self._secrets(name)
        if value is None:
            raise Refusal("CapabilityError", f"The server has no secret `{name}`", "Its operator has to provide it.")
        return value

    def draw(self, count: int) -> bytes:
        """Random bytes, as the policy says."""
        return self._random.draw(count)

    def worked(self, cpu_ns: int) -> None:
        """CPU time of the host for the execution."""
        self.host_cpu_ns += cpu_ns

    async def off_loop(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a short function on a thread of the host's."""
        result, cpu_ns = await asyncio.wrap_future(self._threads.submit(_timed, function, arguments))
        self.worked(cpu_ns)
        return result


def _timed(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, int]:
    """What the function gives, and the CPU time of this thread that it took."""
    began_ns = time.thread_time_ns()
    return function(*arguments), time.thread_time_ns() - began_ns


def _refusal(denied: Deny) -> Refusal:
    """What the guest learns: policy and rule, and what would allow the call; not where that stands."""
    message = denied.message(with_place=False)
    hint = f"A policy allows it with\n{denied.suggestion}" if denied.suggestion else ""
    return Refusal("CapabilityError", message[0].upper() + message[1:], hint)
