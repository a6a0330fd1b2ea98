"""Room for connections: each is an open file, and a worker has only so many."""

import asyncio
import resource


class Room:
    """How many connections a worker can have. One principal's leave room for those of others."""

    def __init__(self, most: int) -> None:
        self._all = asyncio.Semaphore(most)
        self._most_of_one = max(most * 2 // 3, 1)
        self._of_one: dict[str, asyncio.Semaphore] = {}

    @property
    def full(self) -> bool:
        """Whether the next one has to wait."""
        return self._all.locked()

    async def enter(self, principal: str) -> None:
        """Waits for room."""
        own = self._of_one.setdefault(principal, asyncio.Semaphore(self._most_of_one))
        await own.acquire()
        try:
            await self._all.acquire()
        except BaseException:
            own.release()
            raise

    def leave(self, principal: str) -> None:
        """A connection is gone."""
        self._all.release()
        self._of_one[principal].release()


def open_files_max() -> int:
    """Three quarters of what this process may open; the rest is for its clients and itself."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if soft == resource.RLIM_INFINITY else max(soft * 3 // 4, 16)
