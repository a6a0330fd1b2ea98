"""Requests that are allowed: what the server gets, and what comes back."""

import asyncio

import pytest

from host.capabilities.base import Refusal
from host.capabilities.fetch import wire
from tests.capabilities.fetch.conftest import Bench
from tests.capabilities.fetch.targets import Seen, Writer, redirect, reply, serving

BASE = "http://api.test:{port}"


def test_a_get_and_its_answer(bench: Bench) -> None:
    """Request line, the host's own headers, the guest's; status, reason, headers and body, in one answer."""
    bench.plain.answers("/a", reply(b"hello", "201 Made", x_one="1"))
    got = bench.fetch(f"{BASE}/a?b=c#d", "GET", {"X-Mine": "yes"})
    (seen,) = bench.plain.seen
    assert seen.line == "GET /a?b=c"
    assert seen.headers == [
        ("host", f"api.test:{bench.plain.port}"), ("accept", "*/*"), ("user-agent", "cellblock"),
        ("accept-encoding", "gzip, deflate, br, zstd"), ("x-mine", "yes"),
    ]  # fmt: skip
    assert (got.status, got.reason, got.body) == (201, "Made", b"hello")
    assert got.headers == [("x-one", "1"), ("content-length", "5")]
    assert (got.url, got.flags) == (bench.fill(f"{BASE}/a?b=c"), wire.COMPLETE)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_body_goes_with_its_length(bench: Bench, method: str) -> None:
    """One that comes with the request, and one in pieces whose length is known."""

    async def both() -> None:
        execution = bench.execution()
        await execution.request(bench.fill(BASE), method, {"content-type": "text/plain"}, b"hello")
        id, answer = execution.begin(bench.fill(BASE), method, stream=True, length=6)
        assert await execution.write(id, b"abc")
        assert not await execution.write(id, b"def", last=True)
        assert (await execution.finish(id, answer)).status == 200
        execution.close()

    bench.run(both())
    assert [(seen.method, seen.body) for seen in bench.plain.seen] == [(method, b"hello"), (method, b"abcdef")]
    assert [seen.values("content-length") for seen in bench.plain.seen] == [["5"], ["6"]]


def test_a_body_of_unknown_length_is_chunked(bench: Bench) -> None:
    """It is sent as it is written."""

    async def stream() -> None:
        execution = bench.execution()
        id, answer = execution.begin(bench.fill(BASE), "POST", stream=True)
        for piece in (b"one", b"", b"two"):
            assert await execution.write(id, piece)
        await execution.write(id, b"", last=True)
        assert (await execution.finish(id, answer)).status == 200
        execution.close()

    bench.run(stream())
    assert bench.plain.seen[0].body == b"onetwo"
    assert bench.plain.seen[0].values("transfer-encoding") == ["chunked"]
    assert bench.plain.seen[0].values("content-length") == []


@pytest.mark.parametrize(
    ("method", "length"), [("GET", []), ("HEAD", []), ("DELETE", []), ("POST", ["0"]), ("PUT", ["0"])]
)
def test_without_a_body_only_some_methods_say_so(bench: Bench, method: str, length: list[str]) -> None:
    """Fetch standard, 4.6: a POST and a PUT have a length of 0."""
    assert bench.fetch(BASE, method).status == 200
    assert bench.plain.seen[0].values("content-length") == length


def test_answers_without_a_body(bench: Bench) -> None:
    """HEAD, 204 and 304 are complete with their headers, whatever those say."""
    bench.plain.answers("/head", b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\ncontent-encoding: gzip\r\n\r\n")
    bench.plain.answers("/204", b"HTTP/1.1 204 No Content\r\n\r\n")
    bench.plain.answers("/304", b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n")
    for path, method in (("/head", "HEAD"), ("/204", "GET"), ("/304", "GET")):
        got = bench.fetch(BASE + path, method)
        assert (got.body, got.flags) == (b"", wire.COMPLETE | wire.NO_BODY)


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n3;x=y\r\ndef\r\n0\r\nx: y\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 \r\ncontent-length: 6\r\n\r\nabcdef",
    ],
    ids=["chunked", "length", "early hints", "continue"],
)
def test_framings_of_a_response(bench: Bench, response: bytes) -> None:
    """Also in single bytes."""
    bench.plain.answers("/whole", response)

    async def slowly(seen: Seen, writer: Writer) -> bytes:
        for byte in response[:-1]:
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        return response[-1:]

    bench.plain.answers("/slow", slowly)
    for path in ("/whole", "/slow"):
        got = bench.fetch(BASE + path)
        assert (got.status, got.body, got.failure) == (200, b"abcdef", None)


