"""How long the service takes from its start to its first right answer."""

import subprocess
import sys
import time
from statistics import median

import msgspec

from perf.blocks import TRIVIAL, answer_problem
from perf.contestants import READY_SECONDS_MAX, free_port, start_ours
from perf.errors import Unavailable
from perf.options import Options
from perf.process import Child, child
from perf.report import Report, Table, Target
from perf.rounds import interleave, paired_ratio

NAME = "startup"
SUMMARY = "seconds from spawning `serve` to the first right answer, with a warm cache"
ROUNDS = 5
POLL_SECONDS = 0.002
IMPORTS = "import litestar, granian"


class Measured(msgspec.Struct):
    """In seconds. The first start may have to compile the image, and is kept apart."""

    first: float | None = None
    serve: list[float] = []
    imports: list[float] = []
    problem: str = ""


def run(options: Options) -> Report:
    found = Measured()
    try:
        found.first = _serve()
    except Unavailable as reason:
        found.problem = str(reason)
    takes = {"imports": _imports} if found.problem else {"serve": _serve, "imports": _imports}
    for name in interleave(list(takes), options.rounds_or(ROUNDS)):
        getattr(found, name).append(takes[name]())
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[_table(found)],
        targets=[Target("spawn to first answer", 1.5, median(found.serve) if found.serve else None, unit="s")],
        notes=["The first start compiles what the cache lacks; the others find it there. Medians, taken in turn."],
        samples={"startup": found},
    )


def _serve() -> float:
    port = free_port()
    start = start_ours(port)
    began_at = time.perf_counter()
    with child(start.command, start.env) as server:
        _wait_for_answer(server, port)
        return time.perf_counter() - began_at


def _wait_for_answer(server: Child, port: int) -> None:
    give_up_at = time.monotonic() + READY_SECONDS_MAX
    while problem := answer_problem(port, TRIVIAL):
        if not server.alive:
            raise Unavailable(f"ended at the start: {server.log_tail() or 'without a word'}")
        if time.monotonic() > give_up_at:
            raise Unavailable(f"no right answer after {READY_SECONDS_MAX:g} s: {problem}")
        time.sleep(POLL_SECONDS)


def _imports() -> float:
    """The baseline: an interpreter that imports the two libraries and ends."""
    began_at = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True, timeout=READY_SECONDS_MAX)
    return time.perf_counter() - began_at


def _table(found: Measured) -> Table:
    ratio = paired_ratio(found.serve, found.imports)
    missing = f"not measured: {found.problem}"
    return Table(
        "Startup",
        ("what", "seconds", "÷ imports"),
        [
            ("first start", f"{found.first:.2f}" if found.first is not None else missing, ""),
            ("start with a warm cache", f"{median(found.serve):.2f}" if found.serve else missing, str(ratio or "")),
            (f"`python -c '{IMPORTS}'`", f"{median(found.imports):.2f}", ""),
        ],
    )
