"""What a capability is: a name, and the operations that a guest's host calls reach.

A capability is granted to an execution or does not exist for it. Its operations take and give bytes; refusing is
raising `Refusal`, and anything else that escapes is a fault of ours, which ends the execution as InternalError.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from msgspec import Struct

from host.policy.decide.compare import Would
from host.policy.decide.outcome import Allow, Decision
from host.policy.decide.rulebook import Request, Rulebook
from host.sandbox.hostcalls import Refusal

__all__ = [
    "Asynchronous",
    "BuiltIn",
    "Capability",
    "Decided",
    "Immediate",
    "Later",
    "Meter",
    "Permit",
    "Power",
    "Refusal",
    "Site",
]


class Later(Struct, frozen=True):
    """What an immediate operation gives in place of an answer that takes its time.

    The guest stands still in the middle of its call and holds no thread, while `work` is awaited on the event loop.
    What that gives is the answer; a Refusal that it raises is one of the call. It is cancelled when the execution
    ends.
    """

    work: Callable[[], Awaitable[bytes]]


Immediate = Callable[[bytes], bytes | Later]
Asynchronous = Callable[[bytes], Awaitable[bytes]]


class Capability(Protocol):
    """A power as one execution has it: made for that execution, with the limits of its grant.

    `immediate` and `asynchronous` map operation numbers to functions. Immediate ones are called on the thread that
    runs the guest and must be short; asynchronous ones are awaited on the event loop and cost no thread.
    """

    name: str
    immediate: Mapping[int, Immediate]
    asynchronous: Mapping[int, Asynchronous]


class Closing(Protocol):
    """A capability that holds something."""

    def close(self) -> None:
        """Gives it back; on the event loop, once, however the execution ended. Its open operations are cancelled."""


class Meter(Protocol):
    """What a capability tells the execution about an immediate call, while it answers it."""

    def charge(self, fuel: int) -> None:
        """The call costs so much fuel, beside its price."""

    def end_slice(self) -> None:
        """The guest's slice ends with the call; it goes on on one of the scheduler's threads."""


class Decided(Struct):
    """A decision of one execution, as it is recorded: of which request, how, when, and what came of it.

    `audited` says that the call went through although the decision is a Deny. `outcome` has figures and words of a
    fixed list, and nothing of what was sent or received. `times` is more than 1 where equal calls are kept once.
    `candidate` is what a candidate policy says, where that `would` change something.
    """

    capability: str
    decision: Decision
    audited: bool
    at_ms: float
    request: Request | None = None
    outcome: dict[str, Any] = {}
    times: int = 1
    candidate: Decision | None = None
    would: Would | None = None

    @property
    def allowed(self) -> bool:
        """Whether the call went through."""
        return self.audited or isinstance(self.decision, Allow)

    def note(self, **outcome: Any) -> None:
        """Adds to what came of it."""
        self.outcome.update(outcome)


class Permit(Struct, frozen=True):
    """That a call may go on. `terms` is the grant that allows it, with the limits that it has to keep; None where it
    goes on under an audit alone."""

    terms: Any
    record: Decided


class Site(Meter, Protocol):
    """One execution, as its capabilities see it."""

    rulebook: Rulebook
    principal: str
    execution_id: str
    deadline: float
    """When it ends at the latest, by time.monotonic."""

    def ask(self, request: Request) -> Permit:
        """Decides on a request by the policy, and records the decision. Raises Refusal where it is denied."""

    def judge(self, decision: Decision) -> Permit:
        """The same for a decision that was made already."""

    def secret(self, name: str) -> bytes:
        """What stands behind the name in a policy. Raises Refusal where nothing does."""

    def draw(self, count: int) -> bytes:
        """Random bytes, as the policy says: the operating system's, or those of a seed."""

    def spend_call(self) -> None:
        """Counts one of the policy's host calls. Raises Refusal when they are used up."""

    def worked(self, cpu_ns: int) -> None:
        """The host has worked for the execution, elsewhere than in an immediate call."""

    def off_loop(self, function: Callable[..., Any], *arguments: Any) -> Awaitable[Any]:
        """Calls a short function on a thread of the host's, and counts its CPU time. It cannot be stopped, so it must
        be over within a few milliseconds."""


class BuiltIn(Struct, frozen=True):
    """A capability that only computes: every execution whose policy lists `module` has it, made by its first call of
    one of `operations`. Its calls are bounded by what they are charged, and do not count as the policy's host calls."""

    module: str
    operations: frozenset[int]
    make: Callable[[Meter], Capability]


class Power(Struct, frozen=True):
    """A capability that a policy grants. It is made by an execution's first call of one of `operations`, and asks the
    policy about each request; where it has a `close` (see Closing), that is called at the execution's end."""

    name: str
    operations: frozenset[int]
    make: Callable[[Site], Capability]
