"""The benchmarks, by name. A new one is a module with NAME, SUMMARY and run(options), and a place in this list."""

from collections.abc import Callable
from typing import Protocol

<<<<<<< HEAD
from perf import execution, guest_cpu, http, policy, startup, waiting
=======
from perf import execution, fairness, guest_cpu, http, overload, startup, timeouts, waiting
>>>>>>> perf3
from perf.options import Options
from perf.report import Report


class Benchmark(Protocol):
    NAME: str
    SUMMARY: str
    run: Callable[[Options], Report]


<<<<<<< HEAD
BENCHMARKS: tuple[Benchmark, ...] = (execution, http, startup, guest_cpu, waiting, policy)
=======
BENCHMARKS: tuple[Benchmark, ...] = (execution, http, startup, guest_cpu, waiting, fairness, overload, timeouts)
>>>>>>> perf3
BY_NAME = {benchmark.NAME: benchmark for benchmark in BENCHMARKS}
