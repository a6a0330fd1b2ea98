"""One execution from its request to its report: what is known of it while it goes on, and how it is ended early."""

import asyncio
import math
import time
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from host.execution.code import Code
from host.execution.drive import Drive
from host.execution.outcome import Failure, LogRecord
from host.execution.request import ExecutionRequest, new_execution_id
from host.execution.terms import Terms
from host.sandbox.instance import Instance


class State(StrEnum):
    """Where an execution is."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"


class Listed(Struct, frozen=True):
    """An execution that has not ended. Times in milliseconds; figures are those of its last rest."""

    execution_id: str
    principal: str
    policy: str
    state: State
    began_unix_ms: int
    elapsed_ms: int
    fuel: int
    memory_bytes: int
    host_calls: int


class Listener(Protocol):
    """Hears of an execution while it goes on; on the event loop."""

    def began(self) -> None:
        """It has its slot."""

    def logged(self, records: tuple[LogRecord, ...]) -> None:
        """It has written to the console."""


class Execution:
    """An execution of this worker."""

    __slots__ = (
        "_asked_unix_s", "_drive", "_instance", "_task", "asked", "began", "code", "deadline", "id", "listener",
        "request", "state", "stopped", "terms",
    )  # fmt: skip

    def __init__(
        self, request: ExecutionRequest, terms: Terms, code: Code, asked: float, listener: Listener | None
    ) -> None:
        self.id = request.execution_id or new_execution_id()
        self.request = request
        self.terms = terms
        self.code = code
        self.asked = asked
        self.listener = listener
        self.state = State.QUEUED
        #: Why it was ended from outside, if it was.
        self.stopped: Failure | None = None
        self.began = asked
        self.deadline = math.inf
        self._asked_unix_s = time.time()
        self._task = asyncio.current_task()
        self._drive: Drive | None = None
        self._instance: Instance | None = None

    def admitted(self, now: float) -> None:
        """It has its slot; from `now` (time.monotonic) on its wall time runs."""
        self.state = State.RUNNING
        self.began = now
        self.deadline = now + self.wall_time_ms / 1000
        if self.listener is not None:
            self.listener.began()

    @property
    def wall_time_ms(self) -> int:
        """What it may take: the policy's wall time, or less if it was asked for."""
        limit_ms = self.terms.policy.limits.wall_time_ms
        return min(limit_ms, self.request.timeout_ms or limit_ms)

    def driven(self, drive: Drive, instance: Instance) -> None:
        """It has an instance: first one to compile in, then one to run in."""
        self._drive = drive
        self._instance = instance
        if self.stopped is not None:
            drive.stop(self.stopped)  # it came between two guests

    def stop(self, why: Failure) -> None:
        """Ends it within one slice. One that waits for a slot is ended by cancelling its task: whoever runs it sees
        `stopped`, and goes on with an answer."""
        if self.stopped is None:
            self.stopped = why
            if self._drive is not None:
                self._drive.stop(why)
            else:
                self._task.cancel()

    def listed(self) -> Listed:
        """What is known of it now."""
        fuel, memory_bytes, host_calls = (0, 0, 0) if self._instance is None else self._instance.noted
        now = time.time()
        return Listed(
            self.id,
            self.request.principal,
            self.request.policy.name,
            self.state,
            int(self._asked_unix_s * 1000),
            int((now - self._asked_unix_s) * 1000),
            fuel,
            memory_bytes,
            host_calls,
        )
