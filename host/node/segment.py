"""Memory that all workers of a node share: a row for each worker, and an account for each thing that is limited.

Python has no atomic operations on shared memory, so there are two rules. A worker's row is written by that worker
alone. An account is written under the lock, which is the kernel's (fcntl record locks): a worker that dies, however it
dies, lets go of it, and of the lock on its row that says it is alive.

The main process makes the segment before it forks the workers. A process of its own (a test, `cellblock run`) makes
one for itself.
"""

import fcntl
import hashlib
import mmap
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from host.errors import InternalError

_WORD_BYTES = 8
#: The node's own words, before the rows.
_BEGAN_MS = 0
_HEADER_WORDS = 8
#: Of a row, before the figures.
_PID = 0
_READS = 1
_ROW_WORDS = 8
#: Of an account, before what each row holds of it: the key, whether some worker waits for some, the rate's clock, the
#: day, what was used on it.
_KEY = 0
WANTED = 2
ARRIVAL = 3
DAY = 4
USED = 5
_HELD = 6
#: A worker that is being replaced and its successor live side by side for a while.
_ROWS_FOR_EACH_WORKER = 2
#: In the place of a process id: the row's owner said that it ends.
_LEFT = -1
#: Rows beyond that share a bit of WANTED.
_BITS = 62


class Segment:
    """The shared words. `figures` is how many counters each row has, the first `gauges` of which end with their
    worker; `accounts` is how many accounts there can be.

    Used by the event loop's thread of each worker alone.
    """

    def __init__(self, workers: int, figures: int, gauges: int = 0, accounts: int = 4096) -> None:
        self.rows = workers * _ROWS_FOR_EACH_WORKER
        self._row_words = _ROW_WORDS + figures
        self._gauges = gauges
        self._accounts = accounts
        self._account_words = _HELD + self.rows
        self._accounts_at = _HEADER_WORDS + self.rows * self._row_words
        size = (self._accounts_at + accounts * self._account_words) * _WORD_BYTES
        # Anonymous and shared: what is forked later has the same pages. The file is for the locks alone.
        self.words = memoryview(mmap.mmap(-1, size)).cast("q")
        self._file = _unnamed_file()
        self.words[_BEGAN_MS] = time.time_ns() // 1_000_000
        self.row: int | None = None
        #: Whether the row's last owner died without a word.
        self.succeeds_dead = False
        self._depth = 0

    def close(self) -> None:
        """For a process that made the segment for itself."""
        os.close(self._file)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Nobody else writes accounts meanwhile. Keep it to microseconds: the other workers' loops wait. Re-entrant."""
        if self._depth == 0:
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1, 0)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, 0)

    # Rows

    def claim(self) -> int:
        """Takes a row for this process, and gives back what a dead owner of it still held. Raises InternalError."""
        for row in range(self.rows):
            if self._try_alive(row):
                self.row = row
                self.succeeds_dead = self.words[self._row_at(row) + _PID] > 0
                with self.lock():
                    self._drop_holdings(row)
                self.reads_mail(False)
                self.words[self._row_at(row) + _PID] = os.getpid()
                return row
        raise InternalError("there are more workers than rows for them")

    def _try_alive(self, row: int) -> bool:
        """Takes the lock that says `row` has a living owner; False where it has one already."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 1 + row)
        except OSError:
            return False
        return True

    def bury_the_dead(self) -> int:
        """Gives back what workers held that are not alive any more, and says how many of them died without a word."""
        buried = 0
        for row in range(self.rows):
            pid = self.words[self._row_at(row) + _PID]
            if row == self.row or not pid or not self._try_alive(row):
                continue
            # Another worker may have buried it between our look and our lock.
            pid = self.words[self._row_at(row) + _PID]
            if pid:
                with self.lock():
                    self._drop_holdings(row)
                    self.words[self._row_at(row) + _PID] = 0
                buried += pid > 0
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, 1 + row)
        return buried

    def _drop_holdings(self, row: int) -> None:
        for gauge in range(self._gauges):
            self.words[self.figures_at(row) + gauge] = 0
        for index in range(self._accounts):
            at = self.account_at(index)
            if self.words[at + _KEY]:
                self.words[at + _HELD + row] = 0
                self.words[at + WANTED] &= ~self.wanted_bit(row)

    def _row_at(self, row: int) -> int:
        return _HEADER_WORDS + row * self._row_words

    def figures_at(self, row: int) -> int:
        """The index of the first figure of `row` among the words."""
        return self._row_at(row) + _ROW_WORDS

    def pids(self) -> dict[int, int]:
        """The process of each row that has had a living owner lately."""
        found = {row: self.words[self._row_at(row) + _PID] for row in range(self.rows)}
        return {row: pid for row, pid in found.items() if pid > 0}

    def reads_mail(self, reads: bool) -> None:
        """Whether this worker reads its mail from now on."""
        self.words[self._row_at(self.row) + _READS] = reads

    def readers(self) -> list[int]:
        """The rows whose owners read their mail, as far as is known. One that starts does not yet."""
        return [row for row in self.pids() if self.words[self._row_at(row) + _READS]]

    def leave(self) -> None:
        """This worker ends in good order. What it holds by then comes back when its process is gone."""
        self.words[self._row_at(self.row) + _PID] = _LEFT

    # The node

    @property
    def began_ms(self) -> int:
        """When the node began, Unix time in milliseconds."""
        return self.words[_BEGAN_MS]

    # Accounts

    def account_at(self, index: int) -> int:
        """The index of the first word of an account."""
        return self._accounts_at + index * self._account_words

    def held(self, at: int) -> memoryview:
        """What each row holds of the account at `at`."""
        return self.words[at + _HELD : at + _HELD + self.rows]

    @staticmethod
    def wanted_bit(row: int) -> int:
        """The bit of `row` in an account's WANTED."""
        return 1 << row % _BITS

    def account(self, kind: str, name: str) -> int:
        """Where the account of `name` is among the words; it is made if there is none. Raises InternalError when
        there are too many."""
        digest = hashlib.blake2b(f"{kind}\0{name}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        first = int.from_bytes(digest[:8], "little", signed=True) or 1
        second = int.from_bytes(digest[8:], "little", signed=True)
        start = second % self._accounts
        with self.lock():
            for step in range(self._accounts):
                at = self.account_at((start + step) % self._accounts)
                if self.words[at + _KEY] == first and self.words[at + _KEY + 1] == second:
                    return at
                if not self.words[at + _KEY]:
                    self.words[at + _KEY], self.words[at + _KEY + 1] = first, second
                    return at
        raise InternalError("there are too many principals and policies for one node")


def _unnamed_file() -> int:
    """A file that no other process can open."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("cellblock")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
