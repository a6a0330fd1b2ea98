"""What a capability is: a name, and the operations that a guest's host calls reach.

A capability is granted to an execution or does not exist for it. Its operations take and give bytes; refusing is
raising `Refusal`, and anything else that escapes is a fault of ours, which ends the execution as InternalError.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from msgspec import Struct

from host.sandbox.hostcalls import Refusal

__all__ = ["Asynchronous", "BuiltIn", "Capability", "Immediate", "Meter", "Refusal"]

Immediate = Callable[[bytes], bytes]
Asynchronous = Callable[[bytes], Awaitable[bytes]]


class Capability(Protocol):
    """A power as one execution has it: made for that execution, with the limits of its grant.

    `immediate` and `asynchronous` map operation numbers to functions. Immediate ones are called on the thread that
    runs the guest and must be short; asynchronous ones are awaited on the event loop and cost no thread.
    """

    name: str
    immediate: Mapping[int, Immediate]
    asynchronous: Mapping[int, Asynchronous]


class Meter(Protocol):
    """What a capability tells the execution about an immediate call, while it answers it."""

    def charge(self, fuel: int) -> None:
        """The call costs so much fuel, beside its price."""

    def end_slice(self) -> None:
        """The guest's slice ends with the call; it goes on on one of the scheduler's threads."""


class BuiltIn(Struct, frozen=True):
    """A capability that only computes: every execution whose policy lists `module` has it, made by its first call of
    one of `operations`. Its calls are bounded by what they are charged, and do not count as the policy's host calls."""

    module: str
    operations: frozenset[int]
    make: Callable[[Meter], Capability]
