"""What a capability is: a name, and the operations that a guest's host calls reach.

A capability is granted to an execution or does not exist for it. Its operations take and give bytes; refusing is
raising `Refusal`, and anything else that escapes is a fault of ours, which ends the execution as InternalError.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from host.sandbox.hostcalls import Refusal

__all__ = ["Asynchronous", "Capability", "Immediate", "Refusal"]

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
