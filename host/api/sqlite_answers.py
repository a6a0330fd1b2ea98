"""Idempotent answers in a SQLite file: off the event loop, on one thread of a worker, and only once somebody asks.

One thread, because SQLite lets one write at a time anyway, and because a release then comes after the claim that it
belongs to, also where nobody waited for the claim.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import structlog

from host.api.answer_file import NAME, AnswerFile, UnusableFileError
from host.api.answers import ROOM, Found, Room, Ticket
from host.api.worker_mark import WorkerMark
from host.errors import ConcurrencyError, UnavailableError

#: Requests that may wait for the thread.
_WAITING_MAX = 1000
#: A file that could not be opened is tried again after this, so that mending it takes no restart.
_REOPEN_AFTER_S = 5.0
_WORKERS = "idempotency.workers"

log = structlog.get_logger()
_T = TypeVar("_T")


class SqliteAnswers:
    """Answers in a file in `folder`. Nothing is opened, and no thread started, before the first claim."""

    def __init__(
        self,
        folder: Path,
        claim_age_max_s: float,
        clock: Callable[[], float] = time.time,
        room: Room = ROOM,
    ) -> None:
        self._path = folder / NAME
        self._workers = folder / _WORKERS
        self._open = lambda mark: AnswerFile(self._path, mark, claim_age_max_s, clock, room)
        self._thread: ThreadPoolExecutor | None = None
        self._waiting = 0
        self._closed = False
        # The rest is the thread's own.
        self._mark: WorkerMark | None = None
        self._file: AnswerFile | None = None
        self._reopen_after = 0.0

    async def claim(self, ticket: Ticket) -> Found:
        """Takes the key for this ticket, if it is free."""
        if self._waiting >= _WAITING_MAX:
            raise ConcurrencyError("Too many requests with an Idempotency-Key wait", "Try again later.")
        return await self._on_thread(lambda file: file.claim(ticket))

    async def keep(self, ticket: Ticket, status: int, body: bytes) -> bool:
        """Ends a claim with an answer; False where it is not kept."""
        return await self._on_thread(lambda file: file.keep(ticket, status, body))

    async def release(self, ticket: Ticket) -> None:
        """Ends a claim without an answer."""
        await self._on_thread(lambda file: file.release(ticket))

    def close(self) -> None:
        """Does what has been asked for, then closes the file and ends the thread."""
        was_closed, self._closed = self._closed, True
        if self._thread is not None and not was_closed:
            self._thread.submit(self._end)
            self._thread.shutdown()

    async def _on_thread(self, action: Callable[[AnswerFile], _T]) -> _T:
        if self._closed:
            raise _unavailable()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "cellblock-answers")
        asked = asyncio.wrap_future(self._thread.submit(self._do, action))
        self._waiting += 1
        asked.add_done_callback(self._answered)
        # Shielded: cancelling would take back what the thread has not begun yet.
        return await asyncio.shield(asked)

    def _answered(self, _: asyncio.Future) -> None:
        self._waiting -= 1

    def _do(self, action: Callable[[AnswerFile], _T]) -> _T:
        """On the thread: `action` on the open file. Every fault of file and database becomes UnavailableError here."""
        try:
            return action(self._opened())
        except (sqlite3.Error, OSError, UnusableFileError) as fault:
            self._note(fault)
            raise _unavailable() from fault

    def _opened(self) -> AnswerFile:
        if self._file is not None and not (self._file.is_in_place() and self._mark.is_in_place()):
            log.warning("the files of idempotent answers were replaced or removed", file=str(self._path))
            self._end()
        if self._file is None:
            if time.monotonic() < self._reopen_after:
                raise _unavailable()
            # Made before the file and kept when that fails: it says that the claims of this process are alive.
            self._mark = self._mark or WorkerMark(self._workers)
            self._file = self._open(self._mark)
        return self._file

    def _note(self, fault: Exception) -> None:
        log.error(
            "idempotent answers cannot be used; requests with a key get 503",
            file=str(self._path), reason=f"{type(fault).__name__}: {fault}",
        )  # fmt: skip
        if getattr(fault, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            return  # somebody else writes for long; the file is well
        self._reopen_after = time.monotonic() + _REOPEN_AFTER_S
        self._close_file()

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _end(self) -> None:
        self._close_file()
        mark, self._mark = self._mark, None
        if mark is not None:
            mark.close()


def _unavailable() -> UnavailableError:
    return UnavailableError(
        "The service cannot keep answers for an Idempotency-Key now, so that nothing was run",
        "Try again later. If it stays, the operator finds the reason in the log.",
    )
