"""Ending a worker in good order: no new executions, time for those that run, and an answer for each of the rest."""

import asyncio

import structlog

from host.api.executions import Executions
from host.api.look import Phase, Readiness
from host.errors import ConcurrencyError
from host.execution.registry import STOPPING
from host.execution.run import Executor

_LOOK_EVERY_S = 0.02
#: How long answers may take to be sent once nothing runs any more.
_ANSWERS_S = 3.0

log = structlog.get_logger()


class Drain:
    """The end of this worker. `grace_s` is what running executions get."""

    def __init__(self, executor: Executor, executions: Executions, readiness: Readiness, grace_s: float) -> None:
        self._executor = executor
        self._executions = executions
        self._readiness = readiness
        self._grace_s = grace_s

    async def run(self) -> None:
        """Returns when nothing runs and every answer is sent, or when a client does not take its answer."""
        self._readiness.phase = Phase.DRAINING
        self._executor.admission.close(ConcurrencyError("The server is stopping", "Send the request again."))
        if not await self._quiet(self._grace_s):
            running = len(self._executor.registry)
            log.warning("executions are cancelled: their grace period is over", executions=running)
            self._executor.registry.stop_all(STOPPING)
        await self._quiet(_ANSWERS_S)

    async def _quiet(self, seconds: float) -> bool:
        """Waits until no request is open; False when that takes longer."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + seconds
        while self._executions.open:
            if loop.time() >= give_up_at:
                return False
            await asyncio.sleep(_LOOK_EVERY_S)
        return True
