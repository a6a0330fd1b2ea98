"""Requirement 21: a total deadline, decoded bytes counted while decoding, one encoding at most, codecs from a table."""

import gzip
import zlib

import brotli
import zstandard

from tests.abuse.egress import Egress
from tests.capabilities.fetch.bad_servers import CHUNKED, HEAD, dripping, flood
from tests.capabilities.fetch.targets import Seen, Writer, reply
from tests.capabilities.fetch.test_guard_headers import HOSTILE

LIMITS = ", timeout: 250ms, headers_timeout: 200ms, idle_timeout: 200ms, response: {max_body: 1MiB}"


def test_drips_end(egress: Egress) -> None:
    """Whatever drips, and however the body is read: all of it at once takes no longer than the rule allows."""
    drips = {
        "headers": dripping(HEAD, b"x: y\r\n"),
        "hints": dripping(b"", b"HTTP/1.1 103 E\r\n\r\n"),
        "body": dripping(HEAD + b"\r\n", b"x"),
        "chunks": dripping(CHUNKED, b"1\r\nx\r\n"),
        "trailers": dripping(CHUNKED + b"0\r\n", b"x: y\r\n"),
    }
    for name, handler in drips.items():
        egress.target.answers(f"/open/{name}", handler)
    code = (
        f"const ways = {list(drips)}; const began = Date.now();"
        "const read = (way) => tell(() => fetch(u + '/open/' + way));"
        "return [await Promise.all(ways.map(read)), Date.now() - began]"
    )
    found, took_ms = egress.result(code, egress.here(LIMITS))
    assert set(found) <= {"UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"}
    assert took_ms < 5_000


def test_bombs_end(egress: Egress) -> None:
    """And the guest goes on."""
    zeros = bytes(20 << 20)
    bombs = {
        "gzip": gzip.compress(zeros),
        "deflate": zlib.compress(zeros),
        "br": brotli.compress(zeros, quality=1),
        "zstd": zstandard.compress(zeros),
    }
    for name, body in bombs.items():
        egress.target.answers(f"/open/{name}", reply(body, content_encoding=name))
    egress.target.answers("/open/twice", reply(gzip.compress(bombs["gzip"]), content_encoding="gzip, gzip"))
    egress.target.answers("/open/flood", flood)
    code = (
        f"const found = []; for (const name of {[*bombs, 'twice', 'flood']})"
        " found.push(await tell(() => fetch(u + '/open/' + name))); return found"
    )
    found = egress.result(code, egress.here(", response: {max_body: 2MiB}"))
    assert found == ["UND_ERR_RES_EXCEEDED_MAX_SIZE"] * 4 + ["ERR_CONTENT_ENCODING", "UND_ERR_RES_EXCEEDED_MAX_SIZE"]


def test_responses_that_are_none(egress: Egress) -> None:
    """Each is an error that code can catch, with a code of Node's and nothing of the host's."""

    def answering(response: bytes):
        async def handler(seen: Seen, writer: Writer) -> None:
            writer.write(response)

        return handler

    for number, (response, _) in enumerate(HOSTILE.values()):
        egress.target.answers(f"/open/{number}", answering(response))
    code = (
        f"const found = []; for (let i = 0; i < {len(HOSTILE)}; i++)"
        " try { const r = await fetch(u + '/open/' + i); await r.text(); found.push(r.status) }"
        " catch (e) { const { cause = e } = e; found.push([cause.code, cause.message, e.stack].join()) }"
        " return found"
    )
    found = egress.result(code, egress.here())
    assert [each.split(",")[0] for each in found] == [code for _, code in HOSTILE.values()]
    assert not any(word in each for each in found for word in ("h11", "httpcore", ".py", "Traceback", "Exception"))
