"""Redirects: each hop is a request of its own under the same policy, and what may not go along does not."""

import asyncio

import pytest

from tests.capabilities.fetch.conftest import OPEN, Bench
from tests.capabilities.fetch.targets import Seen, Writer, redirect, reply

BASE = "http://api.test:{port}"
#: Only api.test, on the first target, below /public.
NARROW = (
    "grants: {{fetch: [{{name: read, hosts: [api.test], schemes: [http], ports: [{port}], paths: [/public/**], "
    "addresses: [127.0.0.0/8]}}]}}"
)

#: Where a redirect must not lead: name of the attack → Location.
LEADS_OUT = {
    "another host": "http://evil.test:{port}/public/x",
    "another host, without a scheme": "//evil.test:{port}/public/x",
    "another host, by backslashes": "\\\\evil.test:{port}\\public\\x",
    "another host, by three slashes": "///evil.test:{port}/public/x",
    "another host, behind a blank": " http://evil.test:{port}/public/x",
    "another port": "http://api.test:{other}/public/x",
    "another scheme": "https://api.test:{port}/public/x",
    "another path": "/private",
    "a path that climbs": "../private",
    "a path that climbs, escaped": "/public/%2e%2e/private",
    "an escaped slash": "/public/..%2fprivate",
    "loopback": "http://127.0.0.1:{port}/public/x",
    "loopback, decimal": "http://2130706433:{port}/public/x",
    "loopback, IPv6": "http://[::1]:{port}/public/x",
    "loopback, mapped": "http://[::ffff:7f00:1]:{port}/public/x",
    "localhost": "http://localhost:{port}/public/x",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "a private network": "http://10.0.0.1/public/x",
    "a user and a password": "http://user:pass@api.test:{port}/public/x",
    "a user named like the host": "http://api.test@evil.test:{port}/public/x",
    "file": "file:///etc/passwd",
    "data": "data:text/plain,x",
    "javascript": "javascript:alert(1)",
    "ftp": "ftp://api.test/x",
    "gopher": "gopher://evil.test:70/_x",
    "no URL": "http://",
    "a port that is none": "http://api.test:99999/public/x",
    "a mail port": "http://api.test:25/public/x",
    "a host with a zone": "http://[fe80::1%25lo]:{port}/public/x",
}


@pytest.mark.parametrize("attack", LEADS_OUT)
@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_leads_nowhere_that_a_request_may_not_go(bench: Bench, attack: str, status: int) -> None:
    """The server that redirects is the last one that sees anything."""
    policy = NARROW.format(port=bench.plain.port)
    bench.plain.answers("/public/turn", redirect(bench.fill(LEADS_OUT[attack]), status))
    got = bench.fetch(f"{BASE}/public/turn", policy=policy)
    assert got.failure is not None or got.verdict == "refused"
    assert (bench.plain.lines, bench.other.lines, bench.tls.lines) == (["GET /public/turn"], [], [])


#: What a redirect within a rule comes to: Location → the target of the next request.
FOLLOWED = {
    "/public/x": "/public/x",
    "x": "/public/x",
    "?y": "/public/turn?y",
    "": "/public/turn",
    "#there": "/public/turn",
    "//api.test:{port}/public/x": "/public/x",
    "http://API.TEST:{port}/public/x#f": "/public/x",
    "/public/ü": "/public/%C3%BC",
    "/public/a b": "/public/a%20b",
    "../public/./x": "/public/x",
}


@pytest.mark.parametrize("location", FOLLOWED)
def test_a_redirect_within_a_rule_is_followed(bench: Bench, location: str) -> None:
    """Resolved against the URL that was asked for; the URL of the response has no fragment."""
    turned = False

    async def once(seen: Seen, writer: Writer) -> bytes:
        nonlocal turned
        if turned:
            return reply()
        turned = True
        return b"HTTP/1.1 302 Found\r\nlocation: " + bench.fill(location).encode() + b"\r\ncontent-length: 0\r\n\r\n"

    bench.plain.answers("*", once)
    got = bench.fetch(f"{BASE}/public/turn", policy=NARROW.format(port=bench.plain.port))
    target = FOLLOWED[location]
    assert (got.verdict, bench.plain.lines) == ("200", ["GET /public/turn", f"GET {target}"])
    assert (got.url, got.flags & 1) == (bench.fill(BASE + target), 1)


