"""The wire contract of executions: the request as it is decoded, the answers as they are encoded.

Input and result are never turned into Python objects: they cross as `msgspec.Raw`, which checks JSON's grammar.
"""

import time
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from host.execution.outcome import Failure, LogRecord, Report, Success

#: The largest whole number that every JSON reader keeps exactly.
_INTEGER_MAX = 2**53


class ExecuteRequest(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A code block to run. Exactly one of `code` and `codebase64`."""

    code: Annotated[str, Meta(description="A JavaScript function body, as text.")] | UnsetType = UNSET
    codebase64: (
        Annotated[str, Meta(description="The same in base64: standard or URL-safe alphabet, padding optional.")]
        | UnsetType
    ) = UNSET
    code_base64: Annotated[str, Meta(description="Another spelling of `codebase64`.")] | UnsetType = UNSET
    input: Raw | UnsetType = UNSET
    policy: Annotated[str, Meta(description="One of the policies that the caller may use.")] | UnsetType = UNSET
    timeout_ms: (
        Annotated[int, Meta(ge=1, le=_INTEGER_MAX, description="Lowers the policy's wall time; never raises it.")]
        | UnsetType
    ) = UNSET
    record: Annotated[bool, Meta(description="Keep a replayable trace. Not available yet.")] = False
    seed: (
        Annotated[int, Meta(ge=0, le=_INTEGER_MAX, description="Seeds randomness, where the policy has it seeded.")]
        | UnsetType
    ) = UNSET


class WireError(Struct, frozen=True, omit_defaults=True):
    """Why there is no result. `line` and `column` count from 1 in the caller's own source."""

    type: str
    message: str
    line: int | None = None
    column: int | None = None
    stack: str | None = None
    hint: str | None = None
    limit: str | None = None


class WireTiming(Struct, frozen=True, rename="camel"):
    """Whole milliseconds."""

    execution_time: int
    total_time: int
    queue_time: int


class WireUsage(Struct, frozen=True, rename="camel"):
    """What the execution used."""

    fuel: int
    memory_peak_bytes: int
    host_calls: int
    cpu_ms: float


class WireLog(Struct, frozen=True, rename="camel"):
    """One call of `console`; `atMs` is since the execution began."""

    level: str
    text: str
    at_ms: float


class WirePolicy(Struct, frozen=True):
    """The policy that the code ran under. `mode` is there, and `audit`, where it only watched: what no grant names was
    let through."""

    name: str
    digest: str
    mode: Literal["audit"] | UnsetType = UNSET


class ExecuteSuccess(Struct, frozen=True, rename="camel"):
    """The code returned."""

    success: bool
    result: Raw
    execution_id: str
    timing: WireTiming
    usage: WireUsage
    logs: list[WireLog]
    policy: WirePolicy
    timestamp: str


class ExecuteFailure(Struct, frozen=True, rename="camel"):
    """The code did not return, or did not run. What was not known by then is left out."""

    success: bool
    error: WireError
    timestamp: str
    execution_id: str | UnsetType = UNSET
    timing: WireTiming | UnsetType = UNSET
    usage: WireUsage | UnsetType = UNSET
    logs: list[WireLog] | UnsetType = UNSET
    policy: WirePolicy | UnsetType = UNSET


encode = msgspec.json.Encoder().encode
decode_request = msgspec.json.Decoder(ExecuteRequest).decode


class DuplicateField(LookupError):
    """A field stands twice in a JSON object; `args[0]` is its name. No ValueError: msgspec would wrap it."""


class _Member:
    """A key that equals none but itself, so that a dict keeps every member of a JSON object."""

    __slots__ = ()


class _FieldWatch:
    """Finds a field that stands twice in an object, of which msgspec would silently take the last one.

    msgspec calls the hook with each key, unescaped, and skips the values: 0.7 µs for a small body.
    """

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._decode = msgspec.json.Decoder(dict[_Member, Raw], dec_hook=self._see).decode

    def refuse_duplicates(self, body: bytes) -> None:
        """Raises DuplicateField. `body` is a JSON object. Only for one thread: the event loop's."""
        self._seen.clear()
        self._decode(body)

    def _see(self, _: type, name: str) -> _Member:
        if name in self._seen:
            raise DuplicateField(name)
        self._seen.add(name)
        return _Member()


refuse_duplicates = _FieldWatch().refuse_duplicates


_stamp_second, _stamp = 0, ""


def timestamp() -> str:
    """Now, in UTC, to the second."""
    global _stamp_second, _stamp
    second = int(time.time())
    if second != _stamp_second:
        _stamp_second, _stamp = second, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
    return _stamp


def render_success(report: Report) -> bytes:
    """The answer for an execution that returned."""
    assert isinstance(report.outcome, Success)
    return encode(ExecuteSuccess(True, Raw(report.outcome.result), *_facts(report), timestamp()))


def render_failure(report: Report, error: WireError) -> bytes:
    """The answer for an execution that did not return; `error` is its error as the reader wants it."""
    return encode(ExecuteFailure(False, error, timestamp(), *_facts(report)))


def _facts(report: Report) -> tuple[str, WireTiming, WireUsage, list[WireLog], WirePolicy]:
    timing, usage = report.timing, report.usage
    return (
        report.execution_id,
        WireTiming(round(timing.execution_ms), round(timing.total_ms), round(timing.queue_ms)),
        WireUsage(usage.fuel, usage.memory_peak_bytes, usage.host_calls, round(usage.cpu_ms, 2)),
        _logs(report),
        WirePolicy(report.policy_name, report.policy_digest, "audit" if report.audited else UNSET),
    )


class _Kept(Struct, frozen=True):
    """Of an answer that was kept, what tells how it ended."""

    success: bool
    error: WireError | None = None


_decode_kept = msgspec.json.Decoder(_Kept).decode


def error_type_of(body: bytes) -> str | None:
    """The error type of an answer of ours, None for a success."""
    kept = _decode_kept(body)
    return None if kept.error is None else kept.error.type


def wire_error(failure: Failure, hint: str | None = None) -> WireError:
    """The error of an execution that ran; with another hint, where one is given."""
    place = failure.line, failure.column, failure.stack
    return WireError(failure.type, failure.message, *place, hint or failure.hint, failure.limit)


def _logs(report: Report) -> list[WireLog]:
    logs = [wire_log(record) for record in report.logs]
    if report.logs_dropped:
        at_ms = logs[-1].at_ms if logs else 0.0
        logs.append(WireLog("warn", f"[{report.logs_dropped} more messages were over the log limit]", at_ms))
    return logs


def wire_log(record: LogRecord) -> WireLog:
    """One record of the console."""
    return WireLog(record.level, record.text, round(record.at_ms, 1))
