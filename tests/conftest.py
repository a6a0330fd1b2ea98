"""What every test of running code shares: one engine a process, one executor, and the count of what must come back."""

import asyncio
import os
import threading
from collections.abc import Iterator

import pytest

from host.app import APART, CAPABILITIES
from host.execution.run import Executor, ExecutorOptions
from host.sandbox.engine import Engine, open_engine
from host.sandbox.image import ImageBundle, find_image
from tests.harness import Guests
from tests.online import Online, online_with


@pytest.fixture(scope="session")
def bundle() -> ImageBundle:
    """The guest image, built now if it is not there yet."""
    return find_image()


@pytest.fixture(scope="session")
def engine(bundle: ImageBundle) -> Engine:
    """The process's one engine."""
    return open_engine(bundle)


@pytest.fixture(scope="session")
def executor(engine: Engine) -> Iterator[Executor]:
    """An executor as a worker process has it."""
    executor = Executor(engine, ExecutorOptions(), offered=CAPABILITIES)
    yield executor
    executor.close()
    APART.close()


@pytest.fixture(scope="session")
def guests(executor: Executor) -> Iterator[Guests]:
    """Runs code blocks: `guests.run(code, input, **limits_and_language)`."""
    guests = Guests(executor)
    guests.wait(guests.start("return 1"))
    guests.wait(asyncio.to_thread(int))  # the event loop keeps a thread for what blocks
    yield guests
    guests.close()


@pytest.fixture(scope="session")
def whole_online(engine: Engine) -> Iterator[Online]:
    with online_with(engine) as online:
        yield online


@pytest.fixture
def online(whole_online: Online) -> Online:
    """Runs code blocks that may fetch from a local server, which has seen nothing yet."""
    whole_online.answer()
    return whole_online


def held_by_process() -> tuple[int, int]:
    """How many threads and open files this process has."""
    return threading.active_count(), len(os.listdir("/proc/self/fd"))


@pytest.fixture
def unharmed(guests: Guests) -> Iterator[None]:
    """After the test the next execution answers right, no slot is taken, and no thread or file is left over."""
    before = held_by_process()
    yield
    assert guests.result("return input.a + 1", {"a": 41}) == 42
    assert guests.executor.admission.running == 0
    assert guests.executor.admission.queued == 0
    # Fewer is fine: an earlier test may have left something for the garbage collector.
    after = held_by_process()
    assert after[0] <= before[0]
    assert after[1] <= before[1]
