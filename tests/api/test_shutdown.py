"""How the service ends, and how it outlives its workers."""

import contextlib
import json
import os
import re
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.server import PATIENCE_S, Answer, Connection, Server, alive, children_of, wait_until

POLICIES = {
    "sandbox.yaml": "version: 1\npolicy: sandbox\nlimits: {wall_time: 5min, fuel: 10000G, concurrency: 4}\n",
    "pair.yaml": "version: 1\npolicy: pair\nlimits: {wall_time: 5min, fuel: 10000G, concurrency: 2}\n",
}
GRACE_S = 4
FOREVER = "for (;;) {} return 1"
MINUTES = "await new Promise(resolve => setTimeout(resolve, 200_000)); return 1"
SECONDS = "await new Promise(resolve => setTimeout(resolve, 1_500)); return 'done'"
#: What ending may take beyond the grace period. STOP_MARGIN_S ends it in any case; the rest is for a slow machine.
MARGIN_S = 30


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers; they have ended after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda workers, **settings: stack.enter_context(
            Server(tmp_path / str(len(settings)), workers, POLICIES, **settings)
        )


def signal_main(server: Server) -> None:
    server.process.send_signal(signal.SIGTERM)


def signal_group(server: Server) -> None:
    """As a terminal does at Ctrl-C."""
    os.killpg(server.process.pid, signal.SIGINT)


def signal_all(server: Server) -> None:
    """As a service manager does."""
    for pid in (*server.workers(), server.process.pid):
        os.kill(pid, signal.SIGTERM)


def ends_well(server: Server, within_s: float) -> None:
    """It ends with code 0, and nothing of it is left."""
    workers = server.workers()
    assert server.process.wait(within_s) == 0, server.log.read_text()
    wait_until(lambda: not any(map(alive, workers)))
    with pytest.raises(ConnectionRefusedError):
        server.connect()


@pytest.mark.parametrize("tell", [signal_main, signal_group, signal_all])
def test_running_executions_have_their_grace(start, tell: Callable) -> None:
    """Who ends in time is answered with 200, who does not with 503 and when to try again; who waits for a slot is
    turned away at once; new requests are refused, and /health/ready says so."""
    server = start(2, SHUTDOWN_GRACE_MS=GRACE_S * 1000)
    with contextlib.ExitStack() as stack:
        looping, sleeping = (
            stack.enter_context(server.running(code, policy="pair")) for code in (FOREVER, MINUTES)
        )
        server.wait_for_states("waiting", "running")
        queued = stack.enter_context(server.running("return 1", policy="pair"))
        server.wait_for_states("waiting", "running", "queued")
        # Connections to every worker from before: the first answer tells that it drains.
        late = [stack.enter_context(server.connect_to(worker)) for worker in server.workers()]
        # One on each worker, so that each has something to end, and neither is gone before it is asked.
        finishing = [stack.enter_context(server.connect_to(worker)) for worker in server.workers()]
        for connection in finishing:
            connection.begin(SECONDS)
        wait_until(lambda: server.stats()["currentExecutions"] + server.stats()["total"] >= 4)
        tell(server)
        began = time.monotonic()
        answer = queued.answer()
        assert (answer.status, answer.error) == (503, "ConcurrencyError")
        assert answer.headers["retry-after"] == "1"
        for connection in late:
            wait_until(lambda connection=connection: _ready(connection) == 503)
            answer = connection.run("return 1")
            assert (answer.status, answer.error, answer.headers["retry-after"]) == (503, "ConcurrencyError", "1")
        assert [each.answer().json["result"] for each in finishing] == ["done", "done"]
        for connection in (looping, sleeping):
            answer = connection.answer()
            assert (answer.status, answer.error, answer.headers["retry-after"]) == (503, "CancelledError", "1")
            assert answer.json["error"]["limit"] == "grace_period"
        assert time.monotonic() - began >= GRACE_S - 0.1
        ends_well(server, MARGIN_S)


