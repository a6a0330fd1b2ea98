"""Requirement 20: framing, `Host` and what is hop by hop are the host's; no control character is in any part."""

import json

from tests.abuse.egress import Egress
from tests.capabilities.fetch.test_guard_headers import DROPPED, UNSENDABLE


def test_no_header_of_a_guest_frames_a_request(egress: Egress) -> None:
    """All of them, one request each, and all in one: the server reads as many requests as were decided on."""
    rows = list(DROPPED.values())
    code = (
        f"const rows = {json.dumps(rows)}; const found = [];"
        "for (const headers of [...rows.map((row) => [row]), rows])"
        "  found.push(await tell(() => fetch(u + '/open/x', { method: 'POST', headers, body: 'body' })));"
        "return found"
    )
    found = egress.result(code, egress.here())
    sent = [seen for seen in egress.target.seen if seen.line == "POST /open/x"]
    assert len(sent) == len(egress.target.seen) == found.count(200)
    assert set(map(str, found)) <= {"200", "TypeError"}
    for seen in sent:
        assert seen.body == b"body"
        assert seen.values("host") == [f"127.0.0.1:{egress.port}"]
        assert seen.values("content-length") == ["4"]
        assert not seen.values("transfer-encoding") + seen.values("connection") + seen.values("te")


def test_no_control_character_is_in_any_part(egress: Egress) -> None:
    """In names, values, methods, URLs, and axios's options."""
    rows = list(UNSENDABLE.values())
    code = (
        "const { rows } = input; const found = []; const axios = require('axios');"
        "for (const row of rows) {"
        "  found.push(await tell(() => fetch(u + '/open/x', { headers: [row] })));"
        "  await axios.get(u + '/open/x', { headers: { [row[0]]: row[1] } }).catch(() => {}) }"
        "for (const method of ['GET\\r\\nx: y', 'GE T', 'G\\0ET', 'GET / HTTP/1.1\\r\\nHost: x'])"
        "  found.push(await tell(() => fetch(u + '/open/x', { method })));"
        "for (const path of ['/open/x HTTP/1.1\\r\\nx: y', '/open/\\0', '/open/x\\r\\n\\r\\nGET /private'])"
        "  found.push(await tell(() => fetch(u + path)));"
        "return found"
    )
    egress.result(code, egress.here(), given={"rows": rows})
    for seen in egress.target.seen:
        assert seen.target.startswith("/open/")
        assert seen.method == "GET"
        lines = seen.raw[:-4].split(b"\r\n")
        assert not any(byte < 32 and byte != 9 for line in lines for byte in line)
        assert len({line.partition(b":")[0].lower() for line in lines[1:]}) == len(lines) - 1
        assert seen.values("x-b") == []


def test_a_request_in_a_body_is_a_body(egress: Egress) -> None:
    """Of known length, chunked, and in chunks that look like an end."""
    smuggled = "0\\r\\n\\r\\nGET /private HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
    code = (
        f"const text = '{smuggled}'; const stream = () => new ReadableStream({{ start(to) {{"
        " for (const piece of text.split('')) to.enqueue(Buffer.from(piece)); to.close() } });"
        "return [await tell(() => fetch(u + '/open/x', { method: 'POST', body: text })),"
        " await tell(() => fetch(u + '/open/x', { method: 'POST', body: stream(), duplex: 'half' })),"
        " await tell(() => fetch(u + '/open/x', { method: 'POST', body: text, headers: { 'content-length': '0' } }))]"
    )
    found = egress.result(code, egress.here())
    assert found[:2] == [200, 200]
    assert set(egress.target.lines) == {"POST /open/x"}
    assert all(seen.body.endswith(b"Host: x\r\n\r\n") for seen in egress.target.seen)
