"""The story of one execution: admit, make an instance, drive it, report."""

import asyncio
import time
from collections.abc import Iterable

from msgspec import Struct

from host.capabilities.base import BuiltIn, Power
from host.errors import CancelledError, RefusedError, TooLargeError, ValidationError
from host.execution.admission import Admission
from host.execution.attempt import Attempt, Tools
from host.execution.code import CodeCache
from host.execution.drive import Lane
from host.execution.execution import Execution, Listener, State
from host.execution.memory import MemoryPool, MemoryShare
from host.execution.outcome import Outcome, Report, Timing
from host.execution.rates import NodeRates, Rates, RateState
from host.execution.registry import Registry
from host.execution.request import ExecutionRequest
from host.execution.scheduler import Scheduler
from host.execution.site import HostThreads, Secrets, no_secrets
from host.execution.tally import FIGURES, GAUGES, Tally
from host.execution.terms import TermsOf, today
from host.execution.watched import DecidedExecution, Differences, OnDecided
from host.node.node import Node, Shared
from host.policy.model import WIDEST, Limits, Policy, PolicySet
from host.sandbox.engine import Engine

#: How often at most; it costs a system call for each stack of the pool.
_STACKS_RELEASE_EVERY_S = 1.0


class ExecutorOptions(Struct, frozen=True):
    """What a node may run, all workers together; `threads` and `code_cache` are this worker's. `ceilings` narrow every
    policy's limits. `records_decisions`: modules are decided on by the host, so that they are among what is recorded.
    `shows_places`: everybody's refusals say where a rule stands."""

    running_max: int = 200
    queue_max: int = 1000
    queue_timeout_s: float = 10.0
    memory_mib: int = 64 * 1024
    threads: int = 2
    code_cache: int = 100
    ceilings: Limits = WIDEST
    records_decisions: bool = False
    shows_places: bool = False


