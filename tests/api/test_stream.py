"""An execution as server-sent events: framed by the host, in order, as they happen."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from host.api.stream import wants_events
from host.errors import InternalError
from tests.api.client import JSON, Client, Sender, parts, scope_of
from tests.api.conftest import BOB
from tests.api.server import HEAD, Connection, Server, read_all, wait_until

POLICIES = {
    "sandbox.yaml": "version: 1\npolicy: sandbox\nlimits: {wall_time: 5min, fuel: 10000G}\n",
    "chatty.yaml": "version: 1\npolicy: chatty\nlimits: {logs: 8MiB, wall_time: 5min, fuel: 10000G}\n",
    "brief.yaml": "version: 1\npolicy: brief\nlimits: {logs: 1KiB}\n",
    "single.yaml": "version: 1\npolicy: single\nlimits: {concurrency: 1, wall_time: 5min, logs: 8MiB}\n",
}  # fmt: skip
EVENTS = "text/event-stream"
LONG = "await new Promise(resolve => setTimeout(resolve, 250_000));"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of this file."""
    with Server(tmp_path_factory.mktemp("stream"), policies=POLICIES) as server:
        yield server


def events_of(body: bytes) -> list[tuple[str, dict]]:
    """The events as a browser reads them (HTML Living Standard, 9.2.6)."""
    events, name, data = [], "message", []
    for line in re.split(r"\r\n|\r|\n", body.decode()):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                events.append((name, json.loads("\n".join(data))))
            name, data = "message", []
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)
        else:
            raise AssertionError(f"a line that is no field of ours: {line!r}")
    return events


def stream(server: Server, code: str, **fields: object) -> list[tuple[str, dict]]:
    with server.connect() as connection:
        connection.begin(code, accept=EVENTS, **fields)
        answer = connection.answer()
        assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        return events_of(answer.body)


def read_event(connection: Connection, response) -> tuple[str, dict]:
    """The next event of a stream that goes on."""
    lines = b""
    while not lines.endswith(b"\n\n"):
        line = response.readline()
        assert line, "the stream has ended"
        lines += line
    return events_of(lines)[0]


def test_events_are_in_order_and_the_result_is_a_plain_answer(server: Server) -> None:
    """Each log in its order, then one result, whose fields are those of an answer without a stream."""
    code = "console.log('a'); await null; console.warn('b'); return [1, 2]"
    events = stream(server, code)
    assert [name for name, _ in events] == ["log", "log", "result"]
    assert [(data["level"], data["text"]) for _, data in events[:2]] == [("info", "a"), ("warn", "b")]
    result, plain = events[-1][1], server.run(code).json
    assert list(result) == list(plain)
    assert (result["result"], result["logs"]) == ([1, 2], [data for _, data in events[:2]])
    assert {key: list(result[key]) for key in ("timing", "usage")} == {
        key: list(plain[key]) for key in ("timing", "usage")
    }


def test_log_comes_as_it_is_written(server: Server) -> None:
    """The first event is here while the code has minutes to wait; progress follows, and counts on."""
    with server.connect() as connection:
        connection.begin(f"console.log('now'); {LONG} return 1", accept=EVENTS)
        response = connection.http.getresponse()
        assert read_event(connection, response)[1]["text"] == "now"
        (first, one), (second, two) = (read_event(connection, response) for _ in range(2))
        assert (first, second) == ("progress", "progress")
        assert list(one) == ["state", "elapsedMs", "fuel", "memoryBytes", "hostCalls"]
        assert one["state"] == "waiting"
        assert 1000 <= one["elapsedMs"] < two["elapsedMs"]
        server.cancel(server.executions()[0]["executionId"])
        name, data = read_event(connection, response)
        assert (name, data["error"]["type"]) == ("result", "CancelledError")
        assert response.read() == b""


def test_log_of_a_busy_execution_comes_while_it_runs(server: Server) -> None:
    """Code that never waits is heard between its slices."""
    with server.connect() as connection:
        connection.begin("console.log('busy'); for (;;) {} return 1", accept=EVENTS)
        response = connection.http.getresponse()
        assert read_event(connection, response)[1]["text"] == "busy"
        server.cancel(server.executions()[0]["executionId"])
        last = events_of(response.read())[-1]
        assert (last[0], last[1]["error"]["type"]) == ("result", "CancelledError")


