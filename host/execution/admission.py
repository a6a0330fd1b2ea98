"""Slots: how many executions a worker process runs at once, and who waits how long for one.

A slot is taken and given back by one context manager around the whole execution, on every path.
"""

import asyncio
from collections import Counter, deque

from host.errors import ConcurrencyError


class _Waiter:
    __slots__ = ("granted", "key", "key_max")

    def __init__(self, key: str, key_max: int, granted: asyncio.Future) -> None:
        self.key = key
        self.key_max = key_max
        self.granted = granted


class Slot:
    """One place, held between enter and exit. `key` is what `key_max` counts (the policy's name)."""

    __slots__ = ("_admission", "_key", "_key_max")

    def __init__(self, admission: "Admission", key: str, key_max: int) -> None:
        self._admission = admission
        self._key = key
        self._key_max = key_max

    async def __aenter__(self) -> None:
        if not self._admission.take(self._key, self._key_max):
            await self._admission.wait(self._key, self._key_max)

    async def __aexit__(self, *_exception: object) -> None:
        self._admission.give_back(self._key)


class Admission:
    """At most `running_max` executions at once; at most `queue_max` more wait, each up to `queue_timeout_s`."""

    def __init__(self, running_max: int, queue_max: int, queue_timeout_s: float) -> None:
        self.running_max = running_max
        self.queue_max = queue_max
        self.queue_timeout_s = queue_timeout_s
        self.running = 0
        self._running_by_key: Counter[str] = Counter()
        self._queue: deque[_Waiter] = deque()

    @property
    def queued(self) -> int:
        """How many wait for a slot now."""
        return len(self._queue)

    def slot(self, key: str, key_max: int) -> Slot:
        """A context manager around an execution. Entering raises ConcurrencyError where no slot becomes free."""
        return Slot(self, key, key_max)

    def take(self, key: str, key_max: int) -> bool:
        """Takes a slot if one is free now."""
        if self.running >= self.running_max or self._running_by_key[key] >= key_max:
            return False
        self.running += 1
        self._running_by_key[key] += 1
        return True

    def give_back(self, key: str) -> None:
        """Frees a slot and hands what is free to those who wait, first come first served as far as keys allow."""
        self.running -= 1
        self._running_by_key[key] -= 1
        if not self._running_by_key[key]:
            del self._running_by_key[key]
        if self._queue:
            self._hand_out()

    def _hand_out(self) -> None:
        still_waiting: deque[_Waiter] = deque()
        while self._queue and self.running < self.running_max:
            waiter = self._queue.popleft()
            if waiter.granted.done():
                continue
            if self.take(waiter.key, waiter.key_max):
                waiter.granted.set_result(None)
            else:
                still_waiting.append(waiter)
        self._queue.extendleft(reversed(still_waiting))

    async def wait(self, key: str, key_max: int) -> None:
        """Waits for a slot and takes it. Raises ConcurrencyError when the queue is full or the time is up."""
        if len(self._queue) >= self.queue_max:
            raise ConcurrencyError("All execution slots are taken and the queue is full", "Try again later.")
        waiter = _Waiter(key, key_max, asyncio.get_running_loop().create_future())
        self._queue.append(waiter)
        try:
            async with asyncio.timeout(self.queue_timeout_s):
                await waiter.granted
        except BaseException as stopped:
            # The slot may have been granted in the same turn of the loop in which the wait was stopped.
            if waiter.granted.done() and not waiter.granted.cancelled():
                self.give_back(key)
            else:
                self._forget(waiter)
            if isinstance(stopped, TimeoutError):
                message = f"No execution slot became free within {self.queue_timeout_s:g} s"
                raise ConcurrencyError(message, "Try again later.") from None
            raise

    def _forget(self, waiter: _Waiter) -> None:
        if waiter in self._queue:
            self._queue.remove(waiter)
