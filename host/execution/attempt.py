"""One execution once it has its slot: its code is compiled in one guest and run in another, and both are dropped.

What compiling takes is charged every time, also when the bytecode was kept: what an execution uses, and whether it is
within its limits, never depends on what ran before.
"""

import asyncio
from collections.abc import Mapping

from msgspec import Struct

from host.capabilities.base import BuiltIn, Decided, Power
from host.capabilities.random import RandomSource
from host.errors import InternalError
from host.execution.calls import ExecutionCalls
from host.execution.clock import GuestClock
from host.execution.code import FETCH, CodeCache, Compiled
from host.execution.drive import Drive, Lane
from host.execution.execution import Execution, State
from host.execution.outcome import Failure, LogRecord, Outcome, Success, Usage
from host.execution.scheduler import Scheduler
from host.execution.site import ExecutionSite, HostThreads, Rules, Secrets
from host.execution.tail import LogTail, read_all
from host.execution.tally import Tally
from host.execution.verdict import fuel_used_up, judge_compiled, memory_used_up
from host.sandbox import abi
from host.sandbox.engine import Engine, LinkedImage
from host.sandbox.instance import Instance, Start

_FULL = "all"
_BASE = "base"


class Tools(Struct, frozen=True):
    """What every execution of a worker is run with."""

    engine: Engine
    scheduler: Scheduler
    codes: CodeCache
    tally: Tally
    #: Capabilities by the number of an operation.
    offered: Mapping[int, BuiltIn | Power]
    secrets: Secrets
    threads: HostThreads
    #: Whether everybody's refusals say where a rule stands.
    shows_places: bool = False


