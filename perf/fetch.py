"""What fetching costs: a GET beside the host client's own, 1,000 that wait at once, long bodies in little memory."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from host.machine import cores
from perf import ours
from perf.options import Options
from perf.process import ROOT
from perf.report import Report, Table, Target
from perf.rounds import Ratio, interleave, paired_ratio
from perf.waiting import private_kib

NAME = "fetch"
SUMMARY = "a GET beside the host client's own, 1,000 waiting on a server at once, 100 MiB either way in 32 MiB"
ROUNDS, REQUESTS = 9, 200
EXECUTIONS, LATE_MS = 1_000, 500
#: So late that all of them wait before the first has its answer.
MEMORY_LATE_MS = 5_000
LONG_BYTES, MEMORY_BYTES = 100 << 20, 32 << 20
RATIO_MAX, TOGETHER_S, PRIVATE_KIB = 2.5, 2.0, 300

#: Gives the milliseconds of one request, as the guest's clock has them.
GETS = (
    "const began = performance.now(); for (let i = 0; i < input.requests; i++)"
    " { const r = await fetch(input.url); if ((await r.json()).id !== 17) throw r }"
    " return (performance.now() - began) / input.requests"
)
WAITS = "const r = await fetch(input.url); return (await r.json()).id"
DOWNLOAD = (
    "const r = await fetch(input.url); let bytes = 0;"
    " for await (const piece of r.body) bytes += piece.length; return bytes"
)
UPLOAD = (
    "let left = input.bytes; const piece = new Uint8Array(262144);"
    " const body = new ReadableStream({ pull(to) { if (left <= 0) return to.close(); left -= piece.length;"
    " to.enqueue(piece.slice()) } }, { highWaterMark: 0 });"
    " const r = await fetch(input.url, { method: 'PUT', body, duplex: 'half'"
    " }); return r.json()"
)


def run(options: Options) -> Report:
    fetching = ours.Fetching(EXECUTIONS + 100, MEMORY_BYTES)
    with _target() as base:
        gets = fetching.wait(_gets(fetching, base, options.rounds_or(ROUNDS)))
        fetching.wait(_together(fetching, base, 100, 50))
        before_kib = private_kib()
        _, peak_kib, threads = fetching.wait(_together(fetching, base, EXECUTIONS, MEMORY_LATE_MS))
        elapsed_s, _, _ = fetching.wait(_together(fetching, base, EXECUTIONS, LATE_MS))
        rates = fetching.wait(_long(fetching, base))
    fetching.close()
    each_kib = (peak_kib - before_kib) / EXECUTIONS
    ratio = paired_ratio(gets["guest"], gets["httpx2"])
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[_table(gets, ratio), _waiting_table(elapsed_s, each_kib, threads), _long_table(rates)],
        targets=[
            Target("a GET of a guest ÷ one of httpx2", RATIO_MAX, ratio.median, "×"),
            Target("all that wait, in all", TOGETHER_S, elapsed_s, "s"),
            Target("private memory of each", PRIVATE_KIB, each_kib, "KiB"),
            Target("threads beyond those of the guests", 1, threads - cores(), ""),
        ],
        notes=[
            "Private memory is Private_Clean + Private_Dirty of /proc/self/smaps_rollup. It has everything that an "
            "execution holds: its instance, its request, its connection. It is taken while all wait for 5 s.",
        ],
        samples={**gets, "elapsed_s": elapsed_s, "before_kib": before_kib, "peak_kib": peak_kib, **rates},
    )


@contextmanager
def _target() -> Iterator[str]:
    """A server in a process of its own: the beginning of its URLs."""
    command = [sys.executable, str(ROOT / "perf" / "peers" / "fetch_target.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


async def _gets(fetching: ours.Fetching, base: str, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of a GET, by who makes it."""
    taken: dict[str, list[float]] = {"guest": [], "httpx2": []}
    async with httpx2.AsyncClient(trust_env=False) as client:

        async def guest() -> float:
            return await fetching.run(GETS, url=f"{base}/", requests=REQUESTS)

        async def httpx() -> float:
            began = time.perf_counter()
            for _ in range(REQUESTS):
                assert (await client.get(f"{base}/")).json()["id"] == 17
            return (time.perf_counter() - began) * 1000 / REQUESTS

        for contestant in (guest, httpx):
            await contestant()
        for contestant in interleave((guest, httpx), rounds):
            taken["guest" if contestant is guest else "httpx2"].append(await contestant())
    return taken


async def _together(fetching: ours.Fetching, base: str, count: int, late_ms: int) -> tuple[float, int, int]:
    """Seconds for all, private KiB and threads while they wait."""
    began = time.perf_counter()
    url = f"{base}/late/{late_ms}"
    executions = [asyncio.create_task(fetching.run(WAITS, url=url)) for _ in range(count)]
    await asyncio.sleep(late_ms / 1000 * 0.8)
    peak_kib, threads = private_kib(), threading.active_count()
    assert await asyncio.gather(*executions) == [17] * count
    return time.perf_counter() - began, peak_kib, threads


async def _long(fetching: ours.Fetching, base: str) -> dict[str, float]:
    """MiB a second, either way."""
    rates = {}
    for name, code, url in (("download", DOWNLOAD, f"{base}/long/{LONG_BYTES}"), ("upload", UPLOAD, f"{base}/")):
        began = time.perf_counter()
        assert await fetching.run(code, url=url, bytes=LONG_BYTES) == LONG_BYTES
        rates[name] = LONG_BYTES / (1 << 20) / (time.perf_counter() - began)
    return rates


def _table(gets: dict[str, list[float]], ratio: Ratio) -> Table:
    rows = [(who, f"{sorted(taken)[len(taken) // 2] * 1000:.0f}") for who, taken in gets.items()]
    return Table("A GET over loopback, on a kept connection", ("who", "µs"), [*rows, ("guest ÷ httpx2", str(ratio))])


def _waiting_table(elapsed_s: float, each_kib: float, threads: int) -> Table:
    rows = [
        (f"all done, s (each answer takes {LATE_MS / 1000:g} s)", f"{elapsed_s:.2f}"),
        ("private memory of each, KiB", f"{each_kib:.0f}"),
        ("threads while all wait", str(threads)),
    ]
    return Table("1,000 executions that wait on a server, in one process", ("what", "value"), rows)


def _long_table(rates: dict[str, float]) -> Table:
    rows = [(name, f"{rate:.0f}") for name, rate in rates.items()]
    return Table(f"100 MiB through an execution of {MEMORY_BYTES >> 20} MiB", ("way", "MiB/s"), rows)
