"""Attacks on the URL: a rule about one host, port, scheme, method and path, and what servers saw beside it."""

import pytest

from host.capabilities.fetch.guard import BAD_PORTS
from tests.capabilities.fetch.conftest import Bench

#: api.test on the first target's port: reading below /public, and writing to /public/box.
RULES = (
    "grants: {{fetch: [{{name: read, hosts: [api.test], schemes: [http], ports: [{port}], paths: [/public/**], "
    "addresses: [127.0.0.0/8]}}, {{name: write, hosts: [api.test], schemes: [http], ports: [{port}], methods: [POST], "
    "paths: [/public/box], addresses: [127.0.0.0/8]}}]}}\n"
    "deny: {{fetch: [{{name: no-admin, paths: [/public/admin/**]}}]}}"
)

#: name of the attack → URL. The server sees nothing of them.
REFUSED = {
    "another host": "http://evil.test:{port}/public/a",
    "a host below": "http://x.api.test:{port}/public/a",
    "a host that ends alike": "http://evilapi.test:{port}/public/a",
    "a host that begins alike": "http://api.test.evil.test:{port}/public/a",
    "the host's own address": "http://127.0.0.1:{port}/public/a",
    "another port": "http://api.test:{other}/public/a",
    "the scheme's own port": "http://api.test/public/a",
    "another scheme": "https://api.test:{port}/public/a",
    "a user named like the host": "http://api.test@evil.test:{port}/public/a",
    "a user named like host and port": "http://api.test:{port}@evil.test:{port}/public/a",
    "a user with an escaped at": "http://api.test%40evil.test:{port}/public/a",
    "a user and a password": "http://user:password@api.test:{port}/public/a",
    "an empty user": "http://:x@api.test:{port}/public/a",
    "two ats": "http://a@api.test@evil.test:{port}/public/a",
    "a backslash before the at": "http://api.test\\@evil.test:{port}/public/a",
    "a hash before the at": "http://evil.test:{port}#@api.test/public/a",
    "a question mark before the at": "http://evil.test:{port}?@api.test/public/a",
    "a backslash as a slash, another host": "http:\\\\evil.test:{port}\\public\\a",
    "three slashes, another host": "http:///evil.test:{port}/public/a",
    "no slashes, another host": "http:evil.test:{port}/public/a",
    "a long s in the host": "http://api.teſt.evil.test:{port}/public/a",
    "a Cyrillic a": "http://\u0430pi.test:{port}/public/a",
    "a dotless i": "http://ap\u0131.test:{port}/public/a",
    "punycode of a lookalike": "http://xn--pi-6kc.test:{port}/public/a",
    "climbing out": "http://api.test:{port}/public/../private",
    "climbing out, escaped": "http://api.test:{port}/public/%2e%2e/private",
    "climbing out, half escaped": "http://api.test:{port}/public/.%2E/private",
    "climbing out by a backslash": "http://api.test:{port}/public/..\\private",
    "climbing out by backslashes": "http://api.test:{port}\\public\\..\\private",
    "climbing out at the end": "http://api.test:{port}/public/a/../..",
    "climbing far": "http://api.test:{port}/public/a/../../../../private",
    "an escaped slash behind dots": "http://api.test:{port}/public/..%2fprivate",
    "an escaped backslash behind dots": "http://api.test:{port}/public/..%5cprivate",
    "an escaped slash": "http://api.test:{port}/public%2f..%2fprivate",
    "escaped twice": "http://api.test:{port}/public/%252e%252e/private",
    "an escaped slash, twice": "http://api.test:{port}/public/..%252fprivate",
    "dots with a parameter": "http://api.test:{port}/public/..;/private",
    "dots with a long parameter": "http://api.test:{port}/public/..;a=b/private",
    "one dot with a parameter": "http://api.test:{port}/public/.;/admin/x",
    "an escaped NUL": "http://api.test:{port}/public/%00/private",
    "an escaped line break": "http://api.test:{port}/public/%0d%0aX:%20y",
    "an escape that is none": "http://api.test:{port}/public/%zz",
    "half an escape": "http://api.test:{port}/public/%2",
    "escapes that are no UTF-8": "http://api.test:{port}/public/%ff%fe",
    "an overlong slash": "http://api.test:{port}/public/..%c0%afprivate",
    "two slashes": "http://api.test:{port}/public//a",
    "two slashes in front": "http://api.test:{port}//public/a",
    "another path": "http://api.test:{port}/private",
    "a path that begins alike": "http://api.test:{port}/publicly/a",
    "a path in capitals": "http://api.test:{port}/PUBLIC/a",
    "the root": "http://api.test:{port}/",
    "no path": "http://api.test:{port}",
    "a query in place of a path": "http://api.test:{port}?/public/a",
    "a denied path": "http://api.test:{port}/public/admin/users",
    "a denied path, escaped": "http://api.test:{port}/public/%61dmin/users",
    "a denied path by a detour": "http://api.test:{port}/public/a/../admin/users",
    "a denied path and an escaped slash": "http://api.test:{port}/public/admin%2fusers",
    "a denied path and two slashes": "http://api.test:{port}/public//admin/users",
    "a denied path without its end": "http://api.test:{port}/public/admin/",
    "file": "file:///etc/passwd",
    "ftp": "ftp://api.test:{port}/public/a",
    "gopher": "gopher://api.test:{port}/_GET%20/",
    "data": "data:text/plain,hello",
    "javascript": "javascript:alert(1)",
    "a relative URL": "/public/a",
    "a URL without a scheme": "//api.test:{port}/public/a",
    "nothing": "",
    "a tab in the host": "http://api\t.test:{port}/public/a",
    "a tab in the scheme": "ht\ttp://api.test:{port}/public/a",
    "NUL in the path": "http://api.test:{port}/public/\0",
    "a carriage return and a header": "http://api.test:{port}/public/a HTTP/1.1\rx: y",
    "a port of six digits": "http://api.test:165535/public/a",
    "a port that is none": "http://api.test:8o/public/a",
    "a negative port": "http://api.test:-1/public/a",
    "longer than any URL": "http://api.test:{port}/public/" + "a" * 9_000,
}

