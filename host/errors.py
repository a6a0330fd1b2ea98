"""Every way in which the service refuses or fails, on one screen.

    CellblockError
    ├── RequestError                 the request itself is at fault; nothing ran
    │   ├── ValidationError          400: bad JSON, field, base64, UTF-8, no code
    │   ├── TooLargeError            413: reported as ValidationError
    │   ├── CancelledError           400: ended from outside before it ran
    │   ├── KeyReuseError            422: reported as ValidationError
    │   ├── AuthenticationError      401
    │   ├── PolicyError              403: a policy that the principal may not use
    │   └── NotFoundError            404: there is no such thing of the principal's; reported as ValidationError
    ├── RefusedError                 the request is fine; there is no room for it now
    │   ├── RateLimitError           429
    │   ├── ConcurrencyError         503
    │   ├── StillRunningError        409: reported as ConcurrencyError
    │   └── UnavailableError         503: a part of the service that the request needs is out of order; InternalError
    ├── SetupError                   the operator has to mend something; the message says what
    │   ├── SettingError             a wrong value of a setting
    │   └── ImageError               the guest image is missing, damaged or cannot be built
    └── InternalError                500: a fault of ours; its text never reaches a client

How an execution that did run ended is a value, not an exception: see host/execution/outcome.py.
"""

from collections.abc import Sequence


class CellblockError(Exception):
    """The root. `str(error)` is a sentence for the reader named in the tree; `hint` says how to mend it."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class RequestError(CellblockError):
    """The request itself is at fault."""


class ValidationError(RequestError):
    """A field is missing, unknown, of the wrong type or not decodable."""


class TooLargeError(RequestError):
    """A body, code or input over its limit."""


class CancelledError(RequestError):
    """The execution was ended from outside before it ran."""


class KeyReuseError(RequestError):
    """An Idempotency-Key that belongs to another request."""


class AuthenticationError(RequestError):
    """No token, or one that names nobody."""


class PolicyError(RequestError):
    """A policy that does not exist or that the principal may not use."""


class NotFoundError(RequestError):
    """What is asked for does not exist, or is another principal's."""


class RefusedError(CellblockError):
    """There is no room now; `retry_after_s` says when to try again, in seconds."""

    def __init__(self, message: str, hint: str | None = None, retry_after_s: int = 1) -> None:
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class RateLimitError(RefusedError):
    """The principal's rate or quota is used up. `rates` is where each of its rates stands."""

    def __init__(self, message: str, hint: str | None = None, retry_after_s: int = 1, rates: Sequence = ()) -> None:
        super().__init__(message, hint, retry_after_s)
        self.rates = rates


class ConcurrencyError(RefusedError):
    """No execution slot became free within the queue time."""


class StillRunningError(RefusedError):
    """The first request with the same Idempotency-Key is not answered yet."""


class UnavailableError(RefusedError):
    """A part of the service that the request needs is out of order; the rest serves on."""

    def __init__(self, message: str, hint: str | None = None, retry_after_s: int = 5) -> None:
        super().__init__(message, hint, retry_after_s)


class SetupError(CellblockError):
    """The operator has to mend something before the service can run."""


class SettingError(SetupError):
    """A setting has a value that is not accepted."""


class ImageError(SetupError):
    """The guest image is missing, damaged, or cannot be built or compiled."""


class InternalError(CellblockError):
    """A fault of the host."""
