"""The guest's modules and globals: their speed against node's own, and what their first use costs an execution."""

import asyncio
import json
import shutil
import subprocess
import time
from statistics import median

import msgspec

from perf import ours
from perf.errors import Unavailable
from perf.options import Options
from perf.report import Report, Table, Target
from perf.rounds import Ratio, paired_ratio
from perf.waiting import CODE as WAITING_CODE
from perf.waiting import SLEEP_MS, private_kib

NAME = "modules"
SUMMARY = "Buffer, URL, structuredClone and util.inspect against node; what a first use and a waiting execution cost"
ROUNDS = 5
REPEATS = 300
"""Executions in a row between two looks at the clock."""
WAITING = 300
NODE_SECONDS_MAX = 60
FUEL = 100_000_000_000
BYTES_RATIO_MAX, OBJECTS_RATIO_MAX = 3.0, 20.0
FIRST_USE_US, PACKAGE_US, WAITING_KIB = 150, 100, 150


class Case(msgspec.Struct, frozen=True):
    """What is timed on both sides: `work` is an expression that `setup` prepared, done `times` times."""

    name: str
    bound: float
    setup: str
    work: str
    times: int

    @property
    def code(self) -> str:
        """A function body that returns the milliseconds of all repetitions. One repetition is not counted."""
        return (
            f"{self.setup}\nlet kept = {self.work}; const begin = performance.now();\n"
            f"for (let i = 0; i < {self.times}; i++) kept = {self.work};\nreturn performance.now() - begin"
        )


_TEXT = "const text = 'The quick brown fox, größer als 山 '.repeat(29000).slice(0, 2 ** 20);"
_BYTES = _TEXT + "const buffer = Buffer.alloc(2 ** 20, text);"


def _encoding(name: str) -> list[Case]:
    given = _BYTES + f"const encoded = buffer.toString('{name}');"
    return [
        Case(f"Buffer.from, {name}, 1 MB", BYTES_RATIO_MAX, given, f"Buffer.from(encoded, '{name}').length", 10),
        Case(f"toString, {name}, 1 MB", BYTES_RATIO_MAX, _BYTES, f"buffer.toString('{name}').length", 10),
    ]


_VALUE = (
    "const value = { list: Array.from({ length: 50 }, (_, i) => ({ i, name: 'n' + i, at: [i, { deep: true }] })) };"
)
CASES = (
    *(case for name in ("utf8", "hex", "base64") for case in _encoding(name)),
    Case("structuredClone", OBJECTS_RATIO_MAX, _VALUE, "structuredClone(value).list.length", 200),
    Case(
        "new URL", OBJECTS_RATIO_MAX, "", "new URL('https://user@example.org:8080/a/../b?c=d&e=f#g').href.length", 1000
    ),
    Case(
        "util.inspect", OBJECTS_RATIO_MAX, _VALUE + "const { inspect } = require('util');", "inspect(value).length", 50
    ),
)
FIRST_USES = {
    "Buffer": ("return Buffer.from('a').length", FIRST_USE_US),
    "URL": ("return new URL('https://example.org/').href", FIRST_USE_US),
    "require('lodash')": ("return typeof require('lodash')", PACKAGE_US),
    "toLocaleString of a number": ("return (1234.5).toLocaleString()", None),
    "toLocaleString of a number in German": ("return (1234.5).toLocaleString('de-DE')", None),
    "toLocaleString of a date in a zone": (
        "return new Date(0).toLocaleString('en-US', { timeZone: 'America/New_York' })", None,
    ),
    "localeCompare": ("return 'a'.localeCompare('b')", None),
    "require('pinyin') of one word": ("return require('pinyin')('中文')", None),
}  # fmt: skip
BASE = "return 1"


