"""The host calls of one execution: what it was granted, its budget, and its open operations."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from host.capabilities import domains
from host.capabilities.base import Asynchronous, BuiltIn, Capability, Immediate
from host.capabilities.random import QUOTA_BYTES, RandomSource
from host.sandbox.hostcalls import DOMAIN_TO_ASCII, DOMAIN_TO_UNICODE, MODULE_LOAD, RANDOM_BYTES, Refusal
from host.sandbox.image import ImageBundle


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
        built_in: Mapping[int, BuiltIn] = MappingProxyType({}),
        allows: Callable[[str], bool] = lambda module: False,
    ) -> None:
        self._bundle = bundle
        self._built_in = built_in
        self._allows = allows
        self._built: dict[int, Immediate] = {}
        self._random = random
        self._budget = budget
        self._immediate: dict[int, Immediate] = {}
        self._asynchronous: dict[int, Asynchronous] = {}
        for capability in capabilities:
            self._immediate.update(capability.immediate)
            self._asynchronous.update(capability.asynchronous)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[int, asyncio.Task] = {}
        self._last_id = 0
        self._closed = False
        self.used = 0
        self.owed = 0
        self.ends_slice = False
        self.settled: deque[Settled] = deque()
        self.fault: BaseException | None = None
        self._woken: asyncio.Future | None = None

    def call(self, operation: int, payload: bytes) -> bytes:
        """An immediate host call."""
        if operation == MODULE_LOAD:
            return self._bundle.module_bytecode(payload.decode())
        if operation == RANDOM_BYTES:
            return self._random.draw(min(int(payload), QUOTA_BYTES))
        if operation in (DOMAIN_TO_ASCII, DOMAIN_TO_UNICODE):
            self.charge(len(payload) * domains.FUEL_PER_BYTE)
            return (domains.to_ascii if operation == DOMAIN_TO_ASCII else domains.to_unicode)(payload)
        function = self._immediate.get(operation)
        if function is None:
            return self._built_in_function(operation)(payload)
        self._spend()
        return function(payload)

    def _built_in_function(self, operation: int) -> Immediate:
        if operation not in self._built:
            built_in = self._built_in.get(operation)
            if built_in is None or not self._allows(built_in.module):
                raise _not_granted()
            self._built.update(built_in.make(self).immediate)
        return self._built[operation]

    def charge(self, fuel: int) -> None:
        """An immediate call costs so much more (the Meter protocol)."""
        self.owed += fuel

    def end_slice(self) -> None:
        """The guest's slice ends with the call that is being answered (the Meter protocol)."""
        self.ends_slice = True

    def start(self, operation: int, payload: bytes) -> int:
        """An asynchronous host call: begun on the event loop, settled later."""
        function = self._asynchronous.get(operation)
        if function is None or self._loop is None:
            raise _not_granted()
        self._spend()
        self._last_id += 1
        self._loop.call_soon_threadsafe(self._launch, self._last_id, function, payload)
        return self._last_id

    def _spend(self) -> None:
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
        self.settled.append(settled)
        self.wake()

    def wake(self) -> None:
        """Ends a `wait` now."""
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


def _wake(future: asyncio.Future) -> None:
    if not future.done():
        future.set_result(None)


def _not_granted() -> Refusal:
    return Refusal("CapabilityError", "The policy does not grant this host call")
