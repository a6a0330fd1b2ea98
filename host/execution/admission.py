"""Who gets in: slots, shares of memory, and the queue of those who wait for them.

What is limited is limited for the node (host/node/pools.py). Everything that an execution takes is taken and given back
by one context manager around the whole execution, on every path. Who waits is served in turns: one of each principal
and policy, then the next of each, so that a long queue of one does not hold the others up.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable

from host.errors import ConcurrencyError
from host.execution.memory import MemoryPool, MemoryShare
from host.node.node import Node
from host.node.pools import Pool

_TRY_AGAIN = "Try again later."


class Claim:
    """What one execution under a policy, for a principal, takes: `pools` with what the node has of each, and memory."""

    __slots__ = ("key", "memory_mib", "pools", "principal")

    def __init__(self, principal: str, policy: str, pools: tuple[tuple[Pool, int], ...], memory_mib: int) -> None:
        self.principal = principal
        self.key = (principal, policy)
        self.pools = pools
        self.memory_mib = memory_mib


class _Waiter:
    __slots__ = ("claim", "granted", "has_place", "share")

    def __init__(self, claim: Claim, granted: asyncio.Future) -> None:
        self.claim = claim
        self.granted = granted
        self.has_place = True
        self.share: MemoryShare | None = None


class _Full:
    """What is known to be used up while free places are handed out: nothing comes free meanwhile."""

    __slots__ = ("memory_mib", "pools")

    def __init__(self) -> None:
        self.pools: set[Pool] = set()
        #: The least share of memory that was not there.
        self.memory_mib = math.inf


class Slot:
    """The right to run one execution, held between enter and exit; entering gives its share of the memory."""

    __slots__ = ("_admission", "_claim", "_share")

    def __init__(self, admission: "Admission", claim: Claim) -> None:
        self._admission = admission
        self._claim = claim
        self._share: MemoryShare | None = None

    async def __aenter__(self) -> MemoryShare:
        self._share = self._admission.take(self._claim) or await self._admission.wait(self._claim)
        return self._share

    async def __aexit__(self, *_exception: object) -> None:
        self._admission.give_back(self._claim, self._share)


class Admission:
    """`queue_max` is how many may wait on the node, each up to `queue_timeout_s`. `on_change` hears how many run and
    how many wait in this worker."""

    def __init__(
        self,
        node: Node,
        memory: MemoryPool,
        queue_max: int,
        queue_timeout_s: float,
        on_change: Callable[[int, int], None] = lambda running, queued: None,
    ) -> None:
        self._memory = memory
        memory.on_freed = self.hand_out
        self._queue_max = queue_max
        self._queue_timeout_s = queue_timeout_s
        self._on_change = on_change
        self._pools = node.pools
        self._slots = node.pools.get("node", "executions")
        self._places = node.pools.get("node", "queue")
        self._waiting: dict[tuple[str, str], deque[_Waiter]] = {}
        self.running = 0
        self.queued = 0
        #: Set when the worker is to end: nobody gets in any more.
        self.closed = False

    def slot(self, claim: Claim) -> Slot:
        """A context manager around an execution. Entering raises ConcurrencyError where no slot becomes free."""
        return Slot(self, claim)

    def take(self, claim: Claim) -> MemoryShare | None:
        """Takes everything that the claim needs, if all of it is free now and nobody of its kind waits for it."""
        if self.closed or claim.key in self._waiting:
            return None
        share = self._take(claim, _Full())
        if share is None:
            self._let_go(claim)
        return share

    def _take(self, claim: Claim, full: _Full) -> MemoryShare | None:
        """Takes all that the claim needs or nothing. What there is none of is noted in `full`, and not asked for again:
        a thousand may wait, and asking takes the node's lock."""
        if claim.memory_mib >= full.memory_mib:
            return None
        for index, (pool, size) in enumerate(claim.pools):
            if pool in full.pools or not pool.take(1, size):
                full.pools.add(pool)
                self._untake(claim, index)
                return None
        share = self._memory.take(claim.memory_mib)
        if share is None:
            full.memory_mib = claim.memory_mib
            self._untake(claim, len(claim.pools))
            return None
        self.running += 1
        self._on_change(self.running, self.queued)
        return share

    def _untake(self, claim: Claim, count: int) -> None:
        for pool, _ in claim.pools[:count]:
            pool.put_back(1)

    def _let_go(self, claim: Claim) -> None:
        """What was kept for somebody here who has not taken it is for others."""
        self._pools.let_go(pool for pool, _ in claim.pools)

    def give_back(self, claim: Claim, share: MemoryShare) -> None:
        """Ends what `take` began, and hands what is free to those who wait."""
        share.close()
        for pool, size in claim.pools:
            pool.give_back(1, size, bool(self._waiting))
        self.running -= 1
        self.hand_out()
        self._let_go(claim)
        self._on_change(self.running, self.queued)

    def hand_out(self) -> None:
        """Hands what is free to those who wait: executions that want to go on first, then new ones in turns."""
        self._memory.hand_out()
        full = _Full()
        blocked = 0
        while blocked < len(self._waiting):
            key, waiters = next(iter(self._waiting.items()))
            while waiters and waiters[0].granted.done():
                waiters.popleft()  # cancelled, and it has not come to leave the queue yet
            if not waiters:
                del self._waiting[key]
                continue
            claim = waiters[0].claim
            share = self._take(claim, full)
            if share is not None:
                waiter = waiters.popleft()
                waiter.share = share
                waiter.granted.set_result(None)
                blocked = 0
            elif self._slots in full.pools:
                break  # which everybody needs
            else:
                self._let_go(claim)
                blocked += 1
            del self._waiting[key]
            if waiters:
                self._waiting[key] = waiters  # to the end: the others have their turn first

    async def wait(self, claim: Claim) -> MemoryShare:
        """Waits for a slot and takes it. Raises ConcurrencyError when the queue is full or the time is up."""
        if self.closed:
            raise ConcurrencyError("The server is stopping", _TRY_AGAIN)
        if claim.memory_mib > self._memory.size_mib:
            raise ConcurrencyError(
                f"An execution under this policy may need {claim.memory_mib} MiB, and the server has "
                f"{self._memory.size_mib} MiB for all of them",
                "Its operator lowers the policy's limits.memory, or raises MAX_EXECUTION_MEMORY_MB.",
            )
        if not self._places.take(1, self._queue_max) and not self._drop_for(claim.principal):
            raise ConcurrencyError("All execution slots are taken and the queue is full", _TRY_AGAIN)
        waiter = _Waiter(claim, asyncio.get_running_loop().create_future())
        self._enter(waiter)
        try:
            async with asyncio.timeout(self._queue_timeout_s):
                await waiter.granted
        except BaseException as stopped:
            self._forget(waiter)
            if isinstance(stopped, TimeoutError):
                message = f"No execution slot became free within {self._queue_timeout_s:g} s"
                raise ConcurrencyError(message, _TRY_AGAIN) from None
            raise
        finally:
            self._leave(waiter)
        return waiter.share

    def _enter(self, waiter: _Waiter) -> None:
        self._waiting.setdefault(waiter.claim.key, deque()).append(waiter)
        self.queued += 1
        self._on_change(self.running, self.queued)

    def _leave(self, waiter: _Waiter) -> None:
        if waiter.has_place:
            self._places.give_back(1, self._queue_max)
        self.queued -= 1
        self._on_change(self.running, self.queued)

    def _forget(self, waiter: _Waiter) -> None:
        if waiter.share is not None:
            # Granted in the same turn of the loop in which the wait was stopped.
            self.give_back(waiter.claim, waiter.share)
            return
        waiters = self._waiting.get(waiter.claim.key)
        if waiters is not None and waiter in waiters:
            waiters.remove(waiter)
            if not waiters:
                del self._waiting[waiter.claim.key]

    def _drop_for(self, principal: str) -> bool:
        """Makes room in a full queue for a principal that has fewer in it than another: the other's last one goes."""
        lengths: dict[str, int] = {}
        for (name, _), waiters in self._waiting.items():
            lengths[name] = lengths.get(name, 0) + len(waiters)
        longest = max(lengths, key=lengths.__getitem__, default=principal)
        if lengths.get(longest, 0) <= lengths.get(principal, 0) + 1:
            return False
        key = max((key for key in self._waiting if key[0] == longest), key=lambda key: len(self._waiting[key]))
        dropped = self._waiting[key][-1]
        self._forget(dropped)
        dropped.has_place = False  # the new one has it now
        if not dropped.granted.done():
            dropped.granted.set_exception(ConcurrencyError("The queue is full, and others wait for less", _TRY_AGAIN))
        return True

    def close(self, error: ConcurrencyError) -> None:
        """Lets nobody in any more; those who wait are turned away with `error`."""
        self.closed = True
        for waiters in self._waiting.values():
            for waiter in waiters:
                if not waiter.granted.done():
                    waiter.granted.set_exception(error)
        self._waiting.clear()
