"""What a benchmark hands back, and its two renderings: Markdown for people, JSON for machines."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from perf.machine import Machine

RESULTS = Path(__file__).parent / "results"


class Table(msgspec.Struct, frozen=True):
    """Cells are text as it is to be printed; the raw figures are in the report's samples."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


class Target(msgspec.Struct, frozen=True):
    """A promise about speed. ``value`` is ``None`` where it could not be measured, and then it is not met."""

    what: str
    bound: float
    value: float | None
    unit: str = "×"
    at_least: bool = False
    blocked: str = ""
    """Why the figure does not count although there is one, e.g. wrong answers."""

    @property
    def met(self) -> bool:
        if self.value is None or self.blocked:
            return False
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def cells(self) -> tuple[str, ...]:
        sign = "≥" if self.at_least else "≤"
        value = "not measured" if self.value is None else f"{_figure(self.value)} {self.unit}"
        verdict = "yes" if self.met else f"no ({self.blocked})" if self.blocked else "no"
        return self.what, f"{sign} {self.bound:g} {self.unit}", value, verdict


def _figure(value: float) -> str:
    """Three digits, and from 100 on one behind the point: a millisecond of a second has to be seen."""
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"


class Report(msgspec.Struct):
    """``samples`` keeps every single measurement, so that a result file can be looked at again."""

    name: str
    summary: str
    tables: list[Table] = []
    targets: list[Target] = []
    notes: list[str] = []
    samples: dict[str, object] = {}

    @property
    def targets_met(self) -> bool:
        return all(target.met for target in self.targets)


class Result(msgspec.Struct, frozen=True):
    """The content of a file in ``perf/results``."""

    machine: Machine
    report: Report
    targets_met: bool
    finished_at: str


def markdown(report: Report) -> str:
    parts = [f"## {report.name}: {report.summary}"]
    parts += [_table(table) for table in report.tables]
    if report.targets:
        columns = ("target", "bound", "measured", "met")
        parts.append(_table(Table("Targets", columns, [target.cells() for target in report.targets])))
    if report.notes:
        parts.append("\n".join(f"- {note}" for note in report.notes))
    return "\n\n".join(parts) + "\n"


def write(report: Report, machine: Machine) -> Path:
    """Writes the result to ``perf/results/NAME-TIME.json`` and returns its path."""
    now = datetime.now(UTC)
    result = Result(machine, report, report.targets_met, now.isoformat(timespec="seconds"))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{report.name}-{now:%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    return path


def _table(table: Table) -> str:
    lines = [_line(table.columns), _line(["---"] * len(table.columns))]
    lines += [_line(row) for row in table.rows]
    return f"**{table.title}**\n\n" + "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
