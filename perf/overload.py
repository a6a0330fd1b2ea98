"""Ten times more than the service can do, for half a minute: what it answers, gets done and holds."""

from collections.abc import Sequence
from statistics import median

import msgspec

from perf.blocks import TRIVIAL
from perf.contestants import WORKERS
from perf.errors import Unavailable
from perf.load import PATH
from perf.loops import Tally, closed_loop, in_turn, open_loop
from perf.options import Options
from perf.processes import Held, held_by_all, others, sampling, wait_until_idle
from perf.report import Report, Table, Target
from perf.service import Executions, Service, executions_of, service

NAME = "overload"
SUMMARY = "ten times the capacity offered for 30 s: answers, throughput, memory, and the first requests after it"
FACTOR = 10
ROUNDS_OF_SECONDS = 6
"""The overload lasts so many times `--seconds`: 30 s by default."""

SLOTS = 32
QUEUE_TIMEOUT_MS = 2000
SETTINGS = {"MAX_CONCURRENT_EXECUTIONS": str(SLOTS), "QUEUE_TIMEOUT_MS": str(QUEUE_TIMEOUT_MS)}
DRAIN_SECONDS = 30.0
CONCURRENCIES = (2, 4, 8, 16, 32, 64)
FIRST_REQUESTS = 20
CPU_MS, SLEEP_MS = 20, 200
CALIBRATION_TURNS = 1_000_000
ALLOWED = ("200", "429 RateLimitError", "503 ConcurrencyError")
THROUGHPUT_RATIO_MIN, MEMORY_RATIO_MAX, FIRST_RATIO_MAX = 0.8, 1.15, 1.25

LOOP = "let sum = 0; for (let i = 0; i < TURNS; i++) sum += i; return sum"
SLEEP = f"await new Promise(wake => setTimeout(wake, {SLEEP_MS})); return 1"
LOADS = {f"{CPU_MS} ms of CPU": LOOP, f"{SLEEP_MS} ms of waiting": SLEEP}


class Timed(msgspec.Struct):
    """Of an answer its CPU time."""

    usage: dict[str, float]


class Measured(msgspec.Struct):
    """One load. Latencies are in ms."""

    what: str
    peaks: dict[int, float] = {}
    tally: Tally = msgspec.field(default_factory=Tally)
    samples: list[Held] = []
    settled: Held = msgspec.field(default_factory=Held)
    first_before_ms: list[float] = []
    first_after_ms: list[float] = []
    peak_after: float | None = None
    """Successes a second afterwards, at the number of connections that was best before."""

    cores_of_others: float | None = None
    counted: str = ""
    problem: str = ""

    @property
    def peak_per_s(self) -> float:
        return max(self.peaks.values(), default=0.0)

    @property
    def throughput_ratio(self) -> float | None:
        """Over the better of before and after: a machine that was slower for a while must not make the peak small."""
        peak_per_s = max(self.peak_per_s, self.peak_after or 0)
        return self.tally.per_s / peak_per_s if self.tally.seconds and peak_per_s else None

    @property
    def memory_ratio(self) -> float | None:
        """The most that is held in the last third of the overload, over the most in the first: 1 if it is bounded."""
        return growth([sample.pss_kib for sample in self.samples])

    @property
    def first_ratio(self) -> float | None:
        if not (self.first_before_ms and self.first_after_ms):
            return None
        return median(self.first_after_ms) / median(self.first_before_ms)


def growth(samples: Sequence[float]) -> float | None:
    """The largest of the last third over the largest of the first third, without the very first, which is from before
    the load."""
    loaded = samples[1:]
    third = len(loaded) // 3
    return max(loaded[-third:]) / max(loaded[:third]) if third else None


def run(options: Options) -> Report:
    measured = [_load(what, code, options) for what, code in LOADS.items()]
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[_table(found) for found in measured],
        targets=[target for found in measured for target in _targets(found)],
        notes=_notes(options),
        samples={found.what: found for found in measured},
    )


def _load(what: str, code: str, options: Options) -> Measured:
    """One load on a server of its own, so that what another leaves behind does not count."""
    found = Measured(what)
    try:
        with service(WORKERS, SETTINGS) as ours:
            _measure(found, code.replace("TURNS", str(_turns(ours))), ours, options)
    except Unavailable as reason:
        found.problem = str(reason)
    return found


def _turns(ours: Service) -> int:
    """How many turns of the loop take CPU_MS on this machine today: by the least of three."""
    body = msgspec.json.encode({"code": LOOP.replace("TURNS", str(CALIBRATION_TURNS))})
    took_ms = min(msgspec.convert(ours.ask("POST", PATH, body=body), Timed).usage["cpuMs"] for _ in range(3))
    return round(CALIBRATION_TURNS * CPU_MS / took_ms)


def _measure(found: Measured, code: str, ours: Service, options: Options) -> None:
    request = ours.request("light", code=code)
    closed_loop(ours.port, request, SLOTS, 1.0)
    for concurrency in CONCURRENCIES:
        found.peaks[concurrency] = closed_loop(ours.port, request, concurrency, options.seconds).per_s
    if not found.peak_per_s:
        raise Unavailable(f"nothing succeeds: {closed_loop(ours.port, request, 1, options.seconds).words()}")
    found.first_before_ms = _first_requests(ours)
    before = _executions(ours)
    seconds = options.seconds * ROUNDS_OF_SECONDS
    with sampling(ours.pid) as found.samples, others(ours.pid) as of_others:
        found.tally = open_loop(ours.port, request, FACTOR * found.peak_per_s, seconds, DRAIN_SECONDS)
    found.counted = _counted(before, _executions(ours), found.tally)
    found.first_after_ms = _first_requests(ours)
    found.settled = held_by_all(ours.pid)
    found.cores_of_others = of_others[0]
    best = max(found.peaks, key=found.peaks.__getitem__)
    found.peak_after = closed_loop(ours.port, request, best, options.seconds).per_s


