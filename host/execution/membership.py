"""A worker among the others: it reads its mail, and looks after those that died."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog

from host.execution.run import Executor

#: How soon what a dead worker held is free again.
_LOOK_EVERY_S = 1.0

log = structlog.get_logger()


@asynccontextmanager
async def membership(executor: Executor) -> AsyncIterator[None]:
    """The worker takes part in its node meanwhile; on the event loop."""
    node = executor.node

    def look_again() -> None:
        node.pools.look_again(executor.admission.hand_out)

    if node.segment.succeeds_dead:
        _say_lost(executor, 1)
    node.mail.on_ring = look_again
    node.enter()
    looking = asyncio.get_running_loop().create_task(_look_after_the_dead(executor, look_again))
    try:
        yield
    finally:
        looking.cancel()
        node.leave()


async def _look_after_the_dead(executor: Executor, look_again: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        lost = executor.node.segment.bury_the_dead()
        if lost:
            _say_lost(executor, lost)
        # Also without a ring: one that was lost with a worker must not leave anybody waiting.
        look_again()


def _say_lost(executor: Executor, lost: int) -> None:
    executor.tally.lost_workers(lost)
    log.error("a worker died; what it held is free again", workers=lost)
