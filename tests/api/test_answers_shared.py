"""The store of idempotent answers, shared by processes, on files that others spoil."""

import os
import random
import sqlite3
import stat
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from host.api.answer_file import NAME
from host.api.answers import Fresh, Replay, Running
from host.errors import UnavailableError
from tests.api.stores import Store, reasons, rows, store_in, tell, ticket, worker_on

# Several processes


def test_processes_that_claim_at_once_get_each_key_once(tmp_path: Path) -> None:
    """Four processes open a file that is not there yet and want the same keys: each is fresh for one of them only."""
    keys = [f"k{index}" for index in range(50)]
    with worker_on(tmp_path) as a, worker_on(tmp_path) as b, worker_on(tmp_path) as c, worker_on(tmp_path) as d:
        processes = [a, b, c, d]
        for process in processes:
            tell(process, *keys)
        found = Counter(process.stdout.readline().split()[0] for process in processes for _ in keys)
    assert found == {"Fresh": 50, "Running": 150}


def test_claim_of_a_process_that_died_is_taken_over(tmp_path: Path, store: Store) -> None:
    """At once, with no time passing, also by another request. While it lives, and after what it kept, it is not."""
    store.now_s = time.time()
    with worker_on(tmp_path) as other:
        tell(other, "held", "keep")
        assert [other.stdout.readline(), other.stdout.readline()] == ["Fresh False\n", "Fresh True\n"]
        assert store.claim(ticket("held")) == Running()
        other.kill()
        other.wait(30)
    assert store.claim(ticket("held", digest=b"e" * 32)) == Fresh()
    assert store.claim(ticket("keep")) == Replay(200, b"theirs")


def test_claims_left_behind_are_taken_over_once(tmp_path: Path) -> None:
    """Three processes find fifty claims of a dead one at the same time: each goes to one of them, and none fails."""
    keys = [f"k{index}" for index in range(50)]
    with worker_on(tmp_path) as dead:
        tell(dead, *keys)
        assert [dead.stdout.readline() for _ in keys] == ["Fresh False\n"] * 50
    with worker_on(tmp_path) as a, worker_on(tmp_path) as b, worker_on(tmp_path) as c:
        for process in (a, b, c):
            tell(process, *keys)
        found = Counter(process.stdout.readline().split()[0] for process in (a, b, c) for _ in keys)
    assert found == {"Fresh": 50, "Running": 100}


def test_process_that_begins_takes_nothing_from_those_that_run(tmp_path: Path, store: Store) -> None:
    """It clears away the marks of dead processes, and leaves those of the living."""
    store.now_s = time.time()
    assert store.claim(ticket()) == Fresh()
    for _ in range(3):
        with worker_on(tmp_path) as other:
            tell(other, "k", "mine")
            assert [other.stdout.readline(), other.stdout.readline()] == ["Running False\n", "Fresh False\n"]
    assert len(list((tmp_path / "idempotency.workers").iterdir())) == 2  # ours, and that of the last one killed


def test_processes_killed_in_the_middle_leave_a_good_file(tmp_path: Path, store: Store) -> None:
    """SIGKILL while they write: the file is whole, what they said they had kept is kept, and the rest is free."""
    store.now_s = time.time()
    keys = [f"keep{index}" for index in range(5000)]
    with worker_on(tmp_path) as other:
        tell(other, *keys)
        kept = sum(other.stdout.readline() == "Fresh True\n" for _ in range(100))
        other.kill()
        other.wait(30)
        kept += other.stdout.read().count("Fresh True\n")
    found = [store.claim(ticket(key)) for key in keys[: kept + 2]]
    assert found[:kept] == [Replay(200, b"theirs")] * kept
    # One more may have been kept without its process having said so.
    assert found[kept] in (Replay(200, b"theirs"), Fresh())
    assert found[kept + 1] == Fresh()
    assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]


# Faults


def _garbage(path: Path) -> None:
    path.write_bytes(os.urandom(8192))


def _another_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE answers (id)")
        db.commit()


def _newer(path: Path) -> None:
    with store_in(path.parent) as store:
        store.run(ticket())
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 2")


def _trigger_added(path: Path) -> None:
    with store_in(path.parent) as store:
        store.run(ticket())
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TRIGGER t AFTER UPDATE ON answers BEGIN DELETE FROM answers; END")


def _folder(path: Path) -> None:
    path.mkdir()


def _link(path: Path) -> None:
    (path.parent / "elsewhere").touch(0o600)
    path.symlink_to(path.parent / "elsewhere")


def _writable_by_others(path: Path) -> None:
    path.touch()
    path.chmod(0o666)


@pytest.mark.parametrize(
    "spoil", [_garbage, _another_database, _newer, _trigger_added, _folder, _link, _writable_by_others]
)
def test_file_that_cannot_be_used_is_refused_and_left_alone(tmp_path: Path, spoil) -> None:
    """Each claim fails, with one record in the log for a while and not one for each; the file stays as it was."""
    path = tmp_path / NAME
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with store_in(tmp_path) as store:
        assert len(reasons(store, "a", "b", "c")) == 1
    assert (path.read_bytes() if path.is_file() else None) == before