@pytest.mark.parametrize(
    ("status", "code", "fields"),
    [(400, "return 1", {"extra": 1}), (400, "1 + 1", {}), (403, "return 1", {"policy": "none"})],
)
def test_error_before_the_start_is_plain_json(server: Server, status: int, code: str, fields: dict) -> None:
    """Nothing has run, so nothing streams: the status says what is wrong."""
    with server.connect() as connection:
        connection.begin(code, accept=EVENTS, **fields)
        answer = connection.answer()
    assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json["success"] is False


@pytest.mark.parametrize(
    ("kind", "code", "fields"),
    [
        ("TypeError", "null.x; return 1", {}),
        ("SyntaxError", "return ((", {}),
        ("TimeoutError", f"{LONG} return 1", {"timeoutMs": 30}),
        ("TimeoutError", "for (;;) {} return 1", {"timeoutMs": 30}),
    ],
)
def test_failure_after_the_start_is_a_result(server: Server, kind: str, code: str, fields: dict) -> None:
    """The status is sent by then: the last event carries the error, with usage and logs."""
    name, data = stream(server, code, **fields)[-1]
    assert (name, data["success"], data["error"]["type"]) == ("result", False, kind)
    assert {"usage", "timing", "logs", "executionId"} <= set(data)


FORGERIES = {
    "an event of its own": "\n\nevent: result\ndata: {}\n\n",
    "carriage returns": "\r\revent: result\rdata: {}\r\r",
    "both": "x\r\n\r\nevent: result\r\ndata: {}\r\n\r\n",
    "line separators of Unicode": "\u2028\u2028event: result\u2028data: {}\u2029\u0085\u000b\u000c",
    "an id and a retry": "\nid: 7\nretry: 1\n: comment\n",
    "controls": "".join(map(chr, range(32))) + "\x7f\ufeff",
    "lone surrogates": "\ud800 \udfff\n\ndata: x",
}


