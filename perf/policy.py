"""How long a folder of a thousand rules takes to check, and a decision among a thousand rules to make.

In CPU time: nothing here waits, and the neighbours of a shared machine are not what is measured."""

import random
import time
from statistics import median
from typing import TYPE_CHECKING

import msgspec
import yaml

from perf.options import Options
from perf.policy_asked import of_a_call, without_a_call
from perf.report import Report, Table, Target
from perf.rounds import interleave, paired_ratio

if TYPE_CHECKING:
    from host.node.board import Board

NAME = "policy"
SUMMARY = "checking a folder of 1,000 rules, and deciding among 10, 100 and 1,000 rules"
ROUNDS = 9
RULES = 1_000
DECISIONS = 2_000
CHECK_MS_MAX = 200
TAKE_MS_MAX = 20
DECISION_US_MAX = 20
UNUSED_US_MAX = 2


class Measured(msgspec.Struct):
    """Milliseconds of a check, of only parsing the same YAML, and of what a running worker does to take what was read;
    microseconds of a decision by what is decided, of a policy of which nothing is asked, and of a call that is."""

    check: list[float] = []
    parse: list[float] = []
    take: list[float] = []
    decisions: dict[str, list[float]] = {}
    unused: dict[str, list[float]] = {}
    asked: dict[str, list[float]] = {}


def run(options: Options) -> Report:
    found = Measured()
    files = {"policy.yaml": policy_text(RULES, one_host=False).encode()}
    board = _board(files)
    takes = {"check": lambda: _check(files), "parse": lambda: _parse(files), "take": lambda: _take(board)}
    for name in interleave(list(takes), options.rounds_or(ROUNDS)):
        getattr(found, name).append(takes[name]())
    deciders = _deciders()
    for name in interleave(list(deciders), options.rounds_or(ROUNDS)):
        found.decisions.setdefault(name, []).append(_decide(*deciders[name]))
    for table, timers in ((found.unused, without_a_call()), (found.asked, of_a_call())):
        for name in interleave(list(timers), options.rounds_or(ROUNDS)):
            table.setdefault(name, []).append(timers[name]())
    unused = max(map(median, found.unused.values()))
    worst = max(median(times) for name, times in found.decisions.items() if name.startswith(f"{RULES:,}"))
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[
            _check_table(found),
            _us_table("Deciding", found.decisions),
            _us_table("In an execution without a host call", found.unused),
            _us_table("For a host call, with its record", found.asked),
        ],
        targets=[
            Target(f"check {RULES:,} rules", CHECK_MS_MAX, median(found.check), unit="ms"),
            Target(f"take over {RULES:,} rules", TAKE_MS_MAX, median(found.take), unit="ms"),
            Target(f"decide among {RULES:,} rules", DECISION_US_MAX, worst, unit="µs"),
            Target("a policy of which nothing is asked", UNUSED_US_MAX, unused, unit="µs"),
        ],
        notes=["A decision begins with a URL that is parsed already; the slowest kind counts for the target."],
        samples={"policy": found},
    )


def policy_text(rules: int, one_host: bool, reverse: bool = False) -> str:
    """A policy of many rules, each with a host of its own, or all with one host and paths of their own."""
    lines = []
    for number in range(rules):
        host = "api.example.com" if one_host else f"api{number}.example.com"
        lines.append(
            f"    - name: rule-{number}\n      hosts: [{host}]\n      methods: [GET, POST]\n"
            f'      paths: ["/v1/things{number}/*", "/v1/others{number}/**"]\n'
        )
    ordered = lines[::-1] if reverse else lines
    return "version: 1\npolicy: big\ngrants:\n  fetch:\n" + "".join(ordered)


def _check(files: dict[str, bytes]) -> float:
    from host.policy import resolve_files

    began_at = time.process_time()
    resolve_files(files)
    return (time.process_time() - began_at) * 1_000


def _parse(files: dict[str, bytes]) -> float:
    """The baseline: what PyYAML's parser takes for the events alone."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    began_at = time.process_time()
    for data in files.values():
        for _ in yaml.parse(data, Loader=loader):
            pass
    return (time.process_time() - began_at) * 1_000


def _board(files: dict[str, bytes]) -> "Board":
    """What the main process hands to its workers."""
    from host.node.board import Board
    from host.policy import resolve_files
    from host.reload.snapshot import encode, snapshot_of
    from host.reload.state import LoadState
    from host.secrets import SecretStore

    policies, board = resolve_files(files), Board()
    board.write(encode(snapshot_of(LoadState(policies.digest, 0.0), policies, SecretStore())))
    return board


def _take(board: "Board") -> float:
    """All of it, as a worker takes it that begins; one that runs takes only what has changed."""
    from host.reload.in_force import InForce

    began_at = time.process_time()
    InForce(board)
    return (time.process_time() - began_at) * 1_000


def _deciders() -> dict[str, tuple]:
    """Rules and requests for each kind of decision. Requests are spread over all rules, in no order."""
    from host.policy import resolve_files
    from host.policy.decide.fetch import FetchRequest
    from host.policy.decide.rulebook import Rulebook
    from host.policy.url import parse_url

    spread = random.Random(1)
    deciders = {}
    for rules in (10, 100, RULES):
        numbers = [spread.randrange(rules) for _ in range(200)]
        kinds = {
            "a host each": (False, False, "https://api{0}.example.com/v1/things{0}/x"),
            "one host": (True, False, "https://api.example.com/v1/things{0}/x"),
            "one host, reversed": (True, True, "https://api.example.com/v1/things{0}/x"),
            "denied by host": (False, False, "https://other{0}.example.org/v1"),
            "denied by path": (True, False, "https://api.example.com/v2/things{0}/x"),
        }
        for kind, (one_host, reverse, url) in kinds.items():
            policies = resolve_files({"p.yaml": policy_text(rules, one_host, reverse).encode()}).policies
            requests = [FetchRequest("GET", parse_url(url.format(number))) for number in numbers]
            deciders[f"{rules:,} rules, {kind}"] = (Rulebook(policies["big"]).fetch, requests)
    return deciders


def _decide(rules, requests) -> float:
    """Microseconds of one decision, the mean of many."""
    from host.policy.decide.fetch import decide

    began_at = time.process_time()
    for _ in range(DECISIONS // len(requests)):
        for request in requests:
            decide(rules, request)
    return (time.process_time() - began_at) * 1e6 / DECISIONS


def _check_table(found: Measured) -> Table:
    rows = [
        (f"check {RULES:,} rules", f"{median(found.check):.0f}", str(paired_ratio(found.check, found.parse) or "")),
        ("parse the same YAML", f"{median(found.parse):.1f}", ""),
        ("take them over into a worker", f"{median(found.take):.1f}", ""),
    ]
    return Table("Checking", ("what", "ms", "÷ parsing"), rows)


def _us_table(title: str, found: dict[str, list[float]]) -> Table:
    return Table(title, ("what", "µs"), [(name, f"{median(times):.1f}") for name, times in found.items()])