#: Fetch standard, 4.4: method and status → the method of the next request, and whether the body goes along.
METHODS = {
    ("GET", 301): ("GET", False), ("GET", 303): ("GET", False), ("GET", 308): ("GET", False),
    ("HEAD", 301): ("HEAD", False), ("HEAD", 303): ("HEAD", False),
    ("POST", 301): ("GET", False), ("POST", 302): ("GET", False), ("POST", 303): ("GET", False),
    ("POST", 307): ("POST", True), ("POST", 308): ("POST", True),
    ("PUT", 301): ("PUT", True), ("PUT", 302): ("PUT", True), ("PUT", 303): ("GET", False),
    ("DELETE", 302): ("DELETE", True), ("PATCH", 303): ("GET", False), ("PATCH", 307): ("PATCH", True),
}  # fmt: skip


@pytest.mark.parametrize(("method", "status"), METHODS)
def test_methods_and_bodies_across_a_redirect(bench: Bench, method: str, status: int) -> None:
    """A body that does not go along takes its headers with it."""
    after, carried = METHODS[method, status]
    bench.plain.answers("/turn", redirect("/there", status))
    body = None if method in ("GET", "HEAD") else b"body"
    bench.plain.answers("/there", reply() if after != "HEAD" else b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n")
    bench.fetch(f"{BASE}/turn", method, {"content-type": "text/x", "content-language": "en", "x-a": "1"}, body)
    there = bench.plain.seen[1]
    assert (there.method, there.body) == (after, b"body" if carried else b"")
    kept = ["text/x"] if carried or body is None else []
    assert (there.values("content-type"), there.values("x-a")) == (kept, ["1"])


CREDENTIALS = {
    "Authorization": "Bearer s", "Cookie": "a=b", "Proxy-Authorization": "Basic x", "X-API-Key": "s",
    "X-Auth-Token": "s", "authorization": "Basic s", "X_API_KEY": "s", "Private-Token": "s",
}  # fmt: skip
ELSEWHERE = {
    "another host": "http://evil.test:{port}/there",
    "another port": "http://api.test:{other}/there",
    "another scheme": "https://secure.test:{tls}/there",
    "the host's address": "http://127.0.0.1:{port}/there",
}


@pytest.mark.parametrize("where", ELSEWHERE)
def test_credentials_do_not_follow_to_another_origin(bench: Bench, where: str) -> None:
    """However they are called; other headers do. To the same origin they all go."""
    bench.plain.answers("/turn", redirect(bench.fill(ELSEWHERE[where])))
    bench.plain.answers("/stay", redirect("/there"))
    pairs = [*CREDENTIALS.items(), ("x-other", "1")]
    bench.fetch(f"{BASE}/turn", "GET", pairs)
    (there,) = (
        seen for target in (bench.plain, bench.other, bench.tls) for seen in target.seen if "there" in seen.target
    )
    assert [name for name, _ in there.headers if name.lower() in {each.lower() for each in CREDENTIALS}] == []
    assert there.values("x-other") == ["1"]
    bench.reset()
    bench.plain.answers("/stay", redirect("/there"))
    bench.fetch(f"{BASE}/stay", "GET", pairs)
    assert bench.plain.seen[1].values("authorization") == ["Bearer s", "Basic s"]
    assert bench.plain.seen[1].values("cookie") == ["a=b"]


def test_credentials_do_not_come_back_by_a_detour(bench: Bench) -> None:
    """What was taken off at another origin stays off at the first."""
    bench.plain.answers("/turn", redirect(bench.fill("http://evil.test:{other}/back")))
    bench.other.answers("/back", redirect(bench.fill(f"{BASE}/there")))
    bench.fetch(f"{BASE}/turn", "GET", {"authorization": "Bearer s"})
    assert bench.plain.lines == ["GET /turn", "GET /there"]
    assert bench.plain.seen[1].values("authorization") == []


def test_redirect_modes(bench: Bench) -> None:
    """`error` fails; `manual` gives the redirect as it is; a redirect without a Location is a response."""
    bench.plain.answers("/turn", redirect("/there"))
    bench.plain.answers("/nowhere", reply(b"x", "302 Found"))
    assert bench.fetch(f"{BASE}/turn", redirect="error").failure == ("", "Error", "unexpected redirect")
    got = bench.fetch(f"{BASE}/turn", redirect="manual")
    assert (got.status, got.header("location"), got.flags & 1) == (302, "/there", 0)
    assert bench.fetch(f"{BASE}/nowhere").status == 302
    assert "GET /there" not in bench.plain.lines


@pytest.mark.parametrize(
    ("policy", "asked", "hops"),
    [(OPEN, 20, 20), (OPEN, 2, 2), (OPEN.replace("max_redirects: 20", "max_redirects: 1"), 20, 1), (OPEN, 0, 0)],
    ids=["the standard's", "the guest's", "the rule's", "none"],
)
def test_redirects_without_an_end(bench: Bench, policy: str, asked: int, hops: int) -> None:
    """The least of the limits holds."""
    bench.plain.answers("*", redirect("/again"))
    got = bench.fetch(f"{BASE}/turn", policy=policy, redirects=asked)
    assert got.failure[2].startswith("redirect count exceeded")
    assert len(bench.plain.seen) == hops + 1


def test_each_hop_is_resolved_and_judged_anew(bench: Bench) -> None:
    """A name that leads outside at first leads inside at the second hop."""
    bench.names["turns.test"] = [("127.0.0.1",), ("10.0.0.1",)]
    bench.plain.answers("/turn", redirect("/there"))
    got = bench.fetch("http://turns.test:{port}/turn")
    assert (got.verdict, bench.plain.lines) == ("refused", ["GET /turn"])


def test_a_body_that_was_a_stream_is_not_sent_again(bench: Bench) -> None:
    """Unless the guest can write it again; then it is asked to."""
    bench.plain.answers("/turn", redirect("/there", 307))
    url = bench.fill(f"{BASE}/turn")

    async def run(again: bool) -> object:
        execution = bench.execution()
        id, answer = execution.begin(url, "POST", stream=True, length=3, again=again)
        await execution.write(id, b"abc", last=True)
        if not again:
            got = await execution.finish(id, answer)
            execution.close()
            return got.failure
        assert await answer == b"\x02"
        head = asyncio.ensure_future(execution.call(68, id.to_bytes(4, "little")))
        await execution.write(id, b"abc", last=True)
        got = await execution.finish(id, head)
        execution.close()
        return got.status

    assert bench.run(run(False)) == ("", "Error", "A redirect wants the body again, and it was a stream")
    assert bench.run(run(True)) == 200
    assert [(seen.line, seen.body) for seen in bench.plain.seen[1:]] == [
        ("POST /turn", b"abc"),
        ("POST /there", b"abc"),
    ]


def test_a_redirect_that_wants_the_body_again_and_again(bench: Bench) -> None:
    """Each time the guest is asked first; where it ends meanwhile, the guest hears why."""
    bench.plain.answers("/turn", redirect("/more", 307))
    bench.plain.answers("/more", redirect("/there", 308))

    async def run(policy: str, pause_s: float) -> tuple[int, str]:
        execution = bench.execution(policy)
        id, answer = execution.begin(bench.fill(f"{BASE}/turn"), "POST", stream=True, length=3, again=True)
        asked = 0
        while True:
            await execution.write(id, b"abc", last=True)
            if await asyncio.shield(answer) != b"\x02":
                break
            asked += 1
            await asyncio.sleep(pause_s)
            answer = asyncio.ensure_future(execution.call(68, id.to_bytes(4, "little")))
        got = await execution.finish(id, answer)
        execution.close()
        return asked, got.verdict

    assert bench.run(run(OPEN, 0.01)) == (2, "200")
    assert [(seen.line, seen.body) for seen in bench.plain.seen] == [
        ("POST /turn", b"abc"), ("POST /more", b"abc"), ("POST /there", b"abc"),
    ]  # fmt: skip
    short = OPEN.replace("max_redirects: 20", "timeout: 400ms")
    assert bench.run(run(short, 0.5)) == (1, "UND_ERR_BODY_TIMEOUT")


def test_an_upload_that_a_redirect_turns_into_a_get(bench: Bench) -> None:
    """Nothing more of its body is wanted."""
    bench.plain.answers("/turn", redirect("/there", 303))

    async def early(seen: Seen, writer: Writer) -> bytes:
        return redirect("/there", 303)

    async def run() -> tuple[bool, str]:
        execution = bench.execution()
        id, answer = execution.begin(bench.fill(f"{BASE}/turn"), "POST", stream=True, length=3)
        await execution.write(id, b"abc", last=True)
        got = await execution.finish(id, answer)
        more = await execution.write(id, b"more")
        execution.close()
        return more, got.verdict

    bench.plain.answers("/turn", early)
    assert bench.run(run()) == (False, "200")
    assert bench.plain.lines == ["POST /turn", "GET /there"]


def test_a_redirect_with_a_body_of_any_size(bench: Bench) -> None:
    """A short one is read, and its connection kept; a long or endless one costs the connection, and nothing else."""
    bench.plain.answers("/short", reply(b"x" * 1_000, "302 Found", location="/there"))
    bench.plain.answers("/long", reply(b"x" * 1_000_000, "302 Found", location="/there"))

    async def endless(seen: Seen, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nlocation: /there\r\n\r\n")
        for _ in range(200):
            writer.write(b"x" * 1_000)
            await asyncio.sleep(0.01)

    bench.plain.answers("/endless", endless)
    for path in ("short", "long", "endless"):
        assert bench.fetch(f"{BASE}/{path}").verdict == "200"
    numbers = [seen.connection for seen in bench.plain.seen]
    assert numbers[0] == numbers[1]
    assert numbers[2] != numbers[3]
