"""Who takes part in an HTTP benchmark: ours, the peers and the baseline, each as a server on a port of 127.0.0.1."""

import http.client
import importlib.util
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

from perf import ours, packages
from perf.errors import Unavailable
from perf.process import Child, child

WORKERS = 2
READY_SECONDS_MAX = 60.0
"""Long enough for a first start that has to compile the image."""

NODE_VM_TIMEOUT_MS = 1000


class Start(msgspec.Struct, frozen=True):
    command: Sequence[str]
    env: Mapping[str, str] = {}


class Contestant(msgspec.Struct, frozen=True):
    name: str
    what: str
    start: Callable[[int], Start]
    """From a port; raises ``Unavailable`` where the contestant cannot be had."""


@contextmanager
def serving(contestant: Contestant) -> Iterator[int]:
    """The contestant's server is up, every worker of it; gives its port. Raises ``Unavailable`` with the reason."""
    port = free_port()
    start = contestant.start(port)
    with child(start.command, start.env) as server:
        wait_until_ready(server, port)
        yield port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_ours(port: int) -> Start:
    if problem := ours.serve_problem():
        raise Unavailable(problem)
    return Start(ours.serve_command(port, WORKERS), ours.SERVE_ENVIRONMENT)


def _start_node_vm(port: int) -> Start:
    return _start_peer("node_vm.mjs", port)


def _start_node_vm_timeout(port: int) -> Start:
    return _start_peer("node_vm.mjs", port, PEER_TIMEOUT_MS=str(NODE_VM_TIMEOUT_MS))


def _start_isolated_vm(port: int) -> Start:
    major = packages.node_major(packages.node())
    if major < packages.ISOLATED_VM_NODE_MAJOR:
        raise Unavailable(f"needs node {packages.ISOLATED_VM_NODE_MAJOR}, and there is {major}")
    return _start_peer("isolated_vm.mjs", port, "--no-node-snapshot")


def _start_peer(script: str, port: int, *flags: str, **env: str) -> Start:
    fixed = {"PEER_PORT": str(port), "PEER_WORKERS": str(WORKERS), "PEER_MODULES": str(packages.folder())}
    return Start([packages.node(), *flags, str(packages.PEERS / script)], {**fixed, **env})


def _start_empty_litestar(port: int) -> Start:
    for package in ("litestar", "granian"):
        if importlib.util.find_spec(package) is None:
            raise Unavailable(f"{package} is not installed")
    server = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--host", "127.0.0.1"]
    return Start([*server, "--port", str(port), "--workers", str(WORKERS), "perf.peers.empty_litestar:app"])


def wait_until_ready(server: Child, port: int) -> None:
    """Raises ``Unavailable`` where the server ends, or takes too long."""
    give_up_at = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < give_up_at:
        if not server.alive:
            raise Unavailable(f"ended at the start: {server.log_tail() or 'without a word'}")
        if is_ready(port):
            return
        time.sleep(0.02)
    raise Unavailable(f"not ready after {READY_SECONDS_MAX:g} s: {server.log_tail()}")


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


OURS = Contestant("cellblock", "a fresh instance for every request", start_ours)
NODE_VM = Contestant("node_vm", "one reused vm context for each worker: no boundary, state leaks", _start_node_vm)
NODE_VM_TIMEOUT = Contestant(
    "node_vm_timeout", "the same with vm's timeout, which an executor cannot do without", _start_node_vm_timeout
)
ISOLATED_VM = Contestant("isolated_vm", "a fresh isolate for every request, from a snapshot", _start_isolated_vm)
EMPTY_LITESTAR = Contestant("empty_litestar", "our HTTP stack with nothing behind it", _start_empty_litestar)
EVERYONE = (OURS, NODE_VM, NODE_VM_TIMEOUT, ISOLATED_VM, EMPTY_LITESTAR)
