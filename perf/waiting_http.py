"""The same thousand waiting executions as their clients see them: over as many connections, on two workers."""

import threading
import time

import msgspec

from perf.client import Crowd
from perf.contestants import WORKERS
from perf.errors import Unavailable
from perf.loops import Tally
from perf.processes import Held, held_by_all, wait_until_idle
from perf.report import Table, Target
from perf.service import Service, service

ANSWER_SECONDS_MAX = 60.0
CONNECT_SECONDS = 0.5
#: Twice as many slots as executions: the kernel does not deal connections out evenly, and a worker may have a share.
SLOTS_EACH = 2
MEMORY = "8MiB"
"""What each may have: the sum of these is admitted only as far as the machine has it."""

WARM_UP_SLEEP_MS = 100
SAMPLED_AT = 0.8
"""When during the sleep memory is looked at, as a share of it."""


class Measured(msgspec.Struct):
    executions: int
    sleep_ms: int
    tally: Tally = msgspec.field(default_factory=Tally)
    before: Held = msgspec.field(default_factory=Held)
    during: Held = msgspec.field(default_factory=Held)
    after: Held = msgspec.field(default_factory=Held)
    problem: str = ""

    @property
    def wrong(self) -> int:
        return self.executions - self.tally.successes


def measure(executions: int, sleep_ms: int) -> Measured:
    found = Measured(executions, sleep_ms)
    try:
        settings = {"MAX_CONCURRENT_EXECUTIONS": str(executions * SLOTS_EACH)}
        with service(WORKERS, settings, memory=MEMORY) as ours:
            # Once before, so that what a worker keeps for good is not counted.
            _together(ours, executions, WARM_UP_SLEEP_MS)
            wait_until_idle(ours.pid)
            found.before = held_by_all(ours.pid)
            found.tally, found.during = _together(ours, executions, sleep_ms)
            wait_until_idle(ours.pid)
            found.after = held_by_all(ours.pid)
    except Unavailable as reason:
        found.problem = str(reason)
    return found


def _together(ours: Service, executions: int, sleep_ms: int) -> tuple[Tally, Held]:
    """All at once over connections that stand already; what came back, and what the server held meanwhile."""
    request = ours.request("light", code=f"await new Promise((wake) => setTimeout(wake, {sleep_ms})); return 1")
    tally, seen = Tally(), []
    look = threading.Timer(sleep_ms / 1000 * SAMPLED_AT, lambda: seen.append(held_by_all(ours.pid)))
    with Crowd(ours.port) as crowd:
        connections = [crowd.connect() for _ in range(executions)]
        time.sleep(CONNECT_SECONDS)
        look.start()
        began_at = time.perf_counter()
        for connection in connections:
            crowd.send(connection, request)
        left_s = ANSWER_SECONDS_MAX
        while sum(tally.kinds.values()) < executions and left_s > 0:
            for _, reply in crowd.wait(left_s):
                tally.add(reply)
                tally.seconds = reply.answered_at - began_at
            left_s = began_at + ANSWER_SECONDS_MAX - time.perf_counter()
    look.join()
    return tally, seen[0]


def table(found: Measured) -> Table:
    title, columns = f"{found.executions:,} waiting executions, over HTTP on {WORKERS} workers", ("what", "value")
    if found.problem:
        return Table(title, columns, [("cellblock", f"cannot be measured: {found.problem}")])
    before, during, after = found.before, found.during, found.after
    rows = [
        ("answers", found.tally.words()),
        (f"all answered, s (each sleeps {found.sleep_ms / 1000:g} s)", f"{found.tally.seconds:.2f}"),
        ("one answered, p50 and p99, s", ", ".join(f"{(found.tally.ms(at) or 0) / 1000:.2f}" for at in (0.5, 0.99))),
        ("private memory of all processes before, while all wait, after, MiB", _mib(before, during, after)),
        ("private memory of each, its connection counted in, KiB", f"{_each_kib(found):.0f}"),
        ("threads before, while all wait, after", f"{before.threads}, {during.threads}, {after.threads}"),
        ("files before, while all wait, after", f"{before.files}, {during.files}, {after.files}"),
    ]  # fmt: skip
    return Table(title, columns, rows)


def targets(found: Measured, together_s: float) -> list[Target]:
    measured = not found.problem
    return [
        Target("over HTTP: all of them, in all", together_s, found.tally.seconds if measured else None, "s",
               blocked=f"{found.wrong} did not succeed" if measured and found.wrong else ""),
        Target("over HTTP: threads more than before", 0,
               found.during.threads - found.before.threads if measured else None, "threads"),
    ]  # fmt: skip


def _mib(*moments: Held) -> str:
    return ", ".join(f"{held.private_kib / 1024:.0f}" for held in moments)


def _each_kib(found: Measured) -> float:
    return (found.during.private_kib - found.before.private_kib) / found.executions
