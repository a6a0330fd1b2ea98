"""Requirement 19: one decision for every way out; each hop anew; credentials stay; no proxies, no cookies."""

import pytest

from tests.abuse.egress import Egress
from tests.capabilities.fetch.targets import redirect, reply

#: What guest code can send a request with: each takes a URL and gives a promise of a status.
WAYS = {
    "fetch": "async (url) => (await fetch(url)).status",
    "fetch of a request": "async (url) => (await fetch(new Request(url))).status",
    "fetch of a cloned request": "async (url) => (await fetch(new Request(new Request(url)).clone())).status",
    "axios": "async (url) => (await require('axios').get(url)).status",
    "axios by its adapter's name": "async (url) => (await require('axios').get(url, { adapter: 'http' })).status",
    "axios with a base URL": "async (url) => (await require('axios').create({ baseURL: url }).get('')).status",
}
TELL = (
    "const verdict = async (url) => { try { return await way(url) }"
    " catch ({ cause, name, message }) { return cause ? cause.name + ': ' + cause.message : name + ': ' + message } };"
)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_out_is_decided_on(egress: Egress, way: str) -> None:
    """What is denied to one is denied to all, directly and by a redirect, and none of it reaches the server."""
    egress.target.answers("/open/turn", redirect("/private"))
    egress.target.answers("/open/away", redirect("http://169.254.169.254/latest/meta-data/"))
    code = (
        f"const way = {WAYS[way]}; {TELL}"
        "const found = []; for (const path of ['/private', '/open/turn', '/open/away', '/open/x'])"
        " found.push(await verdict(u + path)); return found"
    )
    *denied, allowed = egress.result(code, egress.here())
    assert all("does not allow fetch GET" in str(each) for each in denied)
    assert allowed == 200
    assert egress.target.lines == ["GET /open/turn", "GET /open/away", "GET /open/x"]


def test_no_module_opens_a_connection_of_its_own(egress: Egress) -> None:
    """There is none that could."""
    names = "['http', 'https', 'http2', 'net', 'tls', 'dgram', 'dns', 'undici', 'child_process', 'ws', 'node:http']"
    code = f"return {names}.map((name) => {{ try {{ return typeof require(name) }} catch (e) {{ return e.name }} }})"
    assert set(egress.result(code, egress.here())) <= {"SecurityError", "Error", "CapabilityError"}
    found = egress.result(
        "return ['XMLHttpRequest', 'WebSocket', 'EventSource', 'importScripts'].map((name) => typeof globalThis[name])",
        egress.here(),
    )
    assert found == ["undefined"] * 4


def test_credentials_do_not_follow_to_another_origin(egress: Egress) -> None:
    """`localhost` and 127.0.0.1 are two, whatever they resolve to."""
    there = f"http://localhost:{egress.port}/open/there"
    egress.target.answers("/open/turn", redirect(there))
    policy = (
        egress.here().replace("[127.0.0.1]", "[127.0.0.1, localhost]").replace("127.0.0.0/8", '127.0.0.0/8, "::1/128"')
    )
    code = (
        "const headers = { authorization: 'Bearer s', cookie: 'a=b', 'x-api-key': 's', 'x-other': '1' };"
        " return tell(() => fetch(u + '/open/turn', { headers }))"
    )
    assert egress.result(code, policy) == 200
    first, second = egress.target.seen
    assert first.values("authorization") == ["Bearer s"]
    assert [second.values(name) for name in ("authorization", "cookie", "x-api-key", "x-other")] == [[], [], [], ["1"]]


def test_there_is_no_cookie_jar(egress: Egress) -> None:
    """Whatever `credentials` says."""
    egress.target.answers("/open/set", reply(b"", set_cookie="session=1; Path=/"))
    code = (
        "for (const credentials of ['omit', 'same-origin', 'include']) {"
        " await fetch(u + '/open/set', { credentials }); await fetch(u + '/open/get', { credentials }) } return 1"
    )
    assert egress.result(code, egress.here()) == 1
    assert len(egress.target.seen) == 6
    assert all(seen.values("cookie") == [] for seen in egress.target.seen)


def test_the_environments_proxy_is_not_used(egress: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by name nor for all."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert egress.verdicts([f"http://127.0.0.1:{egress.port}/open/x"], egress.here()) == {
        f"http://127.0.0.1:{egress.port}/open/x": 200
    }
