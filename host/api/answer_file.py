"""The SQLite file that idempotent answers are kept in: its schema and its statements. For one thread of a process.

All workers of a node share the file. Write-ahead logging lets a replay read while others write. With `synchronous`
at NORMAL an answer survives the death of every process, and the last ones before a power cut may be lost.
"""

import contextlib
import fcntl
import hashlib
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from host.api.answers import KEPT_FOR_S, Found, Fresh, Full, Mismatch, NotKept, Replay, Room, Running, Ticket
from host.api.worker_mark import WorkerMark

NAME = "idempotency.sqlite3"
#: Of the schema below. A file with a higher one was written by a newer version, and is left alone.
_VERSION = 1
_SQLITE_MIN = (3, 37, 0)  # the first with STRICT tables
_BUSY_TIMEOUT_MS = 2000
_WAL_BYTES_MAX = 64 << 20
#: Rows dropped with each new key. More than one, so that what has expired is gone before as much comes in.
_PURGE_ROWS = 16
#: Rows dropped where there is no room otherwise.
_PURGE_ROWS_IF_FULL = 256

# `status` is NULL while the claim is pending, `body` also where there was no room for it. `body` stands last: what
# follows a large value in a row costs a walk over all of its pages. The triggers keep `room` true whatever changes.
_SCHEMA = (
    """CREATE TABLE answers (
        id INTEGER PRIMARY KEY, principal TEXT NOT NULL, key TEXT NOT NULL, digest BLOB NOT NULL, nonce BLOB NOT NULL,
        worker TEXT NOT NULL, claimed_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, bytes INTEGER NOT NULL,
        status INTEGER, checksum BLOB, body BLOB, UNIQUE (principal, key)
    ) STRICT""",
    "CREATE INDEX answers_by_age ON answers (expires_ms)",
    "CREATE INDEX answers_of_principal_by_age ON answers (principal, expires_ms)",
    """CREATE TABLE room (
        principal TEXT PRIMARY KEY, keys INTEGER NOT NULL, bytes INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TRIGGER answer_comes AFTER INSERT ON answers BEGIN
        INSERT INTO room VALUES (new.principal, 1, new.bytes)
        ON CONFLICT (principal) DO UPDATE SET keys = keys + 1, bytes = bytes + excluded.bytes;
    END""",
    """CREATE TRIGGER answer_grows AFTER UPDATE OF bytes ON answers BEGIN
        UPDATE room SET bytes = bytes - old.bytes + new.bytes WHERE principal = old.principal;
    END""",
    """CREATE TRIGGER answer_goes AFTER DELETE ON answers BEGIN
        UPDATE room SET keys = keys - 1, bytes = bytes - old.bytes WHERE principal = old.principal;
        DELETE FROM room WHERE principal = old.principal AND keys = 0;
    END""",
)
_LOOK = """SELECT digest, worker, claimed_ms, status, checksum, body FROM answers
    WHERE principal = ? AND key = ? AND expires_ms > ?"""
_INSERT = """INSERT INTO answers (principal, key, digest, nonce, worker, claimed_ms, expires_ms, bytes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_OURS = "principal = ? AND key = ? AND nonce = ? AND status IS NULL"
_EXPIRED = (
    "DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE {} expires_ms <= ? ORDER BY expires_ms LIMIT ?)"
)
_PURGE = _EXPIRED.format("")
_PURGE_PRINCIPAL = _EXPIRED.format("principal = ? AND")


class UnusableFileError(Exception):
    """The file cannot be used, for a reason that is not SQLite's. For the log, not for clients."""


