"""The host calls of one execution: what it was granted, its budget, and its open operations."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from host.capabilities import domains
from host.capabilities.base import Asynchronous, BuiltIn, Capability, Immediate, Later, Power
from host.capabilities.random import QUOTA_BYTES, RandomSource
from host.execution.site import ExecutionSite
from host.policy.vocabulary import MODULES
from host.sandbox.hostcalls import (
    CALL_FUEL,
    DOMAIN_TO_ASCII,
    DOMAIN_TO_UNICODE,
    LATER_ANSWER,
    MODULE_ASK,
    MODULE_LOAD,
    RANDOM_BYTES,
    Refusal,
)
from host.sandbox.image import ImageBundle

#: Asynchronous operations of one execution that are open at the same time.
OPERATIONS_OPEN_MAX = 1_024
#: And what they were all given together: it is held in the host's memory, and not in the guest's.
OPERATIONS_OPEN_BYTES_MAX = 128 * 1024 * 1024
#: A longer name is none of a module's.
MODULE_NAME_BYTES_MAX = 256
#: The operation that a guest stands still for has no id of its own.
_STANDING = 0


class Settled:
    """An operation that has ended: its answer, or the payload of a refusal."""

    __slots__ = ("ok", "operation_id", "payload")

    def __init__(self, operation_id: int, ok: bool, payload: bytes) -> None:
        self.operation_id = operation_id
        self.ok = ok
        self.payload = payload


class ExecutionCalls:
    """Answers a guest's host calls (the HostCalls protocol) and keeps its asynchronous operations.

    `call` and `start` come on whichever thread runs the guest; everything else belongs to the event loop.
    """

    def __init__(
        self,
        bundle: ImageBundle,
        random: RandomSource,
        capabilities: Iterable[Capability],
        budget: int,
        offered: Mapping[int, BuiltIn | Power] = MappingProxyType({}),
        allows: Callable[[str], bool] = lambda module: False,
        make_site: "Callable[[ExecutionCalls], ExecutionSite] | None" = None,
    ) -> None:
        self._bundle = bundle
        self._offered = offered
        self._allows = allows
        self._make_site = make_site
        self._made: list[Capability] = []
        self._random = random
        self._budget = budget
        self._immediate: dict[int, Immediate] = {}
        self._asynchronous: dict[int, Asynchronous] = {}
        for capability in capabilities:
            self._immediate.update(capability.immediate)
            self._asynchronous.update(capability.asynchronous)
        #: Each call of these is one of the policy's host calls; powers count theirs themselves.
        self._counted = frozenset((*self._immediate, *self._asynchronous))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[int, asyncio.Task] = {}
        #: What was begun is counted by the thread that runs the guest, and what has ended by the event loop.
        self._last_id = 0
        self._begun_bytes = 0
        self._ended = 0
        self._ended_bytes = 0
        self._closed = False
        self._modules_asked = 0
        self.used = 0
        self.owed = 0
        self.ends_slice = False
        self.settled: deque[Settled] = deque()
        self.fault: BaseException | None = None
        #: The side that powers see; made with the first of them, or with the first module that is asked about.
        self.site: ExecutionSite | None = None
        #: What a guest that stands still in a call waits for: to be begun, and then its answer or refusal.
        self.stands: Later | None = None
        self._late: bytes | Refusal | None = None
        self._woken: asyncio.Future | None = None
        self._stood: asyncio.Future | None = None

    def call(self, operation: int, payload: bytes) -> bytes | None:
        """An immediate host call; None where the guest is to stand still until `stand` has ended."""
        if operation == MODULE_LOAD:
            return self._bundle.module_bytecode(payload.decode())
        if operation == RANDOM_BYTES:
            return self._random.draw(min(int(payload), QUOTA_BYTES))
        if operation in (DOMAIN_TO_ASCII, DOMAIN_TO_UNICODE):
            self.charge(len(payload) * domains.FUEL_PER_BYTE)
            return (domains.to_ascii if operation == DOMAIN_TO_ASCII else domains.to_unicode)(payload)
        if operation == LATER_ANSWER:
            return self._late_answer()
        if operation == MODULE_ASK:
            return self._answer_module(payload)
        if operation not in self._immediate:
            self._make(operation)
        function = self._immediate.get(operation)
        if function is None:
            raise _not_granted()
        if operation in self._counted:
            self.spend_call()
        answer = function(payload)
        if not isinstance(answer, Later):
            return answer
        self.stands = answer
        self.ends_slice = True
        return None

    def _answer_module(self, payload: bytes) -> bytes:
        """Whether the guest may require a module. It asks once for each; more often than that is not free."""
        if self._make_site is None or len(payload) > MODULE_NAME_BYTES_MAX:
            raise _not_granted()
        self._modules_asked += 1
        if self._modules_asked > len(MODULES):
            self.charge(CALL_FUEL)
        return b"\1" if self._the_site().allows_module(payload.decode("utf-8", "replace")) else b"\0"

    def _the_site(self) -> ExecutionSite:
        if self.site is None:
            self.site = self._make_site(self)
        return self.site

    def _late_answer(self) -> bytes:
        answer, self._late = self._late, None
        if answer is None:
            raise _not_granted()
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def _make(self, operation: int) -> None:
        """Makes the capability that an operation belongs to, where the execution has one."""
        offered = self._offered.get(operation)
        if isinstance(offered, BuiltIn):
            if not self._allows(offered.module):
                raise _not_granted()
            capability = offered.make(self)
        elif offered is not None and self._make_site is not None:
            capability = offered.make(self._the_site())
        else:
            return
        self._made.append(capability)
        self._immediate.update(capability.immediate)
        self._asynchronous.update(capability.asynchronous)

    def charge(self, fuel: int) -> None:
        """An immediate call costs so much more (the Meter protocol)."""
        self.owed += fuel

    def end_slice(self) -> None:
        """The guest's slice ends with the call that is being answered (the Meter protocol)."""
        self.ends_slice = True

    def start(self, operation: int, payload: bytes) -> int:
        """An asynchronous host call: begun on the event loop, settled later."""
        if operation not in self._asynchronous:
            self._make(operation)
        function = self._asynchronous.get(operation)
        if function is None or self._loop is None:
            raise _not_granted()
        if self._last_id - self._ended >= OPERATIONS_OPEN_MAX:
            raise Refusal("CapabilityError", f"The execution has {OPERATIONS_OPEN_MAX} host calls open")
        if self._begun_bytes - self._ended_bytes + len(payload) > OPERATIONS_OPEN_BYTES_MAX:
            message = f"The host calls that the execution has open were given {OPERATIONS_OPEN_BYTES_MAX} bytes"
            raise Refusal("CapabilityError", message, "Wait for those that were begun, before the next are.")
        if operation in self._counted:
            self.spend_call()
        self._last_id += 1
        self._begun_bytes += len(payload)
        self._loop.call_soon_threadsafe(self._launch, self._last_id, function, payload)
        return self._last_id

    def spend_call(self) -> None:
        """Counts one of the policy's host calls. Raises Refusal when they are used up."""
        if self.used >= self._budget:
            raise Refusal(
                "CapabilityError",
                f"The execution has made the {self._budget} host calls that its policy allows",
                "Make fewer calls; a policy sets the number with limits.host_calls.",
            )
        self.used += 1

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Says which event loop the operations run on; before the guest is first entered."""
        self._loop = loop

    def _launch(self, operation_id: int, function: Asynchronous, payload: bytes) -> None:
        if not self._closed:
            self._tasks[operation_id] = self._loop.create_task(self._perform(operation_id, function, payload))

    async def _perform(self, operation_id: int, function: Asynchronous, payload: bytes) -> None:
        try:
            settled = Settled(operation_id, True, await function(payload))
        except Refusal as refusal:
            settled = Settled(operation_id, False, refusal.payload())
        except Exception as fault:
            self.fault = fault
            settled = Settled(operation_id, False, b"Error\nthe host could not carry out the call\n")
        del self._tasks[operation_id]
        self._ended += 1
        self._ended_bytes += len(payload)
        self.settled.append(settled)
        self._wake_waiter()

    async def stand(self) -> None:
        """Does what the guest stands still for; returns when its answer is there, or `wake` is called."""
        self._stood = self._loop.create_future()
        self._tasks[_STANDING] = self._loop.create_task(self._answer_late(self.stands))
        self.stands = None
        await self._stood

    async def _answer_late(self, later: Later) -> None:
        try:
            self._late = await later.work()
        except Refusal as refusal:
            self._late = refusal
        except Exception as fault:
            self.fault = fault
        del self._tasks[_STANDING]
        _wake(self._stood)

    def wake(self) -> None:
        """Ends a `wait` or a `stand` now."""
        self._wake_waiter()
        if self._stood is not None:
            _wake(self._stood)

    def _wake_waiter(self) -> None:
        if self._woken is not None:
            _wake(self._woken)

    async def wait(self, seconds: float) -> None:
        """Returns when an operation is settled, the time (infinite: never) is over, or `wake` is called."""
        if self.settled:
            return
        self._woken = self._loop.create_future()
        timer = None if math.isinf(seconds) else self._loop.call_later(seconds, _wake, self._woken)
        try:
            await self._woken
        finally:
            if timer is not None:
                timer.cancel()
            self._woken = None

    def close(self) -> None:
        """Cancels what is still open."""
        self._closed = True
        for task in self._tasks.values():
            task.cancel()
        for capability in self._made:
            close = getattr(capability, "close", None)
            if close is not None:
                close()


def _wake(future: asyncio.Future) -> None:
    if not future.done():
        future.set_result(None)


def _not_granted() -> Refusal:
    return Refusal("CapabilityError", "The policy does not grant this host call")
