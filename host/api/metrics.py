"""GET /metrics: the node's figures in the text format of Prometheus."""

from collections.abc import Callable, Iterable, Mapping

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from host.api.figures import NodeFigures, NodeMemory
from host.execution.tally import BUCKETS_S, DECISIONS, ERROR_TYPES
from host.execution.watched import Difference
from host.policy.decide.rulebook import CAPABILITIES
from host.reload.state import LoadState
from host.version import version

#: Figure, name, help, and what its unit is divided by.
_COUNTERS = (
    ("fuel", "cellblock_fuel", "Fuel burnt by executions", 1),
    ("cpu_us", "cellblock_guest_cpu_seconds", "Time that guests held a thread", 1_000_000),
    ("host_calls", "cellblock_host_calls", "Calls from guests to the host", 1),
    ("logs", "cellblock_console_records", "Records that guests wrote to the console", 1),
    ("interrupted", "cellblock_executions_interrupted", "Executions ended by a time or fuel limit", 1),
    ("cancelled", "cellblock_executions_cancelled", "Executions ended from outside", 1),
    ("sync", "cellblock_executions_sync", "Executions that never waited", 1),
    ("asynchronous", "cellblock_executions_async", "Executions that waited for a timer or a host call", 1),
    ("workers_lost", "cellblock_workers_lost", "Worker processes that died", 1),
    ("code_hits", "cellblock_code_cache_hits", "Code blocks that were known already", 1),
    ("code_misses", "cellblock_code_cache_misses", "Code blocks that were not known", 1),
)
_GAUGES = (
    ("running", "cellblock_executions_running", "Executions that have a slot"),
    ("waiting", "cellblock_executions_waiting", "Executions with a slot that wait for a timer or a host call"),
    ("queued", "cellblock_executions_queued", "Requests that wait for a slot"),
)
_HISTOGRAMS = (
    ("execution", "cellblock_execution_duration_seconds", "From the slot to the outcome"),
    ("queue", "cellblock_queue_duration_seconds", "The wait for a slot"),
)


class _Node:
    """The figures at one moment, as prometheus_client collects them."""

    def __init__(
        self, figures: NodeFigures, memory: NodeMemory, loads: LoadState, differences: Iterable[Difference]
    ) -> None:
        self._figures = figures
        self._memory = memory
        self._loads = loads
        self._differences = differences

    def collect(self) -> Iterable[Metric]:
        counts = self._figures.counts()
        yield InfoMetricFamily("cellblock", "The service", value={"version": version()})
        yield _requests(counts)
        for figure, name, text, divisor in _COUNTERS:
            value = counts[figure] / divisor if divisor > 1 else counts[figure]
            yield CounterMetricFamily(name, text, value=value)
        for figure, name, text in _GAUGES:
            yield GaugeMetricFamily(name, text, value=counts[figure])
        for figure, name, text in _HISTOGRAMS:
            yield _histogram(counts, figure, name, text)
        yield from self._policies()
        yield from self._decisions(counts)
        yield from self._node()

    def _policies(self) -> Iterable[Metric]:
        loads = self._loads
        yield InfoMetricFamily(
            "cellblock_policies", "The policies in force, by their digest", value={"digest": loads.digest}
        )
        yield GaugeMetricFamily(
            "cellblock_policies_newest_in_force", "1, or 0 while the newest policies are refused",
            value=loads.last_error is None,
        )  # fmt: skip
        yield GaugeMetricFamily(
            "cellblock_policies_loaded_timestamp_seconds", "When the policies in force were loaded, Unix time",
            value=loads.loaded_unix_s,
        )  # fmt: skip
        yield CounterMetricFamily("cellblock_policies_loads", "Policies that were loaded", value=loads.loads)
        yield CounterMetricFamily("cellblock_policies_failed_loads", "Policies that were refused", value=loads.failures)

    def _decisions(self, counts: Mapping[str, int]) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "cellblock_policies_audited", "Policies that only watch today, and let through what no grant names",
            value=self._figures.audited_policies,
        )  # fmt: skip
        decisions = CounterMetricFamily(
            "cellblock_decisions", "Calls that a policy was asked about; `audited` were let through by an audit alone",
            labels=["capability", "decision"],
        )  # fmt: skip
        for capability in CAPABILITIES:
            for way in DECISIONS:
                decisions.add_metric([capability, way], counts[f"{way} {capability}"])
        yield decisions
        candidates = self._loads.shadow
        yield GaugeMetricFamily(
            "cellblock_shadow_policies", "Candidate policies that are asked beside those in force",
            value=candidates.policies if candidates is not None else 0,
        )  # fmt: skip
        yield GaugeMetricFamily(
            "cellblock_shadow_newest_asked", "1, or 0 while the newest candidate policies are refused",
            value=candidates is None or candidates.last_error is None,
        )  # fmt: skip
        shadow = CounterMetricFamily(
            "cellblock_shadow_differences", "Calls about which a candidate policy says something else",
            labels=["policy", "capability", "would"],
        )  # fmt: skip
        for each in self._differences:
            shadow.add_metric([each.policy, each.capability, each.would], each.count)
        yield shadow

    def _node(self) -> Iterable[Metric]:
        memory = self._memory
        yield GaugeMetricFamily("cellblock_executions_max", "Slots of the node", value=self._figures.running_max)
        yield GaugeMetricFamily(
            "cellblock_rate_store_up", "Whether what counts rates answers the worker", value=self._figures.rates_up
        )
        yield GaugeMetricFamily("cellblock_workers", "Worker processes that live", value=memory.workers)
        yield GaugeMetricFamily("cellblock_resident_memory_bytes", "RSS of all workers", value=memory.rss)
        if memory.pss is not None:
            yield GaugeMetricFamily("cellblock_proportional_memory_bytes", "PSS of all workers", value=memory.pss)
        yield GaugeMetricFamily(
            "cellblock_execution_memory_bytes", "Memory set aside for executions", value=memory.executions
        )
        yield GaugeMetricFamily(
            "cellblock_execution_memory_max_bytes", "Memory that executions may have together",
            value=memory.executions_max,
        )  # fmt: skip
        yield GaugeMetricFamily(
            "cellblock_start_time_seconds", "When the node began, Unix time", value=self._figures.began_unix_s
        )


def _requests(counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(
        "cellblock_requests", "Requests for executions, by how they were answered", labels=["outcome"]
    )
    family.add_metric(["success"], counts["successful"])
    for kind in ERROR_TYPES:
        family.add_metric([kind], counts[f"error {kind}"])
    return family


def _histogram(counts: Mapping[str, int], figure: str, name: str, text: str) -> Metric:
    family = HistogramMetricFamily(name, text)
    total, buckets = 0, []
    for index, bound in enumerate((*map(str, BUCKETS_S), "+Inf")):
        total += counts[f"{figure} {index}"]
        buckets.append((bound, total))
    family.add_metric([], buckets=buckets, sum_value=counts[f"{figure} us"] / 1e6)
    return family


def metrics_routes(figures: NodeFigures, loads: Callable[[], LoadState]) -> list[HTTPRouteHandler]:
    """The routes of this file."""

    @get("/metrics", summary="Figures for Prometheus", response_description="The whole node.", media_type="text/plain")
    async def metrics() -> Response[bytes]:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Node(figures, await figures.memory(), loads(), await figures.differences()))
        return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})

    return [metrics]
