"""Attacks with headers: what a server got of them, byte for byte; and what a response's headers may bring."""

import pytest

from tests.capabilities.fetch.conftest import OPEN, Bench
from tests.capabilities.fetch.targets import Seen, Writer

BASE = "http://api.test:{port}/"

#: A name or a value that no server gets: name of the attack → header.
UNSENDABLE = {
    "a line break in a value": ("x-a", "1\r\nx-b: 2"),
    "a line feed in a value": ("x-a", "1\nx-b: 2"),
    "a carriage return in a value": ("x-a", "1\rx-b: 2"),
    "a folded line": ("x-a", "1\r\n folded"),
    "a line break at the end": ("x-a", "1\r\n"),
    "a whole request in a value": ("x-a", "1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: api.test\r\n\r\n"),
    "NUL in a value": ("x-a", "1\x002"),
    "a vertical tab in a value": ("x-a", "1\x0b2"),
    "a form feed in a value": ("x-a", "1\x0c2"),
    "escape in a value": ("x-a", "\x1b[2J"),
    "delete in a value": ("x-a", "1\x7f"),
    "beyond latin-1": ("x-a", "\u0100"),
    "a line break in disguise": ("x-a", "1\u560d\u560ax-b: 2"),
    "a line separator": ("x-a", "1\u2028x-b: 2"),
    "a lone surrogate's replacement": ("x-a", "\ufffd"),
    "a line break in a name": ("x-a\r\nx-b", "1"),
    "a line feed in a name": ("x-a\nx-b", "1"),
    "a colon in a name": ("x-a: 1", "2"),
    "a blank in a name": ("x a", "1"),
    "a blank behind a name": ("content-length ", "1"),
    "a tab behind a name": ("content-length\t", "1"),
    "a blank before a name": (" content-length", "1"),
    "NUL in a name": ("x-a\0", "1"),
    "a slash in a name": ("x/a", "1"),
    "letters beyond ASCII in a name": ("x-ä", "1"),
    "a Kelvin sign in a name": ("\u212aeep-alive", "1"),
    "a long s in a name": ("tran\u017ffer-encoding", "chunked"),
    "no name": ("", "1"),
    "a pseudo header": (":authority", "evil.test"),
    "a pseudo path": (":path", "/private"),
    "a name that is too long": ("x" * 300, "1"),
    "more than 64 KiB": ("x-a", "y" * 66_000),
}

#: Headers of the host's own: name of the attack → header. The request goes, without it.
DROPPED = {
    "another host": ("Host", "evil.test"),
    "another host in small letters": ("host", "evil.test"),
    "another host in capitals": ("HOST", "evil.test"),
    "a length": ("Content-Length", "0"),
    "a length that is longer": ("content-length", "1000"),
    "a length with an underscore": ("Content_Length", "0"),
    "a negative length": ("content-length", "-1"),
    "chunks": ("Transfer-Encoding", "chunked"),
    "chunks in disguise": ("transfer-encoding", "xchunked"),
    "chunks with a tab": ("transfer-encoding", "\tchunked"),
    "chunks with an underscore": ("transfer_encoding", "chunked"),
    "a hop-by-hop list": ("Connection", "close, x-kept"),
    "keep-alive": ("Keep-Alive", "timeout=1000"),
    "trailers": ("TE", "trailers"),
    "a trailer": ("Trailer", "x-a"),
    "an upgrade": ("Upgrade", "websocket"),
    "an upgrade to HTTP/2": ("HTTP2-Settings", "AAMAAABkAAQCAAAAAAIAAAAA"),
    "expect": ("Expect", "100-continue"),
    "via": ("Via", "1.1 other"),
    "a proxy's credentials": ("Proxy-Authorization", "Basic eA=="),
    "a proxy's connection": ("Proxy-Connection", "keep-alive"),
    "a proxy's anything": ("Proxy-X", "1"),
    "another path, as some servers take it": ("X-Original-URL", "/private"),
    "another path with underscores": ("X_Rewrite_URL", "/private"),
    "a proxy's with an underscore": ("Proxy_Connection", "keep-alive"),
}

#: What is sent as it is: name → header, and its value on the wire.
SENT = {
    "its own name": ("X-Mine", "1", "1"),
    "no value": ("x-a", "", ""),
    "blanks around": ("x-a", "  1 \t", "1"),
    "a tab inside": ("x-a", "1\t2", "1\t2"),
    "latin-1": ("x-a", "ä", "ä"),
    "a colon and quotes": ("x-a", 'a:"b"; c', 'a:"b"; c'),
    "what looks like a header": ("x-a", "host: evil.test", "host: evil.test"),
    "escapes": ("x-a", "%0d%0ax-b:%202", "%0d%0ax-b:%202"),
    "a backslash": ("x-a", "1\\r\\nx-b: 2", "1\\r\\nx-b: 2"),
    "a cookie": ("Cookie", "a=b", "a=b"),
    "credentials": ("Authorization", "Bearer x", "Bearer x"),
    "an agent": ("User-Agent", "mine/1", "mine/1"),
    "what is accepted": ("Accept", "text/plain", "text/plain"),
    "encodings": ("Accept-Encoding", "identity", "identity"),
}


