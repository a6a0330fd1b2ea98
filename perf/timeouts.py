"""How exactly an execution that will not end is ended, as its client sees it, and how soon the cores are free again."""

import time
from collections.abc import Sequence
from statistics import median

import msgspec

from perf.client import Crowd, Reply
from perf.contestants import WORKERS
from perf.errors import Unavailable
from perf.options import Options
from perf.processes import cores_used, wait_until_idle
from perf.report import Report, Table, Target
from perf.rounds import interleave, percentile
from perf.service import Service, service

NAME = "timeouts"
SUMMARY = "when a timeout of 1,000 ms is answered, for code that does not end in different ways"
ROUNDS = 30
TIMEOUT_MS = 1000
LATEST_MS = 1015
AFTER_SECONDS = 0.2
CORES_AFTER_MAX = 0.05
ANSWER_SECONDS_MAX = 60.0
TIMED_OUT = '"limit":"wall'
COLUMNS = ("code", "least ms", "p50 ms", "p99 ms", "max ms", "cores in the 200 ms after", "most", "wrong")

WAITING = "a timer of 1,000 ms (baseline)"
CODES = {
    WAITING: f"await new Promise(wake => setTimeout(wake, {TIMEOUT_MS})); return 1",
    "a timer of a minute": "await new Promise(wake => setTimeout(wake, 60000)); return 1",
    "an endless loop": "for(;;);",
    "a catastrophic regular expression": "/^(a+)+$/.test('a'.repeat(40) + 'b')",
    "a sort with a slow comparator": """
        const slow = (a, b) => { let x = a - b; for (let i = 0; i < 1000; i++) x += i % 2 ? 1 : -1; return x; };
        for (;;) Array.from({length: 100000}, (_, i) => (i * 7919) % 100003).sort(slow);""",
    "JSON.parse of 5 MB of numbers": """
        const text = '[' + '12345,'.repeat(873813) + '1]'; for (;;) JSON.parse(text);""",
    "JSON.parse of one string of 5 MB": """
        const text = '"' + 'x'.repeat(5 << 20) + '"'; for (;;) JSON.parse(text);""",
    "a loop in a promise job": "Promise.resolve().then(() => { for(;;); }); await new Promise(() => {});",
    "promise jobs without end": """
        const again = () => Promise.resolve().then(again); again(); await new Promise(() => {});""",
    "deep recursion, again and again": """
        const down = n => n ? 1 + down(n - 1) : 0; for (;;) { try { down(1e9); } catch {} }""",
    "arrays of millions filled": "for (;;) new Array(4e6).fill(1);",
}


class Measured(msgspec.Struct):
    """One code: what its client saw, round by round."""

    answered_ms: list[float] = []
    cores_after: list[float] = []
    wrong: list[str] = []


def run(options: Options) -> Report:
    found = {name: Measured() for name in CODES}
    problem = ""
    try:
        # More memory than the codes want: none of them may end for another reason.
        with service(WORKERS, memory="512MiB") as ours:
            for name in CODES:
                _once(name, ours, Measured())
            for name in interleave(list(CODES), options.rounds_or(ROUNDS)):
                _once(name, ours, found[name])
    except Unavailable as reason:
        problem = str(reason)
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[Table(f"timeoutMs: {TIMEOUT_MS}", COLUMNS, [_row(name, found[name], problem) for name in CODES])],
        targets=[target for name in CODES if name != WAITING for target in _targets(name, found[name])],
        notes=[
            f"{options.rounds_or(ROUNDS)} of each, in turn, one at a time; milliseconds from sending to the whole "
            "answer. p99 is the nearest rank: of less than 100 it is the largest.",
            "The baseline is code that ends by itself on a timer: what clocks and scheduling add on this machine.",
            "Cores: CPU time of all processes of the server in the 200 ms after the answer ÷ 200 ms.",
        ],
        samples={"timeouts": found},
    )


def _once(name: str, ours: Service, found: Measured) -> None:
    wait_until_idle(ours.pid, cores=CORES_AFTER_MAX)
    # The baseline ends by itself, and must not meet the timeout on the way.
    timeout_ms = TIMEOUT_MS * (10 if name == WAITING else 1)
    request = ours.request("light", code=CODES[name], timeoutMs=timeout_ms)
    with Crowd(ours.port) as crowd:
        # A connection that stands: the client's and the server's part of opening one is not the timeout's.
        connection = crowd.connect()
        time.sleep(0.01)
        crowd.send(connection, request)
        answers = crowd.wait(ANSWER_SECONDS_MAX)
        found.cores_after.append(cores_used(ours.pid, AFTER_SECONDS))
    if not answers:
        found.wrong.append(f"no answer after {ANSWER_SECONDS_MAX:g} s")
        return
    reply = answers[0][1]
    found.answered_ms.append(reply.seconds * 1000)
    if problem := _problem(name, reply):
        found.wrong.append(problem)


def _problem(name: str, reply: Reply) -> str:
    right = reply.kind == "200" if name == WAITING else reply.kind == "400 TimeoutError" and _by_wall_time(reply)
    return "" if right else f"{reply.kind} {reply.body[:120].decode(errors='replace')}"


def _by_wall_time(reply: Reply) -> bool:
    """Not for want of fuel, which would end it sooner."""
    return TIMED_OUT.encode() in reply.body


def _row(name: str, found: Measured, problem: str) -> tuple[str, ...]:
    if not found.answered_ms:
        return name, f"cannot be measured: {problem or found.wrong[:1]}", *[""] * (len(COLUMNS) - 2)
    ms = found.answered_ms
    figures = [min(ms), median(ms), percentile(ms, 0.99), max(ms)]
    cores = [median(found.cores_after), max(found.cores_after)]
    return name, *(f"{each:.1f}" for each in figures), *(f"{each:.3f}" for each in cores), _wrong(found.wrong)


def _wrong(wrong: Sequence[str]) -> str:
    return f"{len(wrong)}: {wrong[0]}" if wrong else "0"


def _targets(name: str, found: Measured) -> list[Target]:
    blocked = f"{len(found.wrong)} wrong answers" if found.wrong else ""
    ms, cores = found.answered_ms, found.cores_after
    return [
        Target(f"{name}: p99", LATEST_MS, percentile(ms, 0.99) if ms else None, "ms", blocked=blocked),
        Target(f"{name}: earliest", TIMEOUT_MS, min(ms) if ms else None, "ms", at_least=True, blocked=blocked),
        Target(f"{name}: cores after, median", CORES_AFTER_MAX, median(cores) if cores else None, "cores"),
    ]
