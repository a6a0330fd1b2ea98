"""/flow/health, /flow/status and /flow/limits: the node as its operators and its callers see it."""

import datetime
from collections.abc import Callable

import msgspec
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from host.api.auth import Callers
from host.api.figures import NodeFigures, NodeMemory, success_rate
from host.api.intake import read_headers
from host.api.look import SERVICE, Readiness
from host.api.wire import timestamp
from host.execution.run import Executor
from host.execution.tally import ERROR_TYPES
from host.execution.warmup import WarmedUp
from host.policy.ceilings import narrow
from host.policy.units import show_rate
from host.reload.state import LoadError, LoadState, ShadowState
from host.settings import Settings
from host.version import version


class Runtime(Struct, frozen=True, rename="camel"):
    """What runs, on the whole node."""

    pool_size: int
    max_concurrent: int
    current_executions: int
    total_executions: int
    success_rate: str


class PolicyState(Struct, frozen=True, rename="camel"):
    """Which policies are in force, and why newer ones are not, if so. `mode` is `audit` on a day on which any policy
    that somebody may use audits."""

    digest: str
    mode: str
    last_error: LoadError | None


class PolicyLoads(PolicyState, frozen=True, rename="camel"):
    """The same, with when they came into force, and how often policies were loaded and refused since the node began."""

    loaded_at: str
    loads: int
    failed_loads: int
    shadow: ShadowState | None = None


class WarmUp(Struct, frozen=True, rename="camel"):
    """The executions with which the answering worker began, one in each image. `elapsed` in milliseconds."""

    status: str
    modules: tuple[str, ...]
    total_modules: int
    success_count: int
    elapsed: int
    timestamp: str


class RateStore(Struct, frozen=True):
    """Where rates and quotas are counted: `node` or `redis`. While Redis is not `up`, each node counts for itself."""

    store: str
    up: bool


class FlowHealth(Struct, frozen=True):
    """How the node is."""

    status: str
    timestamp: str
    service: str
    version: str
    runtime: Runtime
    memory: NodeMemory
    warmup: WarmUp | None
    policies: PolicyState
    rates: RateStore


class ExecutorStats(Struct, frozen=True, rename="camel"):
    """Requests for executions since the node began. `total` counts each that was answered, those that were refused
    among them, and is `successful` plus `failed`; `byErrorType` adds up to `failed`. `asyncExecutions` are those that
    waited for a timer or a host call, `syncExecutions` those that never did."""

    current_executions: int
    max_concurrent: int
    queue_length: int
    total: int
    successful: int
    failed: int
    success_rate: str
    sync_executions: int
    async_executions: int
    by_error_type: dict[str, int]
    timeouts_interrupted: int
    waiting_executions: int
    cancelled_executions: int
    workers_lost: int


class StatusMemory(NodeMemory, frozen=True, rename="camel"):
    """The memory of the node, and its executions."""

    executor_stats: ExecutorStats


class CacheState(Struct, frozen=True, rename="camel"):
    """What a cache holds in the worker that answers, and how often the node found what it looked for."""

    size: int
    max_size: int
    hit_rate: str


class Cache(Struct, frozen=True, rename="camel"):
    """The caches. One entry holds both what was found out about a text and its bytecode, so that the two are alike."""

    code_compilation: CacheState
    code_validation: CacheState


class StatusLimits(Struct, frozen=True, rename="camel"):
    """The server's own limits: no policy gives more. Milliseconds and bytes."""

    execution_timeout: int
    max_code_length: int
    max_concurrent: int
    max_result_size: int


class FlowStatus(Struct, frozen=True, rename="camel"):
    """The whole node, whichever worker answers. `uptime` in seconds."""

    success: bool
    status: str
    uptime: float
    start_time: str
    memory: StatusMemory
    cache: Cache
    policies: PolicyLoads
    limits: StatusLimits
    timestamp: str


class FlowLimits(Struct, frozen=True):
    """The limits in force for the caller."""

    success: bool
    data: dict
    timestamp: str