class Attempt:
    """An execution between its slot and its outcome, with what its guests used and wrote."""

    __slots__ = (
        "_allows", "_asks_modules", "_calls", "_execution", "_lane", "_limits", "_random", "_tools", "audits", "cpu_ns",
        "fuel", "host_calls", "logs", "logs_dropped", "memory_bytes", "waited",
    )  # fmt: skip

    def __init__(self, tools: Tools, execution: Execution, lane: Lane) -> None:
        policy, request = execution.terms.policy, execution.request
        self._tools = tools
        self._execution = execution
        self._lane = lane
        self._limits = policy.limits
        #: Whether the policy only watches: settled here for the whole execution.
        self.audits = policy.audits()
        self._allows = policy.allows_audited if self.audits else policy.allows
        self._asks_modules = self.audits or policy.asks_modules
        self._random = RandomSource((request.seed or 0) if policy.seeded else None)
        self._calls = ExecutionCalls(
            tools.engine.bundle,
            self._random,
            request.extra_capabilities,
            policy.limits.host_calls,
            tools.offered,
            self._allows,
            self._make_site,
        )
        self._calls.bind(asyncio.get_running_loop())
        self.fuel = 0
        self.memory_bytes = 0
        self.host_calls = 0
        self.cpu_ns = 0
        self.logs: tuple[LogRecord, ...] = ()
        self.logs_dropped = 0
        self.waited = False

    def _make_site(self, calls: ExecutionCalls) -> ExecutionSite:
        execution, tools = self._execution, self._tools
        terms, shows = execution.terms.policy, tools.shows_places or execution.request.shows_places
        return ExecutionSite(
            Rules(terms.rulebook, self.audits, terms.candidate, shows),
            execution.request.principal,
            execution.id,
            self._random,
            tools.secrets,
            tools.threads,
            execution.began,
            execution.deadline,
            calls,
        )

    @property
    def usage(self) -> Usage:
        """What the execution used, its compiling included."""
        host_cpu_ns = 0 if self._calls.site is None else self._calls.site.host_cpu_ns
        return Usage(self.fuel, self.memory_bytes, self.host_calls, (self.cpu_ns + host_cpu_ns) / 1e6)

    @property
    def decided(self) -> tuple[Decided, ...]:
        """What the policy decided about the execution's host calls."""
        return () if self._calls.site is None else self._calls.site.decisions.all()

    @property
    def decided_beyond(self) -> int:
        """Decisions that are not among them: there were too many different ones."""
        return 0 if self._calls.site is None else self._calls.site.decisions.beyond

    async def run(self) -> Outcome:
        """Runs the execution to its end. Raises InternalError for a fault of ours."""
        try:
            compiled = await self._compiled()
            return compiled if isinstance(compiled, Failure) else await self._run(compiled)
        except abi.GuestFault as fault:
            raise InternalError("the guest broke the protocol") from fault
        finally:
            self._calls.close()

    async def _compiled(self) -> Compiled | Failure:
        code = self._execution.code
        compiled = code.compiled
        self._tools.tally.looked_up(compiled is not None)
        if compiled is None:
            compiled = await self._compile()
            if isinstance(compiled, Failure):
                return compiled
            code.compiled = compiled
            self._tools.codes.keep(self._execution.request.code, code)
        self.fuel = compiled.fuel
        self.memory_bytes = compiled.memory_bytes
        # Kept bytecode may have been made under a policy that allows more.
        if compiled.memory_bytes > max(self._limits.memory_bytes, self._tools.engine.images[_BASE].memory_bytes):
            return memory_used_up(self._limits)
        return fuel_used_up(self._limits) if compiled.fuel >= self._limits.fuel else compiled

    async def _compile(self) -> Compiled | Failure:
        limits, image = self._limits, self._tools.engine.images[_BASE]
        with Instance(self._tools.engine, image, limits.fuel, limits.memory_bytes, self._calls) as instance:
            drive = self._drive(instance, conclude=judge_compiled)
            outcome = await drive.run(instance.compile(self._start(b"{}", 0, b"")))
            self._note(instance)
            match outcome:
                case Success(bytecode):
                    return Compiled(bytecode, self.fuel, self.memory_bytes)
                case Failure():
                    return outcome

    async def _run(self, compiled: Compiled) -> Outcome:
        limits = self._limits
        fuel = limits.fuel - compiled.fuel
        with Instance(self._tools.engine, self._image(), fuel, limits.memory_bytes, self._calls) as instance:
            listener = self._execution.listener
            tail = None if listener is None else LogTail(instance.memory, limits.log_bytes, listener.logged).read
            drive = self._drive(instance, on_wait=self._waits, on_rest=tail)
            start = self._start(self._execution.request.input, self._random.seed64(), compiled.bytecode)
            outcome = await drive.run(instance.begin(start))
            self._note(instance)
            outbox = instance.memory.outcome()
            self.logs = read_all(instance.memory, outbox, limits.log_bytes)
            self.logs_dropped = outbox.log_dropped
            self.waited = drive.waited
            return outcome

    def _drive(self, instance: Instance, **options: object) -> Drive:
        execution = self._execution
        clock = GuestClock(execution.request.policy.language.clock)
        drive = Drive(instance, self._calls, clock, self._tools.scheduler, self._lane, self._limits, **options)
        drive.limit_time(execution.wall_time_ms, execution.deadline)
        execution.driven(drive, instance)
        return drive

    def _start(self, input_json: bytes, seed: int, bytecode: bytes) -> Start:
        policy = self._execution.terms.policy
        return Start(
            self._execution.request.code,
            input_json,
            policy.modules,
            policy.permit | abi.PERMIT_ASK_MODULES * self._asks_modules,
            seed,
            self._limits.result_bytes,
            self._limits.log_bytes,
            bytecode,
        )

    def _note(self, instance: Instance) -> None:
        self.fuel += instance.fuel_used()
        self.memory_bytes = max(self.memory_bytes, instance.memory_bytes())
        self.host_calls += instance.host_calls
        self.cpu_ns += instance.cpu_ns

    def _waits(self, change: int) -> None:
        self._execution.state = State.WAITING if change > 0 else State.RUNNING
        self._tools.tally.waiting(change)

    def _image(self) -> LinkedImage:
        """The smallest image with what the code seems to require. A hint only: a module that it lacks is loaded
        from bytecode when it is required."""
        images = self._tools.engine.images
        requires = self._execution.code.requires
        if not requires:
            return images[_BASE]
        wanted = [name for name in requires if name in images and (name == FETCH or self._allows(name))]
        if len(wanted) == 1:
            return images[wanted[0]]
        return images[_FULL if wanted else _BASE]
