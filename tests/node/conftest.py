"""Forked processes that never outlive their test."""

from collections.abc import Callable, Iterator

import pytest

from host.node.node import Shared
from tests.node.forks import Forked, Signal


@pytest.fixture
def fork() -> Iterator[Callable[[Callable[[], object]], Forked]]:
    """Forks a process: `fork(story)`."""
    forked: list[Forked] = []

    def begin(story: Callable[[], object]) -> Forked:
        forked.append(Forked(story))
        return forked[-1]

    yield begin
    for each in forked:
        each.kill()


@pytest.fixture
def signals() -> Iterator[Callable[[], Signal]]:
    """Makes signals."""
    made: list[Signal] = []

    def make() -> Signal:
        made.append(Signal())
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def shared() -> Iterator[Shared]:
    """What four workers share: with ten figures, of which two are gauges."""
    shared = Shared(4, 10, 2)
    yield shared
    shared.close()
