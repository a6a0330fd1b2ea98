"""The story of one execution: admit, make an instance, drive it, report."""

import asyncio
import os
import re
import time

from msgspec import Struct

from host.capabilities.random import RandomSource
from host.errors import InternalError, TooLargeError, ValidationError
from host.execution.admission import Admission
from host.execution.calls import ExecutionCalls
from host.execution.clock import GuestClock
from host.execution.drive import Drive
from host.execution.outcome import LogRecord, Outcome, Report, Timing, Usage
from host.execution.request import ExecutionRequest, new_execution_id
from host.execution.scheduler import Scheduler
from host.policy.ceilings import narrow
from host.policy.model import WIDEST, Limits, Policy
from host.sandbox import abi
from host.sandbox.engine import Engine, LinkedImage
from host.sandbox.instance import Instance, Start

_REQUIRE = re.compile(rb"""\brequire\s*\(\s*['"`](?:node:)?([\w.-]+)""")
#: How often at most; it costs a system call for each stack of the pool.
_STACKS_RELEASE_EVERY_S = 1.0
_FULL = "all"
_BASE = "base"


class ExecutorOptions(Struct, frozen=True):
    """What one worker process may run. `ceilings` narrow every policy's limits; counts are for this process."""

    running_max: int = 200
    queue_max: int = 1000
    queue_timeout_s: float = 10.0
    threads: int = 2
    ceilings: Limits = WIDEST


class _PolicyFacts:
    """What each execution needs of a policy, worked out once."""

    __slots__ = ("allows", "limits", "modules", "permit")

    def __init__(self, policy: Policy, ceilings: Limits) -> None:
        language = policy.language
        self.limits = narrow(policy.limits, ceilings)
        self.allows = policy.modules.allows
        self.modules = "\n".join(sorted(policy.modules.names)).encode()
        self.permit = (
            abi.PERMIT_EVAL * language.eval
            | abi.PERMIT_CONSOLE * language.console
            | abi.PERMIT_NO_RETURN * (not language.require_return)
            | abi.PERMIT_ALL_MODULES * policy.modules.all
        )


class Executor:
    """Runs executions in this process. One a worker; `close` when no execution is running any more."""

    def __init__(self, engine: Engine, options: ExecutorOptions) -> None:
        self.engine = engine
        self.options = options
        self.admission = Admission(options.running_max, options.queue_max, options.queue_timeout_s)
        self._scheduler = Scheduler(options.threads)
        self._stacks_release_after = 0.0
        # Keyed by the policy itself: a reloaded policy of the same name is another value.
        self._facts: dict[str, _PolicyFacts] = {}

    def close(self) -> None:
        """Ends the worker threads."""
        self._scheduler.close()

    async def run(self, request: ExecutionRequest) -> Report:
        """Runs one execution to its end.

        Raises TooLargeError, ValidationError or ConcurrencyError where nothing ran, InternalError for a fault of
        ours. Cancelling the task ends the guest within one slice.
        """
        asked = time.monotonic()
        facts = self._facts_of(request.policy)
        _check_sizes(request, facts.limits)
        async with self.admission.slot(request.policy.name, facts.limits.concurrency):
            report = await self._run_admitted(request, facts, asked)
        if self.admission.running == 0:
            self._release_stacks()
        return report

    def _release_stacks(self) -> None:
        """Gives back what deep recursions have left on the native stacks: nobody is on one while nothing runs."""
        now = time.monotonic()
        if now >= self._stacks_release_after:
            self._stacks_release_after = now + _STACKS_RELEASE_EVERY_S
            self.engine.stacks.release()

    def _facts_of(self, policy: Policy) -> _PolicyFacts:
        facts = self._facts.get(policy.digest)
        if facts is None:
            facts = self._facts[policy.digest] = _PolicyFacts(policy, self.options.ceilings)
        return facts

    def limits_of(self, policy: Policy) -> Limits:
        """The limits in force: the policy's, narrowed by the server's ceilings."""
        return self._facts_of(policy).limits

    async def _run_admitted(self, request: ExecutionRequest, facts: _PolicyFacts, asked: float) -> Report:
        began = time.monotonic()
        limits = facts.limits
        seeded = request.policy.language.random == "seeded"
        random = RandomSource((request.seed or 0) if seeded else None)
        calls = ExecutionCalls(self.engine.bundle, random, request.extra_capabilities, limits.host_calls)
        calls.bind(asyncio.get_running_loop())
        wall_time_ms = min(limits.wall_time_ms, request.timeout_ms or limits.wall_time_ms)
        start = Start(
            request.code, request.input, facts.modules, facts.permit, random.seed64(), limits.result_bytes,
            limits.log_bytes,
        )  # fmt: skip
        try:
            image = self._choose(request, facts)
            with Instance(self.engine, image, limits.fuel, limits.memory_bytes, calls) as instance:
                clock = GuestClock(request.policy.language.clock)
                drive = Drive(instance, calls, clock, self._scheduler, limits, wall_time_ms)
                outcome = await drive.run(start)
                return _report(request, instance, outcome, limits, asked, began)
        except abi.GuestFault as fault:
            raise InternalError("the guest broke the protocol") from fault
        finally:
            calls.close()

    def _choose(self, request: ExecutionRequest, facts: _PolicyFacts) -> LinkedImage:
        """The smallest image with what the code seems to require. A hint only: a module that it lacks is loaded
        from bytecode when it is required."""
        images = self.engine.images
        if b"require" not in request.code:
            return images[_BASE]
        names = {name.decode() for name in _REQUIRE.findall(request.code)}
        wanted = [name for name in names if name in images and facts.allows(name)]
        if len(wanted) == 1:
            return images[wanted[0]]
        return images[_FULL if wanted else _BASE]


def _check_sizes(request: ExecutionRequest, limits: Limits) -> None:
    if len(request.code) > limits.code_bytes:
        raise TooLargeError(f"The code has {len(request.code)} bytes; the limit is {limits.code_bytes}")
    if len(request.input) > limits.input_bytes:
        raise TooLargeError(f"The input has {len(request.input)} bytes; the limit is {limits.input_bytes}")
    if request.policy.language.require_return and b"return" not in request.code:
        raise ValidationError("The code has no `return`", "End the code with `return value`.")


def _logs(instance: Instance, outbox: abi.Outbox, log_bytes: int) -> tuple[LogRecord, ...]:
    """The records. More than the guest's own runtime can have written (half as much again for its padding), or what
    it cannot have written, is what a broken guest left behind, and none of it is kept."""
    if not outbox.log_len or outbox.log_len > log_bytes * 3 // 2:
        return ()
    try:
        return abi.read_logs(instance.memory.read(outbox.log_ptr, outbox.log_len))
    except abi.GuestFault:
        return ()


def _report(
    request: ExecutionRequest, instance: Instance, outcome: Outcome, limits: Limits, asked: float, began: float
) -> Report:
    ended = time.monotonic()
    outbox = instance.memory.outcome()
    return Report(
        execution_id=request.execution_id or new_execution_id(),
        outcome=outcome,
        timing=Timing((began - asked) * 1000, (ended - began) * 1000, (ended - asked) * 1000),
        usage=Usage(instance.fuel_used(), instance.memory_bytes(), instance.host_calls, instance.cpu_ns / 1e6),
        logs=_logs(instance, outbox, limits.log_bytes),
        logs_dropped=outbox.log_dropped,
        policy_name=request.policy.name,
        policy_digest=request.policy.digest,
    )


def default_threads() -> int:
    """As many worker threads as this process has cores."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