def test_a_body_that_ends_with_its_connection(bench: Bench) -> None:
    """Without a length, over HTTP/1.0 too."""
    for version in ("1.0", "1.1"):

        async def closing(seen: Seen, writer: Writer, version: str = version) -> None:
            writer.write(f"HTTP/{version} 200 OK\r\n\r\nabc".encode())
            await asyncio.sleep(0.01)
            writer.write(b"def")

        bench.plain.answers("/", closing)
        assert bench.fetch(BASE).body == b"abcdef"


def test_a_body_comes_in_pieces_as_it_is_sent(bench: Bench) -> None:
    """The answer does not wait for it; a read that fills waits for as much as it asked for."""
    go_on = asyncio.Event()

    async def in_parts(seen: Seen, writer: Writer) -> bytes:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")
        await go_on.wait()
        writer.write(b"abc")
        await asyncio.sleep(0.02)
        writer.write(b"def")
        await asyncio.sleep(0.02)
        return b"ghi"

    async def read() -> None:
        execution = bench.execution()
        id, answer = execution.begin(bench.fill(BASE))
        first = await answer
        go_on.set()
        pieces = [await execution.read(id, 2), await execution.read(id), await execution.read(id, 100, fill=True)]
        assert first[0] == wire.RESPONSE
        assert pieces == [(False, b"ab"), (False, b"c"), (True, b"defghi")]
        execution.close()

    bench.plain.answers("/", in_parts)
    bench.run(read())


def test_pieces_are_read_one_at_a_time(bench: Bench) -> None:
    """A second reader is refused, and the first one gets its piece."""
    go_on = asyncio.Event()

    async def late(seen: Seen, writer: Writer) -> bytes:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n")
        await go_on.wait()
        return b"abc"

    async def read() -> tuple:
        execution = bench.execution()
        id, answer = execution.begin(bench.fill(BASE))
        await answer
        first = asyncio.ensure_future(execution.read(id))
        await asyncio.sleep(0)
        with pytest.raises(Refusal):
            await execution.read(id)
        go_on.set()
        got = await first
        with pytest.raises(Refusal):
            await execution.read(id)
        execution.close()
        return got

    bench.plain.answers("/", late)
    assert bench.run(read()) == (True, b"abc")


def test_connections_are_kept_and_used_again(bench: Bench) -> None:
    """By the same principal; another one, and one of other limits, has its own."""

    async def several() -> None:
        for principal in ("one", "one", "two"):
            execution = bench.execution(principal=principal)
            for _ in range(3):
                assert (await execution.request(bench.fill(f"{BASE}/kept"))).status == 200
            execution.close()

    bench.run(several())
    numbers = [seen.connection for seen in bench.plain.seen]
    assert len(set(numbers[:6])) == 1
    assert len(set(numbers)) == 2


def test_a_kept_connection_that_was_closed_meanwhile_is_not_noticed(bench: Bench) -> None:
    """A request that may be sent twice goes over another connection."""
    answered = 0

    async def once(seen: Seen, writer: Writer) -> bytes | None:
        nonlocal answered
        if seen.connection in served:
            return None
        served.add(seen.connection)
        answered += 1
        return reply()

    served: set[int] = set()
    bench.plain.answers("*", once)
    for _ in range(3):
        assert bench.fetch(f"{BASE}/closes").status == 200
    assert answered == 3


def test_tls_and_names(bench: Bench) -> None:
    """TLS is for the name, and so is `Host`."""
    got = bench.fetch("https://secure.test:{tls}/x")
    (seen,) = bench.tls.seen
    assert (got.status, seen.server_name, seen.values("host")) == (
        200,
        "secure.test",
        [f"secure.test:{bench.tls.port}"],
    )


def test_http2_where_the_server_speaks_it(bench: Bench) -> None:
    """Bodies either way, over one connection."""

    async def several() -> None:
        execution = bench.execution()
        for number in range(3):
            got = await execution.request(bench.fill("https://two.test:{h2}/n?x"), "POST", {"a": "b"}, b"x" * number)
            assert (got.status, got.body) == (200, b"POST /n?x")
        id, answer = execution.begin(bench.fill("https://two.test:{h2}/s"), "PUT", stream=True)
        await execution.write(id, b"y" * 100_000)
        await execution.write(id, b"z", last=True)
        assert (await execution.finish(id, answer)).status == 200
        execution.close()

    bench.run(several())
    assert [len(seen.body) for seen in bench.h2.seen] == [0, 1, 2, 100_001]
    assert {(seen.connection, seen.version) for seen in bench.h2.seen} == {(1, "HTTP/2")}
    names = [name for name, _ in bench.h2.seen[0].headers]
    assert not {"host", "connection", "transfer-encoding"} & set(names)


