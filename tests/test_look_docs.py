"""What the docs say of the routes that look at the node: their fields, and the metrics, are those of the code.

`python -m tests.test_look_docs` writes the table of metrics in docs/operating.md anew.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import get_args, get_origin

import msgspec
import pytest
from prometheus_client import Metric

from host.api.auth import Caller
from host.api.figures import NodeMemory
from host.api.look import Readiness
from host.api.metrics import _Node
from host.api.running import RunningExecution, RunningExecutions
from host.api.status import FlowHealth, FlowLimits, FlowStatus, Status
from host.api.stream import WireProgress
from host.execution.tally import FIGURES
from host.execution.watched import Difference
from host.policy.model import WIDEST, Policy
from host.reload.state import LoadState
from host.settings import load_settings
from tests.test_docs import ROOT, names, read, table, words


def fields_of(kind: type, path: str = "") -> Iterator[str]:
    """The fields of a struct as they are on the wire, those of the structs in it behind a dot."""
    for field in msgspec.structs.fields(kind):
        inner = [each for each in (field.type, *get_args(field.type)) if isinstance(each, msgspec.StructMeta)]
        name = path + field.encode_name
        yield from fields_of(inner[0], f"{name}.") if inner and get_origin(field.type) is not list else (name,)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("field of `/flow/health`", FlowHealth),
        ("field of `/flow/status`", FlowStatus),
        ("field of the list", RunningExecutions),
        ("field of an execution", RunningExecution),
        ("field of `progress`", WireProgress),
    ],
)
def test_every_field_of_a_look_is_documented(head: str, kind: type) -> None:
    """What the routes that look at the node answer, and what a stream tells, stands in the docs field by field."""
    assert sorted(names(table(read("docs/http-api.md"), head))) == sorted(fields_of(kind))


def test_every_field_of_the_limits_is_documented() -> None:
    """/flow/limits has no struct for its data: what it answers is compared."""
    text = read("docs/http-api.md")
    executor = SimpleNamespace(options=SimpleNamespace(ceilings=WIDEST))
    status = Status(executor, None, SimpleNamespace(running_max=1), Readiness(), load_settings({}, {}), None)
    caller = Caller("somebody", {"one": Policy("one")}, 1)
    data = status.limits(caller).data
    rows = table(text, "field of `/flow/limits`")
    outer = [*FlowLimits.__struct_encode_fields__, *(f"data.{name}" for name in data), "data.limits.configurable"]
    assert sorted(names(rows)) == sorted(set(outer) - {"data"})
    meaning = {words(row[0])[0]: words(row[1]) for row in rows}
    assert set(data["quota"]) <= set(meaning["data.quota"])
    configurable = data["limits"].pop("configurable")
    assert all(set(row) <= set(meaning["data.limits.configurable"]) for row in configurable.values())
    assert sorted(names(table(text, "limit", "meaning"))) == sorted(data["limits"]) == sorted(data["policies"]["one"])


def metrics_table() -> str:
    """The table of docs/operating.md as host/api/metrics.py has it."""
    figures = SimpleNamespace(
        rates_up=True, counts=lambda: dict.fromkeys(FIGURES, 0), running_max=1, began_unix_s=0.0, audited_policies=0
    )
    differences = [Difference("one", "fetch", "deny", 1)]
    rows = [
        f"| `{_name(metric)}` | {metric.type} | {metric.documentation} |"
        for metric in _Node(figures, NodeMemory(0, 0, 0, 0, 0), LoadState("sha256:0", 0.0), differences).collect()
    ]
    return "\n".join(["| metric | kind | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def _name(metric: Metric) -> str:
    """As Prometheus has it, with the label where there is one that counts things apart."""
    ending = {"counter": "_total", "info": "_info"}.get(metric.type, "")
    labels = metric.samples[0].labels if metric.type == "counter" else ()
    return metric.name + ending + (f"{{{','.join(labels)}}}" if labels else "")


def test_metrics_are_documented_as_they_are() -> None:
    """docs/operating.md has the table of host/api/metrics.py, to the letter."""
    assert f"\n\n{metrics_table()}\n" in read("docs/operating.md")


if __name__ == "__main__":
    before, rest = read("docs/operating.md").split("| metric |", 1)
    (ROOT / "docs" / "operating.md").write_text(before + metrics_table() + "\n" + rest.partition("\n\n")[2])
