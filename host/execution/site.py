"""The side of an execution that its capabilities see (the Site protocol): its policy's rules, budgets, and records."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from msgspec import Struct

from host.capabilities.base import Decided, Meter, Permit, Refusal
from host.capabilities.random import RandomSource
from host.execution.decisions import Decisions
from host.machine import cores, share_cores
from host.policy.decide.compare import difference
from host.policy.decide.modules import ModuleRequest
from host.policy.decide.outcome import Allow, Decision, Deny, goes_through
from host.policy.decide.rulebook import Request, Rulebook
from host.policy.vocabulary import owner_of

_NICENESS = 10
#: Calls of one execution that are on the host's threads, or in line for them: the others wait for their turn, so that
#: an execution with many does not keep those of all others waiting.
_OFF_LOOP_MAX = 2

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


class Rules(Struct, frozen=True):
    """What decides in one execution. `audits`: its policy watches, today, and lets through what no grant names. A
    `candidate` is asked beside it, and changes nothing. `shows_places`: refusals say where a rule stands."""

    rulebook: Rulebook
    audits: bool = False
    candidate: Rulebook | None = None
    shows_places: bool = False


class ExecutionSite:
    """Made when an execution first calls a power, or is asked about a module."""

    def __init__(
        self,
        rules: Rules,
        principal: str,
        execution_id: str,
        random: RandomSource,
        secrets: Secrets,
        threads: HostThreads,
        began: float,
        deadline: float,
        calls: "Calls",
    ) -> None:
        self.rulebook = rules.rulebook
        self._rules = rules
        self.principal = principal
        self.execution_id = execution_id
        self._random = random
        self._secrets = secrets
        self._threads = threads
        self._began = began
        self.deadline = deadline
        self.charge = calls.charge
        self.end_slice = calls.end_slice
        self.spend_call = calls.spend_call
        self.decisions = Decisions()
        self.host_cpu_ns = 0
        self._turns = asyncio.Semaphore(_OFF_LOOP_MAX)

    def ask(self, request: Request) -> Permit:
        """Decides on a request, records it, and raises Refusal where it is denied."""
        return self._permit(self._record(self.rulebook.decide(request), request))

    def judge(self, decision: Decision) -> Permit:
        """The same for a decision that was made already."""
        return self._permit(self._record(decision, None))

    def allows_module(self, name: str) -> bool:
        """Decides on a module, and records it. A name that no policy can list is there with `modules: all` alone, as
        it is where the guest is not told to ask."""
        if owner_of(name) is None:
            return self.rulebook.policy.modules.all
        request = ModuleRequest(name)
        return self._record(self.rulebook.decide(request), request).allowed

    def _record(self, decision: Decision, request: Request | None) -> Decided:
        rules = self._rules
        audited = isinstance(decision, Deny) and goes_through(decision, rules.audits)
        record = Decided(decision.capability, decision, audited, self._elapsed_ms(), request)
        if rules.candidate is not None and request is not None:
            theirs = rules.candidate.decide(request)
            record.would = difference(decision, rules.audits, theirs)
            record.candidate = theirs if record.would is not None else None
        self.decisions.add(record)
        return record

    def _permit(self, record: Decided) -> Permit:
        if not record.allowed:
            raise _refusal(record.decision, self._rules.shows_places)
        return Permit(record.decision.terms if isinstance(record.decision, Allow) else None, record)

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
        async with self._turns:
            result, cpu_ns = await asyncio.wrap_future(self._threads.submit(_timed, function, arguments))
        self.worked(cpu_ns)
        return result


def _timed(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, int]:
    """What the function gives, and the CPU time of this thread that it took."""
    began_ns = time.thread_time_ns()
    return function(*arguments), time.thread_time_ns() - began_ns


def _refusal(denied: Deny, with_place: bool) -> Refusal:
    """What the guest learns: policy and rule, and what would allow the call; where that stands is for operators."""
    message = denied.message(with_place)
    hint = f"A policy allows it with\n{denied.suggestion}" if denied.suggestion else ""
    return Refusal("CapabilityError", message[0].upper() + message[1:], hint)
