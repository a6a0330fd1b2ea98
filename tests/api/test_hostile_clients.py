"""Clients that break the protocol, vanish, or take their time: each has its answer, and costs nobody else anything."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.api.server import HEAD, PATIENCE_S, Server, read_all, wait_until

POLICIES = {
    "sandbox.yaml": "version: 1\npolicy: sandbox\nlimits: {wall_time: 5min, fuel: 10000G}\n",
    "single.yaml": "version: 1\npolicy: single\nlimits: {wall_time: 5min, fuel: 10000G, concurrency: 1}\n",
}
SETTINGS = {"BODY_TIMEOUT_MS": 700, "BODY_BUFFER_MB": 1, "QUEUE_SIZE": 1, "QUEUE_TIMEOUT_MS": 300}
SLEEP = "await new Promise(resolve => setTimeout(resolve, 250_000)); return 1"
BODY = b'{"code":"return 41+1"}'
GOOD = HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
LAST = GOOD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE_CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of this file: one worker, little room and little patience."""
    with Server(tmp_path_factory.mktemp("hostile"), 1, POLICIES, **SETTINGS) as server:
        server.run("return 1")
        server.get("/flow/status")  # what reads the memory has its thread from here on
        yield server


@pytest.fixture(scope="module")
def half_open(server: Server) -> Iterator[list[socket.socket]]:
    """Connections that say nothing, or only begin to; they stand while the other tests run."""
    connections = [server.raw() for _ in range(3)]
    connections[1].sendall(b"P")
    connections[2].sendall(HEAD)
    wait_until(lambda: all(map(server.worker_of, connections)))
    yield connections
    for connection in connections:
        connection.close()


@pytest.fixture(autouse=True)
def _unharmed(server: Server, half_open: list[socket.socket]) -> Iterator[None]:
    """After each test the same worker answers the next request, and has no execution, file or thread more."""
    (worker,) = server.workers()
    before = server.held()
    yield
    assert server.run("return 1").json["result"] == 1
    server.wait_until_idle()
    wait_until(
        lambda: all(now <= then for now, then in zip(server.held()[worker], before[worker], strict=True)),
        lambda: f"{before} is now {server.held()}",
    )
    assert server.workers() == [worker]


def status_of(received: bytes) -> int | None:
    return int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/1.") else None


def with_headers(headers: bytes) -> bytes:
    return LAST.replace(b"\r\n\r\n", b"\r\n" + headers + b"\r\n\r\n", 1)


