"""A tenant that keeps a server busy while something else is measured: a process of its own, so that its Python does
not stand in the way of the measuring one's.

`python -m perf.background PORT CONNECTIONS REQUEST_FILE` sends the request again on each connection as soon as it has
an answer, until it is ended; then it prints how many of which kind it got, as JSON.
"""

import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from perf.client import NO_ANSWER, Crowd
from perf.process import Child, child

_PAUSE_S = 0.05
"""After an answer without an execution, so that a server that refuses is not asked in a tight loop."""

_WAIT_SECONDS_MAX = 10.0
_REFUSALS = (NO_ANSWER, 401, 403, 429, 503)


class _Over(BaseException):
    """SIGTERM."""


class Tenant(msgspec.Struct):
    """What the tenant got, by kind; known once it has ended."""

    counts: dict[str, int] = {}


@contextmanager
def busy(port: int, request: bytes, connections: int) -> Iterator[Tenant]:
    """The server is kept busy. The tenant ends on every path."""
    tenant = Tenant()
    with tempfile.NamedTemporaryFile() as file:
        file.write(request)
        file.flush()
        command = [sys.executable, "-m", "perf.background", str(port), str(connections), file.name]
        with child(command) as process:
            _wait_for(process, lambda: "sent" in process.log_tail())
            yield tenant
            os.kill(process.process.pid, signal.SIGTERM)
            _wait_for(process, lambda: False)
            with suppress(msgspec.DecodeError):
                tenant.counts = msgspec.json.decode(process.log_tail().rsplit("\n", 1)[-1], type=dict[str, int])


def _wait_for(process: Child, done: Callable[[], bool]) -> None:
    """Until it is done, or has ended, or for a few seconds."""
    give_up_at = time.monotonic() + _WAIT_SECONDS_MAX
    while process.alive and not done() and time.monotonic() < give_up_at:
        time.sleep(0.01)


def _end(_number: int, _frame: object) -> None:
    raise _Over


def main() -> None:
    port, connections, file = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    request = file.read_bytes()
    signal.signal(signal.SIGTERM, _end)
    counts: Counter[str] = Counter()
    with Crowd(port) as crowd:
        try:
            _keep_busy(crowd, request, connections, counts)
        except _Over:
            print(msgspec.json.encode(counts).decode(), flush=True)


def _keep_busy(crowd: Crowd, request: bytes, connections: int, counts: Counter[str]) -> None:
    for _ in range(connections):
        crowd.send(crowd.connect(), request)
    print("sent", flush=True)
    again: list[float] = []
    while True:
        while again and again[0] <= time.perf_counter():
            again.pop(0)
            crowd.send(crowd.connect(), request)
        for connection, reply in crowd.wait(again[0] - time.perf_counter() if again else 1.0):
            counts[reply.kind] += 1
            if reply.status in _REFUSALS:
                crowd.drop(connection)
                again.append(time.perf_counter() + _PAUSE_S)
            else:
                crowd.send(connection if crowd.is_open(connection) else crowd.connect(), request)


if __name__ == "__main__":
    main()
