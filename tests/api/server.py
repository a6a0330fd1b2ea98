"""A real `cellblock serve` in processes of its own, as its clients and its operator see it."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
#: So long that only a fault takes longer, on any machine.
PATIENCE_S = 60
HEAD = b"POST /flow/codeblock HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


class Answer(msgspec.Struct, frozen=True):
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return self.json["error"]["type"]


class Connection:
    """A connection to the service; without keeping it alive it may be any worker's."""

    def __init__(self, port: int) -> None:
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.http.connect()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.http.close()

    @property
    def own_port(self) -> int:
        return self.http.sock.getsockname()[1]

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}) -> None:
        # A body that is refused is not read to its end: the answer is there all the same.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.http.request(method, path, body, dict(headers))

    def answer(self) -> Answer:
        response = self.http.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())

    def begin(self, code: str, token: str | None = None, accept: str | None = None, **fields: object) -> None:
        """Sends a code block; its answer is asked for later."""
        headers = {"content-type": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        if accept is not None:
            headers["accept"] = accept
        self.ask("POST", "/flow/codeblock", json.dumps({"code": code, **fields}).encode(), headers)

    def run(self, code: str, token: str | None = None, **fields: object) -> Answer:
        self.begin(code, token, **fields)
        return self.answer()


class Server:
    """A context manager. `policies` are file names and texts; every process has ended at the end."""

    def __init__(self, folder: Path, workers: int = 1, policies: Mapping[str, str] = {}, **settings: object) -> None:
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.log = folder / "log"
        environment = {name: str(value) for name, value in settings.items()}
        if policies:
            (folder / "policies").mkdir()
            for name, text in policies.items():
                (folder / "policies" / name).write_text(text)
            environment["POLICY_DIR"] = str(folder / "policies")
        self.policies = folder / "policies"
        self._command = [
            sys.executable, "-m", "host.cli", "serve", "--port", str(self.port), "--workers", str(workers),
        ]  # fmt: skip
        self._environment = {**os.environ, "ENVIRONMENT": "production", "ALLOW_CONSOLE": "1", **environment}
        self._workers = workers

    def launch(self, **options: object) -> "Server":
        """Starts it, in a process group of its own, and does not wait."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command, cwd=ROOT, stdout=log, stderr=log, env=self._environment, start_new_session=True,
                **options,
            )  # fmt: skip
        return self

    def __enter__(self) -> "Server":
        self.launch()
        try:
            self.wait_until_ready()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.end()

    def end(self) -> None:
        """Ends all of its processes, in good order where that works."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def wait_until_ready(self) -> None:
        """Until every worker takes requests."""

        def ready() -> bool:
            assert self.process.poll() is None, f"it does not serve: {self.log.read_text()}"
            return len(self.listening()) == self._workers

        wait_until(ready, self.log.read_text)

    # Its processes

    def workers(self) -> list[int]:
        """The processes of the workers, those that are starting too."""
        return children_of(self.process.pid)

    def listening(self) -> dict[int, str]:
        """The workers that listen, and the inodes of their sockets."""
        inodes = {inode for local, _, state, inode in _tcp() if local == self.port and state == "0A"}
        return {pid: inode for pid in self.workers() for inode in _sockets_of(pid) & inodes}

    def worker_of(self, connection: Connection | socket.socket) -> int | None:
        """The worker at the other end of a connection; None while it is not accepted."""
        own = connection.own_port if isinstance(connection, Connection) else connection.getsockname()[1]
        inodes = {inode for local, remote, _, inode in _tcp() if (local, remote) == (self.port, own)}
        return next((pid for pid in self.workers() if _sockets_of(pid) & inodes), None)

    def connect_to(self, worker: int) -> Connection:
        """A connection to that worker."""
        for _ in range(500):
            connection = self.connect()
            wait_until(partial(self.worker_of, connection))
            if self.worker_of(connection) == worker:
                return connection
            connection.http.close()
        raise AssertionError(f"no connection came to worker {worker}")

    def held(self) -> dict[int, tuple[int, int]]:
        """The threads and open files of each worker."""
        return {
            pid: (len(os.listdir(f"/proc/{pid}/task")), len(os.listdir(f"/proc/{pid}/fd"))) for pid in self.workers()
        }

    # Its clients

    def connect(self) -> Connection:
        return Connection(self.port)

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def exchange(self, data: bytes) -> bytes:
        """Sends bytes; all that comes back until the service hangs up."""
        with self.raw() as connection:
            with contextlib.suppress(OSError):  # it may hang up before it has all
                connection.sendall(data)
            return read_all(connection)

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}) -> Answer:
        with self.connect() as connection:
            connection.ask(method, path, body, headers)
            return connection.answer()

    def get(self, path: str, token: str | None = None) -> Answer:
        return self.ask("GET", path, headers={} if token is None else {"authorization": f"Bearer {token}"})

    def cancel(self, execution_id: str, token: str | None = None) -> Answer:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return self.ask("DELETE", f"/flow/executions/{execution_id}", headers=headers)

    def run(self, code: str, token: str | None = None, **fields: object) -> Answer:
        with self.connect() as connection:
            return connection.run(code, token, **fields)

    @contextlib.contextmanager
    def running(self, code: str, token: str | None = None, **fields: object) -> Iterator[Connection]:
        """A request whose answer has not come."""
        with self.connect() as connection:
            connection.begin(code, token, **fields)
            yield connection

    def stats(self) -> dict:
        return self.get("/flow/status").json["memory"]["executorStats"]

    def executions(self, token: str | None = None) -> list[dict]:
        return self.get("/flow/executions", token).json["executions"]

    def wait_for_states(self, *states: str, token: str | None = None) -> list[dict]:
        """Until just so many executions are in these states; all of them, oldest first."""
        wait_until(lambda: sorted(each["state"] for each in self.executions(token)) == sorted(states))
        return self.executions(token)

    def wait_until_idle(self) -> None:
        """Until nothing runs and nobody waits."""
        stats: dict = {}

        def idle() -> bool:
            stats.update(self.stats())
            return (stats["currentExecutions"], stats["queueLength"]) == (0, 0)

        wait_until(idle, lambda: f"{stats}, {self.log.read_text()}")


def wait_until(true: Callable[[], object], why: Callable[[], str] = lambda: "it did not come true") -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < give_up_at, why()
        time.sleep(0.02)


def read_all(connection: socket.socket) -> bytes:
    """Until the other end hangs up, in whichever way."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(1 << 16):
            received += part
    return received


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not asked for its exit code yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _tcp() -> Iterator[tuple[int, int, str, str]]:
    """Local port, remote port, state and inode of every TCP socket."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        yield int(fields[1].split(":")[1], 16), int(fields[2].split(":")[1], 16), fields[3], fields[9]


def _sockets_of(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                target = os.readlink(f"/proc/{pid}/fd/{name}")
                if target.startswith("socket:["):
                    found.add(target[8:-1])
    return found