STRANGE = {
    "header of 50 KB": (200, with_headers(b"X: " + b"a" * 50_000)),
    "header of a megabyte": (431, with_headers(b"X: " + b"a" * 1_000_000)),
    "90 headers of 10 KB": (431, with_headers(b"\r\n".join(b"X-%d: %b" % (i, b"a" * 10_000) for i in range(90)))),
    "200 headers": (431, with_headers(b"\r\n".join(b"X-%d: y" % i for i in range(200)))),
    "long path": (414, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "two lengths": (400, LAST.replace(b"Content-Length", b"Content-Length: 3\r\nContent-Length")),
    "the same length twice": (
        200, LAST.replace(b"Content-Length", b"Content-Length: %d\r\nContent-Length" % len(BODY))
    ),
    "length and chunks": (200, CHUNKED.replace(b"Transfer", b"Content-Length: 3\r\nTransfer") + WHOLE_CHUNKS),
    "chunk of no size": (400, CHUNKED + b"zz\r\n" + BODY),
    "chunk with a long extension": (400, CHUNKED + WHOLE_CHUNKS.replace(b"\r\n", b";" + b"x" * 20_000 + b"\r\n", 1)),
    "chunk that does not end": (400, CHUNKED + b"ff\r\n" + BODY),
    "HTTP/1.0": (200, GOOD.replace(b"HTTP/1.1", b"HTTP/1.0")),
    "absolute path of this host": (200, LAST.replace(b"POST /", b"POST http://localhost/")),
    "absolute path of another host": (
        401, LAST.replace(b"Host: localhost\r\n", b"").replace(b"POST /", b"POST http://evil.example/")
    ),
    "no host": (401, LAST.replace(b"Host: localhost\r\n", b"")),
    "another host": (401, LAST.replace(b"localhost", b"evil.example")),
    "CONNECT": (405, b"CONNECT a.example:1 HTTP/1.1\r\nHost: a.example:1\r\nConnection: close\r\n\r\n"),
    "TRACE": (405, b"TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
    "HTTP/2 preface": (None, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
    "unknown expectation": (200, with_headers(b"Expect: wonders")),
    "large body that waits for leave": (
        413, HEAD + b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 99999999\r\n\r\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_strange_requests_have_their_answer(server: Server, name: str) -> None:
    """As HTTP has it, and the connection ends."""
    status, request = STRANGE[name]
    received = server.exchange(request)
    assert status_of(received) == status, received
    assert received.count(b"HTTP/1.") == (status is not None)


def test_length_and_chunks_end_the_connection(server: Server) -> None:
    """What follows such a request is not read as another one (RFC 9112, 6.1)."""
    request = CHUNKED.replace(b"Transfer", b"Content-Length: 3\r\nTransfer") + WHOLE_CHUNKS
    assert server.exchange(request + LAST).count(b"HTTP/1.") == 1


def test_websocket_is_refused(server: Server) -> None:
    """An upgrade that is not offered is a GET like any other."""
    with server.raw() as connection:
        connection.sendall(
            b"GET /flow/codeblock HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert status_of(connection.recv(65536)) == 405


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    """One after the other, also with an error among them."""
    bad = HEAD + b"Content-Length: 1\r\n\r\n{"
    received = server.exchange(GOOD + bad + GOOD + LAST)
    assert [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]] == [b"200", b"400", b"200", b"200"]


def test_client_that_waits_for_leave_gets_it(server: Server) -> None:
    """`Expect: 100-continue`: it may send when everything before the body is right."""
    with server.raw() as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY)
        assert status_of(connection.recv(65536)) == 200


@pytest.mark.parametrize("request_", [GOOD[:-5], CHUNKED + b"ff\r\n" + BODY, GOOD[: -len(BODY)]])
@pytest.mark.parametrize("reset", [False, True])
def test_client_that_vanishes_in_its_body_leaves_nothing(server: Server, request_: bytes, reset: bool) -> None:
    """Closed or reset in the middle of the body: it counts as a failed request, and nothing of it runs."""
    before = server.stats()
    with server.raw() as connection:
        connection.sendall(request_)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wait_until(lambda: server.stats()["total"] == before["total"] + 1)
    after = server.stats()
    assert after["byErrorType"]["ValidationError"] == before["byErrorType"].get("ValidationError", 0) + 1
    assert after["successful"] == before["successful"]


def test_slow_body_is_answered_when_its_time_is_up(server: Server) -> None:
    """A byte now and then does not put it off."""
    with server.raw() as connection:
        connection.sendall(HEAD + b"Content-Length: 10000\r\n\r\n")
        ended = threading.Event()

        def drip() -> None:
            with contextlib.suppress(OSError):
                while not ended.wait(0.05):
                    connection.sendall(b" ")

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            received = connection.recv(65536)
        finally:
            ended.set()
            dripping.join(PATIENCE_S)
    assert status_of(received) == 400
    assert b"did not come in time" in received


def test_body_room_is_bounded_and_comes_back(server: Server) -> None:
    """Bodies beyond the room are turned away with 503; when the others have ended there is room again."""
    whole = b'{"code":"return 1","input":"%b"}' % (b"x" * 900_000)
    head = HEAD + b"Content-Length: %d\r\n\r\n" % len(whole)
    with server.running("await new Promise(r => setTimeout(r, 250_000)); return 1", input="x" * 900_000) as holding:
        wait_until(lambda: server.executions())
        for _ in range(3):
            with server.raw() as connection:
                with contextlib.suppress(OSError):
                    connection.sendall(head + whole)
                received = connection.recv(65536)
            assert status_of(received) == 503
            assert b"retry-after: 1\r\n" in received.lower()
            assert b'"ConcurrencyError"' in received
        # Small ones still fit.
        assert server.run("return 1").status == 200
        server.cancel(server.executions()[0]["executionId"])
        assert holding.answer().error == "CancelledError"
    assert server.run("return 1", input="x" * 900_000).status == 200


def test_client_that_never_reads_holds_no_slot(server: Server) -> None:
    """Its 5 MB wait in the buffers; the policy's one slot is free, and the server serves on."""
    with server.connect() as connection:
        total = server.stats()["total"]
        connection.begin("return 'x'.repeat(5_000_000)", policy="single")
        wait_until(lambda: server.stats()["total"] == total + 1)
        assert server.run("return 1", policy="single").status == 200


def test_full_queue_and_queue_time_are_answered(server: Server) -> None:
    """Who finds no place is refused at once, who finds one when its time is up; both with Retry-After."""
    with server.running(SLEEP, policy="single") as holding:
        server.wait_for_states("waiting")
        with contextlib.ExitStack() as stack:
            waiting = [stack.enter_context(server.running("return 1", policy="single")) for _ in range(6)]
            answers = [connection.answer() for connection in waiting]
        messages = [each.json["error"]["message"] for each in answers]
        assert {(each.status, each.error, each.headers["retry-after"]) for each in answers} == {
            (503, "ConcurrencyError", "1")
        }
        assert set(messages) <= {
            "All execution slots are taken and the queue is full", "No execution slot became free within 0.3 s",
        }  # fmt: skip
        assert "No execution slot became free within 0.3 s" in messages
        server.cancel(server.executions()[0]["executionId"])
        assert holding.answer().error == "CancelledError"


def test_without_queue_time_nobody_waits(tmp_path) -> None:
    """QUEUE_SIZE=0: refused at once, however long one might wait."""
    settings = {"QUEUE_SIZE": 0, "QUEUE_TIMEOUT_MS": 600_000, "MAX_CONCURRENT_EXECUTIONS": 1}
    with Server(tmp_path / "server", 2, POLICIES, **settings) as server, server.running(SLEEP) as holding:
        server.wait_for_states("waiting")
        for worker in server.workers():
            with server.connect_to(worker) as connection:
                answer = connection.run("return 1")
                assert (answer.status, answer.error, answer.headers["retry-after"]) == (503, "ConcurrencyError", "1")
        server.cancel(server.executions()[0]["executionId"])
        assert holding.answer().error == "CancelledError"
        assert server.run("return 1").status == 200


def test_many_connections_at_once_come_and_go(server: Server) -> None:
    """Three hundred that say nothing keep nobody out, and their files are given back."""
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(server.raw())
        assert server.run("return 1").status == 200


def test_half_open_connections_are_closed_in_time(server: Server, half_open: list[socket.socket]) -> None:
    """Who does not come to the end of its head is hung up on; who does not send its body is answered."""
    silent, begun, without_body = (read_all(connection) for connection in half_open)
    assert (status_of(silent), status_of(begun)) in ((None, None), (None, 408), (408, 408))
    assert status_of(without_body) in (None, 400, 408)
    records = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert [each for each in records if each["level"] == "error"] == []
