"""What the node knows of itself, for people and for monitoring: gathered once, shown as JSON or as Prometheus text.

Whole-node figures are sums over the workers' rows in shared memory, so every worker gives the same answer.
"""

import asyncio
import os
import time
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from host.execution.memory import MIB
from host.execution.run import Executor
from host.execution.watched import Difference, summed
from host.machine import ProcessMemory, process_memory

_MEMORY_KEPT_S = 2.0
#: How long another worker may take to answer.
_ANSWER_TIMEOUT_S = 2.0


class NodeMemory(Struct, frozen=True, rename="camel"):
    """Bytes of all workers together. `pss` shares out what several processes have in common, so its sum is what the
    node takes; None where the system does not tell. `executions` is what is set aside for those that have a slot."""

    rss: int
    pss: int | None
    workers: int
    executions: int
    executions_max: int


class NodeFigures:
    """Gathers the figures. One a worker."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._node = executor.node
        self._memory: tuple[float, NodeMemory] | None = None
        self._reading = asyncio.Lock()
        self._node.mail.answer("differences", lambda _: map(msgspec.to_builtins, executor.differences.all()))

    def counts(self) -> Mapping[str, int]:
        """Every figure of the tally, for the node."""
        return self._executor.tally.node()

    @property
    def running_max(self) -> int:
        """How many executions the node runs at once."""
        return self._executor.options.running_max

    @property
    def rates_up(self) -> bool:
        """Whether the store of rates and quotas answers this worker."""
        return self._executor.rates.up

    @property
    def audited_policies(self) -> int:
        """How many of the policies in force only watch today."""
        return len(self._executor.audited_policies())

    async def differences(self) -> list[Difference]:
        """Where candidates differ from the policies in force, on the whole node."""
        others, _ = await self._node.mail.ask("differences", None, _ANSWER_TIMEOUT_S)
        return summed([*self._executor.differences.all(), *msgspec.convert(others, list[Difference])])

    @property
    def uptime_s(self) -> float:
        """Seconds since the node began."""
        return self._node.uptime_s

    @property
    def began_unix_s(self) -> float:
        """When the node began."""
        return self._node.segment.began_ms / 1000

    def worker_pids(self) -> list[int]:
        """The processes of the living workers."""
        return list(self._node.segment.pids().values())

    async def memory(self) -> NodeMemory:
        """The memory of all workers; it is read at most every two seconds, beside the event loop."""
        async with self._reading:
            if self._memory is None or time.monotonic() - self._memory[0] > _MEMORY_KEPT_S:
                self._memory = time.monotonic(), await asyncio.to_thread(self._read_memory)
            return self._memory[1]

    def _read_memory(self) -> NodeMemory:
        each = [found for pid in self.worker_pids() or [os.getpid()] if (found := process_memory(pid)) is not None]
        return NodeMemory(
            sum(one.rss_bytes for one in each),
            _sum_pss(each),
            len(each),
            self.counts()["memory_mib"] * MIB,
            self._executor.memory.size_mib * MIB,
        )


def _sum_pss(each: list[ProcessMemory]) -> int | None:
    known = [one.pss_bytes for one in each if one.pss_bytes is not None]
    return sum(known) if len(known) == len(each) else None


def success_rate(counts: Mapping[str, int]) -> str:
    """Such as `98.5%`; of nothing at all it is `100.0%`."""
    return f"{100 * counts['successful'] / counts['total'] if counts['total'] else 100:.1f}%"