def _ready(connection: Connection) -> int:
    connection.ask("GET", "/health/ready")
    return connection.answer().status


def test_idle_service_ends_at_once(start) -> None:
    """Nothing runs, so nothing is waited for, whatever the grace; kept connections do not hold it up."""
    server = start(2, SHUTDOWN_GRACE_MS=600_000)
    with server.connect() as idle, server.raw(), server.raw() as half:
        assert idle.run("return 1").status == 200
        half.sendall(b"POST /flow/codeblock HT")
        server.process.send_signal(signal.SIGTERM)
        ends_well(server, MARGIN_S)


def test_second_signal_ends_at_once(start) -> None:
    """An operator who does not want to wait signals again."""
    server = start(2, SHUTDOWN_GRACE_MS=600_000)
    with server.running(FOREVER), server.running(MINUTES):
        server.wait_for_states("running", "waiting")
        workers = server.workers()
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: _refused(server))
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(MARGIN_S)
        wait_until(lambda: not any(map(alive, workers)))


def _refused(server: Server) -> bool:
    with contextlib.suppress(OSError):
        return server.get("/health/ready").status == 503
    return False


def test_signal_during_the_start_ends_it(start, tmp_path: Path) -> None:
    """Workers that are only starting are no reason to wait."""
    for pause_s in (0.0, 0.3, 0.8):
        server = Server(tmp_path / f"{pause_s}", 3, POLICIES).launch()
        try:
            wait_until(lambda server=server: len(server.workers()) == 3)
            time.sleep(pause_s)
            signal_all(server)
            server.process.wait(MARGIN_S)
        finally:
            server.end()


def test_main_process_that_is_killed_takes_its_workers_along(start) -> None:
    """Nobody would look after them any more: they drain, and end."""
    server = start(2, SHUTDOWN_GRACE_MS=300)
    with server.running(FOREVER) as connection:
        server.wait_for_states("running")
        workers = server.workers()
        server.process.kill()
        answer = connection.answer()
        assert (answer.status, answer.error) == (503, "CancelledError")
        wait_until(lambda: not any(map(alive, workers)))


def test_answer_on_its_way_is_sent_before_the_end(start) -> None:
    """A client that reads slowly has its 5 MB whole, though the service was told to end meanwhile."""
    server = start(1, SHUTDOWN_GRACE_MS=5_000)
    with server.running("return 'x'.repeat(5_000_000)") as connection:
        wait_until(lambda: server.stats()["total"] == 1)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert len(connection.answer().json["result"]) == 5_000_000
        ends_well(server, MARGIN_S)


def test_client_that_never_reads_does_not_hold_up_the_end(start) -> None:
    """It ends without that client's having its answer."""
    server = start(1, SHUTDOWN_GRACE_MS=600_000)
    with server.running("return 'x'.repeat(5_000_000)"), server.connect() as stream:
        stream.begin("return 'x'.repeat(5_000_000)", accept="text/event-stream")
        wait_until(lambda: server.stats()["total"] == 2)
        server.process.send_signal(signal.SIGTERM)
        ends_well(server, MARGIN_S)


# Worker death


class Load:
    """Requests without a pause on connections to given workers, each counted."""

    def __init__(self, connections: list[Connection], code: str) -> None:
        self.answers: list[Answer] = []
        self.faults: list[BaseException] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(each, code)) for each in connections]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _run(self, connection: Connection, code: str) -> None:
        try:
            while not self._ended.is_set():
                self.answers.append(connection.run(code))
        except Exception as fault:
            self.faults.append(fault)


