"""The store of idempotent answers in tests: real SQLite files, real processes, and a clock that the test moves."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import structlog

from host.api.answer_file import NAME
from host.api.answers import ROOM, Found, Fresh, Room, Ticket
from host.api.sqlite_answers import SqliteAnswers
from host.errors import UnavailableError

ROOT = Path(__file__).parents[2]
CLAIM_AGE_MAX_S = 100

#: What a process of its own does: claims each key that it reads, and says what it found. It ends at `die`.
WORKER = """
import asyncio, os, sys
from pathlib import Path
from host.api.answers import Ticket
from host.api.sqlite_answers import SqliteAnswers
async def main():
    answers = SqliteAnswers(Path(sys.argv[1]), 100)
    print("ready", flush=True)
    for key in map(str.strip, sys.stdin):
        if key == "die":
            os._exit(1)
        ticket = Ticket("alice", key, b"d" * 32, os.urandom(16))
        found = await answers.claim(ticket)
        kept = key.startswith("keep") and type(found).__name__ == "Fresh" and await answers.keep(ticket, 200, b"theirs")
        print(type(found).__name__, kept, flush=True)
asyncio.run(main())
"""


class Store:
    """A store of one worker process, with its own event loop and the test's clock."""

    def __init__(self, folder: Path, room: Room = ROOM) -> None:
        self.now_s = 1_000_000.0
        self.answers = SqliteAnswers(folder, CLAIM_AGE_MAX_S, lambda: self.now_s, room)
        self._runner = asyncio.Runner()

    def claim(self, ticket: Ticket) -> Found:
        return self._runner.run(self.answers.claim(ticket))

    def keep(self, ticket: Ticket, body: bytes = b"{}", status: int = 200) -> bool:
        return self._runner.run(self.answers.keep(ticket, status, body))

    def release(self, ticket: Ticket) -> None:
        self._runner.run(self.answers.release(ticket))

    def run(self, ticket: Ticket, body: bytes = b"{}") -> Found:
        """Claims, and where the key is free keeps this answer."""
        found = self.claim(ticket)
        if isinstance(found, Fresh):
            self.keep(ticket, body)
        return found

    def close(self) -> None:
        self.answers.close()
        self._runner.close()


def ticket(key: str = "k", principal: str = "alice", digest: bytes = b"d" * 32) -> Ticket:
    return Ticket(principal, key, digest, os.urandom(16))


@contextmanager
def store_in(folder: Path, room: Room = ROOM) -> Iterator[Store]:
    with closing(Store(folder, room)) as store:
        yield store


@contextmanager
def worker_on(folder: Path) -> Iterator[subprocess.Popen]:
    """Another process on the same folder."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen, *keys: str) -> None:
    process.stdin.write("".join(f"{key}\n" for key in keys))
    process.stdin.flush()


def rows(folder: Path, query: str) -> list[tuple]:
    """What a query of the file's own gives, read beside the store."""
    with closing(sqlite3.connect(folder / NAME)) as db:
        return db.execute(query).fetchall()


def reasons(store: Store, *keys: str) -> list[str]:
    """Claims keys that must all fail; what the log says of them."""
    with structlog.testing.capture_logs() as records:
        for key in keys:
            with pytest.raises(UnavailableError):
                store.claim(ticket(key))
    return [record["reason"] for record in records]
