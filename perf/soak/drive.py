"""The clients of the soak test, the killing of a worker, and the wait for quiet."""

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from perf.errors import Unavailable
from perf.processes import Held, held, tree, wait_until_idle
from perf.service import Service, executions_of
from perf.soak.acts import Act
from perf.soak.ledger import Ledger
from perf.soak.peer import Peer

CLIENTS = 24
SEED = 3
QUIET_SECONDS_MAX = 30.0
REPLACED_SECONDS_MAX = 30.0
#: Whoever was asking, or began to ask, around the kill may have asked the worker that died.
EXCUSED_AFTER_KILL_S = 3.0
#: Every act ends within a second or two where nothing stands in its way, and after its `timeoutMs` at the latest.
SLOW_S = 25.0
_QUESTIONS, _QUESTION_PAUSE_S = 60, 0.03
_ESTABLISHED = "01"


class Slow(msgspec.Struct, frozen=True):
    """An act that took longer than any may."""

    act: str
    at_s: float
    seconds: float


class Clients:
    """Threads that do acts until they are stopped."""

    def __init__(self, ours: Service, acts: Sequence[Act], ledger: Ledger) -> None:
        self._ours = ours
        self._acts = acts
        self._ledger = ledger
        self._over = threading.Event()
        self.killed_at = float("inf")
        self.faults: list[str] = []
        self.slow: list[Slow] = []
        self._began_at = 0.0

    def run(self, seconds: float) -> None:
        """Everybody acts for so long, and then ends what was begun."""
        self._over.clear()
        self._began_at = time.monotonic()
        threads = [threading.Thread(target=self._act, args=(SEED + each,), daemon=True) for each in range(CLIENTS)]
        for thread in threads:
            thread.start()
        self._over.wait(seconds)
        self._over.set()
        for thread in threads:
            thread.join()

    def _act(self, seed: int) -> None:
        choose = random.Random(seed)
        weights = [act.weight for act in self._acts]
        peer = Peer(self._ours.port)
        try:
            while not self._over.is_set():
                self._do(choose.choices(self._acts, weights)[0], peer)
        except Exception as fault:
            self.faults.append(f"{type(fault).__name__}: {fault}")
        finally:
            peer.close()

    def _do(self, act: Act, peer: Peer) -> None:
        began_at = time.monotonic()
        kind = act.do(peer)
        ended_at = time.monotonic()
        excused = began_at < self.killed_at + EXCUSED_AFTER_KILL_S and ended_at >= self.killed_at
        if ended_at - began_at > SLOW_S:
            self.slow.append(Slow(act.name, began_at - self._began_at, ended_at - began_at))
        self._ledger.add(act.name, kind, act.allowed, excused, ended_at - began_at)


def kill_a_worker(ours: Service) -> int:
    """SIGKILL to the worker with the most connections. Raises Unavailable where there is none."""
    sockets = _server_sockets(ours.port)
    connections = {pid: len(sockets & _sockets_of(pid)) for pid in tree(ours.pid)[1:]}
    pid = max(connections, key=connections.__getitem__, default=0)
    if not connections.get(pid):
        raise Unavailable("no process of the server has a connection")
    os.kill(pid, signal.SIGKILL)
    return pid


def _server_sockets(port: int) -> set[str]:
    """The inodes of the server's ends of connections."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == _ESTABLISHED}


def _sockets_of(pid: int) -> set[str]:
    found = set()
    try:
        for file in Path(f"/proc/{pid}/fd").iterdir():
            target = os.readlink(file)
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except OSError:
        pass  # it has ended, or a file of it was closed meanwhile
    return found


def wait_for_processes(ours: Service, count: int) -> bool:
    """Until there are as many processes as there were, the dead one replaced."""
    give_up_at = time.monotonic() + REPLACED_SECONDS_MAX
    while time.monotonic() < give_up_at:
        if len(tree(ours.pid)) >= count:
            return True
        time.sleep(0.1)
    return False


def quiet(ours: Service) -> dict[int, Held]:
    """Waits until nothing runs any more; what each process holds then."""
    wait_until_idle(ours.pid, cores=0.05, seconds_max=QUIET_SECONDS_MAX)
    give_up_at = time.monotonic() + QUIET_SECONDS_MAX
    while not _nothing_runs(ours) and time.monotonic() < give_up_at:
        time.sleep(0.2)
    _ask_everybody(ours)
    # Connections that we closed are closed on the other side a moment later.
    time.sleep(1.0)
    return {pid: held(pid) for pid in tree(ours.pid)}


def _ask_everybody(ours: Service) -> None:
    """Whoever is asked for its status keeps a thread for that from then on, so everybody is: each question comes on a
    connection of its own, and it does not matter who gets it."""
    for _ in range(_QUESTIONS):
        with contextlib.suppress(Unavailable):
            ours.get("/flow/status")
        time.sleep(_QUESTION_PAUSE_S)


def _nothing_runs(ours: Service) -> bool:
    try:
        seen = executions_of(ours)
    except Unavailable:
        return True
    return seen.current_executions == 0 and seen.queue_length == 0
