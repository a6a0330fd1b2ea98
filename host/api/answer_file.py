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
from typing import Any, Literal

import msgspec

from host.api.answers import KEPT_FOR_S, Found, Fresh, Full, Mismatch, NotKept, Replay, Room, Running, Ticket
from host.api.worker_mark import WorkerMark

NAME = "idempotency.sqlite3"
#: Of the schema below. A file with a higher one was written by a newer version, and is left alone.
_VERSION = 1
_SQLITE_MIN = (3, 37, 0)  # the first with STRICT tables
_BUSY_TIMEOUT_MS = 2000
_WAL_BYTES_MAX = 64 << 20
#: With every so manieth new key so many rows are dropped: more than come in, so that nothing piles up.
_PURGE_EVERY = 8
_PURGE_ROWS = 64
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
    WHERE principal = :principal AND key = :key AND expires_ms > :now_ms"""
#: What has no room for another key and its answer; NULL where all have.
_LACKING = """CASE
    WHEN coalesce((SELECT keys FROM room WHERE principal = :principal), 0) >= :keys_max THEN 'keys'
    WHEN coalesce((SELECT bytes FROM room WHERE principal = :principal), 0) + :needed > :principal_bytes_max
        THEN 'principal'
    WHEN coalesce((SELECT sum(bytes) FROM room), 0) + :needed > :node_bytes_max THEN 'node'
    END"""
_CLAIM = f"""INSERT INTO answers (principal, key, digest, nonce, worker, claimed_ms, expires_ms, bytes)
    SELECT :principal, :key, :digest, :nonce, :worker, :now_ms, :now_ms + {KEPT_FOR_S * 1000}, :key_bytes
    WHERE ({_LACKING}) IS NULL ON CONFLICT DO NOTHING"""
_OURS = "principal = :principal AND key = :key AND nonce = :nonce AND status IS NULL"
_KEEP = f"""UPDATE answers
    SET status = :status, checksum = :checksum, body = iif(fits, :body, NULL), bytes = bytes + iif(fits, :size, 0)
    FROM (SELECT (SELECT bytes FROM room WHERE principal = :principal) + :size <= :principal_bytes_max
        AND (SELECT sum(bytes) FROM room) + :size <= :node_bytes_max AS fits)
    WHERE {_OURS} RETURNING body IS NOT NULL"""
_RELEASE = f"DELETE FROM answers WHERE {_OURS}"
_PURGE = """DELETE FROM answers WHERE id IN
    (SELECT id FROM answers WHERE expires_ms <= :now_ms ORDER BY expires_ms LIMIT :limit)"""
_PURGE_PRINCIPAL = """DELETE FROM answers WHERE id IN
    (SELECT id FROM answers WHERE principal = :principal AND expires_ms <= :now_ms ORDER BY expires_ms LIMIT :limit)"""


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
        self._claims = 0
        self._limits = {
            **msgspec.structs.asdict(room),
            "needed": room.key_bytes + room.clearance_bytes,
            "worker": mark.name,
        }
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
        """Takes the key for this ticket, if it is free.

        Two statements where nothing is in the way. Each lets go of the interpreter's lock, and a busy event loop may
        take its time to give it back.
        """
        values = self._values(ticket)
        found = self._look(values)
        if found is not None:
            return found
        # First, because a fault of it must not leave a claim behind that nobody knows of.
        self._claims += 1
        if self._claims % _PURGE_EVERY == 0:
            self._db.execute(_PURGE, {**values, "limit": _PURGE_ROWS})
        return Fresh() if self._db.execute(_CLAIM, values).rowcount == 1 else self._claim_after_all(values)

    def keep(self, ticket: Ticket, status: int, body: bytes) -> bool:
        """Ends a claim with an answer. Where there is no room for the body, the key stays used, and that is kept."""
        answer = {"status": status, "body": body, "size": len(body), "checksum": _checksum(body)}
        return self._db.execute(_KEEP, {**self._values(ticket), **answer}).fetchall() == [(1,)]

    def release(self, ticket: Ticket) -> None:
        """Ends a claim without an answer."""
        self._db.execute(_RELEASE, self._values(ticket))

    def _values(self, ticket: Ticket) -> dict[str, Any]:
        """What the statements take."""
        return {
            **self._limits,
            "principal": ticket.principal,
            "key": ticket.key,
            "digest": ticket.digest,
            "nonce": ticket.nonce,
            "now_ms": int(self._clock() * 1000),
        }

    def _claim_after_all(self, values: dict[str, Any]) -> Found:
        """Where something is in the way: what has expired or was left behind, another request, or too little room."""
        with self._writing():
            found = self._look(values)
            if found is not None:
                return found
            self._db.execute("DELETE FROM answers WHERE principal = :principal AND key = :key", values)
            what = self._lacking(values)
            if what is not None:
                purge = _PURGE if what == "node" else _PURGE_PRINCIPAL
                self._db.execute(purge, {**values, "limit": _PURGE_ROWS_IF_FULL})
                what = self._lacking(values)
            if what is not None:
                return Full(what, self._free_in_s(what, values))
            self._db.execute(_CLAIM, values)
        return Fresh()

    def _look(self, values: dict[str, Any]) -> Found | None:
        """What there is under the key; None where it is free, or its claim left behind."""
        row = self._db.execute(_LOOK, values).fetchone()
        if row is None:
            return None
        digest, worker, claimed_ms, status, checksum, body = row
        pending = status is None
        if pending and not self._is_held(worker, values["now_ms"] - claimed_ms):
            return None
        if digest != values["digest"]:
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

    def _lacking(self, values: dict[str, Any]) -> Literal["keys", "principal", "node"] | None:
        return self._db.execute(f"SELECT {_LACKING}", values).fetchone()[0]

    def _free_in_s(self, what: str, values: dict[str, Any]) -> int:
        """When the first of those that take up the room expires."""
        whose = "" if what == "node" else "WHERE principal = :principal"
        (oldest_ms,) = self._db.execute(f"SELECT min(expires_ms) FROM answers {whose}", values).fetchone()
        return 1 if oldest_ms is None else max(1, -(-(oldest_ms - values["now_ms"]) // 1000))

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