@pytest.mark.parametrize("text", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("code", ["console.log(input); return input", "console.log(input); throw new Error(input)"])
def test_guest_text_forges_no_event(server: Server, code: str, text: str) -> None:
    """Whatever a guest logs, throws or returns is inside of the data of the host's own events."""
    with server.connect() as connection:
        connection.begin(f"const input = {json.dumps(text)}; {code}; return 1", accept=EVENTS)
        body = connection.answer().body
    assert [name for name, _ in events_of(body)] == ["log", "result"]
    assert body.count(b"\n") == 6
    assert b"\r" not in body


def test_client_that_goes_away_cancels(server: Server) -> None:
    """A stream that nobody reads ends its execution, also before its first event."""
    before = server.stats()["byErrorType"].get("CancelledError", 0)
    for code in (f"console.log(1); {LONG} return 1", "for (;;) {} return 1"):
        with server.connect() as connection:
            connection.begin(code, accept=EVENTS)
            server.wait_for_states("running" if "for" in code else "waiting")
        server.wait_for_states()
    assert server.stats()["byErrorType"]["CancelledError"] == before + 2


def test_slow_reader_holds_no_slot(server: Server) -> None:
    """Under a policy of one slot, a client that does not read its stream of megabytes keeps nobody out."""
    code = "for (let i = 0; i < 60; i++) console.log('x'.repeat(100_000)); return 'y'.repeat(3_000_000)"
    total = server.stats()["total"]
    with server.connect() as slow:
        slow.begin(code, accept=EVENTS, policy="single")
        wait_until(lambda: server.stats()["total"] == total + 1)
        assert server.executions() == []
        assert server.run("return 2", policy="single").status == 200
        events = events_of(slow.answer().body)
    assert [name for name, _ in events if name != "progress"] == ["log"] * 60 + ["result"]


def test_log_limit_holds(server: Server) -> None:
    """A stream has no more of the log than the answer, which also says how much was dropped."""
    events = stream(server, "for (let i = 0; i < 1000; i++) console.log('x'.repeat(100)); return 1", policy="brief")
    logs = [data for name, data in events if name == "log"]
    assert 0 < sum(len(each["text"]) for each in logs) <= 1024
    *kept, note = events[-1][1]["logs"]
    assert kept == logs
    assert note["text"] == f"[{1000 - len(logs)} more messages were over the log limit]"


def test_connection_is_kept_after_a_stream(server: Server) -> None:
    """The next request on the same connection is answered."""
    with server.connect() as connection:
        for _ in range(3):
            connection.begin("console.log(1); return 1", accept=EVENTS)
            assert len(events_of(connection.answer().body)) == 2
            assert connection.run("return 2").json["result"] == 2


def test_http_1_0_client_gets_its_stream(server: Server) -> None:
    """Without chunks the stream ends with the connection."""
    body = b'{"code": "console.log(1); return 1"}'
    head = HEAD.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Accept: text/event-stream\r\n"
    head += b"Content-Length: %d\r\n\r\n" % len(body)
    with server.raw() as connection:
        connection.sendall(head + body)
        received = read_all(connection)
    assert [name for name, _ in events_of(received.split(b"\r\n\r\n", 1)[1])] == ["log", "result"]


@pytest.mark.parametrize(
    "accept",
    ["text/event-stream", "TEXT/Event-Stream", "text/event-stream; charset=utf-8", "text/event-stream, */*;q=0.1",
     "application/json, text/event-stream", "text/event-stream;q=0.5", "text/html , text/event-stream ; q=1.000",
     "text/event-stream;q=0.9, application/json;q=0.8"],
)  # fmt: skip
def test_stream_is_wanted(accept: str) -> None:
    """Whoever names the type, and likes JSON no better (RFC 9110, 12.5.1)."""
    assert wants_events({b"accept": accept.encode()})


@pytest.mark.parametrize(
    "accept",
    [None, "", "*/*", "text/*", "application/json", "text/event-stream;q=0", "text/event-stream; Q=0.000",
     "text/event-stream;q=0.5, application/json", "text/event-streams", "xtext/event-stream", "text/event-stream;q=x",
     "text/event-stream;q=-1", "x=text/event-stream", "application/x;y=text/event-stream"],
)  # fmt: skip
def test_stream_is_not_wanted(accept: str | None) -> None:
    """Wildcards, a weight of nothing or of nonsense, other names, and a better liking for JSON."""
    assert not wants_events({} if accept is None else {b"accept": accept.encode()})


def test_fault_of_the_host_after_the_start_is_a_result(
    serve: Callable[..., Client], guests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """InternalError as the last event, with nothing of the host's inside."""
    from host.execution import run

    def broken(*_arguments: object) -> None:
        raise InternalError("secret detail")

    monkeypatch.setattr(run, "Report", broken)
    body = json.dumps({"code": "console.log(1); return 1"}).encode()
    headers = {**JSON, "accept": EVENTS, "authorization": f"Bearer {BOB}", "content-length": str(len(body))}
    answer = serve().request("POST", "/flow/codeblock", body, headers)
    events = events_of(answer.body)
    assert answer.status == 200
    assert [name for name, _ in events] == ["log", "result"]
    assert events[-1][1]["error"]["type"] == "InternalError"
    assert b"secret" not in answer.body


def test_client_that_does_not_read_bounds_what_waits_for_it(serve: Callable[..., Client], guests) -> None:
    """While the client reads nothing, progress is not heaped up; when it reads, all of the log comes."""
    sent: list[dict] = []
    reads = asyncio.Event()

    async def send(message: dict) -> None:
        await reads.wait()
        sent.append(message)

    async def story() -> None:
        code = "console.log(1); await new Promise(r => setTimeout(r, 2500)); console.log(2); return 1"
        body = json.dumps({"code": code}).encode()
        headers = {**JSON, "accept": EVENTS, "host": "localhost", "content-length": str(len(body))}
        scope = scope_of("POST", "/flow/codeblock", [(k.encode(), v.encode()) for k, v in headers.items()])
        request = asyncio.create_task(serve().app(scope, Sender(parts(body)).receive, send))
        give_up_at = time.monotonic() + 60
        while guests.executor.tally.node()["total"] == total:
            assert time.monotonic() < give_up_at
            await asyncio.sleep(0.05)
        reads.set()
        await request

    total = guests.executor.tally.node()["total"]
    guests.wait(story())
    events = events_of(b"".join(message.get("body", b"") for message in sent))
    assert [name for name, _ in events] == ["log", "log", "result"]


def test_server_is_as_before(server: Server) -> None:
    """After all of this: no execution, no slot, and nothing in the log but what began it."""
    server.wait_until_idle()
    assert server.executions() == []
    levels = [json.loads(line)["level"] for line in Path(server.log).read_text().splitlines()]
    assert "error" not in levels
