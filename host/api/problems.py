"""Every way to refuse or fail, as an answer: status, error type and body. Nothing of the host's inside gets out."""

import math
from collections.abc import Iterable, Sequence

from msgspec import UNSET

from host.api.language import translate, wants_chinese
from host.api.wire import ExecuteFailure, WireError, WirePolicy, encode, timestamp
from host.errors import (
    AuthenticationError,
    CancelledError,
    CellblockError,
    ConcurrencyError,
    KeyReuseError,
    NotFoundError,
    PolicyError,
    RateLimitError,
    RefusedError,
    StillRunningError,
    TooLargeError,
    UnavailableError,
    ValidationError,
)
from host.execution.outcome import Failure
from host.execution.rates import RateState
from host.policy.model import Policy

#: Status and `error.type` of each error that can meet a request. What is not here is a fault of ours.
STATUS: dict[type[CellblockError], tuple[int, str]] = {
    ValidationError: (400, "ValidationError"),
    TooLargeError: (413, "ValidationError"),
    CancelledError: (400, "CancelledError"),
    KeyReuseError: (422, "ValidationError"),
    AuthenticationError: (401, "AuthenticationError"),
    PolicyError: (403, "PolicyError"),
    NotFoundError: (404, "ValidationError"),
    RateLimitError: (429, "RateLimitError"),
    ConcurrencyError: (503, "ConcurrencyError"),
    StillRunningError: (409, "ConcurrencyError"),
    UnavailableError: (503, "InternalError"),
}
INTERNAL = WireError("InternalError", "The service failed; the fault is not in your request")

#: Of every answer. Browsers guess no other type, and nobody keeps an answer.
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-type", b"application/json"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)

Headers = Iterable[tuple[bytes, bytes]]


class Problem:
    """An answer to a request of which nothing ran: `status`, `error` and the headers that belong to it."""

    __slots__ = ("error", "headers", "status")

    def __init__(self, status: int, error: WireError, headers: Headers = ()) -> None:
        self.status = status
        self.error = error
        self.headers = tuple(headers)

    def body(
        self, accept_language: bytes | None, execution_id: str | None = None, policy: Policy | None = None
    ) -> bytes:
        """The answer's body, with what is known of the execution by now."""
        return encode(
            ExecuteFailure(
                False,
                in_language(self.error, accept_language),
                timestamp(),
                UNSET if execution_id is None else execution_id,
                policy=UNSET if policy is None else WirePolicy(policy.name, policy.digest),
            )
        )


def problem_of(error: BaseException) -> Problem:
    """The answer that `error` gets. One that is not in the table is InternalError, and says nothing of itself."""
    status_and_type = STATUS.get(type(error))
    if status_and_type is None:
        return Problem(500, INTERNAL)
    status, kind = status_and_type
    return Problem(status, WireError(kind, error.message, hint=error.hint), _headers_of(error))


def problem_of_status(status: int, allow: str | None = None) -> Problem:
    """The answer for what the framework refuses: an unknown path, a wrong method, a broken request."""
    if status >= 500:
        return Problem(500, INTERNAL)
    messages = {404: "There is nothing at this path", 405: "This path does not take this method"}
    hints = {404: "GET / lists the paths.", 405: f"It takes {allow}." if allow else None}
    message = messages.get(status, "The request cannot be understood")
    headers = [(b"allow", allow.encode("latin-1"))] if allow else []
    return Problem(status, WireError("ValidationError", message, hint=hints.get(status)), headers)


def in_language(error: WireError, accept_language: bytes | None) -> WireError:
    """`error` as its reader wants it: Simplified Chinese where asked for, of what the host writes."""
    return translate(error) if accept_language and wants_chinese(accept_language) else error


def _headers_of(error: BaseException) -> Headers:
    match error:
        case AuthenticationError():
            return [(b"www-authenticate", b"Bearer")]
        case RateLimitError():
            return [(b"retry-after", b"%d" % error.retry_after_s), *rate_headers(error.rates)]
        case RefusedError():
            return [(b"retry-after", b"%d" % error.retry_after_s)]
        case _:
            return ()


def status_of(failure: Failure, rates: Sequence[RateState]) -> tuple[int, Headers]:
    """Status and headers for an execution that ran and failed."""
    if failure.type == "InternalError":
        return 500, ()
    if failure.limit == "grace_period":
        return 503, [(b"retry-after", b"1")]
    return 400, rate_headers(rates)


def rate_headers(rates: Sequence[RateState]) -> Headers:
    """Where each rate stands, as `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10)."""
    if not rates:
        return ()
    policies = ", ".join(f'"{state.name}";q={state.rate.count};w={state.rate.per_s}' for state in rates)
    stands = ", ".join(f'"{state.name}";r={state.remaining};t={math.ceil(state.reset_s)}' for state in rates)
    return [(b"ratelimit-policy", policies.encode()), (b"ratelimit", stands.encode())]
