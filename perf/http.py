"""Requests per second and latency over HTTP, against what people run today."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median

import msgspec

from perf import packages
from perf.blocks import LODASH, TRIVIAL, Block, answer_problem
from perf.contestants import (
    EMPTY_LITESTAR,
    EVERYONE,
    ISOLATED_VM,
    NODE_VM,
    NODE_VM_TIMEOUT,
    OURS,
    Contestant,
    serving,
)
from perf.errors import LoadFailed, Unavailable
from perf.load import Load, drive, pick_loader
from perf.options import Options
from perf.report import Report, Table, Target
from perf.rounds import interleave, paired_ratio

NAME = "http"
SUMMARY = "requests/s and latency of the service against node:vm and isolated-vm"
ROUNDS = 3
WARM_UP_SECONDS = 1.0
COLUMNS = ("contestant", "req/s", "p50 ms", "p99 ms", "max ms", "errors", "cellblock ÷ it, req/s")


class Workload(msgspec.Struct, frozen=True):
    block: Block
    connections: int

    @property
    def title(self) -> str:
        return f"{self.block.name}, {self.connections} connection{'s' if self.connections > 1 else ''}"


ONE = Workload(TRIVIAL, 1)
MANY = Workload(TRIVIAL, 32)
CROWD = Workload(TRIVIAL, 256)
LIBRARY = Workload(LODASH, 32)
WORKLOADS = (ONE, MANY, CROWD, LIBRARY)


class Measured(msgspec.Struct):
    """The rounds of everyone who took part in one workload, and why others did not."""

    loads: dict[str, list[Load]] = {}
    absent: dict[str, str] = {}

    def rates(self, contestant: Contestant) -> list[float]:
        return [load.requests_per_s for load in self.loads.get(contestant.name, [])]


def run(options: Options) -> Report:
    loader = pick_loader(options.loader)
    with _servers() as (ports, absent):
        measured = {load.title: _measure(load, ports, absent, options, loader) for load in WORKLOADS}
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[_table(title, found) for title, found in measured.items()],
        targets=_targets(measured),
        notes=[
            f"Load by {loader}, {options.rounds_or(ROUNDS)} rounds of {options.seconds:g} s each, contestants in turn; "
            "figures are medians of the rounds, ratios medians of the per-round ratios (least–most).",
            packages.describe(),
            *(f"{contestant.name}: {contestant.what}." for contestant in EVERYONE),
        ],
        samples=dict(measured),
    )


@contextmanager
def _servers() -> Iterator[tuple[dict[str, int], dict[str, str]]]:
    """Everyone who can be had, started: port by name, and the reason by name for those who cannot."""
    ports: dict[str, int] = {}
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        for contestant in EVERYONE:
            try:
                ports[contestant.name] = stack.enter_context(serving(contestant))
            except Unavailable as reason:
                absent[contestant.name] = str(reason)
        yield ports, absent


def _measure(
    workload: Workload, ports: dict[str, int], absent: dict[str, str], options: Options, loader: str
) -> Measured:
    found = Measured(absent=dict(absent))
    fit = [name for name in ports if _warmed_up(name, workload, ports[name], found, loader)]
    for name in interleave(fit, options.rounds_or(ROUNDS)) if fit else ():
        if name not in found.absent:
            _load_once(name, workload, ports[name], options, loader, found)
    return found


def _load_once(name: str, workload: Workload, port: int, options: Options, loader: str, found: Measured) -> None:
    block, connections = workload.block, workload.connections
    try:
        load = drive(port, block.body, connections=connections, seconds=options.seconds, loader=loader)
    except LoadFailed as error:
        # Its other rounds have no partners any more, so they go too.
        found.absent[name] = str(error)
        found.loads.pop(name, None)
    else:
        found.loads.setdefault(name, []).append(load)


def _warmed_up(name: str, workload: Workload, port: int, found: Measured, loader: str) -> bool:
    """Who answers wrongly is not measured: a wrong answer can be arbitrarily fast."""
    # The baseline runs nothing, so that its answer cannot be right for every block.
    if name != EMPTY_LITESTAR.name and (problem := answer_problem(port, workload.block)):
        found.absent[name] = problem
        return False
    try:
        drive(port, workload.block.body, connections=workload.connections, seconds=WARM_UP_SECONDS, loader=loader)
    except LoadFailed as error:
        found.absent[name] = str(error)
    return name not in found.absent


def _table(title: str, found: Measured) -> Table:
    rows = []
    for contestant in EVERYONE:
        if loads := found.loads.get(contestant.name):
            ratio = paired_ratio(found.rates(OURS), found.rates(contestant)) if contestant is not OURS else None
            rows.append(_row(contestant.name, loads, str(ratio or "")))
        else:
            reason = found.absent.get(contestant.name, "not measured")
            rows.append((contestant.name, f"not measured: {reason}", "", "", "", "", ""))
    return Table(title, COLUMNS, rows)


def _row(name: str, loads: Sequence[Load], ratio: str) -> tuple[str, ...]:
    rate = median(load.requests_per_s for load in loads)
    latencies = [f"{median(getattr(load, field) for load in loads):.2f}" for field in ("p50_ms", "p99_ms", "max_ms")]
    return name, f"{rate:,.0f}", *latencies, str(sum(load.errors for load in loads)), ratio


def _targets(measured: dict[str, Measured]) -> list[Target]:
    ours_alone = [load.p50_ms for load in measured[ONE.title].loads.get(OURS.name, [])]
    return [
        _at_least(measured, MANY, NODE_VM, 1.3),
        _at_least(measured, MANY, NODE_VM_TIMEOUT, 1.3),
        _at_least(measured, MANY, ISOLATED_VM, 20),
        _at_least(measured, LIBRARY, ISOLATED_VM, 5),
        Target(
            what=f"p50, {ONE.title}",
            bound=0.4,
            value=median(ours_alone) if ours_alone else None,
            unit="ms",
            blocked=_wrong(measured[ONE.title]),
        ),
    ]


def _at_least(measured: dict[str, Measured], workload: Workload, peer: Contestant, bound: float) -> Target:
    found = measured[workload.title]
    ratio = paired_ratio(found.rates(OURS), found.rates(peer))
    return Target(
        what=f"req/s over {peer.name}'s, {workload.title}",
        bound=bound,
        value=ratio.median if ratio else None,
        at_least=True,
        blocked=_wrong(found),
    )


def _wrong(found: Measured) -> str:
    """A target does not count as met when one of our answers was wrong."""
    errors = sum(load.errors for load in found.loads.get(OURS.name, []))
    return f"{errors} wrong answers" if errors else ""
