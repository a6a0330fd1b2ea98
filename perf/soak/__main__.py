"""`python -m perf.soak [MINUTES]`: everything at once for some minutes, a worker killed in the middle; then the service
has to be as it was. Ends with status 1 where something does not add up, or could not be measured."""

import argparse
import signal
import sys
import threading
import time
from collections import Counter

from perf import machine
from perf.errors import Unavailable
from perf.processes import Held
from perf.report import Report, Table, markdown
from perf.service import Executions, Service, executions_of, service
from perf.soak import drive
from perf.soak.acts import BODY_TIMEOUT_MS, acts
from perf.soak.ledger import Check, Ledger, compare_counts, compare_held

WORKERS = 4
MINUTES_DEFAULT, MINUTES_MAX = 3.0, 60.0
WARM_UP_SECONDS = 20.0
SETTINGS = {
    # Few slots and a short wait, so that the queue fills now and then.
    "MAX_CONCURRENT_EXECUTIONS": "16",
    "QUEUE_TIMEOUT_MS": "200",
    "BODY_TIMEOUT_MS": str(BODY_TIMEOUT_MS),
}


def main() -> int:
    minutes = _minutes()
    # A signal becomes an exception, so that the server is ended on the way out.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    print(machine.describe().markdown(), flush=True)
    try:
        with service(WORKERS, SETTINGS, memory="64MiB") as ours:
            report, right = _soak(ours, minutes)
    except Unavailable as reason:
        print(f"cannot be measured: {reason}")
        return 1
    print(markdown(report))
    print("Everything adds up." if right else "Something does NOT add up, or could not be measured.")
    return 0 if right else 1


def _soak(ours: Service, minutes: float) -> tuple[Report, bool]:
    possible, missing = acts(ours)
    ledger = Ledger()
    clients = drive.Clients(ours, possible, ledger)
    # Once before, so that what a worker keeps for good does not count as left behind.
    drive.Clients(ours, possible, Ledger()).run(min(WARM_UP_SECONDS, minutes * 60 / 4))
    held_before, counted_before = drive.quiet(ours), _counts(ours)
    killer = threading.Timer(minutes * 60 / 2, _kill, (ours, clients))
    killer.start()
    try:
        clients.run(minutes * 60)
    finally:
        killer.cancel()
    killer.join()
    drive.wait_for_processes(ours, len(held_before))
    held_after, counted_after = drive.quiet(ours), _counts(ours)
    checks = [
        *_answer_checks(ours, ledger, clients),
        *_count_checks(ledger, counted_before, counted_after),
        *compare_held(held_before, held_after),
    ]
    right = all(check.right for check in checks)
    return _report(minutes, ledger, checks, missing, held_before, held_after), right


def _kill(ours: Service, clients: drive.Clients) -> None:
    try:
        clients.killed_at = time.monotonic()
        drive.kill_a_worker(ours)
    except Unavailable as reason:
        clients.faults.append(f"no worker was killed: {reason}")


def _counts(ours: Service) -> Executions | str:
    """What /flow/status says, or why it says nothing."""
    try:
        return executions_of(ours)
    except Unavailable as reason:
        return str(reason)


def _answer_checks(ours: Service, ledger: Ledger, clients: drive.Clients) -> list[Check]:
    wrong = ", ".join(f"{count} × {what}" for what, count in sorted(ledger.wrong.items()))
    slow = ", ".join(f"{each.act} {each.seconds:.1f} s, begun at {each.at_s:.0f} s" for each in clients.slow)
    busy_max = drive.CLIENTS
    return [
        Check("answers that are not right", "0", wrong or "0", not wrong),
        Check(f"acts that took more than {drive.SLOW_S:g} s", "0", slow or "0", not slow),
        Check("faults of the clients themselves", "0", "; ".join(clients.faults) or "0", not clients.faults),
        Check("the server lives", "yes", "yes" if ours.child.alive else ours.child.log_tail(), ours.child.alive),
        Check("requests lost with the killed worker", f"≤ {busy_max}", str(ledger.killed), ledger.killed <= busy_max),
    ]


def _count_checks(ledger: Ledger, before: Executions | str, after: Executions | str) -> list[Check]:
    if isinstance(before, str) or isinstance(after, str):
        reason = before if isinstance(before, str) else str(after)
        return [Check(what, "", reason, None) for what in ("slots in use, queue length", "counts of /flow/status")]
    return [
        Check(
            "slots in use", str(before.current_executions), str(after.current_executions), not after.current_executions
        ),
        Check("queue length", str(before.queue_length), str(after.queue_length), not after.queue_length),
        *compare_counts(ledger.kinds(), ledger.killed, ledger.left_at_kill, before, after),
    ]


def _report(
    minutes: float,
    ledger: Ledger,
    checks: list[Check],
    missing: dict[str, str],
    before: dict[int, Held],
    after: dict[int, Held],
) -> Report:
    sent = [(act, _words(kinds), f"{ledger.longest_s[act]:.1f}") for act, kinds in sorted(ledger.by_act.items())]
    sent += [(act, f"not sent: {reason}", "") for act, reason in sorted(missing.items())]
    held = [_held_row(pid, before.get(pid), after.get(pid)) for pid in sorted(before.keys() | after.keys())]
    return Report(
        name="soak",
        summary=f"{minutes:g} minutes, {WORKERS} workers, {drive.CLIENTS} clients, a worker killed in the middle",
        tables=[
            Table("Acts", ("act", "answers", "longest s"), sent),
            Table("Processes", ("process", "threads", "files", "MiB PSS"), held),
            Table("Does it add up?", ("what", "expected", "found", "right"), [check.cells() for check in checks]),
        ],
    )


def _words(kinds: Counter[str]) -> str:
    return ", ".join(f"{count:,} × {kind}" for kind, count in sorted(kinds.items()))


def _held_row(pid: int, before: Held | None, after: Held | None) -> tuple[str, ...]:
    name = str(pid) if before and after else f"{pid} ({'killed' if before else 'came'})"
    ends = [each for each in (before, after) if each]
    columns = ([each.threads for each in ends], [each.files for each in ends], [each.pss_kib // 1024 for each in ends])
    return name, *(" → ".join(map(str, column)) for column in columns)


def _minutes() -> float:
    parser = argparse.ArgumentParser(prog="soak", description="Everything at once, and nothing may be left behind.")
    parser.add_argument("minutes", nargs="?", type=float, default=MINUTES_DEFAULT, metavar="MINUTES")
    minutes = parser.parse_args().minutes
    if not 0 < minutes <= MINUTES_MAX:
        parser.error(f"MINUTES is more than 0 and at most {MINUTES_MAX:g}")
    return minutes


if __name__ == "__main__":
    sys.exit(main())
