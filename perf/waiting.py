"""What executions that wait cost: a thousand at once, each asleep on a timer, in this process and over HTTP."""

import asyncio
import os
import threading
import time

from perf import ours, waiting_http
from perf.options import Options
from perf.processes import held
from perf.report import Report, Table, Target

NAME = "waiting"
SUMMARY = "memory and time of 1,000 executions that wait on a timer at once"
EXECUTIONS = 1000
SLEEP_MS = 3000
CODE = f"await new Promise((wake) => setTimeout(wake, {SLEEP_MS})); return 1"
COLUMNS = ("what", "value")
PRIVATE_KIB, TOGETHER_S = 150, 3.5


def run(_options: Options) -> Report:
    ours.open_runtime()
    loop = ours.runtime().loop
    # One round first, so that what the process keeps for good (slots, stacks, Python objects) is not counted twice.
    loop.run_until_complete(_sleep_together(100, 100))
    before_kib = private_kib()
    elapsed_s, peak_kib, threads = loop.run_until_complete(_sleep_together(EXECUTIONS, SLEEP_MS))
    over_http = waiting_http.measure(EXECUTIONS, SLEEP_MS)
    each_kib = (peak_kib - before_kib) / EXECUTIONS
    rows = [
        ("private memory before, MiB", f"{before_kib / 1024:.0f}"),
        ("private memory while all wait, MiB", f"{peak_kib / 1024:.0f}"),
        ("private memory of each, KiB", f"{each_kib:.0f}"),
        ("threads while all wait", str(threads)),
        (f"all done, s (each sleeps {SLEEP_MS / 1000:g} s)", f"{elapsed_s:.2f}"),
    ]
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[Table("1,000 waiting executions, in one process", COLUMNS, rows), waiting_http.table(over_http)],
        targets=[
            Target("private memory of a waiting execution", PRIVATE_KIB, each_kib, "KiB"),
            Target("all of them, in all", TOGETHER_S, elapsed_s, "s"),
            *waiting_http.targets(over_http, TOGETHER_S),
        ],
        notes=["Private memory is Private_Clean + Private_Dirty of /proc/self/smaps_rollup: what no one else shares."],
        samples={"http": over_http, "before_kib": before_kib, "peak_kib": peak_kib, "elapsed_s": elapsed_s},
    )


async def _sleep_together(count: int, sleep_ms: int) -> tuple[float, int, int]:
    """Seconds for all, private KiB and threads while they wait."""
    code = CODE.replace(str(SLEEP_MS), str(sleep_ms))
    began_at = time.perf_counter()
    executions = [asyncio.create_task(ours.run_async(code, b"{}")) for _ in range(count)]
    await asyncio.sleep(sleep_ms / 1000 * 0.8)
    peak_kib, threads = private_kib(), threading.active_count()
    results = await asyncio.gather(*executions)
    assert results == [b"1"] * count, "an execution gave something else than 1"
    return time.perf_counter() - began_at, peak_kib, threads


def private_kib() -> int:
    """Private memory of this process in KiB, as the kernel counts it."""
    return held(os.getpid()).private_kib
