"""The service as it runs: worker processes behind a socket. What arrives there is whatever a stranger sends."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
START_SECONDS_MAX = 120
BODY = b'{"code": "return input.a + 1", "input": {"a": 41}}'
HEAD = b"POST /flow/codeblock HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GOOD = HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


POLICY = "version: 1\npolicy: sandbox\nlimits: {wall_time: 10min, fuel: 10000G}\n"


class Server:
    """A `cellblock serve`, with one worker unless more are asked for."""

    def __init__(self, folder: Path, workers: int = 1, stderr: int | None = None, **environment: str) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        command = [sys.executable, "-m", "host.cli", "serve", "--port", str(self.port)]
        command += ["--workers", str(workers)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stderr=stderr or log,
                env={**os.environ, "ENVIRONMENT": "production", "DATA_DIR": str(folder / "data"), **environment},
            )

    def wait_until_ready(self) -> None:
        for _ in range(START_SECONDS_MAX * 20):
            try:
                if httpx.get(f"{self.url}/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            try:
                self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            break
        raise AssertionError(f"it does not serve: {self.log.read_text()}")

    def worker(self) -> str:
        """The process id of the one worker."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=True)
        return children.stdout.strip()

    def send(self, data: bytes) -> bytes:
        """Sends raw bytes on a connection of its own and ends it; all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            received = b""
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    received += part
            except TimeoutError:
                raise
            except OSError:
                pass  # it hung up on us before we were through
            return received

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of this file."""
    server = Server(tmp_path_factory.mktemp("server"))
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.process.terminate()
        server.process.wait(60)


def test_code_runs_behind_a_socket(server: Server) -> None:
    """The whole way: a request to a worker process, and its answer."""
    answer = httpx.post(f"{server.url}/flow/codeblock", content=BODY, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["result"]) == (200, 42)


def test_large_input_crosses_the_socket_whole(server: Server) -> None:
    """An input of many packets, near its limit, comes back as it went."""
    text = "é" * 500_000
    answer = httpx.post(f"{server.url}/flow/codeblock", json={"code": "return input", "input": text}, timeout=60)
    assert answer.json()["result"] == text


def _chunked(body: bytes) -> bytes:
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body


