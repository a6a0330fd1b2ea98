"""What a worker does before its first request: an execution in each image, and instance slots that were used once."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from msgspec import Struct

from host.errors import SetupError
from host.execution.outcome import Success
from host.execution.request import ExecutionRequest
from host.execution.run import Executor
from host.policy.model import Modules, Policy
from host.sandbox.engine import Engine
from host.sandbox.instance import Instance

_POLICY = Policy("warm-up", modules=Modules(all=True))
#: The least that there is to run.
WARM_UP = ExecutionRequest(b"return 1", b"{}", _POLICY, "host")
_CODE = {
    "base": "return 1",
    "fetch": "return typeof new Request('https://localhost/')",
    "all": "return typeof require('lodash') + typeof require('qs')",
}

log = structlog.get_logger()


class WarmedUp(Struct, frozen=True):
    """How it went."""

    images: tuple[str, ...]
    succeeded: int
    took_ms: float
    ended_unix_s: float


async def warm_up(executor: Executor) -> WarmedUp:
    """One execution in each image. Raises SetupError where the base image does not work."""
    began = time.monotonic()
    images = tuple(executor.engine.images)
    succeeded = 0
    for name in images:
        code = _CODE.get(name, f"return typeof require('{name}')")
        outcome = await executor.rehearse(ExecutionRequest(code.encode(), b"{}", _POLICY, "host"))
        if isinstance(outcome, Success):
            succeeded += 1
        elif name == "base":
            raise SetupError(f"the first execution failed: {outcome.message}", "Run `cellblock doctor`.")
        else:
            log.error("an image does not work", image=name, error=outcome.message)
    return WarmedUp(images, succeeded, (time.monotonic() - began) * 1000, time.time())


class _NoCalls:
    """The host calls of an instance that runs nothing."""

    owed = 0
    ends_slice = False

    def call(self, operation: int, payload: bytes) -> bytes:
        raise AssertionError("nothing runs")

    def start(self, operation: int, payload: bytes) -> int:
        raise AssertionError("nothing runs")


@asynccontextmanager
async def warm_slots(engine: Engine, count: int) -> AsyncIterator[None]:
    """Uses `count` slots once, little by little beside the first requests: the end of a slot's first use costs 2 ms,
    that of every later one 20 µs."""
    warming = asyncio.get_running_loop().create_task(_warm(engine, count))
    try:
        yield
    finally:
        warming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await warming


async def _warm(engine: Engine, count: int) -> None:
    instances: list[Instance] = []
    try:
        for _ in range(count):
            instances.append(Instance(engine, engine.images["base"], 1, 1, _NoCalls()))
            await asyncio.sleep(0)
    finally:
        while instances:
            instances.pop().close()
            await asyncio.sleep(0.001)