def test_what_an_upload_gets_back_while_it_is_sent(bench: Bench) -> None:
    """A server that echoes as it reads, megabytes of it: neither side waits for the other to be done."""
    size, piece = 4 << 20, b"p" * 65536

    async def pipe(reader: asyncio.StreamReader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        left = size
        while left:
            data = await reader.read(65536)
            left -= len(data)
            writer.write(data)
            await writer.drain()

    async def send() -> int:
        execution = bench.execution(OPEN_WIDE)

        async def upload(id: int) -> None:
            for _ in range(size // len(piece)):
                await execution.write(id, piece)
            await execution.write(id, b"", last=True)

        async with serving(pipe) as port:
            id, answer = execution.begin(f"http://api.test:{port}/", "POST", stream=True, length=size)
            _, got = await asyncio.gather(upload(id), execution.finish(id, answer))
            execution.close()
            return len(got.body)

    assert bench.run(send()) == size


OPEN_WIDE = (
    'grants: {fetch: [{name: open, hosts: ["*"], schemes: any, ports: any, methods: any, addresses: [127.0.0.0/8], '
    "request: {max_body: 1GiB}, response: {max_body: 1GiB}}]}"
)


def test_ending_a_request(bench: Bench) -> None:
    """Before it has begun, before its headers, within its body: what waits is answered, the connection closed."""
    never = asyncio.Event()

    async def hangs(seen: Seen, writer: Writer) -> None:
        await never.wait()

    async def half(seen: Seen, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc")
        await never.wait()

    bench.plain.answers("/hangs", hangs)
    bench.plain.answers("/half", half)

    async def abort() -> list[str]:
        execution = bench.execution()
        ends = []
        for path, wait_s in (("/", 0), ("/hangs", 0.02), ("/half", 0.02)):
            id, answer = execution.begin(bench.fill(BASE + path))
            if wait_s:
                await asyncio.sleep(wait_s)
            reading = None
            if path == "/half":
                await answer
                reading = asyncio.ensure_future(execution.read(id))
                await asyncio.sleep(0)
            execution.abort(id)
            ends.append((await reading)[1][0] if reading else (await execution.finish(id, answer)).verdict)
        await asyncio.sleep(0.02)
        never.set()
        execution.close()
        return ends

    open_before = bench.plain.open
    assert bench.run(abort()) == ["ABORT_ERR"] * 3
    assert bench.plain.lines == ["GET /hangs", "GET /half"]
    assert bench.run(asyncio.sleep(0.02, bench.plain.open)) <= open_before


def test_the_end_of_an_execution_ends_its_requests(bench: Bench) -> None:
    """The server sees the connection go."""
    gone = asyncio.Event()

    async def hangs(seen: Seen, writer: Writer) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            gone.set()

    async def leave() -> None:
        execution = bench.execution()
        _, answer = execution.begin(bench.fill(f"{BASE}/hangs"))
        await asyncio.sleep(0.02)
        execution.close()
        assert (await asyncio.wait_for(answer, 5))[0] == wire.FAILURE

    bench.plain.answers("/hangs", hangs)
    bench.run(leave())


def test_at_once_to_one_host_no_more_than_the_rule_allows(bench: Bench) -> None:
    """The others wait; another execution has its own."""
    policy = (
        'grants: {fetch: [{name: two, hosts: ["*"], schemes: any, ports: any, addresses: [127.0.0.0/8], '
        "max_connections: 2}]}"
    )
    now = most = 0

    async def counts(seen: Seen, writer: Writer) -> bytes:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return reply()

    async def many() -> None:
        execution = bench.execution(policy)
        got = await asyncio.gather(*(execution.request(bench.fill(BASE)) for _ in range(10)))
        assert {each.status for each in got} == {200}
        execution.close()

    bench.plain.answers("*", counts)
    bench.run(many())
    assert (most, len(bench.plain.seen)) == (2, 10)


def test_each_decision_is_recorded_with_what_came_of_it(bench: Bench) -> None:
    """Every hop: target, rule, class of the address, bytes and time; no body and no header."""
    bench.plain.answers("/a", redirect("/b"))
    bench.plain.answers("/b", reply(b"x" * 100))

    async def run() -> list:
        execution = bench.execution()
        await execution.request(bench.fill(f"{BASE}/a?secret=1"), "POST", {}, b"body!")
        with_policy = bench.execution("grants: {fetch: [{name: other, hosts: [a.test]}]}")
        await with_policy.request(bench.fill(BASE))
        execution.close()
        return execution.decided + with_policy.decided

    first, second, denied = bench.run(run())
    port = bench.plain.port
    assert first.request.target == f"POST http://api.test:{port}/a"
    assert second.request.target == f"GET http://api.test:{port}/b"
    shown = [{**each.outcome, "ms": 0} for each in (first, second)]
    assert shown == [
        {"address_class": "loopback", "status": 302, "request_bytes": 5, "response_bytes": 0, "ms": 0},
        {"address_class": "loopback", "status": 200, "request_bytes": 0, "response_bytes": 100, "ms": 0},
    ]
    assert first.decision.rule.name == "open"
    assert (type(denied.decision).__name__, denied.outcome) == ("Deny", {})
