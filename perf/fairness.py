"""What a tenant with small requests feels of another one that burns all it can."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

import msgspec

from perf.background import Tenant, busy
from perf.blocks import LODASH, TRIVIAL, Block, answer_problem
from perf.client import http_request
from perf.contestants import EMPTY_LITESTAR, OURS, WORKERS, serving
from perf.errors import Unavailable
from perf.load import PATH
from perf.loops import Tally, closed_loop
from perf.options import Options
from perf.processes import cores_used, wait_until_idle
from perf.report import Report, Table, Target
from perf.rounds import Ratio, interleave, paired_ratio
from perf.service import TOKENS, Service, service

NAME = "fairness"
SUMMARY = "p50 and p99 of a light principal, alone and while a heavy one keeps 64 executions burning"
ROUNDS = 3
HEAVY_CONNECTIONS = 64
HEAVY_TIMEOUT_MS = 5000
P99_RATIO_MAX = 3
SETTLE_SECONDS = 0.5
WARM_UP_SECONDS = 1.0
COLUMNS = ("server, light load", "p50 ms", "p99 ms", "req/s", "p50 ÷ alone", "p99 ÷ alone", "req/s ÷ alone", "wrong")
HEAVY_COLUMNS = ("situation", "cores that the server keeps busy", "its answers, round by round")

ALONE = "alone"
HEAVY = {
    "64 endless loops": "for(;;);",
    "64 in short bursts": "for(;;) { for (let i = 0; i < 1e4; i++); await new Promise(r => setTimeout(r, 0)); }",
    "64 growing in memory": "const all = []; for(;;) all.push(new Array(10000).fill(1));",
}
SITUATIONS = (ALONE, *HEAVY)


class Light(msgspec.Struct, frozen=True):
    """A load of small requests on one of the servers."""

    server: str
    block: Block
    connections: int

    @property
    def title(self) -> str:
        plural = "s" if self.connections > 1 else ""
        return f"{self.server}, {self.block.name}, {self.connections} connection{plural}"


OURS_LOADS = tuple(Light(OURS.name, block, connections) for block in (TRIVIAL, LODASH) for connections in (1, 4))
FLOOR_LOADS = tuple(Light(EMPTY_LITESTAR.name, TRIVIAL, connections) for connections in (1, 4))


class Measured(msgspec.Struct):
    """Rounds by situation and load, what the heavy one got, and what could not be had."""

    tallies: dict[str, dict[str, list[Tally]]] = {}
    heavy: dict[str, list[str]] = {}
    cores: dict[str, list[float]] = {}
    absent: dict[str, str] = {}

    def of(self, situation: str, load: Light) -> list[Tally]:
        return self.tallies.setdefault(situation, {}).setdefault(load.title, [])

    def ratio(self, situation: str, load: Light, share: float) -> Ratio | None:
        """Of a percentile, over the same round's alone."""
        with_heavy, alone = (
            [tally.ms(share) or float("inf") for tally in self.of(each, load)] for each in (situation, ALONE)
        )
        return paired_ratio(with_heavy, alone)

    def throughput_ratio(self, situation: str, load: Light) -> Ratio | None:
        return paired_ratio(*([tally.per_s for tally in self.of(each, load)] for each in (situation, ALONE)))


def run(options: Options) -> Report:
    found = Measured()
    with ExitStack() as stack:
        try:
            ours = stack.enter_context(service(WORKERS, memory="64MiB"))
            if problem := answer_problem(ours.port, LODASH):
                raise Unavailable(problem)
        except Unavailable as reason:
            found.absent[OURS.name] = str(reason)
        else:
            _measure(ours, _floor(stack, found), options, found)
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[*(_table(situation, found) for situation in SITUATIONS), _heavy_table(found)],
        targets=[_target(found, situation, load) for situation in HEAVY for load in OURS_LOADS],
        notes=_notes(options),
        samples={"fairness": found},
    )


def _floor(stack: ExitStack, found: Measured) -> int | None:
    """The port of the baseline, where it can be had."""
    try:
        return stack.enter_context(serving(EMPTY_LITESTAR))
    except Unavailable as reason:
        found.absent[EMPTY_LITESTAR.name] = str(reason)
        return None


