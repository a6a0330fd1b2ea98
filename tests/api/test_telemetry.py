"""Spans as a collector gets them: over HTTP, from the service as it runs."""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from host import telemetry
from host.errors import SetupError
from tests.api.test_server import ROOT, Server, _free_port

TRACE, PARENT_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
#: After that a worker would be killed.
STOP_SECONDS_MAX = 15
PARENT = f"00-{TRACE}-{PARENT_SPAN}"


class Collector:
    """A collector on loopback that keeps what it is sent."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.resources: list[dict] = []
        self.spans: list[Span] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.take(self.path, ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, path: str, request: ExportTraceServiceRequest) -> None:
        self.paths.append(path)
        for resource in request.resource_spans:
            self.resources.append(attributes(resource.resource))
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def attributes(of: object) -> dict:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in of.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


def run(collector_url: str, folder: Path, requests: list[tuple[dict, dict]], **environment: str) -> list[dict]:
    """Serves these requests (fields and headers), and stops the server; the records of its log."""
    server = Server(folder, OTEL_EXPORTER_OTLP_ENDPOINT=collector_url, **environment)
    server.wait_until_ready()
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for fields, headers in requests:
            client.post("/flow/codeblock", json=fields, headers=headers)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS_MAX
    return [json.loads(line) for line in server.log.read_text().splitlines()]


def executions(records: list[dict]) -> list[dict]:
    return [record for record in records if record["event"] == "execution"]


def test_spans_of_requests(tmp_path: Path, collector: Collector) -> None:
    """A SERVER span for each request with its child spans, in the caller's trace or one of its own; sent by the end."""
    requests = [
        ({"code": "return 1"}, {"traceparent": f"{PARENT}-01", "tracestate": "a=1, b=2"}),
        ({"code": "throw 1; return 1"}, {}),
        ({"code": "return 1", "policy": "secret\n"}, {}),
    ]
    good, failed, refused = executions(run(collector.url, tmp_path, requests, OTEL_SERVICE_NAME="here"))
    assert set(collector.paths) == {"/v1/traces"}
    assert collector.resources[0]["service.name"] == "here"
    spans = {span.trace_id.hex(): span for span in collector.spans if span.kind == Span.SPAN_KIND_SERVER}
    assert spans.keys() == {good["trace_id"], failed["trace_id"], refused["trace_id"]}
    assert {span.name for span in spans.values()} == {"POST /flow/codeblock"}

    assert good["trace_id"] == TRACE
    span = spans[TRACE]
    assert (span.parent_span_id.hex(), span.trace_state) == (PARENT_SPAN, "a=1,b=2")
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert attributes(span) == {
        "http.request.method": "POST", "url.path": "/flow/codeblock", "url.scheme": "http",
        "http.route": "/flow/codeblock", "network.protocol.version": "1.1", "http.response.status_code": 200,
        **{f"cellblock.{name}": good[name] for name in (
            "execution_id", "principal", "policy", "policy_digest", "outcome", "code_bytes", "input_bytes",
            "result_bytes")},
        **{f"cellblock.usage.{name}": value for name, value in good["usage"].items()},
        **{f"cellblock.timing.{name}": value for name, value in good["timing"].items()},
    }  # fmt: skip
    children = [each for each in collector.spans if each.parent_span_id == span.span_id]
    assert [child.name for child in children] == ["queue", "execute"]
    queue, execute = children
    assert span.start_time_unix_nano <= queue.start_time_unix_nano <= queue.end_time_unix_nano
    assert queue.end_time_unix_nano == execute.start_time_unix_nano
    assert execute.end_time_unix_nano <= span.end_time_unix_nano
    took_ms = (execute.end_time_unix_nano - execute.start_time_unix_nano) / 1e6
    assert took_ms == pytest.approx(good["timing"]["execution_ms"], abs=0.002)

    for record, kind in ((failed, "RuntimeError"), (refused, "PolicyError")):
        span = spans[record["trace_id"]]
        assert span.parent_span_id == b""
        assert (span.status.code, span.status.message) == (Status.STATUS_CODE_ERROR, kind)
        assert attributes(span)["error.type"] == kind
    assert [each for each in collector.spans if each.parent_span_id == spans[refused["trace_id"]].span_id] == []