def test_file_that_was_mended_is_taken_without_a_restart(tmp_path: Path, store: Store) -> None:
    """Once the damaged file is moved away, keys are taken again."""
    _garbage(tmp_path / NAME)
    assert "file is not a database" in reasons(store, "a")[0]
    (tmp_path / NAME).unlink()
    store.answers._reopen_after = 0.0
    assert store.claim(ticket("a")) == Fresh()


def test_answer_that_the_disk_changed_is_not_replayed(tmp_path: Path) -> None:
    """SQLite does not see a changed byte in a value; the answer's own checksum does."""
    with store_in(tmp_path) as store:
        assert store.run(ticket(), b"x" * 50_000) == Fresh()
    path = tmp_path / NAME
    data = path.read_bytes()
    assert data.count(b"x" * 1000)
    at = data.index(b"x" * 1000)
    path.write_bytes(data[:at] + b"y" + data[at + 1 :])
    with store_in(tmp_path) as store:
        assert reasons(store, "k") == ["UnusableFileError: an answer in it is not as it was kept"]


@pytest.mark.parametrize("offset", range(0, 49_152, 4096))
def test_damaged_pages_never_give_a_wrong_answer(tmp_path: Path, offset: int) -> None:
    """With any page of the file overwritten, a key gives its answer or an error, and nothing else but free keys."""
    with store_in(tmp_path) as store:
        for index in range(30):
            assert store.run(ticket(f"k{index}"), b"%d" % index * 500) == Fresh()
    data = bytearray((tmp_path / NAME).read_bytes())
    random.seed(offset)
    data[offset : offset + 200] = random.randbytes(200)
    (tmp_path / NAME).write_bytes(data)
    with store_in(tmp_path) as store, structlog.testing.capture_logs():
        for index in range(30):
            try:
                found = store.claim(ticket(f"k{index}"))
            except UnavailableError:
                continue
            assert found in (Replay(200, b"%d" % index * 500), Fresh())


def test_file_that_is_replaced_is_noticed(tmp_path: Path, store: Store) -> None:
    """Removed under two stores that have it open: both go over to the same new file, and it stays whole."""
    with store_in(tmp_path) as other:
        assert store.run(ticket("old")) == Fresh()
        assert other.claim(ticket("old")) == Replay(200, b"{}")
        for path in tmp_path.glob(f"{NAME}*"):
            path.unlink()
        with structlog.testing.capture_logs() as records:
            assert store.run(ticket("new"), b"1") == Fresh()
            assert other.claim(ticket("new")) == Replay(200, b"1")
            assert other.run(ticket("newer"), b"2") == Fresh()
            assert store.claim(ticket("newer")) == Replay(200, b"2")
        assert len(records) == 2
    assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]


def test_new_file_does_not_take_the_log_of_the_old_one(tmp_path: Path) -> None:
    """Where only the main file was moved away, the write-ahead log beside it is not played into the new one."""
    with worker_on(tmp_path) as other:
        tell(other, "keep")
        assert other.stdout.readline() == "Fresh True\n"
        other.kill()
    assert (tmp_path / f"{NAME}-wal").stat().st_size
    (tmp_path / NAME).unlink()
    with store_in(tmp_path) as store:
        assert store.claim(ticket("keep")) == Fresh()
    assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]


def test_folder_that_is_read_only(tmp_path: Path) -> None:
    """As another user than root, who may write everywhere: an error with its reason in the log, and no crash."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o555)
    with store_in(folder) as store:
        if os.geteuid() != 0:
            assert "Permission denied" in reasons(store, "a")[0]
            return
        tmp_path.chmod(0o755)
        child = os.fork()
        if child == 0:
            for parent in list(folder.parents)[:3]:
                os.chmod(parent, 0o755)
            os.setuid(65534)
            os._exit(0 if "Permission denied" in reasons(store, "a")[0] else 1)
        assert os.waitpid(child, 0)[1] == 0


def test_folder_that_went_away(tmp_path: Path) -> None:
    """An error, and a key again once it is back."""
    with store_in(tmp_path / "data") as store:
        assert "No such file or directory" in reasons(store, "a")[0]
        (tmp_path / "data").mkdir()
        store.answers._reopen_after = 0.0
        assert store.claim(ticket("a")) == Fresh()


def test_file_that_somebody_else_locks_for_long(tmp_path: Path, store: Store) -> None:
    """New keys wait for a while and are refused; what is kept is replayed meanwhile; afterwards all is well."""
    assert store.run(ticket("kept")) == Fresh()
    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert reasons(store, "new") == ["OperationalError: database is locked"]
        assert store.claim(ticket("kept")) == Replay(200, b"{}")
        other.execute("ROLLBACK")
    assert store.claim(ticket("new")) == Fresh()


def test_files_are_for_their_user_alone(tmp_path: Path, store: Store) -> None:
    """Answers are data of the callers: no other user of the machine can read them, whatever the umask."""
    before = os.umask(0)
    try:
        store.run(ticket())
    finally:
        os.umask(before)
    modes = {path.name.split(".")[-1]: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"sqlite3": 0o600, "sqlite3-wal": 0o600, "sqlite3-shm": 0o600, "workers": 0o700}