class AnswerFile:
    """The file, open. `clock` gives the time in seconds since 1970: it has to outlive the process.

    A pending claim that is older than `claim_age_max_s` is anybody's, and so is one whose process has died.
    """

    def __init__(
        self, path: Path, mark: WorkerMark, claim_age_max_s: float, clock: Callable[[], float], room: Room
    ) -> None:
        self._path = path
        self._mark = mark
        self._claim_age_max_ms = round(claim_age_max_s * 1000)
        self._clock = clock
        self._room = room
        # One process at a time: SQLite's busy timeout does not cover the change to write-ahead logging.
        with _alone(path.parent):
            self._db = _open(path)
            self._identity = _identity(path)

    def close(self) -> None:
        """Closes the file. Pending claims stay as they are."""
        self._db.close()

    def is_in_place(self) -> bool:
        """Whether this is still the file that other processes open: SQLite does not notice when it is replaced."""
        return _identity(self._path) == self._identity

    def claim(self, ticket: Ticket) -> Found:
        """Takes the key for this ticket, if it is free."""
        now_ms = self._now_ms()
        # A replay reads and waits for nobody; only who may have to write takes the lock.
        found = self._look(ticket, now_ms)
        if found is not None:
            return found
        with self._writing():
            found = self._look(ticket, now_ms)
            if found is not None:
                return found
            self._db.execute("DELETE FROM answers WHERE principal = ? AND key = ?", (ticket.principal, ticket.key))
            self._db.execute(_PURGE, (now_ms, _PURGE_ROWS))
            full = self._full(ticket.principal, now_ms)
            if full is not None:
                return full
            row = ticket.principal, ticket.key, ticket.digest, ticket.nonce, self._mark.name
            self._db.execute(_INSERT, (*row, now_ms, now_ms + KEPT_FOR_S * 1000, self._room.key_bytes))
        return Fresh()

    def keep(self, ticket: Ticket, status: int, body: bytes) -> bool:
        """Ends a claim with an answer. Where there is no room for the body, the key stays used, and that is kept."""
        ours = ticket.principal, ticket.key, ticket.nonce
        with self._writing():
            fits = self._fits(ticket.principal, len(body))
            update = f"UPDATE answers SET status = ?, checksum = ?, body = ?, bytes = bytes + ? WHERE {_OURS}"
            values = (status, _checksum(body), body, len(body)) if fits else (status, None, None, 0)
            return self._db.execute(update, (*values, *ours)).rowcount == 1 and fits

    def release(self, ticket: Ticket) -> None:
        """Ends a claim without an answer."""
        with self._writing():
            self._db.execute(f"DELETE FROM answers WHERE {_OURS}", (ticket.principal, ticket.key, ticket.nonce))

    def _look(self, ticket: Ticket, now_ms: int) -> Found | None:
        """What there is under the key; None where it is free, or its claim left behind."""
        row = self._db.execute(_LOOK, (ticket.principal, ticket.key, now_ms)).fetchone()
        if row is None:
            return None
        digest, worker, claimed_ms, status, checksum, body = row
        pending = status is None
        if pending and not self._is_held(worker, now_ms - claimed_ms):
            return None
        if digest != ticket.digest:
            return Mismatch()
        if pending:
            return Running()
        if body is None:
            return NotKept()
        if _checksum(body) != checksum:
            raise UnusableFileError("an answer in it is not as it was kept")
        return Replay(status, body)

    def _is_held(self, worker: str, age_ms: int) -> bool:
        return age_ms <= self._claim_age_max_ms and (worker == self._mark.name or self._mark.is_alive(worker))

    def _full(self, principal: str, now_ms: int) -> Full | None:
        """What has no room for another key and its answer, after another look for what has expired."""
        what = self._lacking(principal)
        if what is None:
            return None
        if what == "node":
            self._db.execute(_PURGE, (now_ms, _PURGE_ROWS_IF_FULL))
            oldest = self._db.execute("SELECT min(expires_ms) FROM answers")
        else:
            self._db.execute(_PURGE_PRINCIPAL, (principal, now_ms, _PURGE_ROWS_IF_FULL))
            oldest = self._db.execute("SELECT min(expires_ms) FROM answers WHERE principal = ?", (principal,))
        what = self._lacking(principal)
        if what is None:
            return None
        expires_ms = oldest.fetchone()[0] or now_ms
        return Full(what, max(1, -(-(expires_ms - now_ms) // 1000)))

    def _lacking(self, principal: str) -> str | None:
        keys, principal_bytes, node_bytes = self._used(principal)
        room, needed = self._room, self._room.key_bytes + self._room.clearance_bytes
        if keys >= room.keys_max:
            return "keys"
        if principal_bytes + needed > room.principal_bytes_max:
            return "principal"
        return "node" if node_bytes + needed > room.node_bytes_max else None

    def _fits(self, principal: str, size_bytes: int) -> bool:
        _, principal_bytes, node_bytes = self._used(principal)
        room = self._room
        return max(principal_bytes - room.principal_bytes_max, node_bytes - room.node_bytes_max) + size_bytes <= 0

    def _used(self, principal: str) -> tuple[int, int, int]:
        """Keys and bytes of the principal, bytes of the node."""
        row = self._db.execute("SELECT keys, bytes FROM room WHERE principal = ?", (principal,)).fetchone()
        return *(row or (0, 0)), self._db.execute("SELECT coalesce(sum(bytes), 0) FROM room").fetchone()[0]

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction that has the right to write from its first statement, so that what it reads stays true."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # SQLite has rolled some faults back itself.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _open(path: Path) -> sqlite3.Connection:
    """The file, made where it is not there. Raises UnusableFileError, OSError or sqlite3.Error."""
    if sqlite3.sqlite_version_info < _SQLITE_MIN:
        raise UnusableFileError(f"SQLite is {sqlite3.sqlite_version}; needed is {'.'.join(map(str, _SQLITE_MIN))}")
    # SQLite would make it as the umask says, and the two files beside it like it. One that is there is not opened
    # here: closing it would give up the locks that SQLite may hold on it in this process.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    facts = path.lstat()
    if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
        raise UnusableFileError("it is not a file that belongs to this user and that nobody else can write to")
    db = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_MS / 1000, isolation_level=None)
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    # Before the first change: a file that is not ours stays as it is.
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise UnusableFileError(f"its schema is {version}, of a newer version than this, which knows {_VERSION}")
    found = {sql for (sql,) in db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")}
    is_new = version == 0 and not found
    if not is_new and (version != _VERSION or found != set(_SCHEMA)):
        raise UnusableFileError("it holds something else than idempotent answers, or its schema was changed")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES_MAX}")
    db.execute("PRAGMA trusted_schema = OFF")
    if is_new:
        db.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_VERSION}")
        db.execute("COMMIT")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Held by one process at a time."""
    file = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def _checksum(body: bytes) -> bytes:
    """SQLite has none of its own: bytes that a disk changed would be replayed."""
    return hashlib.blake2b(body, digest_size=16).digest()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return facts.st_dev, facts.st_ino