def run(options: Options) -> Report:
    ours.open_runtime()
    rounds = options.rounds_or(ROUNDS)
    ratios = {case.name: case_ratio(case, rounds) for case in CASES}
    uses, base_us = _first_uses(rounds)
    waiting_kib = ours.runtime().loop.run_until_complete(_waiting_kib())
    targets = [Target(case.name, case.bound, _median(ratios[case.name])) for case in CASES]
    targets += [
        Target(f"first use of {name}, over base", bound, uses[name] if isinstance(uses[name], float) else None, "µs")
        for name, (_, bound) in FIRST_USES.items()
        if bound is not None
    ]
    targets.append(Target("private memory of a waiting execution", WAITING_KIB, waiting_kib, "KiB"))
    return Report(
        name=NAME,
        summary=SUMMARY,
        tables=[_ratio_table(ratios), _use_table(uses, base_us, waiting_kib)],
        targets=targets,
        notes=[
            "Each side times itself inside, after one repetition that is not counted, so a start counts for neither."
        ],
        samples={"uses": uses, "base_us": base_us, "waiting_kib": waiting_kib},
    )


def case_ratio(case: Case, rounds: int) -> Ratio | str:
    """Ours over node's, or why there is none."""
    guest, node = [], []
    try:
        for turn in range(rounds + 1):
            sides = [lambda: guest.append(in_guest(case)), lambda: node.append(in_node(case))]
            for side in sides if turn % 2 else reversed(sides):
                side()
    except Unavailable as reason:
        return str(reason)
    return paired_ratio(guest[1:], node[1:])


def in_guest(case: Case) -> float:
    """Milliseconds, as the guest times itself."""
    try:
        return float(ours.run_block(case.code, b"{}", FUEL))
    except RuntimeError as error:
        raise Unavailable(f"cannot be measured: {error}") from error


def in_node(case: Case) -> float:
    """The same of node."""
    command = shutil.which("node")
    if command is None:
        raise Unavailable("cannot be measured: node is not on PATH")
    script = f"process.stdout.write(JSON.stringify((() => {{ {case.code} }})()))"
    done = subprocess.run(
        [command, "-e", script], capture_output=True, text=True, timeout=NODE_SECONDS_MAX, check=True
    )  # fmt: skip
    return max(json.loads(done.stdout), 0.001)


def _first_uses(rounds: int) -> tuple[dict[str, float | str], float]:
    """Microseconds over an execution that uses nothing, the median of rounds in which all take turns."""
    loop = ours.runtime().loop
    blocks = {"": BASE, **{name: code for name, (code, _) in FIRST_USES.items()}}
    samples: dict[str, list[float]] = {name: [] for name in blocks}
    failed: dict[str, str] = {}
    for turn in range(rounds + 1):
        for name, code in blocks.items():
            try:
                each_us = loop.run_until_complete(_repeated(code))
            except RuntimeError as error:
                failed[name] = f"cannot be measured: {error}"
                continue
            if turn:  # the first round is for the caches
                samples[name].append(each_us)
    base = samples.pop("")
    over = {
        name: failed.get(name) or median(one - zero for one, zero in zip(values, base, strict=True))
        for name, values in samples.items()
    }
    return over, median(base)


async def _repeated(code: str) -> float:
    began_at = time.perf_counter()
    for _ in range(REPEATS):
        await ours.run_async(code, b"{}")
    return (time.perf_counter() - began_at) / REPEATS * 1e6


async def _waiting_kib() -> float:
    """Of each of some that wait at once. A few come first, so that what the process keeps for good is not counted."""
    code = WAITING_CODE.replace(str(SLEEP_MS), "1000")
    before = peak = 0
    for count in (WAITING // 10, WAITING):
        before = private_kib()
        executions = [asyncio.create_task(ours.run_async(code, b"{}")) for _ in range(count)]
        await asyncio.sleep(0.8)
        peak = private_kib()
        await asyncio.gather(*executions)
    return (peak - before) / WAITING


def _median(ratio: Ratio | str) -> float | None:
    return None if isinstance(ratio, str) else ratio.median


def _ratio_table(ratios: dict[str, Ratio | str]) -> Table:
    rows = [(name, each if isinstance(each, str) else f"{each.median:.2f}×") for name, each in ratios.items()]
    return Table("Against node", ("what", "cellblock ÷ node"), rows)


def _use_table(uses: dict[str, float | str], base_us: float, waiting_kib: float) -> Table:
    rows = [("an execution that uses nothing, µs", f"{base_us:.0f}")]
    rows += [(f"{name}, µs over that", each if isinstance(each, str) else f"{each:.0f}") for name, each in uses.items()]
    rows.append(("private memory of a waiting execution, KiB", f"{waiting_kib:.0f}"))
    return Table("First use", ("what", "value"), rows)
