"""Decisions on record: what stands there, what never does, and that the files stay within their size."""

import asyncio
import json
import stat
from pathlib import Path

import msgspec
import pytest

from host.capabilities.base import Decided
from host.decisions.log import DecisionLog, lines_of
from host.decisions.record import read_record, records_of
from host.errors import SetupError
from host.execution.decisions import ALIKE_MAX, SINGLE_MAX, Decisions
from host.execution.watched import DecidedExecution
from host.policy.calls import FetchCall, ModuleCall
from host.policy.decide.compare import difference
from host.policy.decide.fetch import FetchRequest
from host.policy.decide.modules import ModuleRequest
from host.policy.decide.outcome import Deny
from host.policy.url import parse_url
from tests.policy.folders import rulebook

BODY = "modules: [qs]\ngrants: {fetch: [{name: api, hosts: [api.example]}]}\n"
RULES = rulebook(BODY)
CANDIDATE = rulebook("grants: {fetch: [{name: other, hosts: [api.example]}]}\n")


def decided(request, audits: bool = False, **fields) -> Decided:
    decision = RULES.decide(request)
    audited = isinstance(decision, Deny) and audits
    return Decided(decision.capability, decision, audited, 1.5, request, **fields)


def fetch(url: str) -> FetchRequest:
    return FetchRequest("GET", parse_url(url), ("x-token",), 7)


def ended(*all_decided: Decided, beyond: int = 0) -> DecidedExecution:
    return DecidedExecution("id", "alice", RULES.policy, True, all_decided, beyond)


def as_json(execution: DecidedExecution) -> list[dict]:
    return [json.loads(msgspec.json.encode(record)) for record in records_of(execution)]


def test_a_record_says_how_a_call_was_decided_and_by_what() -> None:
    """Allowed by a rule with its place; audited and denied with the reason; what came of it."""
    allowed = decided(fetch("https://api.example/x?q=1"), times=3)
    allowed.note(status=200)
    audited, denied = decided(ModuleRequest("uuid"), True), decided(fetch("https://no.example/"))
    records = as_json(ended(allowed, audited, denied, beyond=4))
    for record in records:
        del record["timestamp"]
        assert (record.pop("execution_id"), record.pop("principal"), record.pop("policy")) == ("id", "alice", "p")
        assert record.pop("policy_digest") == RULES.policy.digest
        assert record.pop("at_ms") == 1.5
    assert records == [
        {
            "capability": "fetch", "decision": "allowed", "times": 3, "rule": "api", "place": "p.yaml:4",
            "outcome": {"status": 200},
            "call": {"capability": "fetch", "method": "GET", "scheme": "https", "host": "api.example", "port": 443,
                     "path": "/x", "body_bytes": 7},
        },
        {
            "capability": "modules", "decision": "audited", "times": 1, "rule": "modules", "place": "p.yaml:3",
            "reason": "it does not list that module", "call": {"capability": "modules", "module": "uuid"},
        },
        {
            "capability": "fetch", "decision": "denied", "times": 1, "reason": "no rule names that host",
            "not_recorded": 4,
            "call": {"capability": "fetch", "method": "GET", "scheme": "https", "host": "no.example", "port": 443,
                     "path": "/", "body_bytes": 7},
        },
    ]  # fmt: skip


def test_a_record_says_what_a_candidate_would_have_done() -> None:
    """Where that is something else, and only there."""
    found = []
    for request in (fetch("https://api.example/"), ModuleRequest("qs"), ModuleRequest("uuid")):
        each, theirs = decided(request), CANDIDATE.decide(request)
        each.would = difference(each.decision, False, theirs)
        each.candidate = theirs if each.would else None
        found.append(each)
    records = as_json(ended(*found))
    assert [record.get("candidate") for record in records] == [
        {"would": "other-rule", "rule": "other"},
        {"would": "deny", "rule": "modules", "reason": "it does not list that module"},
        None,
    ]


def test_a_decision_without_a_request_has_its_target() -> None:
    """Such as one on the addresses that a host resolved to."""
    denied = Deny("fetch", "GET https://api.example/", "p", "its host resolves to 10.0.0.1", None, True)
    (record,) = as_json(ended(Decided("fetch", denied, False, 0.0)))
    assert record["target"] == "GET https://api.example/"
    assert "call" not in record


