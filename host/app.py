"""The composition root: from settings and policies to the objects that serve. Only here are they wired."""

import gc
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from host.capabilities.apart.apart import Apart
from host.capabilities.base import BuiltIn, Power
from host.capabilities.crypto import power as crypto
from host.capabilities.fetch import FetchClient, fetch_power
from host.capabilities.xlsx import power as xlsx
from host.capabilities.zlib import ZLIB
from host.errors import SettingError
from host.execution.membership import membership
from host.execution.rates import NodeRates, Rates
from host.execution.run import Executor, ExecutorOptions
from host.execution.site import Secrets, no_secrets
from host.execution.tally import FIGURES, GAUGES
from host.execution.warmup import warm_slots, warm_up
from host.execution.watched import OnDecided
from host.machine import cores
from host.node.board import Board
from host.node.node import Node, Shared
from host.policy.model import PolicySet
from host.policy.signing.keys import KeyFault, PublicKey, read_public_key
from host.reload.in_force import InForce, renewing
from host.reload.shadow import Shadow
from host.reload.source import Source
from host.sandbox.engine import open_engine
from host.sandbox.image import find_image
from host.secrets import SecretSource
from host.settings import MIB, Settings, ceilings

if TYPE_CHECKING:
    from litestar import Litestar

    from host.api.drain import Drain
    from host.api.look import Readiness
    from host.api.sqlite_answers import SqliteAnswers
    from host.api.status import Status

#: Work in processes that can be killed: each worker process starts them for itself, when it first needs one.
APART = Apart((*crypto.JOBS, *xlsx.JOBS))
#: The capabilities that need nothing of a worker's event loop.
CAPABILITIES: tuple[BuiltIn | Power, ...] = (ZLIB, crypto.open_crypto(APART), xlsx.open_xlsx(APART))
_CONSOLE_HINT = "This server has console off for every policy; its operator allows it with ALLOW_CONSOLE."
_GC_ALLOCATIONS = 10_000
_CLAIM_MARGIN_S = 60


class Worker:
    """One worker process: its application, and how it ends."""

    def __init__(self, app: "Litestar", drain: "Drain") -> None:
        self.app = app
        self.drain = drain


def make_worker(
    settings: Settings, board: Board, shared: Shared, on_ready: Callable[[], None] = lambda: None
) -> Worker:
    """What one worker process serves: every one of a node under the policies on the `board`, whenever it was started.
    `on_ready` is called when it takes requests. Raises SetupError."""
    # Only those who serve pay for the framework: `cellblock run` comes through here too.
    from host.api.auth import Callers
    from host.api.body import BodyRoom
    from host.api.drain import Drain
    from host.api.executions import Executions
    from host.api.figures import NodeFigures
    from host.api.look import Readiness
    from host.api.service import make_service
    from host.api.sqlite_answers import SqliteAnswers
    from host.api.status import Status

    in_force = InForce(board)
    fetch = open_fetch(settings)
    node = shared.join()
    watch = Watch(settings, node)
    executor = make_executor(settings, node, in_force.secret, fetch, watch.on_decided)
    callers = Callers(in_force.policies, ceilings(settings))
    in_force.on_change(callers.take)
    executor.take_up(in_force.policies, in_force.candidates)
    in_force.on_change(lambda policies: executor.take_up(policies, in_force.candidates))
    hints = {} if settings.allow_console else {"ConsoleDisabledError": _CONSOLE_HINT}
    bodies = BodyRoom(settings.body_buffer_mb * MIB, settings.body_timeout_ms / 1000)
    answers = SqliteAnswers(settings.data_dir, claim_age_max_s(settings))
    executions = Executions(callers, executor, bodies, hints, watch.recorder, answers)
    readiness = Readiness()
    status = Status(executor, callers, NodeFigures(executor), readiness, settings, lambda: in_force.state)
    lifespan = _serving(executor, in_force, readiness, status, settings, watch, answers, fetch, on_ready)
    app = make_service(executions, status, readiness, lifespan, settings.cors_origins)
    return Worker(app, Drain(executor, executions, readiness, settings.shutdown_grace_ms / 1000))


class Watch:
    """What a worker tells of its executions: lines in the log, spans where tracing is configured, and decisions where
    they are recorded. Raises SetupError."""

    def __init__(self, settings: Settings, node: Node) -> None:
        from host import logs, telemetry
        from host.api.record import Recorder
        from host.decisions.log import DecisionLog
        from host.lines import LineWriter

        render = logs.record_renderer(settings)
        self._tracer = telemetry.open_tracer()
        self._lines = LineWriter(sys.stderr.fileno(), logs.lines_were_lost)
        write = self._lines.write
        self.recorder = Recorder(lambda record: write(render(record)), settings.log_level, self._tracer)
        self._decisions: DecisionLog | None = None
        if settings.decisions_dir is not None:
            share = settings.decisions_mb * MIB // node.segment.rows
            self._decisions = DecisionLog(settings.decisions_dir, node.row, share, logs.decisions_were_lost)

    @property
    def on_decided(self) -> OnDecided | None:
        """Records what was decided in an execution; None where nothing is recorded."""
        return None if self._decisions is None else self._decisions.record

    async def close(self) -> None:
        """Writes and sends what is left."""
        self._lines.close()
        if self._decisions is not None:
            self._decisions.close()
        if self._tracer is not None:
            await self._tracer.close()