def _measure(ours: Service, floor_port: int | None, options: Options, found: Measured) -> None:
    ports = {OURS.name: ours.port} | ({} if floor_port is None else {EMPTY_LITESTAR.name: floor_port})
    loads = [load for load in (*OURS_LOADS, *FLOOR_LOADS) if load.server in ports]
    for load in loads:
        closed_loop(ports[load.server], _request(load), load.connections, WARM_UP_SECONDS)
    for situation in interleave(SITUATIONS, options.rounds_or(ROUNDS)):
        wait_until_idle(ours.pid)
        with _situation(situation, ours) as tenant:
            found.cores.setdefault(situation, []).append(cores_used(ours.pid, SETTLE_SECONDS))
            for load in loads:
                tally = closed_loop(ports[load.server], _request(load), load.connections, options.seconds)
                found.of(situation, load).append(tally)
        got = ", ".join(f"{count:,} × {kind}" for kind, count in sorted(tenant.counts.items()))
        found.heavy.setdefault(situation, []).append(got)


@contextmanager
def _situation(situation: str, ours: Service) -> Iterator[Tenant]:
    if situation == ALONE:
        yield Tenant()
        return
    request = ours.request("heavy", code=HEAVY[situation], timeoutMs=HEAVY_TIMEOUT_MS)
    with busy(ours.port, request, HEAVY_CONNECTIONS) as tenant:
        yield tenant


def _request(load: Light) -> bytes:
    return http_request("POST", PATH, load.block.body, TOKENS["light"])


def _table(situation: str, found: Measured) -> Table:
    return Table(f"The light one: {situation}", COLUMNS, [_row(situation, load, found) for load in _all_loads()])


def _all_loads() -> tuple[Light, ...]:
    return (*OURS_LOADS, *FLOOR_LOADS)


def _row(situation: str, load: Light, found: Measured) -> tuple[str, ...]:
    tallies = found.of(situation, load)
    if not tallies:
        reason = found.absent.get(load.server, "not measured")
        return load.title, f"cannot be measured: {reason}", *[""] * (len(COLUMNS) - 2)
    latencies = [_median_ms(tallies, share) for share in (0.5, 0.99)]
    ratios: list[Ratio | None] = [None] * 3
    if situation != ALONE:
        ratios = [found.ratio(situation, load, share) for share in (0.5, 0.99)]
        ratios.append(found.throughput_ratio(situation, load))
    rate = median(tally.per_s for tally in tallies)
    return load.title, *latencies, f"{rate:,.0f}", *(str(ratio or "") for ratio in ratios), _wrong(tallies) or "0"


def _median_ms(tallies: list[Tally], share: float) -> str:
    return f"{median(tally.ms(share) or float('inf') for tally in tallies):.2f}"


def _wrong(tallies: list[Tally]) -> str:
    """What came back beside right answers."""
    wrong: dict[str, int] = {}
    for tally in tallies:
        for kind, count in tally.others_than("200").items():
            wrong[kind] = wrong.get(kind, 0) + count
    return ", ".join(f"{count} × {kind}" for kind, count in wrong.items())


def _heavy_table(found: Measured) -> Table:
    rows = [
        (situation, f"{median(found.cores[situation]):.2f}", "; ".join(found.heavy.get(situation, [])))
        for situation in found.cores
    ]
    return Table("The heavy one", HEAVY_COLUMNS, rows)


def _target(found: Measured, situation: str, load: Light) -> Target:
    ratio = found.ratio(situation, load, 0.99)
    return Target(
        what=f"p99 over p99 alone, {load.block.name} × {load.connections}, {situation}",
        bound=P99_RATIO_MAX,
        value=ratio.median if ratio else None,
        blocked=_wrong([*found.of(situation, load), *found.of(ALONE, load)]),
    )


def _notes(options: Options) -> list[str]:
    return [
        f"{options.rounds_or(ROUNDS)} rounds, {options.seconds:g} s for each load in each situation; situations in "
        "turn, ratios inside a round, medians of the rounds (least–most). Both principals have the same policy.",
        f"The heavy one sends again as its executions end ({HEAVY_TIMEOUT_MS} ms at the most), from its own process.",
        "empty_litestar runs nothing and is under no load of the heavy one's. Alone it is what the client and the HTTP "
        "stack cost; beside the heavy one it is what sharing the cores with our busy server costs any server here.",
        "req/s ÷ alone is the share of its throughput that the light one keeps.",
    ]
