"""OpenTelemetry: a span of each request to execute, sent to the collector that the standard variables name.

Configured by the environment alone, as OpenTelemetry has it. Without an endpoint nothing of it is imported. A thread of
the SDK sends the spans in batches.
"""

import asyncio
import importlib.util
import logging
import os
import threading
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from host.api.record import SUCCESS, ExecutionRecord
from host.api.trace import Span, TraceParent
from host.errors import SettingError, SetupError
from host.version import version

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PACKAGES = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")
_METHOD, _PATH = "POST", "/flow/codeblock"
#: How long the end of a worker waits for the last spans to be sent.
FLUSH_TIMEOUT_S = 3.0
_FLUSH_LOOK_S = 0.01
#: How often each complaint of the SDK is logged.
_COMPLAIN_EVERY_S = 60.0
_COMPLAINT_CHARS = 500
#: What of a record has a name of its own in OpenTelemetry, or is the span's own.
_NOT_OURS = {"timestamp", "level", "event", "status", "trace_id"}


def configured(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether spans are to be sent."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return False
    return _first(environ, _ENDPOINTS) is not None


def check(environ: Mapping[str, str] = os.environ) -> None:
    """Raises SetupError where spans are to be sent and cannot be. Imports nothing: the workers do."""
    if not configured(environ):
        return
    name, endpoint = _first(environ, _ENDPOINTS)
    if not endpoint.startswith(("http://", "https://")):
        raise SettingError(f"{name} is {ascii(endpoint)[:200]}; accepted is a URL of http or https")
    protocol = _first(environ, _PROTOCOLS)
    if protocol is not None and protocol[1] != "http/protobuf":
        raise SettingError(f"{protocol[0]} is {ascii(protocol[1])[:60]}; accepted is http/protobuf")
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip()
    if exporter not in ("", "otlp"):
        raise SettingError(f"OTEL_TRACES_EXPORTER is {ascii(exporter)[:60]}; accepted is otlp or none")
    missing = [package for package in _PACKAGES if not _is_installed(package)]
    if missing:
        raise SetupError(
            f"{name} is set, and the packages for tracing are not installed",
            "Install `cellblock[otel]`, or unset it.",
        )


def open_tracer() -> "OtelTracer | None":
    """The tracer of this process, where one is configured. After the fork: it starts a thread."""
    return OtelTracer() if configured() else None


class OtelTracer:
    """Makes spans and sends them. See host/api/trace.py for its face to a request."""

    def __init__(self) -> None:
        from opentelemetry import trace as api
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        _relay_complaints()
        resource = Resource.create({"service.version": version(), "process.pid": os.getpid()})
        if str(resource.attributes.get("service.name", "")).startswith("unknown_service"):
            resource = resource.merge(Resource({"service.name": "cellblock"}))
        # The sampler is OpenTelemetry's default, or what OTEL_TRACES_SAMPLER says: the parent's decision holds.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("cellblock", version())
        self._api = api

    def begin(self, parent: TraceParent | None, http_version: str, scheme: str, began_ns: int) -> Span:
        """The span of a request that came at `began_ns`."""
        attributes = {
            "http.request.method": _METHOD,
            "url.path": _PATH,
            "url.scheme": scheme,
            "http.route": _PATH,
            "network.protocol.version": http_version,
        }
        context = self._context_of(parent)
        kind = self._api.SpanKind.SERVER
        span = self._tracer.start_span(f"{_METHOD} {_PATH}", context, kind, attributes, start_time=began_ns)
        return _RequestSpan(self._api, self._tracer, span)

    def _context_of(self, parent: TraceParent | None) -> Any:
        api = self._api
        if parent is None:
            return api.set_span_in_context(api.INVALID_SPAN)
        flags = api.TraceFlags(parent.sampled * api.TraceFlags.SAMPLED | parent.random * api.TraceFlags.RANDOM_TRACE_ID)
        state = api.TraceState(parent.state)
        remote = api.SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), True, flags, state)
        return api.set_span_in_context(api.NonRecordingSpan(remote))

    async def close(self) -> None:
        """Sends what is left, as far as that can be done in FLUSH_TIMEOUT_S."""
        # In a thread that may be left behind: the SDK's own limit is half a minute.
        flushing = threading.Thread(target=self._provider.shutdown, name="cellblock-spans", daemon=True)
        flushing.start()
        deadline = time.monotonic() + FLUSH_TIMEOUT_S
        while flushing.is_alive():
            if time.monotonic() > deadline:
                _warn("not all spans were sent", waited_s=FLUSH_TIMEOUT_S)
                return
            await asyncio.sleep(_FLUSH_LOOK_S)


