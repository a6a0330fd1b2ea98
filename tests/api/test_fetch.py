"""fetch through a running service: who reaches a server, where secrets go, and what a client's leaving does."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from host.policy.model import token_sha256
from tests.api.server import Server, wait_until

SECRET = "s3cret-token-of-the-host"
TOKEN = "online-token"


class Target(ThreadingHTTPServer):
    """Echoes its request's headers; `/late` hangs until it is told to go on."""

    daemon_threads = True

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.gone = threading.Event()
        super().__init__(("127.0.0.1", 0), Echo)


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Target

    def do_GET(self) -> None:
        self.server.seen.append(self.headers.get("x-key", ""))
        if self.path == "/late":
            self.connection.settimeout(30)
            self.connection.recv(1)
            self.server.gone.set()
            return
        body = str(self.headers).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Target() as target:
        thread = threading.Thread(target=target.serve_forever)
        thread.start()
        yield target
        target.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def online(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers; a token is needed for the policy that may reach the target."""
    folder: Path = tmp_path_factory.mktemp("online")
    rule = (
        "{name: here, hosts: [127.0.0.1], schemes: [http], ports: any, addresses: [127.0.0.0/8], "
        'request: {set_headers: {x-key: "${secret:here_key}"}, secrets_over_http: true}}'
    )
    policies = {
        "sandbox.yaml": "version: 1\npolicy: sandbox\n",
        "online.yaml": f"version: 1\npolicy: online\nlimits: {{wall_time: 30s}}\ngrants: {{fetch: [{rule}]}}\n",
        "access.yaml": (
            "anonymous: sandbox\nprincipals:\n"
            f"  - {{name: caller, token_sha256: {token_sha256(TOKEN)}, policies: [online, sandbox]}}\n"
        ),
    }
    with Server(folder, workers=2, policies=policies, CELLBLOCK_SECRET_HERE_KEY=SECRET) as server:
        yield server


def code(target: Target, path: str = "/") -> str:
    return f"return (await fetch('http://127.0.0.1:{target.server_port}{path}')).text()"


def test_only_a_policy_that_grants_it_reaches_a_server(online: Server, target: Target) -> None:
    """The caller's token decides; without one it is the default policy, which has no fetch."""
    target.seen.clear()
    denied = [online.run(code(target)), online.run(code(target), TOKEN, policy="sandbox")]
    assert [(each.status, each.error) for each in denied] == [(400, "CapabilityError")] * 2
    assert target.seen == []
    assert online.run(code(target), TOKEN).status == 200
    assert target.seen == [SECRET]


def test_a_secret_reaches_the_server_and_nobody_else(online: Server, target: Target) -> None:
    """Neither the code, which gets an echo of it, nor the answer, nor the log of the service."""
    target.seen.clear()
    answers = [online.run(code(target), TOKEN) for _ in range(4)]
    assert target.seen == [SECRET] * 4
    for answer in answers:
        assert answer.status == 200
        assert "x-key: " + "*" * len(SECRET) in answer.json["result"].lower()
        assert SECRET.encode() not in answer.body
    assert SECRET not in online.log.read_text()


def test_a_client_that_leaves_ends_the_request(online: Server, target: Target) -> None:
    """The server sees the connection go long before it would have answered."""
    target.seen.clear()
    target.gone.clear()
    with online.running(code(target, "/late"), TOKEN):
        wait_until(lambda: target.seen)
        began = time.monotonic()
    assert target.gone.wait(20)
    assert time.monotonic() - began < 20
    online.wait_until_idle()
