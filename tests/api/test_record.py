"""The record of an execution request: one whatever its end, and nothing in it that its client wrote."""

import asyncio
import json
import re
import unicodedata
from datetime import UTC, datetime

import msgspec
import pytest

from host import logs
from host.api.record import ExecutionRecord, Recorder, RecordTiming
from host.errors import InternalError
from host.execution.outcome import Usage
from host.execution.run import Executor, ExecutorOptions
from host.settings import load_settings
from tests.api.client import DISCONNECT, JSON, Sender, parts, scope_of
from tests.api.conftest import ALICE, BOB, service_for
from tests.harness import Guests

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
#: What breaks a line, moves a cursor, turns the direction of text or cannot be encoded.
HOSTILE = (
    'a\n{"event":"execution","outcome":"success"}', "a\r\nb", "\x00\x08\x1b[2J\x1b]0;t\x07", "\x7f\x80\x85\x9b31m",
    "a\u2028b\u2029c", "\u202e\u2066\u200f\u061c", "\ud800", "\udfff\ud83d", '"\\', "\ufeff\ufffe", "\u00e9\U0001f600",
    "\x1b[31m outcome=success\n2026-01-01T00:00:00Z [info     ] execution",
)  # fmt: skip


class Recorded:
    """A service that keeps its records."""

    def __init__(self, guests: Guests, readiness, executor: Executor | None = None, level: str = "info") -> None:
        self.records: list[ExecutionRecord] = []
        recorder = Recorder(self.records.append, level)
        self.client = service_for(guests, readiness, executor=executor, recorder=recorder)

    def one(self) -> dict:
        (record,) = self.records
        return json.loads(logs.json_line(record))


@pytest.fixture
def recorded(guests: Guests, readiness, unharmed) -> Recorded:
    return Recorded(guests, readiness)


def test_success_is_recorded_with_all_that_is_known(recorded: Recorded) -> None:
    """Who, under what, how it ended, what it used, how long it took and how large it was."""
    answer = recorded.client.post(
        json.dumps({"code": "return input", "input": [1, 2]}).encode(),
        authorization=f"Bearer {BOB}",
        traceparent=PARENT,
    )
    record = recorded.one()
    usage, timing = record.pop("usage"), record.pop("timing")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", record.pop("timestamp"))
    assert answer.json["policy"]["digest"].startswith(record.pop("policy_digest"))
    assert record == {
        "level": "info", "event": "execution", "execution_id": answer.json["executionId"], "outcome": "success",
        "status": 200, "principal": "bob", "policy": "sandbox", "code_bytes": 12, "input_bytes": 6, "result_bytes": 5,
        "trace_id": TRACE,
    }  # fmt: skip
    assert usage.keys() == {"fuel", "memory_peak_bytes", "host_calls", "cpu_ms"}
    assert usage["fuel"] == answer.json["usage"]["fuel"]
    assert timing.keys() == {"queue_ms", "execution_ms", "total_ms"}
    assert round(timing["total_ms"]) == answer.json["timing"]["totalTime"]


@pytest.mark.parametrize(
    ("fields", "headers", "outcome", "status", "absent"),
    [
        ({"code": "throw 1; return 1"}, {}, "RuntimeError", 400, {"result_bytes", "trace_id"}),
        ({"code": "return fs()", "policy": "quick"}, {}, "ReferenceError", 400, {"result_bytes"}),
        ({"code": "1"}, {}, "ValidationError", 400, {"usage", "result_bytes"}),
        ({"code": "return 1", "policy": "secret"}, {}, "PolicyError", 403, {"policy", "policy_digest", "code_bytes"}),
        ({"code": "return 1"}, {"authorization": "Bearer x"}, "AuthenticationError", 401, {"principal", "policy"}),
        ({"code": "return 1"}, {"content_type": "text/x"}, "ValidationError", 400, {"policy", "code_bytes"}),
        ({"code": "return '" + "x" * 100 + "'", "policy": "small"}, {}, "ValidationError", 413, {"usage"}),
    ],
)
def test_failure_is_recorded_with_its_type(
    recorded: Recorded, fields: dict, headers: dict, outcome: str, status: int, absent: set
) -> None:
    """Failures of guests and refusals alike, without what was not known by then."""
    headers = {"authorization": f"Bearer {BOB}", **headers}
    answer = recorded.client.post(json.dumps(fields).encode(), **headers)
    record = recorded.one()
    assert (record["outcome"], record["status"], record["level"]) == (outcome, status, "info")
    assert (answer.error["type"], answer.status) == (outcome, status)
    assert record["execution_id"] == answer.json["executionId"]
    assert absent.isdisjoint(record)
    assert record["timing"]["total_ms"] > 0


