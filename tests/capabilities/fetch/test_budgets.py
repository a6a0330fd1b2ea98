"""What a server may make a request cost: time, bytes, inflation. Each attack ends with a clear failure, and in time."""

import asyncio
import gzip
import socket
import time
import tracemalloc
import zlib
from datetime import UTC, datetime

import brotli
import pytest
import zstandard

from tests.capabilities.fetch.conftest import Bench
from tests.capabilities.fetch.targets import Authority, Seen, Target, Writer, redirect, reply, serving

BASE = "http://api.test:{port}"
HEAD = b"HTTP/1.1 200 OK\r\n"


def rule(limits: str) -> str:
    return (
        "grants: {fetch: [{name: tight, hosts: [api.test], schemes: [http], ports: any, methods: any, "
        f"addresses: [127.0.0.0/8], {limits}}}]}}"
    )


async def silence(seen: Seen, writer: Writer) -> None:
    await asyncio.sleep(30)


def dripping(start: bytes, drop: bytes, every_s: float = 0.01):
    """Sends `start`, and then a drop again and again."""

    async def handler(seen: Seen, writer: Writer) -> None:
        writer.write(start)
        while not writer.is_closing():
            writer.write(drop)
            await asyncio.sleep(every_s)

    return handler


async def flood(seen: Seen, writer: Writer) -> None:
    """A body without an end, as fast as it is taken."""
    writer.write(HEAD + b"\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 65536)
        await writer.drain()


CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
#: name of the attack → what the server does, the rule's limits, and how the request ends.
TIMES = {
    "no headers": (silence, "headers_timeout: 100ms", "UND_ERR_HEADERS_TIMEOUT"),
    "headers that drip": (dripping(HEAD, b"x-a: 1\r\n"), "headers_timeout: 100ms", "UND_ERR_HEADERS_TIMEOUT"),
    "headers that drip in bytes": (dripping(b"HTTP/1.1 200 ", b"O"), "headers_timeout: 100ms", "UND_ERR_HEADERS_TIMEOUT"),
    "hints that drip": (dripping(b"", b"HTTP/1.1 103 E\r\n\r\n", 0.02), "headers_timeout: 100ms", "UND_ERR_HEADERS_TIMEOUT"),
    "headers that drip, all in all": (dripping(HEAD, b"x-a: 1\r\n"), "timeout: 100ms", "UND_ERR_BODY_TIMEOUT"),
    "a body that stops": (dripping(HEAD + b"\r\nx", b"", 1), "idle_timeout: 100ms", "UND_ERR_BODY_TIMEOUT"),
    "a body that drips": (dripping(HEAD + b"\r\n", b"x"), "timeout: 150ms, idle_timeout: 100ms", "UND_ERR_BODY_TIMEOUT"),
    "chunks that drip": (dripping(CHUNKED, b"1\r\nx\r\n"), "timeout: 150ms", "UND_ERR_BODY_TIMEOUT"),
    "a chunk's extension that drips": (dripping(CHUNKED + b"1;", b"x"), "timeout: 150ms", "UND_ERR_BODY_TIMEOUT"),
    "trailers that drip": (dripping(CHUNKED + b"0\r\n", b"x-a: 1\r\n"), "timeout: 150ms", "UND_ERR_BODY_TIMEOUT"),
    "redirects that take their time": (
        dripping(b"HTTP/1.1 302 Found\r\nlocation: /\r\n", b"x-a: 1\r\n", 0.04), "timeout: 100ms", "UND_ERR_BODY_TIMEOUT",
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", TIMES)
def test_slowness_ends(bench: Bench, attack: str) -> None:
    """With the code that Node has for it, and the connection is closed."""
    handler, limits, code = TIMES[attack]
    bench.plain.answers("/", handler)
    assert bench.fetch(BASE, policy=rule(limits)).failure[0] == code
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
        assert bench.fetch(BASE).failure[0] == "UND_ERR_BODY_TIMEOUT"
    finally:
        bench.client.timeout_ms = 30_000


TOO_LARGE = "UND_ERR_RES_EXCEEDED_MAX_SIZE"
SIZES = {
    "a body without an end": flood,
    "chunks without an end": dripping(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n", 0),
    "a length that is too much": reply(b"x" * 300_000),
    "a length that only claims to be": HEAD + b"content-length: 99999999999999999999\r\n\r\nx",
    "gzip": reply(gzip.compress(bytes(300_000)), content_encoding="gzip"),
    "deflate": reply(zlib.compress(bytes(300_000)), content_encoding="deflate"),
    "br": reply(brotli.compress(bytes(300_000)), content_encoding="br"),
    "zstd": reply(zstandard.compress(bytes(300_000)), content_encoding="zstd"),
    "gzip that gives nothing, without an end": dripping(
        HEAD + b"content-encoding: gzip\r\n\r\n" + b"\x1f\x8b\x08\0\0\0\0\0\0\xff", b"\0\0\0\xff\xff" * 13_000, 0
    ),
}


@pytest.mark.parametrize("attack", SIZES)
def test_a_body_larger_than_its_rule_allows_ends(bench: Bench, attack: str) -> None:
    """Before the guest has more of it than that."""
    bench.plain.answers("/", SIZES[attack])
    got = bench.fetch(BASE, policy=rule("response: {max_body: 200000, max_ratio: 1000}"))
    assert got.failure[0] == TOO_LARGE
    assert len(got.body) <= 200_000
    bench.run(asyncio.sleep(0.01))


def test_a_body_of_just_the_size_comes(bench: Bench) -> None:
    """To the byte, compressed or not."""
    body = bytes(200_000)
    bench.plain.answers("/plain", reply(body))
    bench.plain.answers("/gzip", reply(gzip.compress(body), content_encoding="gzip"))
    for path in ("plain", "gzip"):
        got = bench.fetch(f"{BASE}/{path}", policy=rule("response: {max_body: 200000, max_ratio: 1000}"))
        assert (len(got.body), got.failure) == (200_000, None)


BOMB_BYTES = 100 << 20
BOMBS = {
    "gzip": lambda zeros: gzip.compress(zeros, 9),
    "deflate": lambda zeros: zlib.compress(zeros, 9),
    "br": lambda zeros: brotli.compress(zeros, quality=5, lgwin=24),
    "zstd": lambda zeros: zstandard.ZstdCompressor(level=3).compress(zeros),
    "gzip in members": lambda zeros: gzip.compress(zeros[: 1 << 20], 9) * 100,
    "zstd in frames": lambda zeros: zstandard.compress(zeros[: 1 << 20]) * 100,
}


@pytest.fixture(scope="module")
def zeros() -> bytes:
    return bytes(BOMB_BYTES)


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_never_there_all_at_once(bench: Bench, kind: str, zeros: bytes) -> None:
    """By its ratio, with little memory of the host's, however much the rule lets a body have."""
    encoding = kind.partition(" ")[0]
    bench.plain.answers("/", reply(BOMBS[kind](zeros), content_encoding=encoding))

    async def read() -> tuple[str, ...]:
        """Throws away what it reads."""
        execution = bench.execution(rule("response: {max_body: 1GiB}"))
        id, answer = execution.begin(bench.fill(BASE))
        piece: object = await answer
        while isinstance(piece, bytes):
            _, piece = await execution.read(id)
        execution.close()
        return piece

    tracemalloc.start()
    failure = bench.run(read())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert failure[0] == TOO_LARGE
    assert "times its size" in failure[2]
    assert peak < 12 << 20


@pytest.mark.parametrize(
    "encoding", ["gzip", "x-gzip", "GZIP", "deflate", "br", "zstd", "identity", " gzip ", "identity, gzip"]
)
def test_encodings_that_are_undone(bench: Bench, encoding: str) -> None:
    """In one piece, and in bytes."""
    body = b"hello, " * 5_000
    kind = encoding.lower().split(",")[-1].strip().removeprefix("x-")
    packed = {
        "gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress,
        "identity": bytes,
    }[kind](body)  # fmt: skip

    async def in_bytes(seen: Seen, writer: Writer) -> None:
        writer.write(HEAD + f"content-encoding: {encoding}\r\n\r\n".encode())
        for at in range(0, min(len(packed), 200)):
            writer.write(packed[at : at + 1])
            await asyncio.sleep(0)
        writer.write(packed[200:])

    bench.plain.answers("/whole", reply(packed, content_encoding=encoding))
    bench.plain.answers("/bytes", in_bytes)
    for path in ("whole", "bytes"):
        got = bench.fetch(f"{BASE}/{path}")
        assert (got.body, got.header("content-encoding")) == (body, encoding.strip())


def test_raw_deflate_and_members_and_what_stands_behind(bench: Bench) -> None:
    """What other clients take, too."""
    raw = zlib.compressobj(wbits=-15)
    cases = {
        "raw": ("deflate", raw.compress(b"hello") + raw.flush()),
        "members": ("gzip", gzip.compress(b"hel") + gzip.compress(b"lo")),
        "padding": ("gzip", gzip.compress(b"hello") + bytes(10)),
    }
    for path, (encoding, body) in cases.items():
        bench.plain.answers(f"/{path}", reply(body, content_encoding=encoding))
        assert bench.fetch(f"{BASE}/{path}").body == b"hello"


def test_a_body_can_be_had_as_it_is_on_the_wire(bench: Bench) -> None:
    """Where no secret could be in it."""
    packed = gzip.compress(b"hello")
    bench.plain.answers("/", reply(packed, content_encoding="gzip"))
    assert bench.fetch(BASE, raw=True).body == packed


#: Bodies that their encoding is not: name of the attack → headers and body.
BROKEN = {
    "not gzip": ("gzip", b"hello"),
    "not br": ("br", b"\xff" * 100),
    "not zstd": ("zstd", b"hello"),
    "not deflate": ("deflate", b"\xff\xff\xff\xff"),
    "gzip cut off": ("gzip", gzip.compress(b"hello" * 100)[:-9]),
    "br cut off": ("br", brotli.compress(b"hello" * 100)[:-3]),
    "zstd cut off": ("zstd", zstandard.compress(b"hello" * 100)[:-3]),
    "gzip with another checksum": ("gzip", gzip.compress(b"hello")[:-8] + bytes(8)),
    "zstd with a window of 2 GiB": ("zstd", b"\x28\xb5\x2f\xfd\x00\xa8" + b"\x01\0\0"),
}


@pytest.mark.parametrize("attack", BROKEN)
def test_bodies_that_their_encoding_is_not(bench: Bench, attack: str) -> None:
    """They fail as zlib's do in Node."""
    encoding, body = BROKEN[attack]
    bench.plain.answers("/", reply(body, content_encoding=encoding))
    assert bench.fetch(BASE).failure[0] == "Z_DATA_ERROR"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip, br", "br,gzip,zstd", ", ".join(["gzip"] * 50)])
def test_more_than_one_encoding(bench: Bench, encoding: str) -> None:
    """Each would multiply what a byte becomes."""
    bench.plain.answers("/", reply(gzip.compress(gzip.compress(b"x")), content_encoding=encoding))
    assert bench.fetch(BASE).failure[0] == "ERR_CONTENT_ENCODING"


@pytest.mark.parametrize("encoding", ["compress", "os.system", "utf-8", "zlib_codec", "../../etc/passwd", "__class__"])
def test_an_encoding_that_is_not_known_stays(bench: Bench, encoding: str) -> None:
    """No codec is looked up by a name that a server chose."""
    bench.plain.answers("/", reply(b"as it is", content_encoding=encoding))
    assert bench.fetch(BASE).body == b"as it is"


def test_all_bytes_of_an_execution_are_counted(bench: Bench) -> None:
    """Either way, over all its requests."""
    bench.client.bytes_max = 100_000
    bench.plain.answers("/", reply(b"x" * 40_000))

    async def run() -> list[str]:
        execution = bench.execution()
        verdicts = [(await execution.request(bench.fill(BASE))).verdict for _ in range(2)]
        verdicts.append((await execution.request(bench.fill(BASE), "POST", {}, b"x" * 30_000)).verdict)
        execution.close()
        return verdicts

    try:
        assert bench.run(run()) == ["200", "200", TOO_LARGE]
    finally:
        bench.client.bytes_max = 1 << 30


def test_an_execution_has_only_so_much_open(bench: Bench) -> None:
    """Requests, and bodies that wait to be sent."""

    async def run() -> list[int]:
        execution = bench.execution()
        refused = []
        for count, body in ((600, b""), (40, b"x" * (1 << 20))):
            begun = [execution.begin(bench.fill(f"{BASE}/hangs"), "POST", {}, body) for _ in range(count)]
            await asyncio.sleep(0.05)
            for id, _ in begun:
                execution.abort(id)
            ends = await asyncio.gather(*(execution.finish(*each) for each in begun))
            refused.append(sum("open at once" in (end.refused or "") for end in ends))
        execution.close()
        return refused

    bench.plain.answers("/hangs", silence)
    many, large = bench.run(run())
    assert many == 600 - 512
    assert large >= 40 - 16


def test_a_body_in_single_bytes_does_not_take_the_event_loop(bench: Bench) -> None:
    """A hundred thousand chunks of a byte: others go on meanwhile."""
    bench.plain.answers("/", CHUNKED + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n")

    async def run() -> float:
        execution = bench.execution(rule("timeout: 500ms"))
        id, answer = execution.begin(bench.fill(BASE))
        longest, before = 0.0, time.monotonic()
        done = asyncio.ensure_future(execution.finish(id, answer))
        while not done.done():
            await asyncio.sleep(0)
            now = time.monotonic()
            longest, before = max(longest, now - before), now
        execution.close()
        return longest

    assert bench.run(run()) < 1.0


def test_a_guest_that_does_not_read_costs_a_few_pieces(bench: Bench) -> None:
    """The rest of the body stays where it is."""
    sent = 0

    async def counted(seen: Seen, writer: Writer) -> None:
        nonlocal sent
        writer.write(HEAD + b"\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async def run() -> int:
        execution = bench.execution()
        _, answer = execution.begin(bench.fill(BASE))
        await answer
        tracemalloc.start()
        await asyncio.sleep(0.2)
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        execution.close()
        return held

    bench.plain.answers("/", counted)
    assert bench.run(run()) < 4 << 20
    assert sent < 16 << 20


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


def test_a_redirect_keeps_the_time_of_the_whole(bench: Bench) -> None:
    """Each hop alone would be in time."""

    async def slow_turn(seen: Seen, writer: Writer) -> bytes:
        await asyncio.sleep(0.04)
        return redirect("/again")

    bench.plain.answers("*", slow_turn)
    got = bench.fetch(f"{BASE}/", policy=rule("timeout: 150ms, max_redirects: 20"))
    assert got.failure[0] == "UND_ERR_BODY_TIMEOUT"
    assert 2 <= len(bench.plain.seen) <= 6
