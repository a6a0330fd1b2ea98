"""How much a server may make a request cost: bytes, inflation, memory, turns of the event loop."""

import asyncio
import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard

from tests.capabilities.fetch.bad_servers import CHUNKED, HEAD, dripping, flood, rule, silence
from tests.capabilities.fetch.conftest import Bench
from tests.capabilities.fetch.targets import Seen, Writer, reply

BASE = "http://api.test:{port}"


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
    """Twenty thousand chunks of a byte, there all at once: others have their turns meanwhile."""
    bench.plain.answers("/", CHUNKED + b"1\r\nx\r\n" * 20_000 + b"0\r\n\r\n")

    async def run() -> int:
        execution = bench.execution(rule("timeout: 500ms"))
        id, answer = execution.begin(bench.fill(BASE))
        await answer
        done = asyncio.ensure_future(execution.finish(id, answer))
        turns = 0
        while not done.done():
            await asyncio.sleep(0)
            turns += 1
        execution.close()
        return turns

    assert bench.run(run()) > 100


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
