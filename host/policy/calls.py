"""A call as it is recorded: what a policy was asked about, and nothing of what was sent or received.

No header, no body, no query. A path is part of where a request goes, and is recorded.
"""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from host.policy.decide.crypto import CryptoRequest
from host.policy.decide.fetch import FetchRequest
from host.policy.decide.modules import ModuleRequest
from host.policy.decide.rulebook import Request
from host.policy.decide.tasks import TasksRequest
from host.policy.decide.xlsx import XlsxRequest
from host.policy.url import UrlError, parse_url


class FetchCall(Struct, frozen=True, tag_field="capability", tag="fetch", omit_defaults=True):
    """`path` as it was in the URL; `body_bytes` where the size of the body was known."""

    method: str
    scheme: str
    host: str
    port: int
    path: str
    body_bytes: int | None = None


class CryptoCall(Struct, frozen=True, tag_field="capability", tag="crypto", omit_defaults=True):
    """An algorithm, randomness or the use of a named key."""

    operation: str
    algorithm: str | None = None
    key: str | None = None


class XlsxCall(Struct, frozen=True, tag_field="capability", tag="xlsx", omit_defaults=True):
    """A workbook, with the figures that were known of it."""

    operation: Literal["read", "write"]
    size_bytes: int | None = None
    cells: int | None = None
    rows: int | None = None
    sheets: int | None = None
    uncompressed_bytes: int | None = None
    ratio: int | None = None


class TasksCall(Struct, frozen=True, tag_field="capability", tag="tasks"):
    """A task of a pool."""

    operation: Literal["add", "get"]
    pool: str


class ModuleCall(Struct, frozen=True, tag_field="capability", tag="modules"):
    """A module that was required."""

    module: str


Call = FetchCall | CryptoCall | XlsxCall | TasksCall | ModuleCall


class CallError(ValueError):
    """A recorded call that is none."""


def call_of(request: Request) -> Call:
    """What is recorded of a request."""
    match request:
        case FetchRequest(method, url, body_bytes=body_bytes):
            path = "/" + url.href.split("/", 3)[3].partition("?")[0]
            return FetchCall(method, url.scheme, url.host, url.port, path, body_bytes)
        case CryptoRequest():
            return CryptoCall(**_fields(request))
        case XlsxRequest():
            return XlsxCall(**_fields(request))
        case TasksRequest():
            return TasksCall(**_fields(request))
        case ModuleRequest():
            return ModuleCall(**_fields(request))
    raise TypeError(f"{request} is not recorded")


def request_of(call: Call) -> Request:
    """The request that was recorded so. Raises CallError."""
    match call:
        case FetchCall(method, scheme, host, port, path, body_bytes):
            try:
                url = parse_url(f"{scheme}://{host}:{port}{path}")
            except UrlError as fault:
                raise CallError(f"the URL of a recorded fetch {fault}") from fault
            if (url.scheme, url.host, url.port) != (scheme, host, port):
                raise CallError("a recorded fetch has a host or a port that no URL has")
            return FetchRequest(method, url, body_bytes=body_bytes)
        case CryptoCall():
            return CryptoRequest(**_fields(call))
        case XlsxCall():
            return XlsxRequest(**_fields(call))
        case TasksCall():
            return TasksRequest(**_fields(call))
        case ModuleCall():
            return ModuleRequest(**_fields(call))
    raise TypeError(f"{call} is not recorded")


def _fields(struct: Struct) -> dict[str, Any]:
    return msgspec.structs.asdict(struct)
