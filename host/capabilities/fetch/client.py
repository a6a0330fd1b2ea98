"""The HTTP client of a worker: what all its executions fetch with."""

import asyncio
import ssl

from host.capabilities.fetch.connections import Connections
from host.capabilities.fetch.dial import make_tls
from host.capabilities.fetch.failure import Failure
from host.capabilities.fetch.resolver import Resolve, SystemResolver, open_threads


class FetchClient:
    """One a worker; belongs to its event loop. `resolve` and `tls` are the machine's where they are not given.

    Neither proxies nor cookies nor anything else is taken from the environment.
    """

    def __init__(
        self,
        timeout_ms: int,
        bytes_max: int,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        offline: bool = False,
    ) -> None:
        """`timeout_ms` is the most that any request may take; `bytes_max` what one execution may send and receive."""
        self.timeout_ms = timeout_ms
        self.bytes_max = bytes_max
        self._threads = open_threads()
        self._tls = tls
        self._tls_lock = asyncio.Lock()
        self._system = SystemResolver(self._threads)
        self.resolve: Resolve = _offline if offline else resolve or self._system
        self.connections = Connections(self._tls_context, offline)

    async def _tls_context(self) -> ssl.SSLContext:
        """Made by the first request that needs it, and not on the event loop: reading the authorities takes a while."""
        async with self._tls_lock:
            if self._tls is None:
                loop = asyncio.get_running_loop()
                self._tls = await loop.run_in_executor(self._threads, make_tls)
        return self._tls

    async def close(self) -> None:
        """Closes what is kept."""
        self.connections.close()
        self._system.close()
        self._threads.shutdown(wait=False, cancel_futures=True)


async def _offline(host: str, principal: str) -> tuple[str, ...]:
    raise Failure("ENOTFOUND", f"getaddrinfo ENOTFOUND {host}")
