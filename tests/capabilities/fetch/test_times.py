"""How long a server may make a request take: each attack ends with a clear failure, and in time."""

import asyncio
import re
import socket
from datetime import UTC, datetime

import pytest

from tests.capabilities.fetch.bad_servers import CHUNKED, HEAD, dripping, rule, silence
from tests.capabilities.fetch.conftest import Bench
from tests.capabilities.fetch.targets import Authority, Seen, Target, Writer, redirect, serving

BASE = "http://api.test:{port}"
HEADERS = "headers_timeout: 150ms"
LATE, SLOW = "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"
#: By where it was when its time was over.
EITHER = f"{LATE}|{SLOW}"
#: name of the attack → what the server does, the rule's limits, and how the request ends.
TIMES = {
    "no headers": (silence, HEADERS, LATE),
    "headers that drip": (dripping(HEAD, b"x-a: 1\r\n"), HEADERS, LATE),
    "headers that drip in bytes": (dripping(b"HTTP/1.1 200 ", b"O"), HEADERS, LATE),
    "hints that drip": (dripping(b"", b"HTTP/1.1 103 E\r\n\r\n", 0.02), HEADERS, LATE),
    "headers that drip, all in all": (dripping(HEAD, b"x-a: 1\r\n"), "timeout: 100ms", LATE),
    "a body that stops": (dripping(HEAD + b"\r\nx", b"", 1), "idle_timeout: 100ms", SLOW),
    "a body that drips": (dripping(HEAD + b"\r\n", b"x"), "timeout: 150ms, idle_timeout: 100ms", EITHER),
    "chunks that drip": (dripping(CHUNKED, b"1\r\nx\r\n"), "timeout: 150ms", EITHER),
    "a chunk's extension that drips": (dripping(CHUNKED + b"1;", b"x"), "timeout: 150ms", EITHER),
    "trailers that drip": (dripping(CHUNKED + b"0\r\n", b"x-a: 1\r\n"), "timeout: 150ms", EITHER),
    "redirects that take their time": (
        dripping(b"HTTP/1.1 302 Found\r\nlocation: /\r\n", b"x-a: 1\r\n", 0.04), "timeout: 100ms", LATE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", TIMES)
def test_slowness_ends(bench: Bench, attack: str) -> None:
    """With the code that Node has for it, and the connection is closed."""
    handler, limits, code = TIMES[attack]
    assert bench.fetch(f"{BASE}/connects").verdict == "200"
    bench.plain.answers("/", handler)
    assert re.fullmatch(code, bench.fetch(BASE, policy=rule(limits)).failure[0])
    bench.run(asyncio.sleep(0.03))


def test_a_server_that_never_accepts(bench: Bench) -> None:
    """No connection within the time for headers."""
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    port = full.getsockname()[1]
    fillers = [socket.socket() for _ in range(8)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
    got = bench.fetch(f"http://api.test:{port}/", policy=rule("headers_timeout: 150ms"))
    assert got.failure[0] == "UND_ERR_CONNECT_TIMEOUT"
    for each in (full, *fillers):
        each.close()


def test_a_server_that_takes_nothing(bench: Bench) -> None:
    """An upload that is stuck ends after the idle time."""

    async def run() -> str:
        async def stuck(reader: asyncio.StreamReader, writer: Writer) -> None:
            writer.transport.pause_reading()
            await asyncio.sleep(30)

        async with serving(stuck) as port:
            execution = bench.execution(rule("idle_timeout: 200ms, request: {max_body: 1GiB}"))
            id, answer = execution.begin(f"http://api.test:{port}/", "POST", stream=True)
            while await execution.write(id, b"x" * (1 << 20)):
                pass
            got = await execution.finish(id, answer)
            execution.close()
            return got.verdict

    assert bench.run(run()) == "UND_ERR_BODY_TIMEOUT"


def test_the_server_wide_time_is_a_ceiling(bench: Bench) -> None:
    """Whatever the rule says."""
    bench.client.timeout_ms = 100
    try:
        bench.plain.answers("/", silence)
        assert bench.fetch(BASE).failure[0] == LATE
    finally:
        bench.client.timeout_ms = 30_000


def test_a_redirect_keeps_the_time_of_the_whole(bench: Bench) -> None:
    """Each hop alone would be in time."""

    async def slow_turn(seen: Seen, writer: Writer) -> bytes:
        await asyncio.sleep(0.04)
        return redirect("/again")

    bench.plain.answers("*", slow_turn)
    got = bench.fetch(f"{BASE}/", policy=rule("timeout: 150ms, max_redirects: 20"))
    assert got.failure[0] == LATE
    assert 2 <= len(bench.plain.seen) <= 6


def test_what_tls_refuses(bench: Bench) -> None:
    """A certificate of nobody's, one for another name, one that is over, and no TLS at all."""

    async def greet(reader: asyncio.StreamReader, writer: Writer) -> None:
        writer.write(b"220 mail.test\r\n")

    async def run() -> dict[str, str]:
        stranger = Target()
        await stranger.start(Authority().server("secure.test"))
        expired = Target()
        await expired.start(bench.authority.server("secure.test", until=datetime(2020, 1, 1, tzinfo=UTC)))
        bench.names["wrong.test"] = ("127.0.0.1",)
        urls = {
            "stranger": f"https://secure.test:{stranger.port}/",
            "expired": f"https://secure.test:{expired.port}/",
            "another name": bench.fill("https://wrong.test:{tls}/"),
            "another address": bench.fill("https://127.0.0.2:{tls}/"),
        }
        found = {name: (await bench.fetched(url)).failure[0] for name, url in urls.items()}
        async with serving(greet) as port:
            found["no TLS"] = (await bench.fetched(f"https://api.test:{port}/")).failure[0]
        for target in (stranger, expired):
            assert target.seen == []
            await target.stop()
        return found

    assert bench.run(run()) == {
        "stranger": "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        "expired": "CERT_HAS_EXPIRED",
        "another name": "ERR_TLS_CERT_ALTNAME_INVALID",
        "another address": "ECONNREFUSED",
        "no TLS": "EPROTO",
    }


def test_connections_that_fail_as_in_node(bench: Bench) -> None:
    """Refused, reset before and within the response, closed at once."""
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    got = bench.fetch(f"http://api.test:{port}/")
    assert got.failure == ("ECONNREFUSED", "Error", f"connect ECONNREFUSED api.test:{port}")
    closed.close()

    async def reset(seen: Seen, writer: Writer) -> None:
        if seen.target == "/within":
            writer.write(HEAD + b"content-length: 10\r\n\r\nabc")
            await asyncio.sleep(0.02)
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    bench.plain.answers("*", reset)
    for path in ("before", "within"):
        assert bench.fetch(f"{BASE}/{path}", "POST").failure == ("ECONNRESET", "Error", "read ECONNRESET")