class _RequestSpan:
    """The span of one request."""

    __slots__ = ("_api", "_span", "_tracer", "trace_id")

    def __init__(self, api: Any, tracer: Any, span: Any) -> None:
        self._api = api
        self._tracer = tracer
        self._span = span
        self.trace_id = f"{span.get_span_context().trace_id:032x}"

    def end(self, record: ExecutionRecord, asked_ns: int | None) -> None:
        """Ends the span with what the record says; what the execution took becomes spans inside of it."""
        span = self._span
        if not span.is_recording():
            return
        span.set_attributes(_attributes(record))
        if record.outcome != SUCCESS:
            span.set_attribute("error.type", record.outcome)
            span.set_status(self._api.Status(self._api.StatusCode.ERROR, record.outcome))
        if asked_ns is not None and record.timing.queue_ms is not msgspec.UNSET:
            began_ns = asked_ns + round(record.timing.queue_ms * 1e6)
            ended_ns = began_ns + round(record.timing.execution_ms * 1e6)
            self._child("queue", asked_ns, began_ns)
            self._child("execute", began_ns, ended_ns)
        span.end()

    def _child(self, name: str, began_ns: int, ended_ns: int) -> None:
        context = self._api.set_span_in_context(self._span)
        self._tracer.start_span(name, context, start_time=began_ns).end(ended_ns)


def _attributes(record: ExecutionRecord) -> dict[str, Any]:
    """The fields of the record as attributes: `cellblock.usage.fuel`, `cellblock.policy`."""
    attributes: dict[str, Any] = {}
    for name, value in msgspec.to_builtins(record).items():
        if isinstance(value, dict):
            attributes.update({f"cellblock.{name}.{field}": inner for field, inner in value.items()})
        elif name not in _NOT_OURS:
            attributes[f"cellblock.{name}"] = value
    if record.status is not msgspec.UNSET:
        attributes["http.response.status_code"] = record.status
    return attributes


class _Relay(logging.Handler):
    """Logs what the SDK complains of as a record of ours, and each complaint once in a while."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        # By the place in the SDK that complains, of which there are few.
        self._quiet_until: dict[tuple[str, int], float] = {}
        self._unsaid: dict[tuple[str, int], int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        place, now = (record.name, record.lineno), time.monotonic()
        if now < self._quiet_until.get(place, 0):
            self._unsaid[place] = self._unsaid.get(place, 0) + 1
            return
        self._quiet_until[place] = now + _COMPLAIN_EVERY_S
        unsaid = self._unsaid.pop(place, 0)
        _warn("tracing has a problem", problem=record.getMessage()[:_COMPLAINT_CHARS], not_logged=unsaid)


def _warn(event: str, **fields: object) -> None:
    # Imported late: `check` comes before the image is prepared, and that is not to wait for it.
    import structlog

    structlog.get_logger().warning(event, **fields)


def _relay_complaints() -> None:
    logger = logging.getLogger("opentelemetry")
    logger.propagate = False
    logger.handlers = [_Relay()]


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str] | None:
    """The first of these variables that is set to something, with its value."""
    return next(((name, environ[name].strip()) for name in names if environ.get(name, "").strip()), None)
