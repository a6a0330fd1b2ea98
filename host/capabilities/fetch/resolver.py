"""Names: resolved by the system's resolver, on threads of its own, in bounded time."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from host.capabilities.fetch.failure import Failure, of_resolving

#: `(host, principal)` → the host's addresses, in the order in which they are to be tried. Raises Failure.
Resolve = Callable[[str, str], Awaitable[tuple[str, ...]]]

#: The system's resolver takes a thread for each name that it looks up. One principal's slow names take some of them.
_THREADS = 4
_THREADS_OF_ONE = 2
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
        self._pending: dict[str, asyncio.Task] = {}
        self._kept: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._shares: dict[str, asyncio.Semaphore] = {}

    async def __call__(self, host: str, principal: str) -> tuple[str, ...]:
        """The addresses of a host. Raises Failure."""
        kept = self._kept.get(host)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        pending = self._pending.get(host)
        if pending is None:
            if len(self._pending) >= _PENDING_MAX:
                raise Failure("EAI_AGAIN", f"getaddrinfo EAI_AGAIN {host}")
            pending = self._pending[host] = asyncio.create_task(self._look_up(host, principal))
            pending.add_done_callback(_heeded)
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await asyncio.shield(pending)
        except TimeoutError:
            raise Failure("EAI_AGAIN", f"getaddrinfo EAI_AGAIN {host}") from None

    async def _look_up(self, host: str, principal: str) -> tuple[str, ...]:
        """For whoever asks meanwhile, and goes on when none of them waits any more. Raises Failure."""
        share = self._shares.setdefault(principal, asyncio.Semaphore(_THREADS_OF_ONE))
        try:
            async with share:
                loop = asyncio.get_running_loop()
                addresses = await loop.run_in_executor(self._threads, _addresses_of, host)
        except (OSError, UnicodeError) as error:
            raise of_resolving(host, error) from None
        finally:
            del self._pending[host]
        if len(self._kept) >= _KEPT_MAX:
            self._kept.clear()
        self._kept[host] = time.monotonic() + _KEPT_S, addresses
        return addresses

    def close(self) -> None:
        """Nobody waits any more."""
        for pending in self._pending.values():
            pending.cancel()


def open_threads() -> ThreadPoolExecutor:
    """The threads that look names up; none is there before the first name."""
    return ThreadPoolExecutor(_THREADS, "resolver")


def _heeded(pending: asyncio.Task) -> None:
    """Whoever asked may have gone: then nobody hears why it failed."""
    if not pending.cancelled():
        pending.exception()


def _addresses_of(host: str) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = dict.fromkeys(str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found)
    return tuple(addresses)[:_ADDRESSES_MAX]
