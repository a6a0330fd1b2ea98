"""After every attack the next execution answers right, and no slot, thread or file is lost."""

from collections.abc import Iterator

import pytest

from tests.abuse.egress import Egress
from tests.online import Online


@pytest.fixture(autouse=True)
def _nothing_is_lost(unharmed: None) -> None:
    """See `unharmed` in tests/conftest.py."""


@pytest.fixture(scope="session")
def _resolver(whole_online: Online) -> None:
    """The client keeps a thread that looks names up."""
    whole_online.guests.wait(whole_online.client.resolve("localhost", "tests"))


@pytest.fixture
def egress(_resolver: None, online: Online) -> Iterator[Egress]:
    """Runs guest code that fetches, and shows what reached a server."""
    egress = Egress(online)
    yield egress
    egress.settle()