def _first_requests(ours: Service) -> list[float]:
    """The first ones after a pause, on one connection, in ms."""
    wait_until_idle(ours.pid)
    return in_turn(ours.port, ours.request_of("light", TRIVIAL.body), FIRST_REQUESTS).latencies_ms


def _executions(ours: Service) -> Executions | str:
    """What /flow/status says, or why it says nothing."""
    try:
        return executions_of(ours)
    except Unavailable as reason:
        return str(reason)


def _counted(before: Executions | str, after: Executions | str, tally: Tally) -> str:
    """Whether the service counted as many successes as the client."""
    if isinstance(before, str) or isinstance(after, str):
        return f"cannot be measured: {before if isinstance(before, str) else after}"
    theirs = after.successful - before.successful
    agree = "as the client" if theirs == tally.successes else f"the client {tally.successes:,}"
    return f"{theirs:,} successes, {agree}; {after.current_executions} running and {after.queue_length} waiting now"


def _table(found: Measured) -> Table:
    title, columns = f"Overload with {found.what} each", ("what", "value")
    if found.problem:
        return Table(title, columns, [("cellblock", f"cannot be measured: {found.problem}")])
    tally = found.tally
    peaks = ", ".join(f"{per_s:,.0f} at {connections}" for connections, per_s in found.peaks.items())
    rows = [
        ("capacity, successes/s by connections", peaks),
        ("the same afterwards, at the best of them", f"{found.peak_after or 0:,.0f}"),
        ("cores that others kept busy during the overload", f"{found.cores_of_others or 0:.2f}"),
        ("offered", f"{tally.offered:,}, {tally.offered / tally.seconds:,.0f}/s for {tally.seconds:.0f} s"),
        ("answers", tally.words()),
        ("not offered for want of connections; latest sent, ms", f"{tally.not_offered:,}; {tally.late_ms:.0f}"),
        ("successes/s under overload", f"{tally.per_s:,.0f}"),
        ("accepted: p50, p99, max ms", ", ".join(f"{tally.ms(share) or 0:,.0f}" for share in (0.5, 0.99, 1.0))),
        ("refused: p50, p99, max ms", ", ".join(f"{tally.refused_ms(share) or 0:,.1f}" for share in (0.5, 0.99, 1.0))),
        ("all processes before, MiB PSS", _held(found.samples[:1])),
        ("most in the first third, MiB PSS", _held(found.samples[1 : 1 + (len(found.samples) - 1) // 3])),
        ("most of all", _held(found.samples)),
        ("after it", _held([found.settled])),
        ("first requests before, p50 ms", f"{median(found.first_before_ms or [0]):.2f}"),
        ("first requests after, p50 ms", f"{median(found.first_after_ms or [0]):.2f}"),
        ("/flow/status", found.counted),
    ]
    return Table(title, columns, rows)


def _held(samples: list[Held]) -> str:
    if not samples:
        return "no samples: the overload was too short"
    most = max(samples, key=lambda sample: sample.pss_kib)
    return f"{most.pss_kib / 1024:,.0f} (RSS {most.rss_kib / 1024:,.0f}, {most.threads} threads, {most.files} files)"


def _targets(found: Measured) -> list[Target]:
    tally = found.tally
    wrong = sum(tally.others_than(*ALLOWED).values()) if tally.offered else None
    return [
        Target(f"answers other than 200, 429, 503; {found.what}", 0, wrong, unit="answers"),
        Target(
            f"successes/s over the peak; {found.what}", THROUGHPUT_RATIO_MIN, found.throughput_ratio, at_least=True,
            blocked=f"{tally.not_offered:,} not offered" if tally.not_offered else "",
        ),
        Target(f"memory, last third over first third; {found.what}", MEMORY_RATIO_MAX, found.memory_ratio),
        Target(f"first requests after over before, p50; {found.what}", FIRST_RATIO_MAX, found.first_ratio),
    ]  # fmt: skip


def _notes(options: Options) -> list[str]:
    return [
        f"{WORKERS} workers, {SLOTS} slots, {QUEUE_TIMEOUT_MS} ms in the queue. Capacity is the most successes a "
        f"second over {options.seconds:g} s of a closed loop at one of {', '.join(map(str, CONCURRENCIES))} "
        f"connections; then {FACTOR} times that goes out by the clock for "
        f"{options.seconds * ROUNDS_OF_SECONDS:g} s, over as many connections as it takes.",
        "Successes/s counts what was answered while requests still went out. The generator is one Python process "
        "beside the server, and takes its share of the cores.",
        "Successes/s over the peak: the peak is the better one of before and after. Cores of others: what neither the "
        "server nor the generator used; well above 0 means that the figures are disturbed.",
        f"First requests: {FIRST_REQUESTS} one after the other on a new connection, once the server is idle.",
        "What has no answer within half a minute after the overload counts as `no answer`.",
    ]
