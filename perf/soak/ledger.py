"""What the clients counted, what the service counted, and whether the two are the same."""

import threading
from collections import Counter
from collections.abc import Collection, Mapping

import msgspec

from perf.processes import Held
from perf.service import Executions

GONE = "client gone"
"""The client left before the answer: nobody knows how it ended but the service."""

CUT_SHORT = "cut short"
"""The client left within the body: a ValidationError that it does not see."""

HUNG_UP = "hung up"
"""The client left before it had asked for anything."""

NO_ANSWER = "no answer"
ANY_ERROR = "any error but an internal one"
#: Allocators and garbage collection settle late, and a worker that was replaced shares less with the others.
_MEMORY_SHARE, _MEMORY_KIB = 0.25, 48 * 1024
_INHERITED = {"threads": 0, "files": 2}
_MEMORY_TOLERANCE = "a quarter and 48 MiB more"


class Check(msgspec.Struct, frozen=True):
    """One line of the result. `right` is None where it could not be measured."""

    what: str
    expected: str
    found: str
    right: bool | None

    def cells(self) -> tuple[str, ...]:
        verdict = {True: "yes", False: "NO", None: "cannot be measured"}[self.right]
        return self.what, self.expected, self.found, verdict


class Ledger:
    """Counts by act and by kind of answer, made by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.by_act: dict[str, Counter[str]] = {}
        self.longest_s: dict[str, float] = {}
        self.wrong: Counter[str] = Counter()
        self.killed = 0
        self.left_at_kill = 0

    def add(self, act: str, kind: str, allowed: Collection[str], excused: bool, seconds: float = 0.0) -> None:
        """`excused`: the worker of this request may have been killed under it."""
        with self._lock:
            self.by_act.setdefault(act, Counter())[kind] += 1
            self.longest_s[act] = max(seconds, self.longest_s.get(act, 0.0))
            self.left_at_kill += excused and kind in (GONE, CUT_SHORT)
            if kind == NO_ANSWER and excused:
                self.killed += 1
            elif not _is_allowed(kind, allowed):
                self.wrong[f"{act}: {kind}"] += 1

    def kinds(self) -> Counter[str]:
        """Answers of all acts, by kind."""
        return sum(self.by_act.values(), Counter())


def _is_allowed(kind: str, allowed: Collection[str]) -> bool:
    return kind in allowed or (ANY_ERROR in allowed and kind[0] in "45" and kind != "500 InternalError")


def compare_counts(
    kinds: Mapping[str, int], killed: int, left_at_kill: int, before: Executions, after: Executions
) -> list[Check]:
    """The clients' counts against the service's. Both are exact, but for what was lost with a killed worker. How an
    execution ended whose client left is in the service's counts alone: each of them is there once, under some name."""
    gone, cut_short = kinds.get(GONE, 0), kinds.get(CUT_SHORT, 0)
    left = {"CancelledError": gone, "ConcurrencyError": gone, "ValidationError": cut_short}
    ours = _by_type(kinds)
    theirs = Counter(after.by_error_type)
    theirs.subtract(before.by_error_type)
    successes = kinds.get("200", 0)
    known = successes + sum(ours.values()) + gone + cut_short
    return [
        _within("successes", successes, killed, after.successful - before.successful),
        *(_within(name, ours[name], killed + left.get(name, 0), theirs[name]) for name in sorted(ours | +theirs)),
        _within("all together", known - left_at_kill, left_at_kill + killed, after.total - before.total),
        _same("successes and failures make the total", after.successful + after.failed, after.total),
        _same("failures, over all error types", sum(after.by_error_type.values()), after.failed),
    ]


def _by_type(kinds: Mapping[str, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for kind, count in kinds.items():
        status, _, name = kind.partition(" ")
        if status.isdigit() and name.endswith("Error"):
            found[name] += count
    return found


def _same(what: str, expected: int, found: int) -> Check:
    return Check(what, f"{expected:,}", f"{found:,}", expected == found)


def _within(what: str, least: int, more: int, found: int) -> Check:
    expected = f"{least:,}" if not more else f"{least:,} to {least + more:,}"
    return Check(what, expected, f"{found:,}", least <= found <= least + more)


def compare_held(before: Mapping[int, Held], after: Mapping[int, Held]) -> list[Check]:
    """What each process holds. One that lives on has as many threads and files as before; one that came has no
    more than any had, and all together hold no more memory than the tolerance allows."""
    checks = [_same("processes", len(before), len(after))]
    for pid, now in sorted(after.items()):
        for what in ("threads", "files"):
            found = getattr(now, what)
            if pid in before:
                checks.append(_same(f"{what} of process {pid}", getattr(before[pid], what), found))
            else:
                # A process inherits two files of each that was started before it.
                most = max(getattr(each, what) for each in before.values()) + _INHERITED[what]
                checks.append(Check(f"{what} of process {pid}, which came", f"≤ {most}", str(found), found <= most))
    checks.append(_memory(sum(each.pss_kib for each in before.values()), sum(each.pss_kib for each in after.values())))
    return checks


def _memory(before_kib: int, after_kib: int) -> Check:
    most_kib = before_kib * (1 + _MEMORY_SHARE) + _MEMORY_KIB
    expected = f"≤ {most_kib / 1024:,.0f} ({before_kib / 1024:,.0f}, {_MEMORY_TOLERANCE})"
    return Check("MiB of memory (PSS of all)", expected, f"{after_kib / 1024:,.0f}", after_kib <= most_kib)
