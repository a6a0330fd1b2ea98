"""HTTP load on 127.0.0.1, bounded in time, that checks every answer: status 200 and ``"success":true``.

``wrk`` does it where it is installed (with ``peers/load.lua``), else ``peers/load.mjs``, a client on raw sockets:
a Python client would be slower than what it measures.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Literal

import msgspec

from perf.errors import LoadFailed

PEERS = Path(__file__).parent / "peers"
PATH = "/flow/codeblock"
GRACE_SECONDS = 20.0
"""What the generator may take beyond the time it was given before it is killed."""

WRK_THREADS_MAX = 2


class Load(msgspec.Struct, frozen=True):
    """One round. Latencies are those of a closed loop: a connection sends when it has its answer."""

    loader: str
    requests: int
    errors: int
    """Answers other than 200 or without success, and connection faults."""

    seconds: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float

    @property
    def requests_per_s(self) -> float:
        return (self.requests - self.errors) / self.seconds if self.seconds else 0.0


def pick_loader(wanted: Literal["auto", "wrk", "node"]) -> Literal["wrk", "node"]:
    if wanted != "node" and shutil.which("wrk"):
        return "wrk"
    if wanted != "wrk" and shutil.which("node"):
        return "node"
    raise LoadFailed("needs wrk or node on PATH" if wanted == "auto" else f"{wanted} is not on PATH")


def drive(port: int, body: bytes, *, connections: int, seconds: float, loader: Literal["wrk", "node"]) -> Load:
    """Posts ``body`` over ``connections`` kept-alive connections for ``seconds``."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(body)
        file.flush()
        commands = {"wrk": _wrk, "node": _node}
        return _run(loader, commands[loader](port, file.name, connections, seconds), seconds)


def _wrk(port: int, body_file: str, connections: int, seconds: float) -> list[str]:
    # wrk takes whole seconds only.
    threads = min(connections, WRK_THREADS_MAX)
    shape = ["-t", str(threads), "-c", str(connections), "-d", f"{max(1, round(seconds))}s", "--timeout", "10s"]
    return ["wrk", *shape, "-s", str(PEERS / "load.lua"), f"http://127.0.0.1:{port}{PATH}", "--", body_file]


def _node(port: int, body_file: str, connections: int, seconds: float) -> list[str]:
    return ["node", str(PEERS / "load.mjs"), str(port), PATH, body_file, str(connections), str(seconds)]


def _run(loader: str, command: list[str], seconds: float) -> Load:
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds + GRACE_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise LoadFailed(f"{loader} did not end in time") from error
    # Both generators print their figures as one JSON line, the last one.
    last = done.stdout.strip().rsplit(b"\n", 1)[-1]
    try:
        figures = msgspec.json.decode(last, type=dict[str, float])
        return msgspec.convert({"loader": loader, **figures}, Load, strict=False)
    except msgspec.MsgspecError as error:
        said = (done.stderr or done.stdout)[-500:].decode(errors="replace")
        raise LoadFailed(f"{loader} ended with {done.returncode}: {said}") from error