class Executor:
    """Runs executions in this process. One a worker; `close` when no execution is running any more.

    Without a `node` of several workers, all limits hold for this process alone.
    """

    def __init__(
        self,
        engine: Engine,
        options: ExecutorOptions,
        node: Node | None = None,
        rates: Rates | None = None,
        offered: Iterable[BuiltIn | Power] = (),
        secrets: Secrets = no_secrets,
        on_decided: OnDecided | None = None,
    ) -> None:
        self.engine = engine
        self.options = options
        self._own = Shared(1, len(FIGURES), len(GAUGES)) if node is None else None
        self.node = self._own.join() if node is None else node
        self.tally = Tally(self.node)
        self.registry = Registry(self.node)
        self.rates = rates or NodeRates(self.node.segment)
        self.codes = CodeCache(options.code_cache)
        self.memory = MemoryPool(self.node, options.memory_mib, self.tally.memory)
        self.admission = Admission(
            self.node, self.memory, options.queue_max, options.queue_timeout_s, self.tally.occupied
        )
        self._terms = TermsOf(self.node, options.ceilings, options.running_max, options.records_decisions)
        self._scheduler = Scheduler(options.threads)
        by_operation = {operation: each for each in offered for operation in each.operations}
        self._threads = HostThreads()
        self._tools = Tools(
            engine, self._scheduler, self.codes, self.tally, by_operation, secrets, self._threads, options.shows_places
        )
        self._on_decided = on_decided
        self.differences = Differences()
        self._policies: PolicySet | None = None
        self._stacks_release_after = 0.0

    def close(self) -> None:
        """Ends the worker threads."""
        self._scheduler.close()
        self._threads.close()
        if self._own is not None:
            self._own.close()

    def take_up(self, policies: PolicySet, candidates: PolicySet | None = None) -> None:
        """These policies are in force now, and the candidates are asked beside the ones of their names. Executions that
        run keep what they began with."""
        self._policies = policies
        self._terms.take_up(policies, {} if candidates is None else candidates.policies)

    def audited_policies(self) -> list[str]:
        """The policies in force that only watch today."""
        found = self._policies.policies.values() if self._policies is not None else ()
        return [policy.name for policy in found if policy.mode.audits_on(today())]

    def limits_of(self, policy: Policy) -> Limits:
        """The limits in force: the policy's, narrowed by the server's ceilings."""
        return self._terms.of_policy(policy).limits

    async def run(self, request: ExecutionRequest, listener: Listener | None = None) -> Report:
        """Runs one execution to its end.

        Raises TooLargeError, ValidationError, RateLimitError or ConcurrencyError where nothing ran, CancelledError
        where it was ended before it ran, InternalError for a fault of ours. Cancelling the task ends the guest within
        one slice.
        """
        asked = time.monotonic()
        execution = Execution(request, self._terms.of(request), self.codes.get(request.code), asked, listener)
        _check_sizes(execution)
        with self.registry.holding(execution):
            try:
                report = await self._run_within_rates(execution)
            except asyncio.CancelledError:
                if execution.stopped is None or execution.state is not State.QUEUED:
                    raise
                # It was ended from outside while it waited for a slot: the task goes on, with an answer, unless it was
                # cancelled as well.
                if asyncio.current_task().uncancel():
                    raise
                raise CancelledError(execution.stopped.message, execution.stopped.hint) from None
        if self.admission.running == 0:
            self._release_stacks()
        return report

    async def rehearse(self, request: ExecutionRequest) -> Outcome:
        """Runs one execution of the host's own, which takes no slot and is counted nowhere: a worker that begins while
        the node is full has to come up all the same."""
        now = time.monotonic()
        execution = Execution(request, self._terms.of(request), self.codes.get(request.code), now, None)
        execution.admitted(now)
        lane = Lane(request.principal, execution.terms.policy.limits.weight, MemoryShare(self.memory, 0))
        return await Attempt(self._tools, execution, lane).run()

    async def _run_within_rates(self, execution: Execution) -> Report:
        allowance = execution.terms.allowance
        if allowance.empty:
            return await self._run_in_slot(execution, ())
        rates = tuple(await self.rates.begin(allowance))
        try:
            report = await self._run_in_slot(execution, rates)
        except (RefusedError, asyncio.CancelledError):
            if execution.state is State.QUEUED:
                await self.rates.take_back(allowance)
            raise
        await self.rates.burnt(allowance, report.usage.fuel)
        return report

    async def _run_in_slot(self, execution: Execution, rates: tuple[RateState, ...]) -> Report:
        async with self.admission.slot(execution.terms.claim) as memory:
            return await self._run_admitted(execution, memory, rates)

    async def _run_admitted(self, execution: Execution, memory: MemoryShare, rates: tuple[RateState, ...]) -> Report:
        began = time.monotonic()
        execution.admitted(began)
        lane = Lane(execution.request.principal, execution.terms.policy.limits.weight, memory)
        attempt = Attempt(self._tools, execution, lane)
        try:
            outcome = await attempt.run()
        finally:
            self._tell(execution, attempt)
        ended, policy = time.monotonic(), execution.request.policy
        return Report(
            execution_id=execution.id,
            outcome=outcome,
            timing=_timing(execution.asked, began, ended),
            usage=attempt.usage,
            logs=attempt.logs,
            logs_dropped=attempt.logs_dropped,
            policy_name=policy.name,
            policy_digest=policy.digest,
            waited=attempt.waited,
            rates=rates,
            decided=attempt.decided,
            decided_beyond=attempt.decided_beyond,
            audited=attempt.audits,
        )

    def _tell(self, execution: Execution, attempt: Attempt) -> None:
        """Counts and hands on what was decided, also where the execution was given up."""
        decided = attempt.decided
        if not decided:
            return
        request = execution.request
        ended = DecidedExecution(
            execution.id, request.principal, request.policy, attempt.audits, decided, attempt.decided_beyond
        )
        self.tally.decided(decided)
        self.differences.add(ended)
        if self._on_decided is not None:
            self._on_decided(ended)

    def _release_stacks(self) -> None:
        """Gives back what deep recursions have left on the native stacks: nobody is on one while nothing runs."""
        now = time.monotonic()
        if now >= self._stacks_release_after:
            self._stacks_release_after = now + _STACKS_RELEASE_EVERY_S
            self.engine.stacks.release()


def _check_sizes(execution: Execution) -> None:
    request, limits = execution.request, execution.terms.policy.limits
    if len(request.code) > limits.code_bytes:
        raise TooLargeError(f"The code has {len(request.code)} bytes; the limit is {limits.code_bytes}")
    if len(request.input) > limits.input_bytes:
        raise TooLargeError(f"The input has {len(request.input)} bytes; the limit is {limits.input_bytes}")
    if request.policy.language.require_return and not execution.code.has_return:
        raise ValidationError("The code has no `return`", "End the code with `return value`.")


def _timing(asked: float, began: float, ended: float) -> Timing:
    return Timing((began - asked) * 1000, (ended - began) * 1000, (ended - asked) * 1000)
