"""``python -m perf`` lists the benchmarks; ``python -m perf NAME...`` runs some, ``python -m perf --all`` all."""

import argparse
import signal
import sys

from perf import machine
from perf.errors import LoadFailed
from perf.options import Options
from perf.registry import BENCHMARKS, BY_NAME, Benchmark
from perf.report import Report, markdown, write


def main() -> int:
    arguments = _arguments()
    if not (arguments.names or arguments.all):
        _list()
        return 0
    # A signal becomes an exception, so that every server is ended on the way out.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    options = Options(rounds=arguments.rounds, seconds=arguments.seconds, loader=arguments.loader)
    chosen = BENCHMARKS if arguments.all else [BY_NAME[name] for name in arguments.names]
    reports = _run(chosen, options)
    return 1 if arguments.check and not all(report.targets_met for report in reports) else 0


def _run(chosen: list[Benchmark] | tuple[Benchmark, ...], options: Options) -> list[Report]:
    host = machine.describe()
    print(host.markdown(), flush=True)
    reports = []
    for benchmark in chosen:
        report = benchmark.run(options)
        print(markdown(report), flush=True)
        print(f"written: {write(report, host).relative_to(machine.ROOT)}\n", file=sys.stderr)
        reports.append(report)
    return reports


def _list() -> None:
    width = max(len(name) for name in BY_NAME)
    for name, benchmark in BY_NAME.items():
        print(f"{name:{width}}  {benchmark.SUMMARY}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="perf", description="Without a name: lists the benchmarks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run")
    parser.add_argument("--all", action="store_true", help="run every benchmark")
    parser.add_argument("--rounds", type=int, help="rounds for each contestant (default: the benchmark's own)")
    parser.add_argument("--seconds", type=float, default=Options().seconds, help="length of a load round (default 5)")
    parser.add_argument("--loader", choices=("auto", "wrk", "node"), default="auto", help="who makes the HTTP load")
    parser.add_argument("--check", action="store_true", help="end with status 1 unless every target is met")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in BY_NAME]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BY_NAME)}")
    return arguments


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (LoadFailed, ValueError) as error:
        sys.exit(f"perf: {error}")
