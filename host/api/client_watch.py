"""Notices that a client goes away while its execution runs."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from litestar.types import Receive

#: An execution that is done by then is never watched for its client going away.
_WATCH_AFTER_S = 0.02


class ClientWatch:
    """Calls `on_gone` when the client goes away. It begins late, so that short executions pay for a timer and no
    more."""

    __slots__ = ("_on_gone", "_receive", "_timer", "_watching", "gone")

    def __init__(self, receive: Receive, on_gone: Callable[[], None]) -> None:
        self.gone = False
        self._receive = receive
        self._on_gone = on_gone
        self._watching: asyncio.Task | None = None
        self._timer = asyncio.get_running_loop().call_later(_WATCH_AFTER_S, self._begin)

    def _begin(self) -> None:
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self._on_gone()

    def stop(self) -> None:
        """Ends the watch; `on_gone` is not called after this."""
        self._timer.cancel()
        if self._watching is not None:
            self._watching.cancel()


@contextmanager
def watching(receive: Receive, on_gone: Callable[[], None]) -> Iterator[ClientWatch]:
    """Watches meanwhile."""
    watch = ClientWatch(receive, on_gone)
    try:
        yield watch
    finally:
        watch.stop()