def test_worker_that_is_killed_is_replaced_and_nothing_else_is_lost(start) -> None:
    """The others serve on without one failure, what the dead one held comes back, and the figures keep what it had
    counted, and count it as lost."""
    server = start(4)
    victim, *others = server.listening()
    for _ in range(20):
        with server.connect_to(victim) as connection:
            assert connection.run("return 1").status == 200
    with contextlib.ExitStack() as stack:
        # The victim holds three of the policy's four slots.
        for _ in range(3):
            stack.enter_context(server.connect_to(victim)).begin(FOREVER)
        server.wait_for_states("running", "running", "running")
        connections = [stack.enter_context(server.connect_to(worker)) for worker in others]
        load = stack.enter_context(Load(connections, "return 1"))
        wait_until(lambda: len(load.answers) > 20)
        os.kill(victim, signal.SIGKILL)
        after = len(load.answers)
        wait_until(lambda: victim not in server.workers())
        server.wait_until_ready()
        wait_until(lambda: len(load.answers) > after + 20)
    assert load.faults == []
    assert {answer.status for answer in load.answers} == {200}
    server.wait_until_idle()
    # All four slots are there again, and no more than four.
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(server.running(MINUTES))
        server.wait_for_states("waiting", "waiting", "waiting", "waiting", "queued")
    stats = server.stats()
    assert (stats["successful"], stats["workersLost"]) == (20 + len(load.answers), 1)
    assert server.get("/flow/executions").json["complete"] is True


def test_service_outlives_workers_that_die_again_and_again(start) -> None:
    """One worker killed as soon as it is back, four times, and then both at once: each is replaced."""
    server = start(2)
    first = server.workers()[0]
    for _ in range(4):
        kept = set(server.workers()) - {first}
        os.kill(first, signal.SIGKILL)
        wait_until(lambda kept=kept, first=first: len(set(server.listening()) - kept - {first}) == 1)
        first = (set(server.listening()) - kept - {first}).pop()
        assert server.run("return 1").status == 200
    both = server.workers()
    for worker in both:
        os.kill(worker, signal.SIGKILL)
    wait_until(lambda: not set(both) & set(server.workers()))
    server.wait_until_ready()
    assert server.run("return 1").status == 200
    wait_until(lambda: server.stats()["workersLost"] == 6)


def test_worker_that_is_told_to_end_drains_alone(start) -> None:
    """It finishes what it runs, the others serve on, it is replaced, and it is not counted as lost."""
    server = start(2, SHUTDOWN_GRACE_MS=60_000)
    worker, other = server.listening()
    with server.connect_to(worker) as finishing, server.connect_to(worker) as idle, server.connect_to(other) as served:
        finishing.begin(SECONDS)
        server.wait_for_states("waiting")
        os.kill(worker, signal.SIGTERM)
        wait_until(lambda: _ready(idle) == 503)
        assert _ready(served) == 200
        assert served.run("return 1").status == 200
        assert finishing.answer().json["result"] == "done"
    wait_until(lambda: worker not in server.workers())
    server.wait_until_ready()
    assert server.stats()["workersLost"] == 0
    assert server.stats()["successful"] == 2


def test_replaced_worker_has_the_policies_of_the_start(start) -> None:
    """Policies are read once: a folder that has changed, or is broken, makes no worker differ from the others."""
    server = start(2)
    digest = server.get("/flow/health").json["policies"]["digest"]
    (server.policies / "sandbox.yaml").write_text("no policy at all")
    killed = server.workers()
    for worker in killed:
        os.kill(worker, signal.SIGKILL)
    wait_until(lambda: len(set(server.listening()) - set(killed)) == 2)
    for worker in server.workers():
        with server.connect_to(worker) as connection:
            connection.ask("GET", "/flow/health")
            assert connection.answer().json["policies"]["digest"] == digest


def test_worker_that_cannot_start_ends_the_service(tmp_path: Path) -> None:
    """Here there are no addresses for its slots: it says what is wrong, tries a few times, and gives up."""
    server = Server(tmp_path / "server", 2, POLICIES, MAX_CONCURRENT_EXECUTIONS=2000)
    server.launch(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40)))
    try:
        assert server.process.wait(PATIENCE_S) == 4
        records = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
        assert records[-1]["event"] == "a worker cannot start: the service ends"
        assert re.search("address|memory", server.log.read_text())
        assert "Traceback" not in server.log.read_text()
        assert children_of(server.process.pid) == []
    finally:
        server.end()
