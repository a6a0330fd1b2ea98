"""Places for work apart: so many at once, and those who wait for one come in turn, principal by principal."""

import asyncio
from collections import OrderedDict, deque

from host.capabilities.base import Refusal


class Places:
    """`most` places on one event loop, and at most `waiting_max` who wait for one."""

    def __init__(self, most: int, waiting_max: int) -> None:
        self._free = most
        self._waiting_max = waiting_max
        self._waiting = 0
        #: In the order in which principals come: who got a place goes to the end.
        self._lines: OrderedDict[str, deque[asyncio.Future]] = OrderedDict()

    async def take(self, principal: str) -> None:
        """Takes a place, or waits for one. Raises Refusal where too many wait."""
        if self._free > 0:
            self._free -= 1
            return
        if self._waiting >= self._waiting_max:
            raise Refusal("RateLimitError", "Too much work of this kind is waiting on this server", "Try again later.")
        place = asyncio.get_running_loop().create_future()
        self._lines.setdefault(principal, deque()).append(place)
        self._waiting += 1
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.give()
            raise
        finally:
            self._waiting -= 1

    def give(self) -> None:
        """Gives a place back: to whoever is next."""
        while self._lines:
            principal, line = self._lines.popitem(last=False)
            place = line.popleft()
            if line:
                self._lines[principal] = line
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
