"""Two ways to make load with the client in `client.py`: closed (each connection sends when it has its answer) and open
(requests go out by the clock, whatever comes back)."""

import time
from collections import Counter

import msgspec

from perf.client import NO_ANSWER, Connection, Crowd, Reply
from perf.rounds import percentile

REFUSALS = (429, 503)
_ANSWER_SECONDS_MAX = 30.0
_CONNECTIONS_MAX = 8_000
"""What an open loop opens at most; beyond that a request is not offered, and counted so."""


class Tally(msgspec.Struct):
    """What came back. `latencies_ms` is of successes alone, `refusals_ms` of 429 and 503."""

    kinds: Counter[str] = msgspec.field(default_factory=Counter)
    latencies_ms: list[float] = []
    refusals_ms: list[float] = []
    seconds: float = 0.0
    in_time: int = 0
    """Successes that were answered while requests were still going out."""

    offered: int = 0
    not_offered: int = 0
    late_ms: float = 0.0
    """The longest that an open loop sent after its time: how far its rate is to be trusted."""

    def add(self, reply: Reply) -> None:
        self.kinds[reply.kind] += 1
        if reply.succeeded:
            self.latencies_ms.append(reply.seconds * 1000)
        elif reply.status in REFUSALS:
            self.refusals_ms.append(reply.seconds * 1000)

    @property
    def successes(self) -> int:
        return self.kinds["200"]

    @property
    def per_s(self) -> float:
        return self.in_time / self.seconds if self.seconds else 0.0

    def ms(self, share: float) -> float | None:
        """A percentile of the latencies; None where nothing succeeded."""
        return percentile(self.latencies_ms, share) if self.latencies_ms else None

    def refused_ms(self, share: float) -> float | None:
        return percentile(self.refusals_ms, share) if self.refusals_ms else None

    def others_than(self, *kinds: str) -> dict[str, int]:
        """How many answers there were of any other kind."""
        return {kind: count for kind, count in sorted(self.kinds.items()) if count and kind not in kinds}

    def words(self) -> str:
        return ", ".join(f"{count:,} × {kind}" for kind, count in sorted(self.kinds.items())) or "nothing"


def closed_loop(port: int, request: bytes, connections: int, seconds: float) -> Tally:
    """Each of the connections sends again when it has its answer, for `seconds`."""
    tally = Tally()
    with Crowd(port) as crowd:
        began_at = time.perf_counter()
        end_at = began_at + seconds
        for _ in range(connections):
            crowd.send(crowd.connect(), request)
        while (left_s := end_at - time.perf_counter()) > 0:
            for connection, reply in crowd.wait(left_s):
                tally.add(reply)
                if reply.status == NO_ANSWER:
                    time.sleep(0.001)  # a server that refuses is not asked as fast as it can refuse
                crowd.send(connection if crowd.is_open(connection) else crowd.connect(), request)
        tally.seconds = time.perf_counter() - began_at
    tally.in_time = tally.successes
    tally.offered = sum(tally.kinds.values())
    return tally


def in_turn(port: int, request: bytes, count: int) -> Tally:
    """So many requests, one after the other over one connection."""
    tally = Tally()
    with Crowd(port) as crowd:
        connection = crowd.connect()
        for _ in range(count):
            if not crowd.is_open(connection):
                connection = crowd.connect()
            crowd.send(connection, request)
            for _, reply in crowd.wait(_ANSWER_SECONDS_MAX):
                tally.add(reply)
            if connection.busy:
                tally.kinds["no answer"] += 1
                crowd.drop(connection)
    return tally


class _OpenLoop:
    """Requests by the clock over idle connections, and over new ones where none is idle."""

    def __init__(self, crowd: Crowd, request: bytes) -> None:
        self.tally = Tally()
        self._crowd = crowd
        self._request = request
        self._idle: list[Connection] = []

    def offer(self) -> None:
        while self._idle:
            connection = self._idle.pop()
            if self._crowd.is_open(connection):
                break
        else:
            if len(self._crowd) >= _CONNECTIONS_MAX:
                self.tally.not_offered += 1
                return
            connection = self._crowd.connect()
        self.tally.offered += 1
        self._crowd.send(connection, self._request)

    def collect(self, seconds: float) -> None:
        for connection, reply in self._crowd.wait(seconds):
            self.tally.add(reply)
            self._idle.append(connection)

    @property
    def outstanding(self) -> int:
        return self.tally.offered - sum(self.tally.kinds.values())


def open_loop(port: int, request: bytes, per_s: float, seconds: float, drain_s: float) -> Tally:
    """`per_s` requests a second for `seconds`, and then up to `drain_s` for the answers that are still to come. What
    has no answer by then counts as `no answer`."""
    with Crowd(port) as crowd:
        loop = _OpenLoop(crowd, request)
        began_at, sent = time.perf_counter(), 0
        while (elapsed_s := time.perf_counter() - began_at) < seconds:
            loop.tally.late_ms = max(loop.tally.late_ms, (elapsed_s - sent / per_s) * 1000)
            while sent < elapsed_s * per_s:
                loop.offer()
                sent += 1
            loop.collect(min(began_at + sent / per_s, began_at + seconds) - time.perf_counter())
        tally = loop.tally
        tally.seconds, tally.in_time = elapsed_s, tally.successes
        give_up_at = time.perf_counter() + drain_s
        while loop.outstanding and (left_s := give_up_at - time.perf_counter()) > 0:
            loop.collect(left_s)
        tally.kinds["no answer"] += loop.outstanding
    return tally
