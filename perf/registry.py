"""The benchmarks, by name. A new one is a module with NAME, SUMMARY and run(options), and a place in this list."""

from collections.abc import Callable
from typing import Protocol

from perf import (
    crypto,
    execution,
    fairness,
    fetch,
    guest_cpu,
    http,
    modules,
    overload,
    policy,
    startup,
    timeouts,
    waiting,
    xlsx,
)
from perf.options import Options
from perf.report import Report


class Benchmark(Protocol):
    NAME: str
    SUMMARY: str
    run: Callable[[Options], Report]


BENCHMARKS: tuple[Benchmark, ...] = (
    execution, http, startup, guest_cpu, modules, crypto, xlsx, waiting, fetch, fairness, overload, timeouts, policy,
)  # fmt: skip
BY_NAME = {benchmark.NAME: benchmark for benchmark in BENCHMARKS}