#: name → URL, and the one request line that the server sees: what is decided on is what is sent.
SENT = {
    "as it is": ("http://api.test:{port}/public/a", "/public/a"),
    "capitals in the host": ("http://API.Test:{port}/public/a", "/public/a"),
    "a trailing dot": ("http://api.test.:{port}/public/a", "/public/a"),
    "full-width letters": ("http://ａｐｉ.test:{port}/public/a", "/public/a"),
    "a soft hyphen": ("http://a\u00adpi.test:{port}/public/a", "/public/a"),
    "an ideographic stop": ("http://api。test:{port}/public/a", "/public/a"),
    "backslashes": ("http:\\\\api.test:{port}\\public\\a", "/public/a"),
    "no slashes": ("http:api.test:{port}/public/a", "/public/a"),
    "blanks around": ("  http://api.test:{port}/public/a  ", "/public/a"),
    "a leading zero in the port": ("http://api.test:0{port}/public/a", "/public/a"),
    "dots that stay inside": ("http://api.test:{port}/public/x/../a", "/public/a"),
    "escaped dots that stay inside": ("http://api.test:{port}/public/x/%2e%2E/./a", "/public/a"),
    "into it from outside": ("http://api.test:{port}/private/../public/a", "/public/a"),
    "an escaped letter": ("http://api.test:{port}/public/%61", "/public/%61"),
    "a blank": ("http://api.test:{port}/public/a b", "/public/a%20b"),
    "letters beyond ASCII": ("http://api.test:{port}/public/ü", "/public/%C3%BC"),
    "a query": ("http://api.test:{port}/public/a?x=/../private", "/public/a?x=/../private"),
    "a blank and quotes in the query": ("http://api.test:{port}/public/a?x= \"y\"<z>", "/public/a?x=%20%22y%22%3Cz%3E"),
    "a fragment": ("http://api.test:{port}/public/a#/../private", "/public/a"),
    "a parameter": ("http://api.test:{port}/public/a;b=c", "/public/a;b=c"),
}  # fmt: skip


def rules(bench: Bench) -> str:
    return RULES.format(port=bench.plain.port)


@pytest.mark.parametrize("attack", REFUSED)
def test_what_no_rule_allows_reaches_no_server(bench: Bench, attack: str) -> None:
    """It is refused, or is no URL."""
    got = bench.fetch(REFUSED[attack], policy=rules(bench))
    assert got.verdict in ("refused", "ERR_INVALID_URL")
    assert bench.plain.lines + bench.other.lines + bench.tls.lines == []


@pytest.mark.parametrize("spelling", SENT)
def test_what_is_sent_is_what_was_decided_on(bench: Bench, spelling: str) -> None:
    """One spelling goes over the wire, and `Host` is the name that a rule names."""
    url, target = SENT[spelling]
    got = bench.fetch(url, policy=rules(bench))
    assert (got.verdict, bench.plain.lines) == ("200", [f"GET {target}"])
    assert bench.plain.seen[0].values("host") == [f"api.test:{bench.plain.port}"]