def test_client_that_goes_away_is_recorded(recorded: Recorded) -> None:
    """Nobody was answered, so there is no status."""
    body = json.dumps({"code": "while (true) {} return 1"}).encode()
    headers = [(b"host", b"localhost"), (b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
    assert recorded.client.send("POST", "/flow/codeblock", Sender([*parts(body), DISCONNECT]), headers) is None
    record = recorded.one()
    assert (record["outcome"], record["level"], "status" in record) == ("ClientGone", "info", False)
    assert (record["policy"], record["code_bytes"]) == ("sandbox", 24)


def test_request_that_is_cancelled_is_recorded(recorded: Recorded, guests: Guests) -> None:
    """Also a request that the server itself gives up leaves a record."""

    async def cancelled() -> None:
        body = b'{"code": "for(;;); return 1"}'
        headers = [(name.encode(), value.encode()) for name, value in JSON.items()]
        scope = scope_of("POST", "/flow/codeblock", [*headers, (b"host", b"127.0.0.1")])
        task = asyncio.create_task(recorded.client.app(scope, Sender(parts(body)).receive, _unsent))
        while not guests.executor.admission.running:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    guests.wait(cancelled())
    assert recorded.one()["outcome"] == "Cancelled"


async def _unsent(_: dict) -> None:
    raise AssertionError("there is nobody to answer")


def test_fault_of_the_host_is_an_error(recorded: Recorded, guests: Guests, monkeypatch) -> None:
    """InternalError stands out by its level."""

    async def broken(*_: object) -> None:
        raise InternalError("a fault")

    monkeypatch.setattr(guests.executor, "run", broken)
    assert recorded.client.execute(code="return 1").status == 500
    assert {key: recorded.one()[key] for key in ("level", "outcome", "status")} == {
        "level": "error", "outcome": "InternalError", "status": 500,
    }  # fmt: skip


@pytest.mark.parametrize(("level", "count"), [("info", 2), ("warning", 1), ("error", 0)])
def test_no_room_is_a_warning_and_the_level_leaves_out_the_rest(
    guests: Guests, engine, readiness, level: str, count: int
) -> None:
    """A 503 is a warning; under a higher LOG_LEVEL less severe records are not made."""
    executor = Executor(engine, ExecutorOptions(running_max=1, queue_max=0, queue_timeout_s=0))
    recorded = Recorded(guests, readiness, executor, level)

    async def fill() -> None:
        slots = executor.node.pools.get("node", "executions")
        assert slots.take(1, 1)
        try:
            body = b'{"code": "return 1"}'
            sent: list[dict] = []

            async def send(message: dict) -> None:
                sent.append(message)

            headers = [(name.encode(), value.encode()) for name, value in JSON.items()]
            await recorded.client.app(scope_of("POST", "/flow/codeblock", headers), Sender(parts(body)).receive, send)
            assert sent[0]["status"] == 503
        finally:
            slots.give_back(1, 1)

    guests.wait(fill())
    recorded.client.execute(code="throw 1; return 1")
    executor.close()
    assert len(recorded.records) == count
    if count:
        assert (recorded.records[0].level, recorded.records[0].outcome) == ("warning", "ConcurrencyError")


@pytest.mark.parametrize("header", ["", "x" * 55, PARENT.upper(), PARENT + "-1", PARENT.replace(TRACE, "0" * 32)])
def test_invalid_traceparent_is_not_recorded(recorded: Recorded, header: str) -> None:
    """What is not a trace's id does not get into the log as one."""
    assert recorded.client.post(b'{"code": "return 1"}', traceparent=header).status == 200
    assert "trace_id" not in recorded.one()


def test_what_a_client_writes_is_not_recorded(recorded: Recorded) -> None:
    """Neither code, input, result, texts, messages, tokens nor headers: the record has the host's own words alone."""
    mark = "Xq7Zk"
    code = f"const {mark} = '{mark}'; throw new TypeError('{mark}' + input); return '{mark}'"
    for fields in ({"code": code, "input": mark}, {"code": f"return '{mark}'"}, {"code": mark}, {"policy": mark}):
        headers = {"authorization": f"Bearer {ALICE}", "traceparent": mark, "tracestate": f"a={mark}", "x_a": mark}
        recorded.client.post(json.dumps({"code": "return 1", **fields}).encode(), **headers)
    recorded.client.post(b'{"code": "return 1"}', authorization=f"Bearer {mark}")
    assert len(recorded.records) == 5
    written = b"".join(map(logs.json_line, recorded.records))
    assert mark.encode() not in written
    assert ALICE.encode() not in written


def hostile_records(text: str) -> list[ExecutionRecord]:
    """A record for each of its texts, in which that one is hostile."""
    good = ExecutionRecord(
        datetime.now(UTC), "info", "execution", "id", "success", RecordTiming(1.0, 0.0, 1.0), 200, "alice", "sandbox",
        "sha256:00", Usage(1, 2, 3, 4.0), 1, 1, 1, TRACE,
    )  # fmt: skip
    names = ("execution_id", "outcome", "principal", "policy", "policy_digest", "trace_id")
    return [msgspec.structs.replace(good, **{name: text}) for name in names]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_in_any_field_stays_in_its_line_as_json(text: str) -> None:
    """Nothing that ends a line, controls a terminal or turns text round is written as it is, in whatever field."""
    for record in hostile_records(text):
        line = logs.json_line(record)
        assert line.endswith(b"\n")
        assert all(0x20 <= byte < 0x7F for byte in line[:-1])
        assert json.loads(line) == {**msgspec.to_builtins(record), "timestamp": json.loads(line)["timestamp"]}


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_in_any_field_stays_in_its_line_as_text(text: str) -> None:
    """The same for the development format."""
    render = logs.record_renderer(load_settings(environ={"ENVIRONMENT": "development"}))
    for record in hostile_records(text):
        line = render(record).decode()
        assert line.endswith("\n")
        assert line.count("\n") == 1
        assert [char for char in line[:-1] if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")] == []
        assert len(line.splitlines()) == 1