@pytest.mark.parametrize("attack", UNSENDABLE)
def test_what_cannot_stand_in_a_header_is_not_sent(bench: Bench, attack: str) -> None:
    """The request fails before there is a connection."""
    got = bench.fetch(BASE, "POST", [UNSENDABLE[attack]], b"body")
    assert got.verdict in ("ERR_INVALID_ARG_VALUE", "ValidationError: There is no such request of fetch", "200")
    for seen in bench.plain.seen:
        # A line feed divides what the guest says: what follows is a header of its own, and checked as one.
        assert got.verdict == "200"
        assert seen.raw.count(b"\r\n\r\n") == 1
        assert all(b"\n" not in line and b"\r" not in line for line in seen.raw[:-4].split(b"\r\n"))
        assert seen.body == b"body"
    assert all(line == "POST /" for line in bench.plain.lines)


@pytest.mark.parametrize("attack", DROPPED)
def test_what_is_the_hosts_own_is_dropped(bench: Bench, attack: str) -> None:
    """The server gets one `Host`, one length and nothing of the connection's, and the whole body."""
    got = bench.fetch(BASE, "POST", [DROPPED[attack], ("x-kept", "1")], b"body")
    (seen,) = bench.plain.seen
    assert (got.verdict, seen.body) == ("200", b"body")
    assert [name for name, _ in seen.headers] == [
        "host", "accept", "user-agent", "accept-encoding", "content-length", "x-kept",
    ]  # fmt: skip
    assert seen.values("host") == [f"api.test:{bench.plain.port}"]
    assert seen.values("content-length") == ["4"]


@pytest.mark.parametrize("kind", SENT)
def test_what_is_sent_as_it_is(bench: Bench, kind: str) -> None:
    """Once, and in place of the host's own where there is one."""
    name, value, on_the_wire = SENT[kind]
    assert bench.fetch(BASE, "GET", [(name, value)]).verdict == "200"
    assert bench.plain.seen[0].values(name.lower()) == [on_the_wire]


def test_all_attacks_in_one_request(bench: Bench) -> None:
    """The framing is the host's, whatever else comes with it."""
    pairs = [*DROPPED.values(), *((f"x-{number}", value) for number, (_, _, value) in enumerate(SENT.values()))]
    assert bench.fetch(BASE, "POST", pairs, b"0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n").verdict == "200"
    assert bench.plain.lines == ["POST /"]
    assert bench.plain.seen[0].raw.count(b"content-length") == 1


DENIES = 'grants: {fetch: [{name: open, hosts: ["*"], schemes: any, ports: any, methods: any, ' + (
    "addresses: [127.0.0.0/8], request: {deny_headers: [cookie, x-api-key]}}]}"
)


@pytest.mark.parametrize("name", ["cookie", "Cookie", "COOKIE", "x-api-key", "X_API_KEY", "x_Api-Key"])
def test_headers_that_a_rule_denies(bench: Bench, name: str) -> None:
    """In any case, and with underscores, which many servers take for hyphens."""
    got = bench.fetch(BASE, "GET", [(name, "1")], policy=DENIES)
    assert (got.verdict, bench.plain.lines) == ("refused", [])


@pytest.mark.parametrize("count", [257, 5_000])
def test_more_headers_than_any_request_has(bench: Bench, count: int) -> None:
    """They are not even looked at."""
    got = bench.fetch(BASE, "GET", [(f"x-{number}", "1") for number in range(count)])
    assert (got.verdict, bench.plain.lines) == ("ValidationError: There is no such request of fetch", [])


