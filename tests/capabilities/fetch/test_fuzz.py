"""What no table thinks of: bytes of every kind from guests and servers. Each ends in one of the ways that there are."""

import asyncio
import gzip
import re
import zlib
from random import Random

import brotli
import h2.config
import h2.connection
import h2.events
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from host.capabilities.base import Refusal
from host.capabilities.fetch import wire
from host.capabilities.fetch.failure import Failure
from host.capabilities.fetch.headers import clean
from host.capabilities.fetch.scrub import BodyScrubber, Scrubber
from host.policy.url import UrlError, parse_url
from tests.capabilities.fetch.conftest import Bench
from tests.capabilities.fetch.targets import Seen, Writer, serving

#: A status, or the code of a failure.
VERDICT = re.compile(r"[1-9][0-9]{2}|[A-Z][A-Z0-9_]+|redirect .*|The redirect .*|bad port")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 60), st.floats())
def test_payloads_of_every_kind(noise: bytes, head: int, length: float) -> None:
    """A guest that broke its own code gets a refusal, or asks for what the guard then decides on."""
    framed = wire._REQUEST.pack(1, len(noise) % 256, 20, head, length) + noise
    for parse, payload in ((wire.parse_request, noise), (wire.parse_request, framed), (wire.parse_read, noise)):
        try:
            asked = parse(payload)
            if parse is wire.parse_request:
                clean(asked.headers)
                parse_url(asked.url)
        except (Refusal, Failure, UrlError):
            continue


SECRET = 'a1/b2+c3"d4&e5 f6'


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(st.binary(max_size=12), st.sampled_from(Scrubber([SECRET]).patterns)), max_size=12), st.data()
)
def test_a_body_is_scrubbed_alike_however_it_is_cut(parts: list[bytes], data: st.DataObject) -> None:
    """Nothing of it is lost or moved, and no spelling is left."""
    scrubber = Scrubber([SECRET])
    whole = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    body = BodyScrubber(scrubber)
    got = b"".join([*map(body.feed, pieces), body.finish()])
    assert len(got) == len(whole)
    assert all(mine in (theirs, ord("*")) for mine, theirs in zip(got, whole, strict=True))
    assert SECRET.encode() not in got


TEXT = b"hello, " * 50
RESPONSES = [
    b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n%b" % (len(TEXT), TEXT),
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nx: y\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nlocation: http://api.test/x?y\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 103 Early\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\nset-cookie: a=b\r\n\r\n",
    *(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: %b\r\n\r\n%b" % (name, packed)
        for name, packed in (
            (b"gzip", gzip.compress(TEXT)), (b"deflate", zlib.compress(TEXT)), (b"br", brotli.compress(TEXT)),
            (b"zstd", zstandard.compress(TEXT)),
        )
    ),
]  # fmt: skip


def mutated(random: Random, data: bytes) -> bytes:
    """With some bytes changed, taken out, doubled or cut off."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(changed))
        match random.randrange(5):
            case 0:
                changed[at] = random.randrange(256)
            case 1:
                del changed[at : at + random.randint(1, 8)]
            case 2:
                changed[at:at] = changed[at : at + random.randint(1, 8)]
            case 3:
                changed[at:at] = random.choice((b"\r\n", b"\n", b"\0", b" ", b":", b"\xff", b"\r\n\r\n"))
            case 4:
                del changed[random.randrange(1, len(changed) + 1) :]
        if not changed:
            break
    return bytes(changed)


def test_responses_of_every_kind(bench: Bench) -> None:
    """Five hundred that are nearly right."""
    random = Random(11)
    answers = [mutated(random, random.choice(RESPONSES)) for _ in range(500)]

    async def answer(seen: Seen, writer: Writer) -> None:
        writer.write(answers[int(seen.target[1:])] if seen.target[1:].isdigit() else b"")

    async def ask() -> list[str]:
        execution = bench.execution()
        base = bench.fill("http://api.test:{port}/")
        got = await asyncio.gather(*(execution.request(f"{base}{number}") for number in range(len(answers))))
        execution.close()
        return [each.verdict for each in got]

    bench.plain.answers("*", answer)
    verdicts = bench.run(ask())
    assert [each for each in verdicts if not VERDICT.fullmatch(each)] == []
    assert len(set(verdicts)) > 5


@pytest.mark.parametrize("seed", [1, 2])
def test_frames_of_every_kind(bench: Bench, seed: int) -> None:
    """HTTP/2 that is nearly right, and noise."""
    random = Random(seed)

    async def answer(reader: asyncio.StreamReader, writer: Writer) -> None:
        conn = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding=None))
        conn.initiate_connection()
        writer.write(conn.data_to_send())
        while data := await reader.read(65536):
            for event in conn.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    conn.send_headers(event.stream_id, [(b":status", b"200"), (b"x-a", b"b")])
                    conn.send_data(event.stream_id, TEXT, end_stream=True)
            out = conn.data_to_send()
            writer.write(mutated(random, out) if random.random() < 0.9 else random.randbytes(100))
            if random.random() < 0.3:
                return

    async def ask() -> list[str]:
        tls = bench.authority.server("two.test", alpn=("h2",))
        async with serving(answer, tls) as port:
            execution = bench.execution('grants: {fetch: [{name: open, hosts: ["*"], ports: any, addresses: '
                                        "[127.0.0.0/8], max_connections: 60, timeout: 1s}]}")  # fmt: skip
            got = await asyncio.gather(*(execution.request(f"https://two.test:{port}/") for _ in range(60)))
            execution.close()
            return [each.verdict for each in got]

    verdicts = bench.run(ask())
    assert [each for each in verdicts if not VERDICT.fullmatch(each)] == []
