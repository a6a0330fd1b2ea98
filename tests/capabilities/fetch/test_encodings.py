"""Content encodings: what is undone, and what fails."""

import asyncio
import gzip
import zlib

import brotli
import pytest
import zstandard

from tests.capabilities.fetch.bad_servers import HEAD
from tests.capabilities.fetch.conftest import Bench
from tests.capabilities.fetch.targets import Seen, Writer, reply

BASE = "http://api.test:{port}"


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
        for at in range(min(len(packed), 200)):
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