def test_unsampled_parent_is_honoured(tmp_path: Path, collector: Collector) -> None:
    """Who decided not to sample gets no span, but finds the trace's id in the log."""
    requests = [
        ({"code": "return 1"}, {"traceparent": f"{PARENT}-00"}),
        ({"code": "return 1"}, {"traceparent": "00-x"}),
    ]
    unsampled, own = executions(run(collector.url, tmp_path, requests))
    assert unsampled["trace_id"] == TRACE
    assert {span.trace_id.hex() for span in collector.spans} == {own["trace_id"]}
    assert collector.resources[0]["service.name"] == "cellblock"


def test_collector_that_is_down_costs_a_warning(tmp_path: Path) -> None:
    """Requests are answered as ever, each complaint is logged once, and the stop is not held up."""
    many = [({"code": "return 1"}, {})] * 50
    nowhere = f"http://127.0.0.1:{_free_port()}"
    records = run(nowhere, tmp_path, many, OTEL_BSP_SCHEDULE_DELAY="50", OTEL_EXPORTER_OTLP_TIMEOUT="1")
    assert [record["outcome"] for record in executions(records)] == ["success"] * 50
    problems = [record["problem"] for record in records if record["event"] == "tracing has a problem"]
    assert 1 <= len(problems) <= 4
    assert all(record["level"] == "warning" for record in records if "problem" in record)
    assert {record["event"] for record in records} <= {
        "serving", "execution", "tracing has a problem", "not all spans were sent",
    }  # fmt: skip


def test_collector_that_does_not_answer_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    """The flush at the end has a limit of its own, and the log says that it was met."""

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        records = run(url, tmp_path, [({"code": "return 1"}, {})])
    assert [record["event"] for record in records] == ["serving", "execution", "not all spans were sent"]


def test_complaints_are_logged_once_in_a_while() -> None:
    """However often the SDK complains, each of its complaints is one record a minute, cut to a size."""
    telemetry._relay_complaints()
    sdk = logging.getLogger("opentelemetry.sdk.something")
    with structlog.testing.capture_logs() as records:
        for index in range(1000):
            sdk.warning("Queue full %s", "x" * index)
            sdk.error("No answer %s", "y" * 10_000)
    assert [(record["event"], record["log_level"]) for record in records] == [("tracing has a problem", "warning")] * 2
    assert [len(record["problem"]) for record in records] == [len("Queue full "), 500]


def start(*statements: str, **environment: str) -> subprocess.CompletedProcess:
    """`cellblock serve` after these statements, for as long as it takes to fail."""
    code = ";".join(
        ["import sys", *statements, "from host.cli.main import main", "sys.argv = ['cellblock', 'serve']", "main()"]
    )
    environment = {**os.environ, "PORT": str(_free_port()), **environment}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_configured_without_the_packages_stops_the_start() -> None:
    """An operator who asks for spans gets them, or is told what to install."""
    missing = "sys.modules['opentelemetry'] = None"
    done = start(missing, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318")
    assert done.returncode == 4
    assert "OTEL_EXPORTER_OTLP_ENDPOINT is set, and the packages for tracing are not installed" in done.stderr
    assert "cellblock[otel]" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4318'"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'; accepted is http/protobuf"),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER is 'zipkin'; accepted is otlp or none"),
    ],
)
def test_wrong_configuration_is_refused(environment: dict, said: str) -> None:
    """What cannot be done is said before the start, with the variable's name and what is accepted."""
    with pytest.raises(SetupError) as raised:
        telemetry.check({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", **environment})
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "TRUE"},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_not_configured_imports_nothing(environment: dict) -> None:
    """Who did not ask for spans pays for none of it."""
    assert not telemetry.configured(environment)
    code = (
        "import sys; from host import telemetry; from host.api import service; telemetry.check();"
        "assert telemetry.open_tracer() is None;"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'requests', 'google.protobuf'))])"
    )
    own = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**own, **environment}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