HOSTILE = {
    "random bytes": bytes(range(256)) * 4,
    "HTTP/2 without being asked": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64,
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32,
    "unknown version": b"GET / HTTP/9.9\r\n\r\n",
    "two lengths": GOOD.replace(b"Content-Length", b"Content-Length: 3\r\nContent-Length"),
    "length below zero": HEAD + b"Content-Length: -1\r\n\r\n",
    "length beyond 64 bits": HEAD + b"Content-Length: 99999999999999999999\r\n\r\n",
    "length larger than the body": GOOD.replace(b"Content-Length: %d" % len(BODY), b"Content-Length: 5000"),
    "length and chunks": _chunked(b"0\r\n\r\n").replace(b"Transfer", b"Content-Length: 5\r\nTransfer"),
    "chunk size that is none": _chunked(b"hello\r\n"),
    "chunk size beyond 64 bits": _chunked(b"fffffffffffffffff\r\nx"),
    "chunk cut short": _chunked(b"ff\r\n{"),
    "unknown transfer encoding": _chunked(b"").replace(b"chunked", b"gzip, chunked"),
    "header without end": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 1_000_000,
    "a million headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
    "path without end": b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    "line break in a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
    "websocket": b"GET /flow/codeblock HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "upgrade to HTTP/2": b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    "CONNECT": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "absolute URL": b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "star": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "hung up after a byte": b"P",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_broken_framing_costs_no_worker(server: Server, name: str) -> None:
    """Never a 5xx, nothing of the host's inside, and the same worker answers the next request right."""
    worker = server.worker()
    received = server.send(HOSTILE[name])
    status = received.split(b" ", 2)[1] if received.startswith(b"HTTP/1") else b""
    assert not status.startswith(b"5"), received
    for word in (b"Traceback", b"host/", b".py"):
        assert word not in received
    assert httpx.post(f"{server.url}/flow/codeblock", json={"code": "return 1"}).json()["result"] == 1
    assert server.worker() == worker


def test_smuggled_second_request_is_not_run(server: Server) -> None:
    """Length and chunks at once: what a proxy would take for the body is not run as a request of its own."""
    inner = HEAD + b'Content-Length: 22\r\n\r\n{"code":"return 4242"}'
    received = server.send(_chunked(b"0\r\n\r\n" + inner).replace(b"Transfer", b"Content-Length: 5\r\nTransfer"))
    assert b"4242" not in received


def test_connection_is_kept_after_an_error(server: Server) -> None:
    """A client's mistake costs it no connection: the next request on the same one is served."""
    with httpx.Client() as client:
        for content in (b"{", BODY) * 5:
            answer = client.post(
                f"{server.url}/flow/codeblock", content=content, headers={"content-type": "application/json"}
            )
            assert answer.status_code == (200 if content == BODY else 400)


def test_port_that_is_taken_stops_the_start(server: Server, tmp_path: Path) -> None:
    """A second server on the same port is refused, and does not quietly share it."""
    command = [sys.executable, "-m", "host.cli", "serve", "--port", str(server.port)]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 4
    assert f"PORT {server.port} cannot be listened on" in second.stderr


def test_client_that_hangs_up_frees_its_slot(tmp_path: Path) -> None:
    """With one slot, taken by an endless loop: once its client is gone, who waits for the slot gets it."""
    (tmp_path / "sandbox.yaml").write_text(POLICY)
    server = Server(tmp_path, POLICY_DIR=str(tmp_path), MAX_CONCURRENT_EXECUTIONS="1", QUEUE_TIMEOUT_MS="10000")
    try:
        server.wait_until_ready()
        loop = b'{"code": "while (true) {} return 1"}'
        first = socket.create_connection(("127.0.0.1", server.port))
        first.sendall(HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(loop), loop))
        second = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        second.sendall(GOOD)
        first.close()
        assert second.recv(65536).startswith(b"HTTP/1.1 200 ")
        second.close()
    finally:
        server.process.terminate()
        server.process.wait(60)


def test_console_is_off_in_production_with_a_hint_for_the_operator(server: Server) -> None:
    """The policy allows console and the server does not: the hint names the setting, and not the policy."""
    error = httpx.post(f"{server.url}/flow/codeblock", json={"code": "console.log(1); return 1"}).json()["error"]
    assert (error["type"], "ALLOW_CONSOLE" in error["hint"]) == ("ConsoleDisabledError", True)


def test_start_and_stop_are_clean(tmp_path: Path) -> None:
    """One line in the log for the start, as JSON; SIGTERM ends all of it with code 0 and no complaint."""
    server = Server(tmp_path)
    server.wait_until_ready()
    worker = server.worker()
    assert server.stop() == 0
    assert not Path(f"/proc/{worker}").exists()
    lines = server.log.read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["serving"]


def test_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    """The service outlives a worker that is killed."""
    server = Server(tmp_path)
    try:
        server.wait_until_ready()
        os.kill(int(server.worker()), signal.SIGKILL)
        server.wait_until_ready()
    finally:
        server.process.terminate()
        server.process.wait(60)


def test_key_of_an_execution_whose_worker_died_is_taken_over(tmp_path: Path) -> None:
    """The retry is not told that the first still runs: it runs, and once."""
    server = Server(tmp_path)
    try:
        server.wait_until_ready()
        body = b'{"code": "await new Promise(done => setTimeout(done, 1500)); return crypto.randomUUID()"}'
        keyed = {"Content-Type": "application/json", "Idempotency-Key": "k"}

        def send() -> httpx.Response:
            return httpx.post(f"{server.url}/flow/codeblock", content=body, headers=keyed, timeout=60)

        with socket.create_connection(("127.0.0.1", server.port)) as first:
            first.sendall(HEAD + b"Idempotency-Key: k\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            assert send().status_code == 409
            os.kill(int(server.worker()), signal.SIGKILL)
        server.wait_until_ready()
        ran, again = send(), send()
        assert ran.status_code == 200
        assert (again.content, again.headers["idempotency-replayed"]) == (ran.content, "true")
    finally:
        server.process.terminate()
        server.process.wait(60)