class Status:
    """What the routes of this file need."""

    def __init__(
        self,
        executor: Executor,
        callers: Callers,
        figures: NodeFigures,
        readiness: Readiness,
        settings: Settings,
        loads: Callable[[], LoadState],
    ) -> None:
        self.executor = executor
        self.callers = callers
        self.figures = figures
        self.readiness = readiness
        self.settings = settings
        #: How the loading of the policies went that are in force.
        self.loads = loads
        self.warmup: WarmedUp | None = None

    async def health(self) -> FlowHealth:
        """The answer of /flow/health."""
        counts = self.figures.counts()
        runtime = Runtime(
            self.settings.warm_slots,
            self.figures.running_max,
            counts["running"],
            counts["total"],
            success_rate(counts),
        )
        state = "ok" if self.readiness.ready else str(self.readiness.phase)
        memory = await self.figures.memory()
        return FlowHealth(
            state, timestamp(), SERVICE, version(), runtime, memory, _warmup(self.warmup), self._policies(),
            RateStore(self.executor.rates.store, self.executor.rates.up),
        )  # fmt: skip

    async def status(self) -> FlowStatus:
        """The answer of /flow/status."""
        counts = self.figures.counts()
        memory = msgspec.structs.asdict(await self.figures.memory())
        return FlowStatus(
            True,
            "running" if self.readiness.ready else str(self.readiness.phase),
            round(self.figures.uptime_s, 3),
            _utc(self.figures.began_unix_s),
            StatusMemory(**memory, executor_stats=self._stats(counts)),
            self._cache(counts),
            self._policy_loads(),
            StatusLimits(
                self.settings.execution_timeout_ms,
                self.settings.max_code_length,
                self.figures.running_max,
                self.settings.max_result_size,
            ),
            timestamp(),
        )

    def _policies(self) -> PolicyState:
        state = self.loads()
        return PolicyState(state.digest, self._mode(), state.last_error)

    def _policy_loads(self) -> PolicyLoads:
        state = self.loads()
        when = _utc(state.loaded_unix_s)
        counts = state.loads, state.failures
        return PolicyLoads(state.digest, self._mode(), state.last_error, when, *counts, state.shadow)

    def _mode(self) -> str:
        return "audit" if self.callers.audits_on(datetime.datetime.now(datetime.UTC).date()) else "enforce"

    def _stats(self, counts) -> ExecutorStats:
        return ExecutorStats(
            current_executions=counts["running"],
            max_concurrent=self.figures.running_max,
            queue_length=counts["queued"],
            total=counts["total"],
            successful=counts["successful"],
            failed=counts["failed"],
            success_rate=success_rate(counts),
            sync_executions=counts["sync"],
            async_executions=counts["asynchronous"],
            by_error_type={kind: n for kind in ERROR_TYPES if (n := counts[f"error {kind}"])},
            timeouts_interrupted=counts["interrupted"],
            waiting_executions=counts["waiting"],
            cancelled_executions=counts["cancelled"],
            workers_lost=counts["workers_lost"],
        )

    def _cache(self, counts) -> Cache:
        looked = counts["code_hits"] + counts["code_misses"]
        rate = f"{100 * counts['code_hits'] / looked if looked else 0:.1f}%"
        state = CacheState(len(self.executor.codes), self.executor.codes.size_max, rate)
        return Cache(state, state)

    def limits(self, caller) -> FlowLimits:
        """The answer of /flow/limits."""
        policies = {name: self._limits_of(policy) for name, policy in caller.policies.items()}
        default = next(iter(policies), None)
        quota = caller.quota
        data = {
            "principal": caller.name,
            "policy": default,
            "limits": {**policies.get(default, {}), "configurable": self._configurable()},
            "policies": policies,
            "quota": {
                "rate": None if quota.rate is None else show_rate(quota.rate.count, quota.rate.per_s),
                "concurrency": quota.concurrency,
                "fuelPerDay": quota.fuel_per_day,
            },
        }
        return FlowLimits(True, data, timestamp())

    def _limits_of(self, policy) -> dict:
        limits = narrow(policy.limits, self.executor.options.ceilings)
        return {
            "executionTimeout": limits.wall_time_ms,
            "fuel": limits.fuel,
            "maxMemory": limits.memory_bytes,
            "maxCodeLength": limits.code_bytes,
            "maxInputSize": limits.input_bytes,
            "maxResultSize": limits.result_bytes,
            "maxLogSize": limits.log_bytes,
            "maxHostCalls": limits.host_calls,
            "maxConcurrent": min(limits.concurrency, self.figures.running_max),
            "rate": None if limits.rate is None else show_rate(limits.rate.count, limits.rate.per_s),
        }

    def _configurable(self) -> dict:
        """Which setting of the server is the ceiling of which limit, and which key of a policy sets it."""
        settings = self.settings
        rows = {
            "executionTimeout": ("EXECUTION_TIMEOUT_MS", settings.execution_timeout_ms, "limits.wall_time"),
            "maxCodeLength": ("MAX_CODE_LENGTH", settings.max_code_length, "limits.code"),
            "maxInputSize": ("MAX_INPUT_SIZE", settings.max_input_size, "limits.input"),
            "maxResultSize": ("MAX_RESULT_SIZE", settings.max_result_size, "limits.result"),
            "maxConcurrent": ("MAX_CONCURRENT_EXECUTIONS", self.figures.running_max, "limits.concurrency"),
        }
        return {name: {"setting": row[0], "ceiling": row[1], "policyKey": row[2]} for name, row in rows.items()}


def _warmup(warmed: WarmedUp | None) -> WarmUp | None:
    if warmed is None:
        return None
    total = len(warmed.images)
    state = "completed" if warmed.succeeded == total else "degraded"
    ended = _utc(warmed.ended_unix_s)
    return WarmUp(state, warmed.images, total, warmed.succeeded, round(warmed.took_ms), ended)


def _utc(unix_s: float) -> str:
    return datetime.datetime.fromtimestamp(int(unix_s), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def status_routes(status: Status) -> list[HTTPRouteHandler]:
    """The routes of this file."""

    @get("/flow/health", summary="How the node is", response_description="It is alive; `status` says more.")
    async def flow_health() -> FlowHealth:
        return await status.health()

    @get("/flow/status", summary="What the node has done and does", response_description="The whole node.")
    async def flow_status() -> FlowStatus:
        return await status.status()

    @get(
        "/flow/limits",
        sync_to_thread=False,
        summary="The limits in force for the caller",
        response_description="By policy, and which setting moves each.",
    )
    def flow_limits(request: Request) -> FlowLimits:
        return status.limits(identify(status.callers, request))

    return [flow_health, flow_status, flow_limits]


def identify(callers: Callers, request: Request):
    """Who sent the request. Raises AuthenticationError, or ValidationError where it says so twice."""
    headers = read_headers(request.scope["headers"])
    return callers.identify(headers.get(b"authorization"), headers.get(b"host"))
