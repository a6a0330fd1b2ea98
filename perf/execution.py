"""What one execution costs from Python, and how much of it is instantiation."""

import time
from collections.abc import Callable
from statistics import median

from perf import ours
from perf.options import Options
from perf.report import Report, Table, Target

NAME = "execution"
SUMMARY = "instantiating a fresh guest, and whole executions from Python, in microseconds"
ROUNDS = 7
REPEATS = 1000
"""Executions in a row between two looks at the clock."""

BLOCKS = {
    "one-liner": ("return input.a + 1", b'{"a":41}', b"42"),
    "one-liner with a console call": ("console.log('hi'); return input.a + 1", b'{"a":41}', b"42"),
    "one-liner with await": ("return await input.a + 1", b'{"a":41}', b"42"),
    "lodash": ("return require('lodash').chunk([1, 2, 3], 2)", b"{}", b"[[1,2],[3]]"),
    "dayjs": ("return require('dayjs')('2026-01-02').format('DD/MM')", b"{}", b'"02/01"'),
    "two packages": ("return [typeof require('lodash'), typeof require('qs')]", b"{}", b'["function","object"]'),
}
COLUMNS = ("what", "µs, median of rounds", "µs, best round")
ONE_LINER_US, PACKAGE_US, INSTANTIATE_US = 70, 100, 15


class _NoCalls:
    """Nothing is granted: the measured guest makes no host call."""

    def call(self, operation: int, payload: bytes) -> bytes:
        raise AssertionError("a host call")

    def start(self, operation: int, payload: bytes) -> int:
        raise AssertionError("a host call")


def run(options: Options) -> Report:
    ours.open_runtime()
    whole = {name: _executions(*block) for name, block in BLOCKS.items()}
    parts = {"instantiate (store, limits, fuel, instance)": _instantiations}
    samples: dict[str, list[float]] = {name: [] for name in (*parts, *whole)}
    for turn in range(options.rounds_or(ROUNDS) + 1):
        for name, measure in (parts | whole).items():
            value = measure()
            if turn:  # the first round is for the caches
                samples[name].append(value)
    rows = [(name, f"{median(values):.1f}", f"{min(values):.1f}") for name, values in samples.items()]
    instantiate = next(iter(parts))
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[Table("Execution", COLUMNS, rows)],
        targets=[
            Target("a fresh instance", INSTANTIATE_US, median(samples[instantiate]), "µs"),
            Target("a whole one-liner in the base image", ONE_LINER_US, median(samples["one-liner"]), "µs"),
            Target("a whole block that requires one package", PACKAGE_US, median(samples["lodash"]), "µs"),
        ],
        notes=[
            f"Each figure is the mean of {REPEATS} in a row; a whole execution includes admission, host objects, "
            "compiling the code, reading the result and giving the memory back. "
            "Instantiating alone leaves out the giving back.",
        ],
        samples=samples,
    )


def _executions(code: str, input_json: bytes, expected: bytes) -> Callable[[], float]:
    async def repeated() -> float:
        began_at = time.perf_counter()
        for _ in range(REPEATS):
            result = await ours.run_async(code, input_json)
        elapsed_s = time.perf_counter() - began_at
        assert result == expected, f"{code} gave {result!r}, expected {expected!r}"
        return elapsed_s / REPEATS * 1e6

    return lambda: ours.runtime().loop.run_until_complete(repeated())


def _instantiations() -> float:
    from host.sandbox.instance import Instance

    engine = ours.runtime().engine
    calls = _NoCalls()
    elapsed_s = 0.0
    for _ in range(REPEATS):
        began_at = time.perf_counter()
        instance = Instance(engine, engine.images["base"], ours.DEFAULT_FUEL, 64 * 1024 * 1024, calls)
        elapsed_s += time.perf_counter() - began_at
        instance.close()
    return elapsed_s / REPEATS * 1e6
