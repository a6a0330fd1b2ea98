"""How an execution ended: values, matched exhaustively by whoever renders them."""

from msgspec import Struct

from host.capabilities.base import Decided
from host.execution.rates import RateState
from host.sandbox.abi import LogRecord

#: What `Failure.type` can be: the rows of the error table for executions that ran.
FAILURE_TYPES = (
    "ValidationError",
    "SyntaxError",
    "ReferenceError",
    "TypeError",
    "RangeError",
    "RuntimeError",
    "SecurityError",
    "CapabilityError",
    "TimeoutError",
    "MemoryLimitError",
    "ResultTooLargeError",
    "ConsoleDisabledError",
    "CancelledError",
    "InternalError",
)


class Success(Struct, frozen=True):
    """The code returned; `result` is its value as JSON, UTF-8, exactly as the guest wrote it."""

    result: bytes


class Failure(Struct, frozen=True):
    """The code did not return.

    `line` and `column` count from 1 in the caller's own source; `limit` names the limit that was used up: wall_time
    or fuel for a TimeoutError, grace_period for a CancelledError when the server stops.
    """

    type: str
    message: str
    line: int | None = None
    column: int | None = None
    stack: str | None = None
    hint: str | None = None
    limit: str | None = None


Outcome = Success | Failure


class Usage(Struct, frozen=True):
    """What an execution used. `cpu_ms` is the time its guest held a thread, with what the host worked for it."""

    fuel: int
    memory_peak_bytes: int
    host_calls: int
    cpu_ms: float


class Timing(Struct, frozen=True):
    """Whole times in milliseconds: waiting for a slot, running (guest and host calls), and all of it."""

    queue_ms: float
    execution_ms: float
    total_ms: float


class Report(Struct, frozen=True):
    """Everything that is known of an execution once it has ended."""

    execution_id: str
    outcome: Outcome
    timing: Timing
    usage: Usage
    logs: tuple[LogRecord, ...]
    logs_dropped: int
    policy_name: str
    policy_digest: str
    waited: bool = False
    """Whether it ever waited for a timer or a host call."""

    rates: tuple[RateState, ...] = ()
    decided: tuple[Decided, ...] = ()
    decided_beyond: int = 0
    """Decisions that are not in `decided`: there were too many different ones."""

    audited: bool = False
    """Whether its policy only watched."""
