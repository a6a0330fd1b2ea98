"""The trace that a request belongs to: W3C Trace Context (levels 1 and 2) to the letter, and the seam to a tracer.

Who calls may be a stranger: whatever is not exactly as the recommendation has it is as if it were not there.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from host.api.record import ExecutionRecord

_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_MEMBER = re.compile(
    r"([a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
    r"=([\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e])"
)
_MEMBERS_MAX = 32
_SAMPLED = 0x01
_RANDOM = 0x02

Header = tuple[bytes, bytes]


class TraceParent(Struct, frozen=True):
    """The caller's span, of which ours is a child. `state` are the members of `tracestate`, in order."""

    trace_id: str
    span_id: str
    sampled: bool
    random: bool = False
    state: tuple[tuple[str, str], ...] = ()


class Span(Protocol):
    """What one request is to the tracer."""

    trace_id: str

    def end(self, record: "ExecutionRecord", asked_ns: int | None) -> None:
        """The request has ended as `record` has it; `asked_ns` (of the epoch) is when its execution was asked for."""


class Tracer(Protocol):
    """Who makes a span of each request."""

    def begin(self, parent: TraceParent | None, http_version: str, scheme: str, began_ns: int) -> Span | None:
        """A request came at `began_ns` (of the epoch). None where there is nothing to tell of its end."""


class NoTracer:
    """Tracing is not configured."""

    def begin(self, parent: TraceParent | None, http_version: str, scheme: str, began_ns: int) -> None:
        """Nothing."""


def read_traceparent(value: bytes) -> TraceParent | None:
    """What a `traceparent` says, or None where it is not valid."""
    match = _TRACEPARENT.fullmatch(value)
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    # Versions that do not exist yet may say more, behind another dash; version 00 may not.
    if version == b"ff" or (version == b"00" and more is not None):
        return None
    if not trace_id.strip(b"0") or not span_id.strip(b"0"):
        return None
    bits = int(flags, 16)
    # What the other bits will mean in later versions is not known, but that the first says "sampled" is promised.
    random = version == b"00" and bool(bits & _RANDOM)
    return TraceParent(trace_id.decode(), span_id.decode(), bool(bits & _SAMPLED), random)


def read_tracestate(values: Iterable[bytes]) -> tuple[tuple[str, str], ...]:
    """The members of a `tracestate`, which may come in several headers. None of them where one is not valid."""
    members: dict[str, str] = {}
    for text in b",".join(values).decode("latin-1").split(","):
        text = text.strip(" \t")
        if not text:
            continue
        match = _MEMBER.fullmatch(text)
        if match is None or match[1] in members or len(members) == _MEMBERS_MAX:
            return ()
        members[match[1]] = match[2]
    return tuple(members.items())


def parent_of(headers: Iterable[Header], with_state: bool) -> TraceParent | None:
    """The caller's span by a request's headers. A `traceparent` that stands twice names none."""
    headers = list(headers)
    given = [value for name, value in headers if name == b"traceparent"]
    parent = read_traceparent(given[0]) if len(given) == 1 else None
    if parent is None or not with_state:
        return parent
    state = read_tracestate(value for name, value in headers if name == b"tracestate")
    return TraceParent(parent.trace_id, parent.span_id, parent.sampled, parent.random, state)