METHODS = {
    "a method that no rule has": ("DELETE", {}),
    "a method of another path": ("POST", {}),
    "small letters": ("post", {}),
    "CONNECT": ("CONNECT", {}),
    "TRACE": ("TRACE", {}),
    "TRACK": ("TRACK", {}),
    "trace in small letters": ("trace", {}),
    "a line break": ("GET / HTTP/1.1\r\nHost: evil.test\r\n\r\nGET", {}),
    "a blank": ("GET /private", {}),
    "nothing": ("", {}),
    "letters beyond ASCII": ("GÉT", {}),
    "longer than any": ("G" * 100, {}),
    "an override": ("GET", {"X-HTTP-Method-Override": "DELETE"}),
    "an override in small letters": ("GET", {"x-http-method": "delete"}),
    "an override with an underscore": ("GET", {"X_HTTP_Method_Override": "PUT"}),
    "a third spelling of it": ("GET", {"X-Method-Override": "PATCH"}),
}


@pytest.mark.parametrize("attack", METHODS)
def test_methods_that_no_rule_allows(bench: Bench, attack: str) -> None:
    """However they are asked for."""
    method, headers = METHODS[attack]
    got = bench.fetch("http://api.test:{port}/public/a", method, headers, policy=rules(bench))
    assert got.verdict in ("refused", "ERR_INVALID_ARG_VALUE", "ValidationError: There is no such request of fetch")
    assert bench.plain.lines == []


def test_an_override_that_a_rule_allows(bench: Bench) -> None:
    """Both methods are asked about."""
    got = bench.fetch("http://api.test:{port}/public/box", "POST", {"X-HTTP-Method": "GET"}, policy=rules(bench))
    assert (got.verdict, bench.plain.lines) == ("200", ["POST /public/box"])


@pytest.mark.parametrize("port", sorted(BAD_PORTS)[::6])
def test_ports_of_other_services(bench: Bench, port: int) -> None:
    """Fetch standard, 2.9: not even where a rule leaves the port open."""
    assert bench.fetch(f"http://api.test:{port}/").failure == ("", "Error", "bad port")
    assert bench.asked == []


def test_a_body_that_is_larger_than_its_rule_allows(bench: Bench) -> None:
    """Sent at once, announced, or in pieces: the server does not get it whole."""
    policy = rules(bench).replace("paths: [/public/box]", "paths: [/public/box], request: {max_body: 10}")
    url = bench.fill("http://api.test:{port}/public/box")

    async def three() -> list[str]:
        execution = bench.execution(policy)
        verdicts = [(await execution.request(url, "POST", {}, b"x" * 11)).verdict]
        id, answer = execution.begin(url, "POST", stream=True, length=11)
        verdicts.append((await execution.finish(id, answer)).verdict)
        id, answer = execution.begin(url, "POST", stream=True)
        await execution.write(id, b"x" * 10)
        assert not await execution.write(id, b"x")
        verdicts.append((await execution.finish(id, answer)).verdict)
        execution.close()
        return verdicts

    assert bench.run(three()) == ["refused"] * 3
    assert bench.plain.lines == []


@pytest.mark.parametrize(
    ("length", "pieces"), [(5, [b"x" * 6]), (5, [b"xxx", b"xxx"]), (5, [b"xxx", b""]), (0, [b"x"])]
)
def test_a_body_that_is_not_as_long_as_was_said(bench: Bench, length: int, pieces: list[bytes]) -> None:
    """What is beyond its length would be the next request of the connection; the server sees no whole one."""

    async def lie() -> tuple:
        execution = bench.execution()
        id, answer = execution.begin(bench.fill("http://api.test:{port}/"), "POST", stream=True, length=length)
        for piece in pieces:
            await execution.write(id, piece, last=piece == pieces[-1])
        got = await execution.finish(id, answer)
        execution.close()
        return got.failure

    assert bench.run(lie())[0] == "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"
    assert bench.plain.lines == []


def test_the_calls_that_a_rule_and_a_policy_allow(bench: Bench) -> None:
    """Redirects are calls too."""
    policy = (
        "grants: {fetch: [{name: few, hosts: [api.test], schemes: [http], ports: any, addresses: [127.0.0.0/8], "
        "max_calls: 3}]}"
    )

    async def run(policy: str, host_calls: int) -> list[str]:
        execution = bench.execution(policy, host_calls=host_calls)
        urls = [bench.fill(f"http://api.test:{{port}}/{path}") for path in ("turn", "a", "b")]
        verdicts = [(await execution.request(url)).verdict for url in urls]
        execution.close()
        return verdicts

    from tests.capabilities.fetch.targets import redirect

    bench.plain.answers("/turn", redirect("/there"))
    assert bench.run(run(policy, 100)) == ["200", "200", "refused"]
    assert bench.run(run(policy.replace("max_calls: 3", "max_calls: 9"), 2)) == ["200", "refused", "refused"]
    assert bench.plain.lines == ["GET /turn", "GET /there", "GET /a", "GET /turn", "GET /there"]
