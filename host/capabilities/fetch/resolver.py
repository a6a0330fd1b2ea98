"""Names: resolved by the system's resolver, on threads of its own, in bounded time."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from host.capabilities.fetch.failure import Failure, of_resolving

#: `(host, port)` → its addresses, in the order in which they are to be tried. Raises Failure.
Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]

#: The system's resolver takes a thread for each name that it looks up.
_THREADS = 4
_TIMEOUT_S = 10
_PENDING_MAX = 256
#: An answer serves the requests that come at the same time. It is judged anew for each of them.
_KEPT_S = 2.0
_KEPT_MAX = 1_024
_ADDRESSES_MAX = 16


class SystemResolver:
    """Looks names up as the machine does. One a worker."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._pending: dict[str, asyncio.Future] = {}
        self._kept: dict[str, tuple[float, tuple[str, ...]]] = {}

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of a host. Raises Failure."""
        kept = self._kept.get(host)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        pending = self._pending.get(host)
        if pending is None:
            if len(self._pending) >= _PENDING_MAX:
                raise Failure("EAI_AGAIN", f"getaddrinfo EAI_AGAIN {host}")
            pending = asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host)
            self._pending[host] = pending
            pending.add_done_callback(lambda future: self._looked_up(host, future))
        try:
            return await asyncio.wait_for(asyncio.shield(pending), _TIMEOUT_S)
        except TimeoutError:
            raise Failure("EAI_AGAIN", f"getaddrinfo EAI_AGAIN {host}") from None
        except (OSError, UnicodeError) as error:
            raise of_resolving(host, error if isinstance(error, OSError) else OSError()) from error

    def _looked_up(self, host: str, future: asyncio.Future) -> None:
        self._pending.pop(host, None)
        if future.cancelled() or future.exception() is not None:
            return
        if len(self._kept) >= _KEPT_MAX:
            self._kept.clear()
        self._kept[host] = time.monotonic() + _KEPT_S, future.result()


def open_threads() -> ThreadPoolExecutor:
    """The threads that look names up; none is there before the first name."""
    return ThreadPoolExecutor(_THREADS, "resolver")


def _look_up(host: str) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found)
    return tuple(addresses)[:_ADDRESSES_MAX]