#: Responses that are none, or too much: name of the attack → bytes, and how the request fails.
HOSTILE = {
    "no status line": (b"hello\r\n\r\n", "HPE_INVALID_CONSTANT"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.6\r\n", "UND_ERR_SOCKET"),
    "another protocol, with an end": (b"ICY 200 OK\r\n\r\n", "HPE_INVALID_CONSTANT"),
    "a status of words": (b"HTTP/1.1 OK 200\r\n\r\n", "HPE_INVALID_CONSTANT"),
    "an upgrade": (
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        "HPE_INVALID_CONSTANT",
    ),
    "nothing at all": (b"", "UND_ERR_SOCKET"),
    "half a status line": (b"HTTP/1.1 20", "UND_ERR_SOCKET"),
    "half of the headers": (b"HTTP/1.1 200 OK\r\nx-a: 1\r\n", "UND_ERR_SOCKET"),
    "two lengths": (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc", "HPE_INVALID_CONSTANT"),
    "a length that is none": (b"HTTP/1.1 200 OK\r\ncontent-length: 0x3\r\n\r\nabc", "HPE_INVALID_CONSTANT"),
    "a negative length": (b"HTTP/1.1 200 OK\r\ncontent-length: -3\r\n\r\nabc", "HPE_INVALID_CONSTANT"),
    "an unknown transfer encoding": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nabc", "HPE_INVALID_CONSTANT"),
    "NUL in a header": (b"HTTP/1.1 200 OK\r\nx-a: 1\x002\r\n\r\n", "HPE_INVALID_CONSTANT"),
    "a blank before the colon": (b"HTTP/1.1 200 OK\r\nx-a : 1\r\n\r\n", "HPE_INVALID_CONSTANT"),
    "headers without an end": (b"HTTP/1.1 200 OK\r\n" + b"x-a: y\r\n" * 20_000, "UND_ERR_HEADERS_OVERFLOW"),
    "one header without an end": (b"HTTP/1.1 200 OK\r\nx-a: " + b"y" * 200_000, "UND_ERR_HEADERS_OVERFLOW"),
    "headers just too large": (
        b"HTTP/1.1 200 OK\r\n" + b"x-a: " + b"y" * 65_530 + b"\r\n\r\n",
        "UND_ERR_HEADERS_OVERFLOW",
    ),
    "hints without an end": (b"HTTP/1.1 103 Early\r\n\r\n" * 1_000, "UND_ERR_SOCKET"),
    "a body that is cut off": (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", "UND_ERR_SOCKET"),
    "chunks that are cut off": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nabc", "UND_ERR_SOCKET"),
    "a chunk's length that is none": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        "UND_ERR_SOCKET",
    ),
    "a chunk's length without an end": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"1" * 100_000,
        "UND_ERR_SOCKET",
    ),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_responses_that_are_none(bench: Bench, attack: str) -> None:
    """The request fails with a code of Node's, and says nothing of how the host reads HTTP."""
    response, code = HOSTILE[attack]

    async def hostile(seen: Seen, writer: Writer) -> None:
        writer.write(response)

    bench.plain.answers("/", hostile)
    got = bench.fetch(BASE)
    assert got.failure[0] == code
    assert not {"h11", "httpcore", "python", "exception"} & set(got.failure[2].lower().split())


def test_a_second_response_that_nobody_asked_for(bench: Bench) -> None:
    """It would be taken for that of the next request: the connection is given up."""
    poisoned = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\naHTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\npoisoned"
    bench.plain.answers("/first", poisoned)

    async def two() -> list[bytes]:
        execution = bench.execution()
        got = [await execution.request(bench.fill(f"{BASE}{path}")) for path in ("first", "second")]
        execution.close()
        return [each.body for each in got]

    assert bench.run(two()) == [b"a", b"ok"]
    assert len({seen.connection for seen in bench.plain.seen}) == 2


def test_headers_of_http2_that_could_be_two(bench: Bench) -> None:
    """Its frames carry any byte: what a line of text cannot is no header."""
    for header in ((b"x-a", b"1\r\nx-b: 2"), (b"x-a", b"1\nx-b"), (b"x a", b"1"), (b"x-a\n", b"1"), (b"x-a", b"1\0")):
        bench.h2.headers = [header]
        assert bench.fetch("https://two.test:{h2}/").failure[0] in ("HPE_INVALID_HEADER_TOKEN", "UND_ERR_SOCKET")
    bench.h2.headers = [(b"x-a", b"ok")]
    assert bench.fetch("https://two.test:{h2}/").header("x-a") == "ok"


def test_an_http2_stream_that_is_reset(bench: Bench) -> None:
    """It fails, and the next request does not."""
    bench.h2.resets = True
    assert bench.fetch("https://two.test:{h2}/").failure[0] == "UND_ERR_SOCKET"
    bench.h2.resets = False
    assert bench.fetch("https://two.test:{h2}/").verdict == "200"


def test_cookies_are_not_kept(bench: Bench) -> None:
    """The guest sees them, and no request has them of itself."""
    bench.plain.answers("/", b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\nset-cookie: c=d\r\ncontent-length: 0\r\n\r\n")

    async def two() -> list[tuple[str, str]]:
        execution = bench.execution()
        first = await execution.request(bench.fill(BASE))
        await execution.request(bench.fill(BASE))
        execution.close()
        return first.headers

    assert bench.run(two())[:2] == [("set-cookie", "a=b"), ("set-cookie", "c=d")]
    assert bench.plain.seen[1].values("cookie") == []


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_asked(bench: Bench, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is anything else that it names."""
    monkeypatch.setenv(name, f"http://127.0.0.1:{bench.other.port}")
    assert bench.fetch(BASE, policy=OPEN).verdict == "200"
    assert (bench.plain.lines, bench.other.lines) == (["GET /"], [])