def make_shared(settings: Settings) -> Shared:
    """What the workers of this node share. Made by the main process, before it forks them."""
    return Shared(settings.workers, len(FIGURES), len(GAUGES))


def open_fetch(settings: Settings, offline: bool = False) -> FetchClient:
    """What the executions of a process fetch with; `offline`, requests are decided on and then fail."""
    return FetchClient(settings.fetch_timeout_ms, settings.fetch_total_mb * MIB, offline=offline)


def make_source(settings: Settings, secrets: SecretSource) -> Source:
    """Where policies and their secrets come from. Raises SettingError."""
    key = public_key(settings)
    return Source(settings.policy_dir, key, secrets, lambda policies: effective_policies(policies, settings))


def make_shadow(settings: Settings) -> Shadow | None:
    """The candidates that are asked beside the policies in force, if there is a folder of them."""
    if settings.shadow_policy_dir is None:
        return None
    adapt = partial(effective_policies, settings=settings)
    return Shadow(settings.shadow_policy_dir, settings.policy_reload_s, adapt)


def public_key(settings: Settings) -> PublicKey | None:
    """The key whose owner signs the policies; None where nobody has to. Raises SettingError."""
    if not settings.policy_public_key:
        return None
    try:
        return read_public_key(settings.policy_public_key)
    except KeyFault as fault:
        hint = "`cellblock policy keygen` makes a pair of keys, and prints the public one."
        raise SettingError(f"POLICY_PUBLIC_KEY {fault}", hint) from None


def make_executor(
    settings: Settings,
    node: Node | None = None,
    secrets: Secrets = no_secrets,
    fetch: FetchClient | None = None,
    on_decided: OnDecided | None = None,
) -> Executor:
    """What runs the code in this process. Without a client for it there is no `fetch`, whatever a policy grants.
    `on_decided` hears of what was decided in each execution."""
    capabilities = CAPABILITIES if fetch is None else (*CAPABILITIES, fetch_power(fetch))
    running_max = settings.max_concurrent_executions
    # Any worker may come to run all of them, while its slots are being warmed.
    instances_max = running_max + settings.warm_slots
    engine = open_engine(find_image(), instances_max=instances_max, warm_slots=settings.warm_slots)
    options = ExecutorOptions(
        running_max=running_max,
        queue_max=settings.queue_size,
        queue_timeout_s=settings.queue_timeout_ms / 1000,
        memory_mib=settings.max_execution_memory_mb,
        # All workers together as many as there are cores: more would only take turns, and hold up the event loops.
        threads=-(-cores() // settings.workers),
        code_cache=settings.code_cache_size,
        ceilings=ceilings(settings),
        records_decisions=on_decided is not None,
        shows_places=settings.environment == "development",
    )
    return Executor(engine, options, node, _rates(settings, node), capabilities, secrets, on_decided)


def _rates(settings: Settings, node: Node | None) -> Rates | None:
    if not settings.redis_url or node is None:
        return None
    from host.execution.redis_rates import RedisRates

    return RedisRates(settings.redis_url, NodeRates(node.segment))


def claim_age_max_s(settings: Settings) -> float:
    """After this an execution that took an Idempotency-Key has ended, one way or another."""
    return (settings.execution_timeout_ms + settings.queue_timeout_ms) / 1000 + _CLAIM_MARGIN_S


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


def _serving(
    executor: Executor,
    in_force: InForce,
    readiness: "Readiness",
    status: "Status",
    settings: Settings,
    watch: Watch,
    answers: "SqliteAnswers",
    fetch: FetchClient,
    on_ready: Callable[[], None],
):
    """The life of a worker: its first executions before its first request, so that no client waits for a cold start."""

    from host.api.look import Phase

    @asynccontextmanager
    async def lifespan(_: "Litestar") -> AsyncIterator[None]:
        status.warmup = await warm_up(executor)
        _settle_memory()
        if any(policy.grants.xlsx is not None for policy in in_force.policies.policies.values()):
            APART.warm()
        warmed = warm_slots(executor.engine, settings.warm_slots)
        async with membership(executor), renewing(in_force, executor.node.mail), warmed:
            readiness.phase = Phase.READY
            on_ready()
            try:
                yield
            finally:
                readiness.phase = Phase.DRAINING
        await fetch.close()
        executor.close()
        APART.close()
        await executor.rates.close()
        answers.close()
        await watch.close()

    return lifespan