def test_what_was_recorded_is_read_again() -> None:
    """What learning needs of a line; whatever else stands there is no matter."""
    line = json.dumps(as_json(ended(decided(ModuleRequest("qs"))))[0]).encode()
    read = read_record(line)
    assert (read.policy, read.decision, read.times, read.call) == ("p", "allowed", 1, ModuleCall("qs"))
    for wrong in (b"", b"{}", b"[]", b'{"policy": 1}', b"\xff", line[:-5], line.replace(b'"modules"', b'"other"')):
        with pytest.raises(ValueError, match=r".+"):
            read_record(wrong)


def test_a_loop_of_calls_does_not_hide_what_comes_after_it() -> None:
    """Equal calls are counted on one record; only a flood of different ones is cut, and that is told."""
    kept = Decisions()
    for _ in range(5 * SINGLE_MAX):
        kept.add(decided(ModuleRequest("qs")))
    kept.add(decided(fetch("https://api.example/")))
    assert len(kept.all()) == SINGLE_MAX + 1
    assert sum(each.times for each in kept.all()) == 5 * SINGLE_MAX + 1
    assert kept.all()[-1].request == fetch("https://api.example/")
    for number in range(2 * ALIKE_MAX):
        kept.add(decided(fetch(f"https://api.example/{number}")))
    assert len(kept.all()) == SINGLE_MAX + ALIKE_MAX
    assert kept.beyond == ALIKE_MAX + 1


class Log:
    """A log in a folder of the test's, with what it said was lost."""

    def __init__(self, folder: Path, bytes_max: int) -> None:
        self.folder = folder
        self.lost: list[tuple[int, str]] = []
        self._bytes_max = bytes_max

    def write(self, *executions: DecidedExecution, number: int = 0) -> None:
        async def write() -> None:
            log = DecisionLog(self.folder, number, self._bytes_max, lambda *lost: self.lost.append(lost))
            for execution in executions:
                log.record(execution)
                await asyncio.sleep(0)
            log.close()

        asyncio.run(write())

    def records(self) -> list[str]:
        """The paths of the fetches on record."""
        return [read_record(line).call.path for line in lines_of(self.folder)]


def numbered(count: int) -> list[DecidedExecution]:
    return [ended(decided(fetch(f"https://api.example/{number:04}"))) for number in range(count)]


def test_files_are_their_users_alone_and_go_on_where_they_ended(tmp_path: Path) -> None:
    """A worker that takes the place of another goes on with its file."""
    log = Log(tmp_path, 1 << 20)
    log.write(*numbered(2))
    log.write(*numbered(1))
    log.write(*numbered(1), number=7)
    assert log.records() == ["/0000", "/0001", "/0000", "/0000"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["decisions-0.jsonl", "decisions-7.jsonl"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert log.lost == []


def test_files_never_have_more_than_their_size(tmp_path: Path) -> None:
    """The newest lines stay, and none is torn."""
    log = Log(tmp_path, 20_000)
    log.write(*numbered(500))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000
    kept = log.records()
    assert sorted(kept) == [f"/{number:04}" for number in range(500 - len(kept), 500)]
    assert len(kept) > 20


def test_a_folder_that_is_gone_is_no_matter_to_who_writes(tmp_path: Path) -> None:
    """The file that is open takes the lines, and stays within its size."""
    folder = tmp_path / "gone"
    folder.mkdir()

    async def write() -> None:
        log = DecisionLog(folder, 0, 10_000, lambda *_: None)
        (folder / "decisions-0.jsonl").unlink()
        folder.rmdir()
        for execution in numbered(200):
            log.record(execution)
        log.close()

    asyncio.run(write())
    assert not folder.exists()


def test_a_file_that_is_a_link_is_not_written_to(tmp_path: Path) -> None:
    """Whoever can put a link there could have any file of the service's user grow."""
    (tmp_path / "decisions-0.jsonl").symlink_to(tmp_path / "other")
    with pytest.raises(SetupError, match="cannot be written"):
        DecisionLog(tmp_path, 0, 1 << 20, lambda *_: None)
    assert not (tmp_path / "other").exists()


def test_a_fetch_on_record_is_where_it_goes() -> None:
    """And no more."""
    (record,) = records_of(ended(decided(fetch("https://api.example/x?token=hidden#hidden"))))
    assert record.call == FetchCall("GET", "https", "api.example", 443, "/x", 7)
    assert "hidden" not in repr(record)
    assert "x-token" not in repr(record)
