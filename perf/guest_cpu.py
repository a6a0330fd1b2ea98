"""How fast guest code runs, against the same QuickJS-ng compiled natively."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from perf import ours
from perf.errors import Unavailable
from perf.options import Options
from perf.report import Report, Table, Target
from perf.rounds import Ratio, geometric_mean, interleave, paired_ratio

NAME = "guest_cpu"
SUMMARY = "time of eight CPU-bound programs in the guest against the same QuickJS-ng compiled natively"
ROUNDS = 5
PROGRAMS = Path(__file__).parent / "programs"
EXPECTS = "// expects: "
FUEL = 1_000_000_000_000
"""Forty seconds or so: no program may end for want of it."""

COLUMNS = ("program", "native ms", "cellblock ms", "cellblock ÷ native")
RunBlock = Callable[[str], bytes]
"""Executes a function body on empty input, and returns its result as JSON text."""


class Program(msgspec.Struct, frozen=True):
    name: str
    code: str
    expected: Any


class Measured(msgspec.Struct):
    """In milliseconds."""

    native: list[float] = []
    cellblock: list[float] = []

    @property
    def ratio(self) -> Ratio | None:
        return paired_ratio(self.cellblock, self.native)


def run(options: Options) -> Report:
    engines, absent = _engines()
    found = {program.name: _measure(program, engines, options.rounds_or(ROUNDS)) for program in _programs()}
    ratios = [each.ratio.median for each in found.values() if each.ratio]
    mean = geometric_mean(ratios) if ratios else None
    rows = [_row(name, each) for name, each in found.items()]
    rows.append(("geometric mean", "", "", f"{mean:.2f}×" if mean else ""))
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[Table("Guest CPU", COLUMNS, rows)],
        targets=[Target("geometric mean of the ratios", 1.3, mean)],
        notes=[
            "Below 1 is faster than native. Both sides run an async function body and parse and compile it in the "
            "time taken; the native side's context is made before, ours is instantiated within, metered by fuel.",
            *(f"{name} not measured: {reason}" for name, reason in absent.items()),
        ],
        samples=dict(found),
    )


def _programs() -> list[Program]:
    programs = []
    for path in sorted(PROGRAMS.glob("*.js")):
        code = path.read_text()
        first = code.split("\n", 1)[0]
        assert first.startswith(EXPECTS), f"{path.name} does not begin with what it expects"
        programs.append(Program(path.stem, code, msgspec.json.decode(first.removeprefix(EXPECTS))))
    return programs


def _engines() -> tuple[dict[str, Callable[[], RunBlock]], dict[str, str]]:
    """For each engine that can be had, what prepares one execution; and the reason for each that cannot."""
    engines: dict[str, Callable[[], RunBlock]] = {}
    absent: dict[str, str] = {}
    for name, opened in (("native", _open_native), ("cellblock", _open_ours)):
        try:
            engines[name] = opened()
        except Unavailable as reason:
            absent[name] = str(reason)
    return engines, absent


def _open_ours() -> Callable[[], RunBlock]:
    try:
        ours.open_runtime()
    except SystemExit as reason:
        raise Unavailable(str(reason)) from reason
    return lambda: lambda code: ours.run_block(code, b"{}", FUEL)


def _open_native() -> Callable[[], RunBlock]:
    try:
        import quickjs
    except ImportError as error:
        raise Unavailable("the package quickjs-ng is not installed") from error
    return lambda: _native_block(quickjs.Context())


def _native_block(context: Any) -> RunBlock:
    def run_block(code: str) -> bytes:
        context.eval(
            f"(async function (input) {{{code}\n}})({{}}).then("
            "(value) => { globalThis.outcome = JSON.stringify(value); },"
            "(error) => { globalThis.outcome = JSON.stringify(String(error)); });"
        )
        while context.execute_pending_job():
            pass
        return context.get("outcome").encode()

    return run_block


def _measure(program: Program, engines: dict[str, Callable[[], RunBlock]], rounds: int) -> Measured:
    found = Measured()
    # The first execution of each is for the caches, and is not counted.
    for name in engines:
        _timed(program, engines[name]())
    for name in interleave(list(engines), rounds) if engines else ():
        getattr(found, name).append(_timed(program, engines[name]()))
    return found


def _timed(program: Program, run_block: RunBlock) -> float:
    """Milliseconds of one execution, whose result must be right."""
    began_at = time.perf_counter()
    text = run_block(program.code)
    elapsed_ms = (time.perf_counter() - began_at) * 1000
    result = msgspec.json.decode(text)
    assert result == program.expected, f"{program.name} gave {result}, expected {program.expected}"
    return elapsed_ms


def _row(name: str, found: Measured) -> tuple[str, ...]:
    times = [f"{median(samples):.0f}" if samples else "not measured" for samples in (found.native, found.cellblock)]
    return name, *times, str(found.ratio or "")
