"""Ours as a server with policies and principals made for a benchmark, and what it says of itself."""

import hashlib
import http.client
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from perf import ours
from perf.client import http_request
from perf.contestants import free_port, wait_until_ready
from perf.errors import Unavailable
from perf.load import PATH
from perf.process import Child, child

POLICY = "bench"
LIMITS = {"wall_time": "5min", "fuel": "10000G", "memory": "128MiB", "concurrency": 10_000}
TOKENS = {name: hashlib.sha256(f"perf {name}".encode()).hexdigest() for name in ("light", "heavy", "limited")}
"""Each principal's token. They open nothing but a server on 127.0.0.1 that ends with the benchmark."""

QUOTAS = {"limited": "{rate: 60/min, concurrency: 2}"}
ANSWER_SECONDS_MAX = 30.0


class Service(msgspec.Struct, frozen=True):
    """A server that is up, every worker of it."""

    port: int
    child: Child

    @property
    def pid(self) -> int:
        return self.child.process.pid

    def get(self, path: str) -> Any:
        """What a GET gives, as JSON. Raises Unavailable where there is no such route, or no answer of it."""
        return self.ask("GET", path)

    def ask(self, method: str, path: str, principal: str = "heavy", body: bytes = b"") -> Any:
        """One request, by http.client: for questions, not for load."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS_MAX)
        headers = {"Authorization": f"Bearer {TOKENS[principal]}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read()
            answer = msgspec.json.decode(text)
        except (OSError, http.client.HTTPException, msgspec.MsgspecError) as error:
            raise Unavailable(f"{method} {path} gives nothing that can be read: {error}") from error
        finally:
            connection.close()
        if response.status != 200:
            raise Unavailable(f"{method} {path} gives {response.status}")
        return answer

    def request(self, principal: str, **fields: object) -> bytes:
        """The bytes of a request to execute something in a principal's name."""
        return self.request_of(principal, msgspec.json.encode(fields))

    def request_of(self, principal: str, body: bytes) -> bytes:
        return http_request("POST", PATH, body, TOKENS[principal])


class Executions(msgspec.Struct, frozen=True, rename="camel"):
    """`memory.executorStats` of /flow/status: for the whole node."""

    current_executions: int
    queue_length: int
    total: int
    successful: int
    failed: int
    by_error_type: dict[str, int] = {}


def executions_of(service: Service) -> Executions:
    """Raises Unavailable where the service does not say."""
    status = service.get("/flow/status")
    try:
        return msgspec.convert(status["memory"]["executorStats"], Executions)
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise Unavailable(f"/flow/status lacks what the contract names: {error}") from error


@contextmanager
def service(workers: int, env: Mapping[str, str] | None = None, **limits: object) -> Iterator[Service]:
    """A server with the principals of TOKENS under one policy, `limits` in place of those of LIMITS. Raises
    Unavailable with the reason where there can be none."""
    if problem := ours.serve_problem():
        raise Unavailable(problem)
    with tempfile.TemporaryDirectory(prefix="cellblock-perf-") as folder:
        write_policies(Path(folder), {**LIMITS, **limits})
        port = free_port()
        settings = {**ours.SERVE_ENVIRONMENT, "POLICY_DIR": folder, **(env or {})}
        with child(ours.serve_command(port, workers), settings) as server:
            wait_until_ready(server, port)
            yield Service(port, server)


def write_policies(folder: Path, limits: Mapping[str, object], language: str = "{require_return: false}") -> None:
    """One policy for everybody, and the principals by their tokens."""
    listed = ", ".join(f"{name}: {value}" for name, value in limits.items())
    policy = f"version: 1\npolicy: {POLICY}\nlimits: {{{listed}}}\nlanguage: {language}\nmodules: all\n"
    (folder / f"{POLICY}.yaml").write_text(policy)
    principals = "".join(_principal(name, token) for name, token in TOKENS.items())
    (folder / "access.yaml").write_text(f"principals:\n{principals}anonymous: {POLICY}\n")


def _principal(name: str, token: str) -> str:
    quota = f", quota: {QUOTAS[name]}" if name in QUOTAS else ""
    hashed = hashlib.sha256(token.encode()).hexdigest()
    return f"  - {{name: {name}, token_sha256: {hashed}, policies: [{POLICY}]{quota}}}\n"
